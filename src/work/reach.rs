//! Whom a claim for a whole source makes reachable.

use std::ops::ControlFlow;

use serde::Serialize;

use crate::contact::claim::{Claimed, Spoken};
use crate::exchange::claimed::Addresses;
use crate::model::consent::Claim;
use crate::model::{BatchId, Channel};
use crate::store::{Store, StoreError, Window};

/// What a claim does on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// The channel.
    pub channel: Channel,
    /// Addresses of the file it speaks for.
    pub addresses: u64,
    /// Of those, the ones that may be written to from now on; not known before the import.
    pub becomes: Option<u64>,
    /// The ones an earlier claim speaks for already.
    pub already: Option<u64>,
    /// The ones that said something themselves or are on the do-not-contact list, which goes before the claim.
    pub kept: Option<u64>,
}

/// What the addresses of a file that was only rehearsed come to.
pub(super) fn rehearsed(addresses: &Addresses) -> Vec<Reach> {
    let reach = |(channel, addresses)| Reach { channel, addresses, becomes: None, already: None, kept: None };
    addresses.counts().into_iter().map(reach).collect()
}

/// What the claim of a batch that was just finished does, counted from the ledgers.
pub(super) fn of_batch(store: &Store, batch: BatchId, claim: &Claim) -> Result<Vec<Reach>, StoreError> {
    let (mut spoken, mut own) = (Spoken::default(), Vec::new());
    store.for_each_suppression(&Window::ALL, |line| {
        spoken.stopped(line.identity, line.channel, line.reason);
        ControlFlow::Continue(())
    })?;
    let mut earlier = Vec::new();
    store.for_each_consent(&Window::ALL, |line| {
        let asked = (line.identity, line.channel, line.purpose, line.at);
        match line.claim {
            None => spoken.said(line.identity, line.channel, line.purpose, line.at),
            Some(_) if line.batch == batch => own.push(asked),
            Some(_) => earlier.push(asked),
        }
        ControlFlow::Continue(())
    })?;
    for (identity, channel, purpose, at) in earlier {
        spoken.reach(identity, channel, purpose, at);
    }
    let mut reach: Vec<Reach> = Vec::new();
    for channel in &claim.channels {
        let mut counts = [0_u64; 3];
        for (identity, _, purpose, at) in own.iter().filter(|(_, known, ..)| known == channel) {
            let slot = match spoken.reach(*identity, *channel, *purpose, *at) {
                Claimed::Becomes => 0,
                Claimed::Already => 1,
                Claimed::Kept => 2,
            };
            counts[slot] += 1;
        }
        let [becomes, already, kept] = counts;
        reach.push(Reach {
            channel: *channel,
            addresses: becomes + already + kept,
            becomes: Some(becomes),
            already: Some(already),
            kept: Some(kept),
        });
    }
    Ok(reach)
}

/// A claim as the comment a mapping ends with, so that the same file under another claim is another import.
pub(super) fn as_comment(claim: &Claim) -> String {
    let channels: Vec<&str> = claim.channels.iter().map(|channel| channel.name()).collect();
    format!("# consent claimed: {} for {} by {}\n", claim.basis, claim.purpose.name(), channels.join(", "))
}
