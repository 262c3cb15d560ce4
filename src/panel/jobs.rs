//! Long work: what runs, how fast, how long it still takes, and what went wrong.

use serde::{Deserialize, Serialize};

use crate::model::Span;

/// The Jobs screen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Jobs {
    /// The jobs, running ones first, then newest first.
    pub rows: Vec<Job>,
}

impl Jobs {
    /// How many run now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.rows.iter().filter(|job| job.state == JobState::Running).count()
    }
}

/// One piece of long work.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number within the session.
    pub id: u64,
    /// What it does: `import orders.csv`.
    pub title: String,
    /// How it stands.
    pub state: JobState,
    /// What is counted: `rows`, `people`, `days`.
    pub unit: String,
    /// Done so far.
    pub done: u64,
    /// To be done in all, if that is known.
    pub total: Option<u64>,
    /// Units per second.
    pub rate: Option<f64>,
    /// Time left, if it can be told.
    pub left: Option<Span>,
    /// What came of it, once done: `12,431 accepted, 3 rejected`.
    pub outcome: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// What to do about it now.
    pub help: Option<String>,
}

impl Job {
    /// Whether there is anything left to end.
    #[must_use]
    pub fn can_end(&self) -> bool {
        matches!(self.state, JobState::Waiting | JobState::Running)
    }
}

/// How a job stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Not begun.
    #[default]
    Waiting,
    /// At work.
    Running,
    /// Ended well.
    Done,
    /// Ended badly.
    Failed,
    /// Ended by a person.
    Cancelled,
}

impl JobState {
    /// The word a panel shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}
