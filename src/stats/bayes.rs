//! What to believe about an effect, given a Gaussian prior and a Gaussian likelihood: gbstats' Bayesian engine in closed form
//! (`packages/stats/gbstats/bayesian/tests.py` at growthbook 8f1db44; Deng 2015, "Objective Bayesian Two Sample Hypothesis
//! Testing for Online Controlled Experiments", WWW, section 3.1).

use serde::{Deserialize, Serialize};

use super::compare::{self, Summary};
use super::effect::{self, Difference, Effect};
use super::prior::Prior;
use super::reading::{Caution, Estimate, Reading, Why};
use super::student;

/// What is believed after the data, on the scale asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    /// Posterior mean of the effect.
    pub effect: f64,
    /// Posterior standard deviation.
    pub standard_error: f64,
    /// Lower end of the central credible interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The probability that the treatment is above the control.
    pub chance_to_win: f64,
    /// What is lost on average by keeping the control: E max(effect, 0).
    pub risk_control: f64,
    /// What is lost on average by choosing the treatment: E max(−effect, 0).
    pub risk_treatment: f64,
}

impl Posterior {
    /// The same where lower is better: the chance that the treatment is below the control, and the losses exchanged.
    #[must_use]
    pub fn lower_is_better(self) -> Self {
        Self {
            chance_to_win: 1.0 - self.chance_to_win,
            risk_control: self.risk_treatment,
            risk_treatment: self.risk_control,
            ..self
        }
    }
}

/// The posterior of a comparison.
///
/// # Errors
/// The reason there is no number; the log-ratio scale has no Gaussian prior on the relative change and is refused.
pub fn posterior(
    control: &Summary,
    treatment: &Summary,
    alpha: f64,
    difference: Difference,
    prior: &Prior,
) -> Result<Posterior, Why> {
    if difference == Difference::RelativeLog {
        return Err(other(
            "the Bayesian engine is on the relative or the absolute scale, not on the log ratio",
        ));
    }
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(other("alpha must lie between 0 and 1"));
    }
    if prior.proper && !(prior.sd > 0.0 && prior.sd.is_finite() && prior.mean.is_finite()) {
        return Err(other("a proper prior needs a finite mean and a standard deviation above zero"));
    }
    let (control, treatment) = compare::arms(control, treatment)?;
    let scale = if difference == Difference::Absolute { control.base_mean.abs() } else { 1.0 };
    if prior.proper && scale == 0.0 {
        return Err(Why::MeanNotPositive);
    }
    let likelihood = effect::effect(&control, &treatment, difference)?;
    let posterior = update(&likelihood, prior, scale);
    Ok(summarise(&posterior, alpha))
}

/// The posterior as a reading: its mean and credible interval, and no p-value, for panels.
#[must_use]
pub fn reading(
    control: &Summary,
    treatment: &Summary,
    alpha: f64,
    difference: Difference,
    prior: &Prior,
    cautions: Vec<Caution>,
) -> Reading {
    match posterior(control, treatment, alpha, difference, prior) {
        Ok(found) => Reading::Estimate(Estimate {
            value: found.effect,
            low: found.low,
            high: found.high,
            standard_error: Some(found.standard_error),
            p_value: None,
            level: 1.0 - alpha,
            cautions,
        }),
        Err(why) => Reading::Withheld(why),
    }
}

/// Precisions add (Gelman et al. 2013, "Bayesian Data Analysis", equations 2.11 and 2.12); a prior on the relative change is
/// rescaled by |control mean| for absolute effects, as gbstats does.
fn update(likelihood: &Effect, prior: &Prior, scale: f64) -> Effect {
    if !prior.proper {
        return *likelihood;
    }
    let data = 1.0 / (likelihood.standard_error * likelihood.standard_error);
    let sd = prior.sd * scale;
    let before = 1.0 / (sd * sd);
    let precision = data + before;
    Effect {
        estimate: (data * likelihood.estimate + before * prior.mean * scale) / precision,
        standard_error: (1.0 / precision).sqrt(),
    }
}

fn summarise(posterior: &Effect, alpha: f64) -> Posterior {
    let Effect { estimate, standard_error } = *posterior;
    let z = estimate / standard_error;
    let half = student::normal_upper_quantile(alpha / 2.0) * standard_error;
    Posterior {
        effect: estimate,
        standard_error,
        low: estimate - half,
        high: estimate + half,
        chance_to_win: student::normal_upper_tail(-z),
        risk_control: standard_error * loss(-z),
        risk_treatment: standard_error * loss(z),
    }
}

/// E max(−X, 0) of X normal around `z` with unit variance: φ(z) − z·Φ(−z), the unit normal loss (Raiffa and Schlaifer 1961,
/// "Applied Statistical Decision Theory", section 5.4).
pub(super) fn loss(z: f64) -> f64 {
    (student::normal_density(z) - z * student::normal_upper_tail(z)).max(0.0)
}

fn other(reason: &str) -> Why {
    Why::Other { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strong_prior_holds_the_effect_back_and_a_flat_one_does_not() {
        let (a, b) = (
            Summary::Proportion { n: 1000, successes: 100 },
            Summary::Proportion { n: 1000, successes: 130 },
        );
        let with = |prior: &Prior| posterior(&a, &b, 0.05, Difference::RelativeDelta, prior).unwrap();
        let flat = with(&Prior::default());
        let strong = with(&Prior { mean: 0.0, sd: 0.01, proper: true });
        assert!((flat.effect - 0.3).abs() < 1e-12);
        assert!(strong.effect < 0.01 && strong.chance_to_win < flat.chance_to_win);
        // The two losses differ by the effect itself.
        assert!((flat.risk_control - flat.risk_treatment - flat.effect).abs() < 1e-12);
        let turned = flat.lower_is_better();
        assert!((turned.chance_to_win + flat.chance_to_win - 1.0).abs() < 1e-15);
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        let arm = Summary::Proportion { n: 1000, successes: 100 };
        let bad = Prior { mean: 0.0, sd: 0.0, proper: true };
        for (difference, prior) in
            [(Difference::RelativeDelta, bad), (Difference::RelativeLog, Prior::default())]
        {
            assert!(matches!(posterior(&arm, &arm, 0.05, difference, &prior), Err(Why::Other { .. })));
        }
    }
}
