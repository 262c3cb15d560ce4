//! Who of a segment may be contacted, and why the others are left out.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::contact::{consent, suppression};
use crate::frame::{Bitmap, Frame};
use crate::model::consent::{ConsentState, Purpose, Purposes, SuppressionReason};
use crate::model::{Channel, Datum, Person};
use crate::rule::Point;

/// What the people of a file are to be contacted for, and on which channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// On which channel.
    pub channel: Channel,
    /// What for.
    pub purpose: Purpose,
}

/// Why somebody is left out. Each person counts once, for the first reason in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// They did not agree: what they said instead.
    NoConsent(ConsentState),
    /// Contact is blocked.
    Suppressed(SuppressionReason),
    /// No address of this channel is known.
    NoAddress,
    /// The address cannot be put into the form that is asked for.
    UnreadableAddress,
    /// Somebody else in the file has the same address.
    SameAddress,
    /// The source of what the segment asks about them does not allow this purpose.
    Withheld,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConsent(state) => write!(f, "no consent ({})", state.name()),
            Self::Suppressed(reason) => write!(f, "suppressed ({})", reason.name()),
            Self::NoAddress => f.write_str("no address"),
            Self::UnreadableAddress => f.write_str("an address that cannot be read"),
            Self::SameAddress => f.write_str("the address of somebody else in the file"),
            Self::Withheld => {
                f.write_str("what the segment asks about them comes from a source that is not for this")
            }
        }
    }
}

impl Serialize for LeftOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::NoConsent(state) => serializer.collect_str(&format_args!("no-consent-{}", state.name())),
            Self::Suppressed(reason) => serializer.collect_str(&format_args!("suppressed-{}", reason.name())),
            Self::NoAddress => serializer.serialize_str("no-address"),
            Self::UnreadableAddress => serializer.serialize_str("unreadable-address"),
            Self::SameAddress => serializer.serialize_str("same-address"),
            Self::Withheld => serializer.serialize_str("not-for-this-purpose"),
        }
    }
}

/// Who passes and who does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those who may be contacted, in the order of their oldest identities.
    pub people: Vec<Person>,
    /// How many are left out for which reason.
    pub left_out: BTreeMap<LeftOut, u64>,
}

impl Selection {
    /// How many are left out in all.
    #[must_use]
    pub fn without(&self) -> u64 {
        self.left_out.values().sum()
    }
}

/// Asks everybody in a segment: consent, then suppression. Whether caps have room is asked when a message is decided, and
/// not here.
#[must_use]
pub fn select(frame: &Frame, members: &Bitmap, gate: Gate, point: Point) -> Selection {
    let mut selection = Selection::default();
    for row in members.rows() {
        let person = Person(row as u32);
        match refused(frame, person, gate, point) {
            None => selection.people.push(person),
            Some(why) => *selection.left_out.entry(why).or_default() += 1,
        }
    }
    selection
}

/// Leaves out those who are in the segment, or may be, because of a trait whose source does not allow the purpose. `traits`
/// is what the segment's rule asks for.
#[must_use]
pub fn within_limits(frame: &Frame, mut selection: Selection, traits: &[&str], gate: Gate) -> Selection {
    let people = frame.people();
    let limited: Vec<&str> = people.limited_traits().filter(|name| traits.contains(name)).collect();
    let wanted = Purposes::NONE.with(gate.purpose);
    let withheld = |person: Person| {
        let hidden = |name: &&str| {
            !people.uses(person, name).cover(wanted) && !people.datum(person, name).is_missing()
        };
        limited.iter().any(hidden)
    };
    let before = selection.people.len();
    selection.people.retain(|person| !withheld(*person));
    let left = (before - selection.people.len()) as u64;
    if left > 0 {
        *selection.left_out.entry(LeftOut::Withheld).or_default() += left;
    }
    selection
}

fn refused(frame: &Frame, person: Person, gate: Gate, point: Point) -> Option<LeftOut> {
    let (people, Gate { channel, purpose }) = (frame.people(), gate);
    let state = people.consent(person, channel, purpose, point);
    if !consent::allows(state, purpose) {
        return Some(LeftOut::NoConsent(state));
    }
    let holds = |reason: &SuppressionReason| {
        suppression::blocks(*reason, purpose) && people.suppressed(person, channel, *reason, point)
    };
    SuppressionReason::ALL.into_iter().find(holds).map(LeftOut::Suppressed)
}

/// A person's address in a namespace: an identity, else a trait of that name.
#[must_use]
pub fn address<'a>(frame: &'a Frame, person: Person, namespace: &str) -> Option<&'a str> {
    let people = frame.people();
    people.identity_in(person, namespace).or_else(|| match people.datum(person, namespace) {
        Datum::Text(text) if !text.trim().is_empty() => Some(text),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Builder, ConsentFact};
    use crate::model::Time;

    #[test]
    fn consent_comes_before_suppression_and_everybody_counts_once() {
        let mut builder = Builder::new();
        for id in 1..=4 {
            builder.identity(id, "email", &format!("p{id}@example.org"));
            builder.identify(id, Time(0), r#"{"phone":"0170 1234567"}"#);
        }
        for (id, state) in
            [(1, ConsentState::Granted), (2, ConsentState::Granted), (3, ConsentState::Revoked)]
        {
            builder.consent(&ConsentFact {
                identity: id,
                channel: Channel::Email,
                purpose: Purpose::Marketing,
                state,
                at: Time(1),
                expires: None,
            });
        }
        for id in [2, 3, 4] {
            builder.suppression(id, Channel::Email, SuppressionReason::Unsubscribed, Time(5));
        }
        let frame = builder.finish(1);
        let everyone = Bitmap::all(4);
        let ask = |purpose| {
            select(&frame, &everyone, Gate { channel: Channel::Email, purpose }, Point::before(Time(9)))
        };
        let marketing = ask(Purpose::Marketing);
        assert_eq!(marketing.people, [Person(0)]);
        assert_eq!(
            marketing.left_out.into_iter().collect::<Vec<_>>(),
            [
                (LeftOut::NoConsent(ConsentState::Revoked), 1),
                (LeftOut::NoConsent(ConsentState::Unknown), 1),
                (LeftOut::Suppressed(SuppressionReason::Unsubscribed), 1)
            ]
        );
        assert_eq!(ask(Purpose::Service).people.len(), 4, "what a contract needs is no advertising");
        assert_eq!(ask(Purpose::Ads).without(), 4, "a grant for one purpose is none for another");
        assert_eq!(address(&frame, Person(0), "phone"), Some("0170 1234567"));
    }
}
