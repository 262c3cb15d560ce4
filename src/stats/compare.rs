//! Two arms compared: the one entry for everything that shows an uplift.

use serde::{Deserialize, Serialize};

use super::arm::Arm;
use super::effect::{self, Difference, Effect};
use super::fixed::{self, Judgement, Tail};
use super::moments::{Moments, Pair, Spread};
use super::ratio::{self, Ratio};
use super::reading::{Caution, Estimate, Reading, Why, open_end};
use super::{cuped, mean, proportion, sequential};

/// What was measured in an arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Summary {
    /// How many units did something.
    Proportion {
        /// Units.
        n: u64,
        /// Of them, those that did.
        successes: u64,
    },
    /// A number per unit.
    Mean(Moments),
    /// A sum over a sum.
    Ratio(Ratio),
    /// A number per unit (`y`), adjusted for a covariate known before (`x`).
    Adjusted {
        /// Both together.
        pair: Pair,
        /// Population where outcome and covariate are both yes-or-no, sample otherwise: gbstats' choice.
        spread: Spread,
    },
}

impl Summary {
    /// Units.
    #[must_use]
    pub fn n(&self) -> u64 {
        match self {
            Self::Proportion { n, .. } => *n,
            Self::Mean(moments) => moments.n,
            Self::Ratio(Ratio { pair, .. }) | Self::Adjusted { pair, .. } => pair.n(),
        }
    }

    /// The mean as measured, without adjustment; none where nothing was measured.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let mean = match self {
            Self::Proportion { n, successes } => *successes as f64 / *n as f64,
            Self::Mean(moments) if moments.n > 0 => moments.mean,
            Self::Ratio(Ratio { pair, .. }) => pair.y.mean / pair.x.mean,
            Self::Adjusted { pair, .. } if pair.n() > 0 => pair.y.mean,
            Self::Mean(_) | Self::Adjusted { .. } => return None,
        };
        mean.is_finite().then_some(mean)
    }
}

/// How an effect is judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// One look at the planned end.
    Fixed,
    /// Valid at every look.
    Sequential {
        /// N*: the total sample size at which the interval is tightest.
        tuning: f64,
    },
}

/// Everything a comparison needs besides the two arms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// How the effect is judged.
    pub engine: Engine,
    /// One minus the coverage.
    pub alpha: f64,
    /// The scale of estimate, standard error and interval.
    pub difference: Difference,
    /// Which alternatives count.
    #[serde(default)]
    pub tail: Tail,
}

impl Plan {
    /// Two-sided at 5 %, relative on the log scale.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, alpha: 0.05, difference: Difference::RelativeLog, tail: Tail::Two }
    }

    /// The same on another scale.
    #[must_use]
    pub fn on(self, difference: Difference) -> Self {
        Self { difference, ..self }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Relative change as a fraction of the control's mean; none where that mean is zero.
    pub uplift: Option<f64>,
    /// Treatment minus control.
    pub uplift_absolute: f64,
    /// On the plan's scale; of the log ratio for [`Difference::RelativeLog`].
    pub standard_error: f64,
    /// Lower end on the plan's scale, a fraction for both relative scales; −∞ for the lesser tail.
    #[serde(with = "open_end::low")]
    pub ci_low: f64,
    /// Upper end; +∞ for the greater tail.
    #[serde(with = "open_end::high")]
    pub ci_high: f64,
    /// Against no effect: of the absolute difference for [`Difference::Absolute`] and [`Difference::RelativeLog`], of the
    /// relative one for [`Difference::RelativeDelta`], where the peers test that.
    pub p_value: f64,
}

/// Compares a treatment with its control.
///
/// # Errors
/// The reason there is no number: an empty arm, no variance, a mean that is not positive, numbers that are not finite.
pub fn compare(control: &Summary, treatment: &Summary, plan: &Plan) -> Result<Comparison, Why> {
    if !(plan.alpha > 0.0 && plan.alpha < 0.5) {
        return Err(Why::Other { reason: "alpha must lie between 0 and 0.5".to_owned() });
    }
    let (control, treatment) = arms(control, treatment)?;
    let absolute = effect::effect(&control, &treatment, Difference::Absolute)?;
    let scaled = effect::effect(&control, &treatment, plan.difference)?;
    let judged = judge(&scaled, &control, &treatment, plan, plan.difference)?;
    let (uplift, judged) = match plan.difference {
        Difference::RelativeLog => {
            let p_value = judge(&absolute, &control, &treatment, plan, Difference::Absolute)?.p_value;
            (Some(scaled.estimate.exp_m1()), out_of_log(judged, p_value))
        }
        Difference::Absolute | Difference::RelativeDelta => {
            (effect::relative_change(&control, &treatment), judged)
        }
    };
    finite(Comparison {
        uplift,
        uplift_absolute: absolute.estimate,
        standard_error: scaled.standard_error,
        ci_low: judged.low,
        ci_high: judged.high,
        p_value: judged.p_value,
    })
}

