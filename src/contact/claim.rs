//! What somebody claimed for all people of a source, against what each of them said. A claim speaks only for addresses that
//! had said nothing when it was made: it neither overrules a word of the person nor takes one back.

use std::collections::{HashMap, HashSet};

use super::suppression::blocks;
use crate::model::consent::{Purpose, SuppressionReason};
use crate::model::{Channel, Time};

/// What a claim did for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// It may be written to from now on.
    Becomes,
    /// An earlier claim said so already.
    Already,
    /// What the person said, or a do-not-contact entry, goes before it.
    Kept,
}

/// Everything people said, as far as claims have to give way to it. Addresses are the numbers of their source.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    first: HashMap<(i64, Channel, Purpose), Time>,
    stops: HashMap<i64, Vec<(Channel, SuppressionReason)>>,
    claimed: HashSet<(i64, Channel, Purpose)>,
}

impl Spoken {
    /// An address said something itself, whatever it was.
    pub fn said(&mut self, address: i64, channel: Channel, purpose: Purpose, at: Time) {
        let first = self.first.entry((address, channel, purpose)).or_insert(at);
        *first = at.min(*first);
    }

    /// An address is on the do-not-contact list.
    pub fn stopped(&mut self, address: i64, channel: Channel, reason: SuppressionReason) {
        self.stops.entry(address).or_default().push((channel, reason));
    }

    /// Whether a claim made at a moment speaks for an address: not where it had said something itself by then.
    #[must_use]
    pub fn leaves(&self, address: i64, channel: Channel, purpose: Purpose, at: Time) -> bool {
        self.first.get(&(address, channel, purpose)).is_none_or(|first| *first > at)
    }

    /// What a claim does for an address, the claims asked about before it in mind.
    pub fn reach(&mut self, address: i64, channel: Channel, purpose: Purpose, at: Time) -> Claimed {
        let stops = self.stops.get(&address).map_or(&[][..], Vec::as_slice);
        let stopped = stops
            .iter()
            .any(|(entered, reason)| blocks(*reason, purpose) && reason.reaches(*entered, channel));
        if stopped || !self.leaves(address, channel, purpose, at) {
            return Claimed::Kept;
        }
        if self.claimed.insert((address, channel, purpose)) { Claimed::Becomes } else { Claimed::Already }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: (Channel, Purpose) = (Channel::Email, Purpose::Marketing);

    #[test]
    fn a_claim_gives_way_to_what_was_said_before_it() {
        let (channel, purpose) = EMAIL;
        let mut spoken = Spoken::default();
        spoken.said(1, channel, purpose, Time(50));
        spoken.said(1, channel, purpose, Time(10));
        assert!(!spoken.leaves(1, channel, purpose, Time(10)), "the same moment is before");
        assert!(spoken.leaves(1, channel, purpose, Time(9)));
        assert!(spoken.leaves(1, Channel::Sms, purpose, Time(60)));
        assert!(spoken.leaves(1, channel, Purpose::Survey, Time(60)));
        assert!(spoken.leaves(2, channel, purpose, Time(60)));
    }

    #[test]
    fn an_address_becomes_reachable_once_and_a_stopped_one_never() {
        let (channel, purpose) = EMAIL;
        let mut spoken = Spoken::default();
        spoken.said(1, channel, purpose, Time(10));
        spoken.stopped(2, channel, SuppressionReason::Bounced);
        spoken.stopped(3, Channel::Sms, SuppressionReason::Unsubscribed);
        let reach: Vec<Claimed> =
            [1, 2, 3, 3].map(|address| spoken.reach(address, channel, purpose, Time(20))).into();
        assert_eq!(reach, [Claimed::Kept, Claimed::Kept, Claimed::Becomes, Claimed::Already]);
    }
}
