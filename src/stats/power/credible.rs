//! How likely a Bayesian plan is to be convinced of an effect that is there, and how many people that takes: whether an estimate
//! convinces follows from its normal posterior, and estimates are normal around the effect.

use super::{FEWEST, MOST, Outcome, other, root};
use crate::stats::bayes;
use crate::stats::prior::Prior;
use crate::stats::reading::Why;
use crate::stats::student;

/// What a posterior must show before a treatment counts as better: a central credible interval without zero, and little to lose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Credible {
    /// What was believed before.
    pub prior: Prior,
    /// One minus the probability of the credible interval.
    pub alpha: f64,
    /// The largest loss that may be expected of choosing the treatment, as a fraction of the control's mean.
    pub risk: f64,
}

impl Credible {
    /// The probability of being convinced of a relative effect, in its own direction, estimated with this error.
    #[must_use]
    pub fn power(&self, effect: f64, standard_error: f64) -> f64 {
        let side = effect.signum();
        chance((effect.abs(), standard_error), |estimate| self.over(side, estimate, standard_error))
    }

    /// How far an estimate is from convincing, at zero just so; it is counted so that the wanted direction is above zero.
    fn over(&self, side: f64, estimate: f64, standard_error: f64) -> f64 {
        let kept = self.prior.kept(standard_error);
        let sd = kept.sqrt() * standard_error;
        let z = (kept * estimate + (1.0 - kept) * side * self.prior.mean) / sd;
        let beyond = z - student::normal_upper_quantile(self.alpha / 2.0);
        let left = 1.0 - sd * bayes::loss(z) / self.risk;
        let over = beyond.min(left);
        if over.is_finite() { over } else { -1.0 }
    }
}

/// Standard errors to either side of the effect that are looked at.
const FAR: f64 = 8.0;
/// Steps over them.
const STEPS: u32 = 96;

/// The probability of the estimates, normal around an effect with this error, at which a function is not below zero. It may hold
/// between two ends only: the error of a relative change grows with the change, so that a prior believes the largest ones least.
fn chance((effect, error): (f64, f64), over: impl Fn(f64) -> f64) -> f64 {
    let below = |estimate: f64| student::normal_upper_tail((effect - estimate) / error);
    let at = |step: u32| effect + error * FAR * (2.0 * f64::from(step) / f64::from(STEPS) - 1.0);
    let mut found = 0.0;
    let (mut low, mut at_low) = (at(0), over(at(0)));
    for step in 1..=STEPS {
        let (high, at_high) = (at(step), over(at(step)));
        found += match (at_low >= 0.0, at_high >= 0.0) {
            (true, true) => below(high) - below(low),
            (false, false) => 0.0,
            (false, true) => below(high) - below(root(&over, low, high)),
            (true, false) => below(root(|estimate| -over(estimate), low, high)) - below(low),
        };
        (low, at_low) = (high, at_high);
    }
    found.clamp(0.0, 1.0)
}

/// The smallest relative effect that is looked for, the largest, and from one to the next.
const LEAST: f64 = 1e-4;
const LARGEST: f64 = 100.0;
const STEP: f64 = 1.2;

/// A planned comparison that is read by a posterior. Effects are relative to the control's mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Planned {
    /// What is asked of the posterior.
    pub credible: Credible,
    /// What is measured.
    pub outcome: Outcome,
    /// The control's mean.
    pub mean: f64,
    /// Treatment units per control unit.
    pub ratio: f64,
    /// Correlation with a covariate known before: CUPED leaves 1 − ρ² of the variance.
    pub rho: f64,
}

impl Planned {
    /// The probability of being convinced of a relative effect with `n` control units.
    ///
    /// # Errors
    /// What makes the question meaningless.
    pub fn power(&self, effect: f64, n: f64) -> Result<f64, Why> {
        let least = n.min(n * self.ratio);
        if least.is_nan() || least < FEWEST {
            let have = if least > 0.0 { least as u64 } else { 0 };
            return Err(Why::TooFew { what: "units per arm".to_owned(), have, need: 2 });
        }
        self.seen(effect, n)
    }

