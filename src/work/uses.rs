//! What the sources of a workspace allow their traits to be used for.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use crate::govern::{self, Uses};
use crate::model::consent::{Purpose, Purposes};
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed};
use crate::rule::OpenCatalog;
use crate::segment::Segment;
use crate::store::{Store, StoreError, Window};
use crate::traffic::compile_what_holds;
use crate::traffic::names::Names;

/// Which source tells which trait, and what it allows; nothing where no source limits anything.
///
/// # Errors
/// When the file cannot be read.
pub fn load(store: &Store) -> Result<Uses, StoreError> {
    let (mut uses, limited) = (Uses::default(), store.limited_batches()?);
    if limited.is_empty() {
        return Ok(uses);
    }
    let others: HashMap<_, _> = store.batches()?.into_iter().map(|batch| (batch.id, batch.source)).collect();
    store.for_each_identify(&Window::ALL, |said| {
        let (source, purposes) = match limited.get(&said.batch) {
            Some((source, purposes)) => (source.as_str(), *purposes),
            None => {
                let source = others.get(&said.batch).and_then(Option::as_deref);
                (source.unwrap_or("another source"), Purposes::ALL)
            }
        };
        if let Ok(traits) = serde_json::from_str::<Map<String, Value>>(said.traits) {
            traits.keys().for_each(|name| uses.add(name, source, purposes));
        }
        ControlFlow::Continue(())
    })?;
    Ok(uses)
}

/// What `all` definitions use beyond what their sources allow, and the definitions before did not.
///
/// # Errors
/// When the file cannot be read.
pub fn newly_refused(
    store: &Store,
    before: &[Definition],
    all: &[Definition],
) -> Result<Vec<Problem>, StoreError> {
    let uses = load(store)?;
    let known = of_definitions(before, &uses);
    Ok(of_definitions(all, &uses).into_iter().filter(|problem| !known.contains(problem)).collect())
}

/// What the definitions of a workspace use beyond what their sources allow.
///
/// # Errors
/// When the file cannot be read.
pub fn refused(store: &Store) -> Result<Vec<Problem>, StoreError> {
    let mut definitions = Vec::new();
    for kind in Kind::ALL {
        definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
    }
    Ok(of_definitions(&definitions, &load(store)?))
}

/// What does not compile is told by itself and left out here.
fn of_definitions(definitions: &[Definition], uses: &Uses) -> Vec<Problem> {
    if uses.is_empty() {
        return Vec::new();
    }
    let (setup, _) = compile_what_holds(definitions, &OpenCatalog, Seed(0));
    let mut problems = govern::check(&setup, uses);
    problems.extend(segments(definitions, uses));
    problems
}

/// Segments that say what they are for. Others are held against what uses them.
fn segments(definitions: &[Definition], uses: &Uses) -> Vec<Problem> {
    let Ok(names) = Names::new(definitions, &OpenCatalog) else { return Vec::new() };
    let mut problems = Vec::new();
    for known in definitions.iter().filter(|known| known.kind == Kind::Segment) {
        let segment = Segment::parse(Some(&known.name), &known.text).ok();
        let purpose = segment.and_then(|segment| Purpose::from_name(segment.purpose?.trim()));
        let (Some(purpose), Some(Ok(plan))) = (purpose, names.plan(&known.name)) else { continue };
        let found = uses.rule(plan, Purposes::NONE.with(purpose));
        let place = format!("segment “{}”", known.name);
        problems.extend(found.into_iter().map(|problem| problem.in_file(place.clone())));
    }
    problems
}
