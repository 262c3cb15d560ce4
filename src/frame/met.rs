//! Experiments that the workspace itself assigned people to: what its ledger of exposures says, beside the events that tell of
//! other tools' exposures.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Frame;
use crate::model::{Person, Time};

/// Somebody was given a variant by this workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Met {
    /// Who.
    pub person: Person,
    /// In which phase of the experiment: who is in a later one counts in that.
    pub phase: u32,
    /// From when on they count.
    pub at: Time,
    /// Which variant.
    pub variant: Arc<str>,
}

/// Everybody's variants, by experiment and person.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(BTreeMap<Arc<str>, Vec<Met>>);

impl Ledger {
    /// Whether anybody was assigned to an experiment of this name.
    pub(super) fn knows(&self, experiment: &str) -> bool {
        self.0.contains_key(experiment)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The variant a person has of an experiment, as far as was known when `sees` says so: the first of the newest phase.
    pub(super) fn of(&self, experiment: &str, person: Person, sees: impl Fn(Time) -> bool) -> Option<&str> {
        let met = self.0.get(experiment)?;
        let begin = met.partition_point(|met| met.person < person);
        let theirs = met.get(begin..)?.iter().take_while(|met| met.person == person);
        let known = theirs.filter(|met| sees(met.at));
        let first = known.reduce(|first, met| if met.phase > first.phase { met } else { first })?;
        Some(&first.variant)
    }
}

impl Frame {
    /// The same frame with what the workspace assigned. A workspace of imports is read at its newest event, and lists are made
    /// just after it: who is assigned later counts from the newest event on.
    #[must_use]
    pub fn with_met(&self, met: impl IntoIterator<Item = (Arc<str>, Met)>, newest: Option<Time>) -> Self {
        let mut ledger = Ledger::default();
        for (experiment, met) in met {
            let at = newest.map_or(met.at, |newest| met.at.min(newest));
            ledger.0.entry(experiment).or_default().push(Met { at, ..met });
        }
        ledger.0.values_mut().for_each(|met| met.sort_unstable());
        Self { met: Arc::new(ledger), answers: Arc::default(), ..self.clone() }
    }

    /// Whether the workspace assigned anybody to anything.
    #[must_use]
    pub fn assigns(&self) -> bool {
        !self.met.is_empty()
    }

    /// The experiments the workspace assigned people to.
    pub fn assigned(&self) -> impl Iterator<Item = &Arc<str>> {
        self.met.0.keys()
    }

    /// What the workspace assigned a person to, by experiment and time.
    pub fn met(&self, person: Person) -> impl Iterator<Item = (&Arc<str>, &Met)> {
        self.met.0.iter().flat_map(move |(experiment, met)| {
            let begin = met.partition_point(|met| met.person < person);
            let theirs = met.iter().skip(begin).take_while(move |met| met.person == person);
            theirs.map(move |met| (experiment, met))
        })
    }
}
