//! What the sources of a workspace allow their traits to be used for.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use crate::govern::{self, Uses};
use crate::model::consent::Purposes;
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed};
use crate::rule::OpenCatalog;
use crate::store::{Store, StoreError, Window};
use crate::traffic::{compile, compile_what_holds};

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
    // What does not compile is told by itself.
    let Ok(setup) = compile(all, &OpenCatalog, Seed(0)) else { return Ok(Vec::new()) };
    let (old, _) = compile_what_holds(before, &OpenCatalog, Seed(0));
    let known = govern::check(&old, &uses);
    Ok(govern::check(&setup, &uses).into_iter().filter(|problem| !known.contains(problem)).collect())
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
    let (setup, _) = compile_what_holds(&definitions, &OpenCatalog, Seed(0));
    Ok(govern::check(&setup, &load(store)?))
}
