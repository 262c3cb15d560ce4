//! Which rows a column chunk covers, and a signature of them that changes whenever another set of rows would be seen.

use std::ops::RangeInclusive;

use rusqlite::Params;
use rusqlite::types::ValueRef;
use xxhash_rust::xxh3::Xxh3;

use super::Store;
use super::error::Result;

/// Events of so many ids lie in one part.
const TOGETHER: i64 = 1 << 19;

/// A stretch of events and what is seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// The ids.
    pub ids: RangeInclusive<i64>,
    /// A signature of the rows that are seen.
    pub signature: u64,
}

/// The name the columns of a part are kept under, which itself is kept under a name.
#[must_use]
pub fn columns_of(name: &str) -> String {
    format!("{name} columns")
}

impl Cover {
    /// The name its chunk is kept under.
    #[must_use]
    pub fn name(&self) -> String {
        format!("events {}", self.ids.start())
    }

    /// The name the columns of its events' properties are kept under.
    #[must_use]
    pub fn columns(&self) -> String {
        columns_of(&self.name())
    }
}

impl Store {
    /// The stretches that all events fall into.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn covers(&self) -> Result<Vec<Cover>> {
        let last: i64 =
            self.connection().query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))?;
        (0..=last.max(0) / TOGETHER)
            .map(|part| self.cover(part * TOGETHER..=part * TOGETHER + TOGETHER - 1))
            .collect()
    }

    /// One of the stretches as it is now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn cover(&self, ids: RangeInclusive<i64>) -> Result<Cover> {
        let (first, last) = (*ids.start(), *ids.end());
        let mut hash = Xxh3::new();
        self.add(
            &mut hash,
            "SELECT id, sha256, mapping_sha256, state, started, completed, accepted, first_event, last_event
             FROM batch WHERE first_event <= ?2 AND coalesce(last_event, ?2) >= ?1 ORDER BY id",
            [first, last],
        )?;
        self.add(
            &mut hash,
            "SELECT s.older, s.newer, b.id, b.state FROM supersession AS s JOIN batch AS b ON b.id = s.batch
             WHERE s.fact = 'event' AND s.older BETWEEN ?1 AND ?2 ORDER BY s.older",
            [first, last],
        )?;
        // Two questions: SQLite finds one end of a table at once, and both ends of it by reading all of it.
        let ends = "SELECT (SELECT min(id) FROM event WHERE id BETWEEN ?1 AND ?2),
                           (SELECT max(id) FROM event WHERE id BETWEEN ?1 AND ?2)";
        self.add(&mut hash, ends, [first, last])?;
        // Numbers of names are the file's own and never change; new ones come with new rows.
        Ok(Cover { ids, signature: hash.digest() })
    }

    /// A signature of everything that says who people are and what is known of them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn people_signature(&self) -> Result<u64> {
        let mut hash = Xxh3::new();
        self.add(
            &mut hash,
            "SELECT id, kind, sha256, mapping_sha256, state, started, completed, accepted FROM batch ORDER BY id",
            [],
        )?;
        self.add(
            &mut hash,
            "SELECT b.id, s.purposes FROM batch AS b JOIN source AS s ON s.id = b.source
             WHERE s.purposes <> '[]' ORDER BY b.id",
            [],
        )?;
        for table in ["event", "identify", "identity", "link", "consent", "suppression", "message"] {
            self.add(
                &mut hash,
                &format!("SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})"),
                [],
            )?;
        }
        self.add(
            &mut hash,
            "SELECT fact, count(*), sum(older), sum(newer) FROM supersession GROUP BY fact ORDER BY fact",
            [],
        )?;
        Ok(hash.digest())
    }

    /// Leaves only those chunks beside the workspace whose rows are still seen as they were: of rows that are taken back
    /// no copy stays.
    ///
    /// # Errors
    /// When the file cannot be read, or the chunks cannot be replaced.
    pub fn drop_stale_chunks(&self) -> Result<()> {
        let chunks = self.chunks();
        if chunks.is_empty() {
            return self.forget_chunks();
        }
        let covers = self.covers()?;
        let kept: Vec<(String, u64, Option<Vec<u8>>)> = covers
            .iter()
            .filter(|cover| chunks.matches(&cover.name(), cover.signature))
            .flat_map(|cover| [cover.name(), cover.columns()].map(|name| (name, cover.signature, None)))
            .collect();
        if kept.is_empty() {
            return self.forget_chunks();
        }
        chunks.replace(kept)
    }

    fn add(&self, hash: &mut Xxh3, sql: &str, values: impl Params) -> Result<()> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Null => hash.update(&[0]),
                    ValueRef::Integer(number) => hash.update(&number.to_le_bytes()),
                    ValueRef::Real(number) => hash.update(&number.to_bits().to_le_bytes()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        hash.update(&(bytes.len() as u64).to_le_bytes());
                        hash.update(bytes);
                    }
                }
            }
            hash.update(b";");
        }
        Ok(())
    }
}
