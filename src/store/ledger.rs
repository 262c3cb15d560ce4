//! The two tables whose rows have keys, and what their statements share.

use rusqlite::Connection;

use super::error::Result;
use super::keys::KeySet;

/// A table of keyed facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    /// Something that happened.
    Event,
    /// What a source said about a person.
    Identify,
}

impl Fact {
    pub(super) const BOTH: [Self; 2] = [Self::Event, Self::Identify];

    /// The table's name.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Identify => "identify",
        }
    }

    /// The columns after `id, batch`, in the order of the table.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Event => &[
                "key_hi",
                "key_lo",
                "superseded_by",
                "content",
                "at",
                "received",
                "sequence",
                "name",
                "channel",
                "identity",
                "properties",
                "items",
            ],
            Self::Identify => {
                &["key_hi", "key_lo", "superseded_by", "content", "at", "received", "identity", "traits"]
            }
        }
    }
}

/// The state of one keyed table while a batch is written.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) fact: Fact,
    pub(super) first: i64,
    pub(super) next: i64,
    /// Loaded when the first fact of the kind arrives: a profile import need not read ten million event keys.
    pub(super) keys: Option<KeySet>,
    /// Facts whose key half is known already, waiting to be verified.
    pub(super) suspects: u64,
}

impl Ledger {
    pub(super) fn new(connection: &Connection, fact: Fact) -> Result<Self> {
        let next =
            connection
                .query_row("SELECT next FROM counter WHERE name = ?1", [fact.table()], |row| row.get(0))?;
        Ok(Self { fact, first: next, next, keys: None, suspects: 0 })
    }

    /// The set of keys, read from the table on first use.
    pub(super) fn load_keys(&mut self, connection: &Connection) -> Result<()> {
        if self.keys.is_some() {
            return Ok(());
        }
        let table = self.fact.table();
        let count: i64 =
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        let mut keys = KeySet::with_capacity(count as usize);
        let mut statement =
            connection.prepare(&format!("SELECT key_lo FROM {table} WHERE superseded_by IS NULL"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            keys.insert(row.get::<_, i64>(0)? as u64);
        }
        self.keys = Some(keys);
        Ok(())
    }

    /// For each key, whether its half was never seen before.
    pub(super) fn are_new(&mut self, keys: impl Iterator<Item = u128>) -> Vec<bool> {
        let halves = keys.map(|key| key as u64);
        match &mut self.keys {
            Some(set) => set.insert_all(halves),
            None => halves.map(|_| true).collect(),
        }
    }

    /// The next row id.
    pub(super) fn take_id(&mut self) -> i64 {
        let id = self.next;
        self.next += 1;
        id
    }

    /// Stores where the next batch starts.
    pub(super) fn save(&self, connection: &Connection) -> Result<()> {
        connection
            .prepare_cached("UPDATE counter SET next = ?2 WHERE name = ?1")?
            .execute((self.fact.table(), self.next))?;
        Ok(())
    }
}
