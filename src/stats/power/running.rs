//! What a running experiment still needs: gbstats' mid-experiment power (`packages/stats/gbstats/power/midexperimentpower.py`
//! at growthbook 8f1db44).

use super::credible::Credible;
use super::{other, root};
use crate::stats::compare::{self, Engine, Summary};
use crate::stats::effect::{self, Difference};
use crate::stats::fixed::Tail;
use crate::stats::reading::Why;
use crate::stats::{sequential, student};

/// What an experiment under way aims at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// The relative effect that matters, as a fraction.
    pub effect: f64,
    /// The power wanted of all goal metrics together.
    pub power: f64,
    /// One minus the coverage.
    pub alpha: f64,
    /// One look or any number.
    pub engine: Engine,
    /// Goal metrics: each needs power^(1/goals), so that all are seen.
    pub goals: u32,
    /// By how many tests α is shared; 1 where p-values are not corrected.
    pub tests: u32,
}

/// Where an experiment stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Power with the people there are.
    pub power_now: f64,
    /// More people, as a multiple of those there are; zero where there are enough.
    pub more: f64,
    /// More people in both arms.
    pub additional_units: f64,
}

/// More than this many times the people there are is no plan: gbstats' own limit is of that size.
const MOST: f64 = 1e9;

/// Power now and what is missing, from the standard error of the relative effect so far.
///
/// # Errors
/// The reason there is no number.
pub fn standing(control: &Summary, treatment: &Summary, aim: &Aim) -> Result<Standing, Why> {
    if !(aim.effect.is_finite() && aim.effect != 0.0 && aim.power > 0.0 && aim.power < 1.0) {
        return Err(other("an aim is an effect other than zero and a power between 0 and 1"));
    }
    let units = control.n() + treatment.n();
    let (control, treatment) = compare::arms(control, treatment)?;
    let error = effect::effect(&control, &treatment, Difference::RelativeDelta)?.standard_error;
    let target = aim.power.powf(1.0 / f64::from(aim.goals.max(1)));
    let power = |more: f64| power_at(aim, error, units as f64, more);
    let power_now = power(0.0);
    if power_now >= target {
        return Ok(Standing { power_now, more: 0.0, additional_units: 0.0 });
    }
    if power(MOST) < target {
        return Err(other("no number of people is enough for this aim"));
    }
    let more = root(|more| power(more) - target, 0.0, MOST);
    Ok(Standing { power_now, more, additional_units: more * units as f64 })
}

/// The probability that the interval excludes zero once there are `1 + more` times the people.
#[must_use]
pub fn power_at(aim: &Aim, standard_error: f64, units: f64, more: f64) -> f64 {
    let alpha = aim.alpha / f64::from(aim.tests.max(1));
    if let Engine::Bayesian { prior, risk } = aim.engine {
        let credible = Credible { prior, alpha: aim.alpha, risk };
        return credible.power(aim.effect, standard_error / (1.0 + more).sqrt());
    }
    let width = match aim.engine {
        Engine::Fixed | Engine::Bayesian { .. } => student::normal_upper_quantile(alpha / 2.0),
        Engine::Sequential { tuning } => {
            sequential::half_width_at(units * (1.0 + more), alpha, tuning, Tail::Two)
        }
    };
    let shift = aim.effect / (standard_error / (1.0 + more).sqrt());
    student::normal_upper_tail(width - shift) + student::normal_upper_tail(width + shift)
}

/// Days until the people are there, at so many new ones a day; none where nobody comes.
#[must_use]
pub fn days_left(additional_units: f64, per_day: f64) -> Option<f64> {
    (per_day > 0.0 && additional_units.is_finite()).then(|| additional_units / per_day)
}
