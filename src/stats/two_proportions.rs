//! Two shares compared where the normal approximation of their difference is rough, and the classic pooled test.

use super::exact;
use super::fixed::Tail;
use super::reading::{Caution, Estimate, Reading, Why};
use super::{student, wilson};

/// Below this many successes, or failures, in an arm an exact method is used (Newcombe 1998 and the usual rule for χ²).
pub const SMALL: u64 = 5;

/// An arm: successes and units.
pub type Share = (u64, u64);

/// Whether the normal approximation is rough for these arms.
#[must_use]
pub fn are_small(control: Share, treatment: Share) -> bool {
    [control, treatment].iter().any(|&(x, n)| x.min(n.saturating_sub(x)) < SMALL)
}

/// Newcombe's interval of treatment minus control from the two Wilson intervals (Newcombe 1998, Statistics in Medicine 17:873,
/// method 10): it never leaves [−1, 1] and holds where nothing or everything happened. None where an arm is empty.
#[must_use]
pub fn newcombe(control: Share, treatment: Share, alpha: f64) -> Option<(f64, f64)> {
    let (low_c, high_c) = wilson::interval(control.0, control.1, alpha)?;
    let (low_t, high_t) = wilson::interval(treatment.0, treatment.1, alpha)?;
    let (p_c, p_t) = (share(control), share(treatment));
    let difference = p_t - p_c;
    let down = (p_t - low_t).hypot(high_c - p_c);
    let up = (high_t - p_t).hypot(p_c - low_c);
    Some((difference - down, difference + up))
}

/// The pooled two-proportion z test (Pearson's χ² of the 2 × 2 table without continuity correction; Agresti 2013, "Categorical
/// Data Analysis", section 3.2.1): z and its p-value. None where an arm is empty or nobody or everybody succeeded.
#[must_use]
pub fn pooled_z(control: Share, treatment: Share, tail: Tail) -> Option<(f64, f64)> {
    let ((x_c, n_c), (x_t, n_t)) = (control, treatment);
    if n_c == 0 || n_t == 0 || x_c > n_c || x_t > n_t {
        return None;
    }
    let (n_c, n_t) = (n_c as f64, n_t as f64);
    let pooled = (x_c as f64 + x_t as f64) / (n_c + n_t);
    let error = (pooled * (1.0 - pooled) * (1.0 / n_c + 1.0 / n_t)).sqrt();
    let z = (share(treatment) - share(control)) / error;
    let p_value = match tail {
        Tail::Two => 2.0 * student::normal_upper_tail(z.abs()),
        Tail::Greater => student::normal_upper_tail(z),
        Tail::Less => student::normal_upper_tail(-z),
    };
    (error > 0.0 && z.is_finite()).then_some((z, p_value))
}

/// Newcombe's interval for the alternatives that count: of one side it is the bound at twice the level, the other end open.
#[must_use]
pub fn newcombe_for(control: Share, treatment: Share, alpha: f64, tail: Tail) -> Option<(f64, f64)> {
    match tail {
        Tail::Two => newcombe(control, treatment, alpha),
        Tail::Greater => newcombe(control, treatment, 2.0 * alpha).map(|(low, _)| (low, f64::INFINITY)),
        Tail::Less => newcombe(control, treatment, 2.0 * alpha).map(|(_, high)| (f64::NEG_INFINITY, high)),
    }
}

/// The absolute difference by Newcombe's interval and Fisher's test, as a reading: what a fixed look at small counts shows.
#[must_use]
pub fn reading(
    control: Share,
    treatment: Share,
    alpha: f64,
    tail: Tail,
    mut cautions: Vec<Caution>,
) -> Reading {
    let interval = newcombe_for(control, treatment, alpha, tail);
    let p_value = exact::fisher(control, treatment, tail);
    let (Some((low, high)), Some(p_value)) = (interval, p_value) else {
        return Reading::Withheld(Why::NoData);
    };
    if !cautions.contains(&Caution::SmallCounts) {
        cautions.push(Caution::SmallCounts);
    }
    Reading::Estimate(Estimate {
        value: share(treatment) - share(control),
        low,
        high,
        standard_error: None,
        p_value: Some(p_value),
        level: 1.0 - alpha,
        cautions,
    })
}

fn share((x, n): Share) -> f64 {
    x as f64 / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, table II, line (a): 56/70 against 48/80, method 10.
    #[test]
    fn newcombes_own_example() {
        let (low, high) = newcombe((48, 80), (56, 70), 0.05).unwrap();
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
        let (low, high) = newcombe((0, 10), (0, 10), 0.05).unwrap();
        assert!(low < 0.0 && high > 0.0, "nothing happened is no proof of nothing");
        assert_eq!(newcombe((0, 0), (1, 2), 0.05), None);
    }

    #[test]
    fn small_counts_get_an_exact_reading() {
        assert!(are_small((3, 10), (9, 12)) && are_small((7, 9), (50, 100)) && !are_small((5, 10), (5, 10)));
        let found = reading((3, 10), (5, 10), 0.05, Tail::Two, Vec::new());
        let estimate = found.estimate().unwrap();
        assert_eq!(estimate.cautions, [Caution::SmallCounts]);
        assert!((estimate.p_value.unwrap() - 0.649_916_646_820_671_6).abs() < 1e-12);
        assert!(matches!(reading((0, 0), (1, 2), 0.05, Tail::Two, Vec::new()), Reading::Withheld(_)));
        let less = reading((9, 10), (3, 10), 0.025, Tail::Less, Vec::new());
        let (low, high) = less.estimate().map(|found| (found.low, found.high)).unwrap();
        assert!(low.is_infinite() && (high - newcombe((9, 10), (3, 10), 0.05).unwrap().1).abs() < 1e-12);
        assert_eq!(pooled_z((0, 5), (0, 5), Tail::Two), None);
    }
}
