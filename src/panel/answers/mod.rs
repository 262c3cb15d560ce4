//! What this data can answer: for each question a shop asks, the smallest effect its own people and numbers could show, how long
//! that takes, and what would help. Nothing here is a result; it is said before anybody runs a test.

mod asked;
mod questions;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::questions::{no_answers, satisfaction, segment, send, visitors_order, visitors_spend};
use super::figures;
use crate::experiment::design::{Outcome, Reach};
use crate::model::Time;
use crate::stats::Why;

/// The relative effect every question is asked for.
pub const WANTED: f64 = 0.2;
/// The difference between satisfied shares, in points, that is asked for.
pub const WANTED_POINTS: f64 = 0.1;
/// Weeks a test of visitors is thought to run.
const WEEKS: u32 = 4;
/// Weeks of answers put together for satisfaction.
const ANSWER_WEEKS: u32 = 12;
/// Weeks a person is watched after a message.
const WATCHED: u32 = 2;
/// The longest wait that is worth saying.
const MOST_WEEKS: u32 = 104;
/// Sends that are put together as a way to see more.
const POOLED: [u32; 2] = [6, 12];
/// Fewer expected than this in an arm, and the normal law is no guide.
const FEW: f64 = 5.0;

/// How many of some people did something within a fortnight, over several fortnights of the past.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Did {
    /// People, each counted once per fortnight.
    pub people: u64,
    /// Of them, those who did it.
    pub did: u64,
}

impl Did {
    fn outcome(self) -> Result<Outcome, Why> {
        if self.people == 0 {
            return Err(Why::NoData);
        }
        if self.did < FEW as u64 {
            let what = "people who did it in the past".to_owned();
            return Err(Why::TooFew { what, have: self.did, need: FEW as u64 });
        }
        if self.did == self.people {
            return Err(Why::NoVariance);
        }
        Ok(Outcome::Proportion { baseline: self.did as f64 / self.people as f64 })
    }
}

/// Something people do on the way to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// The event.
    pub event: String,
    /// Among those who came by.
    pub visitors: Did,
    /// Among those who may be written to.
    pub reachable: Did,
}

/// A segment that could be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub segment: String,
    /// Members who may be written to.
    pub reachable: u64,
    /// Orders among them.
    pub ordered: Did,
}

/// Answers about a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The moment, or the survey.
    pub name: String,
    /// Answers there are.
    pub answers: u64,
    /// Of them, satisfied ones.
    pub satisfied: u64,
    /// Weeks between the first and the last.
    pub weeks: u32,
}

/// What is known of a workspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Basis {
    /// People there are.
    pub people: u64,
    /// Of them, those who may be written to by e-mail.
    pub reachable: u64,
    /// Weeks between the first event and the last.
    pub weeks: u32,
    /// How many different people come by.
    pub reach: Reach,
    /// Orders first, then what comes before them.
    pub milestones: Vec<Milestone>,
    /// Revenue per visitor and per reachable person in a fortnight.
    pub revenue: [Option<(f64, f64)>; 2],
    /// How well what people spent before tells what they spend: a correlation.
    pub foretold: Option<f64>,
    /// The segments.
    pub parts: Vec<Part>,
    /// The moments that were asked about.
    pub moments: Vec<Moment>,
}

/// The panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// What it comes to, in a sentence.
    pub sentence: String,
    /// The workspace.
    pub workspace: String,
    /// Whether it speaks of observed people or simulated ones.
    #[serde(default)]
    pub speaks_of: String,
    /// The moment it stands for.
    pub as_of: Time,
    /// People there are.
    pub people: u64,
    /// Of them, those who may be written to by e-mail.
    pub reachable: u64,
    /// Weeks of history.
    pub weeks_of_history: u32,
    /// How every question is judged.
    pub plan: String,
    /// The questions.
    pub rows: Vec<Question>,
}

/// What an effect is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Relative to what happens without.
    Relative,
    /// Percentage points, as a fraction of one.
    Points,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// A stable short name.
    pub id: String,
    /// The question in words.
    pub question: String,
    /// What happens without: a share, or an amount.
    pub baseline: Option<f64>,
    /// People, or answers, it can be asked of as described.
    pub units: Option<u64>,
    /// What the effects are counted in.
    pub scale: Scale,
    /// The smallest effect seen with them.
    pub detectable: Option<f64>,
    /// The effect that is asked for.
    pub wanted: f64,
    /// People, or answers, needed to see that.
    pub needed: Option<u64>,
    /// Weeks until it is seen, where two years suffice.
    pub weeks: Option<u32>,
    /// What it comes to.
    pub sentence: String,
    /// What would help.
    pub helps: Vec<Help>,
    /// Why nothing can be said.
    pub withheld: Option<Withheld>,
}

/// Something that would help.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Help {
    /// What to do.
    pub what: String,
    /// The smallest effect seen then, where it can be said.
    pub detectable: Option<f64>,
}

/// A reason in a form for machines and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// A stable short name.
    pub code: String,
    /// The reason as a clause.
    pub reason: String,
}

impl Answers {
    /// What the numbers of a workspace can answer.
    #[must_use]
    pub fn of(workspace: &str, as_of: Time, basis: &Basis) -> Self {
        let mut rows = vec![visitors_order(basis), visitors_spend(basis), send(basis)];
        rows.extend(basis.parts.iter().map(|part| segment(part, basis)));
        rows.extend(basis.moments.iter().map(satisfaction));
        if basis.moments.is_empty() {
            rows.push(no_answers());
        }
        Self {
            sentence: sentence(&rows, basis),
            workspace: workspace.to_owned(),
            speaks_of: "observed data".to_owned(),
            as_of,
            people: basis.people,
            reachable: basis.reachable,
            weeks_of_history: basis.weeks,
            plan: "two even arms, one look at the end, two-sided at 5 %, power 80 %".to_owned(),
            rows,
        }
    }
}

impl Answers {
    /// The same of a run's file: its people are simulated.
    #[must_use]
    pub fn of_run(mut self, seed: u64) -> Self {
        self.speaks_of = format!("SIMULATED people, seed {seed}");
        self
    }

    /// The same told beside a run whose people do not count here.
    #[must_use]
    pub fn beside_a_run(mut self) -> Self {
        self.speaks_of
            .push_str(", before anything was SIMULATED: people and orders of the run are not counted");
        self
    }
}

fn sentence(rows: &[Question], basis: &Basis) -> String {
    let answerable = |row: &&Question| row.weeks.is_some();
    let found = rows.iter().filter(answerable).count() as u64;
    let people = figures::plural(basis.people, "person", "people");
    let weeks = figures::plural(u64::from(basis.weeks), "week", "weeks");
    let asked = rows.len();
    match found {
        0 => format!(
            "With {people} and {weeks} of history none of {asked} questions can be answered within two years at the size asked \
             for; the smallest effects each can show are below."
        ),
        found => format!(
            "With {people} and {weeks} of history {} of {asked} questions can be answered within two years.",
            figures::count(found)
        ),
    }
}
