//! Definitions as text become a setup that can run: everything parsed, every name resolved, every problem told.

use super::names::Names;
use super::route::Route;
use super::run::Setup;
use super::vocabulary::Vocabulary;
use crate::contact::Policy;
use crate::decide::Library;
use crate::experience::Experience;
use crate::experiment::{Design, Metric, given};
use crate::journey::{Draft, Graph};
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed};
use crate::rule::Catalog;
use crate::segment::Stages;
use crate::survey::Survey;

/// Compiles the latest version of each definition.
///
/// # Errors
/// Everything wrong in any of them, each with the definition it is in.
pub fn compile(definitions: &[Definition], catalog: &dyn Catalog, seed: Seed) -> Result<Setup, Vec<Problem>> {
    let (setup, problems) = assemble(definitions, &Names::new(definitions, catalog)?, seed);
    if problems.is_empty() { Ok(setup) } else { Err(problems) }
}

/// Compiles what can be compiled: a faulty definition is left out, and so is what depends on it; the standard stages
/// stand in for faulty ones. What was left out is told. For looking only: nothing may be sent under a policy that could
/// not be read.
#[must_use]
pub fn compile_what_holds(
    definitions: &[Definition],
    catalog: &dyn Catalog,
    seed: Seed,
) -> (Setup, Vec<Problem>) {
    let segments = definitions.iter().filter(|definition| definition.kind == Kind::Segment);
    let unreadable: Vec<&str> = segments
        .filter(|known| crate::segment::Segment::parse(Some(&known.name), &known.text).is_err())
        .map(|known| known.name.as_str())
        .collect();
    let faulty =
        |known: &&Definition| known.kind == Kind::Segment && unreadable.contains(&known.name.as_str());
    let sound: Vec<Definition> = definitions.iter().filter(|known| !faulty(known)).cloned().collect();
    let told = Names::new(definitions, catalog).err().unwrap_or_default();
    match Names::new(&sound, catalog) {
        Ok(names) => {
            let (setup, problems) = assemble(&sound, &names, seed);
            (setup, told.into_iter().chain(problems).collect())
        }
        Err(problems) => (Setup::empty(), problems),
    }
}

fn assemble(definitions: &[Definition], names: &Names<'_>, seed: Seed) -> (Setup, Vec<Problem>) {
    let catalog = names.catalog();
    let catalog: &dyn Catalog = &catalog;
    let mut compiler = Compiler { definitions, catalog, problems: Vec::new() };
    let mut library = Library::empty();
    for (name, text) in compiler.of(Kind::Experience) {
        let added =
            Experience::parse(text).and_then(|experience| library.add_experience(experience, catalog));
        compiler.note(Kind::Experience, name, added.map_err(|problem| vec![problem]));
    }
    for (name, text) in compiler.of(Kind::Survey) {
        let survey = compiler.note(Kind::Survey, name, Survey::parse(text).map_err(|problem| vec![problem]));
        survey.into_iter().for_each(|survey| library.add_survey(survey));
    }
    let designs = compiler.of(Kind::Experiment).into_iter().filter(|(_, text)| !given::is_given(text));
    for (name, text) in designs {
        let added = Design::read(text)
            .and_then(|design| library.add_experiment(design, catalog).map_err(|problem| vec![problem]));
        compiler.note(Kind::Experiment, name, added);
    }
    if let Some(policy) = compiler.policy() {
        let name = policy.name.clone();
        let set = library.set_policy(policy, catalog).map_err(|problem| vec![problem]);
        compiler.note(Kind::ContactPolicy, &name, set);
    }
    let bound = library.bind();
    compiler.problems.extend(bound.err().unwrap_or_default());
    let mut metrics = Vec::new();
    for (name, text) in compiler.of(Kind::Metric) {
        metrics.extend(compiler.note(Kind::Metric, name, Metric::read(text)));
    }
    let stages = match compiler.of(Kind::Stages).into_iter().next() {
        Some((name, text)) => compiler.note(Kind::Stages, name, Stages::parse(text, catalog)),
        None => compiler.note(Kind::Stages, "standard", Stages::standard()),
    };
    let stages = stages.or_else(|| compiler.note(Kind::Stages, "standard", Stages::standard()));
    let routes = compiler.routes(&mut library);
    let (lists, words) = (names.lists(), Vocabulary::default());
    let stages = stages.unwrap_or_default();
    (Setup { seed, library, routes, stages, metrics, lists, words, forced: None }, compiler.problems)
}

struct Compiler<'a> {
    definitions: &'a [Definition],
    catalog: &'a dyn Catalog,
    problems: Vec<Problem>,
}

impl<'a> Compiler<'a> {
    /// The latest version of each definition of a kind, by name.
    fn of(&self, kind: Kind) -> Vec<(&'a str, &'a str)> {
        let mut latest = std::collections::BTreeMap::new();
        for definition in self.definitions.iter().filter(|definition| definition.kind == kind) {
            let known = latest.entry(definition.name.as_str()).or_insert(definition);
            if definition.version > known.version {
                *known = definition;
            }
        }
        latest.into_iter().map(|(name, definition)| (name, definition.text.as_str())).collect()
    }

    fn note<T>(&mut self, kind: Kind, name: &str, result: Result<T, Vec<Problem>>) -> Option<T> {
        result
            .map_err(|problems| {
                self.problems.extend(problems.into_iter().map(|problem| match problem.place.file {
                    Some(_) => problem,
                    None => problem.in_file(format!("{kind} “{name}”")),
                }));
            })
            .ok()
    }

    /// The one contact policy, or the one called `default`: a policy that silently does not hold protects nobody.
    fn policy(&mut self) -> Option<Policy> {
        let policies = self.of(Kind::ContactPolicy);
        let named = policies.iter().find(|(name, _)| policies.len() == 1 || *name == "default");
        match named {
            Some((name, text)) => {
                self.note(Kind::ContactPolicy, name, Policy::parse(text).map_err(|p| vec![p]))
            }
            None if policies.is_empty() => None,
            None => {
                let names: Vec<&str> = policies.iter().map(|(name, _)| *name).collect();
                self.problems.push(
                    Problem::new(
                        "policy-several",
                        format!("there are {} contact policies: {}", names.len(), names.join(", ")),
                    )
                    .help("call the one that holds `default`"),
                );
                None
            }
        }
    }

    fn routes(&mut self, library: &mut Library) -> Vec<Route> {
        let mut graphs = Vec::new();
        for (name, text) in self.of(Kind::Journey) {
            let graph = Draft::parse(text)
                .map_err(|problem| vec![problem])
                .and_then(|draft| Graph::check(&draft, self.catalog));
            graphs.extend(self.note(Kind::Journey, name, graph));
        }
        // Higher priority first: where two journeys want the same slot in the same moment, it decides.
        graphs.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.name.cmp(&b.name)));
        library.journeys = graphs.iter().map(|graph| graph.name.clone()).collect();
        let mut routes = Vec::new();
        for graph in graphs {
            let name = graph.name.clone();
            let route = Route::new(graph, library);
            routes.extend(self.note(Kind::Journey, &name, route));
        }
        // A journey is known by its place, so one that is left out must leave no gap.
        library.journeys = routes.iter().map(|route: &Route| route.graph.name.clone()).collect();
        routes
    }
}
