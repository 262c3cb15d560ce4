//! What to do with an experiment: ship, stop, keep running, or say that it will not be decided.

use serde::{Deserialize, Serialize};

use super::analysis::{Evidence, MetricEvidence, Role, Settings, analyse, compared, readings};
use super::health;
use super::metric::Better;
use crate::model::Time;
use crate::stats::margin::{self, Margin};
use crate::stats::{Difference, Estimate, Plan, Tail, Why, compare};

/// What can be said of a metric that must not get worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guardrail {
    /// The interval excludes worse than the margin.
    Safe,
    /// The interval excludes zero on the bad side.
    Harmed,
    /// Neither, or there is no margin to judge by.
    CantTellYet,
}

/// Judges a metric that must not get worse, in a treatment. The margin is a fraction of the control's mean; whether it is kept is told
/// by the interval of what is left of it, harm by the absolute difference, as all tests are. A loss inside the margin was declared
/// acceptable, so safe comes first. Both sides are looked at whatever the plan says of its primary metrics, and what was believed before
/// excuses no harm.
#[must_use]
pub fn guardrail(
    evidence: &Evidence,
    metric: &MetricEvidence,
    arm: usize,
    settings: &Settings,
    margin: Option<f64>,
) -> Guardrail {
    let plan = Plan { tail: Tail::Two, ..settings.plan.on(Difference::Absolute) };
    let settings = Settings { plan, ..*settings }.without_prior();
    let absolute = readings(evidence, metric, arm, &settings).absolute;
    let Some(estimate) = absolute.estimate() else { return Guardrail::CantTellYet };
    if margin.is_some_and(|margin| keeps(evidence, metric, arm, &settings, margin, estimate)) {
        return Guardrail::Safe;
    }
    if best_end(estimate, metric.better) < 0.0 { Guardrail::Harmed } else { Guardrail::CantTellYet }
}

/// Whether worse than the margin is ruled out. Of small counts the exact interval must rule it out as well: the other one is rough.
fn keeps(
    evidence: &Evidence,
    metric: &MetricEvidence,
    arm: usize,
    settings: &Settings,
    margin: f64,
    estimate: &Estimate,
) -> bool {
    let Ok((control, treatment)) = compared(evidence, metric, arm, settings) else { return false };
    let higher = metric.better == Better::Higher;
    let left = margin::left_of(&control, &treatment, Margin::Relative(margin), &settings.plan, higher);
    let allowed = control.mean().map_or(0.0, |mean| margin * mean);
    let exact = compare::is_exact(&control, &treatment, &settings.plan);
    left.is_ok_and(|(low, _)| low > 0.0) && (!exact || worst_end(estimate, metric.better) > -allowed)
}

/// The end of an interval on the bad side, counted so that negative is worse.
fn worst_end(estimate: &Estimate, better: Better) -> f64 {
    match better {
        Better::Higher => estimate.low,
        Better::Lower => -estimate.high,
    }
}

/// The end on the good side, counted likewise.
fn best_end(estimate: &Estimate, better: Better) -> f64 {
    match better {
        Better::Higher => estimate.high,
        Better::Lower => -estimate.low,
    }
}

/// How far an experiment has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Days since the start.
    pub days: f64,
    /// Days planned.
    pub planned_days: u32,
    /// Units exposed in all arms.
    pub units: u64,
    /// Units planned.
    pub planned_n: Option<u64>,
    /// Whole weeks it must run at least.
    pub minimum_weeks: u32,
}

impl Progress {
    /// Whether the least number of whole weeks has passed.
    fn whole_weeks(&self) -> bool {
        self.days >= f64::from(self.minimum_weeks) * 7.0
    }

    /// Whether everything planned has been seen.
    fn complete(&self) -> bool {
        self.planned_n.map_or(self.days >= f64::from(self.planned_days), |planned| self.units >= planned)
    }

