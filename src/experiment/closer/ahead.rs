//! How far a comparison is from the power wanted: asked of the plan itself, with the level and spread its own control has.

use serde::{Deserialize, Serialize};

use crate::experiment::analysis::{Evidence, MetricEvidence, Role, Settings, measured};
use crate::experiment::collect::Collected;
use crate::experiment::design::{Criteria, Outcome, Sizing};
use crate::experiment::verdict::Progress;
use crate::stats::compare::{self, Summary};
use crate::stats::power::running;
use crate::stats::{Engine, Why};

/// How far a comparison is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ahead {
    /// The metric.
    pub metric: String,
    /// The treatment.
    pub variant: String,
    /// The relative effect that matters.
    pub effect: Option<f64>,
    /// The probability of seeing it with the people there are.
    pub power_now: Option<f64>,
    /// More people wanted, in all arms.
    pub more_units: Option<f64>,
    /// Days until they are there at the pace so far.
    pub days: Option<f64>,
    /// Why nothing can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Why>,
}

impl Ahead {
    /// How far every primary comparison is; nothing of a test that has ended, which nobody joins any more.
    #[must_use]
    pub fn of(
        evidence: &Evidence,
        settings: &Settings,
        criteria: &Criteria,
        progress: &Progress,
    ) -> Vec<Self> {
        if settings.ended {
            return Vec::new();
        }
        super::primary(evidence)
            .map(|place| match one(evidence, settings, criteria, progress, place) {
                Ok(ahead) => ahead,
                Err(why) => Self { withheld: Some(why), ..blank(evidence, criteria, place) },
            })
            .collect()
    }
}

fn blank(evidence: &Evidence, criteria: &Criteria, (metric, arm): (usize, usize)) -> Ahead {
    Ahead {
        metric: evidence.metrics[metric].metric.clone(),
        variant: evidence.arms[arm].variant.clone(),
        effect: criteria.effect,
        power_now: None,
        more_units: None,
        days: None,
        withheld: None,
    }
}

fn one(
    evidence: &Evidence,
    settings: &Settings,
    criteria: &Criteria,
    progress: &Progress,
    place: (usize, usize),
) -> Result<Ahead, Why> {
    // What a fixed plan lacks may be told before its end: it says how uncertain the effect is, not what it is.
    if let Some(why) = super::closed(evidence, settings).filter(|why| *why != Why::FixedPlanRunning) {
        return Err(why);
    }
    let Some(effect) = criteria.effect else {
        let reason = "the design names no effect worth acting on ([criteria] effect)".to_owned();
        return Err(Why::Other { reason });
    };
    let metric = &evidence.metrics[place.0];
    let (Some(control), Some(treatment)) = (metric.arms.first(), metric.arms.get(place.1)) else {
        return Err(Why::NoData);
    };
    measured(evidence, [(0, control), (place.1, treatment)])?;
    let units: u64 = metric.arms.iter().map(Collected::n).sum();
    let sizing = sizing(evidence, settings, criteria, metric, place.1)?;
    let effect = effect * metric.better.sign();
    let power_now = sizing.power_at(effect, units as f64)?;
    let needed = match power_now >= sizing.power {
        true => 0.0,
        false => sizing.needed(effect)?,
    };
    // People whose window is still open are there already and will count.
    let more = (needed - progress.units.max(units) as f64).max(0.0);
    let per_day = if progress.days > 0.0 { progress.units as f64 / progress.days } else { 0.0 };
    Ok(Ahead {
        power_now: Some(power_now),
        more_units: Some(more),
        days: running::days_left(more, per_day),
        ..blank(evidence, criteria, place)
    })
}

/// The comparison as its plan judges it: on the absolute scale, at the first step of Holm's procedure, by the level and the spread of
/// the control, or of everybody while a fixed plan hides its arms.
fn sizing(
    evidence: &Evidence,
    settings: &Settings,
    criteria: &Criteria,
    metric: &MetricEvidence,
    arm: usize,
) -> Result<Sizing, Why> {
    let (Some(control), Some(treatment)) = (metric.arms.first(), metric.arms.get(arm)) else {
        return Err(Why::NoData);
    };
    let hidden = settings.plan.engine == Engine::Fixed;
    let pair = match hidden {
        true => metric.arms.iter().skip(1).fold(control.pair(), |all, arm| all.merge(arm.pair())),
        false => control.pair(),
    };
    let units: u64 = metric.arms.iter().map(Collected::n).sum();
    let share = |arm: &Collected| arm.n() as f64 / (units as f64).max(1.0);
    let goals = evidence.metrics.iter().filter(|metric| metric.role == Role::Primary).count();
    let tests = (goals * (evidence.arms.len() - 1)).max(1) as u32;
    Ok(Sizing {
        outcome: Outcome::of(metric.kind, &pair)?,
        engine: settings.plan.engine,
        alpha: settings.plan.alpha,
        tail: settings.plan.tail,
        power: criteria.power,
        control: share(control),
        treatment: share(treatment),
        arms: tests + 1,
        rho: if settings.cuped { foretold(control, treatment) } else { 0.0 },
    })
}

/// How well what was before tells the metric: from what adjusting leaves of the squared error.
fn foretold(control: &Collected, treatment: &Collected) -> f64 {
    let error = |control: &Summary, treatment: &Summary| {
        compare::arms(control, treatment).ok().map(|(a, b)| a.error() + b.error())
    };
    let adjusted = control.adjusted().zip(treatment.adjusted()).and_then(|(a, b)| error(&a, &b));
    let plain = control.summary().ok().zip(treatment.summary().ok()).and_then(|(a, b)| error(&a, &b));
    match (adjusted, plain) {
        (Some(left), Some(all)) if all > 0.0 => (1.0 - left / all).clamp(0.0, 0.999).sqrt(),
        _ => 0.0,
    }
}
