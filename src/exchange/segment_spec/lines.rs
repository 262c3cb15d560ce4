//! The lines of a file, none longer than a row may be.

use std::io::{BufRead, BufReader, Read};

use crate::exchange::records::LONGEST_ROW;

/// Lines of bounded length.
pub(super) struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    buffer: Vec<u8>,
    line: u64,
}

/// A line and its number.
pub(super) enum LineText<'a> {
    /// As it stands.
    Whole(u64, &'a [u8]),
    /// Longer than a row may be.
    TooLong(u64),
}

impl Lines {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input: BufReader::with_capacity(1 << 17, input), buffer: Vec::new(), line: 0 }
    }

    pub(super) fn next(&mut self) -> std::io::Result<Option<LineText<'_>>> {
        loop {
            self.buffer.clear();
            let limit = LONGEST_ROW as u64 + 1;
            if self.input.by_ref().take(limit).read_until(b'\n', &mut self.buffer)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.buffer.len() > LONGEST_ROW && !self.buffer.ends_with(b"\n") {
                self.input.skip_until(b'\n')?;
                return Ok(Some(LineText::TooLong(self.line)));
            }
            if !self.buffer.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(LineText::Whole(self.line, self.buffer.trim_ascii())))
    }
}
