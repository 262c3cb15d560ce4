//! An arm of a metric that is a number per unit, and Welch's degrees of freedom for two of them.

use super::arm::Arm;
use super::moments::{Moments, Spread};

/// The arm of these values.
#[must_use]
pub fn arm(moments: &Moments) -> Arm {
    Arm::plain(moments.n, moments.mean, moments.variance(Spread::Sample).unwrap_or(0.0))
}

/// Welch–Satterthwaite degrees of freedom (Welch 1947, Biometrika 34:28, equation 28) of two arms' squared standard errors. None
/// where neither arm varies or an arm has fewer than two units.
#[must_use]
pub fn degrees_of_freedom(control: (f64, u64), treatment: (f64, u64)) -> Option<f64> {
    let ((error_a, n_a), (error_b, n_b)) = (control, treatment);
    if n_a < 2 || n_b < 2 {
        return None;
    }
    // Shares of the total keep tiny and huge variances from under- and overflowing when squared.
    let total = error_a + error_b;
    let (share_a, share_b) = (error_a / total, error_b / total);
    let freedom = 1.0 / (share_a * share_a / (n_a - 1) as f64 + share_b * share_b / (n_b - 1) as f64);
    freedom.is_finite().then_some(freedom)
}
