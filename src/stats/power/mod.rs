//! How many people a test needs, what it can see with those it has, and how likely it is to see it.
//!
//! A [`Setup`] knows the standard error of the effect at any size; one look at a planned end is answered in closed
//! form, an always-valid test by playing its real boundary ([`always_valid`]), a Bayesian plan by what convinces its posterior
//! ([`credible`]). Sizes are unrounded.

pub mod always_valid;
pub mod credible;
pub mod running;

use serde::{Deserialize, Serialize};

use self::always_valid::Paths;
use super::fixed::Tail;
use super::reading::Why;
use super::{noncentral, student};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Outcome {
    /// A share, `baseline` in the control.
    Proportion {
        /// The control's share.
        baseline: f64,
    },
    /// A number per unit, or a ratio by its linearised contributions.
    Mean {
        /// Standard deviation of one unit's contribution, the same in both arms.
        sd: f64,
    },
}

/// By which law the test statistic is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The normal law with the variances of both arms (Chow, Shao and Wang 2008, "Sample Size Calculations in Clinical Research",
    /// section 4.2).
    Normal,
    /// Proportions with the pooled variance under no effect (Fleiss, Levin and Paik 2003, "Statistical Methods for Rates and
    /// Proportions", equation 4.14): what the classic z test does.
    Pooled,
    /// Proportions on the arcsine scale (Cohen 1988, "Statistical Power Analysis", section 6.2).
    Arcsine,
    /// Student's noncentral t (Cohen 1988, section 2.2, and statsmodels' `TTestIndPower`), for means.
    T,
}

/// A planned comparison of one treatment with its control.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// What is measured.
    pub outcome: Outcome,
    /// The law of the test statistic.
    pub method: Method,
    /// One minus the coverage, of the whole experiment.
    pub alpha: f64,
    /// Which alternatives count.
    pub tail: Tail,
    /// Treatment units per control unit.
    pub ratio: f64,
    /// Arms with the control. Each treatment is tested at α / (arms − 1), the first step of Holm's procedure.
    pub arms: u32,
    /// Correlation with a covariate known before: CUPED leaves 1 − ρ² of the variance.
    pub rho: f64,
    /// One look or any number of looks.
    pub looks: Looks,
}

/// How often the data may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Looks {
    /// Once, at the planned end.
    Once,
    /// Always, by the asymptotic confidence sequence.
    Always {
        /// N*: the total at which the boundary is tightest; the planned total where none is said.
        tuning: Option<f64>,
    },
}

/// Below this many units in an arm there is no variance to judge by.
const FEWEST: f64 = 2.0;
/// More people than live on Earth is no plan.
const MOST: f64 = 1e12;

impl Setup {
    /// Two arms of equal size, one look at 5 %, both tails.
    #[must_use]
    pub fn new(outcome: Outcome) -> Self {
        let method = match outcome {
            Outcome::Proportion { .. } => Method::Normal,
            Outcome::Mean { .. } => Method::T,
        };
        let (tail, looks) = (Tail::Two, Looks::Once);
        Self { outcome, method, alpha: 0.05, tail, ratio: 1.0, arms: 2, rho: 0.0, looks }
    }

    /// The probability of seeing an absolute effect with `n` control units.
    ///
    /// # Errors
    /// What makes the question meaningless.
    pub fn power(&self, effect: f64, n: f64) -> Result<f64, Why> {
        self.check()?;
        self.check_size(n)?;
        let shift = self.shift(effect)?;
        Ok(self.power_at(&shift, n))
    }

    /// How many control units show an absolute effect with this power, unrounded; the treatment needs [`Setup::ratio`] times it.
    ///
    /// # Errors
    /// What makes the question meaningless, and that no number of units is enough.
    pub fn sample_size(&self, effect: f64, power: f64) -> Result<f64, Why> {
        self.check()?;
        self.check_power(power)?;
        let shift = self.shift(effect)?;
        if effect == 0.0 {
            return Err(other("no number of units shows an effect of zero"));
        }
        let reached = |n: f64| self.power_at(&shift, n) - power;
        let least = (FEWEST / self.ratio.min(1.0)).max(3.0 / (1.0 + self.ratio));
        if reached(least) >= 0.0 {
            return Ok(least);
        }
        let most = MOST / self.ratio.max(1.0);
        if reached(most) < 0.0 {
            return Err(other(
                "no number of units shows this effect: it lies on the side the test does not look at, or is too small",
            ));
        }
        Ok(root(|logarithm| reached(logarithm.exp()), least.ln(), most.ln()).exp())
    }

