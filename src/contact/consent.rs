//! Consent per identity × channel × purpose, read from the ledger as of a moment.

use std::cmp::Reverse;

use crate::model::consent::{ConsentRecord, ConsentState, Purpose};
use crate::model::{Channel, Identity, Time};
use crate::rule::Point;

/// What a person allowed at a point: the most restrictive of what their identities said. Once an address of the channel
/// says something, every other address of it counts too and has said nothing; a grant to one is no grant to another.
#[must_use]
pub fn of_person(
    ledger: &[ConsentRecord],
    identities: &[Identity],
    channel: Channel,
    purpose: Purpose,
    point: Point,
) -> ConsentState {
    let said = |record: &&ConsentRecord| {
        record.channel == channel && record.purpose == purpose && point.sees(record.at)
    };
    let is_address = |identity: &Identity| Some(identity.namespace.as_str()) == channel.address();
    let by_address = ledger.iter().filter(said).any(|record| is_address(&record.identity));
    identities
        .iter()
        .filter_map(|identity| {
            let latest = ledger
                .iter()
                .filter(said)
                .filter(|record| record.identity == *identity)
                // Two records of one moment: the more restrictive one holds.
                .max_by_key(|record| (record.at, Reverse(record.state)));
            match latest {
                Some(record) => Some(as_of(record, point)),
                None => (by_address && is_address(identity)).then_some(ConsentState::Unknown),
            }
        })
        .min()
        .unwrap_or(ConsentState::Unknown)
}

/// What one identity said by a point, with the line that says so. Silence is [`ConsentState::Unknown`] without a line.
#[must_use]
pub fn of_identity<'a>(
    ledger: &'a [ConsentRecord],
    identity: &Identity,
    channel: Channel,
    purpose: Purpose,
    point: Point,
) -> (ConsentState, Option<&'a ConsentRecord>) {
    let latest = ledger
        .iter()
        .filter(|record| record.channel == channel && record.purpose == purpose && point.sees(record.at))
        .filter(|record| record.identity == *identity)
        .max_by_key(|record| (record.at, Reverse(record.state)));
    (latest.map_or(ConsentState::Unknown, |record| as_of(record, point)), latest)
}

/// Whether none of a person's identities ever said anything about a channel and purpose. A grant that lapsed, or one of
/// another address, is no silence.
#[must_use]
pub fn is_silent(
    ledger: &[ConsentRecord],
    identities: &[Identity],
    channel: Channel,
    purpose: Purpose,
    point: Point,
) -> bool {
    !ledger.iter().any(|record| {
        record.channel == channel
            && record.purpose == purpose
            && point.sees(record.at)
            && identities.contains(&record.identity)
    })
}

/// A grant lapses; a refusal does not.
fn as_of(record: &ConsentRecord, point: Point) -> ConsentState {
    match record.expires {
        Some(end) if end <= point.at && record.state == ConsentState::Granted => ConsentState::Unknown,
        _ => record.state,
    }
}

/// When a person last opted in to a channel and purpose with every address that counts: one address opting in again says
/// nothing about another. `None` as long as one of them never did. What somebody claimed for a whole source is no opt-in.
#[must_use]
pub fn opted_in_at(
    ledger: &[ConsentRecord],
    identities: &[Identity],
    channel: Channel,
    purpose: Purpose,
    point: Point,
) -> Option<Time> {
    let granted = |record: &&ConsentRecord| {
        record.channel == channel
            && record.purpose == purpose
            && record.state == ConsentState::Granted
            && !record.is_claimed()
            && point.sees(record.at)
    };
    let latest = |identity: &Identity| {
        ledger
            .iter()
            .filter(granted)
            .filter(|record| record.identity == *identity)
            .map(|record| record.at)
            .max()
    };
    let is_address = |identity: &&Identity| Some(identity.namespace.as_str()) == channel.address();
    if ledger.iter().filter(granted).any(|record| is_address(&&record.identity)) {
        return identities.iter().filter(is_address).map(latest).min().flatten();
    }
    identities.iter().filter_map(latest).min()
}

