//! A closer look at an experiment: were its arms alike before, who is missing, does the effect wear off, whom does it help, how far
//! is it. Each answer has its numbers or the reason there are none; none of them decides anything.

mod ahead;
mod cause;
mod novelty;
mod parts;
mod start;
#[cfg(test)]
mod tests;
mod trend;

pub use ahead::Ahead;
pub use cause::{Cause, Census, Uneven};
pub use novelty::{Daily, Wear};
pub use parts::{Cut, Measured as MeasuredPart, Part, Parts, Within};
pub use start::Start;
pub use trend::{Cohorts, Look, Trend};

use serde::{Deserialize, Serialize};

use super::analysis::{Evidence, Role, Settings};
use super::health;
use crate::stats::{Engine, Why};

/// Everything that is looked at beside the comparisons.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Closer {
    /// What the arms did before the start.
    pub balance: Vec<Start>,
    /// Where a split that is off is off; none while it is sound.
    pub sample_ratio_cause: Option<Cause>,
    /// Primary effects by day since exposure.
    pub novelty: Vec<Wear>,
    /// Primary effects by part of the people.
    pub segments: Vec<Parts>,
    /// How far each primary comparison is from the power wanted.
    pub days_left: Vec<Ahead>,
    /// Primary effects as they stood at one look after the other.
    pub trend: Vec<Trend>,
}

/// Why effects beside the planned ones may not be shown either, if so: the split is off, or it would be peeking.
#[must_use]
pub fn closed(evidence: &Evidence, settings: &Settings) -> Option<Why> {
    let early = settings.plan.engine == Engine::Fixed && !settings.ended;
    health::check(&evidence.arms).broken.or_else(|| early.then_some(Why::FixedPlanRunning))
}

/// Every primary metric with every treatment, by their places.
pub fn primary(evidence: &Evidence) -> impl Iterator<Item = (usize, usize)> {
    let metrics = evidence.metrics.iter().enumerate().filter(|(_, metric)| metric.role == Role::Primary);
    let arms = evidence.arms.len();
    metrics.flat_map(move |(metric, _)| (1..arms).map(move |arm| (metric, arm)))
}
