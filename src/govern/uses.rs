//! Definitions held against what the sources of their traits allow. A trait that no source of it allows for a purpose is
//! refused where it is defined; where some people's values come from a source that does, it is for the decision to leave the
//! others out.

use std::collections::BTreeMap;

use crate::decide::library::{Content, Source};
use crate::experience::content::tags;
use crate::journey::graph::{Entry, Trigger};
use crate::journey::{Graph, StepKind};
use crate::model::Problem;
use crate::model::consent::Purposes;
use crate::rule::Plan;
use crate::traffic::Setup;

/// What each trait may be used for, source by source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses(BTreeMap<String, BTreeMap<String, Purposes>>);

impl Uses {
    /// Whether no source limits anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A source tells a trait, and allows this.
    pub fn add(&mut self, name: &str, source: &str, purposes: Purposes) {
        let sources = match self.0.get_mut(name) {
            Some(sources) => sources,
            None => self.0.entry(name.to_owned()).or_default(),
        };
        if !sources.contains_key(source) {
            sources.insert(source.to_owned(), purposes);
        }
    }

    /// Why a trait cannot be used for some purposes; nothing as long as some source of it allows them.
    fn refusal(&self, what: &str, name: &str, wanted: Purposes) -> Option<Problem> {
        let sources = self.0.get(name)?;
        let allowed = sources.values().fold(Purposes::NONE, |all, own| all.or(*own));
        if allowed.cover(wanted) {
            return None;
        }
        let names: Vec<&str> = sources.keys().map(String::as_str).collect();
        let (names, lacking) = (names.join(", "), allowed.lacking(wanted));
        let message = format!(
            "{what} `{name}`, which comes from {names} and may be used for {allowed}, not for {lacking}"
        );
        let first = sources.keys().next().map_or("", String::as_str);
        let help = format!(
            "leave it out, or allow it: segue source limit {first} --purpose {}",
            allowed.or(lacking)
        );
        Some(Problem::new("trait-purpose", message).help(help.replace(", ", " --purpose ")))
    }

    /// What a rule asks for and may not, where it decides something for these purposes.
    #[must_use]
    pub fn rule(&self, plan: &Plan, wanted: Purposes) -> Vec<Problem> {
        plan.traits().into_iter().filter_map(|name| self.refusal("its rule asks for", name, wanted)).collect()
    }

    fn content(&self, content: &Content) -> Vec<Problem> {
        let wanted = Purposes::NONE.with(content.purpose);
        let mut problems: Vec<Problem> = content.rules().flat_map(|plan| self.rule(plan, wanted)).collect();
        if let Source::Experience(own) = &content.source {
            let named = [&own.subject, &own.body].map(|text| tags(text)).concat();
            problems.extend(named.iter().filter_map(|tag| self.refusal("its text merges in", tag, wanted)));
        }
        problems
    }

    fn journey(&self, graph: &Graph, wanted: Purposes) -> Vec<Problem> {
        let entry = match &graph.entry {
            Entry::Rule { plan, .. } => Some(plan),
            Entry::Event(_) => None,
        };
        let triggers = graph.exits.iter().chain(&graph.goal).filter_map(|Trigger { plan, .. }| plan.as_ref());
        let conditions = graph.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Condition { plan, .. } => Some(plan),
            _ => None,
        });
        let plans = entry.into_iter().chain(&graph.only_if).chain(triggers).chain(conditions);
        plans.flat_map(|plan| self.rule(plan, wanted)).collect()
    }
}

/// Everything in the definitions that uses a trait for what none of its sources allows.
#[must_use]
pub fn check(setup: &Setup, uses: &Uses) -> Vec<Problem> {
    if uses.is_empty() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut tell = |kind: &str, name: &str, found: Vec<Problem>| {
        let place = format!("{kind} “{name}”");
        problems.extend(found.into_iter().map(|problem| problem.in_file(place.clone())));
    };
    for content in &setup.library.contents {
        tell("experience", &content.name, uses.content(content));
    }
    for route in &setup.routes {
        tell("journey", &route.graph.name, uses.journey(&route.graph, route.purposes));
    }
    for (experiment, design) in (0..).zip(setup.library.experiments()) {
        if let Some(target) = setup.library.target(experiment) {
            tell("experiment", &design.name, uses.rule(target, setup.library.purposes_of(experiment)));
        }
    }
    problems
}
