//! Visible facts, streamed in the order of their ids. Nothing is collected here: the caller builds what it needs.

use std::collections::HashMap;
use std::ops::ControlFlow;

use rusqlite::types::ValueRef;
use rusqlite::{Params, Row};

use super::Store;
use super::error::Result;
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::message::{HeldReason, MessageState};
use crate::model::{BatchId, Channel, Time};

/// Which facts: what happened, and was learned, before these moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Happened strictly before.
    pub before: Time,
    /// Learned strictly before.
    pub known_before: Time,
    /// Only rows with a larger id: what a frame has not seen yet.
    pub after_id: i64,
    /// Only events up to this id.
    pub up_to_id: i64,
}

impl Window {
    /// Everything.
    pub const ALL: Self =
        Self { before: Time::MAX, known_before: Time::MAX, after_id: 0, up_to_id: i64::MAX };

    fn sees(&self, at: Time, received: Time) -> bool {
        (at < self.before || self.before == Time::MAX)
            && (received < self.known_before || self.known_before == Time::MAX)
    }
}

/// An event row. Names and identities are the file's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventView<'a> {
    /// The row's id.
    pub id: i64,
    /// The batch that brought it.
    pub batch: BatchId,
    /// When it happened.
    pub at: Time,
    /// When it was learned.
    pub received: Time,
    /// Order within the instant.
    pub sequence: i64,
    /// The term of its name.
    pub name: i64,
    /// Where it happened.
    pub channel: Channel,
    /// The identity it arrived with.
    pub identity: Option<i64>,
    /// A JSON object, or empty.
    pub properties: &'a str,
    /// A JSON array of objects, or empty.
    pub items: &'a str,
}

/// What a source said about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentifyView<'a> {
    /// The row's id.
    pub id: i64,
    /// The batch that brought it.
    pub batch: BatchId,
    /// When it held.
    pub at: Time,
    /// When it was learned.
    pub received: Time,
    /// About whom.
    pub identity: i64,
    /// A JSON object.
    pub traits: &'a str,
}

/// An identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityView<'a> {
    /// Its number: what facts carry. Smaller is older.
    pub id: i64,
    /// The term of its namespace.
    pub namespace: i64,
    /// Its value.
    pub value: &'a str,
}

/// An identity edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkView {
    /// The batch that brought it.
    pub batch: BatchId,
    /// The identity known before.
    pub a: i64,
    /// The identity learned.
    pub b: i64,
    /// Since when.
    pub at: Time,
    /// When it was learned.
    pub received: Time,
}

/// A line of the consent ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentView<'a> {
    /// The batch that brought it.
    pub batch: BatchId,
    /// Whose.
    pub identity: i64,
    /// On which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: Purpose,
    /// What was said.
    pub state: ConsentState,
    /// When.
    pub at: Time,
    /// When it lapses.
    pub expires: Option<Time>,
    /// How it was obtained.
    pub basis: &'a str,
    /// The claim for a whole source it rests on; `None` where the person said it.
    pub claim: Option<i64>,
}

/// A line of the suppression ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuppressionView {
    /// The batch that brought it.
    pub batch: BatchId,
    /// Whose.
    pub identity: i64,
    /// On which channel.
    pub channel: Channel,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Time,
}

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageView<'a> {
    /// The row's id.
    pub id: i64,
    /// The batch that brought it.
    pub batch: BatchId,
    /// To whom.
    pub identity: i64,
    /// When it was decided.
    pub at: Time,
    /// On which channel.
    pub channel: Channel,
    /// What for.
    pub purpose: Purpose,
    /// The furthest state it reached.
    pub state: MessageState,
    /// Why it was held.
    pub held: Option<HeldReason>,
    /// When it reached that state.
    pub updated: Time,
    /// The term of its content.
    pub experience: i64,
    /// The term of its journey.
    pub journey: Option<i64>,
    /// A JSON array of categories, or empty.
    pub categories: &'a str,
}

/// An exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExposureView {
    /// The batch that brought it.
    pub batch: BatchId,
    /// Who.
    pub identity: i64,
    /// When.
    pub at: Time,
    /// The term of the experiment.
    pub experiment: i64,
    /// The term of the variant.
    pub variant: i64,
}

/// Complete batches, and when each began: what a fact without a time of its own was learned at.
struct Visible(HashMap<i64, Time>);

impl Visible {
    fn started(&self, batch: i64) -> Option<Time> {
        self.0.get(&batch).copied()
    }

