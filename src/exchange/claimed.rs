//! The addresses a file names, each once: whom a claim for its whole source speaks for.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_128;

use crate::model::consent::Claim;
use crate::model::fact::{FactChunk, Slice};
use crate::model::{Channel, Identity};

/// Collects the addresses of a claim's channels.
#[derive(Debug)]
pub struct Addresses {
    channels: Vec<Channel>,
    seen: Vec<HashSet<u128>>,
}

impl Addresses {
    /// Nobody yet.
    #[must_use]
    pub fn of(claim: &Claim) -> Self {
        let seen = claim.channels.iter().map(|_| HashSet::new()).collect();
        Self { channels: claim.channels.clone(), seen }
    }

    /// Notes in a chunk the addresses it names for the first time.
    pub fn add(&mut self, chunk: &mut FactChunk) {
        for (channel, seen) in self.channels.iter().zip(&mut self.seen) {
            let Some(wanted) = channel.address() else { continue };
            let mut found = Vec::new();
            let mut see = |value: &str| {
                if seen.insert(xxh3_128(value.as_bytes())) {
                    found.push(Identity::new(wanted, value));
                }
            };
            let of_rows = |(namespace, value): &(u32, Slice)| {
                let namespace = chunk.namespaces.get(*namespace as usize)?;
                (namespace == wanted).then(|| chunk.str(value))
            };
            chunk.identifies.iter().filter_map(|row| of_rows(&row.identity)).for_each(&mut see);
            chunk.events.iter().filter_map(|row| of_rows(row.identity.as_ref()?)).for_each(&mut see);
            let tied = chunk.links.iter().flat_map(|link| [&link.a, &link.b]);
            tied.filter(|known| known.namespace == wanted).for_each(|known| see(&known.value));
            chunk.claimed.extend(found.into_iter().map(|address| (*channel, address)));
        }
    }

    /// How many addresses there are on each channel.
    #[must_use]
    pub fn counts(&self) -> Vec<(Channel, u64)> {
        self.channels.iter().zip(&self.seen).map(|(channel, seen)| (*channel, seen.len() as u64)).collect()
    }
}
