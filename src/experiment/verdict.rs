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
mod tests {
    use super::*;
    use crate::experiment::Numbers;
    use crate::experiment::analysis::MetricEvidence;
    use crate::experiment::collect::Collected;
    use crate::experiment::health::ArmTraffic;
    use crate::experiment::measure::UnitValue;
    use crate::experiment::metric::{Metric, MetricKind};
    use crate::model::{Decimal, Span};
    use crate::rule::Point;
    use crate::stats::{Caution, Engine, Prior, Reading};

    fn metric(role: Role, better: Better, conversions: [u64; 2]) -> MetricEvidence {
        let arm = |ones: u64| {
            let mut collected = Collected::new(MetricKind::Proportion);
            for unit in 0..2000 {
                let value = if unit < ones { Decimal::ONE } else { Decimal::ZERO };
                collected.push(&UnitValue::given(value), None);
            }
            collected
        };
        MetricEvidence {
            metric: if role == Role::Primary { "orders" } else { "unsubscribes" }.to_owned(),
            kind: MetricKind::Proportion,
            role,
            better,
            covariate: None,
            arms: conversions.map(arm).to_vec(),
        }
    }

    fn evidence(metrics: Vec<MetricEvidence>, exposed: [u64; 2]) -> Evidence {
        let arm = |variant: &str, exposed| ArmTraffic {
            variant: variant.to_owned(),
            weight: 0.5,
            exposed,
            excluded: 0,
        };
        Evidence {
            experiment: "cart".to_owned(),
            as_of: Time(0),
            arms: vec![arm("10 % off", exposed[0]), arm("bundle", exposed[1])],
            excluded: 0,
            metrics,
        }
    }

    fn running(engine: Engine) -> Settings {
        Settings { plan: Plan::new(engine), cuped: false, ended: false, margin: None }
    }

    fn decision(metrics: Vec<MetricEvidence>, days: f64) -> Decision {
        let settings = running(Engine::Sequential { tuning: 4000.0 });
        let progress =
            Progress { days, planned_days: 14, units: 4000, planned_n: Some(8000), minimum_weeks: 1 };
        verdicts(&evidence(metrics, [2000, 2000]), &settings, &progress, &[]).remove(0).decision
    }

    fn orders(control: u64, treatment: u64) -> MetricEvidence {
        metric(Role::Primary, Better::Higher, [control, treatment])
    }

    fn unsubscribes(control: u64, treatment: u64) -> MetricEvidence {
        metric(Role::Guardrail { margin: Some(0.5) }, Better::Lower, [control, treatment])
    }

    #[test]
    fn ship_stop_wait_or_give_up() {
        assert_eq!(decision(vec![orders(200, 350), unsubscribes(300, 290)], 8.0), Decision::Ship);
        assert_eq!(
            decision(vec![orders(200, 350)], 6.0),
            Decision::KeepRunning { days: 6 },
            "a whole week first"
        );
        assert_eq!(decision(vec![orders(350, 200)], 8.0), Decision::Stop { metric: "orders".to_owned() });
        let harmed = decision(vec![orders(200, 350), unsubscribes(100, 300)], 8.0);
        assert_eq!(harmed, Decision::Stop { metric: "unsubscribes".to_owned() });
        let unsure = decision(vec![orders(200, 350), unsubscribes(30, 30)], 8.0);
        assert_eq!(unsure, Decision::KeepRunning { days: 8 }, "the guardrail cannot be told yet");
        assert_eq!(decision(vec![orders(200, 210)], 2.0), Decision::KeepRunning { days: 5 });
    }

