//! Variance reduction for a ratio of sums by the same ratio before exposure: CUPED on linearised ratios (Deng, Knoblich and Lu
//! 2018, "Applying the Delta Method in Metric Analytics", section 4.1), as gbstats' `RegressionAdjustedRatioStatistic` and
//! tea-tasting have it.

use serde::{Deserialize, Serialize};

use super::arm::{Adjustment, Arm};
use super::moments::{Pair, Spread};

/// A numerator and a denominator per unit, now (`y` over `x`) and before exposure, over the same units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdjustedRatio {
    /// Numerator and denominator as measured.
    pub now: Pair,
    /// Numerator and denominator before exposure.
    pub before: Pair,
    /// The sums of products of deviations between now and before.
    pub across: Across,
}

/// Sums of products of deviations between a quantity now and one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Across {
    /// Numerator now with numerator before.
    pub y_y: f64,
    /// Numerator now with denominator before.
    pub y_x: f64,
    /// Denominator now with numerator before.
    pub x_y: f64,
    /// Denominator now with denominator before.
    pub x_x: f64,
}

impl AdjustedRatio {
    /// Both samples together.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let (a, b) = (self.now.n() as f64, other.now.n() as f64);
        let weight = if a + b > 0.0 { a * b / (a + b) } else { 0.0 };
        let steps = |one: &Pair, two: &Pair| (two.y.mean - one.y.mean, two.x.mean - one.x.mean);
        let ((y, x), (y_before, x_before)) =
            (steps(&self.now, &other.now), steps(&self.before, &other.before));
        Self {
            now: self.now.merge(other.now),
            before: self.before.merge(other.before),
            across: Across {
                y_y: self.across.y_y + other.across.y_y + weight * y * y_before,
                y_x: self.across.y_x + other.across.y_x + weight * y * x_before,
                x_y: self.across.x_y + other.across.x_y + weight * x * y_before,
                x_x: self.across.x_x + other.across.x_x + weight * x * x_before,
            },
        }
    }

    fn linearised(&self) -> Option<Linearised> {
        let divisor = (self.now.n() >= 2).then(|| (self.now.n() - 1) as f64)?;
        if self.now.x.mean == 0.0 || self.before.x.mean == 0.0 {
            return None;
        }
        let (now, before) = (self.now.y.mean / self.now.x.mean, self.before.y.mean / self.before.x.mean);
        let across = &self.across;
        let products = across.y_y - before * across.y_x - now * across.x_y + now * before * across.x_x;
        Some(Linearised {
            n: self.now.n(),
            now,
            before,
            variance_now: spread_of_ratio(&self.now, now)?,
            variance_before: spread_of_ratio(&self.before, before)?,
            covariance: products / (self.now.x.mean * self.before.x.mean) / divisor,
        })
    }
}

/// The two ratios of an arm, and how one unit's contributions to them vary.
struct Linearised {
    n: u64,
    now: f64,
    before: f64,
    variance_now: f64,
    variance_before: f64,
    covariance: f64,
}

fn spread_of_ratio(pair: &Pair, ratio: f64) -> Option<f64> {
    let (y, x) = (pair.y.variance(Spread::Sample)?, pair.x.variance(Spread::Sample)?);
    let variance = y - 2.0 * ratio * pair.covariance(Spread::Sample)? + ratio * ratio * x;
    Some((variance / (pair.x.mean * pair.x.mean)).max(0.0))
}

/// θ over both arms together; 0 where the earlier ratio does not vary. None where a denominator sums to zero.
#[must_use]
pub fn theta(control: &AdjustedRatio, treatment: &AdjustedRatio) -> Option<f64> {
    let pooled = control.merge(*treatment).linearised()?;
    Some(if pooled.variance_before > 0.0 { pooled.covariance / pooled.variance_before } else { 0.0 })
}

/// Both arms adjusted by the pooled θ; none where a denominator sums to zero or an arm has fewer than two units.
#[must_use]
pub fn arms(control: &AdjustedRatio, treatment: &AdjustedRatio) -> Option<(Arm, Arm)> {
    let theta = theta(control, treatment)?;
    let centre = control.merge(*treatment).linearised()?.before;
    Some((adjusted(&control.linearised()?, theta, centre), adjusted(&treatment.linearised()?, theta, centre)))
}

fn adjusted(arm: &Linearised, theta: f64, centre: f64) -> Arm {
    let covariance = theta * arm.covariance;
    let explained = theta * theta * arm.variance_before;
    Arm {
        n: arm.n,
        mean: arm.now - theta * arm.before,
        variance: (arm.variance_now - 2.0 * covariance + explained).max(0.0),
        base_mean: arm.now,
        base_variance: arm.variance_now,
        adjustment: Some(Adjustment {
            covariance,
            variance: explained,
            centred_mean: arm.now - theta * (arm.before - centre),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(shift: f64, n: u32) -> AdjustedRatio {
        let mut whole =
            AdjustedRatio { now: Pair::default(), before: Pair::default(), across: Across::default() };
        for unit in 0..n {
            let (mut now, mut before) = (Pair::default(), Pair::default());
            let size = 1.0 + f64::from(unit % 5);
            now.push(size * (2.0 + shift + f64::from(unit % 7) * 0.1), size);
            before.push(size * (2.0 + f64::from(unit % 7) * 0.1), size + f64::from(unit % 2));
            whole = whole.merge(AdjustedRatio { now, before, across: Across::default() });
        }
        whole
    }

    #[test]
    fn the_past_takes_variance_away_and_leaves_the_effect() {
        let (control, treatment) = (units(0.0, 700), units(0.2, 700));
        let (a, b) = arms(&control, &treatment).unwrap();
        assert!(a.variance < a.base_variance);
        assert!((b.mean - a.mean - (b.base_mean - a.base_mean)).abs() < 1e-9, "equal pasts");
        assert_eq!(arms(&units(0.0, 1), &treatment), None);
    }
}
