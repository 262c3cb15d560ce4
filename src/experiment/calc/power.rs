//! Sample size, power and detectable effect of a planned test.

use serde::Serialize;
use serde_json::Value;

use super::fields::{Fields, problem};
use super::summary::Metric;
use crate::experiment::analysis::Withheld;
use crate::model::Problem;
use crate::stats::power::{Looks, Method, Outcome, Setup, always_valid};
use crate::stats::{Tail, Why};

/// The answer to a question of power. What was asked is repeated, what was found stands beside it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Powered {
    /// The line's own id.
    pub id: Value,
    /// Control units, unrounded.
    pub n_control: Option<f64>,
    /// Units of one treatment, unrounded.
    pub n_treatment: Option<f64>,
    /// Units of all arms, unrounded.
    pub n_total: Option<f64>,
    /// The probability of seeing the effect.
    pub power: Option<f64>,
    /// The smallest effect that is seen with this power, on the scale of `difference`.
    pub detectable_effect: Option<f64>,
    /// One standard error of `power`, where it was played out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monte_carlo_error: Option<f64>,
    /// What to mind.
    pub cautions: Vec<String>,
    /// Why there are no numbers.
    pub withheld: Option<Withheld>,
}

/// The names of alternatives.
pub(super) const ALTERNATIVES: [(&str, Tail); 3] =
    [("two-sided", Tail::Two), ("less", Tail::Less), ("greater", Tail::Greater)];

type Read<T> = Result<T, Box<Problem>>;

/// What is known and what is asked.
struct Ask {
    setup: Setup,
    /// The absolute effect.
    effect: Option<f64>,
    /// Control units.
    n: Option<f64>,
    power: f64,
    /// The absolute size of a relative effect of one.
    unit: f64,
}

/// Answers a line.
pub(super) fn answer(fields: &Fields<'_>, id: Value) -> Read<Powered> {
    let ask = read(fields)?;
    let cautions = fields.ignored();
    let mut powered = Powered {
        id,
        n_control: None,
        n_treatment: None,
        n_total: None,
        power: None,
        detectable_effect: None,
        monte_carlo_error: None,
        cautions,
        withheld: None,
    };
    match find(&ask) {
        Ok(found) => tell(&ask, found, &mut powered),
        Err(why) => powered.withheld = Some(Withheld::from(&why)),
    }
    Ok(powered)
}

/// What was found: control units, power and, if asked, an absolute effect.
struct Found {
    n: f64,
    power: f64,
    effect: Option<f64>,
}

fn find(ask: &Ask) -> Result<Found, Why> {
    let (setup, power) = (&ask.setup, ask.power);
    match (ask.effect, ask.n) {
        (Some(effect), Some(n)) => Ok(Found { n, power: setup.power(effect, n)?, effect: None }),
        (Some(effect), None) => Ok(Found { n: setup.sample_size(effect, power)?, power, effect: None }),
        (None, Some(n)) => Ok(Found { n, power, effect: Some(setup.detectable(n, power)?) }),
        (None, None) => Err(Why::Other { reason: "give an effect, or n, or both".to_owned() }),
    }
}

fn tell(ask: &Ask, found: Found, powered: &mut Powered) {
    let treatment = found.n * ask.setup.ratio;
    powered.n_control = Some(found.n);
    powered.n_treatment = Some(treatment);
    powered.n_total = Some(found.n + treatment * f64::from(ask.setup.arms - 1));
    powered.power = Some(found.power);
    powered.detectable_effect = found.effect.map(|effect| effect / ask.unit);
    if let Looks::Always { .. } = ask.setup.looks {
        let variance = found.power * (1.0 - found.power) / f64::from(always_valid::PATHS);
        powered.monte_carlo_error = Some(variance.max(0.0).sqrt());
    }
    let few = found.n.min(treatment);
    if few < 2.0 + 1e-9 {
        powered
            .cautions
            .push("few-units: two units per arm are the least a variance can be told from".to_owned());
    }
    if let Outcome::Proportion { baseline } = ask.setup.outcome {
        let expected = few * baseline.min(1.0 - baseline);
        if expected < 5.0 {
            powered.cautions.push(format!(
                "small-counts: {expected:.1} expected on one side of an arm, where this approximation is rough"
            ));
        }
    }
    if ask.setup.arms > 2 {
        powered.cautions.push(format!(
            "several-arms: each treatment is tested at alpha / {}, the first step of Holm's procedure",
            ask.setup.arms - 1
        ));
    }
}

fn read(fields: &Fields<'_>) -> Read<Ask> {
    let metrics = [("proportion", Metric::Proportion), ("mean", Metric::Mean), ("ratio", Metric::Ratio)];
    let metric = fields.word("metric", &metrics)?.ok_or_else(|| fields.missing("metric"))?;
    let baseline = fields.number("baseline")?;
    let sd = fields.number("sd")?;
    let outcome = match metric {
        Metric::Proportion => {
            let baseline = baseline.ok_or_else(|| fields.missing("baseline"))?;
            Outcome::Proportion { baseline }
        }
        Metric::Mean | Metric::Ratio => Outcome::Mean { sd: sd.ok_or_else(|| fields.missing("sd"))? },
    };
    let plain = Setup::new(outcome);
    let methods = [
        ("normal", Method::Normal),
        ("pooled", Method::Pooled),
        ("arcsine", Method::Arcsine),
        ("t", Method::T),
    ];
    let arms = fields.count("arms")?.unwrap_or(2);
    let setup = Setup {
        method: fields.word("method", &methods)?.unwrap_or(plain.method),
        alpha: fields.number("alpha")?.unwrap_or(plain.alpha),
        tail: fields.word("alternative", &ALTERNATIVES)?.unwrap_or(plain.tail),
        ratio: fields.number("ratio")?.unwrap_or(plain.ratio),
        arms: u32::try_from(arms).unwrap_or(u32::MAX),
        rho: fields.number("rho")?.unwrap_or(plain.rho),
        looks: looks(fields)?,
        ..plain
    };
    let unit = unit(fields, baseline)?;
    let effect = fields.number("effect")?.map(|effect| effect * unit);
    let power = fields.number("power")?.unwrap_or(0.8);
    let n = fields.number("n")?;
    if n.is_some_and(|n| n < 0.0) {
        return Err(problem("not-a-count", "n must not be below zero".to_owned()));
    }
    Ok(Ask { setup, effect, n, power, unit })
}

fn looks(fields: &Fields<'_>) -> Read<Looks> {
    let tuning = fields.number("sequential_tuning")?;
    let once = fields.word("engine", &[("fixed", true), ("sequential", false)])?.unwrap_or(true);
    Ok(if once { Looks::Once } else { Looks::Always { tuning } })
}

/// What one unit of `effect` is in the metric's own unit.
fn unit(fields: &Fields<'_>, baseline: Option<f64>) -> Read<f64> {
    let absolute = fields.word("difference", &[("relative", false), ("absolute", true)])?;
    match (absolute, baseline) {
        (Some(true), _) | (None, None) => Ok(1.0),
        (Some(false) | None, Some(baseline)) if baseline != 0.0 => Ok(baseline.abs()),
        (Some(false) | None, Some(_)) => {
            Err(problem("zero-baseline", "a relative effect needs a baseline other than zero".to_owned()))
        }
        (Some(false), None) => Err(fields.missing("baseline")),
    }
}