    #[test]
    fn what_was_proven_once_stays_proven() {
        let settings = Settings::finished();
        let progress =
            Progress { days: 8.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 1 };
        let then = crossings(&evidence(vec![orders(200, 350)], [2000, 2000]), &settings);
        assert_eq!(then.iter().map(|crossing| crossing.improved).collect::<Vec<_>>(), [true]);
        let now = evidence(vec![orders(200, 210)], [2000, 2000]);
        let decision =
            |crossed: &[Crossing]| verdicts(&now, &settings, &progress, crossed).remove(0).decision;
        assert_eq!(decision(&[]), Decision::KeepRunning { days: 6 });
        assert_eq!(decision(&then), Decision::Ship);
    }

    #[test]
    fn everything_planned_and_nothing_found_is_inconclusive() {
        let settings = Settings::finished();
        let progress =
            Progress { days: 14.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 2 };
        let verdict =
            verdicts(&evidence(vec![orders(200, 210)], [2000, 2000]), &settings, &progress, &[]).remove(0);
        assert_eq!(verdict.decision, Decision::Inconclusive);
        let said = |metrics, progress: &Progress| {
            verdicts(&evidence(metrics, [2000, 2000]), &settings, progress, &[]).remove(0).sentence()
        };
        let lead = "Everything planned was seen, and not all that shipping bundle asks for is met: ";
        assert_eq!(
            said(vec![orders(200, 210)], &progress),
            format!("{lead}orders is not shown to be better.")
        );
        let guarded = || vec![orders(200, 350), unsubscribes(30, 30)];
        assert_eq!(said(guarded(), &progress), format!("{lead}unsubscribes is not shown to be safe."));
        let early = Progress { days: 3.0, ..progress };
        assert_eq!(
            said(guarded(), &early),
            "Keep running for 11 more days: unsubscribes is not shown to be safe; 2 whole weeks have not passed."
        );
    }

    #[test]
    fn readings_say_what_to_mind() {
        let rare = evidence(vec![orders(4, 30)], [2000, 2000]);
        let found = readings(&rare, &rare.metrics[0], 1, &Settings::finished());
        // The absolute difference is read by Newcombe and Fisher, and says so; no rough interval stands beside it.
        assert_eq!(found.absolute.estimate().unwrap().cautions, [Caution::SmallCounts]);
        let Reading::Withheld(why) = &found.relative else { panic!("{found:?}") };
        assert_eq!(why.sentence(), "counts are small, so only the difference is read, exactly");
        let none = evidence(vec![orders(40, 0)], [2000, 2000]);
        let found = readings(&none, &none.metrics[0], 1, &Settings::finished());
        assert!(found.relative.estimate().is_none() && found.absolute.estimate().is_some());
    }

    /// Nobody against half or everybody: the numbers, the sentence's p-value and the panel's interval are one exact reading.
    #[test]
    fn nobody_against_everybody_is_read_exactly() {
        for (of, conversions) in [(20, [0, 20]), (200, [0, 100]), (20, [20, 0])] {
            let arm = |ones: u64| {
                let mut collected = Collected::new(MetricKind::Proportion);
                (0..of).for_each(|unit| {
                    let value = if unit < ones { Decimal::ONE } else { Decimal::ZERO };
                    collected.push(&UnitValue::given(value), None);
                });
                collected
            };
            let metric = MetricEvidence { arms: conversions.map(arm).to_vec(), ..orders(1, 1) };
            let evidence = evidence(vec![metric], [of, of]);
            let analysis = analyse(&evidence, &Settings::finished());
            let found = &analysis.metrics[0].comparisons[0];
            let shown = found.readings.absolute.estimate().unwrap();
            assert!(found.exact && found.withheld.is_none(), "{found:?}");
            assert_eq!((found.numbers.p_value, found.numbers.ci_low), (shown.p_value, Some(shown.low)));
            assert!(found.p_adjusted.unwrap() < 1e-6 && shown.low * shown.high > 0.0);
            assert!(found.relative.as_ref().unwrap().withheld.is_some());
            // As peers print it there is no number, and the reason is true.
            let delta = Settings { plan: Settings::finished().plan.on(Difference::RelativeDelta), ..Settings::finished() };
            let peers = analyse(&evidence, &delta).metrics[0].comparisons[0].withheld.clone().unwrap();
            assert!(!peers.reason.contains("every unit has the same value"), "{peers:?}");
        }
    }

