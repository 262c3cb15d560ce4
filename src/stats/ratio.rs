//! An arm of a ratio of two sums over units, such as revenue per order.

use serde::{Deserialize, Serialize};

use super::arm::Arm;
use super::moments::{Pair, Spread};

/// A numerator and a denominator per unit, and how each varies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Numerator `y` and denominator `x`.
    pub pair: Pair,
    /// Population where the numerator is yes-or-no.
    pub numerator: Spread,
    /// Population where the denominator is yes-or-no.
    pub denominator: Spread,
}

impl Ratio {
    /// The covariance is a population's only where both are (gbstats' `compute_covariance`).
    fn covariance(&self) -> Option<f64> {
        self.pair.covariance(self.numerator.common(self.denominator))
    }
}

/// The arm of Σy / Σx; none where the denominator sums to zero. The variance is the delta method's (Deng, Knoblich and Lu 2018,
/// "Applying the Delta Method in Metric Analytics", equation 5), as gbstats has it (`RatioStatistic.variance`).
#[must_use]
pub fn arm(ratio: &Ratio) -> Option<Arm> {
    let (y, x) = (&ratio.pair.y, &ratio.pair.x);
    if x.mean == 0.0 {
        return None;
    }
    let (var_y, var_x) = (y.variance(ratio.numerator)?, x.variance(ratio.denominator)?);
    let mean = y.mean / x.mean;
    let variance = (var_y - 2.0 * mean * ratio.covariance()? + mean * mean * var_x) / (x.mean * x.mean);
    Some(Arm::plain(ratio.pair.n(), mean, variance.max(0.0)))
}
