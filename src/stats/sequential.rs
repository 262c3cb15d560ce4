//! Looks at any time: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform
//! central limit theory and asymptotic confidence sequences", arXiv 2103.06476v7), as gbstats uses it.

use super::effect::Effect;
use super::fixed::{Judgement, Tail};

/// The total sample size at which the sequence is tightest where a plan names none: gbstats' default.
pub const DEFAULT_TUNING: f64 = 5000.0;

/// ρ² = (−2 ln α + ln(−2 ln α + 1)) / N* (equation 161).
#[must_use]
pub fn rho_squared(alpha: f64, tuning: f64) -> f64 {
    let wide = -2.0 * alpha.ln();
    (wide + wide.ln_1p()) / tuning
}

/// Half the width at `n` units in both arms together, in standard errors of the effect: equation 9, and equation 134 with 2α
/// for a single side.
#[must_use]
pub fn half_width(n: u64, alpha: f64, tuning: f64, tail: Tail) -> f64 {
    half_width_at(n as f64, alpha, tuning, tail)
}

/// The same at an intrinsic time that need not be whole, as where variance runs instead of units.
#[must_use]
pub fn half_width_at(n: f64, alpha: f64, tuning: f64, tail: Tail) -> f64 {
    let alpha = sided(alpha, tail);
    let spread = n * rho_squared(alpha, tuning);
    let root = (spread + 1.0).sqrt();
    let logarithm = match tail {
        Tail::Two => (root / alpha).ln(),
        Tail::Greater | Tail::Less => (root / alpha).ln_1p(),
    };
    (2.0 * (spread + 1.0) / spread * logarithm).sqrt()
}

/// The p-value per look for an effect of `z` standard errors: the inverse of the mixture's e-value (equation 155), at most 1.
/// For a single side it is the level at which the bound reaches zero, the mixture held fixed.
#[must_use]
pub fn p_value(z: f64, n: u64, alpha: f64, tuning: f64, tail: Tail) -> f64 {
    let alpha = sided(alpha, tail);
    let spread = n as f64 * rho_squared(alpha, tuning);
    let exponent = z * z * spread / (2.0 * (spread + 1.0));
    let root = (spread + 1.0).sqrt();
    match tail {
        Tail::Two => (root.ln() - exponent).min(0.0).exp(),
        Tail::Greater if z <= 0.0 => 1.0,
        Tail::Less if z >= 0.0 => 1.0,
        Tail::Greater | Tail::Less => (root / (2.0 * exponent.exp_m1())).min(1.0),
    }
}

/// Judges an effect at `n` units in both arms together.
#[must_use]
pub fn judge(effect: &Effect, n: u64, alpha: f64, tuning: f64, tail: Tail) -> Judgement {
    let z = effect.estimate / effect.standard_error;
    let half_width = half_width(n, alpha, tuning, tail) * effect.standard_error;
    Judgement::around(effect.estimate, half_width, tail, p_value(z, n, alpha, tuning, tail))
}

/// A single side at α is as wide as two at 2α.
fn sided(alpha: f64, tail: Tail) -> f64 {
    match tail {
        Tail::Two => alpha,
        Tail::Greater | Tail::Less => 2.0 * alpha,
    }
}