    #[test]
    fn a_posterior_ships_what_is_better_at_a_risk_one_may_run() {
        let progress =
            Progress { days: 8.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 1 };
        let of = |orders: MetricEvidence, risk| {
            let settings = running(Engine::Bayesian { prior: Prior::normal(0.0, 0.3), risk });
            verdicts(&evidence(vec![orders], [2000, 2000]), &settings, &progress, &[]).remove(0).decision
        };
        assert_eq!(of(orders(200, 260), 0.0025), Decision::Ship);
        assert_eq!(
            of(orders(200, 260), 1e-9),
            Decision::KeepRunning { days: 6 },
            "sure, and not allowed to lose anything"
        );
        assert_eq!(of(orders(200, 215), 0.0025), Decision::KeepRunning { days: 6 });
        assert_eq!(of(orders(260, 200), 0.0025), Decision::Stop { metric: "orders".to_owned() });
        let fewer = metric(Role::Primary, Better::Lower, [260, 200]);
        assert_eq!(of(fewer, 0.0025), Decision::Ship, "less is better");
        // A prior that expects no harm hides none.
        let blind = running(Engine::Bayesian { prior: Prior::normal(0.0, 1e-3), risk: 0.0025 });
        let complaints = evidence(vec![unsubscribes(100, 180)], [2000, 2000]);
        assert_eq!(guardrail(&complaints, &complaints.metrics[0], 1, &blind, Some(0.1)), Guardrail::Harmed);
    }

    #[test]
    fn a_broken_split_withholds_everything() {
        let progress =
            Progress { days: 14.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 1 };
        let broken = evidence(vec![orders(200, 350)], [2000, 2400]);
        let verdict = verdicts(&broken, &Settings::finished(), &progress, &[]).remove(0);
        assert!(matches!(verdict.decision, Decision::Withheld { reason: Why::SampleRatio { .. } }));
        let analysis = analyse(&broken, &Settings::finished());
        let comparison = &analysis.metrics[0].comparisons[0];
        assert_eq!(comparison.withheld.as_ref().unwrap().code, "sample-ratio");
        assert_eq!((comparison.numbers, comparison.p_adjusted), (Numbers::default(), None));
    }

    /// Nobody is missing where people are only still being watched.
    #[test]
    fn while_windows_are_open_it_is_said_when_the_first_closes() {
        let watched =
            Metric { window: Some(Span::days(3)), ..Metric::given("orders", MetricKind::Proportion) };
        let arm = |exposed: &[i64]| {
            let mut collected = Collected::new(MetricKind::Proportion);
            for day in exposed {
                let (_, to) = watched.stretch(Time(0) + Span::days(*day));
                collected.push(&UnitValue::begun(&watched, to, Point::before(Time(0) + Span::days(4))), None);
            }
            collected
        };
        let of = |arms: [&[i64]; 2]| {
            let mut evidence = evidence(vec![orders(200, 210)], arms.map(|arm| arm.len() as u64));
            evidence.metrics[0].arms = arms.map(arm).to_vec();
            analyse(&evidence, &running(Engine::Sequential { tuning: 5000.0 })).metrics[0].comparisons[0]
                .withheld
                .clone()
                .unwrap()
        };
        let early = of([&[3, 2, 3], &[3, 3, 3]]);
        let said = "no window has closed yet; the first closes on Tue 6 Jan 1970 00:00";
        assert_eq!((early.code, early.reason.as_str()), ("windows-open", said));
        let one = of([&[0, 2, 3], &[3, 3, 3]]);
        assert_eq!(
            one.reason,
            "no window has closed yet in bundle; the first closes on Wed 7 Jan 1970 00:00"
        );
        assert_eq!(of([&[0, 2, 3], &[]]).code, "empty-arm");
    }