    /// The error grows with the estimate, and each estimate is believed by the error that goes with itself.
    fn seen(&self, effect: f64, n: f64) -> Result<f64, Why> {
        let (side, error) = (effect.signum(), self.unit_error(effect)? / n.sqrt());
        let over = |estimate: f64| match self.unit_error(side * estimate) {
            Ok(unit) => self.credible.over(side, estimate, unit / n.sqrt()),
            Err(_) => -1.0,
        };
        Ok(chance((effect.abs(), error), over))
    }

    /// How many control units convince of a relative effect with this probability, unrounded.
    ///
    /// # Errors
    /// What makes the question meaningless, and that no number of units is enough.
    pub fn sample_size(&self, effect: f64, power: f64) -> Result<f64, Why> {
        if effect == 0.0 {
            return Err(other("no number of units shows an effect of zero"));
        }
        self.unit_error(effect)?;
        let reached = |logarithm: f64| self.seen(effect, logarithm.exp()).unwrap_or(0.0) - power;
        let (least, most) = ((FEWEST / self.ratio.min(1.0)).ln(), MOST.ln());
        if reached(least) >= 0.0 {
            return Ok(least.exp());
        }
        if reached(most) < 0.0 {
            return Err(other("no number of units is enough for this effect"));
        }
        Ok(root(reached, least, most).exp())
    }

    /// The smallest relative effect above zero that `n` control units convince of with this probability.
    ///
    /// # Errors
    /// What makes the question meaningless, and that no effect is large enough to be seen.
    pub fn detectable(&self, n: f64, power: f64) -> Result<f64, Why> {
        self.power(LEAST, n)?;
        let reached = |effect: f64| self.power(effect, n).map_or(-1.0, |found| found - power);
        let mut low = LEAST;
        // Not the largest effect is seen best, so the smallest that is seen is looked for from below.
        while low < LARGEST {
            let high = low * STEP;
            if reached(high) >= 0.0 {
                return Ok(root(reached, low, high));
            }
            low = high;
        }
        Err(other("no effect is large enough to be seen with so few units"))
    }

