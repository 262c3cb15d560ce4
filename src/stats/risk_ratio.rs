//! How many times as common something is in one group as in another.

use super::reading::{Estimate, Reading, Why};
use super::student;

/// People a group must have before shares are compared.
pub const GROUP: u64 = 30;
/// People of both groups together who must have it.
pub const HITS: u64 = 10;

/// The ratio of two independent shares: the log ratio with one half added to each count, and the normal interval around it
/// with the variance `1/(a+½) − 1/(m+½) + 1/(b+½) − 1/(n+½)` (Walter 1975, Biometrika 62:371; Pettigrew, Gart and Thomas 1986,
/// Biometrika 73:425, who show that the half removes the bias of the logarithm to the first order). The half also keeps a
/// count of nothing finite. Withheld where there are too few people to say anything.
#[must_use]
pub fn reading((a, m): (u64, u64), (b, n): (u64, u64), alpha: f64) -> Reading {
    let (group, hits) = (m.min(n), a + b);
    if a > m || b > n || !(alpha > 0.0 && alpha < 1.0) {
        return Reading::Withheld(Why::NoData);
    }
    if group < GROUP {
        let what = "people on each side".to_owned();
        return Reading::Withheld(Why::TooFew { what, have: group, need: GROUP });
    }
    if hits < HITS {
        let what = "people who have it".to_owned();
        return Reading::Withheld(Why::TooFew { what, have: hits, need: HITS });
    }
    let [a, m, b, n] = [a, m, b, n].map(|count| count as f64 + 0.5);
    let log = (a / m).ln() - (b / n).ln();
    let half =
        student::normal_upper_quantile(alpha / 2.0) * (1.0 / a - 1.0 / m + 1.0 / b - 1.0 / n).max(0.0).sqrt();
    Reading::Estimate(Estimate {
        value: log.exp(),
        low: (log - half).exp(),
        high: (log + half).exp(),
        standard_error: None,
        p_value: None,
        level: 1.0 - alpha,
        cautions: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smoothed_ratio_by_hand() {
        let Reading::Estimate(ratio) = reading((40, 100), (100, 900), 0.05) else { panic!() };
        // ln(40.5/100.5) − ln(100.5/900.5) = 1.28378…; variance 1/40.5 − 1/100.5 + 1/100.5 − 1/900.5 = 0.023580…
        let log = (40.5_f64 / 100.5 / (100.5 / 900.5)).ln();
        let half = 1.959_963_985 * (1.0_f64 / 40.5 - 1.0 / 900.5).sqrt();
        assert!((ratio.value - log.exp()).abs() < 1e-9);
        assert!((ratio.low - (log - half).exp()).abs() < 1e-6, "{ratio:?}");
        assert!((ratio.high - (log + half).exp()).abs() < 1e-6, "{ratio:?}");
    }

    #[test]
    fn nothing_on_one_side_stays_finite_and_few_are_withheld() {
        let Reading::Estimate(none) = reading((0, 50), (50, 500), 0.05) else { panic!() };
        assert!(none.value > 0.0 && none.value < 0.2 && none.high.is_finite(), "{none:?}");
        assert!(matches!(reading((5, 29), (50, 500), 0.05), Reading::Withheld(Why::TooFew { have: 29, .. })));
        assert!(matches!(reading((4, 50), (5, 500), 0.05), Reading::Withheld(Why::TooFew { have: 9, .. })));
        assert!(matches!(reading((51, 50), (5, 500), 0.05), Reading::Withheld(Why::NoData)));
    }

    #[test]
    fn the_interval_covers_as_often_as_it_says() {
        // Every pair of counts with its exact probability: no draw is involved.
        let (m, n, p, q) = (60_u64, 80_u64, 0.4, 0.25);
        let law = |n: u64, p: f64| -> Vec<f64> {
            let mut law = vec![(1.0 - p).powi(n as i32)];
            for k in 1..=n {
                let before = law[k as usize - 1];
                law.push(before * (n - k + 1) as f64 / k as f64 * p / (1.0 - p));
            }
            law
        };
        let (left, right) = (law(m, p), law(n, q));
        let mut covered = 0.0;
        for (a, pa) in (0..).zip(&left) {
            for (b, pb) in (0..).zip(&right) {
                let Reading::Estimate(ratio) = reading((a, m), (b, n), 0.05) else { continue };
                if ratio.low <= p / q && p / q <= ratio.high {
                    covered += pa * pb;
                }
            }
        }
        assert!((0.94..0.97).contains(&covered), "{covered}");
    }
}
