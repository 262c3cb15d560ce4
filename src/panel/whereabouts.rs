//! Where people are: intent now, lifecycle, journeys.

use serde::{Deserialize, Serialize};

/// The whereabouts panel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// People in a session now, by intent.
    pub intent: Vec<(String, u64)>,
    /// Everyone, by lifecycle stage, in the stages' order.
    pub lifecycle: Vec<(String, u64)>,
    /// Each journey.
    pub journeys: Vec<JourneyCount>,
}

/// People in one journey.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyCount {
    /// The journey.
    pub name: String,
    /// Enrolled now and waiting.
    pub waiting: u64,
    /// Enrolled now and assigned to a test.
    pub in_test: u64,
    /// Reached a goal.
    pub goal: u64,
    /// Left otherwise.
    pub out: u64,
    /// Each step: name and people who came through, people there now.
    pub steps: Vec<StepCount>,
}

/// People at one step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCount {
    /// The step's name.
    pub step: String,
    /// There now.
    pub here: u64,
    /// Came by in all.
    pub seen: u64,
}
