//! An arm of a yes-or-no metric. The variance is p(1 − p), not the n/(n − 1) one, as gbstats has it
//! (`ProportionStatistic.variance`).

use super::arm::Arm;

/// The arm of `successes` among `n`; counts beyond `n` cannot be and are cut.
#[must_use]
pub fn arm(n: u64, successes: u64) -> Arm {
    let p = if n == 0 { 0.0 } else { successes.min(n) as f64 / n as f64 };
    Arm::plain(n, p, p * (1.0 - p))
}
