//! `segue experiment analyze`: what an experiment found, as JSON or for people.

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::table;
use crate::cli::{Common, Exit, workspace};
use crate::exchange::{Weights, write_text};
use crate::experiment::closer::{Closer, Cut, Part};
use crate::experiment::{Analysis, Decision, Guardrail};
use crate::model::privacy::plain;
use crate::model::problem::printable;
use crate::model::{Problem, Time};
use crate::panel::experiments::{Health, HealthState};
use crate::panel::figures;
use crate::stats::{Difference, Engine, Prior, Reading, compare, sequential};
use crate::work::experiment::answer::{Answer, Course, Origin, PlanChange, Request, answer};

/// What to say of which experiment.
#[derive(Debug, clap::Args)]
pub(super) struct Analyze {
    /// The experiment, as it was named at import or as its definition calls it
    #[arg(required_unless_present = "holdout")]
    name: Option<String>,
    /// Read a holdout instead: those held out against everybody else over the same period
    #[arg(long, value_name = "HOLDOUT", conflicts_with = "name")]
    holdout: Option<String>,
    /// When the holdout's period began; with the first assignment of an experiment that names it, if not said
    #[arg(long, value_name = "TIME", requires = "holdout")]
    since: Option<Time>,
    /// A metric of the holdout; those that decide in the experiments that name it, if none is said
    #[arg(long = "metric", value_name = "METRIC", requires = "holdout")]
    metrics: Vec<String>,
    /// The phase of an experiment that was changed on the way; the newest with people if not said
    #[arg(long, value_name = "N", conflicts_with = "holdout")]
    phase: Option<u32>,
    /// How an effect is judged; as planned, or with one look for an import
    #[arg(long, value_enum)]
    engine: Option<EngineName>,
    /// The scale of intervals, standard errors and p-values; that of verdicts, which is the absolute difference, if not said
    #[arg(long, value_enum)]
    difference: Option<Scale>,
    /// One minus the coverage of intervals
    #[arg(long, value_parser = alpha)]
    alpha: Option<f64>,
    /// The total number of units at which sequential intervals are tightest
    #[arg(long, value_parser = tuning, value_name = "UNITS")]
    tuning: Option<f64>,
    /// What the Bayesian engine believes of the relative change before the data: mean and standard deviation as fractions; flat if not
    /// said
    #[arg(long, value_parser = prior, value_name = "MEAN,SD", allow_hyphen_values = true)]
    prior: Option<Prior>,
    /// The largest loss the Bayesian engine may expect of shipping, as a fraction of the control's mean
    #[arg(long, value_parser = risk, value_name = "SHARE")]
    risk: Option<f64>,
    /// Adjust for a covariate of an import, for the only one where none is named; else for what people did before
    #[arg(long, value_name = "COVARIATE", num_args = 0..=1)]
    cuped: Option<Option<String>>,
    /// How units were meant to be shared out, if not as the import said: a=0.9,b=0.1
    #[arg(long, value_name = "ARM=SHARE,…")]
    weights: Option<Weights>,
    /// Write a receipt: what the result rests on, for `experiment verify`
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    /// One look at the end
    Fixed,
    /// Valid at every look
    Sequential,
    /// By what is to be believed after the data: chances, credible intervals and risks
    Bayesian,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scale {
    /// Per cent of the control by the delta method, as gbstats prints it; decides nothing
    Relative,
    /// In the metric's own unit
    Absolute,
}

fn alpha(text: &str) -> Result<f64, String> {
    let fits = |alpha: &f64| *alpha > 0.0 && *alpha < 0.5;
    text.parse().ok().filter(fits).ok_or_else(|| "alpha lies between 0 and 0.5, usually 0.05".to_owned())
}

fn tuning(text: &str) -> Result<f64, String> {
    let fits = |units: &f64| *units > 0.0 && units.is_finite();
    text.parse().ok().filter(fits).ok_or_else(|| "the tuning is a number of units above zero".to_owned())
}

fn prior(text: &str) -> Result<Prior, String> {
    let help = "a prior is a mean and a standard deviation above zero as fractions, such as 0,0.3";
    let (mean, sd) = text.split_once(',').ok_or(help)?;
    let number = |text: &str| text.trim().parse().ok().filter(|x: &f64| x.is_finite());
    match (number(mean), number(sd).filter(|sd| *sd > 0.0)) {
        (Some(mean), Some(sd)) => Ok(Prior::normal(mean, sd)),
        _ => Err(help.to_owned()),
    }
}

fn risk(text: &str) -> Result<f64, String> {
    let fits = |risk: &f64| *risk > 0.0 && *risk < 1.0;
    text.parse().ok().filter(fits).ok_or_else(|| "a risk lies between 0 and 1, usually 0.0025".to_owned())
}

impl Analyze {
    /// What was said and would mean nothing: silence would be taken for an answer.
    fn check(&self) -> Result<(), Problem> {
        let unused = |option: &str, help: &str| {
            Err(Problem::new("option-unused", format!("{option} means nothing here")).help(help))
        };
        let engine = self.engine;
        if self.tuning.is_some() && engine != Some(EngineName::Sequential) {
            return unused(
                "--tuning",
                "it belongs to --engine sequential; a plan's own tuning is in its definition",
            );
        }
        if (self.prior.is_some() || self.risk.is_some()) && engine != Some(EngineName::Bayesian) {
            let option = if self.prior.is_some() { "--prior" } else { "--risk" };
            return unused(option, "it belongs to --engine bayesian; a plan's own is in its definition");
        }
        // What a holdout needs is not asked for by the parser where a name stands in its place.
        if self.holdout.is_none() && (self.since.is_some() || !self.metrics.is_empty()) {
            let option = if self.since.is_some() { "--since" } else { "--metric" };
            return unused(
                option,
                "it belongs to --holdout; the metrics of an experiment are in its definition",
            );
        }
        Ok(())
    }

