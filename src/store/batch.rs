//! Batches: one import each, visible only when complete, revertible as a whole.

use rusqlite::{OptionalExtension, Row, TransactionBehavior};

use super::error::{Result, StoreError};
use super::lease::{self, Lease};
use super::{Store, revert};
use crate::model::definition::ContentHash;
use crate::model::fact::Accounting;
use crate::model::{BatchId, Problem, Time};

/// What kind of thing a batch brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchKind {
    /// Events, identifies, consent and the like from a file.
    Import,
    /// An experiment with a value per unit.
    Experiment,
    /// Facts the engine itself recorded on live traffic.
    Live,
    /// Simulated facts; only in run files.
    Run,
}

impl BatchKind {
    const ALL: [Self; 4] = [Self::Import, Self::Experiment, Self::Live, Self::Run];

    /// The stored name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Experiment => "experiment",
            Self::Live => "live",
            Self::Run => "run",
        }
    }
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchState {
    /// Being written; nobody sees it.
    Loading,
    /// Visible.
    Complete,
    /// Hidden, its rows being removed.
    Reverting,
    /// Removed; only this line remains.
    Reverted,
}

impl BatchState {
    const ALL: [Self; 4] = [Self::Loading, Self::Complete, Self::Reverting, Self::Reverted];

    /// The stored name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Complete => "complete",
            Self::Reverting => "reverting",
            Self::Reverted => "reverted",
        }
    }
}

/// What is known of a batch before its first row.
#[derive(Debug, Clone)]
pub struct BatchMeta {
    /// What it brings.
    pub kind: BatchKind,
    /// The file's name, as the person gave it.
    pub file: String,
    /// The hash of the file's bytes.
    pub sha256: Option<ContentHash>,
    /// The mapping's text; together with the file's hash it says whether this is the same import again.
    pub mapping: Option<String>,
    /// The name of the source, created if new.
    pub source: Option<String>,
}

/// One batch as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// What it brought.
    pub kind: BatchKind,
    /// From which file.
    pub file: String,
    /// The hash of that file.
    pub sha256: Option<ContentHash>,
    /// The mapping as it was used.
    pub mapping: Option<String>,
    /// Its source's name.
    pub source: Option<String>,
    /// How far it is.
    pub state: BatchState,
    /// When it began.
    pub started: Time,
    /// When it became visible.
    pub completed: Option<Time>,
    /// What became of the file's rows.
    pub accounting: Accounting,
}

/// Something unfinished that was cleared away.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Leftover {
    /// The batch.
    pub batch: BatchId,
    /// Its file.
    pub file: String,
    /// Whether an import had died (else a revert was interrupted, and is now finished).
    pub import: bool,
}

/// What of a batch is still there: not replaced by a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The batch.
    pub batch: BatchId,
    /// Its events.
    pub events: u64,
    /// Of those, the ones that name nobody.
    pub anonymous: u64,
    /// Identities it said something about.
    pub people: u64,
}

const SELECT: &str =
    "SELECT b.id, b.kind, b.file, b.sha256, b.mapping, s.name, b.state, b.started, b.completed,
    b.rows, b.accepted, b.grouped, b.merged, b.superseded, b.rejected, b.anonymous
    FROM batch AS b LEFT JOIN source AS s ON s.id = b.source";

fn read(row: &Row<'_>) -> rusqlite::Result<Batch> {
    let (kind, state): (String, String) = (row.get(1)?, row.get(6)?);
    let count = |index: usize| row.get::<_, i64>(index).map(|n| n as u64);
    Ok(Batch {
        id: BatchId(row.get(0)?),
        kind: BatchKind::ALL.into_iter().find(|k| k.name() == kind).unwrap_or(BatchKind::Import),
        file: row.get(2)?,
        sha256: row.get::<_, Option<[u8; 32]>>(3)?.map(ContentHash),
        mapping: row.get(4)?,
        source: row.get(5)?,
        state: BatchState::ALL.into_iter().find(|s| s.name() == state).unwrap_or(BatchState::Loading),
        started: Time(row.get(7)?),
        completed: row.get::<_, Option<i64>>(8)?.map(Time),
        accounting: Accounting {
            rows: count(9)?,
            accepted: count(10)?,
            grouped: count(11)?,
            merged: count(12)?,
            superseded: count(13)?,
            rejected: count(14)?,
            anonymous: count(15)?,
        },
    })
}