    #[test]
    fn too_little_for_a_sequential_reading_and_a_fixed_plan_before_its_end() {
        let few = evidence(vec![orders(24, 60)], [2000, 2000]);
        let code =
            |settings: &Settings| analyse(&few, settings).metrics[0].comparisons[0].withheld.clone().unwrap();
        let withheld = code(&running(Engine::Sequential { tuning: 5000.0 }));
        assert_eq!(withheld.reason, "fewer than 25 conversions per arm (24 so far)");
        assert_eq!(code(&running(Engine::Fixed)).code, "fixed-plan-running");
        let enough = evidence(vec![orders(25, 60)], [2000, 2000]);
        let shown = analyse(&enough, &running(Engine::Sequential { tuning: 5000.0 }));
        assert_eq!(shown.metrics[0].comparisons[0].withheld, None);
    }

    #[test]
    fn a_guardrail_without_a_margin_is_never_safe() {
        let judged = |conversions: [u64; 2], margin, settings: &Settings| {
            let metric = metric(Role::Guardrail { margin }, Better::Lower, conversions);
            let evidence = evidence(vec![metric], [2000, 2000]);
            guardrail(&evidence, &evidence.metrics[0], 1, settings, margin)
        };
        let once = Settings::finished();
        assert_eq!(judged([200, 195], None, &once), Guardrail::CantTellYet);
        assert_eq!(judged([200, 195], Some(0.2), &once), Guardrail::Safe);
        assert_eq!(judged([200, 195], Some(0.05), &once), Guardrail::CantTellYet);
        assert_eq!(judged([200, 260], Some(0.05), &once), Guardrail::Harmed);
        assert_eq!(judged([200, 260], None, &once), Guardrail::Harmed);
        // Declared acceptable, so safe although it is worse beyond chance.
        assert_eq!(judged([200, 260], Some(1.0), &once), Guardrail::Safe);
        // Nobody complained in either arm: there is nothing to judge by.
        assert_eq!(judged([0, 0], Some(0.5), &once), Guardrail::CantTellYet);
        // A plan that looks often needs more, and one that looks one way still sees harm on the other side.
        let often = running(Engine::Sequential { tuning: 4000.0 });
        assert_eq!(judged([200, 195], Some(0.2), &often), Guardrail::CantTellYet);
        for tail in [Tail::Greater, Tail::Less] {
            let one_sided = Settings { plan: Plan { tail, ..once.plan }, ..once };
            assert_eq!(judged([200, 260], Some(0.05), &one_sided), Guardrail::Harmed, "{tail:?}");
            assert_eq!(judged([200, 195], Some(0.2), &one_sided), Guardrail::Safe, "{tail:?}");
        }
    }

    #[test]
    fn not_worse_by_the_margin_is_enough_to_ship_where_the_design_says_so() {
        let progress =
            Progress { days: 14.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 1 };
        let of = |orders: MetricEvidence, margin| {
            let settings = Settings { margin, ..Settings::finished() };
            verdicts(&evidence(vec![orders], [2000, 2000]), &settings, &progress, &[]).remove(0)
        };
        assert_eq!(of(orders(400, 398), None).decision, Decision::Inconclusive);
        let safe = of(orders(400, 398), Some(0.15));
        assert_eq!(safe.decision, Decision::Ship);
        assert_eq!(safe.not_worse, [("orders".to_owned(), Guardrail::Safe)]);
        assert_eq!(of(orders(400, 398), Some(0.05)).decision, Decision::Inconclusive);
        let harmed = of(orders(400, 300), Some(0.15));
        assert_eq!(harmed.decision, Decision::Stop { metric: "orders".to_owned() });
        // A loss that was declared acceptable is no harm.
        assert_eq!(of(orders(400, 340), Some(0.5)).decision, Decision::Ship);
    }
}
