//! Treatments against their control, by the engine asked for.

use serde::Serialize;
use serde_json::Value;

use super::fields::{Fields, problem};
use super::summary::{self, Metric, Told};
use crate::experiment::analysis::Withheld;
use crate::experiment::beside::Denominator;
use crate::experiment::metric::Better;
use crate::experiment::numbers::{Numbers, finite};
use crate::model::Problem;
use crate::stats::margin::{self, Margin};
use crate::stats::sequential::DEFAULT_TUNING;
use crate::stats::two_proportions;
use crate::stats::{Difference, Engine, Plan, Prior, Summary, Tail, Why};
use crate::stats::{compare, exact, srm};

/// The answer to a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The line's own id.
    pub id: Value,
    /// χ² p-value of the split against the weights, an even split where none are said.
    pub srm_p: Option<f64>,
    /// Each treatment against the first variant.
    pub comparisons: Vec<Versus>,
    /// Why no comparison has numbers; none where at least one has.
    pub withheld: Option<Withheld>,
}

/// One treatment against the control. `uplift`, its error and interval are on the scale of `difference`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Versus {
    /// The treatment's name.
    pub variant: String,
    /// The control's mean as measured.
    pub control_mean: Option<f64>,
    /// The treatment's mean as measured.
    pub treatment_mean: Option<f64>,
    /// The control's mean adjusted for the covariate, on the metric's own scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_mean_adjusted: Option<f64>,
    /// The treatment's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatment_mean_adjusted: Option<f64>,
    /// The effect on the scale of `difference` in `uplift`, treatment minus control without a prior in `uplift_absolute`, and the rest.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// Fisher's test and Newcombe's interval of the absolute difference, where counts are small.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<Exact>,
    /// The denominator of a ratio compared on its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<Denominator>,
    /// Whether the treatment is not worse by more than the margin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_inferiority: Option<NotWorse>,
    /// What to mind, each a short name, a colon and a sentence.
    pub cautions: Vec<String>,
    /// Why there are no numbers.
    pub withheld: Option<Withheld>,
}

/// An exact reading of two shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Exact {
    /// Fisher's exact p-value.
    pub p_value: f64,
    /// Newcombe's lower end of the absolute difference.
    pub ci_low: f64,
    /// Its upper end.
    pub ci_high: f64,
}

/// A test against a margin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NotWorse {
    /// p-value of being worse than the margin.
    pub p_value: f64,
    /// The bound of the absolute difference on the bad side.
    pub bound: f64,
    /// The margin as an absolute difference.
    pub margin: f64,
    /// Whether being worse is ruled out.
    pub holds: bool,
}

/// Everything asked besides the variants.
struct Wish {
    plan: Plan,
    better: Better,
    margin: Option<Margin>,
    /// What to mind about the wish itself.
    cautions: Vec<String>,
}

type Read<T> = Result<T, Box<Problem>>;

/// Answers a line.
pub(super) fn answer(fields: &Fields<'_>, id: Value) -> Read<Compared> {
    let metrics = [("proportion", Metric::Proportion), ("mean", Metric::Mean), ("ratio", Metric::Ratio)];
    let metric = fields.word("metric", &metrics)?.ok_or_else(|| fields.missing("metric"))?;
    let told = variants(fields, metric)?;
    let mut wish = wish(fields)?;
    let (srm_p, uneven) = split(fields, &told)?;
    wish.cautions.extend(uneven);
    wish.cautions.extend(fields.ignored());
    let (control, treatments) = told.split_first().ok_or_else(|| fields.missing("variants"))?;
    let comparisons: Vec<Versus> =
        treatments.iter().map(|treatment| one(control, treatment, &wish)).collect();
    let all = comparisons.iter().all(|comparison| comparison.withheld.is_some());
    let withheld = comparisons.first().filter(|_| all).and_then(|comparison| comparison.withheld.clone());
    Ok(Compared { id, srm_p, comparisons, withheld })
}

fn variants(fields: &Fields<'_>, metric: Metric) -> Read<Vec<Told>> {
    let list = fields.list("variants")?.ok_or_else(|| fields.missing("variants"))?;
    if !(2..=100).contains(&list.len()) {
        let message = format!("variants must be a control and 1 to 99 treatments, not {} in all", list.len());
        return Err(problem("bad-variants", message));
    }
    let told: Vec<Told> = list
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let place = format!("variants[{at}]");
            let object = value
                .as_object()
                .ok_or_else(|| problem("not-an-object", format!("{place} must be an object")))?;
            summary::read(&Fields::new(object, format!("{place}.")), metric, at)
        })
        .collect::<Read<_>>()?;
    let adjusted = told.iter().filter(|told| told.summary.is_adjusted()).count();
    if adjusted != 0 && adjusted != told.len() {
        let message = "pre_sum and its fellows must be there for every variant or for none".to_owned();
        return Err(problem("missing-field", message));
    }
    Ok(told)
}

