//! `segue experiment design`: what an experiment can expect from the people this workspace has.

use std::io::{Write, stdout};
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::segment::print_json;
use crate::cli::{Common, Exit, several, workspace};
use crate::config;
use crate::experiment::Design;
use crate::experiment::design::{Intake, Outcome, Outlook, Step};
use crate::model::Problem;
use crate::model::definition::Kind;
use crate::model::privacy::plain;
use crate::panel::designs::expectation;
use crate::panel::figures;
use crate::stats::{Engine, Tail, Why};
use crate::work::experiment::outlook::{Expected, Planned, plan};
use crate::work::experiment::own::Basis;
use crate::work::experiment::wave;

/// Which design.
#[derive(Debug, clap::Args)]
pub(super) struct DesignArguments {
    /// An experiment of the workspace, or a TOML file with one
    name: String,
}

/// Runs the verb.
///
/// # Errors
/// There is no such experiment or file, or what it names is not known here.
pub(super) fn run(arguments: &DesignArguments, common: &Common) -> anyhow::Result<Exit> {
    let store = workspace::open_read_only(common)?;
    let path = Path::new(&arguments.name);
    let design = if path.is_file() {
        Design::read(&config::text::read(path)?)
            .map_err(|problems| several(problems.into_iter().map(|p| p.in_file(&arguments.name)).collect()))?
    } else {
        match store.definition(Kind::Experiment, &arguments.name)? {
            Some(stored) => wave::read(&stored)?,
            None => {
                let what = format!("there is no experiment and no file `{}`", arguments.name);
                let help = "`segue experiment list` names the experiments; a design that is not kept yet is read from its file";
                return Err(Problem::new("experiment-unknown", what).help(help).into());
            }
        }
    };
    let planned = plan(&store, &design, common.as_of)?;
    if common.json {
        return print_json(&as_json(&planned));
    }
    let mut out = stdout().lock();
    for line in text(&planned).lines() {
        writeln!(out, "{}", plain(line))?;
    }
    Ok(Exit::Done)
}

