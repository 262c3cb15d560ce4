//! A treatment against its control in numbers, by whichever engine: what analyses of experiments and answers to summary numbers share.

use serde::Serialize;

use super::analysis::Readings;
use super::metric::Better;
use crate::stats::{Difference, Engine, Plan, Posterior, Reading, Summary, Why, bayes, compare};

/// Every number of a comparison, each none where its engine has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Numbers {
    /// Relative change as a fraction; the posterior mean where a Bayesian plan is on a relative scale.
    pub uplift: Option<f64>,
    /// Treatment minus control; the posterior mean where a Bayesian plan is on the absolute scale.
    pub uplift_absolute: Option<f64>,
    /// On the scale of `difference`; the posterior standard deviation of a Bayesian plan.
    pub standard_error: Option<f64>,
    /// Lower end of the unadjusted interval; null where the alternative leaves it open.
    pub ci_low: Option<f64>,
    /// Upper end; null where the alternative leaves it open.
    pub ci_high: Option<f64>,
    /// The p-value of this comparison alone; null for the Bayesian engine.
    pub p_value: Option<f64>,
    /// The probability that the treatment is better; null for other engines.
    pub chance_to_win: Option<f64>,
    /// What keeping the control costs on average; null for other engines.
    pub risk_control: Option<f64>,
    /// What choosing the treatment costs on average; null for other engines.
    pub risk_treatment: Option<f64>,
}

impl Numbers {
    /// Compares a treatment with its control by the engine of a plan, on its scale.
    ///
    /// # Errors
    /// The reason there is no number.
    pub fn of(control: &Summary, treatment: &Summary, plan: &Plan, better: Better) -> Result<Self, Why> {
        let Engine::Bayesian { prior, .. } = plan.engine else {
            let found = compare(control, treatment, plan)?;
            return Ok(Self {
                uplift: found.uplift,
                uplift_absolute: Some(found.uplift_absolute),
                standard_error: finite(found.standard_error),
                ci_low: finite(found.ci_low),
                ci_high: finite(found.ci_high),
                p_value: finite(found.p_value),
                ..Self::default()
            });
        };
        let found = bayes::posterior(control, treatment, plan.alpha, plan.difference, &prior)?;
        let found = match better {
            Better::Higher => found,
            Better::Lower => found.lower_is_better(),
        };
        Ok(Self::believed(&found, control, treatment, plan))
    }

    /// What panels show of a test: the absolute difference with its interval and p-value, and the relative change where that is shown.
    pub(super) fn shown(readings: &Readings) -> Result<Self, Why> {
        let found = match &readings.absolute {
            Reading::Estimate(found) => found,
            Reading::Withheld(why) => return Err(why.clone()),
        };
        Ok(Self {
            uplift: readings.relative.estimate().and_then(|relative| finite(relative.value)),
            uplift_absolute: finite(found.value),
            standard_error: found.standard_error.and_then(finite),
            ci_low: finite(found.low),
            ci_high: finite(found.high),
            p_value: found.p_value.and_then(finite),
            ..Self::default()
        })
    }

    fn believed(found: &Posterior, control: &Summary, treatment: &Summary, plan: &Plan) -> Self {
        // The scale the prior is not on is told as it was measured.
        let measured = compare(control, treatment, &Plan::new(Engine::Fixed).on(Difference::Absolute)).ok();
        let absolute = plan.difference == Difference::Absolute;
        let posterior = finite(found.effect);
        let measured_uplift = measured.and_then(|measured| measured.uplift);
        let difference = measured.map(|measured| measured.uplift_absolute);
        Self {
            uplift: if absolute { measured_uplift } else { posterior },
            uplift_absolute: if absolute { posterior } else { difference },
            standard_error: finite(found.standard_error),
            ci_low: finite(found.low),
            ci_high: finite(found.high),
            p_value: None,
            chance_to_win: finite(found.chance_to_win),
            risk_control: finite(found.risk_control),
            risk_treatment: finite(found.risk_treatment),
        }
    }

