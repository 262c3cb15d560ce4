//! Do-not-contact: for each reason and purpose, whether it blocks and what clears it.

use crate::contact::consent;
use crate::model::consent::{ConsentRecord, Purpose, SuppressionReason};
use crate::model::{Channel, Identity, Time};
use crate::rule::Point;

/// Whether a do-not-contact entry stops a message.
///
/// | reason | marketing | service | survey | on-site | ads | cleared by |
/// |---|---|---|---|---|---|---|
/// | unsubscribed | blocks | – | blocks | – | – | a later opt-in for the channel |
/// | bounced | blocks | blocks | blocks | – | – | a new address |
/// | complained | blocks | – | blocks | – | blocks | nothing |
/// | manual | blocks | – | blocks | – | blocks | taking it off by hand |
/// | erased | blocks | blocks | blocks | blocks | blocks | nothing |
///
/// Bounced, unsubscribed and complained hold for the address and on the channel they happened on; manual and erased for the
/// person, on every channel.
#[must_use]
pub fn blocks(reason: SuppressionReason, purpose: Purpose) -> bool {
    use Purpose::{Ads, Marketing, Service, Survey};
    match reason {
        SuppressionReason::Unsubscribed => matches!(purpose, Marketing | Survey),
        SuppressionReason::Bounced => matches!(purpose, Marketing | Service | Survey),
        SuppressionReason::Complained | SuppressionReason::Manual => {
            matches!(purpose, Marketing | Survey | Ads)
        }
        SuppressionReason::Erased => true,
    }
}

/// An entry on a person's channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where it was made.
    pub channel: Channel,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Time,
    /// Whose address, as an index into the person's identities; every address of the channel if not said.
    pub address: Option<u16>,
}

/// What the ledgers know of a person.
#[derive(Debug, Clone, Copy)]
pub struct Ledgers<'a> {
    /// Their identities, the oldest first.
    pub identities: &'a [Identity],
    /// Consent.
    pub consents: &'a [ConsentRecord],
    /// Do-not-contact entries.
    pub entries: &'a [Entry],
}

