//! Writing one batch: chunks of facts in, rows out, invisible until `finish`.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{CachedStatement, Connection};

use super::batch::{Batch, BatchMeta, take_lease};
use super::checkpoint::Checkpointer;
use super::claim::Claims;
use super::error::Result;
use super::intern::{Identities, term};
use super::lease::Lease;
use super::ledger::{Fact, Ledger};
use super::open::{FOLD_AFTER, FOLD_AFTER_IMPORTING};
use super::rows::{Coded, EventRows, bind_event, bind_identify, insert_identify};
use super::{Store, revert, revision, stage};
use crate::model::definition::ContentHash;
use crate::model::fact::{Accounting, EventRow, FactChunk};
use crate::model::{BatchId, Identity, Time};

/// Facts per transaction: large enough that commits cost nothing, small enough that other writers wait milliseconds.
const TRANSACTION: u64 = 50_000;

/// Transactions between two rounds of folding the log into the file: about 32 MB.
const COMMITS: u32 = 8;

/// Suspects are verified at the latest when this many have gathered; their keys then fit in 90 MB.
const SUSPECTS: u64 = 1_500_000;

/// Beginning a batch either gives a writer or finds that this very import was made before.
#[derive(Debug)]
pub enum Begun<'a> {
    /// Write, then finish.
    New(BatchWriter<'a>),
    /// The same file through the same mapping is complete already; nothing was changed.
    Already(Batch),
}

/// What became of one chunk so far. Facts whose key is known already are settled later and counted by `finish`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChunkOutcome {
    /// What is settled, to be added up.
    pub settled: Accounting,
    /// Rows whose key may be known already, settled by `finish` at the latest.
    pub suspects: u64,
}

/// Rows of the file that never reach the store as keyed facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Rows folded into another row's fact as items.
    pub grouped: u64,
    /// Rows that went to the reject file.
    pub rejected: u64,
    /// Rows left out as exact repetitions of another row of the file.
    pub merged: u64,
    /// Rows that said only links, consent or suppression.
    pub ledgers: u64,
}

/// Writes one batch. Dropped before `finish` it leaves rows nobody sees, which the next opening clears away.
#[derive(Debug)]
pub struct BatchWriter<'a> {
    store: &'a mut Store,
    lease: Lease,
    id: BatchId,
    started: Time,
    identities: Identities,
    events: Ledger,
    identifies: Ledger,
    accounting: Accounting,
    checkpointer: Checkpointer,
    commits: u32,
    in_transaction: bool,
    written: u64,
    finished: bool,
    pub(super) claims: Claims,
}

impl Store {
    /// Begins a batch, as the only writer of batches there is.
    ///
    /// # Errors
    /// A problem when another process is writing or the file cannot be written.
    pub fn begin(&mut self, meta: &BatchMeta, now: Time) -> Result<Begun<'_>> {
        if let Some(sha256) = &meta.sha256
            && let Some(batch) = self.already_imported(sha256, meta.mapping.as_deref())?
        {
            return Ok(Begun::Already(batch));
        }
        super::batch::clear_leftovers(self, now)?;
        let lease = take_lease(self, &format!("importing {}", meta.file), now)?;
        match BatchWriter::begin(self, meta, lease, now) {
            Ok(parts) => Ok(Begun::New(BatchWriter::new(self, lease, now, parts))),
            Err(error) => {
                lease.release(self.connection())?;
                Err(error)
            }
        }
    }
}

struct Parts {
    id: BatchId,
    identities: Identities,
    events: Ledger,
    identifies: Ledger,
}

