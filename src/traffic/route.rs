//! A journey made ready to run: each step's contents and tests looked up once.

use crate::decide::Library;
use crate::journey::{Graph, StepIndex, StepKind};
use crate::model::Problem;

/// A journey and what its steps refer to.
#[derive(Debug, Clone)]
pub struct Route {
    /// The journey.
    pub graph: Graph,
    /// For each step, what it shows, sends or asks.
    contents: Vec<Option<u32>>,
    /// For each step that is a test: the experiment, and per variant of the design the arm of the step and its content.
    tests: Vec<Option<Test>>,
}

/// A test step made ready.
#[derive(Debug, Clone)]
pub struct Test {
    /// The experiment, as an index into the library.
    pub experiment: u32,
    /// Per variant of the design, the index of the step's arm.
    pub arms: Vec<u8>,
    /// Per variant of the design, what it would send.
    pub contents: Vec<Option<u32>>,
}

impl Route {
    /// Looks everything up.
    ///
    /// # Errors
    /// Each name that is not in the library, and each variant without an arm.
    pub fn new(graph: Graph, library: &Library) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut contents = vec![None; graph.steps.len()];
        let mut tests = vec![None; graph.steps.len()];
        for (index, step) in graph.steps.iter().enumerate() {
            match &step.kind {
                StepKind::Experience { name, .. } | StepKind::Survey { name, .. } => {
                    contents[index] = library.content(name);
                    if contents[index].is_none() {
                        problems.push(
                            Problem::new(
                                "journey-content",
                                format!("step `{}` sends “{name}”, which is not defined", step.id),
                            )
                            .help("define the experience or the survey first"),
                        );
                    }
                }
                StepKind::Test { experiment, arms, .. } => {
                    match test(&graph, library, &step.id, experiment, arms) {
                        Ok(test) => tests[index] = Some(test),
                        Err(problem) => problems.push(problem),
                    }
                }
                _ => {}
            }
        }
        if problems.is_empty() {
            Ok(Self { graph, contents, tests })
        } else {
            let file = format!("journey “{}”", graph.name);
            Err(problems.into_iter().map(|problem| problem.in_file(file.clone())).collect())
        }
    }

    /// What a step shows, sends or asks.
    #[must_use]
    pub fn content(&self, step: StepIndex) -> Option<u32> {
        self.contents.get(usize::from(step.0)).copied().flatten()
    }

    /// What a test step assigns.
    #[must_use]
    pub fn test(&self, step: StepIndex) -> Option<&Test> {
        self.tests.get(usize::from(step.0)).and_then(Option::as_ref)
    }

    /// Whether an event can move somebody who is inside.
    #[must_use]
    pub fn listens(&self, event: &str) -> bool {
        let hears = |name: &Option<String>| name.as_deref().is_none_or(|name| name == event);
        self.graph.goal.as_ref().is_some_and(|goal| hears(&goal.event))
            || self.graph.exits.iter().any(|exit| hears(&exit.event))
    }

    /// Whether the hourly look can move somebody who is inside.
    #[must_use]
    pub fn looks_hourly(&self) -> bool {
        self.graph.exits.iter().any(|exit| exit.event.is_none())
    }
}

fn test(
    graph: &Graph,
    library: &Library,
    step: &str,
    experiment: &str,
    arms: &[(String, StepIndex)],
) -> Result<Test, Problem> {
    let Some(index) = library.experiment(experiment) else {
        return Err(Problem::new(
            "journey-experiment",
            format!("step `{step}` uses experiment “{experiment}”, which is not defined"),
        ));
    };
    let mut ready = Test { experiment: index, arms: Vec::new(), contents: Vec::new() };
    for variant in library.experiments.get(index as usize).iter().flat_map(|design| &design.variants) {
        let Some(arm) = arms.iter().position(|(name, _)| *name == variant.name) else {
            return Err(Problem::new(
                "journey-arm",
                format!("step `{step}` has no arm for variant `{}` of “{experiment}”", variant.name),
            )
            .help(format!("add it to arms = {{ \"{}\" = \"…\" }}", variant.name)));
        };
        ready.arms.push(arm as u8);
        ready.contents.push(graph.content_after(arms[arm].1).and_then(|kind| match kind {
            StepKind::Experience { name, .. } | StepKind::Survey { name, .. } => library.content(name),
            _ => None,
        }));
    }
    Ok(ready)
}