impl Ledgers<'_> {
    /// The address a message goes to: the oldest of the channel that no entry stops, as an index into the identities;
    /// none where nobody is written to.
    ///
    /// # Errors
    /// The entry that stops it, where one stops every address. A new opt-in clears `unsubscribed` entries of the same
    /// address made before it, and nothing else.
    pub fn address(&self, channel: Channel, purpose: Purpose, point: Point) -> Result<Option<u16>, Entry> {
        let mut stopped = None;
        for (slot, _) in self.addresses(channel) {
            match self.blocking(Some(slot), channel, purpose, point) {
                None => return Ok(Some(slot)),
                Some(entry) => stopped = stopped.or(Some(entry)),
            }
        }
        let stopped = match channel.address() {
            Some(_) => stopped,
            None => self.blocking(None, channel, purpose, point),
        };
        stopped.map_or(Ok(None), Err)
    }

    /// The addresses of a channel, the oldest first.
    pub fn addresses(&self, channel: Channel) -> impl Iterator<Item = (u16, &Identity)> {
        let namespace = channel.address();
        (0..).zip(self.identities).filter(move |(_, identity)| namespace == Some(identity.namespace.as_str()))
    }

    /// The first entry that stops a message to one address.
    fn blocking(
        &self,
        address: Option<u16>,
        channel: Channel,
        purpose: Purpose,
        point: Point,
    ) -> Option<Entry> {
        self.entries.iter().copied().find(|entry| {
            let anyone = matches!(entry.reason, SuppressionReason::Manual | SuppressionReason::Erased);
            let whose = self.address_of(entry);
            let here = anyone || whose.is_none() || address.is_none() || whose == address;
            here && entry.reason.reaches(entry.channel, channel)
                && blocks(entry.reason, purpose)
                && !(entry.reason == SuppressionReason::Unsubscribed
                    && self.opted_in_at(whose, channel, purpose, point).is_some_and(|at| at > entry.at))
        })
    }

    /// The address an entry holds for; every one of its channel where it was made for an identity that is no address.
    fn address_of(&self, entry: &Entry) -> Option<u16> {
        let is_address = |slot: &u16| {
            let identity = self.identities.get(usize::from(*slot));
            identity.is_some_and(|known| entry.channel.address() == Some(known.namespace.as_str()))
        };
        entry.address.filter(is_address)
    }

    /// When an address, or every one of the channel, last opted in.
    fn opted_in_at(
        &self,
        address: Option<u16>,
        channel: Channel,
        purpose: Purpose,
        point: Point,
    ) -> Option<Time> {
        let whose = address.and_then(|slot| self.identities.get(usize::from(slot)));
        let whose = whose.map_or(self.identities, std::slice::from_ref);
        consent::opted_in_at(self.consents, whose, channel, purpose, point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::consent::ConsentState;

    #[test]
    fn the_printed_table_is_the_one_that_runs() {
        let table = [
            (SuppressionReason::Unsubscribed, [true, false, true, false, false]),
            (SuppressionReason::Bounced, [true, true, true, false, false]),
            (SuppressionReason::Complained, [true, false, true, false, true]),
            (SuppressionReason::Manual, [true, false, true, false, true]),
            (SuppressionReason::Erased, [true; 5]),
        ];
        for (reason, row) in table {
            for (purpose, expected) in Purpose::ALL.into_iter().zip(row) {
                assert_eq!(blocks(reason, purpose), expected, "{reason:?} × {purpose:?}");
            }
        }
    }

    fn anne() -> [Identity; 3] {
        [
            Identity::new("user_id", "u1"),
            Identity::new("email", "old@x.de"),
            Identity::new("email", "new@x.de"),
        ]
    }

    fn entry(reason: SuppressionReason, address: Option<u16>) -> Entry {
        Entry { channel: Channel::Email, reason, at: Time(10), address }
    }

    fn grant(address: &str, at: i64) -> ConsentRecord {
        ConsentRecord {
            identity: Identity::new("email", address),
            channel: Channel::Email,
            purpose: Purpose::Marketing,
            state: ConsentState::Granted,
            at: Time(at),
            expires: None,
            basis: "opt-in".to_owned(),
        }
    }

    fn goes_to(
        entries: &[Entry],
        consents: &[ConsentRecord],
        channel: Channel,
        purpose: Purpose,
    ) -> Result<Option<u16>, SuppressionReason> {
        let identities = anne();
        Ledgers { identities: &identities, consents, entries }
            .address(channel, purpose, Point::after(Time(100)))
            .map_err(|entry| entry.reason)
    }

    #[test]
    fn a_new_opt_in_clears_unsubscribed_only() {
        let (entries, both) = (SuppressionReason::ALL, [grant("old@x.de", 11), grant("new@x.de", 12)]);
        for reason in entries {
            let cleared = goes_to(&[entry(reason, None)], &both, Channel::Email, Purpose::Marketing).is_ok();
            assert_eq!(cleared, reason == SuppressionReason::Unsubscribed);
        }
        let unsubscribed = [
            entry(SuppressionReason::Unsubscribed, Some(1)),
            entry(SuppressionReason::Unsubscribed, Some(2)),
        ];
        let asked =
            |consents: &[ConsentRecord]| goes_to(&unsubscribed, consents, Channel::Email, Purpose::Marketing);
        assert_eq!(asked(&[grant("new@x.de", 11)]), Ok(Some(2)), "an address opts in for itself");
        assert_eq!(asked(&[grant("new@x.de", 10)]), Err(SuppressionReason::Unsubscribed), "not before");
    }

    #[test]
    fn an_entry_stops_its_address_and_not_the_person() {
        for reason in SuppressionReason::ALL {
            let old = [entry(reason, Some(1))];
            let personal = matches!(reason, SuppressionReason::Manual | SuppressionReason::Erased);
            let got = goes_to(&old, &[], Channel::Email, Purpose::Marketing);
            assert_eq!(got, if personal { Err(reason) } else { Ok(Some(2)) }, "{reason:?}");
        }
        let both = [entry(SuppressionReason::Bounced, Some(1)), entry(SuppressionReason::Bounced, Some(2))];
        assert_eq!(goes_to(&both, &[], Channel::Email, Purpose::Service), Err(SuppressionReason::Bounced));
        assert_eq!(goes_to(&both, &[], Channel::Web, Purpose::Onsite), Ok(None));
    }

    /// Every reason × purpose × channel, for an entry made on e-mail.
    #[test]
    fn the_whole_truth_table() {
        for reason in SuppressionReason::ALL {
            for purpose in Purpose::ALL {
                for channel in Channel::ALL {
                    let everywhere = matches!(reason, SuppressionReason::Manual | SuppressionReason::Erased);
                    let stops = blocks(reason, purpose) && (everywhere || channel == Channel::Email);
                    // Without an address nobody is reached, which is another gate's business.
                    let nobody = channel.address().is_some_and(|namespace| namespace != "email");
                    let got = goes_to(&[entry(reason, None)], &[], channel, purpose);
                    assert_eq!(got.is_err(), stops && !nobody, "{reason:?} × {purpose:?} × {channel:?}");
                }
            }
        }
    }
}
