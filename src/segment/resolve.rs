//! Segments that are defined beside each other: references followed, circles refused. Whoever asks rules of people goes
//! through here, so that a rule, a list and set algebra mean the same for everyone.

use std::collections::BTreeMap;

use super::definition::{Body, Segment, rule_problems};
use crate::model::Problem;
use crate::rule::{self, Catalog, Known, Noun, Plan, Resolved, compile};

/// How many segments may refer to each other in a row.
const MAX_CHAIN: usize = 32;

/// Segments by name.
pub type Segments = BTreeMap<String, Segment>;

/// Every segment's plan, or why it has none.
pub type Plans = BTreeMap<String, Result<Plan, Vec<Problem>>>;

/// Resolves segments over the names of a catalog. One that cannot be used takes only those with it that refer to it.
#[must_use]
pub fn resolve(segments: &Segments, beneath: &dyn Catalog) -> Plans {
    let mut resolver = Resolver { segments, beneath, plans: Plans::new(), circles: BTreeMap::new() };
    for name in segments.keys() {
        resolver.resolve(name, &mut Vec::new());
    }
    resolver.plans
}

/// A catalog with these segments over it.
#[derive(Clone, Copy)]
pub struct Overlay<'a> {
    /// What knows traits, events, stages and intents.
    pub beneath: &'a dyn Catalog,
    /// The segments.
    pub segments: &'a Segments,
    /// Their plans.
    pub plans: &'a Plans,
}

struct Resolver<'a> {
    segments: &'a Segments,
    beneath: &'a dyn Catalog,
    plans: Plans,
    /// The circle each segment is part of, if it is part of one.
    circles: BTreeMap<String, Problem>,
}

impl Resolver<'_> {
    fn resolve(&mut self, name: &str, path: &mut Vec<String>) {
        if self.plans.contains_key(name) {
            return;
        }
        let Some(segment) = self.segments.get(name) else { return };
        path.push(name.to_owned());
        let mut blocked = None;
        for reference in references(&segment.body) {
            if let Some(start) = path.iter().position(|visited| *visited == reference) {
                let around = path.get(start..).unwrap_or(&[]);
                let problem = circle(around);
                for member in around {
                    self.circles.entry(member.clone()).or_insert_with(|| problem.clone());
                }
            } else if path.len() >= MAX_CHAIN {
                blocked.get_or_insert_with(|| {
                    let message = format!("more than {MAX_CHAIN} segments refer to each other in a row");
                    Problem::new("segment-chain", message)
                });
            } else {
                self.resolve(&reference, path);
            }
        }
        path.pop();
        let plan = match self.circles.get(name).cloned().or(blocked) {
            Some(problem) => Err(vec![problem.in_file(name)]),
            None => self.plan_of(segment),
        };
        self.plans.insert(name.to_owned(), plan);
    }

    fn plan_of(&self, segment: &Segment) -> Result<Plan, Vec<Problem>> {
        let overlay = Overlay { beneath: self.beneath, segments: self.segments, plans: &self.plans };
        let operands = || -> Result<Vec<(String, Plan)>, Vec<Problem>> {
            let names = segment.body.operands().iter();
            names.map(|name| Ok((name.clone(), self.operand(segment, name)?))).collect()
        };
        match &segment.body {
            Body::Rule(text) => {
                compile(text, &overlay).map_err(|faults| rule_problems(&segment.name, text, &faults))
            }
            Body::List(_) => Ok(Plan::list(&segment.name)),
            Body::Union(_) => Ok(Plan::union(&operands()?)),
            Body::Intersect(_) => Ok(Plan::intersection(&operands()?)),
            Body::Minus(_) => {
                let parts = operands()?;
                match parts.split_first() {
                    Some((first, others)) => Ok(Plan::difference(first, others)),
                    None => Ok(Plan::union(&[])),
                }
            }
        }
    }

    fn operand(&self, segment: &Segment, name: &str) -> Result<Plan, Vec<Problem>> {
        match self.plans.get(name) {
            Some(Ok(plan)) => Ok(plan.clone()),
            Some(Err(problems)) => {
                let why = problems.first().map_or("", |problem| problem.message.as_str());
                let message = format!("segment \"{name}\" cannot be used: {why}");
                Err(vec![Problem::new("faulty-segment", message).in_file(&segment.name)])
            }
            None => {
                let problem =
                    Problem::new("unknown-segment", format!("segment \"{name}\" is not known here"));
                let near = rule::diagnostic::nearest(name, self.segments.keys().cloned());
                let problem = match near {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem,
                };
                Err(vec![problem.in_file(&segment.name)])
            }
        }
    }
}

impl Catalog for Overlay<'_> {
    fn attribute(&self, name: &str) -> Known {
        self.beneath.attribute(name)
    }

    fn event(&self, name: &str) -> bool {
        self.beneath.event(name)
    }

    fn happened(&self, name: &str) -> bool {
        self.beneath.happened(name)
    }

    fn property(&self, event: &str, name: &str) -> Known {
        self.beneath.property(event, name)
    }

    fn any_property(&self, name: &str) -> Known {
        self.beneath.any_property(name)
    }

    fn item_property(&self, event: &str, name: &str) -> Known {
        self.beneath.item_property(event, name)
    }

    fn segment(&self, name: &str) -> Resolved {
        match self.plans.get(name) {
            Some(Ok(plan)) => Resolved::Plan(plan.clone()),
            Some(Err(problems)) => {
                Resolved::Faulty(problems.first().map_or(String::new(), |problem| problem.message.clone()))
            }
            None => Resolved::Unknown,
        }
    }

    fn list(&self, name: &str) -> bool {
        self.segments.get(name).is_some_and(|segment| matches!(segment.body, Body::List(_)))
    }

    fn stage(&self, name: &str) -> bool {
        self.beneath.stage(name)
    }

    fn intent(&self, name: &str) -> bool {
        self.beneath.intent(name)
    }

    fn names(&self, noun: Noun<'_>) -> Vec<String> {
        match noun {
            Noun::Segment => self.segments.keys().cloned().collect(),
            Noun::List => self.segments.keys().filter(|name| self.list(name)).cloned().collect(),
            noun => self.beneath.names(noun),
        }
    }

    fn currencies(&self, event: &str) -> Vec<String> {
        self.beneath.currencies(event)
    }
}

fn circle(path: &[String]) -> Problem {
    let mut names: Vec<String> = path.iter().map(|name| format!("\"{name}\"")).collect();
    names.extend(names.first().cloned());
    Problem::new("segment-circle", format!("segments refer to each other in a circle: {}", names.join(" → ")))
        .help("take one of the references out")
}

/// The segments a body refers to. A rule that cannot be parsed refers to none; its faults are told elsewhere.
fn references(body: &Body) -> Vec<String> {
    let Body::Rule(text) = body else { return body.operands().to_vec() };
    rule::parse(text)
        .map(|tree| tree.segments().into_iter().map(|name| name.text.clone()).collect())
        .unwrap_or_default()
}
