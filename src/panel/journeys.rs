//! Journeys: the list, and each one's graph with people on it.

use serde::{Deserialize, Serialize};

/// The Journeys screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journeys {
    /// A sentence a client understands.
    pub sentence: String,
    /// The journeys.
    pub rows: Vec<Journey>,
}

/// One journey.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// The version shown.
    pub version: u32,
    /// `draft`, `running`, `paused`, `ended`.
    pub state: String,
    /// A sentence a client understands.
    pub sentence: String,
    /// Came in, in all.
    pub entered: u64,
    /// In it now.
    pub inside: u64,
    /// Reached the goal.
    pub goal: u64,
    /// Left otherwise.
    pub out: u64,
    /// The steps; a step with no way into it is an entry.
    pub steps: Vec<Step>,
    /// The ways between them.
    pub edges: Vec<Edge>,
}

/// What a step does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// People come in.
    #[default]
    Entry,
    /// People wait.
    Wait,
    /// A question decides the way.
    Condition,
    /// A test or a split decides the way.
    Split,
    /// Something is shown or sent.
    Experience,
    /// A question is asked.
    Survey,
    /// A trait or a list is changed.
    Update,
    /// What the journey is for.
    Goal,
    /// The end.
    Exit,
}

impl StepKind {
    /// The word a panel shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Wait => "wait",
            Self::Condition => "condition",
            Self::Split => "split",
            Self::Experience => "experience",
            Self::Survey => "survey",
            Self::Update => "update",
            Self::Goal => "goal",
            Self::Exit => "exit",
        }
    }
}

/// One step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its id within the journey.
    pub id: String,
    /// What it does.
    pub kind: StepKind,
    /// What its box says: `wait 2 h`, `still in cart?`, `test: offer`.
    pub title: String,
    /// One more sentence for the step's card: the rule, the content, the weights.
    pub detail: String,
    /// People there now.
    pub here: u64,
    /// People who came by in all.
    pub seen: u64,
    /// Messages held at this step.
    pub held: u64,
}

/// One way between steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The step it leaves.
    pub from: String,
    /// The step it reaches.
    pub to: String,
    /// What it says: `yes`, `no`, `A`; empty for the only way on.
    pub label: String,
}
