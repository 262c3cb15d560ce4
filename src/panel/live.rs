//! Everything the Live screen shows at one moment.

use serde::{Deserialize, Serialize};

use super::contact::why::Subject;
use super::{Csat, Fatigue, Uplift, Whereabouts};
use crate::model::{ProfileId, Time};

/// Whether facts were observed or simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Imported or recorded from real traffic.
    Observed,
    /// Of a run, with its seed.
    Simulated {
        /// The seed.
        seed: u64,
    },
}

/// What a panel shows, for when, from how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The workspace's name.
    pub workspace: String,
    /// Observed or simulated.
    pub origin: Origin,
    /// The point the numbers stand for.
    pub as_of: Time,
    /// People in the picture.
    pub people: u64,
    /// Events in the picture.
    pub events: u64,
    /// The hash over every definition a run goes by; none where a workspace is only looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definitions: Option<String>,
}

/// All live panels of one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// What is shown.
    pub stamp: Stamp,
    /// The running test.
    pub uplift: Uplift,
    /// Messages, caps and unsubscribes.
    pub fatigue: Fatigue,
    /// Satisfaction by moment.
    pub csat: Csat,
    /// Where people are.
    pub whereabouts: Whereabouts,
    /// The latest decisions, newest first, at most 200.
    pub ticker: Vec<Tick>,
    /// Whether people and what happened to them are still being read, so that the panels know nothing yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reading: bool,
}

impl Live {
    /// The same picture with names covered, for whatever leaves the program.
    #[must_use]
    pub fn masked(mut self) -> Self {
        for tick in &mut self.ticker {
            tick.name = tick.name.take().map(|name| super::privacy::name(Some(&name), true));
        }
        self
    }

    /// The picture of a workspace in which nothing has happened yet.
    #[must_use]
    pub fn nothing(workspace: &str, as_of: Time) -> Self {
        Self {
            stamp: Stamp {
                workspace: workspace.to_owned(),
                origin: Origin::Observed,
                as_of,
                people: 0,
                events: 0,
                definitions: None,
            },
            uplift: Uplift::none(),
            fatigue: Fatigue::none(),
            csat: Csat::none(),
            whereabouts: Whereabouts::default(),
            ticker: Vec::new(),
            reading: false,
        }
    }

    /// The picture of a workspace that is being read.
    #[must_use]
    pub fn reading(workspace: &str) -> Self {
        Self { reading: true, ..Self::nothing(workspace, Time(0)) }
    }
}

/// One line of the decision ticker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// When.
    pub at: Time,
    /// Whose.
    pub profile: ProfileId,
    /// The person's name, if known; masked by whoever shows it.
    pub name: Option<String>,
    /// What happened: `e-mail held: 4 of 4 this week, free Thu 09:12`.
    pub text: String,
    /// What kind of line it is, for its colour.
    pub tone: Tone,
    /// The trace of the decision, one line a gate, for the why view; empty where no decision was made.
    pub why: Vec<WhyLine>,
    /// What was decided, so that it can be decided again; none where that is not to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Subject>,
}

/// What a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// Something went on as planned.
    Plain,
    /// Something was sent or shown.
    Sent,
    /// Something was held.
    Held,
    /// A goal was reached.
    Good,
    /// Someone left or complained.
    Bad,
}

/// One gate of a decision's trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyLine {
    /// The gate: `consent`, `cap`, `variant`.
    pub gate: String,
    /// Whether the candidate passed it.
    pub passed: bool,
    /// The values it saw.
    pub detail: String,
}