impl<'a> BatchWriter<'a> {
    fn begin(store: &mut Store, meta: &BatchMeta, lease: Lease, now: Time) -> Result<Parts> {
        let transaction = store.connection_mut().transaction()?;
        lease.renew(&transaction, now)?;
        let events = Ledger::new(&transaction, Fact::Event)?;
        let identifies = Ledger::new(&transaction, Fact::Identify)?;
        let source = meta.source.as_deref().map(|name| source(&transaction, name)).transpose()?;
        transaction.execute(
            "INSERT INTO batch (kind, file, sha256, mapping, mapping_sha256, source, state, started,
                                first_event, first_identify)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'loading', ?7, ?8, ?9)",
            (
                meta.kind.name(),
                &meta.file,
                meta.sha256.map(|hash| hash.0),
                &meta.mapping,
                meta.mapping.as_ref().map(|text| ContentHash::of(text.as_bytes()).0),
                source,
                now.0,
                events.first,
                identifies.first,
            ),
        )?;
        let id = BatchId(transaction.last_insert_rowid());
        let identities = Identities::load(&transaction)?;
        transaction.commit()?;
        Ok(Parts { id, identities, events, identifies })
    }

    fn new(store: &'a mut Store, lease: Lease, started: Time, parts: Parts) -> Self {
        let checkpointer = Checkpointer::start(store.path());
        // A pragma of this connection only; at worst the log is folded more often.
        let _ = store.fold_after(FOLD_AFTER_IMPORTING);
        Self {
            store,
            lease,
            id: parts.id,
            started,
            identities: parts.identities,
            events: parts.events,
            identifies: parts.identifies,
            accounting: Accounting::default(),
            checkpointer,
            commits: 0,
            in_transaction: false,
            written: 0,
            finished: false,
            claims: Claims::default(),
        }
    }

    /// Adds the hash of the file, where it was worked out while the file was read.
    ///
    /// # Errors
    /// As for [`BatchWriter::write`].
    pub fn hashed(&mut self, sha256: &ContentHash, now: Time) -> Result<()> {
        self.ensure_transaction(now)?;
        self.store
            .connection()
            .execute("UPDATE batch SET sha256 = ?2 WHERE id = ?1", (self.id.0, sha256.0))?;
        Ok(())
    }

    /// The id this batch will be known by.
    #[must_use]
    pub fn id(&self) -> BatchId {
        self.id
    }

    /// Writes a chunk.
    ///
    /// # Errors
    /// When the disk is full, the lease is lost, or SQLite refuses; drop the writer then.
    pub fn write(&mut self, chunk: &FactChunk, now: Time) -> Result<ChunkOutcome> {
        self.ensure_transaction(now)?;
        let before = (self.accounting, self.events.suspects + self.identifies.suspects);
        self.accounting.rows += chunk.rows;
        let dictionary = self.dictionary(chunk)?;
        self.write_events(chunk, &dictionary)?;
        self.write_identifies(chunk, &dictionary)?;
        self.write_ledgers(chunk)?;
        self.identities.flush_if_full(self.store.connection())?;
        self.written += (chunk.events.len() + chunk.identifies.len()) as u64;
        let outcome = ChunkOutcome {
            settled: difference(self.accounting, before.0),
            suspects: self.events.suspects + self.identifies.suspects - before.1,
        };
        if self.events.suspects + self.identifies.suspects >= SUSPECTS {
            self.verify()?;
        }
        if self.written >= TRANSACTION {
            self.commit()?;
        }
        Ok(outcome)
    }

    /// Settles what is pending, makes the batch visible, and says what became of every row.
    ///
    /// # Errors
    /// As for [`BatchWriter::write`].
    pub fn finish(mut self, elsewhere: Elsewhere, now: Time) -> Result<Batch> {
        self.ensure_transaction(now)?;
        self.verify()?;
        self.identities.flush(self.store.connection())?;
        self.accounting.accepted += elsewhere.ledgers;
        self.accounting.grouped += elsewhere.grouped;
        self.accounting.merged += elsewhere.merged;
        self.accounting.rejected += elsewhere.rejected;
        self.complete(now)?;
        self.commit()?;
        self.finished = true;
        self.store.batch(self.id)
    }

    /// Removes everything written so far.
    ///
    /// # Errors
    /// When SQLite refuses; the rows stay invisible and the next opening removes them.
    pub fn abandon(mut self, now: Time) -> Result<()> {
        self.roll_back()?;
        stage::discard(self.store.connection())?;
        revert::hide(self.store, self.id, self.lease, now)?;
        revert::erase(self.store, self.id)?;
        revert::forget(self.store, self.id)?;
        self.lease.release(self.store.connection())?;
        self.finished = true;
        Ok(())
    }

    fn complete(&mut self, now: Time) -> Result<()> {
        let connection = self.store.connection();
        self.events.save(connection)?;
        self.identifies.save(connection)?;
        let a = self.accounting;
        connection.execute(
            "UPDATE batch SET state = 'complete', completed = ?2, rows = ?3, accepted = ?4, grouped = ?5, merged = ?6,
                    superseded = ?7, rejected = ?8, anonymous = ?9, last_event = ?10, last_identify = ?11
             WHERE id = ?1",
            (
                self.id.0,
                now.0,
                a.rows as i64,
                a.accepted as i64,
                a.grouped as i64,
                a.merged as i64,
                a.superseded as i64,
                a.rejected as i64,
                a.anonymous as i64,
                self.events.next - 1,
                self.identifies.next - 1,
            ),
        )?;
        revision::record(connection, now, revision::Subject::Batch, &self.id.to_string())?;
        self.lease.release(connection)
    }

    pub(super) fn ensure_transaction(&mut self, now: Time) -> Result<()> {
        if !self.in_transaction {
            self.store.connection().execute_batch("BEGIN IMMEDIATE")?;
            self.in_transaction = true;
            self.lease.renew(self.store.connection(), now)?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.store.connection().execute_batch("COMMIT")?;
        self.in_transaction = false;
        self.written = 0;
        self.commits += 1;
        if self.commits.is_multiple_of(COMMITS) {
            self.checkpointer.nudge();
        }
        // The gap in which a console or another command gets its own small write in.
        std::thread::sleep(Duration::from_millis(1));
        Ok(())
    }

    fn roll_back(&mut self) -> Result<()> {
        if std::mem::take(&mut self.in_transaction) {
            self.store.connection().execute_batch("ROLLBACK")?;
        }
        Ok(())
    }

    /// The stored numbers of a chunk's names and namespaces.
    fn dictionary(&self, chunk: &FactChunk) -> Result<Dictionary> {
        let connection = self.store.connection();
        let terms = |kind: &str, texts: &[String]| {
            texts.iter().map(|text| term(connection, kind, text)).collect::<Result<Vec<_>>>()
        };
        Ok(Dictionary {
            names: terms("event", &chunk.names)?,
            namespaces: terms("namespace", &chunk.namespaces)?,
        })
    }

    fn write_events(&mut self, chunk: &FactChunk, dictionary: &Dictionary) -> Result<()> {
        if chunk.events.is_empty() {
            return Ok(());
        }
        let connection = self.store.connection();
        self.events.load_keys(connection)?;
        let new = self.events.are_new(chunk.events.iter().map(|row| row.key.0));
        // A loop of its own: its look-ups miss the cache, and so close together the misses overlap.
        let coded: Vec<_> = chunk
            .events
            .iter()
            .map(|row| code(&mut self.identities, self.started, chunk, dictionary, row))
            .collect();
        let mut rows = EventRows::new(connection, chunk, self.id.0);
        let mut suspects: Option<CachedStatement<'_>> = None;
        for ((row, coded), new) in chunk.events.iter().zip(coded).zip(new) {
            if new {
                let id = self.events.take_id();
                if id == self.events.first {
                    rows.first(id, row, coded)?;
                } else {
                    rows.push(id, row, coded)?;
                }
                self.accounting.accepted += 1;
                self.accounting.anonymous += u64::from(coded.identity.is_none());
                continue;
            }
            let suspect = match &mut suspects {
                Some(statement) => statement,
                None => suspects.insert(stage::prepare(connection, Fact::Event)?),
            };
            stage::bind(suspect, true, row.on_repeat)?;
            bind_event(suspect, 3, chunk, row, coded)?;
            suspect.raw_execute()?;
            self.events.suspects += 1;
        }
        rows.finish()
    }

    fn write_identifies(&mut self, chunk: &FactChunk, dictionary: &Dictionary) -> Result<()> {
        if chunk.identifies.is_empty() {
            return Ok(());
        }
        // A row that is both an event and an identify is one row of the file.
        let counted: HashSet<u64> = chunk.events.iter().map(|row| row.line).collect();
        let connection = self.store.connection();
        self.identifies.load_keys(connection)?;
        let mut insert = insert_identify(connection)?;
        let mut suspect = stage::prepare(connection, Fact::Identify)?;
        let new = self.identifies.are_new(chunk.identifies.iter().map(|row| row.key.0));
        for (row, new) in chunk.identifies.iter().zip(new) {
            let (namespace, value) = &row.identity;
            let identity = self.identities.id(dictionary.namespace(*namespace), chunk.str(value));
            let received = (row.received != self.started).then_some(row.received.0);
            let counts = !counted.contains(&row.line);
            if new {
                let id = self.identifies.take_id();
                insert.raw_bind_parameter(1, id)?;
                insert.raw_bind_parameter(2, self.id.0)?;
                bind_identify(&mut insert, chunk, row, (identity, received))?;
                insert.raw_execute()?;
                self.accounting.accepted += u64::from(counts);
            } else {
                stage::bind(&mut suspect, counts, row.on_repeat)?;
                bind_identify(&mut suspect, chunk, row, (identity, received))?;
                suspect.raw_execute()?;
                self.identifies.suspects += 1;
            }
        }
        Ok(())
    }

    /// Links and ledger lines are appended as they come: read twice they mean the same, so they need no keys.
    fn write_ledgers(&mut self, chunk: &FactChunk) -> Result<()> {
        for link in &chunk.links {
            let (a, b) = (self.identity(&link.a)?, self.identity(&link.b)?);
            self.insert(
                "INSERT INTO link (batch, a, b, at) VALUES (?1, ?2, ?3, ?4)",
                (self.id.0, a, b, link.at.0),
            )?;
        }
        for line in &chunk.consents {
            let identity = self.identity(&line.identity)?;
            let basis = self.term("basis", &line.basis)?;
            self.insert(
                "INSERT INTO consent (batch, identity, channel, purpose, state, at, expires, basis)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                (
                    self.id.0,
                    identity,
                    line.channel.code(),
                    line.purpose as u8,
                    line.state as u8,
                    line.at.0,
                    line.expires.map(|at| at.0),
                    basis,
                ),
            )?;
        }
        for (channel, address) in &chunk.claimed {
            self.claimed(*channel, address)?;
        }
        for line in &chunk.suppressions {
            let identity = self.identity(&line.identity)?;
            self.insert(
                "INSERT INTO suppression (batch, identity, channel, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                (self.id.0, identity, line.channel.code(), line.reason as u8, line.at.0),
            )?;
        }
        Ok(())
    }

    pub(super) fn reading(&self) -> &Connection {
        self.store.connection()
    }

    pub(super) fn batch_number(&self) -> i64 {
        self.id.0
    }

    pub(super) fn identity(&mut self, identity: &Identity) -> Result<i64> {
        let namespace = self.term("namespace", &identity.namespace)?;
        Ok(self.identities.id(namespace, &identity.value))
    }

    pub(super) fn term(&self, kind: &str, text: &str) -> Result<i64> {
        term(self.store.connection(), kind, text)
    }

    pub(super) fn insert(&self, sql: &str, values: impl rusqlite::Params) -> Result<i64> {
        Ok(self.store.connection().prepare_cached(sql)?.insert(values)?)
    }

    /// Commits when enough was written; called after each slice of facts that are not chunks.
    pub(super) fn count_written(&mut self, rows: usize) -> Result<()> {
        self.written += rows as u64;
        self.identities.flush_if_full(self.store.connection())?;
        if self.written >= TRANSACTION { self.commit() } else { Ok(()) }
    }

    fn verify(&mut self) -> Result<()> {
        for ledger in [&mut self.events, &mut self.identifies] {
            stage::settle(self.store.connection(), ledger, self.id, &mut self.accounting)?;
        }
        Ok(())
    }
}

