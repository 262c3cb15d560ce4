//! Effects over the course of an experiment: everybody so far at one look after the other, and each day's newcomers by themselves.

use serde::{Deserialize, Serialize};

use super::{closed, primary};
use crate::experiment::analysis::{Evidence, MetricEvidence, Settings, readings};
use crate::experiment::collect::Collected;
use crate::model::Time;
use crate::stats::{Caution, Reading, Why};

/// A comparison over the course of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// The metric.
    pub metric: String,
    /// The treatment.
    pub variant: String,
    /// Everybody so far, look by look, oldest first: the band that holds at every look where the plan is always valid.
    pub looks: Vec<Look>,
    /// Those first exposed since the look before, as they stand now: many looks at few people, uncorrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub daily: Vec<Look>,
    /// When the effect was first proven after correction, if it was; it stays that look however long the experiment goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_crossed_at: Option<Time>,
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

/// Those first exposed between one look and the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cohorts {
    /// When each ends.
    pub until: Vec<Time>,
    /// Each one's primary metrics by arm.
    pub measured: Vec<Vec<Vec<Collected>>>,
}

impl Trend {
    /// The primary comparisons as they stood at these looks, oldest first and today's last, with each day's newcomers beside.
    #[must_use]
    pub fn of(looks: &[Evidence], cohorts: &Cohorts, start: Time, settings: &Settings) -> Vec<Self> {
        let Some(last) = looks.last() else { return Vec::new() };
        let withheld = closed(last, settings);
        let one = |(metric, arm): (usize, usize)| {
            let seen = |evidence: &Evidence| {
                let look = Look::of(evidence, evidence.metrics.get(metric)?, arm, settings);
                Some(Look { day: (evidence.as_of - start).as_days(), ..look })
            };
            let (looks, daily) = match withheld {
                Some(_) => (Vec::new(), Vec::new()),
                None => (
                    looks.iter().filter_map(seen).collect(),
                    newcomers(last, cohorts, (metric, arm), start, settings),
                ),
            };
            Self {
                metric: last.metrics[metric].metric.clone(),
                variant: last.arms[arm].variant.clone(),
                looks,
                daily,
                first_crossed_at: None,
                withheld: withheld.clone(),
            }
        };
        primary(last).map(one).collect()
    }
}

impl Look {
    fn of(evidence: &Evidence, metric: &MetricEvidence, arm: usize, settings: &Settings) -> Self {
        let read = readings(evidence, metric, arm, settings);
        Self { at: evidence.as_of, day: 0.0, relative: read.relative, absolute: read.absolute }
    }
}

fn newcomers(
    last: &Evidence,
    cohorts: &Cohorts,
    (metric, arm): (usize, usize),
    start: Time,
    settings: &Settings,
) -> Vec<Look> {
    let one = |(until, measured): (&Time, &Vec<Vec<Collected>>)| {
        let arms = measured.get(metric).filter(|arms| arms.iter().any(|arm| arm.n() > 0))?;
        let of = MetricEvidence { arms: arms.clone(), ..last.metrics.get(metric)?.clone() };
        let mut look = Look::of(last, &of, arm, settings);
        for reading in [&mut look.relative, &mut look.absolute] {
            if let Reading::Estimate(estimate) = reading {
                estimate.cautions.push(Caution::Uncorrected);
            }
        }
        Some(Look { at: *until, day: (*until - start).as_days(), ..look })
    };
    cohorts.until.iter().zip(&cohorts.measured).filter_map(one).collect()
}