    /// The smallest absolute effect that `n` control units show with this power; below zero where only a lower treatment counts.
    ///
    /// # Errors
    /// What makes the question meaningless, and that no effect is large enough to be seen.
    pub fn detectable(&self, n: f64, power: f64) -> Result<f64, Why> {
        self.check()?;
        self.check_power(power)?;
        self.check_size(n)?;
        let sign = if self.tail == Tail::Less { -1.0 } else { 1.0 };
        let reached =
            |effect: f64| self.shift(sign * effect).map_or(1.0, |shift| self.power_at(&shift, n)) - power;
        let most = self.largest_effect(sign, n);
        if reached(most) < 0.0 {
            return Err(other("no effect is large enough to be seen with so few units"));
        }
        Ok(sign * root(reached, 0.0, most))
    }

    fn largest_effect(&self, sign: f64, n: f64) -> f64 {
        match self.outcome {
            // A hair inside, where the variance of the treatment still exists.
            Outcome::Proportion { baseline } if sign > 0.0 => (1.0 - baseline) * (1.0 - 1e-9),
            Outcome::Proportion { baseline } => baseline * (1.0 - 1e-9),
            Outcome::Mean { sd } => 1e4 * sd * (1.0 / n + 1.0 / (n * self.ratio)).sqrt(),
        }
    }

    /// α of one comparison.
    #[must_use]
    pub fn alpha_each(&self) -> f64 {
        self.alpha / f64::from(self.arms.max(2) - 1)
    }

