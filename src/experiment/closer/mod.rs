//! A closer look at an experiment: were its arms alike before, who is missing, does the effect wear off, whom does it help, how far
//! is it. Each answer has its numbers or the reason there are none; none of them decides anything.

mod ahead;
mod cause;
mod novelty;
mod parts;
mod start;
#[cfg(test)]
mod tests;

pub use ahead::Ahead;
pub use cause::{Cause, Census, Uneven};
pub use novelty::{Daily, Wear};
pub use parts::{Cut, Measured as MeasuredPart, Part, Parts};
pub use start::Start;

use serde::{Deserialize, Serialize};

use super::analysis::{Evidence, Role, Settings, readings};
use super::health;
use crate::model::Time;
use crate::stats::{Engine, Plan, Reading, Why};

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

/// A comparison over the course of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// The metric.
    pub metric: String,
    /// The treatment.
    pub variant: String,
    /// The looks, oldest first, each with everybody so far.
    pub looks: Vec<Look>,
    /// The effect among those alone who were first exposed on a day, each with an interval for that day by itself.
    #[serde(default)]
    pub daily: Vec<Look>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Why>,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// When.
    pub at: Time,
    /// Days since the start.
    pub day: f64,
    /// The relative effect.
    pub relative: Reading,
    /// The effect in the metric's own unit.
    pub absolute: Reading,
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

impl Trend {
    /// The same with the days by themselves: what was measured of those first exposed on each, and the day's end.
    #[must_use]
    pub fn with_days(mut self, days: &[(Time, Evidence)], start: Time, settings: &Settings) -> Self {
        if self.withheld.is_some() {
            return self;
        }
        // A day is looked at once, for itself alone.
        let plan = Plan { engine: Engine::Fixed, ..settings.plan };
        let alone = Settings { plan, ended: true, ..*settings };
        let day = |(at, evidence): &(Time, Evidence)| {
            let metric = evidence.metrics.iter().find(|metric| metric.metric == self.metric)?;
            let arm = evidence.arms.iter().position(|arm| arm.variant == self.variant)?;
            let read = readings(evidence, metric, arm, &alone);
            Some(Look {
                at: *at,
                day: (*at - start).as_days(),
                relative: read.relative,
                absolute: read.absolute,
            })
        };
        self.daily = days.iter().filter_map(day).collect();
        self
    }

    /// The primary comparisons as they stood at these looks, oldest first.
    #[must_use]
    pub fn of(looks: &[Evidence], start: Time, settings: &Settings) -> Vec<Self> {
        let Some(last) = looks.last() else { return Vec::new() };
        let withheld = closed(last, settings);
        let one = |(metric, arm): (usize, usize)| {
            let look = |evidence: &Evidence| {
                let read = readings(evidence, evidence.metrics.get(metric)?, arm, settings);
                let day = (evidence.as_of - start).as_days();
                Some(Look { at: evidence.as_of, day, relative: read.relative, absolute: read.absolute })
            };
            Self {
                metric: last.metrics[metric].metric.clone(),
                variant: last.arms[arm].variant.clone(),
                looks: if withheld.is_some() { Vec::new() } else { looks.iter().filter_map(look).collect() },
                daily: Vec::new(),
                withheld: withheld.clone(),
            }
        };
        primary(last).map(one).collect()
    }
}
