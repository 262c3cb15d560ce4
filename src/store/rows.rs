//! The statements that put events and identifies into their tables, many rows at a time.

use rusqlite::{CachedStatement, Connection};

use super::error::{Result, StoreError};
use crate::model::fact::{EventRow, FactChunk, IdentifyRow, OnRepeat};

/// Rows per statement: starting one costs about half of what a row does.
const TOGETHER: usize = 32;

/// What an event carries in numbers of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coded {
    pub(super) name: i64,
    pub(super) identity: Option<i64>,
    /// `None`: when the batch began.
    pub(super) received: Option<i64>,
}

/// Which optional columns a group of rows fills. Columns that are `NULL` in a whole group are not bound at all: a
/// parameter costs a twentieth of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Filled {
    content: bool,
    received: bool,
    items: bool,
}

impl Filled {
    fn with(self, row: &EventRow, coded: &Coded) -> Self {
        Self {
            content: self.content || row.on_repeat == OnRepeat::Supersede,
            received: self.received || coded.received.is_some(),
            items: self.items || !row.items.is_empty(),
        }
    }

    fn index(self) -> usize {
        usize::from(self.content) | usize::from(self.received) << 1 | usize::from(self.items) << 2
    }

    /// An insert of so many rows without ids, which continue the table's last. Parameter 1 is the batch.
    fn sql(self, rows: usize) -> String {
        let mut parameter = 1;
        let mut next = |filled: bool| {
            parameter += usize::from(filled);
            if filled { format!("?{parameter}") } else { "NULL".to_owned() }
        };
        let mut row = || {
            let keys = (next(true), next(true));
            let content = next(self.content);
            let at = next(true);
            let received = next(self.received);
            let rest: Vec<_> = (0..5).map(|_| next(true)).collect();
            let items = next(self.items);
            format!(
                "(?1, {}, {}, NULL, {content}, {at}, {received}, {}, {items})",
                keys.0,
                keys.1,
                rest.join(", ")
            )
        };
        let rows: Vec<_> = (0..rows).map(|_| row()).collect();
        format!(
            "INSERT INTO event (batch, key_hi, key_lo, superseded_by, content, at, received, sequence, name, channel,
                                identity, properties, items) VALUES {}",
            rows.join(", ")
        )
    }
}

/// Events on their way into the table. Ids are not bound: the first row of a batch sets where they start, and every
/// later one takes the next, which spares SQLite a search per row.
pub(super) struct EventRows<'c> {
    connection: &'c Connection,
    chunk: &'c FactChunk,
    batch: i64,
    last_id: Option<i64>,
    waiting: Vec<(&'c EventRow, Coded)>,
    filled: Filled,
    many: [Option<CachedStatement<'c>>; 8],
}

impl<'c> EventRows<'c> {
    pub(super) fn new(connection: &'c Connection, chunk: &'c FactChunk, batch: i64) -> Self {
        Self {
            connection,
            chunk,
            batch,
            last_id: None,
            waiting: Vec::with_capacity(TOGETHER),
            filled: Filled::default(),
            many: Default::default(),
        }
    }

    /// Adds the first row of a batch, under this id.
    pub(super) fn first(&mut self, id: i64, row: &EventRow, coded: Coded) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO event VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?;
        statement.raw_bind_parameter(1, id)?;
        statement.raw_bind_parameter(2, self.batch)?;
        bind_event(&mut statement, 3, self.chunk, row, coded)?;
        statement.raw_execute()?;
        Ok(())
    }

    /// Adds a row, which will get this id, inserting once enough wait.
    pub(super) fn push(&mut self, id: i64, row: &'c EventRow, coded: Coded) -> Result<()> {
        self.last_id = Some(id);
        self.filled = self.filled.with(row, &coded);
        self.waiting.push((row, coded));
        if self.waiting.len() < TOGETHER { Ok(()) } else { self.insert_group() }
    }

    fn insert_group(&mut self) -> Result<()> {
        let filled = std::mem::take(&mut self.filled);
        let Some(place) = self.many.get_mut(filled.index()) else { return Ok(()) };
        let statement = match place {
            Some(statement) => statement,
            None => {
                let mut statement = self.connection.prepare_cached(&filled.sql(TOGETHER))?;
                statement.raw_bind_parameter(1, self.batch)?;
                place.insert(statement)
            }
        };
        let mut next = 2;
        for (row, coded) in self.waiting.drain(..) {
            next = bind_filled(statement, next, self.chunk, row, coded, filled)?;
        }
        statement.raw_execute()?;
        self.check()
    }

    /// Ids count on from the batch's first; another one would mean that somebody else writes events too.
    fn check(&self) -> Result<()> {
        match self.last_id {
            Some(expected) if self.connection.last_insert_rowid() != expected => {
                Err(StoreError::Operating(format!("event {expected} was stored under another id").into()))
            }
            _ => Ok(()),
        }
    }

    /// Inserts what waits.
    pub(super) fn finish(mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let all = Filled { content: true, received: true, items: true };
        let mut one = self.connection.prepare_cached(&all.sql(1))?;
        one.raw_bind_parameter(1, self.batch)?;
        for (row, coded) in self.waiting.drain(..) {
            bind_event(&mut one, 2, self.chunk, row, coded)?;
            one.raw_execute()?;
        }
        self.check()
    }
}