fn text(planned: &Planned) -> String {
    let design = &planned.design;
    let mut lines = vec![sentence(planned), String::new()];
    if !design.hypothesis.is_empty() {
        lines.push(format!("hypothesis  {}", design.hypothesis));
    }
    lines.push(format!("arms        {}", arms(design)));
    let who = design.targeting.as_ref().map_or_else(|| "everybody".to_owned(), |targeting| targeting.said());
    let known = figures::plural(planned.reach.known, "person", "people");
    lines.push(format!("for         {who}: {known} with a {}", design.hash_attribute));
    lines.push(format!("takes part  {}", takes_part(planned)));
    lines.push(format!("plan        {}", method(design)));
    lines.push(format!("decides     {}", expectation::decides(design)));
    lines.extend(expectation::peeking(design).map(|caution| format!("mind        {caution}")));
    for (index, expected) in planned.metrics.iter().enumerate() {
        lines.push(String::new());
        lines.extend(of_metric(expected, index == 0));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn sentence(planned: &Planned) -> String {
    let first = planned.metrics.first().map(|first| (first.metric.name.as_str(), first.outlook.as_ref()));
    expectation::sentence(
        first.map(|(name, found)| (name, found.map(|(_, outlook)| outlook))),
        planned.design.intake(),
    )
}

fn arms(design: &Design) -> String {
    let shares = design.variants.iter().zip(design.weights()).map(|(variant, weight)| {
        let kind = if variant.hold_back { " (held back)" } else { "" };
        format!("{}{kind} {}", variant.name, figures::percent(weight))
    });
    shares.collect::<Vec<_>>().join(", ")
}

fn takes_part(planned: &Planned) -> String {
    let units = figures::count(planned.units.round() as u64);
    let share = figures::percent(planned.design.share());
    let weeks = figures::plural(u64::from(planned.design.planned_weeks()), "week", "weeks");
    match planned.design.intake() {
        Intake::AtOnce => {
            format!("{units} at once ({share} of them); consent and caps are asked when it is assigned")
        }
        Intake::AsTheyCome => {
            let seen = planned.reach.by_week.len() as u64;
            let history = figures::plural(seen, "week", "weeks");
            format!("{units} in {weeks} ({share} of those who come by, as in the newest {history})")
        }
    }
}

fn method(design: &Design) -> String {
    let plan = design.plan();
    let engine = match plan.engine {
        Engine::Fixed => "one look at the end".to_owned(),
        Engine::Sequential { tuning } => {
            format!("always valid, tightest at {}", figures::count(tuning as u64))
        }
        Engine::Bayesian { prior, risk } => format!(
            "credible, {}, ships at a risk of at most {}",
            figures::prior(&prior),
            figures::loss(risk)
        ),
    };
    let sides = match plan.tail {
        Tail::Two => "two-sided",
        Tail::Greater => "one-sided, greater",
        Tail::Less => "one-sided, less",
    };
    let sides = match plan.engine {
        Engine::Bayesian { .. } => String::new(),
        Engine::Fixed | Engine::Sequential { .. } => format!(", {sides}"),
    };
    let adjusted = if design.analysis.cuped { ", adjusted for what people did before" } else { "" };
    let level = figures::fixed((1.0 - plan.alpha) * 100.0, usize::from(plan.alpha < 0.01));
    format!("{engine}, {level} %{sides}, power {}{adjusted}", figures::percent(design.criteria.power))
}

fn of_metric(expected: &Expected, with_curve: bool) -> Vec<String> {
    let metric = &expected.metric;
    let people = figures::plural(expected.people, "person", "people");
    let (outcome, outlook) = match &expected.outlook {
        Ok(found) => found,
        Err(why) => return vec![format!("{}  withheld: {}", metric.name, why.sentence())],
    };
    let level = match outcome {
        Outcome::Proportion { baseline } => format!("{} now", figures::percent(*baseline)),
        Outcome::Mean { mean, sd } => {
            format!("{} now, with a spread of {} between people", figures::mean(*mean), figures::mean(*sd))
        }
    };
    let adjusted = match expected.rho {
        rho if rho > 0.0 => {
            format!("; what they did before tells {} of the spread", figures::percent(rho * rho))
        }
        _ => String::new(),
    };
    let from = match expected.basis {
        Basis::Before => format!("watched for {} over {people}", expected.window),
        own => format!("from {}", expectation::own(own == Basis::AllArms, expected.people)),
    };
    let mut lines = vec![format!("{}  {level}, {from}{adjusted}", metric.name)];
    lines.push(match &outlook.detectable {
        Ok(effect) => format!("  sees a change by {} or more as planned", figures::percent(*effect)),
        Err(why) => format!("  withheld: {}", why.sentence()),
    });
    if with_curve {
        lines.extend(chart(outlook));
    }
    lines
}

/// The power curve as bars, ten blocks for certainty.
fn chart(outlook: &Outlook) -> Vec<String> {
    let bar = |step: &Step| {
        let weeks = step.weeks.map_or_else(String::new, |weeks| format!("{weeks:>3} w"));
        let power = step.power.map_or_else(String::new, |power| {
            let full = ((power * 10.0).round() as usize).min(10);
            format!("  {}{} {:>5}", "█".repeat(full), "░".repeat(10 - full), figures::percent(power))
        });
        let sees = step.detectable.map_or_else(|| "nothing".to_owned(), figures::percent);
        format!("  {weeks}{:>11} people{power}  sees {sees}", figures::count(step.units))
    };
    let power = outlook
        .wanted
        .map(|wanted| format!("  chance of seeing a change by {}:", figures::percent(wanted.abs())));
    power.into_iter().chain(outlook.curve.iter().map(bar)).collect()
}

fn as_json(planned: &Planned) -> Value {
    let design = &planned.design;
    json!({
        "experiment": design.name,
        "as_of": planned.at,
        "intake": design.intake(),
        "known": planned.reach.known,
        "by_week": planned.reach.by_week,
        "share": design.share(),
        "units": planned.units.round(),
        "planned_days": design.planned_days,
        "minimum_weeks": design.minimum_weeks,
        "plan": design.plan(),
        "power": design.criteria.power,
        "effect": design.criteria.effect,
        "sentence": sentence(planned),
        "metrics": planned.metrics.iter().map(metric_json).collect::<Vec<_>>(),
    })
}

fn metric_json(expected: &Expected) -> Value {
    let withheld = |why: &Why| json!({ "code": why.code(), "reason": why.sentence() });
    let mut value = json!({
        "metric": expected.metric.name,
        "kind": expected.metric.kind,
        "better": expected.metric.better,
        "window": expected.window,
        "people": expected.people,
        "basis": expected.basis,
        "rho": expected.rho,
    });
    let found = match &expected.outlook {
        Err(why) => json!({ "withheld": withheld(why) }),
        Ok((outcome, outlook)) => json!({
            "baseline": outcome.mean(),
            "sd": match outcome { Outcome::Mean { sd, .. } => Some(*sd), Outcome::Proportion { .. } => None },
            "needed": outlook.needed.as_ref().and_then(|needed| needed.as_ref().ok()),
            "weeks": outlook.weeks.flatten(),
            "detectable": outlook.detectable.as_ref().ok(),
            "withheld": outlook.detectable.as_ref().err().map(withheld),
            "curve": outlook.curve,
        }),
    };
    if let (Value::Object(value), Value::Object(found)) = (&mut value, found) {
        value.extend(found);
    }
    value
}
