//! Whether an effect wears off: the effect by day since exposure, and its trend.

use super::compare::{self, Summary};
use super::effect::{self, Difference};
use super::moments::Moments;
use super::reading::{Caution, Estimate, Reading, Why};
use super::student;

/// What both arms did on one day since their exposure, over the units for whom that day has passed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// Days since exposure; 0 is the day of exposure itself.
    pub day: u32,
    /// The control's values of that day.
    pub control: Moments,
    /// The treatment's.
    pub treatment: Moments,
}

/// The effect day by day and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Novelty {
    /// The absolute effect of each day, in the order of the input.
    pub days: Vec<(u32, Reading)>,
    /// How much the effect changes per day, in the metric's unit.
    pub slope: Reading,
}

impl Novelty {
    /// Whether the effect shrinks towards zero beyond chance.
    #[must_use]
    pub fn wears_off(&self) -> bool {
        self.trends(|effect, slope| effect * slope < 0.0)
    }

    /// Whether the effect grows beyond chance, as where people have to learn something.
    #[must_use]
    pub fn grows(&self) -> bool {
        self.trends(|effect, slope| effect * slope > 0.0)
    }

    fn trends(&self, goes: fn(f64, f64) -> bool) -> bool {
        let first = self.days.iter().find_map(|(_, reading)| reading.estimate());
        let (Some(first), Some(slope)) = (first, self.slope.estimate()) else { return false };
        goes(first.value, slope.value) && (slope.low > 0.0 || slope.high < 0.0)
    }
}

/// Effects by day and their weighted least-squares slope, each day weighted by its precision (Draper and Smith 1998, "Applied
/// Regression Analysis", section 9.2, with known variances). Values of one person on two days go together, which widens a
/// difference of days less than assumed here, so the slope's interval errs on the wide side.
#[must_use]
pub fn by_day(days: &[Day], alpha: f64) -> Novelty {
    let plan = compare::Plan { alpha, ..compare::Plan::new(compare::Engine::Fixed).on(Difference::Absolute) };
    let reading = |day: &Day| {
        let (control, treatment) = (Summary::Mean(day.control), Summary::Mean(day.treatment));
        compare::reading(&control, &treatment, &plan, vec![Caution::Uncorrected])
    };
    Novelty { days: days.iter().map(|day| (day.day, reading(day))).collect(), slope: slope(days, alpha) }
}

fn slope(days: &[Day], alpha: f64) -> Reading {
    let points: Vec<(f64, f64, f64)> = days.iter().filter_map(point).collect();
    if points.len() < 3 {
        let have = points.len() as u64;
        return Reading::Withheld(Why::TooFew { what: "days with an effect".to_owned(), have, need: 3 });
    }
    let total: f64 = points.iter().map(|(_, _, weight)| weight).sum();
    let centre = points.iter().map(|(day, _, weight)| day * weight).sum::<f64>() / total;
    let spread: f64 = points.iter().map(|(day, _, weight)| weight * (day - centre).powi(2)).sum();
    let value =
        points.iter().map(|(day, effect, weight)| weight * (day - centre) * effect).sum::<f64>() / spread;
    let error = (1.0 / spread).sqrt();
    if !(value.is_finite() && error.is_finite() && alpha > 0.0 && alpha < 1.0) {
        return Reading::Withheld(Why::NoVariance);
    }
    let half = student::normal_upper_quantile(alpha / 2.0) * error;
    Reading::Estimate(Estimate {
        value,
        low: value - half,
        high: value + half,
        standard_error: Some(error),
        p_value: Some(2.0 * student::normal_upper_tail((value / error).abs())),
        level: 1.0 - alpha,
        cautions: vec![Caution::Uncorrected],
    })
}

/// Day, effect and precision.
fn point(day: &Day) -> Option<(f64, f64, f64)> {
    let (control, treatment) = (Summary::Mean(day.control), Summary::Mean(day.treatment));
    let (control, treatment) = compare::arms(&control, &treatment).ok()?;
    let found = effect::effect(&control, &treatment, Difference::Absolute).ok()?;
    let weight = 1.0 / (found.standard_error * found.standard_error);
    weight.is_finite().then_some((f64::from(day.day), found.estimate, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(effect: impl Fn(f64) -> f64) -> Vec<Day> {
        let moments = |mean: f64| Moments { n: 4000, mean, squares: 4000.0 };
        (0..14)
            .map(|day| Day { day, control: moments(1.0), treatment: moments(1.0 + effect(f64::from(day))) })
            .collect()
    }

    #[test]
    fn a_fading_effect_is_told_from_a_lasting_one() {
        let fading = by_day(&days(|day| 0.3 - 0.02 * day), 0.05);
        assert!(fading.wears_off() && !fading.grows());
        assert!((fading.slope.estimate().unwrap().value + 0.02).abs() < 1e-12);
        let lasting = by_day(&days(|_| 0.3), 0.05);
        assert!(!lasting.wears_off() && !lasting.grows());
        assert!(by_day(&days(|day| 0.05 + 0.02 * day), 0.05).grows());
        // Fading of a harm is a harm that wears off as well.
        assert!(by_day(&days(|day| 0.02 * day - 0.3), 0.05).wears_off());
    }

    #[test]
    fn two_days_are_no_trend() {
        let two = by_day(&days(|_| 0.1)[..2], 0.05);
        assert!(matches!(two.slope, Reading::Withheld(Why::TooFew { have: 2, .. })));
        assert_eq!(two.days.len(), 2);
        assert!(matches!(by_day(&[], 0.05).slope, Reading::Withheld(_)));
    }
}
