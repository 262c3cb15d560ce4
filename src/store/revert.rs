//! Taking a batch back. It is hidden and its neighbours are relinked in one transaction; removing its rows can then
//! be interrupted and resumed at any point.

use rusqlite::{Connection, TransactionBehavior};

use super::Store;
use super::error::Result;
use super::lease::Lease;
use super::ledger::Fact;
use super::revision::{self, Subject};
use crate::model::{BatchId, Time};

/// Rows removed per transaction.
const STEP: i64 = 100_000;

/// Tables whose rows carry a batch and nothing else refers to.
const PLAIN: [&str; 8] =
    ["link", "consent", "claim", "suppression", "message", "exposure", "decision", "enrollment"];

/// Hides a batch: hands facts that a later batch repeated over to it, restores what was superseded, and marks the batch.
pub(super) fn hide(store: &mut Store, batch: BatchId, lease: Lease, now: Time) -> Result<()> {
    let transaction = store.connection_mut().transaction_with_behavior(TransactionBehavior::Immediate)?;
    lease.renew(&transaction, now)?;
    for fact in Fact::BOTH {
        hand_over(&transaction, batch, fact)?;
        restore(&transaction, batch, fact)?;
    }
    transaction.execute("DELETE FROM repeat WHERE batch = ?1", [batch.0])?;
    transaction
        .execute("UPDATE batch SET state = 'reverting' WHERE id = ?1 AND state = 'complete'", [batch.0])?;
    revision::record(&transaction, now, Subject::Revert, &batch.to_string())?;
    transaction.commit()?;
    Ok(())
}

/// The earliest other batch that repeated a fact becomes its batch.
fn hand_over(connection: &Connection, batch: BatchId, fact: Fact) -> Result<()> {
    let table = fact.table();
    let mut statement = connection.prepare(&format!(
        "SELECT r.batch, r.first, r.last FROM repeat AS r
         JOIN batch AS c ON c.id = r.batch AND c.state = 'complete'
         JOIN batch AS b ON b.id = ?1
         WHERE r.fact = ?2 AND r.batch <> ?1
           AND r.last >= b.first_{table} AND (b.last_{table} IS NULL OR r.first <= b.last_{table})
         ORDER BY r.batch, r.first"
    ))?;
    let mut rows = statement.query((batch.0, table))?;
    while let Some(row) = rows.next()? {
        let (heir, first, last): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let moved = connection
            .prepare_cached(&format!(
                "UPDATE {table} SET batch = ?1 WHERE id BETWEEN ?2 AND ?3 AND batch = ?4"
            ))?
            .execute((heir, first, last, batch.0))?;
        if moved == 0 {
            continue;
        }
        // The heir's range of ids must cover what it inherits, and what those facts superseded is now its doing.
        connection
            .prepare_cached(&format!(
                "UPDATE batch SET first_{table} = min(first_{table}, ?2) WHERE id = ?1"
            ))?
            .execute((heir, first))?;
        inherit_supersessions(connection, fact, batch, (heir, first, last))?;
    }
    Ok(())
}

fn inherit_supersessions(
    connection: &Connection,
    fact: Fact,
    batch: BatchId,
    (heir, first, last): (i64, i64, i64),
) -> Result<()> {
    let table = fact.table();
    connection.execute(
        &format!(
            "UPDATE {table} SET superseded_by = ?1 WHERE id IN
               (SELECT older FROM supersession WHERE fact = ?2 AND batch = ?3 AND newer BETWEEN ?4 AND ?5)"
        ),
        (heir, table, batch.0, first, last),
    )?;
    connection.execute(
        "UPDATE supersession SET batch = ?1 WHERE fact = ?2 AND batch = ?3 AND newer BETWEEN ?4 AND ?5",
        (heir, table, batch.0, first, last),
    )?;
    Ok(())
}

