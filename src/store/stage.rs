//! Suspects: facts whose key half is known. They wait in a temporary table until one scan has compared whole keys.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, Row};

use super::error::Result;
use super::intern::Already;
use super::ledger::{Fact, Ledger};
use crate::model::BatchId;
use crate::model::fact::{Accounting, OnRepeat};

/// The statement that stages a fact: parameters 1 and 2 are bound by [`bind`], the rest as for the table itself.
pub(super) fn prepare(connection: &Connection, fact: Fact) -> Result<CachedStatement<'_>> {
    let (table, columns) = (fact.table(), columns(fact).join(", "));
    connection.execute_batch(&format!(
        "CREATE TEMP TABLE IF NOT EXISTS suspect_{table} (place INTEGER PRIMARY KEY, counts, supersede, {columns})"
    ))?;
    let parameters =
        (1..columns.split(", ").count() + 3).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
    Ok(connection.prepare_cached(&format!("INSERT INTO suspect_{table} VALUES (NULL, {parameters})"))?)
}

/// Everything of the table but `superseded_by`, which a suspect never has.
fn columns(fact: Fact) -> Vec<&'static str> {
    fact.columns().iter().copied().filter(|column| *column != "superseded_by").collect()
}

/// Binds what staging adds: whether the fact stands for a row of the file, and what a repeat means.
pub(super) fn bind(
    statement: &mut CachedStatement<'_>,
    counts: bool,
    on_repeat: OnRepeat,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(1, counts)?;
    statement.raw_bind_parameter(2, on_repeat == OnRepeat::Supersede)
}

/// Drops what is staged.
pub(super) fn discard(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.suspect_event; DROP TABLE IF EXISTS temp.suspect_identify;",
    )?;
    Ok(())
}

/// The newest version of a fact, while suspects are settled.
#[derive(Debug, Clone, Copy)]
struct Version {
    id: i64,
    own: bool,
    content: Option<i64>,
}

type Versions = HashMap<u128, Option<Version>, BuildHasherDefault<Already>>;

/// Compares every suspect with the stored facts, in the order they came: a false suspicion becomes a fact, a repeat is
/// merged, a newer version supersedes.
pub(super) fn settle(
    connection: &Connection,
    ledger: &mut Ledger,
    batch: BatchId,
    accounting: &mut Accounting,
) -> Result<()> {
    if ledger.suspects == 0 {
        return Ok(());
    }
    let table = ledger.fact.table();
    let mut versions = wanted(connection, table)?;
    find(connection, table, batch, &mut versions)?;
    let mut settling = Settling { connection, ledger, batch, accounting, repeats: Vec::new() };
    let mut statement = connection.prepare(&format!("SELECT * FROM temp.suspect_{table} ORDER BY place"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let version = versions.entry(key(row, 3)?).or_default();
        settling.settle(row, version)?;
    }
    settling.record_repeats()?;
    ledger.suspects = 0;
    connection.execute(&format!("DELETE FROM temp.suspect_{table}"), [])?;
    Ok(())
}

fn key(row: &Row<'_>, at: usize) -> rusqlite::Result<u128> {
    let (high, low) = (row.get::<_, i64>(at)? as u64, row.get::<_, i64>(at + 1)? as u64);
    Ok(u128::from(high) << 64 | u128::from(low))
}

fn wanted(connection: &Connection, table: &str) -> Result<Versions> {
    let mut versions = Versions::default();
    let mut statement = connection.prepare(&format!("SELECT key_hi, key_lo FROM temp.suspect_{table}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        versions.insert(key(row, 0)?, None);
    }
    Ok(versions)
}

fn find(connection: &Connection, table: &str, batch: BatchId, versions: &mut Versions) -> Result<()> {
    let mut statement = connection.prepare(&format!(
        "SELECT id, batch, key_hi, key_lo, content FROM {table} WHERE superseded_by IS NULL"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(version) = versions.get_mut(&key(row, 2)?) {
            *version = Some(Version {
                id: row.get(0)?,
                own: row.get::<_, i64>(1)? == batch.0,
                content: row.get(4)?,
            });
        }
    }
    Ok(())
}

struct Settling<'a> {
    connection: &'a Connection,
    ledger: &'a mut Ledger,
    batch: BatchId,
    accounting: &'a mut Accounting,
    repeats: Vec<i64>,
}

impl Settling<'_> {
    /// A suspect's columns: place, counts, supersede, key_hi, key_lo, content, then the rest of the table.
    fn settle(&mut self, row: &Row<'_>, version: &mut Option<Version>) -> Result<()> {
        let (counts, supersedes) = (row.get::<_, bool>(1)?, row.get::<_, bool>(2)?);
        let content: Option<i64> = row.get(5)?;
        let known = match *version {
            Some(known) if !supersedes || known.content == content => {
                self.accounting.merged += u64::from(counts);
                if !known.own {
                    self.repeats.push(known.id);
                }
                return Ok(());
            }
            other => other,
        };
        let id = self.insert(row)?;
        if let Some(known) = known {
            self.supersede(known.id, id)?;
        }
        *version = Some(Version { id, own: true, content });
        let counter =
            if known.is_some() { &mut self.accounting.superseded } else { &mut self.accounting.accepted };
        *counter += u64::from(counts);
        let nobody = self.ledger.fact == Fact::Event && row.get::<_, Option<i64>>("identity")?.is_none();
        self.accounting.anonymous += u64::from(nobody);
        Ok(())
    }

    fn insert(&mut self, row: &Row<'_>) -> Result<i64> {
        let (table, columns) = (self.ledger.fact.table(), columns(self.ledger.fact));
        let parameters = (1..columns.len() + 3).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let sql = format!("INSERT INTO {table} (id, batch, {}) VALUES ({parameters})", columns.join(", "));
        let id = self.ledger.take_id();
        let mut values = vec![Value::Integer(id), Value::Integer(self.batch.0)];
        for column in 0..columns.len() {
            values.push(row.get(column + 3)?);
        }
        self.connection.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(values))?;
        Ok(id)
    }

    fn supersede(&self, older: i64, newer: i64) -> Result<()> {
        let table = self.ledger.fact.table();
        self.connection
            .prepare_cached(&format!("UPDATE {table} SET superseded_by = ?2 WHERE id = ?1"))?
            .execute((older, self.batch.0))?;
        self.connection.prepare_cached("INSERT INTO supersession VALUES (?1, ?2, ?3, ?4)")?.execute((
            self.batch.0,
            table,
            older,
            newer,
        ))?;
        Ok(())
    }

    /// Overlapping exports repeat long runs of facts, so ranges say it in little space.
    fn record_repeats(&mut self) -> Result<()> {
        self.repeats.sort_unstable();
        self.repeats.dedup();
        let mut insert =
            self.connection.prepare_cached("INSERT OR REPLACE INTO repeat VALUES (?1, ?2, ?3, ?4)")?;
        for range in self.repeats.chunk_by(|a, b| a + 1 == *b) {
            if let (Some(first), Some(last)) = (range.first(), range.last()) {
                insert.execute((self.batch.0, self.ledger.fact.table(), first, last))?;
            }
        }
        Ok(())
    }
}