fn wish(fields: &Fields<'_>) -> Read<Wish> {
    let engines = [
        ("fixed", Engine::Fixed),
        ("sequential", Engine::Sequential { tuning: DEFAULT_TUNING }),
        ("bayesian", Engine::bayesian()),
    ];
    let engine = fields.word("engine", &engines)?.unwrap_or(Engine::Fixed);
    let alpha = fields.number("alpha")?.unwrap_or(0.05);
    if !(alpha > 0.0 && alpha < 0.5) {
        return Err(problem("bad-alpha", format!("alpha must lie between 0 and 0.5, not at {alpha}")));
    }
    let absolute = fields.word("difference", &[("relative", false), ("absolute", true)])?.unwrap_or(false);
    let scales = [("delta", Difference::RelativeDelta), ("log", Difference::RelativeLog)];
    let relative = fields.word("relative", &scales)?.unwrap_or(Difference::RelativeDelta);
    let difference = if absolute { Difference::Absolute } else { relative };
    let tail = fields.word("alternative", &super::power::ALTERNATIVES)?.unwrap_or_default();
    let tuning = fields.number("sequential_tuning")?.unwrap_or(DEFAULT_TUNING);
    if tuning <= 0.0 {
        return Err(problem("bad-tuning", format!("sequential_tuning must be above zero, not {tuning}")));
    }
    let better = fields.word("better", &[("higher", Better::Higher), ("lower", Better::Lower)])?;
    let by = fields.number("margin")?;
    let margin = by.map(|by| if absolute { Margin::Absolute(by) } else { Margin::Relative(by) });
    let mut cautions = Vec::new();
    let prior = prior(fields, &mut cautions)?;
    let engine = match engine {
        Engine::Fixed => Engine::Fixed,
        Engine::Sequential { .. } => Engine::Sequential { tuning },
        Engine::Bayesian { risk, .. } => {
            if tail != Tail::Two {
                let text = "ignored-field: a credible interval is two-sided, so alternative means nothing";
                cautions.insert(0, text.to_owned());
            }
            Engine::Bayesian { prior, risk }
        }
    };
    let plan = Plan { engine, alpha, difference, tail };
    Ok(Wish { plan, better: better.unwrap_or_default(), margin, cautions })
}

fn prior(fields: &Fields<'_>, cautions: &mut Vec<String>) -> Read<Prior> {
    let Some(told) = fields.inner("prior")? else { return Ok(Prior::default()) };
    let default = Prior::default();
    let prior = Prior {
        mean: told.number("mean")?.unwrap_or(default.mean),
        sd: told.number("sd")?.unwrap_or(default.sd),
        proper: told.flag("proper")?.unwrap_or(default.proper),
    };
    if prior.proper && prior.sd <= 0.0 {
        return Err(problem("bad-prior", "prior.sd of a proper prior must be above zero".to_owned()));
    }
    cautions.extend(told.ignored());
    Ok(prior)
}

/// The split's p-value and what to mind about it.
fn split(fields: &Fields<'_>, told: &[Told]) -> Read<(Option<f64>, Vec<String>)> {
    let given = super::split::weights(fields, told.len())?;
    let against =
        if given.is_some() { "the weights" } else { "an even split; if another was meant, give weights" };
    let weights = given.unwrap_or_else(|| vec![1.0; told.len()]);
    let units: Vec<u64> = told.iter().map(|told| told.n).collect();
    let p = srm::pearson(&units, &weights).map(|ratio| ratio.p_value);
    let mut cautions = Vec::new();
    if let Some((told, _)) = told.iter().zip(&weights).find(|(told, weight)| **weight <= 0.0 && told.n > 0) {
        cautions.push(format!("zero-weight-arm: units landed in {}, whose weight is zero", told.name));
    }
    if let Some(p) = p.filter(|p| *p < srm::THRESHOLD) {
        cautions.push(format!(
            "sample-ratio: the arms are not the sizes they should be (p = {p:.2e} against {against})"
        ));
    }
    Ok((p, cautions))
}

