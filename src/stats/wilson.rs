//! Wilson's score interval of a share.

use super::reading::{Estimate, Reading, Why};
use super::student;

/// The interval at a two-sided `alpha` (Wilson 1927, Journal of the American Statistical Association 22:209, equation on page
/// 212, without continuity correction). None where there is nobody or alpha is no level.
#[must_use]
pub fn interval(successes: u64, n: u64, alpha: f64) -> Option<(f64, f64)> {
    if n == 0 || successes > n || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let z = student::normal_upper_quantile(alpha / 2.0);
    let (count, p) = (n as f64, successes as f64 / n as f64);
    let weight = z * z / count;
    let centre = (p + weight / 2.0) / (1.0 + weight);
    let half = z / (1.0 + weight) * (p * (1.0 - p) / count + weight / (4.0 * count)).sqrt();
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

/// The share with its interval, or that there is no data.
#[must_use]
pub fn reading(successes: u64, n: u64, alpha: f64) -> Reading {
    match interval(successes, n, alpha) {
        Some((low, high)) => Reading::Estimate(Estimate {
            value: successes as f64 / n as f64,
            low,
            high,
            standard_error: None,
            p_value: None,
            level: 1.0 - alpha,
            cautions: Vec::new(),
        }),
        None => Reading::Withheld(Why::NoData),
    }
}
