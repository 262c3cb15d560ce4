//! What a design can expect from the people a workspace has: how long it takes, what it can see, and how that grows.

use serde::Serialize;

use super::size::Sizing;
use super::{Design, Outcome};
use crate::model::Span;
use crate::stats::Why;

/// The longest wait that is worth saying.
const MOST_WEEKS: u32 = 104;

/// How many different people come by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// People it is for who are known now: all there are for a message to a list.
    pub known: u64,
    /// Different people who did something in the newest week, the newest two weeks, and so on.
    pub by_week: Vec<u64>,
}

impl Reach {
    /// Different people after so many weeks. Beyond what was seen, as many new ones come each week as in the later half of it.
    #[must_use]
    pub fn after(&self, weeks: u32) -> f64 {
        let seen = self.by_week.len();
        let index = (weeks as usize).min(seen);
        let Some(people) = index.checked_sub(1).and_then(|index| self.by_week.get(index)) else { return 0.0 };
        let beyond = f64::from(weeks) - seen as f64;
        let people = *people as f64;
        if beyond <= 0.0 { people } else { people + beyond * self.new_each_week() }
    }

    fn new_each_week(&self) -> f64 {
        let seen = self.by_week.len();
        let half = seen / 2;
        match (self.by_week.last(), half.checked_sub(1).and_then(|index| self.by_week.get(index))) {
            (Some(last), Some(middle)) => last.saturating_sub(*middle) as f64 / (seen - half) as f64,
            // A single week tells nothing about who is new.
            _ => 0.0,
        }
    }
}

/// How people come into an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intake {
    /// All at once: a list is assigned and written to.
    AtOnce,
    /// As they come by.
    AsTheyCome,
}

/// What is known of a metric before the experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// What it looks like.
    pub outcome: Outcome,
    /// How well what came before tells it, where it will be adjusted for: a correlation.
    pub rho: f64,
    /// How long a person is watched.
    pub window: Span,
    /// Whether less of it is better.
    pub lower: bool,
    /// Whether a power curve is wanted.
    pub curve: bool,
}

/// What a metric can expect.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The smallest relative effect worth acting on, with its sign, where the design names one.
    pub wanted: Option<f64>,
    /// People in all arms needed to see it.
    pub needed: Option<Result<f64, Why>>,
    /// Weeks until the answer, the metric's window included; none within two years.
    pub weeks: Option<Option<u32>>,
    /// The smallest relative effect seen with everybody who takes part as planned.
    pub detectable: Result<f64, Why>,
    /// How it grows with people.
    pub curve: Vec<Step>,
}

/// One point of a power curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// People in all arms.
    pub units: u64,
    /// Weeks until so many have come, where people come as they go by.
    pub weeks: Option<u32>,
    /// The probability of seeing the wanted effect.
    pub power: Option<f64>,
    /// The smallest relative effect seen with the power wanted.
    pub detectable: Option<f64>,
}

impl Design {
    /// Whether its people come all at once.
    #[must_use]
    pub fn intake(&self) -> Intake {
        let sends = self.variants.iter().any(|variant| variant.hold_back || variant.experience.is_some());
        if sends || self.send.is_some() { Intake::AtOnce } else { Intake::AsTheyCome }
    }

    /// The share of people who take part: coverage within the layer's part, without those held out.
    #[must_use]
    pub fn share(&self) -> f64 {
        let part = self.layer.as_ref().map_or(1.0, |layer| layer.to - layer.from);
        let free = 1.0 - self.holdout.as_ref().map_or(0.0, |holdout| holdout.share);
        self.coverage.clamp(0.0, 1.0) * part * free
    }

    /// People who take part after so many weeks.
    #[must_use]
    pub fn units(&self, reach: &Reach, weeks: u32) -> f64 {
        self.share()
            * match self.intake() {
                Intake::AtOnce => reach.known as f64,
                Intake::AsTheyCome => reach.after(weeks),
            }
    }

    /// Weeks it runs as planned, whole ones and never fewer than its minimum.
    #[must_use]
    pub fn planned_weeks(&self) -> u32 {
        self.planned_days.div_ceil(7).max(self.minimum_weeks)
    }

