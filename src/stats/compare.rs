//! Two arms compared: the one entry for everything that shows an uplift.

use serde::{Deserialize, Serialize};

use super::adjusted_ratio::AdjustedRatio;
use super::arm::Arm;
use super::effect::{self, Difference, Effect};
use super::fixed::{self, Judgement, Tail};
use super::moments::{Moments, Pair, Spread};
use super::prior::Prior;
use super::ratio::{self, Ratio};
use super::reading::{Caution, Estimate, Reading, Why, open_end};
use super::{adjusted_ratio, cuped, mean, proportion, sequential, two_proportions};

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
    /// A sum over a sum, adjusted for the same ratio before.
    AdjustedRatio(AdjustedRatio),
}

impl Summary {
    /// Units.
    #[must_use]
    pub fn n(&self) -> u64 {
        match self {
            Self::Proportion { n, .. } => *n,
            Self::Mean(moments) => moments.n,
            Self::Ratio(Ratio { pair, .. }) | Self::Adjusted { pair, .. } => pair.n(),
            Self::AdjustedRatio(ratio) => ratio.now.n(),
        }
    }

    /// The mean as measured, without adjustment; none where nothing was measured.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let mean = match self {
            Self::Proportion { n, successes } => *successes as f64 / *n as f64,
            Self::Mean(moments) if moments.n > 0 => moments.mean,
            Self::Ratio(Ratio { pair, .. }) | Self::AdjustedRatio(AdjustedRatio { now: pair, .. }) => {
                pair.y.mean / pair.x.mean
            }
            Self::Adjusted { pair, .. } if pair.n() > 0 => pair.y.mean,
            Self::Mean(_) | Self::Adjusted { .. } => return None,
        };
        mean.is_finite().then_some(mean)
    }

    /// Whether it is adjusted for what was before.
    #[must_use]
    pub fn is_adjusted(&self) -> bool {
        matches!(self, Self::Adjusted { .. } | Self::AdjustedRatio(_))
    }

    /// The denominator of a ratio as a metric of its own: where it moves, a ratio may move without its numerator, so its
    /// comparison belongs beside the ratio's.
    #[must_use]
    pub fn denominator(&self) -> Option<Self> {
        match self {
            Self::Ratio(Ratio { pair, denominator: Spread::Population, .. }) => {
                let successes = pair.x.sum().round().clamp(0.0, pair.n() as f64) as u64;
                Some(Self::Proportion { n: pair.n(), successes })
            }
            Self::Ratio(Ratio { pair, .. }) | Self::AdjustedRatio(AdjustedRatio { now: pair, .. }) => {
                Some(Self::Mean(pair.x))
            }
            Self::Proportion { .. } | Self::Mean(_) | Self::Adjusted { .. } => None,
        }
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
    /// By what is to be believed after the data: credible intervals and chances, which keep no error rate under many looks.
    Bayesian {
        /// What was believed before.
        prior: Prior,
        /// The largest loss that may be expected of choosing the treatment, as a fraction of the control's mean.
        risk: f64,
    },
}

impl Engine {
    /// A flat prior, and the risk that is usually taken.
    #[must_use]
    pub fn bayesian() -> Self {
        Self::Bayesian { prior: Prior::default(), risk: USUAL_RISK }
    }

    /// Whether its intervals hold however often they are looked at.
    #[must_use]
    pub fn allows_many_looks(&self) -> bool {
        matches!(self, Self::Sequential { .. })
    }
}

/// A quarter of a per cent, as GrowthBook has it.
pub const USUAL_RISK: f64 = 0.0025;

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
        Self { engine, alpha: 0.05, difference: Difference::Absolute, tail: Tail::Two }
            .on(Difference::RelativeLog)
    }

    /// The same on another scale. A prior is on the relative change itself, so a Bayesian plan takes that for the log ratio.
    #[must_use]
    pub fn on(self, difference: Difference) -> Self {
        let difference = match (self.engine, difference) {
            (Engine::Bayesian { .. }, Difference::RelativeLog) => Difference::RelativeDelta,
            _ => difference,
        };
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
    compare_by(control, treatment, plan, Law::Welch)
}

