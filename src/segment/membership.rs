//! Who is in a segment, and a count beside every clause.

use serde::Serialize;

use crate::frame::{Answer, Bitmap, Frame, evaluate};
use crate::model::Person;
use crate::rule::{Explanation, Plan, Point};

/// A clause with how many people it holds for by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClauseCount {
    /// The clause's text.
    pub clause: String,
    /// People it holds for.
    pub count: u64,
    /// People it is unknown for.
    pub unknown: u64,
}

/// A plan's members at a point.
#[derive(Debug, Clone)]
pub struct Membership {
    answer: Answer,
    clauses: Vec<ClauseCount>,
}

impl Membership {
    /// Asks everybody.
    #[must_use]
    pub fn of(frame: &Frame, plan: &Plan, point: Point, threads: usize) -> Self {
        let answer = evaluate(frame, plan, point, threads);
        let clauses = plan
            .leaves()
            .into_iter()
            .zip(&answer.clauses)
            .map(|(leaf, verdicts)| ClauseCount {
                clause: leaf.text.clone(),
                count: verdicts.count(),
                unknown: verdicts.unknown(),
            })
            .collect();
        Self { answer, clauses }
    }

    /// How many members there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.answer.whole.count()
    }

    /// How many people the rule is unknown for, who are therefore out.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.answer.whole.unknown()
    }

    /// The members as a set of people.
    #[must_use]
    pub fn members(&self) -> &Bitmap {
        self.answer.whole.members()
    }

    /// The members in the order of their oldest identities.
    pub fn people(&self) -> impl Iterator<Item = Person> + '_ {
        self.members().rows().map(|row| Person(row as u32))
    }

    /// A count beside every clause, in the order of the text.
    #[must_use]
    pub fn clauses(&self) -> &[ClauseCount] {
        &self.clauses
    }
}

/// Why one person is in or out, clause by clause.
#[must_use]
pub fn explain(frame: &Frame, plan: &Plan, person: Person, point: Point) -> Explanation {
    plan.explain(&frame.subject(person), point)
}