    /// Days still to run: to the planned number of units at the pace so far, else to the planned day, and never less than the
    /// whole weeks need. Zero once nothing planned is left.
    #[must_use]
    pub fn days_left(&self) -> u32 {
        let planned = f64::from(self.planned_days) - self.days;
        let by_units = self
            .planned_n
            .filter(|_| self.units > 0 && self.days > 0.0)
            .map(|n| n.saturating_sub(self.units) as f64 * self.days / self.units as f64);
        let weeks = f64::from(self.minimum_weeks) * 7.0 - self.days;
        by_units.unwrap_or(planned).max(weeks).ceil().clamp(0.0, 3650.0) as u32
    }
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "decision")]
pub enum Decision {
    /// Roll the treatment out.
    Ship,
    /// Take it back.
    Stop {
        /// The metric that was harmed.
        metric: String,
    },
    /// Wait.
    KeepRunning {
        /// Days still to run.
        days: u32,
    },
    /// Everything planned was seen and nothing was found.
    Inconclusive,
    /// The numbers are not to be believed, so neither is any verdict.
    Withheld {
        /// Why.
        reason: Why,
    },
}

impl Decision {
    /// What to do, in a sentence about a treatment.
    #[must_use]
    pub fn sentence(&self, variant: &str) -> String {
        match self {
            Self::Ship => format!("Ship {variant}."),
            Self::Stop { metric } => format!("Stop {variant}: {metric} is worse than in the control."),
            Self::KeepRunning { days: 1 } => "Keep running for one more day.".to_owned(),
            Self::KeepRunning { days } => format!("Keep running for {days} more days."),
            Self::Inconclusive => {
                format!("Everything planned was seen, and not all that shipping {variant} asks for is met.")
            }
            Self::Withheld { reason } => format!("No verdict: {}.", reason.sentence()),
        }
    }
}

/// The first time a primary metric's effect was proven after correction. Always-valid intervals may open again later; what
/// counts is that they were closed once, so whoever reads a running experiment keeps the first one of each metric and variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The metric.
    pub metric: String,
    /// The treatment.
    pub variant: String,
    /// When it was first proven.
    pub at: Time,
    /// Whether the metric moved the way it should.
    pub improved: bool,
}

/// The primary metrics proven at this look: by their adjusted p-value, or by what a Bayesian plan asks of their posterior.
#[must_use]
pub fn crossings(evidence: &Evidence, settings: &Settings) -> Vec<Crossing> {
    let analysis = analyse(evidence, &settings.deciding());
    let primary =
        evidence.metrics.iter().zip(&analysis.metrics).filter(|(metric, _)| metric.role == Role::Primary);
    primary
        .flat_map(|(metric, found)| found.comparisons.iter().map(move |comparison| (metric, comparison)))
        .filter_map(|(metric, comparison)| {
            Some(Crossing {
                metric: metric.metric.clone(),
                variant: comparison.variant.clone(),
                at: evidence.as_of,
                improved: comparison.improved(&settings.plan, metric.better)?,
            })
        })
        .collect()
}

/// What to do about one treatment, with the guardrails it was decided on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The treatment.
    pub variant: String,
    /// What to do.
    pub decision: Decision,
    /// Every guardrail metric and what can be said of it.
    pub guardrails: Vec<(String, Guardrail)>,
    /// Every primary metric against the margin of the design, where it has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_worse: Vec<(String, Guardrail)>,
    /// What shipping asks for and is not shown, each a clause; empty where it is shipped, stopped or withheld.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl Verdict {
    /// What to do, and which of the criteria is not met where one is wanting.
    #[must_use]
    pub fn sentence(&self) -> String {
        let said = self.decision.sentence(&self.variant);
        match (said.strip_suffix('.'), self.missing.as_slice()) {
            (Some(said), [_, ..]) => format!("{said}: {}.", self.missing.join("; ")),
            _ => said,
        }
    }
}

/// A verdict per treatment. An adjusted lower bound above zero is an adjusted p-value of at most alpha on the good side, now or
/// at one of the looks kept in `crossed`.
#[must_use]
pub fn verdicts(
    evidence: &Evidence,
    settings: &Settings,
    progress: &Progress,
    crossed: &[Crossing],
) -> Vec<Verdict> {
    let broken = health::check(&evidence.arms).broken;
    let proven = [crossed, &crossings(evidence, settings)].concat();
    (1..evidence.arms.len())
        .map(|arm| {
            let variant = evidence.arms[arm].variant.clone();
            let guardrails = judged(evidence, settings, arm, |role| match role {
                Role::Guardrail { margin } => Some(margin),
                Role::Primary | Role::Secondary => None,
            });
            let not_worse = judged(evidence, settings, arm, |role| {
                settings.margin.filter(|_| role == Role::Primary).map(Some)
            });
            let decision = match &broken {
                Some(reason) => Decision::Withheld { reason: reason.clone() },
                None => decide(&variant, &proven, (&guardrails, &not_worse), progress),
            };
            let missing = match decision {
                Decision::KeepRunning { .. } | Decision::Inconclusive => {
                    let primary: Vec<&str> = named(evidence, Role::Primary).collect();
                    missing(&variant, &primary, &proven, (&guardrails, &not_worse), progress)
                }
                Decision::Ship | Decision::Stop { .. } | Decision::Withheld { .. } => Vec::new(),
            };
            Verdict { variant, decision, guardrails, not_worse, missing }
        })
        .collect()
}

