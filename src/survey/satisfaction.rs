//! Top-box satisfaction by moment: one answer per person per moment (the latest), beside how many were asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Time;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Whose, as a row number.
    pub person: u32,
    /// When.
    pub at: Time,
    /// Whether it is within the top box.
    pub satisfied: bool,
}

/// What is known of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// People a survey reached, each once.
    asked: BTreeSet<u32>,
    /// The latest answer of each person.
    latest: BTreeMap<u32, (Time, bool)>,
}

impl Tally {
    /// Takes note of a survey that reached a person.
    pub fn ask(&mut self, person: u32) {
        self.asked.insert(person);
    }

    /// People asked: who could have answered.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.len() as u64
    }

    /// Takes an answer; a later one of the same person replaces it.
    pub fn answer(&mut self, answer: Answer) {
        let entry = self.latest.entry(answer.person).or_insert((answer.at, answer.satisfied));
        if answer.at >= entry.0 {
            *entry = (answer.at, answer.satisfied);
        }
    }

    /// People who answered.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.latest.len() as u64
    }

    /// Of those, the satisfied ones.
    #[must_use]
    pub fn satisfied(&self) -> u64 {
        self.latest.values().filter(|(_, satisfied)| *satisfied).count() as u64
    }

    /// Satisfied and all answers by UTC day, in order.
    #[must_use]
    pub fn by_day(&self) -> BTreeMap<i64, (u64, u64)> {
        let mut days = BTreeMap::new();
        for (at, satisfied) in self.latest.values() {
            let day: &mut (u64, u64) = days.entry(at.day()).or_default();
            day.0 += u64::from(*satisfied);
            day.1 += 1;
        }
        days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_answer_of_a_person_counts_once() {
        let mut tally = Tally::default();
        for (person, at, satisfied) in [(1, 10, true), (1, 20, false), (2, 10, true), (1, 15, true)] {
            tally.answer(Answer { person, at: Time(at), satisfied });
        }
        assert_eq!((tally.answers(), tally.satisfied()), (2, 1));
    }
}
