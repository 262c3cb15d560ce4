//! Consent per identity × channel × purpose, read from the ledger as of a moment.

use crate::model::consent::{ConsentRecord, ConsentState, Purpose};
use crate::model::{Channel, Identity, Time};

/// What one identity allowed, as of `at`: its latest record for the channel and purpose, lapsed if it has expired.
#[must_use]
pub fn state_of(
    ledger: &[ConsentRecord],
    identity: &Identity,
    channel: Channel,
    purpose: Purpose,
    at: Time,
) -> ConsentState {
    let latest = ledger
        .iter()
        .filter(|r| r.identity == *identity && r.channel == channel && r.purpose == purpose && r.at <= at)
        // Two records of one moment: the more restrictive one holds.
        .max_by_key(|r| (r.at, std::cmp::Reverse(r.state)));
    match latest {
        Some(record) if record.expires.is_some_and(|end| end <= at) => ConsentState::Unknown,
        Some(record) => record.state,
        None => ConsentState::Unknown,
    }
}

/// The most restrictive state over several identities that reach the same channel. Nobody to ask is unknown.
#[must_use]
pub fn most_restrictive(states: impl IntoIterator<Item = ConsentState>) -> ConsentState {
    states.into_iter().min().unwrap_or(ConsentState::Unknown)
}

/// Whether a message for a purpose may go out under a consent. Service messages rest on the contract and on-site
/// content on the visit; everything else needs a grant.
#[must_use]
pub fn allows(state: ConsentState, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Service | Purpose::Onsite => true,
        Purpose::Marketing | Purpose::Survey | Purpose::Ads => state == ConsentState::Granted,
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

    #[test]
    fn the_latest_record_holds_until_it_expires() {
        let ledger = [
            record("a@x.de", ConsentState::Granted, 10, Some(50)),
            record("a@x.de", ConsentState::Revoked, 30, None),
            record("b@x.de", ConsentState::Granted, 10, Some(50)),
        ];
        let ask = |address: &str, at| {
            state_of(&ledger, &Identity::new("email", address), Channel::Email, Purpose::Marketing, Time(at))
        };
        assert_eq!(ask("a@x.de", 9), ConsentState::Unknown);
        assert_eq!(ask("a@x.de", 20), ConsentState::Granted);
        assert_eq!(ask("a@x.de", 30), ConsentState::Revoked);
        assert_eq!(ask("b@x.de", 49), ConsentState::Granted);
        assert_eq!(ask("b@x.de", 50), ConsentState::Unknown);
        assert_eq!(ask("c@x.de", 50), ConsentState::Unknown, "a grant never moves to another address");
    }

    #[test]
    fn one_moment_two_records_the_stricter_holds() {
        let ledger = [
            record("a@x.de", ConsentState::Granted, 10, None),
            record("a@x.de", ConsentState::Denied, 10, None),
        ];
        let state = state_of(
            &ledger,
            &Identity::new("email", "a@x.de"),
            Channel::Email,
            Purpose::Marketing,
            Time(10),
        );
        assert_eq!(state, ConsentState::Denied);
    }
}
