//! What rules of a run may name: everything the catalog beneath knows, and the segments that are defined beside them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::definition::{Definition, Kind};
use crate::model::{Identity, Problem};
use crate::rule::{Catalog, Plan};
use crate::segment::Segment;
use crate::segment::definition::Body;
use crate::segment::resolve::{Overlay, Plans, Segments, resolve};

/// A list segment and its members.
pub type List = (Arc<str>, Vec<Identity>);

/// The names.
pub struct Names<'a> {
    beneath: &'a dyn Catalog,
    segments: Segments,
    plans: Plans,
}

impl<'a> Names<'a> {
    /// Reads the latest version of each segment and resolves them together.
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
        let (mut segments, mut problems) = (Segments::new(), Vec::new());
        for (name, definition) in latest {
            match Segment::parse(Some(name), &definition.text) {
                Ok(segment) => drop(segments.insert(name.to_owned(), segment)),
                Err(problem) => problems.push(problem.in_file(format!("segment “{name}”"))),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let plans = resolve(&segments, beneath);
        Ok(Self { beneath, segments, plans })
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

    /// One segment's plan, or why it has none; `None` if there is no such segment.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<&Result<Plan, Vec<Problem>>> {
        self.plans.get(name)
    }

    /// What rules may name: the segments, and everything beneath them.
    #[must_use]
    pub fn catalog(&self) -> Overlay<'_> {
        Overlay { beneath: self.beneath, segments: &self.segments, plans: &self.plans }
    }
}
