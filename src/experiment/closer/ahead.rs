//! How far a comparison is from the power wanted, from the uncertainty it has now.

use serde::{Deserialize, Serialize};

use crate::experiment::analysis::{Evidence, Role, Settings, measured};
use crate::experiment::design::Criteria;
use crate::experiment::verdict::Progress;
use crate::stats::Why;
use crate::stats::power::running::{self, Aim};

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
    /// How far every primary comparison is.
    #[must_use]
    pub fn of(
        evidence: &Evidence,
        settings: &Settings,
        criteria: &Criteria,
        progress: &Progress,
    ) -> Vec<Self> {
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
    let goals = evidence.metrics.iter().filter(|metric| metric.role == Role::Primary).count();
    let aim = Aim {
        effect,
        power: criteria.power,
        alpha: settings.plan.alpha,
        engine: settings.plan.engine,
        goals: 1,
        tests: (goals * (evidence.arms.len() - 1)).max(1) as u32,
    };
    let adjusted = settings.cuped.then(|| control.adjusted().zip(treatment.adjusted())).flatten();
    let (control, treatment) = match adjusted {
        Some(arms) => arms,
        None => (control.summary()?, treatment.summary()?),
    };
    let both = control.n() + treatment.n();
    let standing = running::standing(&control, &treatment, &aim)?;
    let all = progress.units as f64 / (both as f64).max(1.0);
    let more = standing.additional_units * all;
    let per_day = if progress.days > 0.0 { progress.units as f64 / progress.days } else { 0.0 };
    Ok(Ahead {
        power_now: Some(standing.power_now),
        more_units: Some(more),
        days: running::days_left(more, per_day),
        ..blank(evidence, criteria, place)
    })
}
