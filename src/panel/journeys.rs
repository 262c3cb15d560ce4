//! Journeys: the list, and each one's graph with people on it.

use serde::{Deserialize, Serialize};

use super::whereabouts::Whereabouts;
use crate::journey::StepIndex;
use crate::journey::graph::{Entry, Graph, StepKind as Kind};
use crate::model::Span;
use crate::panel::figures;
use crate::traffic::Profile;
use crate::traffic::lane::Counts;

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
    /// Came in, in all; none where no run counts passages.
    pub entered: Option<u64>,
    /// In it now, where that is counted.
    pub inside: Option<u64>,
    /// Reached the goal, where that is counted.
    pub goal: Option<u64>,
    /// Left otherwise, where that is counted.
    pub out: Option<u64>,
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
    /// People there now, where that is counted.
    pub here: Option<u64>,
    /// People who came by in all, where that is counted.
    pub seen: Option<u64>,
    /// Passages that ended here, by the goal or otherwise.
    #[serde(default)]
    pub ended: u64,
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

impl Journeys {
    /// The screen over everyone. `counts` are what passed each journey; `versions` the version each runs in.
    pub fn of<'a>(
        graphs: &[&Graph],
        versions: &[u32],
        counts: &[Counts],
        people: impl Iterator<Item = &'a Profile> + Clone,
        stages: &crate::segment::Stages,
        running: bool,
    ) -> Self {
        let where_people_are = Whereabouts::of(people.clone(), stages, graphs, counts);
        let mut rows: Vec<Journey> = graphs
            .iter()
            .zip(&where_people_are.journeys)
            .zip(counts)
            .map(|((graph, count), counts)| {
                let inside = count.waiting + count.in_test;
                let counted = |n: u64| running.then_some(n);
                Journey {
                    name: graph.name.clone(),
                    version: 1,
                    state: if running { "running" } else { "draft" }.to_owned(),
                    sentence: if running {
                        format!(
                            "{} inside, {} at the goal, {} out.",
                            figures::plural(inside, "person", "people"),
                            figures::count(counts.goal),
                            figures::count(counts.out)
                        )
                    } else {
                        NOT_RUNNING.to_owned()
                    },
                    entered: counted(counts.entered),
                    inside: counted(inside),
                    goal: counted(counts.goal),
                    out: counted(counts.out),
                    steps: steps(graph, counts, count, running),
                    edges: edges(graph),
                }
            })
            .collect();
        for (row, version) in rows.iter_mut().zip(versions) {
            row.version = *version;
        }
        hold(&mut rows, graphs, people);
        let inside: Option<u64> = rows.iter().map(|row| row.inside).sum();
        let journeys = figures::plural(rows.len() as u64, "journey", "journeys");
        let sentence = match (rows.len(), inside) {
            (0, _) => String::new(),
            (_, Some(inside)) => {
                format!("{journeys}, {} inside.", figures::plural(inside, "passage", "passages"))
            }
            (_, None) => format!("{journeys}. {NOT_RUNNING}"),
        };
        Self { sentence, rows }
    }
}

const ENTRY: &str = "in";

/// Said instead of counts where a workspace is only looked at.
const NOT_RUNNING: &str = "No run is attached, so nobody is counted.";

fn steps(graph: &Graph, counts: &Counts, now: &super::whereabouts::JourneyCount, running: bool) -> Vec<Step> {
    let counted = |n: u64| running.then_some(n);
    let (title, detail) = match &graph.entry {
        Entry::Event(event) => (event.to_lowercase(), format!("on {event}")),
        Entry::Rule { plan, .. } => ("rule".to_owned(), format!("when this turns true: {}", plan.text())),
    };
    let entry = Step {
        id: ENTRY.to_owned(),
        kind: StepKind::Entry,
        title,
        detail,
        here: counted(0),
        seen: counted(counts.entered),
        ended: 0,
        held: 0,
    };
    let rest = graph.steps.iter().zip(&now.steps).enumerate().map(|(index, (step, count))| {
        let (kind, detail) = said(&step.kind);
        Step {
            id: step.id.clone(),
            kind,
            title: step.id.clone(),
            detail,
            here: counted(count.here),
            seen: counted(count.seen),
            ended: counts.ended.get(index).copied().unwrap_or(0),
            held: 0,
        }
    });
    std::iter::once(entry).chain(rest).collect()
}

fn said(kind: &Kind) -> (StepKind, String) {
    match kind {
        Kind::Wait { span, spread, .. } => {
            let more =
                if *spread > Span::ZERO { format!(", spread over {spread} more") } else { String::new() };
            (StepKind::Wait, format!("waits {span}{more}"))
        }
        Kind::Condition { plan, .. } => (StepKind::Condition, plan.text().to_owned()),
        Kind::Split { arms } => (StepKind::Split, format!("{} ways by lot", arms.len())),
        Kind::Test { experiment, .. } => (
            StepKind::Split,
            format!(
                "experiment “{experiment}”; who has nothing to be assigned by, or comes before its start, is not in it"
            ),
        ),
        Kind::Experience { name, .. } => (StepKind::Experience, format!("sends “{name}”")),
        Kind::Survey { name, .. } => (StepKind::Survey, format!("asks “{name}”")),
        Kind::Exit { reason } => (StepKind::Exit, reason.clone()),
    }
}

fn edges(graph: &Graph) -> Vec<Edge> {
    let name = |index: &StepIndex| graph.step(*index).id.clone();
    let mut edges = Vec::new();
    if let Some(first) = graph.steps.first() {
        edges.push(Edge { from: ENTRY.to_owned(), to: first.id.clone(), label: String::new() });
    }
    for step in &graph.steps {
        let mut lead = |to: &StepIndex, label: String| {
            edges.push(Edge { from: step.id.clone(), to: name(to), label });
        };
        match &step.kind {
            Kind::Wait { next, .. } | Kind::Experience { next, .. } | Kind::Survey { next, .. } => {
                next.iter().for_each(|to| lead(to, String::new()));
            }
            Kind::Condition { yes, no, .. } => {
                yes.iter().for_each(|to| lead(to, "yes".to_owned()));
                no.iter().for_each(|to| lead(to, "no".to_owned()));
            }
            Kind::Split { arms } => {
                let mut before = 0.0;
                for (upto, to) in arms {
                    lead(to, figures::percent(upto - before));
                    before = *upto;
                }
            }
            Kind::Test { arms, .. } => arms.iter().for_each(|(variant, to)| lead(to, variant.clone())),
            Kind::Exit { .. } => {}
        }
    }
    edges
}

/// Counts the messages that were held for each step's content.
fn hold<'a>(rows: &mut [Journey], graphs: &[&Graph], people: impl Iterator<Item = &'a Profile>) {
    for profile in people {
        for passage in &profile.passages {
            let Some(log) = passage.held.and_then(|held| profile.messages.get(held as usize)) else {
                continue;
            };
            let journey = passage.enrollment.journey as usize;
            let (Some(row), Some(graph)) = (rows.get_mut(journey), graphs.get(journey)) else { continue };
            let id = &graph.step(passage.enrollment.at).id;
            if let Some(step) = row.steps.iter_mut().find(|step| step.id == *id && log.sent.is_none()) {
                step.held += 1;
            }
        }
    }
}
