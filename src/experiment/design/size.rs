//! How many units a comparison needs, what it can see with those it has, and how likely it is to see it. Effects are relative to
//! the baseline, sizes are of all arms together.

use super::Design;
use crate::experiment::MetricKind;
use crate::stats::power::credible::{Credible, Planned};
use crate::stats::power::{self, Looks, Setup};
use crate::stats::{Engine, Pair, Spread, Tail, Why};

/// What a metric looks like without a treatment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// A share of units.
    Proportion {
        /// The share.
        baseline: f64,
    },
    /// A number per unit, or a ratio by its linearised contributions.
    Mean {
        /// Its mean.
        mean: f64,
        /// The standard deviation of one unit's contribution.
        sd: f64,
    },
}

impl Outcome {
    /// Its mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Proportion { baseline } => *baseline,
            Self::Mean { mean, .. } => *mean,
        }
    }

    /// What a metric looks like in what was measured; a ratio by its linearised contributions (Deng, Knoblich and Lu 2018, "Applying
    /// the Delta Method in Metric Analytics", section 3).
    ///
    /// # Errors
    /// Nothing varies, or there is nothing to divide by.
    pub fn of(kind: MetricKind, pair: &Pair) -> Result<Self, Why> {
        let (y, x) = (&pair.y, &pair.x);
        let variance = y.variance(Spread::Sample).unwrap_or(0.0);
        match kind {
            MetricKind::Proportion => Ok(Self::Proportion { baseline: y.mean }),
            MetricKind::Mean if variance > 0.0 => Ok(Self::Mean { mean: y.mean, sd: variance.sqrt() }),
            MetricKind::Ratio if x.mean > 0.0 => {
                let ratio = y.mean / x.mean;
                let covariance = pair.covariance(Spread::Sample).unwrap_or(0.0);
                let of_x = x.variance(Spread::Sample).unwrap_or(0.0);
                let linear = (variance - 2.0 * ratio * covariance + ratio * ratio * of_x) / (x.mean * x.mean);
                Ok(Self::Mean { mean: ratio, sd: linear.max(0.0).sqrt() })
            }
            MetricKind::Mean | MetricKind::Ratio => Err(Why::NoVariance),
        }
    }

    fn check(&self) -> Result<(), Why> {
        match self {
            Self::Proportion { baseline } if !(*baseline > 0.0 && *baseline < 1.0) => Err(Why::NoVariance),
            Self::Mean { sd, .. } if !(*sd > 0.0 && sd.is_finite()) => Err(Why::NoVariance),
            Self::Mean { mean, .. } if *mean <= 0.0 => Err(Why::MeanNotPositive),
            _ => Ok(()),
        }
    }
}

/// A planned comparison of one treatment with its control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sizing {
    /// What is measured.
    pub outcome: Outcome,
    /// How it is judged.
    pub engine: Engine,
    /// One minus the coverage, of the whole experiment.
    pub alpha: f64,
    /// Which alternatives count.
    pub tail: Tail,
    /// The probability wanted of seeing an effect.
    pub power: f64,
    /// The control's share of the units.
    pub control: f64,
    /// The treatment's share of the units.
    pub treatment: f64,
    /// How many arms there are, the control included; every further primary metric counts as the treatments once more, since α is
    /// shared by primary metrics times treatments.
    pub arms: u32,
    /// How well what came before tells the metric, where it is adjusted for: a correlation.
    pub rho: f64,
}

impl Sizing {
    /// Two even arms, two-sided at 5 %, one look, power 80 %.
    #[must_use]
    pub fn even(outcome: Outcome) -> Self {
        Self {
            outcome,
            engine: Engine::Fixed,
            alpha: 0.05,
            tail: Tail::Two,
            power: 0.8,
            control: 0.5,
            treatment: 0.5,
            arms: 2,
            rho: 0.0,
        }
    }

    /// As a design plans it, for its smallest treatment.
    #[must_use]
    pub fn of(design: &Design, outcome: Outcome) -> Self {
        let weights: Vec<f64> = design.weights().collect();
        let plan = design.plan();
        Self {
            outcome,
            engine: plan.engine,
            alpha: plan.alpha,
            tail: plan.tail,
            power: design.criteria.power,
            control: weights.first().copied().unwrap_or(0.5),
            treatment: weights.iter().skip(1).copied().fold(f64::INFINITY, f64::min),
            arms: (design.metrics.primary.len().max(1) * weights.len().saturating_sub(1)) as u32 + 1,
            rho: 0.0,
        }
    }

    /// The power at so many units.
    ///
    /// # Errors
    /// The outcome has no variance or no positive mean, the effect is impossible, or there are too few units to speak of.
    pub fn power_at(&self, relative: f64, units: f64) -> Result<f64, Why> {
        self.outcome.check()?;
        let control = units * self.control;
        match self.believed() {
            Some(planned) => planned.power(relative, control),
            None => self.setup().power(relative * self.outcome.mean(), control),
        }
    }

