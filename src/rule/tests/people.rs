//! People made up for tests.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::tz::TimeZone;

use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Datum, Time, Value};
use crate::rule::evaluate::viewed;
use crate::rule::plan::BandAsk;
use crate::rule::{Occurrence, Passage, Point, Subject, Told};

/// A person of a test.
#[derive(Debug, Clone, Default)]
pub(super) struct Someone {
    pub(super) traits: BTreeMap<String, Value>,
    pub(super) events: Vec<Happened>,
    pub(super) consent: BTreeMap<(Channel, Purpose), ConsentState>,
    pub(super) lifecycle: Option<String>,
    pub(super) intent: Option<String>,
    pub(super) lists: Vec<String>,
    pub(super) id: Option<String>,
    pub(super) zone: Option<TimeZone>,
    pub(super) since: BTreeMap<String, Time>,
    pub(super) suppressions: Vec<(Channel, SuppressionReason, Time)>,
    pub(super) journeys: BTreeMap<String, (Time, Option<Time>, Option<String>)>,
    pub(super) band: Option<u32>,
}

/// An event of a test.
#[derive(Debug, Clone)]
pub(super) struct Happened {
    pub(super) name: String,
    pub(super) at: Time,
    pub(super) channel: Channel,
    pub(super) properties: BTreeMap<String, Value>,
    pub(super) items: Vec<BTreeMap<String, Value>>,
}

impl Someone {
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.traits.insert(name.to_owned(), value);
        self
    }

    pub(super) fn did(mut self, name: &str, at: i64, properties: &[(&str, Value)]) -> Self {
        let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.events.push(Happened {
            name: name.to_owned(),
            at: Time(at),
            channel: Channel::Web,
            properties,
            items: Vec::new(),
        });
        self.events.sort_by_key(|event| event.at);
        self
    }
}

fn datum<'a>(values: &'a BTreeMap<String, Value>, name: &str) -> Datum<'a> {
    values.get(name).map_or(Datum::Missing, Value::datum)
}

impl Occurrence for Happened {
    fn at(&self) -> Time {
        self.at
    }
    fn channel(&self) -> Channel {
        self.channel
    }
    fn property(&self, name: &str) -> Datum<'_> {
        datum(&self.properties, name)
    }
    fn items(&self) -> usize {
        self.items.len()
    }
    fn item(&self, index: usize, name: &str) -> Datum<'_> {
        self.items.get(index).map_or(Datum::Missing, |item| datum(item, name))
    }
}

impl Subject for Someone {
    fn attribute(&self, name: &str) -> Datum<'_> {
        datum(&self.traits, name)
    }
    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        for event in self.events.iter().filter(|event| event.name == name) {
            if visit(event).is_break() {
                return;
            }
        }
    }
    fn every_event(&self, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        for event in &self.events {
            if visit(event).is_break() {
                return;
            }
        }
    }
    fn suppressed(&self, channel: Channel, reason: SuppressionReason, point: Point) -> bool {
        self.suppressions
            .iter()
            .any(|(entered, why, at)| *why == reason && why.reaches(*entered, channel) && point.sees(*at))
    }
    fn cut_by(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn home(&self) -> (TimeZone, &'static str) {
        match &self.zone {
            Some(zone) => (zone.clone(), "profile"),
            None => (TimeZone::UTC, "default"),
        }
    }
    fn attribute_since(&self, name: &str) -> Option<Time> {
        self.since.get(name).copied()
    }
    fn journey(&self, name: &str, point: Point) -> Told<Passage<'_>> {
        match self.journeys.get(name) {
            Some((entered, left, step)) if point.sees(*entered) => Told::Yes(Passage {
                entered: *entered,
                inside: left.is_none(),
                left: *left,
                step: step.as_deref(),
            }),
            Some(_) => Told::No,
            None => Told::Unknown,
        }
    }
    fn experiment(&self, name: &str, point: Point) -> Told<String> {
        viewed(self, name, point).map_or(Told::No, Told::Yes)
    }
    fn band(&self, _ask: &BandAsk, _point: Point) -> Option<u32> {
        self.band
    }
    fn consent(&self, channel: Channel, purpose: Purpose, _point: Point) -> ConsentState {
        self.consent.get(&(channel, purpose)).copied().unwrap_or(ConsentState::Unknown)
    }
    fn lifecycle(&self) -> Option<&str> {
        self.lifecycle.as_deref()
    }
    fn intent(&self) -> Option<&str> {
        self.intent.as_deref()
    }
    fn in_list(&self, list: &str) -> bool {
        self.lists.iter().any(|name| name == list)
    }
}
