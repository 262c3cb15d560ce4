//! What stands beside a comparison: the relative change of an absolute difference, and the denominator of a ratio on its own.

use serde::{Deserialize, Serialize};

use super::analysis::Withheld;
use super::numbers::finite;
use crate::stats::{Difference, Engine, Plan, Reading, Summary, compare};

/// A denominator whose comparison has a smaller p-value has moved, so a ratio may have moved without its numerator.
pub const MOVED: f64 = 0.05;

/// The relative change with its interval on the log-ratio scale, or why it is not shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RelativeChange {
    /// As a fraction of the control's mean.
    pub uplift: Option<f64>,
    /// Lower end of its interval.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// Why it is not shown.
    pub withheld: Option<Withheld>,
}

impl RelativeChange {
    /// What a reading says.
    #[must_use]
    pub fn of(reading: &Reading) -> Self {
        match reading {
            Reading::Estimate(found) => Self {
                uplift: finite(found.value),
                ci_low: finite(found.low),
                ci_high: finite(found.high),
                withheld: None,
            },
            Reading::Withheld(why) => {
                Self { uplift: None, ci_low: None, ci_high: None, withheld: Some(Withheld::from(why)) }
            }
        }
    }
}

/// The denominators of a ratio compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Denominator {
    /// The control's denominator per unit.
    pub control_mean: f64,
    /// The treatment's.
    pub treatment_mean: f64,
    /// Relative change; none where the control's is zero.
    pub uplift: Option<f64>,
    /// p-value of the absolute difference, as for one look: what only warns should rather warn early.
    pub p_value: f64,
}

impl Denominator {
    /// Compares the denominators of two arms; none where the metric is no ratio or they cannot be compared.
    #[must_use]
    pub fn between(control: &Summary, treatment: &Summary) -> Option<Self> {
        let (a, b) = control.denominator().zip(treatment.denominator())?;
        let plan = Plan::new(Engine::Fixed).on(Difference::Absolute);
        let (control_mean, treatment_mean) = (a.mean()?, b.mean()?);
        match compare::reading(&a, &b, &plan, Vec::new()) {
            Reading::Estimate(found) => Some(Self {
                control_mean,
                treatment_mean,
                uplift: finite(found.value / control_mean),
                p_value: found.p_value?,
            }),
            // Nothing varies: there is nothing to test, and nothing that moved, where the means agree.
            Reading::Withheld(_) if control_mean.total_cmp(&treatment_mean).is_eq() => {
                Some(Self { control_mean, treatment_mean, uplift: finite(0.0 / control_mean), p_value: 1.0 })
            }
            Reading::Withheld(_) => None,
        }
    }

    /// Whether it differs between the arms.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        self.p_value < MOVED
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Moments, Pair, Ratio, Spread};

    fn arm(orders: [f64; 4], revenue: [f64; 4]) -> Summary {
        let mut pair = Pair::default();
        for (x, y) in orders.into_iter().zip(revenue).cycle().take(400) {
            pair.push(y, x);
        }
        Summary::Ratio(Ratio { pair, numerator: Spread::Sample, denominator: Spread::Sample })
    }

    #[test]
    fn a_denominator_that_moved_is_told() {
        let control = arm([0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 30.0, 70.0]);
        let more = arm([1.0, 0.0, 1.0, 2.0], [25.0, 0.0, 30.0, 70.0]);
        let found = Denominator::between(&control, &more).unwrap();
        assert!(found.has_moved() && (found.uplift.unwrap() - 1.0 / 3.0).abs() < 1e-12, "{found:?}");
        let same = Denominator::between(&control, &control).unwrap();
        assert!(!same.has_moved() && (same.control_mean - 0.75).abs() < 1e-12);
        let once = arm([1.0; 4], [1.0, 2.0, 3.0, 4.0]);
        assert!(!Denominator::between(&once, &once).unwrap().has_moved(), "one order each in both arms");
        assert_eq!(Denominator::between(&Summary::Mean(Moments::default()), &control), None);
    }
}
