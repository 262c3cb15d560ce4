//! A column's place in a chunk: filled, empty, or waiting beside the workspace until somebody first names the property.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use super::assemble::{keep_column, recode};
use super::column::Column;
use super::encode::In;

/// Where the columns lie that nobody has named yet. A part brings it along from where it was read.
pub trait Backing: Debug + Send + Sync {
    /// The bytes of a stretch; `None` where they can neither be read nor made again.
    fn bytes(&self, stretch: Stretch) -> Option<Vec<u8>>;
}

/// Some of the bytes of a part's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Where they start.
    pub start: u64,
    /// How many they are.
    pub len: u64,
    /// Their hash, XXH3 with 64 bits.
    pub hash: u64,
}

/// A place for a column.
#[derive(Debug, Clone)]
pub struct Cell {
    column: OnceLock<Option<Column>>,
    waiting: Option<Arc<Waiting>>,
}

/// What it takes to fill a place.
#[derive(Debug, Clone)]
struct Waiting {
    backing: Arc<dyn Backing>,
    stretch: Stretch,
    /// How many rows it has where it lies, and how many of them have a value.
    rows: (usize, u64),
    /// Those of its rows that are wanted, if not all are.
    kept: Option<Arc<[usize]>>,
    /// The code of the whole for each of its own, if they differ.
    codes: Option<Arc<[u32]>>,
}

impl Waiting {
    fn column(&self) -> Option<Column> {
        let bytes = self.backing.bytes(self.stretch)?;
        let mut read = In::new(&bytes);
        let mut column = read.column().filter(|column| read.is_done() && column.len() == self.rows.0)?;
        if let Some(kept) = &self.kept {
            column = keep_column(&column, kept);
        }
        Some(match &self.codes {
            Some(codes) => recode(column, codes),
            None => column,
        })
    }
}

impl Cell {
    /// A place that stays empty.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(None)
    }

    pub(super) fn of(column: Option<Column>) -> Self {
        Self { column: OnceLock::from(column), waiting: None }
    }

    pub(super) fn waiting(backing: &Arc<dyn Backing>, stretch: Stretch, rows: (usize, u64)) -> Self {
        let waiting = Waiting { backing: Arc::clone(backing), stretch, rows, kept: None, codes: None };
        Self { column: OnceLock::new(), waiting: Some(Arc::new(waiting)) }
    }

    /// The column, read from where it lies if nobody asked before.
    #[must_use]
    pub fn get(&self) -> Option<&Column> {
        self.column.get_or_init(|| self.waiting.as_ref()?.column()).as_ref()
    }

    /// How many rows have a value.
    #[must_use]
    pub fn filled(&self) -> u64 {
        match (&self.waiting, self.column.get()) {
            (Some(waiting), None) if waiting.kept.is_none() => waiting.rows.1,
            _ => self.get().map_or(0, Column::filled),
        }
    }

    /// Whether nothing will ever be in it.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_none() && self.get().is_none()
    }

    /// The same with only some of its rows.
    pub(super) fn keep(&self, rows: &Arc<[usize]>) -> Self {
        let Some(waiting) = &self.waiting else {
            return Self::of(self.get().map(|column| keep_column(column, rows)));
        };
        let before = waiting.kept.as_ref();
        let kept = match before {
            Some(before) => rows.iter().filter_map(|&row| before.get(row).copied()).collect(),
            None => Arc::clone(rows),
        };
        Self::later(Waiting { kept: Some(kept), ..(**waiting).clone() })
    }

    /// The same with the codes of the whole, given for each of its own.
    pub(super) fn recode(self, codes: &Arc<[u32]>) -> Self {
        match self.waiting {
            Some(waiting) => Self::later(Waiting { codes: Some(Arc::clone(codes)), ..(*waiting).clone() }),
            None => Self::of(self.column.into_inner().flatten().map(|column| recode(column, codes))),
        }
    }

    fn later(waiting: Waiting) -> Self {
        Self { column: OnceLock::new(), waiting: Some(Arc::new(waiting)) }
    }

    /// How many bytes it takes as it is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.column.get().and_then(Option::as_ref).map_or(0, Column::bytes)
    }
}
