//! Whether the arms were alike before anything happened.

use super::correction;
use super::mean;
use super::moments::{Moments, Spread};
use super::student;

/// Below this adjusted p-value a difference before the start is no accident: the threshold of the sample ratio.
pub const THRESHOLD: f64 = 0.001;

/// A quantity known before exposure, in the control and in one treatment.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// What it is, such as the orders of the last 30 days.
    pub covariate: String,
    /// The treatment's name.
    pub variant: String,
    /// Its moments in the control.
    pub control: Moments,
    /// Its moments in the treatment.
    pub treatment: Moments,
}

/// How far apart the arms were before the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Balance {
    /// What was compared.
    pub covariate: String,
    /// With which treatment.
    pub variant: String,
    /// The difference in pooled standard deviations (Austin 2009, Statistics in Medicine 28:3083, equation 1).
    pub standardised: f64,
    /// Welch's p-value.
    pub p_value: f64,
    /// The p-value among all that were looked at (Holm).
    pub p_adjusted: f64,
}

impl Balance {
    /// Whether assignment, or what is recorded as assignment, is not to be believed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.p_adjusted < THRESHOLD
    }
}

/// Compares the arms on what was known before; a randomised test differs there by chance alone. What has no variance or too few
/// units to say anything is left out. The order of the input is kept.
#[must_use]
pub fn check(covariates: &[Before]) -> Vec<Balance> {
    let mut found: Vec<Balance> = covariates.iter().filter_map(one).collect();
    let p_values: Vec<f64> = found.iter().map(|balance| balance.p_value).collect();
    for (balance, adjusted) in found.iter_mut().zip(correction::holm(&p_values)) {
        balance.p_adjusted = adjusted;
    }
    found
}

fn one(before: &Before) -> Option<Balance> {
    let (a, b) = (&before.control, &before.treatment);
    let (var_a, var_b) = (a.variance(Spread::Sample)?, b.variance(Spread::Sample)?);
    let (error_a, error_b) = (var_a / a.n as f64, var_b / b.n as f64);
    let freedom = mean::degrees_of_freedom((error_a, a.n), (error_b, b.n))?;
    let difference = b.mean - a.mean;
    let t = difference / (error_a + error_b).sqrt();
    let p_value = 2.0 * student::upper_tail(t.abs(), freedom);
    let standardised = difference / (0.5 * (var_a + var_b)).sqrt();
    (p_value.is_finite() && standardised.is_finite()).then(|| Balance {
        covariate: before.covariate.clone(),
        variant: before.variant.clone(),
        standardised,
        p_value,
        p_adjusted: p_value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(covariate: &str, control: f64, treatment: f64) -> Before {
        let moments = |mean: f64| Moments { n: 5000, mean, squares: 5000.0 * 4.0 };
        let (control, treatment) = (moments(control), moments(treatment));
        Before { covariate: covariate.to_owned(), variant: "B".to_owned(), control, treatment }
    }

    #[test]
    fn a_shift_before_the_start_is_found_and_chance_is_not() {
        let found = check(&[before("orders", 10.0, 10.02), before("visits", 10.0, 10.3)]);
        assert!(!found[0].failed() && found[1].failed(), "{found:?}");
        assert!((found[1].standardised - 0.15).abs() < 1e-3);
        assert!(found[1].p_adjusted >= found[1].p_value);
        let flat = Before {
            control: Moments { squares: 0.0, ..before("x", 1.0, 1.0).control },
            ..before("x", 1.0, 1.0)
        };
        let flat = Before { treatment: flat.control, ..flat };
        assert_eq!(check(&[flat]), Vec::new());
    }
}
