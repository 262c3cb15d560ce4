//! The one narrow view of a person's state that decisions need.

use jiff::tz::TimeZone;

use crate::contact::cap::Sent;
use crate::contact::suppression::Entry;
use crate::model::consent::Purpose;
use crate::model::{Channel, Time};
use crate::rule::{Point, Subject};

/// A person as a decision sees them.
pub trait State: Subject {
    /// The value of an identity namespace, such as `user_id`; of several, the oldest.
    fn identity(&self, namespace: &str) -> Option<&str>;
    /// Whether an identity reaches this channel.
    fn reachable(&self, channel: Channel) -> bool;
    /// Do-not-contact entries.
    fn suppressions(&self) -> &[Entry];
    /// When the person last opted in to a channel and purpose with every address of it.
    fn opted_in_at(&self, channel: Channel, purpose: Purpose, point: Point) -> Option<Time>;
    /// What was sent, in order of time.
    fn sends(&self) -> &[Sent];
    /// The person's zone, and where it came from: `profile`, `country`, `default`.
    fn zone(&self) -> (&TimeZone, &'static str);
}
