//! Effects of disjoint segments, each helped by the others: normal–normal empirical Bayes.
//!
//! The best of ten segments is partly the luckiest. Each effect is drawn towards their common mean by as much as its own noise
//! outweighs the true differences between segments (Efron and Morris 1975, Journal of the American Statistical Association
//! 70:311). How much segments truly differ, τ², is Paule and Mandel's (1982, Journal of Research of the National Bureau of
//! Standards 87:377, equation 6): the value at which the weighted squares come to their degrees of freedom.

use statrs::function::gamma;

use super::reading::{Caution, Estimate, Reading, Why};
use super::student;

/// At how many values τ is looked at for the intervals.
const GRID: u32 = 200;

/// Fewer segments cannot tell their difference from their noise.
pub const FEWEST: usize = 3;

/// A segment's own effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Own {
    /// The estimate.
    pub effect: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// What segments have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Shrunk {
    /// The variance between segments (Paule–Mandel).
    pub tau_squared: f64,
    /// The common mean.
    pub mean: f64,
    /// Cochran's Q against no difference between segments (Cochran 1954, Biometrics 10:101): its p-value.
    pub p_homogeneous: f64,
    /// Each segment's effect after borrowing from the others, in the order of the input.
    pub segments: Vec<Reading>,
}

/// Shrinks the effects of disjoint segments. The intervals hold τ²'s own uncertainty, since intervals at a single τ² are too
/// narrow (Morris 1983, Journal of the American Statistical Association 78:47, section 1): they are quantiles of the mixture
/// over τ given the data with a flat prior on τ (Gelman et al. 2013, "Bayesian Data Analysis", equation 5.21).
///
/// # Errors
/// [`Why::TooFew`] under three segments: two cannot tell their difference from their noise.
pub fn shrink(segments: &[Own], alpha: f64) -> Result<Shrunk, Why> {
    if segments.len() < FEWEST {
        let have = segments.len() as u64;
        return Err(Why::TooFew { what: "segments".to_owned(), have, need: FEWEST as u64 });
    }
    let sound =
        |own: &Own| own.effect.is_finite() && own.standard_error > 0.0 && own.standard_error.is_finite();
    if !(segments.iter().all(sound) && alpha > 0.0 && alpha < 1.0) {
        return Err(Why::NoVariance);
    }
    let freedom = (segments.len() - 1) as f64;
    let tau_squared = solve(segments, freedom);
    let mixture = mixture(segments, tau_squared);
    let squares = q(segments, 0.0);
    let p_homogeneous = gamma::checked_gamma_ur(freedom / 2.0, squares / 2.0).unwrap_or(1.0);
    let readings = segments.iter().map(|own| one(segments, own, tau_squared, &mixture, alpha)).collect();
    Ok(Shrunk { tau_squared, mean: common(segments, tau_squared).0, p_homogeneous, segments: readings })
}

fn one(segments: &[Own], own: &Own, tau_squared: f64, mixture: &[(f64, f64)], alpha: f64) -> Reading {
    let (value, _) = drawn(segments, own, tau_squared);
    let parts: Vec<(f64, f64, f64)> = mixture
        .iter()
        .map(|&(tau_squared, share)| {
            let (mean, variance) = drawn(segments, own, tau_squared);
            (mean, variance.sqrt(), share)
        })
        .collect();
    let variance: f64 =
        parts.iter().map(|(mean, error, share)| share * (error * error + (mean - value).powi(2))).sum();
    Reading::Estimate(Estimate {
        value,
        low: quantile(&parts, alpha / 2.0).min(value),
        high: quantile(&parts, 1.0 - alpha / 2.0).max(value),
        standard_error: Some(variance.sqrt()),
        p_value: None,
        level: 1.0 - alpha,
        cautions: vec![Caution::Uncorrected],
    })
}

/// The point below which a share of a mixture of normals (mean, standard deviation, weight) lies.
fn quantile(parts: &[(f64, f64, f64)], share: f64) -> f64 {
    let below = |x: f64| -> f64 {
        parts
            .iter()
            .map(|(mean, error, weight)| weight * student::normal_upper_tail((mean - x) / error))
            .sum()
    };
    let mut low = parts.iter().map(|(mean, error, _)| mean - 40.0 * error).fold(f64::INFINITY, f64::min);
    let mut high = parts.iter().map(|(mean, error, _)| mean + 40.0 * error).fold(f64::NEG_INFINITY, f64::max);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if below(middle) < share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// A segment's effect and its variance given τ², the uncertainty of the common mean included (Gelman et al. 2013, "Bayesian Data
/// Analysis", equations 5.17 and 5.20).
fn drawn(segments: &[Own], own: &Own, tau_squared: f64) -> (f64, f64) {
    let (mean, mean_variance) = common(segments, tau_squared);
    let noise = own.standard_error * own.standard_error;
    let kept = tau_squared / (tau_squared + noise);
    let left = 1.0 - kept;
    (kept * own.effect + left * mean, kept * noise + left * left * mean_variance)
}

/// The precision-weighted mean given τ², and its variance.
fn common(segments: &[Own], tau_squared: f64) -> (f64, f64) {
    let weight = |own: &Own| 1.0 / (own.standard_error * own.standard_error + tau_squared);
    let total: f64 = segments.iter().map(weight).sum();
    (segments.iter().map(|own| weight(own) * own.effect).sum::<f64>() / total, 1.0 / total)
}

/// The weighted squares around the common mean; falls as τ² grows.
fn q(segments: &[Own], tau_squared: f64) -> f64 {
    let (mean, _) = common(segments, tau_squared);
    segments
        .iter()
        .map(|own| (own.effect - mean).powi(2) / (own.standard_error * own.standard_error + tau_squared))
        .sum()
}

/// The τ² at which the squares come to `target`; zero where they are below it already.
fn solve(segments: &[Own], target: f64) -> f64 {
    if q(segments, 0.0) <= target {
        return 0.0;
    }
    let widest =
        segments.iter().map(|own| own.effect.powi(2) + own.standard_error.powi(2)).fold(0.0, f64::max);
    let mut high = widest.max(f64::MIN_POSITIVE);
    while q(segments, high) > target && high < f64::MAX / 1e6 {
        high *= 4.0;
    }
    let mut low = 0.0;
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if q(segments, middle) > target {
            low = middle
        } else {
            high = middle
        }
        if high - low <= 1e-13 * high {
            break;
        }
    }
    0.5 * (low + high)
}