    /// Whether a posterior is convinced: that the treatment is better, with little to lose by choosing it, or that it is worse. None
    /// where it is not, or is none.
    #[must_use]
    pub fn believed_better(&self, alpha: f64, risk: f64) -> Option<bool> {
        let chance = self.chance_to_win?;
        if chance <= alpha / 2.0 {
            return Some(false);
        }
        (chance >= 1.0 - alpha / 2.0 && self.risk_treatment.is_some_and(|lost| lost <= risk)).then_some(true)
    }
}

/// A number that is one; open ends and what is too large are none.
pub(super) fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Seed;
    use crate::model::seed::Draw;
    use crate::stats::Prior;

    fn arm(successes: u64) -> Summary {
        Summary::Proportion { n: 10_000, successes }
    }

    #[test]
    fn a_posterior_is_convinced_by_an_interval_without_zero_and_a_small_loss() {
        let of = |successes, better| {
            let plan = Plan::new(Engine::bayesian());
            Numbers::of(&arm(1_000), &arm(successes), &plan, better).unwrap()
        };
        let more = of(1_150, Better::Higher);
        assert_eq!((more.p_value, more.believed_better(0.05, 0.0025)), (None, Some(true)));
        assert!(more.ci_low.unwrap() > 0.0 && more.chance_to_win.unwrap() > 0.999);
        assert_eq!(of(1_150, Better::Lower).believed_better(0.05, 0.0025), Some(false));
        assert_eq!(of(1_050, Better::Higher).believed_better(0.05, 0.0025), None);
        // Nearly sure, and too much to lose for somebody who may lose next to nothing.
        assert_eq!(of(1_090, Better::Higher).believed_better(0.05, 0.0025), Some(true));
        assert_eq!(of(1_090, Better::Higher).believed_better(0.05, 1e-6), None);
    }

    /// Why a Bayesian plan says that it keeps no error rate: looked at thirty times, an interval without zero turns up without any
    /// effect far more often than in one test of twenty.
    #[test]
    fn chances_that_are_looked_at_often_find_what_is_not_there() {
        let plan = Plan::new(Engine::bayesian());
        let draw = Draw::of("orders");
        let convinced = |test: u64| {
            let mut orders = [0_u64; 2];
            (1..=30_u64).any(|look| {
                for (arm, orders) in orders.iter_mut().enumerate() {
                    let units = (look - 1) * 200..look * 200;
                    let ordered = units.filter(|unit| Seed(test).chance(*unit, draw, arm as u64, 0.1));
                    *orders += ordered.count() as u64;
                }
                let [control, treatment] =
                    orders.map(|successes| Summary::Proportion { n: look * 200, successes });
                let found = Numbers::of(&control, &treatment, &plan, Better::Higher);
                found.is_ok_and(|found| found.believed_better(0.05, 1.0).is_some())
            })
        };
        let found = (0..400).filter(|test| convinced(*test)).count();
        assert!(found > 80, "{found} of 400");
    }

    #[test]
    fn a_prior_holds_back_the_scale_it_is_on() {
        let prior = Prior::normal(0.0, 0.02);
        let plan = Plan::new(Engine::Bayesian { prior, risk: 0.0025 });
        let found = Numbers::of(&arm(1_000), &arm(1_150), &plan, Better::Higher).unwrap();
        assert!(found.uplift.unwrap() < 0.05 && (found.uplift_absolute.unwrap() - 0.015).abs() < 1e-12);
        let absolute = plan.on(Difference::Absolute);
        let found = Numbers::of(&arm(1_000), &arm(1_150), &absolute, Better::Higher).unwrap();
        assert!(found.uplift_absolute.unwrap() < 0.005 && (found.uplift.unwrap() - 0.15).abs() < 1e-12);
    }
}