fn one(control: &Told, treatment: &Told, wish: &Wish) -> Versus {
    let mut versus = blank(control, treatment);
    versus.cautions.extend(wish.cautions.iter().cloned());
    versus.exact = exact(control, treatment, wish.plan.alpha, wish.plan.tail);
    if versus.exact.is_some() {
        versus.cautions.push(format!(
            "small-counts: fewer than {} on one side of an arm; the exact reading beside it holds",
            two_proportions::SMALL
        ));
    }
    if let Some(denominator) = Denominator::between(&control.summary, &treatment.summary) {
        if denominator.has_moved() {
            versus.cautions.push(
                "denominator-moved: the denominator itself differs between the arms, so the ratio may have changed \
                 without its numerator"
                    .to_owned(),
            );
        }
        versus.denominator = Some(denominator);
    }
    if versus.control_mean.is_some_and(|mean| mean < 0.0) && wish.plan.difference != Difference::Absolute {
        versus
            .cautions
            .push("negative-baseline: the change is relative to the size of a mean below zero".to_owned());
    }
    if let Err(why) = judge(control, treatment, wish, &mut versus) {
        versus.withheld = Some(Withheld::from(&named(why, control, treatment)));
    }
    versus
}

fn blank(control: &Told, treatment: &Told) -> Versus {
    let adjusted = match control.summary.is_adjusted() && treatment.summary.is_adjusted() {
        true => compare::adjusted(&control.summary, &treatment.summary),
        false => None,
    };
    let adjusted = adjusted.map_or([None; 2], |(a, b)| {
        [Some(a.level()), Some(b.level())].map(|level| level.filter(|level| level.is_finite()))
    });
    let [control_mean_adjusted, treatment_mean_adjusted] = adjusted;
    Versus {
        variant: treatment.name.clone(),
        control_mean: control.summary.mean(),
        treatment_mean: treatment.summary.mean(),
        control_mean_adjusted,
        treatment_mean_adjusted,
        numbers: Numbers::default(),
        exact: None,
        denominator: None,
        non_inferiority: None,
        cautions: control.cautions.iter().chain(&treatment.cautions).cloned().collect(),
        withheld: None,
    }
}

fn judge(control: &Told, treatment: &Told, wish: &Wish, versus: &mut Versus) -> Result<(), Why> {
    let (a, b) = (&control.summary, &treatment.summary);
    let plan = &wish.plan;
    // The absolute difference is known wherever both arms are, even where nothing varies and no error can be told.
    let plain = compare(a, b, &Plan::new(Engine::Fixed).on(Difference::Absolute)).ok();
    let means = versus
        .control_mean_adjusted
        .or(versus.control_mean)
        .zip(versus.treatment_mean_adjusted.or(versus.treatment_mean));
    let difference = plain.map(|found| found.uplift_absolute);
    let difference = difference.or(means.map(|(control, treatment)| treatment - control)).and_then(finite);
    versus.numbers.uplift_absolute = difference;
    if let Some(margin) = wish.margin {
        let found = margin::non_inferiority(a, b, margin, plan.alpha, wish.better == Better::Higher);
        match found {
            Ok(margin::NonInferiority { p_value, bound, margin, holds }) => {
                versus.non_inferiority = Some(NotWorse { p_value, bound, margin, holds });
            }
            Err(why) => versus.cautions.push(format!("no-margin: {}", why.sentence())),
        }
    }
    let found = Numbers::of(a, b, plan, wish.better)?;
    let absolute = plan.difference == Difference::Absolute;
    let uplift = if absolute { found.uplift_absolute } else { found.uplift };
    versus.numbers = Numbers { uplift, uplift_absolute: difference, ..found };
    Ok(())
}

fn exact(control: &Told, treatment: &Told, alpha: f64, tail: Tail) -> Option<Exact> {
    let (Summary::Proportion { n: n_c, successes: x_c }, Summary::Proportion { n: n_t, successes: x_t }) =
        (control.summary, treatment.summary)
    else {
        return None;
    };
    if n_c == 0 || n_t == 0 || !two_proportions::are_small((x_c, n_c), (x_t, n_t)) {
        return None;
    }
    let (ci_low, ci_high) = two_proportions::newcombe((x_c, n_c), (x_t, n_t), alpha)?;
    Some(Exact { p_value: exact::fisher((x_c, n_c), (x_t, n_t), tail)?, ci_low, ci_high })
}

/// The arms by their own names.
fn named(why: Why, control: &Told, treatment: &Told) -> Why {
    match why {
        Why::EmptyArm { .. } => {
            let empty = if control.n == 0 { control } else { treatment };
            Why::EmptyArm { variant: empty.name.clone() }
        }
        other => other,
    }
}
