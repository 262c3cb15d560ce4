//! The in-memory picture of a workspace that rules, metrics and simulation run on: immutable columns at a revision.
//!
//! Events are kept by name in chunks of at most 65,536; people in columns of traits. A frame is cheap to clone. What is
//! learned later makes another frame, for which only the stretches of events that changed are made anew.

mod answers;
mod assemble;
mod bands;
pub mod bitmap;
mod bits;
pub mod builder;
pub mod catalog;
pub mod cell;
pub mod column;
mod condition;
mod dates;
mod encode;
pub mod evaluate;
mod figures;
mod find;
mod follow;
mod index;
mod json;
mod limits;
mod met;
pub mod packed;
mod parallel;
pub mod part;
pub mod people;
pub mod private;
mod rank;
mod selected;
pub mod snapshot;
mod standing;
pub mod subject;
pub mod table;
mod verdicts;
pub mod zones;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub use bitmap::Bitmap;
pub use builder::{Builder, ConsentFact, EventFact};
pub use catalog::FrameCatalog;
pub use evaluate::{Answer, Verdicts, evaluate, put_together};
pub use met::Met;
pub use people::People;
pub use subject::{FrameEvent, FrameSubject};
pub use table::Table;

use crate::model::{Identity, Person, Time};
use crate::rule::Point;
use index::Index;

/// What a frame was made from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Events of somebody.
    pub events: u64,
    /// Events of nobody: without an identity, or with one that stands for nobody.
    pub nobody: u64,
    /// Facts whose JSON could not be read to its end.
    pub unreadable: u64,
    /// The newest event, of somebody or nobody; without events, the newest thing said about anybody.
    pub newest: Option<Time>,
}

/// A label for each person, such as a lifecycle stage.
#[derive(Debug, Clone)]
pub struct Labels {
    names: Vec<String>,
    codes: Vec<u8>,
}

impl Labels {
    /// From names and, for each person, the place of theirs; beyond the names is none.
    #[must_use]
    pub fn new(names: Vec<String>, codes: Vec<u8>) -> Self {
        Self { names, codes }
    }

    /// A person's label.
    #[must_use]
    pub fn of(&self, person: Person) -> Option<&str> {
        let code = *self.codes.get(person.index())?;
        self.names.get(usize::from(code)).map(String::as_str)
    }

    /// The names, in their order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many people have each label, in the order of the names, and how many none.
    #[must_use]
    pub fn counts(&self) -> (Vec<(String, u64)>, u64) {
        let mut counts = vec![0_u64; self.names.len()];
        let mut none = 0;
        for &code in &self.codes {
            match counts.get_mut(usize::from(code)) {
                Some(count) => *count += 1,
                None => none += 1,
            }
        }
        (self.names.iter().cloned().zip(counts).collect(), none)
    }
}

/// Values of a field that did not fit its type and count as missing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Misfit {
    /// The event; none for a trait.
    pub event: Option<String>,
    /// The property or trait.
    pub name: String,
    /// The type the field has.
    pub kind: String,
    /// How many values.
    pub values: u64,
}

/// An in-memory picture of people and what they did.
#[derive(Debug, Clone)]
pub struct Frame {
    revision: i64,
    people: Arc<People>,
    tables: Arc<Vec<Arc<Table>>>,
    index: Arc<OnceLock<Index>>,
    lists: Arc<BTreeMap<String, Arc<Bitmap>>>,
    lifecycle: Option<Arc<Labels>>,
    intent: Option<Arc<Labels>>,
    met: Arc<met::Ledger>,
    bands: Arc<bands::Bands>,
    answers: Arc<answers::Answers>,
    counts: Counts,
}

impl Default for Frame {
    fn default() -> Self {
        Builder::new().finish(0)
    }
}

