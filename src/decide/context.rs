//! What a request says about the moment: device, place, weather, cart, query. Rules read it as `context.device` and so
//! on; a field nobody sent is unknown, like any missing value.

use jiff::tz::TimeZone;

use super::state::{Chosen, State};
use crate::contact::Sent;
use crate::contact::suppression::Entry;
use crate::model::consent::{Purpose, Purposes};
use crate::model::{Channel, Datum, Time, Value};
use crate::rule::catalog::{Known, Noun, Resolved};
use crate::rule::{Catalog, Point, Through};

/// How context is called in rules.
pub const PREFIX: &str = "context.";

/// The fields of a request, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context(Vec<(String, Value)>);

impl Context {
    /// The fields, of two of one name the later.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut known: Vec<(String, Value)> = Vec::new();
        for (name, value) in fields {
            known.retain(|(other, _)| *other != name);
            known.push((name, value));
        }
        Self(known)
    }

    /// A field's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Datum<'_> {
        self.0.iter().find(|(known, _)| known == name).map_or(Datum::Missing, |(_, value)| value.datum())
    }
}

/// A person at a moment: everything known of them, and what the request says.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a, S> {
    /// The person.
    pub state: &'a S,
    /// What the request says.
    pub context: &'a Context,
}

impl<S: State> Through for Visitor<'_, S> {
    type Under = S;

    fn under(&self) -> &S {
        self.state
    }

    fn attribute(&self, name: &str) -> Datum<'_> {
        match name.strip_prefix(PREFIX) {
            Some(field) => self.context.get(field),
            None => self.state.attribute(name),
        }
    }
}

impl<S: State> State for Visitor<'_, S> {
    fn identity(&self, namespace: &str) -> Option<&str> {
        self.state.identity(namespace)
    }

    fn reachable(&self, channel: Channel) -> bool {
        self.state.reachable(channel)
    }

    fn silent(&self, channel: Channel, purpose: Purpose, point: Point) -> bool {
        self.state.silent(channel, purpose, point)
    }

    fn stopped(&self, channel: Channel, purpose: Purpose, point: Point) -> Option<Entry> {
        self.state.stopped(channel, purpose, point)
    }

    fn sends(&self) -> &[Sent] {
        self.state.sends()
    }

    fn zone(&self) -> (&TimeZone, &'static str) {
        self.state.zone()
    }

    fn variant(&self, experiment: u32) -> Option<u8> {
        self.state.variant(experiment)
    }

    fn chosen(&self, of: u32, now: Time) -> Option<Chosen> {
        self.state.chosen(of, now)
    }

    fn is_limited(&self) -> bool {
        self.state.is_limited()
    }

    fn uses(&self, name: &str) -> Purposes {
        if name.starts_with(PREFIX) { Purposes::ALL } else { self.state.uses(name) }
    }
}

/// A catalog that knows every field of a context too: what a request may say is not for the workspace to tell.
pub struct WithContext<'a>(pub &'a dyn Catalog);

impl Catalog for WithContext<'_> {
    fn attribute(&self, name: &str) -> Known {
        if name.starts_with(PREFIX) { Known::Open } else { self.0.attribute(name) }
    }
    fn event(&self, name: &str) -> bool {
        self.0.event(name)
    }
    fn happened(&self, event: &str) -> bool {
        self.0.happened(event)
    }
    fn property(&self, event: &str, name: &str) -> Known {
        self.0.property(event, name)
    }
    fn any_property(&self, name: &str) -> Known {
        self.0.any_property(name)
    }
    fn item_property(&self, event: &str, name: &str) -> Known {
        self.0.item_property(event, name)
    }
    fn segment(&self, name: &str) -> Resolved {
        self.0.segment(name)
    }
    fn list(&self, name: &str) -> bool {
        self.0.list(name)
    }
    fn stage(&self, name: &str) -> bool {
        self.0.stage(name)
    }
    fn intent(&self, name: &str) -> bool {
        self.0.intent(name)
    }
    fn names(&self, noun: Noun<'_>) -> Vec<String> {
        self.0.names(noun)
    }
    fn currencies(&self, event: &str) -> Vec<String> {
        self.0.currencies(event)
    }
}
