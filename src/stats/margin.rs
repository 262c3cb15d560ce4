//! Whether a treatment is at least not worse than a margin allows.

use serde::{Deserialize, Serialize};

use super::arm::Arm;
use super::compare::{self, Engine, Plan, Summary};
use super::effect::Effect;
use super::fixed::Tail;
use super::reading::Why;
use super::{fixed, mean, sequential, student};

/// By how much a treatment may be worse and still pass.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "by")]
pub enum Margin {
    /// In the metric's own unit.
    Absolute(f64),
    /// As a fraction of the control's mean.
    Relative(f64),
}

/// A one-sided test against a margin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NonInferiority {
    /// The p-value of "worse than the margin"; below alpha the treatment is not inferior.
    pub p_value: f64,
    /// The bound of the difference on the bad side, at the one-sided level, in the metric's unit.
    pub bound: f64,
    /// The margin in the metric's unit: what the bound must stay within.
    pub margin: f64,
    /// Whether "worse than the margin" is ruled out.
    pub holds: bool,
}

/// Tests that the treatment is not worse than the control by the margin or more, at one-sided `alpha`.
///
/// An absolute margin shifts the null (Blackwelder 1982, Controlled Clinical Trials 3:345). A relative one tests the contrast
/// treatment − (1 ∓ margin) · control, which needs no division by an uncertain mean (Laster and Johnson 2003, Statistics in
/// Medicine 22:187, equation 3). `higher_is_better` says which side is the bad one.
///
/// # Errors
/// The reason there is no number.
pub fn non_inferiority(
    control: &Summary,
    treatment: &Summary,
    margin: Margin,
    alpha: f64,
    higher_is_better: bool,
) -> Result<NonInferiority, Why> {
    let (Margin::Absolute(by) | Margin::Relative(by)) = margin;
    if !(alpha > 0.0 && alpha < 0.5 && by >= 0.0 && by.is_finite()) {
        return Err(Why::Other {
            reason: "alpha lies between 0 and 0.5 and a margin is not negative".to_owned(),
        });
    }
    let (control, treatment) = compare::arms(control, treatment)?;
    let side = if higher_is_better { 1.0 } else { -1.0 };
    let (allowed, scale) = allowed(margin, &control, side)?;
    let difference = treatment.mean - control.mean;
    // At the margin, turned so that positive is good.
    let distance = side * difference + allowed;
    let contrast = error(&control, &treatment, scale)?;
    let plain = error(&control, &treatment, 1.0)?;
    let p_value = student::upper_tail(distance / contrast.0, contrast.1);
    let bound = difference - side * student::upper_quantile(alpha, plain.1) * plain.0;
    Ok(NonInferiority { p_value, bound, margin: -side * allowed, holds: p_value < alpha })
}

/// The interval of what is left of a margin: the treatment is not worse by it where the whole interval lies above zero.
///
/// A Bayesian plan judges it without its prior, which is one of the effect and no excuse for harm.
///
/// The same contrast as [`non_inferiority`], judged two-sided by the engine of a plan, so that it may be looked at as often as the
/// plan allows: an always-valid interval of the contrast is one of the margin (Laster and Johnson 2003 for the contrast).
///
/// # Errors
/// The reason there is no interval.
pub fn left_of(
    control: &Summary,
    treatment: &Summary,
    margin: Margin,
    plan: &Plan,
    higher_is_better: bool,
) -> Result<(f64, f64), Why> {
    let (Margin::Absolute(by) | Margin::Relative(by)) = margin;
    if !(plan.alpha > 0.0 && plan.alpha < 0.5 && by >= 0.0 && by.is_finite()) {
        return Err(Why::Other {
            reason: "alpha lies between 0 and 0.5 and a margin is not negative".to_owned(),
        });
    }
    let (control, treatment) = compare::arms(control, treatment)?;
    let side = if higher_is_better { 1.0 } else { -1.0 };
    let (allowed, scale) = allowed(margin, &control, side)?;
    let (standard_error, freedom) = error(&control, &treatment, scale)?;
    let estimate = side * (treatment.mean - control.mean) + allowed;
    let effect = Effect { estimate, standard_error };
    let judged = match plan.engine {
        Engine::Fixed | Engine::Bayesian { .. } => fixed::judge(&effect, freedom, plan.alpha, Tail::Two),
        Engine::Sequential { tuning } if tuning.is_finite() && tuning > 0.0 => {
            sequential::judge(&effect, control.n + treatment.n, plan.alpha, tuning, Tail::Two)
        }
        Engine::Sequential { .. } => {
            return Err(Why::Other { reason: "the tuning of a sequential plan must be positive".to_owned() });
        }
    };
    if judged.low.is_finite() && judged.high.is_finite() {
        Ok((judged.low, judged.high))
    } else {
        Err(Why::Other { reason: "the numbers are too large to compute with".to_owned() })
    }
}

