//! Who was exposed to an experiment: facts carry identities, people are what is analysed.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::wave::Standing;
use crate::experiment::viewed::{self, Viewed};
use crate::frame::Frame;
use crate::model::{Person, Time};
use crate::store::{Store, Window};

/// The first variant and moment of everybody exposed in a phase. Who was exposed before the first phase was counted belongs to
/// the first one.
///
/// # Errors
/// When the workspace cannot be read.
pub fn first(
    store: &Store,
    standing: &Standing,
    phase: u32,
    frame: &Frame,
) -> anyhow::Result<HashMap<Person, (usize, Time)>> {
    let mut first: HashMap<Person, (usize, Time)> = HashMap::new();
    for exposure in all(store, standing, phase, frame, None)? {
        let known = first.entry(exposure.person).or_insert((exposure.variant, exposure.at));
        if exposure.at < known.1 {
            *known = (exposure.variant, exposure.at);
        }
    }
    Ok(first)
}

/// One exposure of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposure {
    /// Who.
    pub person: Person,
    /// When.
    pub at: Time,
    /// To which variant, as an index into the design; beyond it for one the design does not have.
    pub variant: usize,
}

/// Every exposure of a phase before a moment, by person and time: those recorded when people were assigned, and those that
/// imported events tell of.
///
/// # Errors
/// When the workspace cannot be read.
pub fn all(
    store: &Store,
    standing: &Standing,
    phase: u32,
    frame: &Frame,
    before: Option<Time>,
) -> anyhow::Result<Vec<Exposure>> {
    let term =
        |kind: &str| -> anyhow::Result<HashMap<i64, String>> { Ok(store.terms(kind)?.into_iter().collect()) };
    let (experiments, variants) = (term("experiment")?, term("variant")?);
    let phases = standing.phase_by_batch();
    let window = Window { before: before.unwrap_or(Time::MAX), ..Window::ALL };
    let mut rows: Vec<(i64, Time, usize)> = Vec::new();
    store.for_each_exposure(&window, |exposure| {
        let ours = experiments.get(&exposure.experiment).is_some_and(|name| *name == standing.design.name);
        if ours && phases.get(&exposure.batch.0).copied().unwrap_or(1) == phase {
            let name = variants.get(&exposure.variant);
            let place = standing.design.variants.iter().position(|variant| Some(&variant.name) == name);
            rows.push((exposure.identity, exposure.at, place.unwrap_or(usize::MAX)));
        }
        ControlFlow::Continue(())
    })?;
    let people = frame.people();
    let mut exposures: Vec<Exposure> = rows
        .into_iter()
        .filter_map(|(identity, at, variant)| {
            Some(Exposure { person: people.person_of(identity)?, at, variant })
        })
        .collect();
    let before = window.before;
    let told = viewed::exposures(frame, &standing.design).into_iter();
    let told = told.filter(|viewed| viewed.at < before && standing.phase_at(viewed.at) == phase);
    exposures.extend(told.map(|Viewed { person, at, variant }| Exposure {
        person,
        at,
        variant: variant.unwrap_or(usize::MAX),
    }));
    exposures.sort_unstable();
    Ok(exposures)
}
