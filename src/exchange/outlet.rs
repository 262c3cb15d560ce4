//! Where facts leave this room: chunks of bounded size, handed on as they fill.

use crate::model::fact::FactChunk;

/// Rows of the file per chunk.
const ROWS: u64 = 32_768;
/// Text per chunk; one row is at most a megabyte, so a chunk stays far below what a slice can address.
const TEXT: usize = 8 << 20;

/// The receiver takes no more: cancelled, or failed on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Collects facts and hands on full chunks.
pub struct Outlet<'a> {
    /// The chunk being filled.
    pub chunk: FactChunk,
    deliver: &'a mut dyn FnMut(FactChunk) -> Result<(), Stopped>,
    stopped: bool,
}

impl std::fmt::Debug for Outlet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("rows", &self.chunk.rows).finish_non_exhaustive()
    }
}

impl<'a> Outlet<'a> {
    /// An outlet to this receiver.
    pub fn new(deliver: &'a mut dyn FnMut(FactChunk) -> Result<(), Stopped>) -> Self {
        Self { chunk: empty_chunk(), deliver, stopped: false }
    }

    /// Counts one more row of the file and hands the chunk on when it is full. True when it was, and names and
    /// namespaces start over.
    #[inline]
    pub(crate) fn row_done(&mut self) -> Result<bool, Stopped> {
        self.chunk.rows += 1;
        if self.chunk.rows < ROWS && self.chunk.text.len() < TEXT {
            return Ok(false);
        }
        self.flush()?;
        Ok(true)
    }

    /// Hands on what is left.
    pub(crate) fn flush(&mut self) -> Result<(), Stopped> {
        if self.stopped {
            return Err(Stopped);
        }
        let nothing =
            self.chunk.rows == 0 && self.chunk.events.is_empty() && self.chunk.identifies.is_empty();
        if nothing {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.chunk, empty_chunk());
        let handed_on = (self.deliver)(full);
        self.stopped = handed_on.is_err();
        handed_on
    }
}

fn empty_chunk() -> FactChunk {
    let mut chunk = FactChunk::default();
    chunk.text.reserve(2 << 20);
    chunk.events.reserve(ROWS as usize);
    chunk
}
