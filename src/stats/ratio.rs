//! An arm of a ratio of two sums over units, such as revenue per order.

use super::arm::Arm;
use super::moments::{Pair, Spread};

/// The arm of Σy / Σx; none where the denominator sums to zero. The variance is the delta method's (Deng, Knoblich and Lu 2018,
/// "Applying the Delta Method in Metric Analytics", equation 5), as gbstats has it (`RatioStatistic.variance`).
#[must_use]
pub fn arm(pair: &Pair) -> Option<Arm> {
    let (y, x) = (pair.y.mean, pair.x.mean);
    if x == 0.0 {
        return None;
    }
    let (var_y, var_x) = (pair.y.variance(Spread::Sample)?, pair.x.variance(Spread::Sample)?);
    let covariance = pair.covariance(Spread::Sample)?;
    let ratio = y / x;
    let variance = (var_y - 2.0 * ratio * covariance + ratio * ratio * var_x) / (x * x);
    Some(Arm::plain(pair.n(), ratio, variance.max(0.0)))
}