/// Facts this batch superseded come back, or pass on to the version that superseded its own.
fn restore(connection: &Connection, batch: BatchId, fact: Fact) -> Result<()> {
    let table = fact.table();
    let mut statement = connection
        .prepare("SELECT older, newer FROM supersession WHERE batch = ?1 AND fact = ?2 ORDER BY newer")?;
    let own: Vec<(i64, i64)> = statement
        .query_map((batch.0, table), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    // From the newest on: when an older version is looked at, what became of the newer one is settled.
    for (older, newer) in own.into_iter().rev() {
        let next = next_version(connection, table, newer)?;
        connection
            .prepare_cached("DELETE FROM supersession WHERE fact = ?1 AND older = ?2")?
            .execute((table, older))?;
        if let Some((by, version)) = next {
            connection
                .prepare_cached("INSERT INTO supersession VALUES (?1, ?2, ?3, ?4)")?
                .execute((by, table, older, version))?;
        }
        connection
            .prepare_cached(&format!("UPDATE {table} SET superseded_by = ?2 WHERE id = ?1"))?
            .execute((older, next.map(|(by, _)| by)))?;
    }
    // What is left of the batch's own versions is about to go, and with it what was said about them.
    connection.execute(
        &format!(
            "DELETE FROM supersession WHERE fact = ?1 AND older IN
               (SELECT s.older FROM supersession AS s JOIN {table} AS f ON f.id = s.older
                WHERE s.fact = ?1 AND f.batch = ?2)"
        ),
        (table, batch.0),
    )?;
    Ok(())
}

fn next_version(connection: &Connection, table: &str, version: i64) -> Result<Option<(i64, i64)>> {
    use rusqlite::OptionalExtension;
    Ok(connection
        .prepare_cached("SELECT batch, newer FROM supersession WHERE fact = ?1 AND older = ?2")?
        .query_row((table, version), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Removes the rows of a hidden batch, a piece at a time so that nobody waits long.
pub(super) fn erase(store: &mut Store, batch: BatchId) -> Result<()> {
    for fact in Fact::BOTH {
        erase_facts(store.connection(), batch, fact)?;
    }
    let transaction = store.connection_mut().transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in PLAIN {
        transaction.execute(&format!("DELETE FROM {table} WHERE batch = ?1"), [batch.0])?;
    }
    transaction.execute(
        "DELETE FROM experiment_unit WHERE experiment IN (SELECT id FROM experiment WHERE batch = ?1)",
        [batch.0],
    )?;
    transaction.execute("DELETE FROM experiment WHERE batch = ?1", [batch.0])?;
    sweep_identities(&transaction)?;
    transaction.commit()?;
    Ok(())
}

fn erase_facts(connection: &Connection, batch: BatchId, fact: Fact) -> Result<()> {
    let table = fact.table();
    let (mut from, last): (i64, i64) = connection.query_row(
        &format!(
            "SELECT coalesce(first_{table}, 1), coalesce(last_{table}, (SELECT max(id) FROM {table}), 0)
             FROM batch WHERE id = ?1"
        ),
        [batch.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    while from <= last {
        connection.execute(
            &format!("DELETE FROM {table} WHERE id BETWEEN ?1 AND ?2 AND batch = ?3"),
            (from, from + STEP - 1, batch.0),
        )?;
        from += STEP;
    }
    Ok(())
}

/// Identities that no fact mentions any more go too: a reverted import leaves no address behind.
fn sweep_identities(connection: &Connection) -> Result<()> {
    let mut used = Used::default();
    for (table, columns) in [
        ("event", "identity"),
        ("identify", "identity"),
        ("link", "a, b"),
        ("consent", "identity"),
        ("suppression", "identity"),
        ("message", "identity"),
        ("exposure", "identity"),
        ("decision", "identity"),
        ("enrollment", "identity"),
    ] {
        used.mark(connection, table, columns)?;
    }
    let mut statement = connection.prepare("SELECT id FROM identity")?;
    let unused: Vec<i64> = statement
        .query_map([], |row| row.get(0))?
        .filter(|id| id.as_ref().map_or(true, |id| !used.contains(*id)))
        .collect::<rusqlite::Result<_>>()?;
    let mut delete = connection.prepare("DELETE FROM identity WHERE id = ?1")?;
    unused.into_iter().try_for_each(|id| delete.execute([id]).map(drop)).map_err(Into::into)
}

/// One bit per identity.
#[derive(Debug, Default)]
struct Used(Vec<u64>);

impl Used {
    fn mark(&mut self, connection: &Connection, table: &str, columns: &str) -> Result<()> {
        let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table}"))?;
        let width = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..width {
                if let Some(id) = row.get::<_, Option<i64>>(column)? {
                    self.add(id);
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, id: i64) {
        let word = (id / 64) as usize;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (id % 64);
        }
    }

    fn contains(&self, id: i64) -> bool {
        self.0.get((id / 64) as usize).is_some_and(|bits| bits & (1 << (id % 64)) != 0)
    }
}

/// The batch's line stays in the list, as reverted.
pub(super) fn settle(store: &Store, batch: BatchId) -> Result<()> {
    store.connection().execute("UPDATE batch SET state = 'reverted' WHERE id = ?1", [batch.0])?;
    Ok(())
}

/// An import that never completed leaves not even a line.
pub(super) fn forget(store: &Store, batch: BatchId) -> Result<()> {
    store.connection().execute("DELETE FROM repeat WHERE batch = ?1", [batch.0])?;
    store.connection().execute("DELETE FROM batch WHERE id = ?1", [batch.0])?;
    Ok(())
}
