//! Extreme values cut to a percentile, so that one order does not decide a test.
//!
//! The cut is one number for all arms together. A cut per arm would follow the treatment and hide its effect.

/// Between which values everything is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cuts {
    /// What lies below becomes this.
    pub low: f64,
    /// What lies above becomes this.
    pub high: f64,
}

impl Cuts {
    /// The value, or the cut it lies beyond.
    #[must_use]
    pub fn apply(&self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }
}

/// The cuts at the shares `lower` and `upper` of the values of all arms pooled (Tukey 1962, Annals of Mathematical Statistics
/// 33:1, section 14, for the idea), by linear interpolation between order statistics (Hyndman and Fan 1996, The American
/// Statistician 50:361, definition 7). `without_zeros` looks at non-zero values only, since most people spend nothing and a
/// percentile of everybody would cut every buyer. None where nothing is left to look at or the shares are in the wrong order.
#[must_use]
pub fn cuts(
    pooled: impl IntoIterator<Item = f64>,
    lower: f64,
    upper: f64,
    without_zeros: bool,
) -> Option<Cuts> {
    if !(0.0 <= lower && lower < upper && upper <= 1.0) {
        return None;
    }
    let mut values: Vec<f64> =
        pooled.into_iter().filter(|value| value.is_finite() && !(without_zeros && *value == 0.0)).collect();
    if values.is_empty() {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let zero_inside = |cut: f64, keep: fn(f64, f64) -> f64| if without_zeros { keep(cut, 0.0) } else { cut };
    Some(Cuts {
        low: if lower > 0.0 { zero_inside(quantile(&values, lower), f64::min) } else { f64::NEG_INFINITY },
        high: if upper < 1.0 { zero_inside(quantile(&values, upper), f64::max) } else { f64::INFINITY },
    })
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor();
    let low = sorted[below as usize];
    let high = sorted[(below as usize + 1).min(sorted.len() - 1)];
    low + (place - below) * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cut_for_all_arms_and_none_where_there_is_nothing() {
        let (control, treatment) = ([0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 3.0, 1000.0]);
        let pooled = || control.into_iter().chain(treatment);
        let everybody = cuts(pooled(), 0.0, 0.5, false).unwrap();
        assert!((everybody.high - 0.5).abs() < 1e-12, "{everybody:?}");
        let buyers = cuts(pooled(), 0.0, 0.5, true).unwrap();
        assert!((buyers.high - 2.5).abs() < 1e-12 && buyers.low == f64::NEG_INFINITY);
        assert!((buyers.apply(1000.0) - 2.5).abs() < 1e-12 && (buyers.apply(-3.0) + 3.0).abs() < 1e-12);
        assert_eq!(cuts([0.0, 0.0], 0.0, 0.9, true), None);
        assert_eq!(cuts([1.0], 0.9, 0.1, false), None);
        assert_eq!(cuts([f64::NAN], 0.0, 0.9, false), None);
        assert!((cuts([5.0], 0.0, 0.99, false).unwrap().high - 5.0).abs() < 1e-12);
    }

    #[test]
    fn refunds_below_zero_can_be_cut_too() {
        let cuts = cuts((-50..=50).map(f64::from), 0.1, 0.9, false).unwrap();
        assert!((cuts.low + 40.0).abs() < 1e-9 && (cuts.high - 40.0).abs() < 1e-9);
    }
}
