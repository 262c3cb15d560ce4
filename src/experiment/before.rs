//! What the same people did before an experiment, as the covariate of each metric. The window ends at the start and is chosen on
//! what happened before it, so no outcome of the experiment has a say.

use super::measure::UnitValue;
use super::metric::{Metric, MetricKind};
use super::scan::Ask;
use crate::model::{Span, Time};
use crate::rule::Point;
use crate::stats::Pair;

/// The lengths that are tried, in days.
pub const DAYS: [i64; 5] = [14, 30, 90, 180, 365];

/// How long a metric without a window of its own looks back when lengths are compared.
const USUAL: Span = Span::days(14);

/// A stretch of time a metric is taken over, as if everybody had been exposed at its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// The metric with this stretch as its window.
    pub metric: Metric,
    /// Where it begins.
    pub from: Time,
    /// Where it ends, not included.
    pub point: Point,
}

impl Stretch {
    fn new(metric: &Metric, from: Time, to: Time) -> Self {
        let metric = Metric { window: Some(to - from), delay: None, ..metric.clone() };
        Self { metric, from, point: Point::before(to) }
    }

    /// It as something to be measured of everybody.
    #[must_use]
    pub fn ask(&self) -> Ask<'_> {
        Ask { metric: &self.metric, from: Some(self.from), point: self.point }
    }

    /// The covariate of a metric: so many days up to the start.
    #[must_use]
    pub fn covariate(metric: &Metric, start: Time, days: i64) -> Self {
        Self::new(metric, start.back(Span::days(days)), start)
    }

    /// A rehearsal before the start: what would have been the outcome, and the covariate of so many days before that.
    #[must_use]
    pub fn rehearsal(metric: &Metric, start: Time, days: i64) -> (Self, Self) {
        let begin = start.back(metric.window.unwrap_or(USUAL));
        (Self::new(metric, begin, start), Self::covariate(metric, begin, days))
    }
}

/// Whether a metric can be adjusted: a ratio has no single value per person.
#[must_use]
pub fn adjusts(metric: &Metric) -> bool {
    metric.kind != MetricKind::Ratio && metric.measure.is_some()
}

/// The length whose rehearsal was told best by what came before it, and how well; none where nothing came before.
#[must_use]
pub fn best(rehearsals: impl IntoIterator<Item = (i64, Pair)>) -> Option<(i64, f64)> {
    let mut best: Option<(i64, f64)> = None;
    for (days, pair) in rehearsals {
        let Some(correlation) = pair.correlation().filter(|found| found.is_finite() && *found > 0.0) else {
            continue;
        };
        if best.is_none_or(|(_, known)| correlation > known) {
            best = Some((days, correlation));
        }
    }
    best
}

/// A value as a covariate. No history is zero, as for every metric over events.
#[must_use]
pub fn known(value: &UnitValue) -> f64 {
    value.numerator()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::ready;

    #[test]
    fn stretches_end_at_the_start_and_never_reach_beyond() {
        let metric = Metric { delay: Some(Span::days(1)), ..ready::metric("revenue per person").unwrap() };
        let start = Time(Span::days(400).0);
        let covariate = Stretch::covariate(&metric, start, 90);
        assert_eq!((covariate.from, covariate.point.at), (Time(Span::days(310).0), start));
        assert_eq!((covariate.metric.window, covariate.metric.delay), (Some(Span::days(90)), None));
        let (outcome, before) = Stretch::rehearsal(&metric, start, 30);
        assert_eq!((outcome.from, outcome.point.at), (Time(Span::days(386).0), start));
        assert_eq!((before.from, before.point.at), (Time(Span::days(356).0), Time(Span::days(386).0)));
    }

    #[test]
    fn the_length_that_tells_most_is_taken_and_none_where_nothing_is_told() {
        let pair = |noise: u64| {
            let mut pair = Pair::default();
            for n in 0..100_u64 {
                pair.push((n % 10) as f64, ((n % 10) + (n * 7919) % (noise + 1)) as f64);
            }
            pair
        };
        assert_eq!(best([(14, pair(30)), (30, pair(2)), (90, pair(50))]).unwrap().0, 30);
        let mut silent = Pair::default();
        silent.push(0.0, 1.0);
        silent.push(0.0, 2.0);
        assert_eq!(best([(14, silent)]), None);
    }
}
