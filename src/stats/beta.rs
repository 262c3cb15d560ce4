//! Two shares under Beta priors, without an approximation: what to believe of rare events in small arms, where a Gaussian on the
//! lift is rough.

use statrs::function::beta::checked_beta_reg;

use super::reading::Why;
use super::student::GAUSS;

/// A Beta distribution; as a prior (1, 1) is uniform and (½, ½) Jeffreys'.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    /// Successes, counting the prior's.
    pub successes: f64,
    /// Failures, counting the prior's.
    pub failures: f64,
}

/// What is believed of two shares after the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// P(treatment's share > control's).
    pub chance_to_win: f64,
    /// E max(control − treatment, 0), in shares.
    pub risk_treatment: f64,
    /// E max(treatment − control, 0), in shares.
    pub risk_control: f64,
    /// Central credible interval of the control's share.
    pub control: (f64, f64),
    /// Of the treatment's.
    pub treatment: (f64, f64),
}

const PANELS: u32 = 64;
/// So many standard deviations on the arcsine scale hold everything that counts.
const REACH: f64 = 12.0;

/// Compares two shares, each (successes, units), under a common prior: conjugate updating (Gelman et al. 2013, "Bayesian Data
/// Analysis", section 2.4), the comparison by quadrature on the arcsine scale, where Beta densities have no poles and about one
/// width.
///
/// # Errors
/// More successes than units, a prior that is none.
pub fn shares(control: (u64, u64), treatment: (u64, u64), prior: Beta, alpha: f64) -> Result<Shares, Why> {
    let sound = |x: f64| x >= 0.5 && x.is_finite();
    let counts = [control, treatment].iter().all(|(x, n)| x <= n);
    let level = alpha > 0.0 && alpha < 1.0;
    if !(counts && level && sound(prior.successes) && sound(prior.failures)) {
        let reason =
            "shares need successes among units, a prior of one half or more on each side, and a level";
        return Err(Why::Other { reason: reason.to_owned() });
    }
    let (a, b) = (prior.updated(control), prior.updated(treatment));
    Ok(Shares {
        chance_to_win: b.average(|x| a.below(x)),
        risk_treatment: a.excess_over(&b),
        risk_control: b.excess_over(&a),
        control: a.interval(alpha),
        treatment: b.interval(alpha),
    })
}

impl Beta {
    fn updated(self, (successes, units): (u64, u64)) -> Self {
        Self {
            successes: self.successes + successes as f64,
            failures: self.failures + (units - successes) as f64,
        }
    }

    /// P(X ≤ x).
    fn below(&self, x: f64) -> f64 {
        let inside = x.clamp(0.0, 1.0);
        checked_beta_reg(self.successes, self.failures, inside).unwrap_or(f64::NAN)
    }

    /// P(X > x), without 1 − something near 1.
    fn above(&self, x: f64) -> f64 {
        let inside = (1.0 - x).clamp(0.0, 1.0);
        checked_beta_reg(self.failures, self.successes, inside).unwrap_or(f64::NAN)
    }

    /// Where θ of x = sin² θ may lie.
    fn range(&self) -> (f64, f64) {
        let total = self.successes + self.failures;
        let centre = (self.successes / total).sqrt().asin();
        let reach = REACH / (2.0 * total.sqrt());
        ((centre - reach).max(0.0), (centre + reach).min(std::f64::consts::FRAC_PI_2))
    }

    /// The expectation of f(X), normalised by the same quadrature.
    fn average(&self, f: impl Fn(f64) -> f64) -> f64 {
        let (from, to) = self.range();
        let total = self.successes + self.failures;
        let mode = (self.successes / total).sqrt().asin();
        let (a, b) = (2.0 * self.successes - 1.0, 2.0 * self.failures - 1.0);
        let log = |theta: f64| power(theta.sin(), a) + power(theta.cos(), b);
        let peak = log(mode);
        let density = |theta: f64| (log(theta) - peak).exp();
        let mass = integrate(from, to, density);
        let sum = integrate(from, to, |theta| density(theta) * f(theta.sin().powi(2)));
        sum / mass
    }

    /// E max(self − other, 0) = ∫ P(other ≤ x) P(self > x) dx.
    fn excess_over(&self, other: &Self) -> f64 {
        let (from, to) = (other.range().0, self.range().1);
        if from >= to {
            return 0.0;
        }
        integrate(from, to, |theta| {
            let x = theta.sin().powi(2);
            other.below(x) * self.above(x) * 2.0 * theta.sin() * theta.cos()
        })
    }

    fn interval(&self, alpha: f64) -> (f64, f64) {
        (self.quantile(alpha / 2.0), self.quantile(1.0 - alpha / 2.0))
    }

    fn quantile(&self, share: f64) -> f64 {
        let (mut low, mut high) = self.range();
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.below(middle.sin().powi(2)) < share { low = middle } else { high = middle }
        }
        (0.5 * (low + high)).sin().powi(2)
    }
}

/// exponent · ln base, zero for an exponent of zero even at a base of zero.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent == 0.0 { 0.0 } else { exponent * base.ln() }
}

fn integrate(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    let half = (to - from) / f64::from(2 * PANELS);
    let mut sum = 0.0;
    for panel in 0..PANELS {
        let middle = from + half * f64::from(2 * panel + 1);
        for (node, weight) in GAUSS {
            sum += weight * (f(middle - half * node) + f(middle + half * node));
        }
    }
    sum * half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_asked_leaves_the_prior() {
        let found = shares((0, 0), (0, 0), Beta { successes: 1.0, failures: 1.0 }, 0.05).unwrap();
        // Two uniform shares differ by one third on average.
        assert!((found.chance_to_win - 0.5).abs() < 1e-12);
        assert!(
            (found.risk_control - 1.0 / 6.0).abs() < 1e-9 && (found.risk_treatment - 1.0 / 6.0).abs() < 1e-9
        );
        assert!((found.control.0 - 0.025).abs() < 1e-9 && (found.control.1 - 0.975).abs() < 1e-9);
        assert!(shares((2, 1), (0, 0), Beta { successes: 1.0, failures: 1.0 }, 0.05).is_err());
        assert!(shares((0, 1), (0, 1), Beta { successes: 0.0, failures: 1.0 }, 0.05).is_err());
    }

    #[test]
    fn losses_differ_by_the_difference_of_means() {
        let prior = Beta { successes: 0.5, failures: 0.5 };
        for (a, b) in
            [((3, 10), (5, 10)), ((0, 500), (12, 480)), ((40, 50), (50, 50)), ((9900, 99_000), (131, 1000))]
        {
            let found = shares(a, b, prior, 0.05).unwrap();
            let mean = |(x, n): (u64, u64)| (x as f64 + 0.5) / (n as f64 + 1.0);
            assert!(
                (found.risk_control - found.risk_treatment - (mean(b) - mean(a))).abs() < 1e-9,
                "{found:?}"
            );
        }
    }
}