/// Compares by another law at a fixed look: what peers offer beside Welch's test.
///
/// # Errors
/// As [`compare`].
pub fn compare_by(control: &Summary, treatment: &Summary, plan: &Plan, law: Law) -> Result<Comparison, Why> {
    if !(plan.alpha > 0.0 && plan.alpha < 0.5) {
        return Err(Why::Other { reason: "alpha must lie between 0 and 0.5".to_owned() });
    }
    let (control, treatment) = arms(control, treatment)?;
    let differ = (control.mean - treatment.mean).abs() > 0.0;
    let spread = |why: Why| if why == Why::NoVariance && differ { Why::NoSpread } else { why };
    let absolute = law.effect(&control, &treatment, Difference::Absolute).map_err(spread)?;
    let scaled = law.effect(&control, &treatment, plan.difference).map_err(spread)?;
    let judged = judge(&scaled, &control, &treatment, plan, law, plan.difference).map_err(spread)?;
    let (uplift, judged) = match plan.difference {
        Difference::RelativeLog => {
            let p_value = judge(&absolute, &control, &treatment, plan, law, Difference::Absolute)?.p_value;
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

/// The comparison as a reading on the plan's scale, for panels. A fixed look at an absolute difference of small counts is read
/// by Newcombe's interval and Fisher's test.
#[must_use]
pub fn reading(control: &Summary, treatment: &Summary, plan: &Plan, cautions: Vec<Caution>) -> Reading {
    if let (true, Some((control, treatment))) =
        (is_exact(control, treatment, plan), two_shares(control, treatment))
    {
        return two_proportions::reading(control, treatment, plan.alpha, plan.tail, cautions);
    }
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

/// Whether [`reading`] reads these arms by the exact methods for small counts.
#[must_use]
pub fn is_exact(control: &Summary, treatment: &Summary, plan: &Plan) -> bool {
    let asked = plan.engine == Engine::Fixed && plan.difference == Difference::Absolute;
    asked
        && two_shares(control, treatment).is_some_and(|(control, treatment)| {
            control.1.min(treatment.1) > 1 && two_proportions::are_small(control, treatment)
        })
}

fn two_shares(
    control: &Summary,
    treatment: &Summary,
) -> Option<(two_proportions::Share, two_proportions::Share)> {
    let share = |summary: &Summary| match summary {
        Summary::Proportion { n, successes } if successes <= n => Some((*successes, *n)),
        _ => None,
    };
    share(control).zip(share(treatment))
}

/// Two summaries as arms.
///
/// # Errors
/// The reason they cannot be compared.
pub fn arms(control: &Summary, treatment: &Summary) -> Result<(Arm, Arm), Why> {
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
        (Summary::AdjustedRatio(a), Summary::AdjustedRatio(b)) => {
            adjusted_ratio::arms(a, b).ok_or_else(no_denominator)
        }
        (Summary::Adjusted { .. } | Summary::AdjustedRatio(_), _)
        | (_, Summary::Adjusted { .. } | Summary::AdjustedRatio(_)) => {
            Err(Why::Other { reason: "only one arm has a covariate".to_owned() })
        }
        _ => Ok((plain(control)?, plain(treatment)?)),
    }
}

/// Two adjusted summaries as arms, be they as small as they may; none where they cannot be adjusted.
#[must_use]
pub fn adjusted(control: &Summary, treatment: &Summary) -> Option<(Arm, Arm)> {
    match (control, treatment) {
        (Summary::Adjusted { pair: a, spread }, Summary::Adjusted { pair: b, spread: other }) => {
            (a.n() > 0 && b.n() > 0).then(|| cuped::arms(a, b, spread.common(*other)))
        }
        (Summary::AdjustedRatio(a), Summary::AdjustedRatio(b)) => adjusted_ratio::arms(a, b),
        _ => None,
    }
}

fn plain(summary: &Summary) -> Result<Arm, Why> {
    match summary {
        Summary::Proportion { n, successes } => Ok(proportion::arm(*n, *successes)),
        Summary::Mean(moments) => Ok(mean::arm(moments)),
        Summary::Ratio(ratio) => ratio::arm(ratio).ok_or_else(no_denominator),
        Summary::Adjusted { pair, .. } => Ok(mean::arm(&pair.y)),
        Summary::AdjustedRatio(AdjustedRatio { now, .. }) => {
            let (numerator, denominator) = (Spread::Sample, Spread::Sample);
            ratio::arm(&Ratio { pair: *now, numerator, denominator }).ok_or_else(no_denominator)
        }
    }
}

fn no_denominator() -> Why {
    Why::Other { reason: "the denominator is zero".to_owned() }
}

fn judge(
    effect: &Effect,
    control: &Arm,
    treatment: &Arm,
    plan: &Plan,
    law: Law,
    scale: Difference,
) -> Result<Judgement, Why> {
    match plan.engine {
        Engine::Fixed => {
            let freedom = law.freedom(control, treatment, scale).ok_or(Why::NoVariance)?;
            Ok(fixed::judge(effect, freedom, plan.alpha, plan.tail))
        }
        Engine::Sequential { tuning } if tuning.is_finite() && tuning > 0.0 => {
            Ok(sequential::judge(effect, control.n + treatment.n, plan.alpha, tuning, plan.tail))
        }
        Engine::Sequential { .. } => {
            Err(Why::Other { reason: "the tuning of a sequential plan must be positive".to_owned() })
        }
        Engine::Bayesian { .. } => {
            Err(Why::Other { reason: "a Bayesian plan has a posterior and no test".to_owned() })
        }
    }
}

/// The law of a fixed look's test statistic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// Student's t with each arm's own variance (Welch 1947).
    #[default]
    Welch,
    /// Student's t with one variance pooled over the arms (Student 1908), for absolute and log-ratio effects.
    Student,
    /// The normal law with each arm's own variance.
    Normal,
}

impl Law {
    fn effect(self, control: &Arm, treatment: &Arm, scale: Difference) -> Result<Effect, Why> {
        let effect = effect::effect(control, treatment, scale)?;
        if self != Self::Student {
            return Ok(effect);
        }
        if scale == Difference::RelativeDelta {
            return Err(Why::Other { reason: "a pooled variance has no delta-method interval".to_owned() });
        }
        let (a, b) = ((control.n - 1) as f64, (treatment.n - 1) as f64);
        let unit = |arm: &Arm| error_on(arm, scale) * arm.n as f64;
        let pooled = (a * unit(control) + b * unit(treatment)) / (a + b);
        let variance = pooled / control.n as f64 + pooled / treatment.n as f64;
        Ok(Effect { standard_error: variance.sqrt(), ..effect })
    }

    fn freedom(self, control: &Arm, treatment: &Arm, scale: Difference) -> Option<f64> {
        match self {
            Self::Welch => {
                let error = |arm: &Arm| (error_on(arm, scale), arm.n);
                mean::degrees_of_freedom(error(control), error(treatment))
            }
            Self::Student => Some((control.n + treatment.n - 2) as f64),
            Self::Normal => Some(f64::INFINITY),
        }
    }
}

/// The squared standard error that decides degrees of freedom: the absolute one, for the delta method too as in gbstats; on the
/// log scale the one there, as in tea-tasting.
fn error_on(arm: &Arm, scale: Difference) -> f64 {
    match scale {
        Difference::Absolute | Difference::RelativeDelta => arm.error(),
        Difference::RelativeLog => arm.error() / (arm.level() * arm.level()),
    }
}

fn out_of_log(judged: Judgement, p_value: f64) -> Judgement {
    // An end left open by the alternative stays open, where e^−∞ would look like a bound at −100 %.
    let out = |end: f64| if end.is_finite() { end.exp_m1() } else { end };
    Judgement { low: out(judged.low), high: out(judged.high), p_value }
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