/// Values of τ² with their probability given the data, over a grid that reaches from zero to infinity.
fn mixture(segments: &[Own], tau_squared: f64) -> Vec<(f64, f64)> {
    let noise = segments.iter().map(|own| own.standard_error.powi(2)).sum::<f64>() / segments.len() as f64;
    let scale = (noise + tau_squared).sqrt();
    let points: Vec<(f64, f64)> = (0..GRID)
        .map(|step| {
            let at = (f64::from(step) + 0.5) / f64::from(GRID);
            let tau = scale * at / (1.0 - at);
            // The grid's own density in τ, then that of τ given the data.
            (tau * tau, log_density(segments, tau * tau) - 2.0 * (1.0 - at).ln())
        })
        .collect();
    let peak = points.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = points.iter().map(|(_, log)| (log - peak).exp()).sum();
    points.into_iter().map(|(tau_squared, log)| (tau_squared, (log - peak).exp() / total)).collect()
}

/// ln p(τ | data) up to a constant.
fn log_density(segments: &[Own], tau_squared: f64) -> f64 {
    let (_, mean_variance) = common(segments, tau_squared);
    let spread: f64 = segments.iter().map(|own| (own.standard_error.powi(2) + tau_squared).ln()).sum();
    0.5 * (mean_variance.ln() - spread - q(segments, tau_squared))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draw, Seed};

    /// The eight schools of Gelman et al. 2013, table 5.2; Paule–Mandel is zero there, as metafor's `rma(method = "PM")` says.
    #[test]
    fn eight_schools_do_not_differ() {
        let effects = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0];
        let errors = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0];
        let own: Vec<Own> = effects
            .iter()
            .zip(errors)
            .map(|(&effect, standard_error)| Own { effect, standard_error })
            .collect();
        let found = shrink(&own, 0.05).unwrap();
        assert!(found.tau_squared < 1e-12 && (found.mean - 7.686).abs() < 1e-3, "{found:?}");
        assert!(found.p_homogeneous > 0.5);
        // All are drawn to the mean, yet keep more than the mean's own error of 4.07: τ might not be zero.
        for reading in &found.segments {
            let estimate = reading.estimate().unwrap();
            assert!((estimate.value - found.mean).abs() < 1e-9);
            assert!(estimate.standard_error.unwrap() > 4.3, "{estimate:?}");
        }
    }

    /// With one known variance v, Paule–Mandel is the variance of the effects less v.
    #[test]
    fn equal_errors_have_a_closed_form() {
        let effects = [1.0, 2.0, 4.0, 9.0];
        let own: Vec<Own> = effects.iter().map(|&effect| Own { effect, standard_error: 0.5 }).collect();
        let found = shrink(&own, 0.05).unwrap();
        let variance = effects.iter().map(|effect| (effect - 4.0_f64).powi(2)).sum::<f64>() / 3.0;
        assert!((found.tau_squared - (variance - 0.25)).abs() < 1e-9, "{found:?}");
        assert!(matches!(shrink(&own[..2], 0.05), Err(Why::TooFew { have: 2, .. })));
        let broken = [Own { effect: f64::NAN, standard_error: 1.0 }; 3];
        assert_eq!(shrink(&broken, 0.05), Err(Why::NoVariance));
    }

    /// Intervals hold their level over segments whose true effects vary a little or a lot, and beat the unshrunk ones on error.
    #[test]
    fn intervals_cover_and_estimates_are_nearer() {
        let (seed, draw) = (Seed(5), Draw::of("shrink"));
        let normal =
            |unit: u64, at: u64| student::normal_upper_quantile(seed.uniform(unit, draw, at).max(1e-12));
        for tau in [0.0, 0.5, 2.0] {
            let (mut inside, mut total, mut shrunk, mut raw) = (0_u32, 0_u32, 0.0, 0.0);
            for run in 0..300_u64 {
                let truth: Vec<f64> = (0..6).map(|segment| 1.0 + tau * normal(run, 2 * segment)).collect();
                let own: Vec<Own> = (0..6)
                    .map(|segment| {
                        let standard_error = 0.5 + 0.25 * segment as f64;
                        let noise = standard_error * normal(run, 2 * segment + 1);
                        Own { effect: truth[segment as usize] + noise, standard_error }
                    })
                    .collect();
                let found = shrink(&own, 0.05).unwrap();
                for ((reading, truth), own) in found.segments.iter().zip(&truth).zip(&own) {
                    let estimate = reading.estimate().unwrap();
                    inside += u32::from(estimate.low <= *truth && *truth <= estimate.high);
                    total += 1;
                    shrunk += (estimate.value - truth).powi(2);
                    raw += (own.effect - truth).powi(2);
                }
            }
            let coverage = f64::from(inside) / f64::from(total);
            assert!(coverage >= 0.94, "tau {tau}: {coverage}");
            assert!(shrunk < raw, "tau {tau}: {shrunk} {raw}");
        }
    }
}