fn named(evidence: &Evidence, role: Role) -> impl Iterator<Item = &str> {
    let metrics = evidence.metrics.iter().filter(move |metric| metric.role == role);
    metrics.map(|metric| metric.metric.as_str())
}

/// Which of the things that shipping asks for are not there.
fn missing(
    variant: &str,
    primary: &[&str],
    proven: &[Crossing],
    (guardrails, not_worse): (Judged<'_>, Judged<'_>),
    progress: &Progress,
) -> Vec<String> {
    let mut missing = Vec::new();
    let better = proven.iter().any(|crossing| crossing.variant == variant && crossing.improved);
    let unsafe_ones = |judged: Judged<'_>| -> Vec<String> {
        let found = judged.iter().filter(|(_, verdict)| *verdict != Guardrail::Safe);
        found.map(|(metric, _)| metric.clone()).collect()
    };
    let worse = unsafe_ones(not_worse);
    match (better, not_worse, primary) {
        (true, ..) => {}
        (false, [], [only]) => missing.push(format!("{only} is not shown to be better")),
        (false, [], several) => missing.push(format!("none of {} is shown to be better", several.join(", "))),
        (false, ..) if worse.is_empty() => {}
        (false, ..) => {
            missing.push(format!("{} may still be worse than the margin", worse.join(", ")));
        }
    }
    missing.extend(unsafe_ones(guardrails).iter().map(|metric| format!("{metric} is not shown to be safe")));
    if !progress.whole_weeks() {
        let weeks = progress.minimum_weeks;
        missing.push(match weeks {
            1 => "a whole week has not passed".to_owned(),
            weeks => format!("{weeks} whole weeks have not passed"),
        });
    }
    missing
}

/// The metrics of some role, each held against its margin.
fn judged(
    evidence: &Evidence,
    settings: &Settings,
    arm: usize,
    of: impl Fn(Role) -> Option<Option<f64>>,
) -> Vec<(String, Guardrail)> {
    let judged = evidence.metrics.iter().filter_map(|metric| {
        let margin = of(metric.role)?;
        Some((metric.metric.clone(), guardrail(evidence, metric, arm, settings, margin)))
    });
    judged.collect()
}

/// Metrics by name, with what is known of each.
type Judged<'a> = &'a [(String, Guardrail)];

/// Not being worse asks for every primary metric at once, which needs no correction: each of them may stop it.
fn decide(
    variant: &str,
    proven: &[Crossing],
    (guardrails, not_worse): (Judged<'_>, Judged<'_>),
    progress: &Progress,
) -> Decision {
    let mut proven = proven.iter().filter(|crossing| crossing.variant == variant);
    let all_safe =
        |judged: &[(String, Guardrail)]| judged.iter().all(|(_, verdict)| *verdict == Guardrail::Safe);
    let acceptable =
        |metric: &str| not_worse.iter().any(|(name, verdict)| name == metric && *verdict == Guardrail::Safe);
    let harmed = proven.clone().find(|crossing| !crossing.improved && !acceptable(&crossing.metric));
    let harmed = harmed.map(|crossing| &crossing.metric);
    let harmed_guardrail = guardrails.iter().find(|(_, verdict)| *verdict == Guardrail::Harmed);
    if let Some(metric) = harmed.or(harmed_guardrail.map(|(metric, _)| metric)) {
        return Decision::Stop { metric: metric.clone() };
    }
    let enough = proven.any(|crossing| crossing.improved) || (!not_worse.is_empty() && all_safe(not_worse));
    if enough && all_safe(guardrails) && progress.whole_weeks() {
        Decision::Ship
    } else if progress.complete() && progress.whole_weeks() {
        Decision::Inconclusive
    } else {
        Decision::KeepRunning { days: progress.days_left() }
    }
}

#[cfg(test)]
mod tests;