/// Whether a message for a purpose may go out under a consent. Service messages rest on the contract and on-site
/// content on the visit; everything else needs a grant.
#[must_use]
pub fn allows(state: ConsentState, purpose: Purpose) -> bool {
    !needed(purpose) || state == ConsentState::Granted
}

/// Whether a purpose needs consent at all.
#[must_use]
pub fn needed(purpose: Purpose) -> bool {
    match purpose {
        Purpose::Service | Purpose::Onsite => false,
        Purpose::Marketing | Purpose::Survey | Purpose::Ads => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(address: &str, state: ConsentState, at: i64, expires: Option<i64>) -> ConsentRecord {
        ConsentRecord {
            identity: Identity::new("email", address),
            channel: Channel::Email,
            purpose: Purpose::Marketing,
            state,
            at: Time(at),
            expires: expires.map(Time),
            basis: "opt-in".into(),
        }
    }

    fn ask(ledger: &[ConsentRecord], addresses: &[&str], at: i64) -> ConsentState {
        let identities: Vec<Identity> =
            addresses.iter().map(|address| Identity::new("email", address)).collect();
        of_person(ledger, &identities, Channel::Email, Purpose::Marketing, Point::after(Time(at)))
    }

    #[test]
    fn the_latest_record_holds_and_a_grant_expires() {
        let ledger = [
            record("a@x.de", ConsentState::Granted, 10, Some(50)),
            record("a@x.de", ConsentState::Revoked, 30, Some(50)),
            record("b@x.de", ConsentState::Granted, 10, Some(50)),
        ];
        assert_eq!(ask(&ledger, &["a@x.de"], 9), ConsentState::Unknown);
        assert_eq!(ask(&ledger, &["a@x.de"], 20), ConsentState::Granted);
        assert_eq!(ask(&ledger, &["a@x.de"], 30), ConsentState::Revoked);
        assert_eq!(ask(&ledger, &["a@x.de"], 60), ConsentState::Revoked, "a refusal does not lapse");
        assert_eq!(ask(&ledger, &["b@x.de"], 49), ConsentState::Granted);
        assert_eq!(ask(&ledger, &["b@x.de"], 50), ConsentState::Unknown);
        assert_eq!(
            ask(&ledger, &["c@x.de"], 50),
            ConsentState::Unknown,
            "a grant never moves to another address"
        );
        assert_eq!(
            ask(&ledger, &["b@x.de", "c@x.de"], 20),
            ConsentState::Unknown,
            "nor covers it after a merge"
        );
        assert_eq!(ask(&ledger, &["a@x.de", "b@x.de"], 30), ConsentState::Revoked);
    }

    #[test]
    fn one_moment_two_records_the_stricter_holds() {
        let mut ledger = [
            record("a@x.de", ConsentState::Granted, 10, None),
            record("a@x.de", ConsentState::Denied, 10, None),
        ];
        assert_eq!(ask(&ledger, &["a@x.de"], 10), ConsentState::Denied);
        ledger.reverse();
        assert_eq!(ask(&ledger, &["a@x.de"], 10), ConsentState::Denied);
    }

    #[test]
    fn opting_in_again_counts_when_every_address_did() {
        let ledger = [
            record("a@x.de", ConsentState::Granted, 10, None),
            record("b@x.de", ConsentState::Granted, 20, None),
        ];
        let asked = |addresses: &[&str], at| {
            let identities: Vec<Identity> =
                addresses.iter().map(|address| Identity::new("email", address)).collect();
            opted_in_at(&ledger, &identities, Channel::Email, Purpose::Marketing, Point::after(Time(at)))
        };
        assert_eq!(asked(&["a@x.de", "b@x.de"], 30), Some(Time(10)));
        assert_eq!(asked(&["a@x.de", "c@x.de"], 30), None);
        assert_eq!(asked(&["b@x.de"], 30), Some(Time(20)));
        assert_eq!(asked(&["b@x.de"], 19), None, "what is still to come is not known");
    }
}