    fn check(&self) -> Result<(), Why> {
        let proportion = matches!(self.outcome, Outcome::Proportion { .. });
        let outcome = match self.outcome {
            Outcome::Proportion { baseline } => {
                (baseline > 0.0 && baseline < 1.0, "the baseline of a proportion lies between 0 and 1")
            }
            Outcome::Mean { sd } => {
                (sd > 0.0 && sd.is_finite(), "a mean needs its standard deviation, above zero")
            }
        };
        let fits = match self.method {
            Method::Normal => true,
            Method::Pooled | Method::Arcsine => proportion,
            Method::T => !proportion,
        };
        let looks = match self.looks {
            Looks::Once | Looks::Always { tuning: None } => true,
            Looks::Always { tuning: Some(tuning) } => tuning > 0.0 && tuning.is_finite(),
        };
        let checks = [
            (self.alpha > 0.0 && self.alpha < 0.5, "alpha must lie between 0 and 0.5"),
            ((1e-6..=1e6).contains(&self.ratio), "the ratio of treatment to control must be positive"),
            ((2..=1000).contains(&self.arms), "a test has between 2 and 1000 arms"),
            (self.rho.abs() < 1.0, "a correlation lies between -1 and 1"),
            outcome,
            (fits, "pooled and arcsine are for proportions, t is for means"),
            (looks, "the tuning of a sequential plan must be positive"),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, reason)| Err(other(reason)))
    }

    fn check_size(&self, n: f64) -> Result<(), Why> {
        let least = n.min(n * self.ratio);
        if least >= FEWEST && n <= MOST {
            Ok(())
        } else if least < FEWEST {
            Err(Why::TooFew { what: "units per arm".to_owned(), have: least.max(0.0) as u64, need: 2 })
        } else {
            Err(other("n must be a number of people"))
        }
    }

    fn check_power(&self, power: f64) -> Result<(), Why> {
        if power > self.alpha && power < 1.0 {
            Ok(())
        } else {
            Err(other("power must lie above alpha and below 1"))
        }
    }

    /// The effect and the errors of one unit, or why it cannot be.
    fn shift(&self, effect: f64) -> Result<Shift, Why> {
        if !effect.is_finite() {
            return Err(other("the effect must be a number"));
        }
        let left = 1.0 - self.rho * self.rho;
        let per = |control: f64, treatment: f64| control + treatment / self.ratio;
        match self.outcome {
            Outcome::Mean { sd } => {
                let unit = (left * per(sd * sd, sd * sd)).sqrt();
                Ok(Shift { effect, under_none: unit, under_effect: unit })
            }
            Outcome::Proportion { baseline } => {
                let treated = baseline + effect;
                if !(treated > 0.0 && treated < 1.0) {
                    return Err(other("the treatment's share must lie between 0 and 1"));
                }
                let variance = |p: f64| left * p * (1.0 - p);
                let unpooled = per(variance(baseline), variance(treated)).sqrt();
                Ok(match self.method {
                    Method::Arcsine => {
                        let distance = 2.0 * (treated.sqrt().asin() - baseline.sqrt().asin());
                        let unit = (left * per(1.0, 1.0)).sqrt();
                        Shift { effect: distance, under_none: unit, under_effect: unit }
                    }
                    Method::Pooled => {
                        let pooled = (baseline + self.ratio * treated) / (1.0 + self.ratio);
                        let unit = per(variance(pooled), variance(pooled)).sqrt();
                        Shift { effect, under_none: unit, under_effect: unpooled }
                    }
                    Method::Normal | Method::T => {
                        Shift { effect, under_none: unpooled, under_effect: unpooled }
                    }
                })
            }
        }
    }

    /// Power at a shift with `n` control units.
    fn power_at(&self, shift: &Shift, n: f64) -> f64 {
        let delta = shift.effect / shift.under_effect * n.sqrt();
        let alpha = self.alpha_each();
        match self.looks {
            Looks::Once => fixed(self, shift, delta, n, alpha),
            Looks::Always { tuning } => {
                let total = n * (1.0 + self.ratio);
                Paths::shared().power(delta, total, alpha, tuning.unwrap_or(total), self.tail)
            }
        }
    }
}

/// An effect with its standard error at one control unit: that assumed by the test and the true one.
struct Shift {
    effect: f64,
    under_none: f64,
    under_effect: f64,
}

fn fixed(setup: &Setup, shift: &Shift, delta: f64, n: f64, alpha: f64) -> f64 {
    let freedom = if setup.method == Method::T { n * (1.0 + setup.ratio) - 2.0 } else { f64::INFINITY };
    let stretch = shift.under_none / shift.under_effect;
    let critical = |share: f64| stretch * student::upper_quantile(share, freedom);
    let beyond = |critical: f64, delta: f64| noncentral::upper_tail(critical, freedom, delta);
    match setup.tail {
        Tail::Two => {
            let critical = critical(alpha / 2.0);
            beyond(critical, delta) + beyond(critical, -delta)
        }
        Tail::Greater => beyond(critical(alpha), delta),
        Tail::Less => beyond(critical(alpha), -delta),
    }
}

/// Where a rising function crosses zero between two ends of different sign, by bisection that trusts the secant while it is
/// inside (Dowell and Jarratt 1971, BIT 11:168, "Illinois").
fn root(f: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut a, mut b) = (low, high);
    let (mut at_a, mut at_b) = (f(a), f(b));
    for step in 0..200 {
        let secant = b - at_b * (b - a) / (at_b - at_a);
        let inside = secant > a && secant < b && step % 3 != 2;
        let middle = if inside { secant } else { 0.5 * (a + b) };
        let at = f(middle);
        if at < 0.0 {
            (a, at_a) = (middle, at);
            at_b *= 0.5;
        } else {
            (b, at_b) = (middle, at);
            at_a *= 0.5;
        }
        if (b - a).abs() <= 1e-12 * b.abs().max(1e-300) {
            break;
        }
    }
    0.5 * (a + b)
}

fn other(reason: &str) -> Why {
    Why::Other { reason: reason.to_owned() }
}