/// What a margin allows in the metric's unit, and the scale of the control in the contrast that tests it.
fn allowed(margin: Margin, control: &Arm, side: f64) -> Result<(f64, f64), Why> {
    match margin {
        Margin::Absolute(by) => Ok((by, 1.0)),
        Margin::Relative(by) if control.level() > 0.0 => Ok((by * control.level(), 1.0 - side * by)),
        Margin::Relative(_) => Err(Why::MeanNotPositive),
    }
}

/// Standard error and degrees of freedom of treatment − scale · control.
fn error(control: &Arm, treatment: &Arm, scale: f64) -> Result<(f64, f64), Why> {
    let (a, b) = (scale * scale * control.error(), treatment.error());
    let freedom = mean::degrees_of_freedom((a, control.n), (b, treatment.n)).ok_or(Why::NoVariance)?;
    let error = (a + b).sqrt();
    if error > 0.0 && error.is_finite() { Ok((error, freedom)) } else { Err(Why::NoVariance) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(successes: u64) -> Summary {
        Summary::Proportion { n: 10_000, successes }
    }

    #[test]
    fn a_margin_forgives_what_it_says_and_no_more() {
        let test =
            |successes, margin| non_inferiority(&arm(1000), &arm(successes), margin, 0.05, true).unwrap();
        assert!(test(1000, Margin::Relative(0.1)).holds);
        assert!(!test(1000, Margin::Relative(0.01)).holds);
        assert!(!test(900, Margin::Relative(0.1)).holds, "exactly at the margin");
        assert!((test(900, Margin::Relative(0.1)).p_value - 0.5).abs() < 1e-9);
        assert!((test(900, Margin::Absolute(0.01)).p_value - 0.5).abs() < 1e-9);
        // The absolute test agrees with its own bound.
        for successes in [920, 960, 1010] {
            let found = test(successes, Margin::Absolute(0.01));
            assert_eq!(found.holds, found.bound > found.margin, "{found:?}");
        }
    }

    /// The interval of a plan says the same as the one-sided test at half its level, and an always-valid one is wider.
    #[test]
    fn what_is_left_of_a_margin_is_judged_by_the_plan() {
        let once = Plan::new(Engine::Fixed);
        for (successes, by) in [(960, 0.1), (900, 0.1), (1000, 0.05), (930, 0.1)] {
            let margin = Margin::Relative(by);
            let (low, high) = left_of(&arm(1000), &arm(successes), margin, &once, true).unwrap();
            let test = non_inferiority(&arm(1000), &arm(successes), margin, 0.025, true).unwrap();
            assert_eq!(low > 0.0, test.holds, "{successes} {by}: {low} {test:?}");
            let often = Plan::new(Engine::Sequential { tuning: 20_000.0 });
            let (wide_low, wide_high) = left_of(&arm(1000), &arm(successes), margin, &often, true).unwrap();
            assert!(wide_low < low && wide_high > high);
        }
        // Fewer complaints are better: the middle is the distance to the margin.
        let (low, high) = left_of(&arm(100), &arm(120), Margin::Relative(0.5), &once, false).unwrap();
        assert!(((low + high) / 2.0 - 0.003).abs() < 1e-12, "{low} {high}");
        let none = left_of(&arm(0), &arm(5), Margin::Relative(0.5), &once, false);
        assert_eq!(none, Err(Why::MeanNotPositive));
    }

    #[test]
    fn complaints_are_bad_when_they_rise() {
        let test = |successes| {
            non_inferiority(&arm(100), &arm(successes), Margin::Relative(0.5), 0.05, false).unwrap()
        };
        assert!(test(100).holds && !test(150).holds && !test(200).holds);
        assert!((test(150).p_value - 0.5).abs() < 1e-9);
        let none = non_inferiority(&arm(0), &arm(5), Margin::Relative(0.5), 0.05, false);
        assert_eq!(none, Err(Why::MeanNotPositive));
        assert!(non_inferiority(&arm(1), &arm(5), Margin::Absolute(f64::NAN), 0.05, false).is_err());
    }
}