    /// What a metric can expect.
    #[must_use]
    pub fn outlook(&self, asked: &Asked, reach: &Reach) -> Outlook {
        let Asked { outcome, rho, window, lower, curve } = *asked;
        let sizing = Sizing { rho, ..Sizing::of(self, outcome) };
        let planned = self.units(reach, self.planned_weeks());
        let wanted = self.criteria.effect.map(|effect| if lower { -effect } else { effect });
        let needed = wanted.map(|effect| sizing.needed(effect));
        let weeks =
            needed.as_ref().map(|needed| needed.as_ref().ok().and_then(|n| self.weeks(*n, window, reach)));
        Outlook {
            wanted,
            weeks,
            detectable: sizing.detectable(planned),
            curve: if curve { self.curve(&sizing, wanted, planned, reach) } else { Vec::new() },
            needed,
        }
    }

    /// Weeks until so many people have come and been watched.
    fn weeks(&self, needed: f64, window: Span, reach: &Reach) -> Option<u32> {
        let watched = (window.as_days() / 7.0).ceil() as u32;
        let come = match self.intake() {
            Intake::AtOnce if self.units(reach, 1) >= needed => Some(0),
            Intake::AtOnce => None,
            Intake::AsTheyCome => (1..=MOST_WEEKS).find(|weeks| self.units(reach, *weeks) >= needed),
        };
        come.map(|weeks| (weeks + watched).max(self.minimum_weeks))
    }

    fn curve(&self, sizing: &Sizing, wanted: Option<f64>, planned: f64, reach: &Reach) -> Vec<Step> {
        let step = |units: f64, weeks: Option<u32>| Step {
            units: units.round() as u64,
            weeks,
            power: wanted.and_then(|effect| sizing.power_at(effect, units).ok()),
            detectable: sizing.detectable(units).ok(),
        };
        match self.intake() {
            Intake::AtOnce => {
                [0.25, 0.5, 1.0, 2.0, 4.0, 8.0].map(|times| step(planned * times, None)).to_vec()
            }
            Intake::AsTheyCome => [1, 2, 3, 4, 6, 8, 12, 16, 26, 52]
                .map(|weeks| step(self.units(reach, weeks), Some(weeks)))
                .to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::TEXT;
    use super::*;

    fn reach() -> Reach {
        Reach { known: 800, by_week: vec![100, 180, 240, 280] }
    }

    fn asked(baseline: f64) -> Asked {
        let outcome = Outcome::Proportion { baseline };
        Asked { outcome, rho: 0.0, window: Span::days(14), lower: false, curve: true }
    }

    #[test]
    fn people_come_as_they_came_and_then_at_the_later_pace() {
        let reach = reach();
        assert_eq!([0, 1, 4, 6].map(|weeks| reach.after(weeks) as u64), [0, 100, 280, 380]);
        assert!(Reach { known: 5, by_week: vec![3] }.after(10) < 4.0);
        assert!(Reach::default().after(10).abs() < 1e-12);
    }

    #[test]
    fn a_list_is_there_at_once_and_visitors_take_weeks() {
        let mut design = Design::read(TEXT).unwrap();
        design.criteria.effect = Some(1.0);
        let asked = asked(0.1);
        let visitors = design.outlook(&asked, &reach());
        assert_eq!(design.intake(), Intake::AsTheyCome);
        let needed = visitors.needed.unwrap().unwrap();
        let weeks = visitors.weeks.unwrap().unwrap();
        assert!(design.units(&reach(), weeks - 2) >= needed && design.units(&reach(), weeks - 3) < needed);
        assert!(visitors.curve.windows(2).all(|two| two[0].power <= two[1].power));
        design.variants[0].hold_back = true;
        let list = design.outlook(&asked, &reach());
        assert_eq!((design.intake(), list.weeks), (Intake::AtOnce, Some(Some(2))));
        design.coverage = 0.1;
        assert_eq!(design.outlook(&asked, &reach()).weeks, Some(None));
    }

    #[test]
    fn nothing_is_expected_of_a_metric_that_never_moves() {
        let design = Design::read(TEXT).unwrap();
        let outlook = design.outlook(&asked(0.0), &reach());
        assert_eq!(outlook.detectable, Err(Why::NoVariance));
        assert!(outlook.curve.iter().all(|step| step.detectable.is_none()));
    }
}