impl Store {
    /// Every batch, oldest first, the reverted and unfinished ones included.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn batches(&self) -> Result<Vec<Batch>> {
        let mut statement = self.connection().prepare_cached(&format!("{SELECT} ORDER BY b.id"))?;
        let batches = statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
        Ok(batches)
    }

    /// What of every batch is still there, counted from the facts themselves.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn standing(&self) -> Result<Vec<Standing>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT b.id, coalesce(e.n, 0), coalesce(e.anonymous, 0), coalesce(i.n, 0) FROM batch AS b
             LEFT JOIN (SELECT batch, count(*) AS n, sum(identity IS NULL) AS anonymous FROM event
                        WHERE superseded_by IS NULL GROUP BY batch) AS e ON e.batch = b.id
             LEFT JOIN (SELECT batch, count(DISTINCT identity) AS n FROM identify
                        WHERE superseded_by IS NULL GROUP BY batch) AS i ON i.batch = b.id
             ORDER BY b.id",
        )?;
        let read = |row: &Row<'_>| {
            let count = |index: usize| row.get::<_, i64>(index).map(|n| n as u64);
            Ok(Standing {
                batch: BatchId(row.get(0)?),
                events: count(1)?,
                anonymous: count(2)?,
                people: count(3)?,
            })
        };
        let standing = statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
        Ok(standing)
    }

    /// One batch.
    ///
    /// # Errors
    /// A problem when there is none of this id.
    pub fn batch(&self, id: BatchId) -> Result<Batch> {
        self.connection()
            .prepare_cached(&format!("{SELECT} WHERE b.id = ?1"))?
            .query_row([id.0], read)
            .optional()?
            .ok_or_else(|| unknown(id))
    }

    /// The complete batch that brought exactly this file through this mapping.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn already_imported(&self, sha256: &ContentHash, mapping: Option<&str>) -> Result<Option<Batch>> {
        let batch = self
            .connection()
            .prepare_cached(&format!(
                "{SELECT} WHERE b.state = 'complete' AND b.sha256 = ?1 AND b.mapping_sha256 IS ?2 ORDER BY b.id LIMIT 1"
            ))?
            .query_row((sha256.0, mapping.map(|text| ContentHash::of(text.as_bytes()).0)), read)
            .optional()?;
        Ok(batch)
    }

    /// Takes a complete batch back: its facts disappear, what it superseded is restored, and what a later batch had
    /// brought as well stays under that one. Hidden in one transaction; an interrupted removal goes on at the next open.
    ///
    /// # Errors
    /// A problem when there is no such batch, it is not complete, or another process is writing.
    pub fn revert(&mut self, id: BatchId, now: Time) -> Result<Batch> {
        let batch = self.batch(id)?;
        if batch.state != BatchState::Complete {
            return Err(not_revertible(&batch).into());
        }
        let lease = take_lease(self, &format!("reverting {id}"), now)?;
        let reverted = revert::hide(self, id, lease, now)
            .and_then(|()| revert::erase(self, id))
            .and_then(|()| revert::settle(self, id));
        let dropped = self.drop_stale_chunks();
        lease.release(self.connection())?;
        reverted?;
        dropped?;
        self.batch(id)
    }
}

pub(super) fn take_lease(store: &mut Store, purpose: &str, now: Time) -> Result<Lease> {
    let transaction = store.connection_mut().transaction_with_behavior(TransactionBehavior::Immediate)?;
    let lease = Lease::take(&transaction, purpose, now)?;
    transaction.commit()?;
    Ok(lease)
}

/// Finishes what a dead process left: imports are removed, interrupted reverts completed.
pub(super) fn clear_leftovers(store: &mut Store, now: Time) -> Result<Vec<Leftover>> {
    let leftovers = leftovers(store)?;
    let held = lease::holder(store.connection())?.is_some_and(|holder| !holder.is_gone(now));
    if leftovers.is_empty() || held {
        return Ok(Vec::new());
    }
    let lease = take_lease(store, "clearing away an unfinished import", now)?;
    let cleared = leftovers.iter().try_for_each(|leftover| clear(store, leftover, lease, now));
    lease.release(store.connection())?;
    cleared.map(|()| leftovers)
}

fn clear(store: &mut Store, leftover: &Leftover, lease: Lease, now: Time) -> Result<()> {
    if leftover.import {
        revert::hide(store, leftover.batch, lease, now)?;
    }
    revert::erase(store, leftover.batch)?;
    if leftover.import {
        revert::forget(store, leftover.batch)
    } else {
        revert::settle(store, leftover.batch)
    }
}

/// Batches that are neither complete nor reverted.
pub(super) fn leftovers(store: &Store) -> Result<Vec<Leftover>> {
    let mut statement = store.connection().prepare(
        "SELECT id, file, state = 'loading' FROM batch WHERE state IN ('loading', 'reverting') ORDER BY id",
    )?;
    let leftovers = statement
        .query_map([], |row| {
            Ok(Leftover { batch: BatchId(row.get(0)?), file: row.get(1)?, import: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(leftovers)
}

fn unknown(id: BatchId) -> StoreError {
    Problem::new("batch-unknown", format!("there is no batch {id}"))
        .help("`segue batch list` shows them")
        .into()
}

fn not_revertible(batch: &Batch) -> Problem {
    let (code, message) = match batch.state {
        BatchState::Reverted | BatchState::Reverting => {
            ("batch-reverted", format!("batch {} was reverted already", batch.id))
        }
        BatchState::Loading | BatchState::Complete => {
            ("batch-loading", format!("batch {} is still being imported", batch.id))
        }
    };
    Problem::new(code, message).help("`segue batch list` shows the batches and their states")
}
