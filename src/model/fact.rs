//! Facts on their way from a file to the store: rows over one shared text buffer, so that millions of them cost no
//! allocation each.

use std::ops::Range;

use super::consent::{ConsentRecord, Suppression};
use super::{Channel, Identity, Time};

/// A piece of a chunk's text buffer, in bytes.
pub type Slice = Range<u32>;

/// What makes an event the same event when it arrives again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey(pub u128);

/// What to do when a key arrives a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnRepeat {
    /// It is the same event: keep the first, count the row as merged.
    Merge,
    /// It is a thing that changes (an order, a refund): a row with other content supersedes the stored one, whose
    /// history is kept; a row with the same content is merged.
    Supersede,
}

/// One event row.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// The source's own id, else the hash of the canonical row and its occurrence number within the file.
    pub key: EventKey,
    /// Hash of everything the row says, for `OnRepeat::Supersede`.
    pub content: u64,
    /// What a second arrival means.
    pub on_repeat: OnRepeat,
    /// When it happened.
    pub at: Time,
    /// When it was learned.
    pub received: Time,
    /// Order within the instant.
    pub sequence: i64,
    /// Index into [`FactChunk::names`].
    pub name: u32,
    /// Where it happened.
    pub channel: Channel,
    /// Index into [`FactChunk::namespaces`] and the value; `None` is an event of nobody.
    pub identity: Option<(u32, Slice)>,
    /// A JSON object; empty text for none.
    pub properties: Slice,
    /// A JSON array of objects; empty text for none.
    pub items: Slice,
    /// The row of the file, from 1, header included.
    pub line: u64,
}

/// One `identify`: what a source said about a person at a time.
#[derive(Debug, Clone)]
pub struct IdentifyRow {
    /// As for events.
    pub key: EventKey,
    /// As for events; profile exports supersede.
    pub content: u64,
    /// As for events.
    pub on_repeat: OnRepeat,
    /// When it held.
    pub at: Time,
    /// When it was learned.
    pub received: Time,
    /// Index into [`FactChunk::namespaces`] and the value.
    pub identity: (u32, Slice),
    /// A JSON object of traits.
    pub traits: Slice,
    /// The row of the file, from 1.
    pub line: u64,
}

/// Two identities said to be one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The identity known before.
    pub a: Identity,
    /// The identity learned.
    pub b: Identity,
    /// Since when.
    pub at: Time,
}

/// A batch of facts over one text buffer.
#[derive(Debug, Clone, Default)]
pub struct FactChunk {
    /// The buffer every [`Slice`] points into.
    pub text: String,
    /// Event names of this chunk.
    pub names: Vec<String>,
    /// Identity namespaces of this chunk.
    pub namespaces: Vec<String>,
    /// Events, in file order.
    pub events: Vec<EventRow>,
    /// Identifies, in file order.
    pub identifies: Vec<IdentifyRow>,
    /// Identity edges.
    pub links: Vec<Link>,
    /// Consent said by the file.
    pub consents: Vec<ConsentRecord>,
    /// Addresses that a claim for the whole source speaks for.
    pub claimed: Vec<(Channel, Identity)>,
    /// Do-not-contact entries said by the file.
    pub suppressions: Vec<Suppression>,
    /// Rows of the file this chunk was made from, the rejected ones included.
    pub rows: u64,
}

impl FactChunk {
    /// The text of a slice.
    #[must_use]
    pub fn str(&self, slice: &Slice) -> &str {
        self.text.get(slice.start as usize..slice.end as usize).unwrap_or("")
    }

    /// Appends text and says where it is.
    pub fn push_str(&mut self, text: &str) -> Slice {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        start..self.text.len() as u32
    }

    /// The index of an event name, added if new. Files have few names, so the last one is tried first.
    pub fn name(&mut self, name: &str) -> u32 {
        index_of(&mut self.names, name)
    }

    /// The index of an identity namespace, added if new.
    pub fn namespace(&mut self, namespace: &str) -> u32 {
        index_of(&mut self.namespaces, namespace)
    }
}

fn index_of(list: &mut Vec<String>, text: &str) -> u32 {
    if let Some(index) = list.iter().position(|known| known == text) {
        return index as u32;
    }
    list.push(text.to_owned());
    (list.len() - 1) as u32
}

/// What became of a file's rows. `rows = accepted + grouped + merged + superseded + rejected` (see [`Accounting::adds_up`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Accounting {
    /// Data rows of the file, header aside.
    pub rows: u64,
    /// Rows that became a new fact of their own.
    pub accepted: u64,
    /// Rows folded into another row's fact as items.
    pub grouped: u64,
    /// Rows whose fact was already known.
    pub merged: u64,
    /// Rows that replaced an older version of their fact.
    pub superseded: u64,
    /// Rows that went to the reject file.
    pub rejected: u64,
    /// Of the accepted and superseded, events that name nobody.
    pub anonymous: u64,
}

impl Accounting {
    /// The law of DESIGN §4.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        [self.accepted, self.grouped, self.merged, self.superseded, self.rejected]
            .iter()
            .try_fold(0_u64, |sum, part| sum.checked_add(*part))
            == Some(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_the_rows_or_not() {
        let mut accounting = Accounting {
            rows: 10,
            accepted: 4,
            grouped: 3,
            merged: 1,
            superseded: 1,
            rejected: 1,
            ..Accounting::default()
        };
        assert!(accounting.adds_up());
        accounting.rejected = 2;
        assert!(!accounting.adds_up());
        accounting.rejected = u64::MAX;
        assert!(!accounting.adds_up());
    }
}
