//! Where people are: intent now, lifecycle, journeys.

use serde::{Deserialize, Serialize};

use crate::frame::{Frame, Labels};
use crate::journey::Graph;
use crate::segment::Stages;
use crate::traffic::Profile;
use crate::traffic::lane::Counts;

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

impl Whereabouts {
    /// The panel over people. `counts` are what passed each journey so far.
    pub fn of<'a>(
        people: impl Iterator<Item = &'a Profile>,
        stages: &Stages,
        journeys: &[&Graph],
        counts: &[Counts],
    ) -> Self {
        let mut panel = Self {
            intent: stages.intents().map(|name| (name.to_owned(), 0)).collect(),
            lifecycle: stages.lifecycles().map(|name| (name.to_owned(), 0)).collect(),
            journeys: journeys
                .iter()
                .zip(counts)
                .map(|(graph, counts)| JourneyCount::of(graph, counts))
                .collect(),
        };
        for profile in people {
            count(&mut panel.lifecycle, profile.lifecycle.as_deref());
            count(&mut panel.intent, profile.intent.as_deref());
            for enrollment in profile.passages.iter().map(|passage| &passage.enrollment) {
                if !enrollment.is_inside() {
                    continue;
                }
                let Some(journey) = panel.journeys.get_mut(enrollment.journey as usize) else { continue };
                if enrollment.arms.is_empty() {
                    journey.waiting += 1;
                } else {
                    journey.in_test += 1;
                }
                if let Some(step) = journey.steps.get_mut(usize::from(enrollment.at.0)) {
                    step.here += 1;
                }
            }
        }
        panel
    }
}

impl Whereabouts {
    /// The panel over what a workspace recorded. Nobody counts passages where nothing runs: the journeys are left out
    /// rather than shown as empty.
    #[must_use]
    pub fn recorded(frame: &Frame, stages: &Stages) -> Self {
        let row = |name: &str, counts: &[(String, u64)]| {
            let known = counts.iter().find(|(label, _)| label == name);
            (name.to_owned(), known.map_or(0, |(_, people)| *people))
        };
        let counts = |labels: Option<&Labels>| labels.map(|labels| labels.counts().0).unwrap_or_default();
        let (intent, lifecycle) = (counts(frame.intent()), counts(frame.lifecycle()));
        Self {
            intent: stages.intents().map(|name| row(name, &intent)).collect(),
            lifecycle: stages.lifecycles().map(|name| row(name, &lifecycle)).collect(),
            journeys: Vec::new(),
        }
    }
}

impl JourneyCount {
    fn of(graph: &Graph, counts: &Counts) -> Self {
        let steps = graph.steps.iter().enumerate().map(|(index, step)| StepCount {
            step: step.id.clone(),
            here: 0,
            seen: counts.seen.get(index).copied().unwrap_or(0),
        });
        Self {
            name: graph.name.clone(),
            waiting: 0,
            in_test: 0,
            goal: counts.goal,
            out: counts.out,
            steps: steps.collect(),
        }
    }
}

fn count(rows: &mut [(String, u64)], name: Option<&str>) {
    if let Some(row) = name.and_then(|name| rows.iter_mut().find(|(known, _)| known == name)) {
        row.1 += 1;
    }
}
