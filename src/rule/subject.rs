//! The narrow view of one person that a rule needs. The frame implements it for observed people, the traffic loop for
//! people who are living through a journey, a test for anyone.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;

use super::plan::BandAsk;
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Datum, Time};

/// The moment a rule is asked at. Events at exactly `at` count only if they were recorded before the point
/// (`inclusive`): an import is read as of just before `at`, the engine after everything recorded so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The instant.
    pub at: Time,
    /// Whether facts of this very millisecond are already recorded.
    pub inclusive: bool,
}

impl Point {
    /// Just before `at`: what `--as-of` means.
    #[must_use]
    pub fn before(at: Time) -> Self {
        Self { at, inclusive: false }
    }

    /// After everything recorded up to `at`: where the engine stands.
    #[must_use]
    pub fn after(at: Time) -> Self {
        Self { at, inclusive: true }
    }

    /// Whether something that happened at `at` lies before the point.
    #[must_use]
    pub fn sees(&self, at: Time) -> bool {
        at < self.at || (self.inclusive && at == self.at)
    }
}

/// A point, and the zone in which the person asked about sees the calendar.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The point.
    pub point: Point,
    /// The zone.
    pub zone: &'a TimeZone,
}

static UTC: TimeZone = TimeZone::UTC;

impl Moment<'static> {
    /// A point seen in UTC: for everything that does not look at the calendar.
    #[must_use]
    pub fn utc(point: Point) -> Self {
        Self { point, zone: &UTC }
    }
}

/// What is known about something that may not have been told at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<T> {
    /// Nothing tells.
    Unknown,
    /// It is not so.
    No,
    /// It is so.
    Yes(T),
}

/// A person's latest passage through a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage<'a> {
    /// When it began.
    pub entered: Time,
    /// Whether it is still going on.
    pub inside: bool,
    /// When it ended, where that is known.
    pub left: Option<Time>,
    /// Where the person stands in it.
    pub step: Option<&'a str>,
}

/// One event of a person, seen by a rule.
pub trait Occurrence {
    /// When it happened.
    fn at(&self) -> Time;
    /// Order within the instant.
    fn sequence(&self) -> i64 {
        0
    }
    /// Where it happened.
    fn channel(&self) -> Channel;
    /// A property of the event.
    fn property(&self, name: &str) -> Datum<'_>;
    /// How many items (order lines) it has.
    fn items(&self) -> usize {
        0
    }
    /// A property of one item.
    fn item(&self, _index: usize, _name: &str) -> Datum<'_> {
        Datum::Missing
    }
}

/// One person, as far as a rule may look.
pub trait Subject {
    /// A trait's value at the point.
    fn attribute(&self, name: &str) -> Datum<'_>;
    /// Visits the person's events of one name, oldest first, all times; the rule applies windows and the point.
    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>);
    /// Visits all of the person's events, oldest first, all times.
    fn every_event(&self, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>);
    /// The most restrictive consent over the person's identities of this channel.
    fn consent(&self, channel: Channel, purpose: Purpose, point: Point) -> ConsentState;
    /// The lifecycle stage by name; `None` if no stage rule matched.
    fn lifecycle(&self) -> Option<&str>;
    /// The intent of the running session; `None` outside a session.
    fn intent(&self) -> Option<&str>;
    /// Whether the person is in a list segment.
    fn in_list(&self, list: &str) -> bool;
    /// Whether contact on a channel is blocked for this reason at the point.
    fn suppressed(&self, channel: Channel, reason: SuppressionReason, point: Point) -> bool;
    /// What a random cut is made by: the `user_id` where known, else the oldest identity.
    fn cut_by(&self) -> Option<&str>;
    /// The zone the person lives in, and where it is known from.
    fn home(&self) -> (TimeZone, &'static str);
    /// Since when a trait has had its present value; `None` where nothing tells.
    fn attribute_since(&self, _name: &str) -> Option<Time> {
        None
    }
    /// Since when the person has been in the present lifecycle stage; `None` where nothing tells.
    fn lifecycle_since(&self) -> Option<Time> {
        None
    }
    /// The latest passage through a journey that began before the point.
    fn journey(&self, _name: &str, _point: Point) -> Told<Passage<'_>> {
        Told::Unknown
    }
    /// The variant of an experiment in which the person counts at the point.
    fn experiment(&self, _name: &str, _point: Point) -> Told<String> {
        Told::Unknown
    }
    /// The band the person is in among all, from 1; `None` for people without a measure, and where the others are not
    /// known.
    fn band(&self, _ask: &BandAsk, _point: Point) -> Option<u32> {
        None
    }
}
