//! What rules of a run may name: everything the catalog beneath knows, and the segments that are defined beside them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::definition::{Definition, Kind};
use crate::model::{Identity, Problem};
use crate::rule::{Catalog, Known, Noun, Plan, Resolved, compile};
use crate::segment::Segment;
use crate::segment::definition::Body;

/// A list segment and its members.
pub type List = (Arc<str>, Vec<Identity>);

/// The names.
pub struct Names<'a> {
    beneath: &'a dyn Catalog,
    segments: BTreeMap<String, Segment>,
    /// Segments being resolved, so that a circle is noticed.
    path: RefCell<Vec<String>>,
}

impl<'a> Names<'a> {
    /// Reads the latest version of each segment.
    ///
    /// # Errors
    /// Every segment whose text cannot be read; whether its rule can is told where it is used.
    pub fn new(definitions: &[Definition], beneath: &'a dyn Catalog) -> Result<Self, Vec<Problem>> {
        let mut latest: BTreeMap<&str, &Definition> = BTreeMap::new();
        for definition in definitions.iter().filter(|definition| definition.kind == Kind::Segment) {
            let known = latest.entry(&definition.name).or_insert(definition);
            if definition.version > known.version {
                *known = definition;
            }
        }
        let (mut segments, mut problems) = (BTreeMap::new(), Vec::new());
        for (name, definition) in latest {
            match Segment::parse(Some(name), &definition.text) {
                Ok(segment) => drop(segments.insert(name.to_owned(), segment)),
                Err(problem) => problems.push(problem.in_file(format!("segment “{name}”"))),
            }
        }
        let names = Self { beneath, segments, path: RefCell::default() };
        if problems.is_empty() { Ok(names) } else { Err(problems) }
    }

    /// The segments that are lists.
    #[must_use]
    pub fn lists(&self) -> Vec<List> {
        let list = |segment: &Segment| match &segment.body {
            Body::List(members) => Some((Arc::from(segment.name.as_str()), members.clone())),
            _ => None,
        };
        self.segments.values().filter_map(list).collect()
    }

    fn resolve(&self, segment: &Segment) -> Resolved {
        match &segment.body {
            Body::List(_) => Resolved::List,
            Body::Rule(text) => match compile(text, self) {
                Ok(plan) => Resolved::Plan(plan),
                Err(faults) => Resolved::Faulty(
                    faults.first().map_or(String::new(), |fault| fault.problem(text).message),
                ),
            },
            body => match self.operands(body) {
                Ok(parts) => Resolved::Plan(match (body, parts.split_first()) {
                    (Body::Intersect(_), _) => Plan::intersection(&parts),
                    (Body::Minus(_), Some((first, others))) => Plan::difference(first, others),
                    _ => Plan::union(&parts),
                }),
                Err(why) => Resolved::Faulty(why),
            },
        }
    }

    fn operands(&self, body: &Body) -> Result<Vec<(String, Plan)>, String> {
        let operand = |name: &String| match self.segment(name) {
            Resolved::Plan(plan) => Ok((name.clone(), plan)),
            Resolved::List => Ok((name.clone(), Plan::list(name))),
            Resolved::Faulty(why) => Err(why),
            Resolved::Unknown => Err(format!("segment \"{name}\" is not known here")),
        };
        body.operands().iter().map(operand).collect()
    }
}

impl Catalog for Names<'_> {
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

    fn item_property(&self, event: &str, name: &str) -> Known {
        self.beneath.item_property(event, name)
    }

    fn segment(&self, name: &str) -> Resolved {
        let Some(segment) = self.segments.get(name) else { return Resolved::Unknown };
        if self.path.borrow().iter().any(|visited| visited == name) {
            return Resolved::Faulty(format!("segment \"{name}\" refers to itself in a circle"));
        }
        self.path.borrow_mut().push(name.to_owned());
        let resolved = self.resolve(segment);
        self.path.borrow_mut().pop();
        resolved
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
        let lists = |segment: &&Segment| matches!(segment.body, Body::List(_));
        match noun {
            Noun::Segment => self.segments.keys().cloned().collect(),
            Noun::List => self.segments.values().filter(lists).map(|segment| segment.name.clone()).collect(),
            noun => self.beneath.names(noun),
        }
    }

    fn currencies(&self, event: &str) -> Vec<String> {
        self.beneath.currencies(event)
    }
}