    /// The standard error of the relative effect at one control unit, by the delta method.
    fn unit_error(&self, effect: f64) -> Result<f64, Why> {
        let changed = 1.0 + effect;
        let (control, treatment) = match self.outcome {
            Outcome::Mean { sd } => (sd * sd, sd * sd),
            Outcome::Proportion { baseline } => {
                let treated = baseline * changed;
                if !(treated > 0.0 && treated < 1.0) {
                    return Err(other("the treatment's share must lie between 0 and 1"));
                }
                (baseline * (1.0 - baseline), treated * (1.0 - treated))
            }
        };
        let variance = (1.0 - self.rho * self.rho) * (changed * changed * control + treatment / self.ratio);
        let error = variance.sqrt() / self.mean;
        if error > 0.0 && error.is_finite() { Ok(error) } else { Err(Why::NoVariance) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Seed;
    use crate::model::seed::Draw;
    use crate::stats::{Difference, Moments, Summary};

    fn plan(prior: Prior, risk: f64) -> Planned {
        let credible = Credible { prior, alpha: 0.05, risk };
        Planned { credible, outcome: Outcome::Proportion { baseline: 0.1 }, mean: 0.1, ratio: 1.0, rho: 0.0 }
    }

    /// Played: 10 % against 12 %, read by the posterior itself.
    #[test]
    fn the_chance_of_being_convinced_is_what_it_says() {
        let (skip, orders) = (Draw::of("test"), Draw::of("orders"));
        for prior in [Prior::default(), Prior::normal(0.0, 0.1)] {
            let n = plan(prior, 0.002).sample_size(0.2, 0.8).unwrap().round() as u64;
            let convinced = |test: u64| {
                let arm = |arm: u64, share: f64| {
                    let seed = Seed(Seed(7).bits(test, skip, arm));
                    let successes = (0..n).filter(|unit| seed.chance(*unit, orders, 0, share)).count() as u64;
                    Summary::Proportion { n, successes }
                };
                let scale = Difference::RelativeDelta;
                let found = bayes::posterior(&arm(0, 0.1), &arm(1, 0.12), 0.05, scale, &prior).unwrap();
                found.low > 0.0 && found.risk_treatment <= 0.002
            };
            let share = (0..1_000).filter(|test| convinced(*test)).count() as f64 / 1_000.0;
            assert!((share - 0.8).abs() < 0.045, "{share} with {n} a side");
        }
    }

    #[test]
    fn the_three_questions_agree_and_caution_costs_people() {
        let sceptical = plan(Prior::normal(0.0, 0.05), f64::INFINITY);
        let careful = plan(Prior::default(), 1e-5);
        let free = plan(Prior::default(), f64::INFINITY);
        for plan in [sceptical, careful, free] {
            let n = plan.sample_size(0.2, 0.8).unwrap();
            assert!((plan.power(0.2, n).unwrap() - 0.8).abs() < 1e-6);
            assert!((plan.detectable(n, 0.8).unwrap() - 0.2).abs() < 1e-6);
        }
        let n = |plan: Planned| plan.sample_size(0.2, 0.8).unwrap();
        assert!(n(sceptical) > 1.2 * n(free) && n(careful) > n(free));
        let hopeful = plan(Prior::normal(0.2, 0.1), f64::INFINITY);
        assert!(n(hopeful) < n(free) && hopeful.sample_size(-0.2, 0.8).unwrap() > n(hopeful));
        assert!(
            free.sample_size(0.0, 0.8).is_err()
                && free.power(0.2, 1.0).is_err()
                && free.power(20.0, 100.0).is_err()
        );
    }

    /// What convinces here is what the posterior itself calls convincing.
    #[test]
    fn an_estimate_convinces_where_its_posterior_does() {
        let arm = |mean: f64| Summary::Mean(Moments { n: 2000, mean, squares: 2000.0 });
        let (prior, risk) = (Prior::normal(0.02, 0.03), 0.0004);
        let credible = Credible { prior, alpha: 0.1, risk };
        let convinced = |estimate: f64| {
            let (a, b) = (arm(1.0), arm(1.0 + estimate));
            let found = bayes::posterior(&a, &b, 0.1, Difference::RelativeDelta, &prior).unwrap();
            let flat = bayes::posterior(&a, &b, 0.1, Difference::RelativeDelta, &Prior::default()).unwrap();
            let over = credible.over(1.0, estimate, flat.standard_error);
            (found.low > 0.0 && found.risk_treatment <= risk, over >= 0.0)
        };
        let found: Vec<(bool, bool)> = (0..400).map(|step| convinced(f64::from(step) * 0.0005)).collect();
        assert!(found.iter().all(|(posterior, here)| posterior == here));
        assert!(
            found.iter().any(|(posterior, _)| *posterior) && found.iter().any(|(posterior, _)| !posterior)
        );
    }

    /// With few people a prior believes no large change, whose error is as large; more people are believed more.
    #[test]
    fn a_prior_does_not_believe_the_largest_changes_first() {
        let spent = Planned {
            outcome: Outcome::Mean { sd: 11.0 },
            mean: 3.0,
            ..plan(Prior::normal(0.0, 0.3), 0.0025)
        };
        let few = spent.power(0.6, 1_500.0).unwrap();
        assert!(few > 0.7 && spent.power(50.0, 1_500.0).unwrap() < few, "{few}");
        let seen = spent.detectable(1_500.0, 0.8).unwrap();
        assert!((0.4..0.7).contains(&seen), "{seen}");
        assert!(spent.detectable(10.0, 0.8).is_err());
    }
}
