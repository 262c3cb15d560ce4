//! The one narrow view of a person's state that decisions need.

use jiff::tz::TimeZone;

use crate::contact::cap::Sent;
use crate::contact::suppression::Entry;
use crate::model::consent::{Purpose, Purposes};
use crate::model::{Channel, Time};
use crate::rule::{Point, Subject};

/// A promise made to a person: of several things, this one. Words are codes of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// What was chosen between.
    pub of: u32,
    /// What was chosen.
    pub is: u32,
    /// Until when it holds, that moment excluded.
    pub until: Time,
}

/// A person as a decision sees them.
pub trait State: Subject {
    /// The value of an identity namespace, such as `user_id`; of several, the oldest.
    fn identity(&self, namespace: &str) -> Option<&str>;
    /// Whether an identity reaches this channel.
    fn reachable(&self, channel: Channel) -> bool;
    /// Whether nothing was ever said about a channel and purpose. What is not known is no silence.
    fn silent(&self, _channel: Channel, _purpose: Purpose, _point: Point) -> bool {
        false
    }
    /// The do-not-contact entry that stops every address of a channel, if one does.
    fn stopped(&self, channel: Channel, purpose: Purpose, point: Point) -> Option<Entry>;
    /// What was sent, in order of time.
    fn sends(&self) -> &[Sent];
    /// The person's zone, and where it came from: `profile`, `country`, `default`.
    fn zone(&self) -> (&TimeZone, &'static str);
    /// The variant of an experiment the person was already given.
    fn variant(&self, _experiment: u32) -> Option<u8> {
        None
    }
    /// Whether any trait's source limits what it may be used for.
    fn is_limited(&self) -> bool {
        false
    }
    /// What the value of a trait may be used for, as its source has it.
    fn uses(&self, _name: &str) -> Purposes {
        Purposes::ALL
    }
    /// What was promised, and still holds.
    fn chosen(&self, _of: u32, _now: Time) -> Option<Chosen> {
        None
    }
}
