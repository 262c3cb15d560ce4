//! A person of a frame as decisions see them. Events and traits are read where they lie; what the ledgers say is made ready
//! once, so that a decision allocates nothing.

use jiff::tz::TimeZone;

use super::state::State;
use crate::contact::cap::Sent;
use crate::contact::suppression::{Entry, Ledgers};
use crate::contact::{consent, zone};
use crate::frame::{Frame, FrameSubject};
use crate::model::consent::{ConsentRecord, Purpose, Purposes};
use crate::model::{Channel, Datum, Identity, Person};
use crate::rule::{Point, Through};

/// A person of a frame.
#[derive(Debug)]
pub struct FramePerson<'a> {
    frame: &'a Frame,
    person: Person,
    subject: FrameSubject<'a>,
    identities: Vec<Identity>,
    consents: Vec<ConsentRecord>,
    entries: Vec<Entry>,
    zone: (TimeZone, &'static str),
    sends: Vec<Sent>,
    limited: bool,
}

impl<'a> FramePerson<'a> {
    /// A person with what was sent to them, in order of time, which a frame does not know.
    #[must_use]
    pub fn new(frame: &'a Frame, person: Person, sends: Vec<Sent>) -> Self {
        let identities = identities(frame, person);
        Self {
            frame,
            person,
            subject: frame.subject(person),
            consents: consents(frame, person),
            entries: entries(frame, person, &identities),
            zone: home(frame, person),
            limited: frame.people().limited_traits().next().is_some(),
            identities,
            sends,
        }
    }

    fn ledgers(&self) -> Ledgers<'_> {
        Ledgers { identities: &self.identities, consents: &self.consents, entries: &self.entries }
    }
}

/// A person's identities, the oldest first.
#[must_use]
pub fn identities(frame: &Frame, person: Person) -> Vec<Identity> {
    frame.people().identities(person).map(|(namespace, value)| Identity::new(namespace, value)).collect()
}

/// A person's lines of the consent ledger. How each was obtained is not kept in a frame, but for claims about whole sources.
#[must_use]
pub fn consents(frame: &Frame, person: Person) -> Vec<ConsentRecord> {
    let people = frame.people();
    let record = |line: &crate::frame::people::ConsentLine| {
        let (namespace, value) = people.identity(line.slot);
        ConsentRecord {
            identity: Identity::new(namespace, value),
            channel: line.channel,
            purpose: line.purpose,
            state: line.state,
            at: line.at,
            expires: line.expires,
            basis: if line.claimed { ConsentRecord::CLAIMED.to_owned() } else { String::new() },
        }
    };
    people.consents(person).iter().map(record).collect()
}

/// A person's do-not-contact entries, each with the place of its address among their identities.
#[must_use]
pub fn entries(frame: &Frame, person: Person, identities: &[Identity]) -> Vec<Entry> {
    let people = frame.people();
    let entry = |line: &crate::frame::people::SuppressionLine| {
        let (namespace, value) = people.identity(line.slot);
        let whose = |known: &Identity| known.namespace == namespace && known.value == value;
        let address = identities.iter().position(whose).and_then(|index| u16::try_from(index).ok());
        Entry { channel: line.channel, reason: line.reason, at: line.at, address }
    };
    people.suppressions(person).iter().map(entry).collect()
}

/// The zone a person lives in, and where it is known from.
#[must_use]
pub fn home(frame: &Frame, person: Person) -> (TimeZone, &'static str) {
    let said = |name: &str| match frame.people().datum(person, name) {
        Datum::Text(text) => Some(text),
        _ => None,
    };
    zone::of(
        ["timezone", "time_zone"].into_iter().find_map(said),
        ["country", "address.country"].into_iter().find_map(said),
    )
}

impl<'a> Through for FramePerson<'a> {
    type Under = FrameSubject<'a>;

    fn under(&self) -> &Self::Under {
        &self.subject
    }

    fn home(&self) -> (TimeZone, &'static str) {
        self.zone.clone()
    }
}

impl State for FramePerson<'_> {
    fn identity(&self, namespace: &str) -> Option<&str> {
        self.identities.iter().find(|known| known.namespace == namespace).map(|known| known.value.as_str())
    }

    fn reachable(&self, channel: Channel) -> bool {
        channel.address().is_some_and(|namespace| self.identity(namespace).is_some())
    }

    fn silent(&self, channel: Channel, purpose: Purpose, point: Point) -> bool {
        consent::is_silent(&self.consents, &self.identities, channel, purpose, point)
    }

    fn stopped(&self, channel: Channel, purpose: Purpose, point: Point) -> Option<Entry> {
        self.ledgers().address(channel, purpose, point).err()
    }

    fn sends(&self) -> &[Sent] {
        &self.sends
    }

    fn zone(&self) -> (&TimeZone, &'static str) {
        (&self.zone.0, self.zone.1)
    }

    fn is_limited(&self) -> bool {
        self.limited
    }

    fn uses(&self, name: &str) -> Purposes {
        self.frame.people().uses(self.person, name)
    }
}
