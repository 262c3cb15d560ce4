//! Why: one decision, past or hypothetical, taken again by the same engine with everything it saw, and the smallest change
//! that would turn it round.

mod answer;
mod case;
mod change;
mod past;
mod search;

pub use answer::{Answer, Filling, Flip, Hash, Standing, Stood, ask};

use serde::{Deserialize, Serialize};

use crate::model::{ProfileId, Time};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// About whom.
    pub profile: ProfileId,
    /// About what.
    pub subject: Subject,
    /// When it was decided; none asks what would be decided now.
    pub at: Option<Time>,
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Whether an experience or a survey may go to somebody.
    Message(String),
    /// What a placement shows somebody.
    Placement(String),
    /// Everything there is, for one person.
    Everything,
}
