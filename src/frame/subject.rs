//! One person of a frame, as a rule sees them.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;

use super::Frame;
use super::table::{Chunk, Table};
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::event::names::EXPERIMENT_VIEWED;
use crate::model::{Channel, Datum, Person, Time};
use crate::rule::evaluate::viewed;
use crate::rule::plan::BandAsk;
use crate::rule::{Occurrence, Point, Subject, Told};

/// One person of a frame.
#[derive(Debug, Clone, Copy)]
pub struct FrameSubject<'a> {
    pub(super) frame: &'a Frame,
    pub(super) person: Person,
}

impl Subject for FrameSubject<'_> {
    fn attribute(&self, name: &str) -> Datum<'_> {
        self.frame.people.datum(self.person, name)
    }

    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        for event in self.frame.history(self.person) {
            if event.name() == name && visit(&event).is_break() {
                return;
            }
        }
    }

    fn every_event(&self, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        for event in self.frame.history(self.person) {
            if visit(&event).is_break() {
                return;
            }
        }
    }

    fn suppressed(&self, channel: Channel, reason: SuppressionReason, point: Point) -> bool {
        self.frame.people.suppressed(self.person, channel, reason, point)
    }

    fn cut_by(&self) -> Option<&str> {
        let people = &self.frame.people;
        let oldest = || people.identities(self.person).next().map(|(_, value)| value);
        people.identity_in(self.person, "user_id").or_else(oldest)
    }

    fn home(&self) -> (TimeZone, &'static str) {
        self.frame.people.zones().home(self.person)
    }

    fn attribute_since(&self, name: &str) -> Option<Time> {
        self.frame.people.since(self.person, name)
    }

    fn experiment(&self, name: &str, point: Point) -> Told<String> {
        let met = &self.frame.met;
        if let Some(variant) = met.of(name, self.person, |at| point.sees(at)) {
            return Told::Yes(variant.to_owned());
        }
        // Where no experiment was ever told of, nobody is known to be outside of one.
        if self.frame.table(EXPERIMENT_VIEWED).is_none() && !met.knows(name) {
            return Told::Unknown;
        }
        viewed(self, name, point).map_or(Told::No, Told::Yes)
    }

    fn band(&self, ask: &BandAsk, point: Point) -> Option<u32> {
        let bands = self.frame.bands(ask, point, 1);
        bands.get(self.person.index()).copied().filter(|band| *band > 0).map(u32::from)
    }

    fn consent(&self, channel: Channel, purpose: Purpose, point: Point) -> ConsentState {
        self.frame.people.consent(self.person, channel, purpose, point)
    }

    fn lifecycle(&self) -> Option<&str> {
        self.frame.lifecycle.as_ref().and_then(|labels| labels.of(self.person))
    }

    fn intent(&self) -> Option<&str> {
        self.frame.intent.as_ref().and_then(|labels| labels.of(self.person))
    }

    fn in_list(&self, list: &str) -> bool {
        self.frame.lists.get(list).is_some_and(|members| members.has(self.person.index()))
    }
}

/// An event of a frame.
#[derive(Debug, Clone, Copy)]
pub struct FrameEvent<'a> {
    pub(super) table: &'a Table,
    pub(super) chunk: &'a Chunk,
    pub(super) row: usize,
}

impl<'a> FrameEvent<'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.table.name
    }

    /// Order within the instant.
    #[must_use]
    pub fn sequence(&self) -> i64 {
        self.chunk.sequence.get(self.row)
    }

    /// Its properties that have a value, in the order of the columns.
    pub fn properties(&self) -> impl Iterator<Item = (&'a str, Datum<'a>)> + use<'a> {
        let Self { table, chunk, row } = *self;
        table.properties.iter().zip(&chunk.columns).filter_map(move |(field, column)| {
            let datum = column.get()?.datum(row, field);
            (!datum.is_missing()).then_some((field.name.as_str(), datum))
        })
    }
}

impl Occurrence for FrameEvent<'_> {
    fn at(&self) -> Time {
        self.chunk.time(self.row)
    }

    fn sequence(&self) -> i64 {
        self.chunk.sequence.get(self.row)
    }

    fn channel(&self) -> Channel {
        self.chunk.channel(self.row)
    }

    fn property(&self, name: &str) -> Datum<'_> {
        let Some(place) = self.table.property(name) else { return Datum::Missing };
        match (self.table.properties.get(place), self.chunk.column(place)) {
            (Some(field), Some(column)) => column.datum(self.row, field),
            _ => Datum::Missing,
        }
    }

    fn items(&self) -> usize {
        self.chunk.items.as_ref().map_or(0, |items| items.of(self.row).len())
    }

    fn item(&self, index: usize, name: &str) -> Datum<'_> {
        let Some(items) = &self.chunk.items else { return Datum::Missing };
        let (Some(place), Some(row)) = (self.table.item_property(name), items.of(self.row).nth(index)) else {
            return Datum::Missing;
        };
        match (self.table.item_properties.get(place), items.column(place)) {
            (Some(field), Some(column)) => column.datum(row, field),
            _ => Datum::Missing,
        }
    }
}
