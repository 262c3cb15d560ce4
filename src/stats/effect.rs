//! What a treatment did, on the scale asked for, with its standard error.

use serde::{Deserialize, Serialize};

use super::arm::Arm;
use super::reading::Why;

/// The scale of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// Treatment minus control.
    Absolute,
    /// Relative to the control, with a symmetric interval by the delta method: what the peers print.
    RelativeDelta,
    /// Relative to the control, with an interval on the log-ratio scale: what panels show.
    RelativeLog,
}

/// A point estimate and its error on the working scale of a [`Difference`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The estimate: a difference, a fraction, or a log ratio.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// The effect on a scale.
///
/// # Errors
/// [`Why::MeanNotPositive`] where the scale does not exist, [`Why::NoVariance`] where there is no error to judge by.
pub fn effect(control: &Arm, treatment: &Arm, difference: Difference) -> Result<Effect, Why> {
    let (estimate, variance) = match difference {
        Difference::Absolute => absolute(control, treatment),
        Difference::RelativeDelta => relative_delta(control, treatment)?,
        Difference::RelativeLog => relative_log(control, treatment)?,
    };
    if !estimate.is_finite() || !variance.is_finite() {
        return Err(Why::Other { reason: "the numbers are too large to compute with".to_owned() });
    }
    if variance <= 0.0 {
        // A treatment in which nothing happened is −100 % with no error at all: that is no measurement.
        let nothing = difference != Difference::Absolute && treatment.base_mean == 0.0;
        return Err(if nothing { Why::MeanNotPositive } else { Why::NoVariance });
    }
    Ok(Effect { estimate, standard_error: variance.sqrt() })
}

/// The relative change as a fraction, without an error; none where the control's mean is zero.
#[must_use]
pub fn relative_change(control: &Arm, treatment: &Arm) -> Option<f64> {
    let change = (treatment.mean - control.mean) / control.base_mean.abs();
    change.is_finite().then_some(change)
}

fn absolute(control: &Arm, treatment: &Arm) -> (f64, f64) {
    (treatment.mean - control.mean, treatment.error() + control.error())
}

/// (m_b − m_a) / |u_a| and its delta-method variance, where u is the unadjusted mean. With r = u_b / u_a the control enters
/// linearised as r·Y − θ·X; gbstats takes the unadjusted treatment mean in r (`frequentist_variance_relative_cuped`), and
/// without adjustment this is var_b / (n_b m_a²) + var_a m_b² / (n_a m_a⁴).
fn relative_delta(control: &Arm, treatment: &Arm) -> Result<(f64, f64), Why> {
    let base = control.base_mean;
    if base == 0.0 {
        return Err(Why::MeanNotPositive);
    }
    let ratio = treatment.base_mean / base;
    let control_variance = ratio * ratio * control.base_variance
        + control.adjustment.map_or(0.0, |taken| taken.variance - 2.0 * ratio * taken.covariance);
    let variance = (treatment.error() + control_variance / control.n as f64) / (base * base);
    Ok(((treatment.mean - control.mean) / base.abs(), variance))
}

/// ln(m_b / m_a) with variance var_b / (n_b m_b²) + var_a / (n_a m_a²) (Katz et al. 1978, Biometrics 34:469, for proportions;
/// the same delta method for means). Adjusted means are put back to the covariate's mean first, as tea-tasting does.
fn relative_log(control: &Arm, treatment: &Arm) -> Result<(f64, f64), Why> {
    let (a, b) = (control.level(), treatment.level());
    if a <= 0.0 || b <= 0.0 {
        return Err(Why::MeanNotPositive);
    }
    Ok(((b / a).ln(), treatment.error() / (b * b) + control.error() / (a * a)))
}
