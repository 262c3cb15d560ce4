//! The noncentral t distribution's upper tail, for power.
//!
//! T = (Z + δ) / S with S = √(χ²/ν), so P(T > c) = ∫ f(s) Φ(δ − c·s) ds (Johnson, Kotz and Balakrishnan 1995, "Continuous
//! Univariate Distributions" volume 2, section 31.5), integrated by Gauss–Legendre panels. The density of S is written
//! around s = 1 with Stirling's remainder, so no ln Γ of a large number cancels.

use super::student::{GAUSS, normal_upper_tail};

const PANELS: u32 = 16;

/// P(T > critical) for T noncentral t with `freedom` degrees of freedom around `delta`; infinitely many are the normal
/// distribution. `freedom` is at least one.
#[must_use]
pub fn upper_tail(critical: f64, freedom: f64, delta: f64) -> f64 {
    if freedom.is_infinite() {
        return normal_upper_tail(critical - delta);
    }
    let reach = 9.0 / freedom.sqrt();
    let (from, to) = ((1.0 - reach).max(0.0), 1.0 + reach);
    // Where the range starts at zero the density may rise like a broken power of s; in the cube root it is smooth.
    let bend = if from == 0.0 { 3 } else { 1 };
    let to = if bend == 3 { to.cbrt() } else { to };
    let half = (to - from) / f64::from(2 * PANELS);
    let constant = constant(freedom);
    let at = |w: f64| {
        let s = w.powi(bend);
        let stretch = f64::from(bend) * w.powi(bend - 1);
        stretch * density(s, freedom, constant) * normal_upper_tail(critical * s - delta)
    };
    let mut sum = 0.0;
    for panel in 0..PANELS {
        let middle = from + half * f64::from(2 * panel + 1);
        for (node, weight) in GAUSS {
            sum += weight * (at(middle - half * node) + at(middle + half * node));
        }
    }
    (sum * half).clamp(0.0, 1.0)
}

/// The density of S over everything that does not depend on s: √(ν/π) · e^(−r(ν/2)), with Stirling's remainder r.
fn constant(freedom: f64) -> f64 {
    (freedom / std::f64::consts::PI).sqrt() * (-stirling(0.5 * freedom)).exp()
}

/// f(s) = constant / s · e^(ν/2 · (1 + 2 ln s − s²)).
fn density(s: f64, freedom: f64, constant: f64) -> f64 {
    if s <= 0.0 {
        return 0.0;
    }
    let off = s - 1.0;
    constant / s * (0.5 * freedom * (2.0 * (off.ln_1p() - off) - off * off)).exp()
}

/// ln Γ(a) − (a − ½) ln a + a − ½ ln 2π: the series of Abramowitz and Stegun 6.1.41 from 15 on, below that by the recurrence
/// r(a) = r(a + 1) + (a + ½) ln(1 + 1/a) − 1.
fn stirling(a: f64) -> f64 {
    let (mut at, mut sum) = (a, 0.0);
    while at < 15.0 {
        sum += (at + 0.5) * (1.0 / at).ln_1p() - 1.0;
        at += 1.0;
    }
    let inverse = 1.0 / (at * at);
    sum + (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::student;

    #[test]
    fn without_noncentrality_it_is_students() {
        for freedom in [1.0, 1.7, 4.0, 30.0, 998.0, 1e6, 3e9] {
            for t in [-2.0, 0.0, 0.7, 2.2, 5.0] {
                let (got, want) = (upper_tail(t, freedom, 0.0), student::upper_tail(t, freedom));
                // At ν = 1 the range of s holds all but 1e-12 of its mass.
                assert!((got - want).abs() <= 2e-9 * want.max(1e-3), "{freedom} {t}: {got:e} {want:e}");
            }
        }
    }

    #[test]
    fn stirlings_remainder_closes_the_gamma_function() {
        // Γ(5) = 24 and Γ(½) = √π.
        for (a, gamma) in [(5.0, 24.0_f64), (0.5, std::f64::consts::PI.sqrt())] {
            let direct = gamma.ln() - (a - 0.5) * f64::ln(a) + a - 0.5 * std::f64::consts::TAU.ln();
            assert!((stirling(a) - direct).abs() < 1e-13, "{a}");
        }
    }

    #[test]
    fn many_degrees_of_freedom_approach_the_normal() {
        let got = upper_tail(1.96, 4e9, 2.8);
        assert!((got - normal_upper_tail(1.96 - 2.8)).abs() < 1e-8, "{got}");
        assert!((upper_tail(1.96, f64::INFINITY, 2.8) - normal_upper_tail(-0.84)).abs() < 1e-15);
    }
}
