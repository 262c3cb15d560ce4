//! A journey made ready to run: each step's contents and tests looked up once.

use crate::decide::Library;
use crate::decide::library::Source;
use crate::journey::{Graph, StepIndex, StepKind};
use crate::model::Problem;
use crate::model::consent::Purposes;
use crate::rule::diagnostic::nearest;

/// A journey and what its steps refer to.
#[derive(Debug, Clone)]
pub struct Route {
    /// The journey.
    pub graph: Graph,
    /// For each step, what it shows, sends or asks.
    contents: Vec<Option<u32>>,
    /// For each step that is a test: the experiment, and per variant of the design the arm of the step and its content.
    tests: Vec<Option<Test>>,
    /// What its rules decide for: the purposes of everything it shows, sends or asks.
    pub purposes: Purposes,
}

/// A test step made ready.
#[derive(Debug, Clone)]
pub struct Test {
    /// The experiment, as an index into the library.
    pub experiment: u32,
    /// Per variant of the design, the index of the step's arm.
    pub arms: Vec<u8>,
    /// Everything some variant would send next.
    pub contents: Vec<u32>,
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
                StepKind::Experience { .. } | StepKind::Survey { .. } => {
                    contents[index] = content(library, &step.kind);
                    if contents[index].is_none() {
                        problems.push(unknown_content(library, &step.id, &step.kind));
                    }
                }
                StepKind::Test { experiment, arms, .. } => {
                    match test(&graph, library, &step.id, experiment, arms) {
                        Ok(test) => tests[index] = Some(test),
                        Err(found) => problems.extend(found),
                    }
                }
                _ => {}
            }
        }
        if problems.is_empty() {
            let sent =
                contents.iter().flatten().filter_map(|content| library.contents.get(*content as usize));
            let purposes = sent.fold(Purposes::NONE, |all, content| all.with(content.purpose));
            Ok(Self { graph, contents, tests, purposes })
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

fn content(library: &Library, kind: &StepKind) -> Option<u32> {
    let (name, survey) = match kind {
        StepKind::Experience { name, .. } => (name, false),
        StepKind::Survey { name, .. } => (name, true),
        _ => return None,
    };
    let index = library
        .contents
        .iter()
        .position(|known| known.name == *name && matches!(known.source, Source::Survey(_)) == survey)?;
    u32::try_from(index).ok()
}

fn unknown_content(library: &Library, step: &str, kind: &StepKind) -> Problem {
    let (word, does, name) = match kind {
        StepKind::Survey { name, .. } => ("survey", "asks", name.as_str()),
        StepKind::Experience { name, .. } => ("experience", "sends", name.as_str()),
        _ => ("experience", "sends", ""),
    };
    let names = library
        .contents
        .iter()
        .filter(|known| matches!(known.source, Source::Survey(_)) == (word == "survey"));
    let near = nearest(name, names.map(|known| known.name.clone()));
    Problem::new("journey-content", format!("step `{step}` {does} “{name}”, which is no {word}")).help(
        near.map_or_else(|| format!("define the {word} first"), |near| format!("did you mean `{near}`?")),
    )
}

fn test(
    graph: &Graph,
    library: &Library,
    step: &str,
    experiment: &str,
    arms: &[(String, StepIndex)],
) -> Result<Test, Vec<Problem>> {
    let design = library.experiment(experiment).and_then(|index| library.experiments().get(index as usize));
    let Some(design) = design else {
        let near = nearest(experiment, library.experiments().iter().map(|design| design.name.clone()));
        let help =
            near.map_or("define the experiment first".to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(vec![
            Problem::new(
                "journey-experiment",
                format!("step `{step}` uses experiment “{experiment}”, which is not defined"),
            )
            .help(help),
        ]);
    };
    let mut problems = Vec::new();
    for (name, _) in arms {
        if !design.variants.iter().any(|variant| variant.name == *name) {
            let near = nearest(name, design.variants.iter().map(|variant| variant.name.clone()));
            let problem = Problem::new(
                "journey-variant",
                format!("step `{step}` has an arm for `{name}`, which is no variant of “{experiment}”"),
            );
            problems.push(match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
    }
    let mut ready = Test {
        experiment: library.experiment(experiment).unwrap_or(0),
        arms: Vec::new(),
        contents: Vec::new(),
    };
    for variant in &design.variants {
        let Some(arm) = arms.iter().position(|(name, _)| *name == variant.name) else {
            problems.push(
                Problem::new(
                    "journey-arm",
                    format!("step `{step}` has no arm for variant `{}` of “{experiment}”", variant.name),
                )
                .help(format!("add it to arms = {{ \"{}\" = \"…\" }}", variant.name)),
            );
            continue;
        };
        ready.arms.push(arm as u8);
        let next = graph.contents_after(arms[arm].1);
        ready.contents.extend(next.iter().filter_map(|at| content(library, &graph.step(*at).kind)));
    }
    ready.contents.sort_unstable();
    ready.contents.dedup();
    if problems.is_empty() { Ok(ready) } else { Err(problems) }
}
