//! A question about people, as numbers ask it.

use super::{FEW, Help, MOST_WEEKS, Question, Scale, WANTED, Withheld};
use crate::experiment::design::{Outcome, Sizing};
use crate::panel::figures;
use crate::stats::Why;

/// A question about people, before its helps.
pub(super) struct Asked<'a> {
    pub(super) id: String,
    pub(super) question: String,
    pub(super) outcome: Result<Outcome, Why>,
    /// People after so many weeks; the same for all where they come at once.
    pub(super) units: Box<dyn Fn(u32) -> f64 + 'a>,
    /// Weeks it is thought to run.
    pub(super) runs: u32,
    /// Weeks added until everybody was watched.
    pub(super) watched: u32,
}

impl Asked<'_> {
    fn sizing(&self) -> Option<Sizing> {
        self.outcome.as_ref().ok().map(|outcome| Sizing::even(*outcome))
    }

    /// The smallest effect so many people show; a share that is expected of too few people in an arm tells nothing.
    pub(super) fn detectable(&self, units: f64) -> Result<f64, Why> {
        let outcome = self.outcome.clone()?;
        if let Outcome::Proportion { baseline } = outcome {
            let expected = baseline * units / 2.0;
            if expected < FEW {
                let what = "expected of it in each arm".to_owned();
                return Err(Why::TooFew { what, have: expected as u64, need: FEW as u64 });
            }
        }
        Sizing::even(outcome).detectable(units)
    }

    fn needed(&self) -> Option<f64> {
        self.sizing().and_then(|sizing| sizing.needed(WANTED).ok())
    }

    fn weeks(&self, needed: f64) -> Option<u32> {
        (1..=MOST_WEEKS).find(|weeks| (self.units)(*weeks) >= needed).map(|weeks| weeks + self.watched)
    }

    pub(super) fn answer(self, helps: Vec<Help>) -> Question {
        let units = (self.units)(self.runs);
        let detectable = self.detectable(units);
        let needed = self.needed();
        let weeks = needed.and_then(|needed| self.weeks(needed));
        let sentence = said(&detectable, units, needed, weeks);
        Question {
            id: self.id,
            question: self.question,
            baseline: self.outcome.as_ref().ok().map(Outcome::mean),
            units: Some(units.round() as u64),
            scale: Scale::Relative,
            detectable: detectable.as_ref().ok().copied(),
            wanted: WANTED,
            needed: needed.map(|needed| needed.ceil() as u64),
            weeks,
            sentence,
            helps,
            withheld: detectable.as_ref().err().map(withheld),
        }
    }
}

pub(super) fn withheld(why: &Why) -> Withheld {
    Withheld { code: why.code().to_owned(), reason: why.sentence() }
}

fn said(detectable: &Result<f64, Why>, units: f64, needed: Option<f64>, weeks: Option<u32>) -> String {
    let people = figures::plural(units.round() as u64, "person", "people");
    let sees = match detectable {
        Ok(effect) if *effect >= 1.0 => {
            format!("{people} show it only if it changes by {} or more", figures::percent(*effect))
        }
        Ok(effect) => format!("{people} show a change by {} or more", figures::percent(*effect)),
        Err(why) => return format!("Nothing can be said: {}.", why.sentence()),
    };
    let wanted = figures::percent(WANTED);
    match (needed, weeks) {
        (Some(_), Some(weeks)) => {
            format!(
                "{sees}; a change by {wanted} is seen after {}.",
                figures::plural(u64::from(weeks), "week", "weeks")
            )
        }
        (Some(needed), None) => {
            format!(
                "{sees}; a change by {wanted} needs {} people, more than there will be.",
                figures::count(needed.ceil() as u64)
            )
        }
        (None, _) => format!("{sees}."),
    }
}
