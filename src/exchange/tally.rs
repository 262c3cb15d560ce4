//! What was seen while a file was read: the figures a dry run shows and an import's accounting starts from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Time;

/// Counts over one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Data rows, header aside.
    pub rows: u64,
    /// Facts made: events, orders, profiles.
    pub facts: u64,
    /// Rows folded into another row's fact as items.
    pub grouped: u64,
    /// Exact repetitions left out because the mapping says so; they count as merged.
    pub dropped: u64,
    /// Rows in the reject file.
    pub rejected: u64,
    /// Rows that repeat another row of the same event exactly and are kept.
    pub identical: u64,
    /// Rows that name nobody.
    pub without_identity: u64,
    /// Facts that name nobody.
    pub anonymous: u64,
    /// Cells that did not fit their column's type and are kept as text, by column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub misfits: BTreeMap<String, u64>,
    /// The line of the first such cell, by column; not known of messages.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub misfit_lines: BTreeMap<String, u64>,
    /// Groups whose lines disagree about a value of the whole event, by column; the first line's holds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub conflicts: BTreeMap<String, u64>,
    /// Facts by event name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, u64>,
    /// The earliest moment.
    pub first: Option<Time>,
    /// The latest moment.
    pub last: Option<Time>,
}

impl Tally {
    /// Whether every row became something.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.rows == self.facts + self.grouped + self.dropped + self.rejected
    }
}

/// Cells of one column that do not fit its type.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Misfits {
    cells: u64,
    /// The line of the first one.
    line: u64,
}

impl Misfits {
    pub(crate) fn see(&mut self, line: u64) {
        if self.cells == 0 {
            self.line = line;
        }
        self.cells += 1;
    }

    pub(crate) fn write(self, column: &str, tally: &mut Tally) {
        if self.cells > 0 {
            *tally.misfits.entry(column.to_owned()).or_insert(0) += self.cells;
            let line = tally.misfit_lines.entry(column.to_owned()).or_insert(self.line);
            *line = self.line.min(*line);
        }
    }
}

/// The span of moments seen, kept apart so that the hot loop compares two numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    first: i64,
    last: i64,
}

impl Seen {
    pub(crate) fn nothing() -> Self {
        Self { first: i64::MAX, last: i64::MIN }
    }

    #[inline]
    pub(crate) fn see(&mut self, time: Time) {
        self.first = self.first.min(time.0);
        self.last = self.last.max(time.0);
    }

    pub(crate) fn write(self, tally: &mut Tally) {
        if self.first <= self.last {
            tally.first = Some(Time(self.first));
            tally.last = Some(Time(self.last));
        }
    }
}