    /// The smallest relative effect that so many units show with the power wanted, without its sign.
    ///
    /// # Errors
    /// As for [`Sizing::power_at`], or when not even the largest possible change would be seen.
    pub fn detectable(&self, units: f64) -> Result<f64, Why> {
        self.outcome.check()?;
        if let Some(planned) = self.believed() {
            return planned.detectable(units * self.control, self.power);
        }
        let effect = self.setup().detectable(units * self.control, self.power)?;
        Ok((effect / self.outcome.mean()).abs())
    }

    /// The units at which a relative effect is seen with the power wanted.
    ///
    /// # Errors
    /// As for [`Sizing::power_at`], or when the effect is zero or impossible.
    pub fn needed(&self, relative: f64) -> Result<f64, Why> {
        self.outcome.check()?;
        let control = match self.believed() {
            Some(planned) => planned.sample_size(relative, self.power)?,
            None => self.setup().sample_size(relative * self.outcome.mean(), self.power)?,
        };
        Ok(control / self.control)
    }

    /// The same where a posterior decides; none for a test.
    fn believed(&self) -> Option<Planned> {
        let Engine::Bayesian { prior, risk } = self.engine else { return None };
        Some(Planned {
            credible: Credible { prior, alpha: self.alpha, risk },
            outcome: self.measured(),
            mean: self.outcome.mean(),
            ratio: self.treatment / self.control,
            rho: self.rho,
        })
    }

    fn measured(&self) -> power::Outcome {
        match self.outcome {
            Outcome::Proportion { baseline } => power::Outcome::Proportion { baseline },
            Outcome::Mean { sd, .. } => power::Outcome::Mean { sd },
        }
    }

    fn setup(&self) -> Setup {
        let outcome = self.measured();
        let looks = match self.engine {
            Engine::Fixed | Engine::Bayesian { .. } => Looks::Once,
            Engine::Sequential { tuning } => Looks::Always { tuning: Some(tuning) },
        };
        Setup {
            alpha: self.alpha,
            tail: self.tail,
            ratio: self.treatment / self.control,
            arms: self.arms,
            rho: self.rho,
            looks,
            ..Setup::new(outcome)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_PERCENT: Outcome = Outcome::Proportion { baseline: 0.1 };

    #[test]
    fn textbook_sizes_come_out() {
        // 10 % against 12 %: 3,839 per arm by the unpooled normal formula.
        let needed = Sizing::even(TEN_PERCENT).needed(0.2).unwrap();
        assert!((needed / 2.0 - 3_838.9).abs() < 1.0, "{needed}");
        // A tenth of a standard deviation: 1,570 per arm.
        let mean = Sizing::even(Outcome::Mean { mean: 1.0, sd: 1.0 }).needed(0.1).unwrap();
        assert!((mean / 2.0 - 1_570.7).abs() < 1.0, "{mean}");
    }

    #[test]
    fn the_three_questions_agree() {
        for engine in [Engine::Fixed, Engine::Sequential { tuning: 5_000.0 }, Engine::bayesian()] {
            let sizing = Sizing { engine, control: 0.3, treatment: 0.7, ..Sizing::even(TEN_PERCENT) };
            let needed = sizing.needed(0.2).unwrap();
            assert!((sizing.power_at(0.2, needed).unwrap() - 0.8).abs() < 2e-3);
            assert!((sizing.detectable(needed).unwrap() - 0.2).abs() < 1e-3);
        }
    }

    #[test]
    fn a_second_primary_metric_shares_the_level() {
        let mut design = Design::read(super::super::tests::TEXT).unwrap();
        let one = Sizing::of(&design, TEN_PERCENT);
        design.metrics.primary.extend(design.metrics.primary.clone());
        let two = Sizing::of(&design, TEN_PERCENT);
        assert_eq!(two.arms - 1, 2 * (one.arms - 1));
        assert!(two.needed(0.2).unwrap() > one.needed(0.2).unwrap());
    }

    #[test]
    fn always_valid_costs_more_than_one_look() {
        let fixed = Sizing::even(TEN_PERCENT);
        let always = Sizing { engine: Engine::Sequential { tuning: 8_000.0 }, ..fixed };
        assert!(always.needed(0.2).unwrap() > fixed.needed(0.2).unwrap());
    }

    #[test]
    fn adjusting_takes_fewer_people() {
        let plain = Sizing::even(Outcome::Mean { mean: 1.0, sd: 4.0 });
        let adjusted = Sizing { rho: 0.5, ..plain };
        let saved = adjusted.needed(0.2).unwrap() / plain.needed(0.2).unwrap();
        assert!((saved - 0.75).abs() < 0.01, "CUPED leaves 1 − ρ² of the variance: {saved}");
    }

    #[test]
    fn what_cannot_be_said_is_a_reason() {
        let nobody = Sizing::even(Outcome::Proportion { baseline: 0.0 });
        assert_eq!(nobody.detectable(1_000.0), Err(Why::NoVariance));
        let sizing = Sizing::even(TEN_PERCENT);
        assert!(matches!(sizing.power_at(0.1, 3.0), Err(Why::TooFew { .. })));
        assert!(Sizing::even(Outcome::Proportion { baseline: 0.7 }).detectable(6.0).is_err());
        assert!(
            sizing.needed(0.0).is_err() && sizing.needed(f64::NAN).is_err() && sizing.needed(20.0).is_err()
        );
    }
}