    fn request(&self, common: &Common) -> Request {
        let engine = self.engine.map(|engine| match engine {
            EngineName::Fixed => Engine::Fixed,
            EngineName::Sequential => {
                Engine::Sequential { tuning: self.tuning.unwrap_or(sequential::DEFAULT_TUNING) }
            }
            EngineName::Bayesian => Engine::Bayesian {
                prior: self.prior.unwrap_or_default(),
                risk: self.risk.unwrap_or(compare::USUAL_RISK),
            },
        });
        let difference = self.difference.map(|scale| match scale {
            Scale::Relative => Difference::RelativeDelta,
            Scale::Absolute => Difference::Absolute,
        });
        Request {
            name: self.holdout.clone().or_else(|| self.name.clone()).unwrap_or_default(),
            holdout: self.holdout.is_some(),
            as_of: common.as_of,
            phase: self.phase,
            since: self.since,
            metrics: self.metrics.clone(),
            plan: PlanChange { engine, alpha: self.alpha, difference },
            cuped: self.cuped.clone(),
            weights: self.weights.clone(),
            definitions: None,
        }
    }
}

/// Analyses an experiment.
///
/// # Errors
/// There is none of this name, nothing was measured of it, no such covariate, the workspace cannot be read, or stdout is closed.
pub(super) fn run(arguments: &Analyze, common: &Common) -> anyhow::Result<Exit> {
    arguments.check()?;
    let store = workspace::open_read_only(common)?;
    let answer = answer(&store, &arguments.request(common))?;
    if common.as_of.is_some() && answer.receipt.origin == Origin::Imported {
        writeln!(stderr(), "the values of an imported experiment have no time, so --as-of changes nothing")?;
    }
    if arguments.weights.is_some() && answer.receipt.origin != Origin::Imported {
        writeln!(stderr(), "a design has weights of its own, so --weights changes nothing")?;
    }
    if let Some(path) = &arguments.receipt {
        write_text(path, &answer.receipt.text()?).map_err(|error| {
            Problem::new("receipt-unwritten", format!("the receipt cannot be written: {error}"))
                .in_file(path.display().to_string())
                .help("name a file in a folder that is there and may be written to")
        })?;
        writeln!(
            stderr(),
            "{} written; hold it against the data with: segue experiment verify",
            path.display()
        )?;
    }
    let mut out = stdout().lock();
    if common.json {
        serde_json::to_writer_pretty(&mut out, &as_json(&answer)?).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", printable(&text(&answer)))?;
    }
    Ok(if answer.analysis.health.broken.is_some() { Exit::ProblemsFound } else { Exit::Done })
}

fn as_json(answer: &Answer) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(&answer.analysis)?;
    if let Value::Object(object) = &mut value {
        object.insert("health".to_owned(), serde_json::to_value(&answer.checks)?);
        object.insert("found".to_owned(), json!(answer.found));
    }
    if let (Value::Object(object), Some(course)) = (&mut value, &answer.course) {
        object.insert("state".to_owned(), json!(state(course)));
        object.insert("phase".to_owned(), json!(course.phase.0));
        object.insert("phases".to_owned(), json!(course.phase.1));
        object.insert("start".to_owned(), json!(course.start));
        object.insert("days".to_owned(), json!(course.progress.days));
        object.insert("planned_days".to_owned(), json!(course.progress.planned_days));
        object.insert("planned_n".to_owned(), json!(course.progress.planned_n));
        object.insert("as_planned".to_owned(), json!(!course.departs));
        object.insert("verdicts".to_owned(), serde_json::to_value(&course.verdicts)?);
        object.insert("crossed".to_owned(), serde_json::to_value(&course.crossed)?);
    }
    if let (Value::Object(object), Value::Object(closer)) =
        (&mut value, serde_json::to_value(&answer.closer)?)
    {
        object.extend(closer);
    }
    Ok(value)
}

