//! Whether the arms are the sizes they should be (Fabijan et al. 2019, "Diagnosing Sample Ratio Mismatch in Online Controlled
//! Experiments", KDD).

use serde::{Deserialize, Serialize};
use statrs::function::gamma;

use super::reading::Why;

/// Below this p-value the split is not believed: GrowthBook's threshold.
pub const THRESHOLD: f64 = 0.001;
/// Fewer expected units than this in an arm and χ² says nothing.
pub const MINIMUM_EXPECTED: u64 = 8;

/// An arm as the check sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share<'a> {
    /// The variant's name.
    pub variant: &'a str,
    /// First exposures, before exclusions.
    pub units: u64,
    /// Its weight; need not sum to one over the arms.
    pub weight: f64,
}

/// The outcome of the check.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleRatio {
    /// Pearson's statistic.
    pub chi_square: f64,
    /// The p-value.
    pub p_value: f64,
}

impl SampleRatio {
    /// Whether the split is not to be believed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.p_value < THRESHOLD
    }
}

/// Checks a split by the rules of health: a unit in an arm of weight zero fails outright, and every other arm must expect at
/// least eight.
///
/// # Errors
/// [`Why::ZeroWeightArm`] is a failure of the experiment; [`Why::TooFew`] and [`Why::NoData`] only say that it is too early.
pub fn check(arms: &[Share<'_>]) -> Result<SampleRatio, Why> {
    if let Some(arm) = arms.iter().find(|arm| arm.weight <= 0.0 && arm.units > 0) {
        return Err(Why::ZeroWeightArm { variant: arm.variant.to_owned() });
    }
    let total: u64 = arms.iter().map(|arm| arm.units).sum();
    if total == 0 {
        return Err(Why::NoData);
    }
    let weights: f64 = arms.iter().map(|arm| arm.weight.max(0.0)).sum();
    let least = arms
        .iter()
        .filter(|arm| arm.weight > 0.0)
        .map(|arm| arm.weight / weights * total as f64)
        .fold(f64::INFINITY, f64::min);
    // A hair of slack, because a third of 24 is 7.999….
    if !least.is_finite() || least < MINIMUM_EXPECTED as f64 - 1e-9 {
        return Err(Why::TooFew {
            what: "expected units per arm".to_owned(),
            have: if least.is_finite() { least as u64 } else { 0 },
            need: MINIMUM_EXPECTED,
        });
    }
    let (units, weights): (Vec<u64>, Vec<f64>) = arms.iter().map(|arm| (arm.units, arm.weight)).unzip();
    pearson(&units, &weights).ok_or(Why::NoData)
}

/// Pearson's χ² of counts against weights (1900, Philosophical Magazine 50:157) with arms − 1 degrees of freedom. Arms of weight
/// zero are left out of the sum and stay in the degrees of freedom, as in gbstats' `check_srm`. None without units, without
/// weights or with a single arm.
#[must_use]
pub fn pearson(units: &[u64], weights: &[f64]) -> Option<SampleRatio> {
    let total = units.iter().sum::<u64>() as f64;
    let weight: f64 = weights.iter().sum();
    if total <= 0.0
        || !(weight > 0.0 && weight.is_finite())
        || units.len() < 2
        || units.len() != weights.len()
    {
        return None;
    }
    let chi_square: f64 = units
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(&observed, share)| {
            let expected = share / weight * total;
            (observed as f64 - expected).powi(2) / expected
        })
        .sum();
    let p_value = upper_tail(chi_square, (units.len() - 1) as f64)?;
    Some(SampleRatio { chi_square, p_value })
}

/// P(χ² > x), the regularised upper incomplete gamma function.
fn upper_tail(x: f64, freedom: f64) -> Option<f64> {
    if x == 0.0 {
        return Some(1.0);
    }
    gamma::checked_gamma_ur(freedom / 2.0, x / 2.0).ok().filter(|p| p.is_finite()).map(|p| p.clamp(0.0, 1.0))
}