impl Drop for BatchWriter<'_> {
    fn drop(&mut self) {
        let _ = self.store.fold_after(FOLD_AFTER);
        if !self.finished {
            // Best effort: what is left is invisible, and the lease lapses by itself.
            let _ = self.roll_back();
            let _ = self.lease.release(self.store.connection());
            let _ = stage::discard(self.store.connection());
        }
    }
}

struct Dictionary {
    names: Vec<i64>,
    namespaces: Vec<i64>,
}

impl Dictionary {
    fn namespace(&self, index: u32) -> i64 {
        self.namespaces.get(index as usize).copied().unwrap_or_default()
    }
}

fn code(
    identities: &mut Identities,
    started: Time,
    chunk: &FactChunk,
    dictionary: &Dictionary,
    row: &EventRow,
) -> Coded {
    let identity = row
        .identity
        .as_ref()
        .map(|(namespace, value)| identities.id(dictionary.namespace(*namespace), chunk.str(value)));
    Coded {
        name: dictionary.names.get(row.name as usize).copied().unwrap_or_default(),
        identity,
        received: (row.received != started).then_some(row.received.0),
    }
}

fn source(connection: &Connection, name: &str) -> Result<i64> {
    connection.execute("INSERT INTO source (name) VALUES (?1) ON CONFLICT DO NOTHING", [name])?;
    Ok(connection.query_row("SELECT id FROM source WHERE name = ?1", [name], |row| row.get(0))?)
}

fn difference(after: Accounting, before: Accounting) -> Accounting {
    Accounting {
        rows: after.rows - before.rows,
        accepted: after.accepted - before.accepted,
        grouped: after.grouped - before.grouped,
        merged: after.merged - before.merged,
        superseded: after.superseded - before.superseded,
        rejected: after.rejected - before.rejected,
        anonymous: after.anonymous - before.anonymous,
    }
}