fn state(course: &Course) -> String {
    let progress = &course.progress;
    if progress.days >= f64::from(progress.planned_days) {
        return format!("ended after {} days", progress.planned_days);
    }
    format!("running, day {} of {}", progress.days as u32 + 1, progress.planned_days)
}

/// What to do, and where it stands, of an experiment that was assigned here.
fn course_lines(course: &Course, as_of: Time) -> Vec<String> {
    // Why there is no verdict is said by the check that withholds it.
    let decided =
        course.verdicts.iter().filter(|verdict| !matches!(verdict.decision, Decision::Withheld { .. }));
    let mut lines: Vec<String> = decided
        .map(|verdict| {
            let lead =
                if course.verdicts.len() > 1 { format!("{}: ", verdict.variant) } else { String::new() };
            format!("{lead}{}", verdict.sentence())
        })
        .collect();
    for verdict in &course.verdicts {
        let judged =
            verdict.guardrails.iter().map(|(metric, found)| (metric, found, "worse than its margin"));
        let judged = judged
            .chain(verdict.not_worse.iter().map(|(metric, found)| (metric, found, "worse than the margin")));
        lines.extend(judged.map(|(metric, found, worse)| match found {
            Guardrail::Safe => format!("{metric} of {} is safe: {worse} is ruled out.", verdict.variant),
            Guardrail::Harmed => format!("{metric} of {} is harmed.", verdict.variant),
            Guardrail::CantTellYet => {
                format!("{metric} of {}: it can't be told yet whether it is safe.", verdict.variant)
            }
        }));
    }
    for crossing in &course.crossed {
        let way = if crossing.improved { "better" } else { "worse" };
        let (metric, variant) = (&crossing.metric, &crossing.variant);
        lines.push(format!("{metric} of {variant} was first proven {way} as of {}.", crossing.at));
    }
    let phase = match course.phase {
        (1, 1) => String::new(),
        (phase, phases) => format!(", phase {phase} of {phases}"),
    };
    lines.push(format!("{}{phase}, since {}, as of {as_of}", state(course), course.start));
    if course.departs {
        lines.push("Read otherwise than the plan says, so what it shows decides nothing.".to_owned());
    }
    lines
}