    fn is_current(&self, superseded_by: Option<i64>) -> bool {
        superseded_by.is_none_or(|batch| !self.0.contains_key(&batch))
    }
}

impl Store {
    /// Runs several reads on one unchanging picture of the file, whatever others commit meanwhile.
    ///
    /// # Errors
    /// What the reads answer, or when SQLite refuses.
    pub fn snapshot<T>(&self, reads: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let transaction = self.connection().unchecked_transaction()?;
        let answer = reads(self)?;
        transaction.finish()?;
        Ok(answer)
    }

    /// The dictionary of a kind: `event`, `namespace`, `experience`, `journey`, `experiment`, `variant`, `placement`,
    /// `step`, `basis` or `definition`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn terms(&self, kind: &str) -> Result<Vec<(i64, String)>> {
        let mut statement =
            self.connection().prepare_cached("SELECT id, text FROM term WHERE kind = ?1 ORDER BY id")?;
        let terms = statement
            .query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(terms)
    }

    /// How many event rows there are, the hidden ones included: what to size memory by.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn event_rows(&self) -> Result<u64> {
        let rows: i64 = self.connection().query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
        Ok(rows as u64)
    }

    /// The newest moment anything visible happened, which is the default point to read at.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn newest_event(&self) -> Result<Option<Time>> {
        let mut newest = None;
        self.for_each_event(&Window::ALL, |event| {
            newest = newest.max(Some(event.at));
            ControlFlow::Continue(())
        })?;
        Ok(newest)
    }

    /// Visits every visible event of the window in the order of ids.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_event(
        &self,
        window: &Window,
        mut visit: impl FnMut(&EventView<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let visible = self.visible()?;
        self.stream(
            "SELECT id, batch, superseded_by, at, received, sequence, name, channel, identity, properties, items
             FROM event WHERE id > ?1 AND id <= ?2",
            [window.after_id, window.up_to_id],
            |row| {
                let batch = row.get(1)?;
                let Some(started) = visible.started(batch) else { return Ok(ControlFlow::Continue(())) };
                let (at, received) = (Time(row.get(3)?), row.get::<_, Option<i64>>(4)?.map_or(started, Time));
                if !window.sees(at, received) || !visible.is_current(row.get(2)?) {
                    return Ok(ControlFlow::Continue(()));
                }
                Ok(visit(&EventView {
                    id: row.get(0)?,
                    batch: BatchId(batch),
                    at,
                    received,
                    sequence: row.get(5)?,
                    name: row.get(6)?,
                    channel: channel(row, 7)?,
                    identity: row.get(8)?,
                    properties: text(row, 9)?,
                    items: text(row, 10)?,
                }))
            },
        )
    }

    /// Visits every visible identify of the window in the order of ids.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_identify(
        &self,
        window: &Window,
        mut visit: impl FnMut(&IdentifyView<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let visible = self.visible()?;
        self.stream(
            "SELECT id, batch, superseded_by, at, received, identity, traits FROM identify WHERE id > ?1",
            [window.after_id],
            |row| {
                let batch = row.get(1)?;
                let Some(started) = visible.started(batch) else { return Ok(ControlFlow::Continue(())) };
                let (at, received) = (Time(row.get(3)?), row.get::<_, Option<i64>>(4)?.map_or(started, Time));
                if !window.sees(at, received) || !visible.is_current(row.get(2)?) {
                    return Ok(ControlFlow::Continue(()));
                }
                Ok(visit(&IdentifyView {
                    id: row.get(0)?,
                    batch: BatchId(batch),
                    at,
                    received,
                    identity: row.get(5)?,
                    traits: text(row, 6)?,
                }))
            },
        )
    }

    /// Visits every identity, oldest first. An identity is there as soon as any batch brought it; whether a fact
    /// mentions it is for the facts to say.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_identity(
        &self,
        mut visit: impl FnMut(&IdentityView<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.stream("SELECT id, namespace, value FROM identity ORDER BY id", [], |row| {
            Ok(visit(&IdentityView { id: row.get(0)?, namespace: row.get(1)?, value: text(row, 2)? }))
        })
    }

    /// Visits every visible identity edge.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_link(
        &self,
        window: &Window,
        mut visit: impl FnMut(&LinkView) -> ControlFlow<()>,
    ) -> Result<()> {
        self.ledger("SELECT id, batch, at, a, b FROM link", window, |row, batch, at, received| {
            Ok(visit(&LinkView { batch, a: row.get(3)?, b: row.get(4)?, at, received }))
        })
    }

    /// Visits every visible consent line.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_consent(
        &self,
        window: &Window,
        mut visit: impl FnMut(&ConsentView<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let sql = "SELECT l.id, l.batch, l.at, l.identity, l.channel, l.purpose, l.state, l.expires, t.text,
                          l.claim
                   FROM consent AS l JOIN term AS t ON t.id = l.basis";
        self.ledger(sql, window, |row, batch, at, _| {
            Ok(visit(&ConsentView {
                batch,
                identity: row.get(3)?,
                channel: channel(row, 4)?,
                purpose: code(row, 5, &Purpose::ALL, Purpose::Marketing)?,
                state: code(row, 6, &ConsentState::ALL, ConsentState::Unknown)?,
                at,
                expires: row.get::<_, Option<i64>>(7)?.map(Time),
                basis: text(row, 8)?,
                claim: row.get(9)?,
            }))
        })
    }

    /// Visits every visible suppression line.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_suppression(
        &self,
        window: &Window,
        mut visit: impl FnMut(&SuppressionView) -> ControlFlow<()>,
    ) -> Result<()> {
        let sql = "SELECT id, batch, at, identity, channel, reason FROM suppression";
        self.ledger(sql, window, |row, batch, at, _| {
            Ok(visit(&SuppressionView {
                batch,
                identity: row.get(3)?,
                channel: channel(row, 4)?,
                reason: code(row, 5, &SuppressionReason::ALL, SuppressionReason::Manual)?,
                at,
            }))
        })
    }

    /// Visits every visible message.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_message(
        &self,
        window: &Window,
        mut visit: impl FnMut(&MessageView<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let sql =
            "SELECT id, batch, at, identity, channel, purpose, state, held, updated, experience, journey,
                          categories FROM message";
        self.ledger(sql, window, |row, batch, at, _| {
            let held = row.get::<_, Option<u8>>(7)?;
            Ok(visit(&MessageView {
                id: row.get(0)?,
                batch,
                identity: row.get(3)?,
                at,
                channel: channel(row, 4)?,
                purpose: code(row, 5, &Purpose::ALL, Purpose::Marketing)?,
                state: code(row, 6, &MessageState::ALL, MessageState::Planned)?,
                held: held.and_then(|held| HeldReason::ALL.get(usize::from(held)).copied()),
                updated: Time(row.get(8)?),
                experience: row.get(9)?,
                journey: row.get(10)?,
                categories: text(row, 11)?,
            }))
        })
    }

    /// Visits every visible exposure.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_exposure(
        &self,
        window: &Window,
        mut visit: impl FnMut(&ExposureView) -> ControlFlow<()>,
    ) -> Result<()> {
        let sql = "SELECT id, batch, at, identity, experiment, variant FROM exposure";
        self.ledger(sql, window, |row, batch, at, _| {
            Ok(visit(&ExposureView {
                batch,
                identity: row.get(3)?,
                at,
                experiment: row.get(4)?,
                variant: row.get(5)?,
            }))
        })
    }

    /// Rows whose first columns are id, batch and time, filtered alike.
    pub(super) fn ledger(
        &self,
        sql: &str,
        window: &Window,
        mut visit: impl FnMut(&Row<'_>, BatchId, Time, Time) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let visible = self.visible()?;
        self.stream(&format!("{sql} ORDER BY 1"), [], |row| {
            let (id, batch, at): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            match visible.started(batch) {
                Some(received) if id > window.after_id && window.sees(Time(at), received) => {
                    visit(row, BatchId(batch), Time(at), received)
                }
                _ => Ok(ControlFlow::Continue(())),
            }
        })
    }

    fn stream(
        &self,
        sql: &str,
        values: impl Params,
        mut visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            if visit(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn visible(&self) -> Result<Visible> {
        let mut statement =
            self.connection().prepare_cached("SELECT id, started FROM batch WHERE state = 'complete'")?;
        let batches = statement
            .query_map([], |row| Ok((row.get(0)?, Time(row.get(1)?))))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Visible(batches))
    }
}

pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).unwrap_or(""),
        _ => "",
    })
}

fn channel(row: &Row<'_>, column: usize) -> Result<Channel> {
    Ok(Channel::from_code(row.get(column)?).unwrap_or(Channel::Unknown))
}

fn code<T: Copy>(row: &Row<'_>, column: usize, table: &[T], otherwise: T) -> Result<T> {
    Ok(table.get(usize::from(row.get::<_, u8>(column)?)).copied().unwrap_or(otherwise))
}