impl Frame {
    /// The revision of the workspace it shows.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Who is in it.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.people
    }

    /// The events, a table for each name, by name.
    #[must_use]
    pub fn tables(&self) -> &[Arc<Table>] {
        &self.tables
    }

    /// The events of one name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        let place = self.tables.binary_search_by(|table| table.name.as_str().cmp(name)).ok()?;
        self.tables.get(place).map(AsRef::as_ref)
    }

    /// What it was made from.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The point just after the newest event: where a workspace of imports is read unless told otherwise.
    #[must_use]
    pub fn now(&self) -> Point {
        Point::before(Time(self.counts.newest.map_or(0, |newest| newest.0.saturating_add(1))))
    }

    /// One person as a rule sees them.
    #[must_use]
    pub fn subject(&self, person: Person) -> FrameSubject<'_> {
        FrameSubject { frame: self, person }
    }

    /// A person's events, oldest first.
    pub fn history(&self, person: Person) -> impl DoubleEndedIterator<Item = FrameEvent<'_>> {
        let index = self.index.get_or_init(|| Index::new(&self.tables, self.people.len()));
        index.of(person.index()).iter().filter_map(|place| {
            let &(table, chunk) = index.chunks.get(place.chunk())?;
            let table = self.tables.get(table as usize)?;
            let chunk = table.chunks.get(chunk as usize)?;
            Some(FrameEvent { table, chunk, row: place.row() })
        })
    }

    /// The same frame for looking at the histories of some people only, which is quicker to prepare than everybody's.
    /// All others seem to have done nothing when they are looked at one by one.
    #[must_use]
    pub fn among(&self, people: &Bitmap) -> Self {
        let index = Index::of_some(&self.tables, self.people.len(), people);
        Self { index: Arc::new(OnceLock::from(index)), answers: Arc::default(), ..self.clone() }
    }

    /// The same frame with a list that rules can name. Returns also the members that are nobody here.
    #[must_use]
    pub fn with_list<'i>(&self, name: &str, members: impl IntoIterator<Item = &'i Identity>) -> (Self, u64) {
        let mut bitmap = Bitmap::none(self.people.len());
        let mut strangers = 0;
        for member in members {
            match self.people.find(member) {
                Some(person) => bitmap.set(person.index()),
                None => strangers += 1,
            }
        }
        let mut lists = self.lists.as_ref().clone();
        lists.insert(name.to_owned(), Arc::new(bitmap));
        (Self { lists: Arc::new(lists), answers: Arc::default(), ..self.clone() }, strangers)
    }

    /// A list's members.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<&Bitmap> {
        self.lists.get(name).map(AsRef::as_ref)
    }

    /// The names of the lists.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        self.lists.keys().map(String::as_str)
    }

    /// The same frame with a lifecycle stage for each person.
    #[must_use]
    pub fn with_lifecycle(&self, labels: Labels) -> Self {
        Self { lifecycle: Some(Arc::new(labels)), answers: Arc::default(), ..self.clone() }
    }

    /// The same frame with an intent for each person in a session.
    #[must_use]
    pub fn with_intent(&self, labels: Labels) -> Self {
        Self { intent: Some(Arc::new(labels)), answers: Arc::default(), ..self.clone() }
    }

    /// Everybody's lifecycle stage, if it was worked out.
    #[must_use]
    pub fn lifecycle(&self) -> Option<&Labels> {
        self.lifecycle.as_deref()
    }

    /// Everybody's intent, if it was worked out.
    #[must_use]
    pub fn intent(&self) -> Option<&Labels> {
        self.intent.as_deref()
    }

    /// Fields with values that did not fit their type.
    #[must_use]
    pub fn misfits(&self) -> Vec<Misfit> {
        let misfit = |event: Option<&str>, field: &column::Field| Misfit {
            event: event.map(str::to_owned),
            name: field.name.clone(),
            kind: field.kind.map_or_else(String::new, |kind| kind.to_string()),
            values: field.misfits,
        };
        let traits = self.people.traits.iter().map(|(field, _)| misfit(None, field));
        let properties = self.tables.iter().flat_map(|table| {
            let fields = table.properties.iter().chain(&table.item_properties);
            fields.map(|field| misfit(Some(&table.name), field))
        });
        traits.chain(properties).filter(|misfit| misfit.values > 0).collect()
    }

    /// Forgets the answers given so far, for those who want to know how long they take.
    pub fn forget_answers(&self) {
        self.answers.forget();
        self.bands.forget();
    }

    /// What it takes in memory.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let chunks = self.tables.iter().flat_map(|table| &table.chunks);
        let fields =
            self.tables.iter().flat_map(|table| table.properties.iter().chain(&table.item_properties));
        let traits = self.people.traits.iter().map(|(field, _)| field);
        Memory {
            events: chunks.map(|chunk| chunk.bytes()).sum(),
            people: self.people.bytes(),
            dictionaries: fields.chain(traits).map(|field| field.dictionary.bytes()).sum(),
            index: self.index.get().map_or(0, Index::bytes),
            answers: self.answers.bytes(),
        }
    }
}

/// How many bytes a frame takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Memory {
    /// Columns of events.
    pub events: usize,
    /// Identities, traits and consents of people, and what was worked out about each of them.
    pub people: usize,
    /// The texts that columns name by number.
    pub dictionaries: usize,
    /// Where each person's events are, once somebody was looked at.
    pub index: usize,
    /// Answers that are kept for the next question.
    pub answers: usize,
}
