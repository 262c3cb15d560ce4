//! Exact tests of counts. Probabilities come from their ratios to the most probable count, so no gamma function limits their
//! accuracy, and a count of millions costs some ten thousand multiplications.

use super::fixed::Tail;

/// Counts as probable as the observed one up to this factor count as equally probable, as in SciPy and R.
const AS_PROBABLE: f64 = 1.0 + 1e-7;

/// Beyond this share of the most probable count the rest is rounding error.
const NEGLIGIBLE: f64 = 1e-290;

/// With more spread than this an exact sum takes seconds, and the normal law is as good.
const WIDEST: f64 = 1e10;

/// A distribution over whole numbers from `low` to `high` that rises to one mode and falls.
struct Unimodal<F: Fn(u64) -> f64> {
    low: u64,
    high: u64,
    mode: u64,
    /// P(k + 1) / P(k).
    ratio: F,
}

impl<F: Fn(u64) -> f64> Unimodal<F> {
    /// Visits counts with their probability over the mode's, outwards from the mode.
    fn each(&self, mut visit: impl FnMut(u64, f64)) {
        let mut weight = 1.0;
        visit(self.mode, weight);
        for k in self.mode..self.high {
            weight *= (self.ratio)(k);
            if weight < NEGLIGIBLE {
                break;
            }
            visit(k + 1, weight);
        }
        weight = 1.0;
        for k in (self.low..self.mode).rev() {
            weight /= (self.ratio)(k);
            if weight < NEGLIGIBLE {
                break;
            }
            visit(k, weight);
        }
    }

    fn p_value(&self, observed: u64, tail: Tail) -> f64 {
        let mut at_observed = 0.0;
        self.each(|k, weight| {
            if k == observed {
                at_observed = weight;
            }
        });
        let (mut counted, mut total) = (0.0, 0.0);
        self.each(|k, weight| {
            total += weight;
            let counts = match tail {
                Tail::Two => weight <= at_observed * AS_PROBABLE,
                Tail::Greater => k >= observed,
                Tail::Less => k <= observed,
            };
            counted += if counts { weight } else { 0.0 };
        });
        (counted / total).min(1.0)
    }
}

/// Fisher's exact test of two shares (Fisher 1935, Journal of the Royal Statistical Society 98:39, section 3): given both
/// margins, the treatment's successes are hypergeometric. Two-sided is the sum over tables no more probable than the one seen,
/// as in SciPy's `fisher_exact`; `Greater` means the treatment's share is higher. None where an arm is empty or counts more
/// successes than units, and where counts are so large that the normal law is as good.
#[must_use]
pub fn fisher(control: (u64, u64), treatment: (u64, u64), tail: Tail) -> Option<f64> {
    let ((x_control, n_control), (x_treatment, n_treatment)) = (control, treatment);
    if n_control == 0 || n_treatment == 0 || x_control > n_control || x_treatment > n_treatment {
        return None;
    }
    let successes = x_control.checked_add(x_treatment)?;
    let total = n_control.checked_add(n_treatment)?;
    let share = successes as f64 / total as f64;
    if n_treatment as f64 * share * (1.0 - share) * (n_control as f64 / total as f64) > WIDEST {
        return None;
    }
    let low = successes.saturating_sub(n_control);
    let high = successes.min(n_treatment);
    let mode = ((n_treatment as f64 + 1.0) * (successes as f64 + 1.0) / (total as f64 + 2.0)).floor() as u64;
    let ratio = |k: u64| {
        let up = (successes - k) as f64 * (n_treatment - k) as f64;
        up / ((k + 1) as f64 * (n_control + k + 1 - successes) as f64)
    };
    Some(Unimodal { low, high, mode: mode.clamp(low, high), ratio }.p_value(x_treatment, tail))
}

/// The exact binomial test of `successes` among `n` against probability `p` (Clopper and Pearson 1934, Biometrika 26:404, for
/// the tails); two-sided sums what is no more probable, as in SciPy's `binomtest`. None where `p` is no probability strictly
/// between 0 and 1 or there are more successes than trials.
#[must_use]
pub fn binomial(successes: u64, n: u64, p: f64, tail: Tail) -> Option<f64> {
    if n == 0 || successes > n || !(p > 0.0 && p < 1.0) || n as f64 * p * (1.0 - p) > WIDEST {
        return None;
    }
    let mode = ((n as f64 + 1.0) * p).floor() as u64;
    let odds = p / (1.0 - p);
    let ratio = |k: u64| (n - k) as f64 / (k + 1) as f64 * odds;
    Some(Unimodal { low: 0, high: n, mode: mode.min(n), ratio }.p_value(successes, tail))
}

/// Two counts of events over exposures, such as complaints per thousand sends, compared exactly: given their sum, the treatment's
/// count is binomial with its share of the exposure (Przyborowski and Wilenski 1940, Biometrika 31:313). For events that come
/// singly; where one person may bring many, compare the rate as a ratio of sums over people. None without exposure.
#[must_use]
pub fn rates(control: (u64, f64), treatment: (u64, f64), tail: Tail) -> Option<f64> {
    let ((events_control, over_control), (events_treatment, over_treatment)) = (control, treatment);
    let share = over_treatment / (over_control + over_treatment);
    let events = events_control.checked_add(events_treatment)?;
    if events == 0 {
        (0.0..1.0).contains(&share).then_some(1.0)
    } else {
        binomial(events_treatment, events, share, tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: Option<f64>, want: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() <= 1e-12 * want.abs(), "{got:e} {want:e}");
    }

    /// The tea tasting of "The Design of Experiments": three of four cups right.
    #[test]
    fn the_lady_tasting_tea() {
        close(fisher((1, 4), (3, 4), Tail::Greater), 17.0 / 70.0);
        close(fisher((1, 4), (3, 4), Tail::Two), 34.0 / 70.0);
        close(fisher((0, 4), (4, 4), Tail::Greater), 1.0 / 70.0);
        close(fisher((4, 4), (0, 4), Tail::Less), 1.0 / 70.0);
    }

    #[test]
    fn binomial_tails_are_sums() {
        close(binomial(2, 9, 0.5, Tail::Two), 0.179_687_5);
        close(binomial(7, 9, 0.5, Tail::Greater), 46.0 / 512.0);
        close(binomial(0, 10, 0.1, Tail::Less), 0.9_f64.powi(10));
        close(rates((7, 1.0), (2, 1.0), Tail::Two), 0.179_687_5);
        close(rates((0, 3.0), (0, 1.0), Tail::Two), 1.0);
    }

    #[test]
    fn odd_inputs_have_no_test() {
        assert_eq!(fisher((0, 0), (1, 2), Tail::Two), None);
        assert_eq!(fisher((3, 2), (1, 2), Tail::Two), None);
        assert_eq!(binomial(1, 2, f64::NAN, Tail::Two), None);
        assert_eq!(rates((1, 0.0), (1, 0.0), Tail::Two), None);
        assert_eq!(rates((0, f64::NAN), (0, 1.0), Tail::Two), None);
        assert_eq!(fisher((1, u64::MAX), (1, u64::MAX), Tail::Two), None);
        // A billion units and no success at all: one table is possible.
        close(fisher((0, 1_000_000_000), (0, 1_000_000_000), Tail::Two), 1.0);
    }
}
