//! Where facts leave this room: chunks of bounded size, handed on as they fill.

use crate::model::fact::FactChunk;

/// Rows of the file per chunk.
const ROWS: u64 = 16_384;
/// Text per chunk; one row is at most a megabyte, so a chunk stays far below what a slice can address.
const TEXT: usize = 8 << 20;

/// The receiver takes no more: cancelled, or failed on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Takes a full chunk and gives an empty one, perhaps an earlier one again: memory that was written once is faster than
/// fresh memory.
pub type Deliver<'a> = dyn FnMut(FactChunk) -> Result<FactChunk, Stopped> + 'a;

/// Collects facts and hands on full chunks.
pub struct Outlet<'a> {
    /// The chunk being filled.
    pub chunk: FactChunk,
    deliver: &'a mut Deliver<'a>,
    stopped: bool,
}

impl std::fmt::Debug for Outlet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("rows", &self.chunk.rows).finish_non_exhaustive()
    }
}

impl<'a> Outlet<'a> {
    /// An outlet to this receiver.
    pub fn new(deliver: &'a mut Deliver<'a>) -> Self {
        Self { chunk: emptied(FactChunk::default()), deliver, stopped: false }
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
        match (self.deliver)(std::mem::take(&mut self.chunk)) {
            Ok(next) => {
                self.chunk = emptied(next);
                Ok(())
            }
            Err(Stopped) => {
                self.stopped = true;
                Err(Stopped)
            }
        }
    }
}

fn emptied(mut chunk: FactChunk) -> FactChunk {
    chunk.text.clear();
    chunk.names.clear();
    chunk.namespaces.clear();
    chunk.events.clear();
    chunk.identifies.clear();
    chunk.links.clear();
    chunk.consents.clear();
    chunk.claimed.clear();
    chunk.suppressions.clear();
    chunk.rows = 0;
    chunk
}