/// Sentence first, then whether to believe it, then every metric.
fn text(answer: &Answer) -> String {
    let (analysis, checks): (&Analysis, &[Health]) = (&answer.analysis, &answer.checks);
    let lead = if analysis.health.broken.is_some() { "Nothing here can be believed. " } else { "" };
    let mut lines = vec![format!("{lead}{}", plain(&answer.found))];
    let course = answer.course.iter().flat_map(|course| course_lines(course, analysis.as_of));
    lines.extend(course.map(|line| plain(&line).into_owned()));
    lines.push(String::new());
    let engine = match analysis.engine {
        "fixed" => "fixed",
        "bayesian" => "credible",
        _ => "always valid",
    };
    let prior = match answer.receipt.plan.engine {
        Engine::Bayesian { prior, .. } => format!(", {}", figures::prior(&prior)),
        Engine::Fixed | Engine::Sequential { .. } => String::new(),
    };
    let adjusted =
        answer.covariate.as_ref().map(|name| format!(", adjusted for {name} by CUPED")).unwrap_or_default();
    lines.push(format!(
        "{}: {engine} {} % intervals{prior}, {}{}",
        plain(&analysis.experiment),
        figures::fixed((1.0 - analysis.alpha) * 100.0, if analysis.alpha < 0.01 { 1 } else { 0 }),
        table::scale(answer.receipt.plan),
        plain(&adjusted)
    ));
    lines.extend(analysis.cautions.iter().map(|caution| format!("  {:<7} {caution}", "mind")));
    for check in checks {
        let mark = match check.state {
            HealthState::Fine => "ok",
            HealthState::Doubtful => "mind",
            HealthState::Broken => "BROKEN",
        };
        lines.push(format!("  {mark:<7} {:<13} {}", check.name, plain(&check.detail)));
    }
    lines.extend(table::lines(analysis, answer.receipt.plan));
    lines.extend(answer.closer.iter().flat_map(closer_lines));
    lines.push(String::new());
    lines.join("\n")
}

/// What lies behind the numbers, a line each where there is something to say.
fn closer_lines(closer: &Closer) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(
        closer.sample_ratio_cause.iter().map(|cause| format!("where the split is off: {}", cause.sentence)),
    );
    for wear in &closer.novelty {
        lines.push(format!("{} of {} by day since exposure: {}", wear.metric, wear.variant, wear.sentence));
    }
    for parts in &closer.segments {
        let (how, by) = match parts.cut {
            Cut::Lifecycle if parts.withheld.is_some() => ("uncorrected", "lifecycle stage"),
            Cut::Lifecycle if parts.read_once => {
                ("uncorrected, drawn together, read as if looked at once", "lifecycle stage")
            }
            Cut::Lifecycle => ("uncorrected, drawn together", "lifecycle stage"),
            Cut::Segments => {
                ("uncorrected, exploratory: segments overlap and are not drawn together", "segment")
            }
        };
        lines.push(format!("{} of {} by {by}, {how}:", parts.metric, parts.variant));
        lines.extend(parts.rows.iter().map(part));
        lines.extend(
            parts.withheld.iter().map(|why| format!("  nothing is drawn together: {}", why.sentence())),
        );
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines.into_iter().map(|line| plain(&line).into_owned()).collect()
}

/// A part's effect in the metric's own unit: drawn together with the others where it is, else its own.
fn part(part: &Part) -> String {
    let people = figures::count(part.control_n + part.treatment_n);
    let effect = match part.shrunk.as_ref().unwrap_or(&part.own) {
        Reading::Estimate(found) => {
            let places = figures::places_for(found.value).max(3);
            let [value, low, high] =
                [found.value, found.low, found.high].map(|number| figures::signed(number, places));
            format!("{value} [{low} … {high}]")
        }
        Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
    };
    format!("  {:<24} {people:>9}  {effect}", part.name)
}
