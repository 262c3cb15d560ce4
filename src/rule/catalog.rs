//! What a rule may name: the workspace's own traits, events, properties, segments and stages.

use crate::model::ValueType;
use crate::model::event::SETTING;

use super::plan::Plan;

/// Whether a name is known, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// With this type.
    Typed(ValueType),
    /// Any value may come.
    Open,
    /// Not at all.
    No,
}

/// What a segment's name stands for.
#[derive(Debug, Clone)]
pub enum Resolved {
    /// A rule.
    Plan(Plan),
    /// A list that the subject knows by this name.
    List,
    /// A segment that cannot be used, with the reason.
    Faulty(String),
    /// Nothing of that name.
    Unknown,
}

/// A kind of name, for suggestions and completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun<'a> {
    /// Traits.
    Trait,
    /// Event names.
    Event,
    /// Properties of an event.
    Property(&'a str),
    /// Properties of an event's items.
    ItemProperty(&'a str),
    /// Segments.
    Segment,
    /// Lists.
    List,
    /// Lifecycle stages.
    Stage,
    /// Intents.
    Intent,
}

/// The names a rule may use.
pub trait Catalog {
    /// A trait.
    fn attribute(&self, name: &str) -> Known;
    /// Whether there is an event of this name.
    fn event(&self, name: &str) -> bool;
    /// Whether such an event has happened to anybody here, where that can be told.
    fn happened(&self, name: &str) -> bool {
        self.event(name)
    }
    /// A property of an event.
    fn property(&self, event: &str, name: &str) -> Known;
    /// A property of any event at all, as what is asked of a visit is.
    fn any_property(&self, name: &str) -> Known {
        let events = self.names(Noun::Event);
        any_of(events.iter().map(|event| self.property(event, name)), name)
    }
    /// A property of an event's items.
    fn item_property(&self, event: &str, name: &str) -> Known;
    /// A segment.
    fn segment(&self, name: &str) -> Resolved;
    /// Whether there is a list of this name.
    fn list(&self, name: &str) -> bool;
    /// Whether there is a lifecycle stage of this name.
    fn stage(&self, name: &str) -> bool;
    /// Whether there is an intent of this name.
    fn intent(&self, name: &str) -> bool;
    /// Every known name of a kind.
    fn names(&self, noun: Noun<'_>) -> Vec<String>;
    /// The currencies an event's amounts are in, where more than one would make a sum meaningless.
    fn currencies(&self, _event: &str) -> Vec<String> {
        Vec::new()
    }
}

/// What is known of a property that each of these events may have: typed where all that have it agree. Where there is no event
/// there is nothing to hold a name against, and the surroundings of an event may be named before the first one tells of them.
pub fn any_of(events: impl Iterator<Item = Known>, name: &str) -> Known {
    let (mut none, mut agreed) = (true, Known::No);
    for known in events {
        none = false;
        agreed = match (agreed, known) {
            (before, Known::No) => before,
            (Known::No, first) => first,
            (before, other) if before == other => before,
            _ => Known::Open,
        };
    }
    if agreed == Known::No && (none || SETTING.contains(&name)) { Known::Open } else { agreed }
}

/// Accepts every name: for worlds and for tests, where the people are still to come. Segments are lists that the subject
/// answers for.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenCatalog;

impl Catalog for OpenCatalog {
    fn attribute(&self, _name: &str) -> Known {
        Known::Open
    }
    fn event(&self, _name: &str) -> bool {
        true
    }
    fn property(&self, _event: &str, _name: &str) -> Known {
        Known::Open
    }
    fn item_property(&self, _event: &str, _name: &str) -> Known {
        Known::Open
    }
    fn segment(&self, _name: &str) -> Resolved {
        Resolved::List
    }
    fn list(&self, _name: &str) -> bool {
        true
    }
    fn stage(&self, _name: &str) -> bool {
        true
    }
    fn intent(&self, _name: &str) -> bool {
        true
    }
    fn names(&self, _noun: Noun<'_>) -> Vec<String> {
        Vec::new()
    }
}