fn bind_filled(
    statement: &mut CachedStatement<'_>,
    mut next: usize,
    chunk: &FactChunk,
    row: &EventRow,
    coded: Coded,
    filled: Filled,
) -> rusqlite::Result<usize> {
    statement.raw_bind_parameter(next, (row.key.0 >> 64) as i64)?;
    statement.raw_bind_parameter(next + 1, row.key.0 as i64)?;
    next += 2;
    if filled.content {
        statement.raw_bind_parameter(next, content(row.on_repeat, row.content))?;
        next += 1;
    }
    statement.raw_bind_parameter(next, row.at.0)?;
    next += 1;
    if filled.received {
        statement.raw_bind_parameter(next, coded.received)?;
        next += 1;
    }
    statement.raw_bind_parameter(next, row.sequence)?;
    statement.raw_bind_parameter(next + 1, coded.name)?;
    statement.raw_bind_parameter(next + 2, row.channel.code())?;
    statement.raw_bind_parameter(next + 3, coded.identity)?;
    statement.raw_bind_parameter(next + 4, text(chunk.str(&row.properties)))?;
    next += 5;
    if filled.items {
        statement.raw_bind_parameter(next, text(chunk.str(&row.items)))?;
        next += 1;
    }
    Ok(next)
}

/// Binds an event from parameter `first` on, in the order of the table without `superseded_by`.
pub(super) fn bind_event(
    statement: &mut CachedStatement<'_>,
    first: usize,
    chunk: &FactChunk,
    row: &EventRow,
    coded: Coded,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(first, (row.key.0 >> 64) as i64)?;
    statement.raw_bind_parameter(first + 1, row.key.0 as i64)?;
    statement.raw_bind_parameter(first + 2, content(row.on_repeat, row.content))?;
    statement.raw_bind_parameter(first + 3, row.at.0)?;
    statement.raw_bind_parameter(first + 4, coded.received)?;
    statement.raw_bind_parameter(first + 5, row.sequence)?;
    statement.raw_bind_parameter(first + 6, coded.name)?;
    statement.raw_bind_parameter(first + 7, row.channel.code())?;
    statement.raw_bind_parameter(first + 8, coded.identity)?;
    statement.raw_bind_parameter(first + 9, text(chunk.str(&row.properties)))?;
    statement.raw_bind_parameter(first + 10, text(chunk.str(&row.items)))
}

/// The statement that adds one identify: id, batch, then what [`bind_identify`] binds.
pub(super) fn insert_identify(connection: &Connection) -> Result<CachedStatement<'_>> {
    Ok(connection.prepare_cached("INSERT INTO identify VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, ?7, ?8, ?9)")?)
}

/// Binds an identify from parameter 3 on, in the order of the table without `superseded_by`.
pub(super) fn bind_identify(
    statement: &mut CachedStatement<'_>,
    chunk: &FactChunk,
    row: &IdentifyRow,
    (identity, received): (i64, Option<i64>),
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(3, (row.key.0 >> 64) as i64)?;
    statement.raw_bind_parameter(4, row.key.0 as i64)?;
    statement.raw_bind_parameter(5, content(row.on_repeat, row.content))?;
    statement.raw_bind_parameter(6, row.at.0)?;
    statement.raw_bind_parameter(7, received)?;
    statement.raw_bind_parameter(8, identity)?;
    statement.raw_bind_parameter(9, text(chunk.str(&row.traits)).unwrap_or("{}"))
}

/// Rows that never supersede need no content hash, which would be an eighth of their size.
fn content(on_repeat: OnRepeat, content: u64) -> Option<i64> {
    (on_repeat == OnRepeat::Supersede).then_some(content as i64)
}

fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