/// The comparison as a reading on the plan's scale, for panels.
#[must_use]
pub fn reading(control: &Summary, treatment: &Summary, plan: &Plan, cautions: Vec<Caution>) -> Reading {
    let found = match compare(control, treatment, plan) {
        Ok(found) => found,
        Err(why) => return Reading::Withheld(why),
    };
    let value = match plan.difference {
        Difference::Absolute => found.uplift_absolute,
        Difference::RelativeDelta | Difference::RelativeLog => match found.uplift {
            Some(uplift) => uplift,
            None => return Reading::Withheld(Why::MeanNotPositive),
        },
    };
    Reading::Estimate(Estimate {
        value,
        low: found.ci_low,
        high: found.ci_high,
        standard_error: Some(found.standard_error),
        p_value: Some(found.p_value),
        level: 1.0 - plan.alpha,
        cautions,
    })
}

fn arms(control: &Summary, treatment: &Summary) -> Result<(Arm, Arm), Why> {
    for (summary, variant) in [(control, "the control"), (treatment, "the treatment")] {
        match summary.n() {
            0 => return Err(Why::EmptyArm { variant: variant.to_owned() }),
            1 => return Err(Why::TooFew { what: "units per arm".to_owned(), have: 1, need: 2 }),
            _ => {}
        }
    }
    match (control, treatment) {
        (Summary::Adjusted { pair: a, spread }, Summary::Adjusted { pair: b, spread: other }) => {
            Ok(cuped::arms(a, b, spread.common(*other)))
        }
        (Summary::Adjusted { .. }, _) | (_, Summary::Adjusted { .. }) => {
            Err(Why::Other { reason: "only one arm has a covariate".to_owned() })
        }
        _ => Ok((plain(control)?, plain(treatment)?)),
    }
}

fn plain(summary: &Summary) -> Result<Arm, Why> {
    match summary {
        Summary::Proportion { n, successes } => Ok(proportion::arm(*n, *successes)),
        Summary::Mean(moments) => Ok(mean::arm(moments)),
        Summary::Ratio(ratio) => {
            ratio::arm(ratio).ok_or_else(|| Why::Other { reason: "the denominator is zero".to_owned() })
        }
        Summary::Adjusted { pair, .. } => Ok(mean::arm(&pair.y)),
    }
}

fn judge(
    effect: &Effect,
    control: &Arm,
    treatment: &Arm,
    plan: &Plan,
    scale: Difference,
) -> Result<Judgement, Why> {
    match plan.engine {
        Engine::Fixed => {
            let freedom = freedom(control, treatment, scale).ok_or(Why::NoVariance)?;
            Ok(fixed::judge(effect, freedom, plan.alpha, plan.tail))
        }
        Engine::Sequential { tuning } if tuning.is_finite() && tuning > 0.0 => {
            Ok(sequential::judge(effect, control.n + treatment.n, plan.alpha, tuning, plan.tail))
        }
        Engine::Sequential { .. } => {
            Err(Why::Other { reason: "the tuning of a sequential plan must be positive".to_owned() })
        }
    }
}

/// Degrees of freedom from the absolute errors, for the delta method too as in gbstats; on the log scale from the errors there,
/// as in tea-tasting.
fn freedom(control: &Arm, treatment: &Arm, scale: Difference) -> Option<f64> {
    let error = |arm: &Arm| match scale {
        Difference::Absolute | Difference::RelativeDelta => arm.error(),
        Difference::RelativeLog => arm.error() / (arm.level() * arm.level()),
    };
    mean::degrees_of_freedom((error(control), control.n), (error(treatment), treatment.n))
}

fn out_of_log(judged: Judgement, p_value: f64) -> Judgement {
    Judgement { low: judged.low.exp_m1(), high: judged.high.exp_m1(), p_value }
}

/// The last gate: no NaN leaves this room, and only the open ends of one-sided intervals are infinite.
fn finite(found: Comparison) -> Result<Comparison, Why> {
    let numbers = [found.uplift_absolute, found.standard_error, found.p_value];
    if numbers.iter().all(|x| x.is_finite()) && !found.ci_low.is_nan() && !found.ci_high.is_nan() {
        Ok(found)
    } else {
        Err(Why::Other { reason: "the numbers are too large to compute with".to_owned() })
    }
}
