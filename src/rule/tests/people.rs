//! People made up for tests.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Datum, Time, Value};
use crate::rule::{Occurrence, Point, Subject};

/// A person of a test.
#[derive(Debug, Clone, Default)]
pub(super) struct Someone {
    pub(super) traits: BTreeMap<String, Value>,
    pub(super) events: Vec<Happened>,
    pub(super) consent: BTreeMap<(Channel, Purpose), ConsentState>,
    pub(super) lifecycle: Option<String>,
    pub(super) intent: Option<String>,
    pub(super) lists: Vec<String>,
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
