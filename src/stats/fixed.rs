//! One look at a sample size chosen beforehand: Welch's t test and interval.

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::student;

/// Which alternatives count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tail {
    /// The treatment may be better or worse.
    #[default]
    Two,
    /// Only a treatment above the control.
    Greater,
    /// Only a treatment below the control.
    Less,
}

/// The ends of an interval and a p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Lower end; −∞ for the lesser tail.
    pub low: f64,
    /// Upper end; +∞ for the greater tail.
    pub high: f64,
    /// The p-value against no effect.
    pub p_value: f64,
}

impl Judgement {
    /// The interval of a half-width, opened on the side a tail leaves free.
    pub(super) fn around(estimate: f64, half_width: f64, tail: Tail, p_value: f64) -> Self {
        let (low, high) = (estimate - half_width, estimate + half_width);
        match tail {
            Tail::Two => Self { low, high, p_value },
            Tail::Greater => Self { low, high: f64::INFINITY, p_value },
            Tail::Less => Self { low: f64::NEG_INFINITY, high, p_value },
        }
    }
}

/// Judges an effect by Student's t (Welch 1947). The p-value is the tail itself, where gbstats takes 1 − cdf and loses what is
/// below 1e-16.
#[must_use]
pub fn judge(effect: &Effect, freedom: f64, alpha: f64, tail: Tail) -> Judgement {
    let t = effect.estimate / effect.standard_error;
    let (p_value, share) = match tail {
        Tail::Two => (2.0 * student::upper_tail(t.abs(), freedom), alpha / 2.0),
        Tail::Greater => (student::upper_tail(t, freedom), alpha),
        Tail::Less => (student::upper_tail(-t, freedom), alpha),
    };
    let half_width = student::upper_quantile(share, freedom) * effect.standard_error;
    Judgement::around(effect.estimate, half_width, tail, p_value)
}
