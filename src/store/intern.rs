//! Small numbers for names and identities while a batch is written.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

use rusqlite::{Connection, OptionalExtension};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::error::Result;

/// The number of a dictionary term, added if new. Terms are few: names, never identities or free text.
pub(super) fn term(connection: &Connection, kind: &str, text: &str) -> Result<i64> {
    let known = connection
        .prepare_cached("SELECT id FROM term WHERE kind = ?1 AND text = ?2")?
        .query_row((kind, text), |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    Ok(connection.prepare_cached("INSERT INTO term (kind, text) VALUES (?1, ?2)")?.insert((kind, text))?)
}

/// Identities by a 128-bit hash under a seed of this process, so that nobody can prepare two values that collide; by
/// chance two of ten million do once in 10²⁴ workspaces. The texts stay in the file: 25 to 50 bytes per identity here.
#[derive(Debug)]
pub(super) struct Identities {
    seed: u64,
    known: HashMap<Wide, u32, BuildHasherDefault<Already>>,
    next: i64,
    fresh: Vec<Fresh>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fresh {
    namespace: i64,
    value: String,
    id: i64,
}

/// New identities are written in the order of their index, this many at a time: sorted inserts touch few pages.
const FRESH: usize = 1 << 17;

impl Identities {
    /// Reads every identity of the file.
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let next = connection
            .query_row("SELECT next FROM counter WHERE name = 'identity'", [], |row| row.get::<_, i64>(0))?;
        let mut identities = Self {
            seed: RandomState::new().hash_one(next),
            known: HashMap::with_capacity_and_hasher(next as usize, BuildHasherDefault::default()),
            next,
            fresh: Vec::new(),
        };
        let mut statement = connection.prepare("SELECT id, namespace, value FROM identity")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, namespace) = (row.get::<_, i64>(0)?, row.get(1)?);
            let wide = identities.hash(namespace, row.get_ref(2)?.as_str().unwrap_or_default());
            identities.known.insert(wide, id as u32);
        }
        Ok(identities)
    }

    fn hash(&self, namespace: i64, value: &str) -> Wide {
        let wide = xxh3_128_with_seed(value.as_bytes(), self.seed ^ namespace as u64);
        Wide { high: (wide >> 64) as u64, low: wide as u64 }
    }

    /// The number of an identity, handed out if new.
    pub(super) fn id(&mut self, namespace: i64, value: &str) -> i64 {
        let wide = self.hash(namespace, value);
        match self.known.entry(wide) {
            std::collections::hash_map::Entry::Occupied(known) => i64::from(*known.get()),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                let id = self.next;
                self.next += 1;
                vacant.insert(id as u32);
                self.fresh.push(Fresh { namespace, value: value.to_owned(), id });
                id
            }
        }
    }

    /// Writes new identities once enough have gathered.
    pub(super) fn flush_if_full(&mut self, connection: &Connection) -> Result<()> {
        if self.fresh.len() < FRESH { Ok(()) } else { self.flush(connection) }
    }

    /// Writes every new identity and where the next one starts.
    pub(super) fn flush(&mut self, connection: &Connection) -> Result<()> {
        self.fresh.sort_unstable();
        let mut insert = connection.prepare_cached("INSERT INTO identity VALUES (?1, ?2, ?3)")?;
        for fresh in self.fresh.drain(..) {
            insert.execute((fresh.id, fresh.namespace, fresh.value.as_str()))?;
        }
        connection
            .prepare_cached("UPDATE counter SET next = ?1 WHERE name = 'identity'")?
            .execute([self.next])?;
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wide {
    high: u64,
    low: u64,
}

impl Hash for Wide {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.low);
    }
}

/// A hasher for what is a hash already.
#[derive(Debug, Default)]
pub(super) struct Already(u64);

impl Hasher for Already {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
