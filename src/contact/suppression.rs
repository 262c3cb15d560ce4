//! Do-not-contact: for each reason and purpose, whether it blocks and what clears it.

use crate::model::consent::{Purpose, SuppressionReason};
use crate::model::{Channel, Time};

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
/// Bounced, unsubscribed and complained hold on the channel they happened on; manual and erased on every channel.
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

/// Whether an entry made on one channel holds on another.
#[must_use]
pub fn reaches(reason: SuppressionReason, entered_on: Channel, asked_on: Channel) -> bool {
    reason.reaches(entered_on, asked_on)
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
}

/// The first entry that stops a message. `opted_in_at` is the latest grant on the channel: it clears `unsubscribed`
/// entries made before it, and nothing else.
#[must_use]
pub fn blocking(
    entries: &[Entry],
    channel: Channel,
    purpose: Purpose,
    opted_in_at: Option<Time>,
) -> Option<Entry> {
    entries.iter().copied().find(|entry| {
        reaches(entry.reason, entry.channel, channel)
            && blocks(entry.reason, purpose)
            && !(entry.reason == SuppressionReason::Unsubscribed
                && opted_in_at.is_some_and(|at| at > entry.at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_new_opt_in_clears_unsubscribed_only() {
        let at = |reason| [Entry { channel: Channel::Email, reason, at: Time(10) }];
        let later = Some(Time(11));
        for reason in SuppressionReason::ALL {
            let cleared = blocking(&at(reason), Channel::Email, Purpose::Marketing, later).is_none();
            assert_eq!(cleared, reason == SuppressionReason::Unsubscribed);
        }
    }
}
