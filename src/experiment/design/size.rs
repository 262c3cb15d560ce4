//! How many units a comparison needs, what it can see with those it has, and how likely it is to see it. Effects are relative to
//! the baseline, sizes are of all arms together.

use super::Design;
use crate::stats::{Engine, Tail, Why, sequential, student};

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

    fn check(&self) -> Result<(), Why> {
        match self {
            Self::Proportion { baseline } if !(*baseline > 0.0 && *baseline < 1.0) => Err(Why::NoVariance),
            Self::Mean { sd, .. } if !(*sd > 0.0 && sd.is_finite()) => Err(Why::NoVariance),
            Self::Mean { mean, .. } if *mean <= 0.0 => Err(Why::MeanNotPositive),
            _ => Ok(()),
        }
    }

    /// The variance of one unit after a relative change.
    fn variance(&self, relative: f64) -> f64 {
        match self {
            Self::Proportion { baseline } => {
                let share = (baseline * (1.0 + relative)).clamp(0.0, 1.0);
                share * (1.0 - share)
            }
            Self::Mean { sd, .. } => sd * sd,
        }
    }

    /// The largest relative change there can be.
    fn largest(&self) -> f64 {
        match self {
            Self::Proportion { baseline } => (1.0 - baseline) / baseline,
            Self::Mean { .. } => 1e3,
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
    /// How many arms there are, the control included.
    pub arms: u32,
}

/// Units beyond which no number is of use.
const MOST: f64 = 1e12;

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
            arms: weights.len() as u32,
        }
    }

    /// The power at so many units.
    ///
    /// # Errors
    /// The outcome has no variance or no positive mean, or there are too few units to speak of.
    pub fn power_at(&self, relative: f64, units: f64) -> Result<f64, Why> {
        self.outcome.check()?;
        self.enough(units)?;
        Ok(self.power_of(relative, units))
    }

    /// The smallest relative effect that so many units show with the power wanted.
    ///
    /// # Errors
    /// As for [`Sizing::power_at`], or when not even the largest possible change would be seen.
    pub fn detectable(&self, units: f64) -> Result<f64, Why> {
        self.outcome.check()?;
        self.enough(units)?;
        let largest = self.outcome.largest();
        if self.power_of(largest, units) < self.power {
            return Err(other("not even the largest possible change would be seen with so few people"));
        }
        Ok(root(0.0, largest, |effect| self.power_of(effect, units) - self.power))
    }

    /// The units at which a relative effect is seen with the power wanted.
    ///
    /// # Errors
    /// As for [`Sizing::power_at`], or when the effect is zero or impossible.
    pub fn needed(&self, relative: f64) -> Result<f64, Why> {
        self.outcome.check()?;
        if relative == 0.0 || relative > self.outcome.largest() || relative < -1.0 || relative.is_nan() {
            return Err(other("no number of people shows an effect that is zero or impossible"));
        }
        let reached = |log: f64| self.power_of(relative, log.exp()) - self.power;
        if reached(MOST.ln()) < 0.0 {
            return Err(other("it would take more people than there are"));
        }
        Ok(root(4_f64.ln(), MOST.ln(), reached).exp())
    }

    fn enough(&self, units: f64) -> Result<(), Why> {
        let smallest = units * self.control.min(self.treatment);
        if smallest >= 2.0 {
            return Ok(());
        }
        Err(Why::TooFew { what: "people per arm".to_owned(), have: smallest.max(0.0) as u64, need: 2 })
    }

    /// Both arms with their own variance and the normal law (Chow, Shao and Wang 2008, "Sample Size Calculations in Clinical
    /// Research", section 4.2), at the width the engine has at that size.
    fn power_of(&self, relative: f64, units: f64) -> f64 {
        let (control, treatment) = (units * self.control, units * self.treatment);
        let variance = self.outcome.variance(0.0) / control + self.outcome.variance(relative) / treatment;
        let z = relative.abs() * self.outcome.mean() / variance.sqrt();
        let alpha = self.alpha / f64::from(self.arms.max(2) - 1);
        let width = match (self.engine, self.tail) {
            (Engine::Fixed, Tail::Two) => student::normal_upper_quantile(alpha / 2.0),
            (Engine::Fixed, _) => student::normal_upper_quantile(alpha),
            (Engine::Sequential { tuning }, tail) => {
                sequential::half_width((control + treatment).ceil() as u64, alpha, tuning, tail)
            }
        };
        let tail = |z: f64| student::upper_tail(z, NORMAL);
        let wrong_side = if self.tail == Tail::Two { tail(width + z) } else { 0.0 };
        tail(width - z) + wrong_side
    }
}

/// Degrees of freedom at which Student's law is the normal one.
const NORMAL: f64 = 1e9;

fn other(reason: &str) -> Why {
    Why::Other { reason: reason.to_owned() }
}

/// Where an increasing function crosses zero between two ends.
fn root(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..80 {
        let middle = low.midpoint(high);
        if function(middle) < 0.0 { low = middle } else { high = middle }
    }
    high
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
        assert!((mean / 2.0 - 1_569.8).abs() < 1.0, "{mean}");
    }

    #[test]
    fn the_three_questions_agree() {
        for engine in [Engine::Fixed, Engine::Sequential { tuning: 5_000.0 }] {
            let sizing = Sizing { engine, control: 0.3, treatment: 0.7, ..Sizing::even(TEN_PERCENT) };
            let needed = sizing.needed(0.2).unwrap();
            assert!((sizing.power_at(0.2, needed).unwrap() - 0.8).abs() < 1e-3);
            assert!((sizing.detectable(needed).unwrap() - 0.2).abs() < 1e-3);
        }
    }

    #[test]
    fn always_valid_costs_more_than_one_look() {
        let fixed = Sizing::even(TEN_PERCENT);
        let always = Sizing { engine: Engine::Sequential { tuning: 8_000.0 }, ..fixed };
        assert!(always.needed(0.2).unwrap() > fixed.needed(0.2).unwrap());
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
