//! Rows of a delimited text file: one buffer, fields as ranges of it, no allocation per row. Written here rather than on
//! the `csv` crate because an import must survive a quote that never closes without reading the rest of the file into
//! memory, must know the physical line of each row, and runs at the speed of a memory scan on rows without quotes.

use std::io::{self, Read};

use encoding_rs::WINDOWS_1252;
use memchr::{memchr, memchr_iter};

/// No row is longer than this, whatever it holds.
pub(crate) const LONGEST_ROW: usize = 1 << 20;

/// What separates rows and fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    /// Rows end in a carriage return alone (old Macintosh).
    pub(crate) bare_returns: bool,
}

/// One row. Its fields are ranges of `text`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) text: &'a str,
    pub(crate) fields: &'a [(u32, u32)],
    /// The physical line it starts on, from 1.
    pub(crate) line: u64,
}

impl<'a> Row<'a> {
    /// A field without surrounding blanks; empty where there is none.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> &'a str {
        self.raw(index).trim_ascii()
    }

    /// A field as it is.
    #[inline]
    pub(crate) fn raw(&self, index: usize) -> &'a str {
        self.fields.get(index).and_then(|(a, b)| self.text.get(*a as usize..*b as usize)).unwrap_or("")
    }

    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let row = *self;
        (0..row.len()).map(move |index| row.raw(index))
    }
}

/// Why a row could not be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    TooLong,
    OpenQuote,
    NotUtf8,
}

/// What comes next.
pub(crate) enum Next<'a> {
    Row(Row<'a>),
    /// A row that cannot be split, as one lossy text.
    Malformed(Malformed, u64, String),
    End,
}

enum Shape {
    /// Fields index the buffer from this offset, to this offset.
    Plain(usize, usize),
    /// Fields index the scratch buffer.
    Quoted,
    Malformed(Malformed, String),
    End,
}

pub(crate) struct Records {
    input: Box<dyn Read + Send>,
    dialect: Dialect,
    buffer: Vec<u8>,
    filled: usize,
    next: usize,
    ended: bool,
    next_line: u64,
    fields: Vec<(u32, u32)>,
    scratch: Vec<u8>,
    decoded: String,
    decoded_fields: Vec<(u32, u32)>,
    windows_1252: bool,
    seen_utf8: bool,
}

impl Records {
    /// Rows of a stream whose byte order mark is gone.
    pub(crate) fn new(input: Box<dyn Read + Send>, dialect: Dialect, windows_1252: bool) -> Self {
        Self {
            input,
            dialect,
            buffer: vec![0; 1 << 18],
            filled: 0,
            next: 0,
            ended: false,
            next_line: 1,
            fields: Vec::with_capacity(64),
            scratch: Vec::new(),
            decoded: String::new(),
            decoded_fields: Vec::new(),
            windows_1252,
            seen_utf8: false,
        }
    }

    /// Whether rows are being read as Windows-1252, from the start or since the first row that was no UTF-8.
    pub(crate) fn is_windows_1252(&self) -> bool {
        self.windows_1252
    }

    /// The next row that is not blank.
    pub(crate) fn next_row(&mut self) -> io::Result<Next<'_>> {
        let line = self.next_line;
        let (shape, line) = self.advance(line)?;
        let bytes = match shape {
            Shape::End => return Ok(Next::End),
            Shape::Malformed(why, text) => return Ok(Next::Malformed(why, line, text)),
            Shape::Plain(start, end) => self.buffer.get(start..end).unwrap_or_default(),
            Shape::Quoted => self.scratch.as_slice(),
        };
        let (windows_1252, seen) = (self.windows_1252, self.seen_utf8);
        match std::str::from_utf8(bytes) {
            Ok(text) if !windows_1252 || text.is_ascii() => {
                if !seen && !text.is_ascii() {
                    self.seen_utf8 = true;
                }
                Ok(Next::Row(Row { text, fields: &self.fields, line }))
            }
            // A file that was plain ASCII until here can still be Windows-1252; one that used UTF-8 cannot.
            Err(_) if seen && !windows_1252 => {
                Ok(Next::Malformed(Malformed::NotUtf8, line, String::from_utf8_lossy(bytes).into_owned()))
            }
            _ => {
                self.windows_1252 = true;
                self.decoded.clear();
                self.decoded_fields.clear();
                for (a, b) in &self.fields {
                    let field = bytes.get(*a as usize..*b as usize).unwrap_or_default();
                    let start = self.decoded.len() as u32;
                    self.decoded.push_str(&WINDOWS_1252.decode_without_bom_handling(field).0);
                    self.decoded_fields.push((start, self.decoded.len() as u32));
                }
                Ok(Next::Row(Row { text: &self.decoded, fields: &self.decoded_fields, line }))
            }
        }
    }

    fn advance(&mut self, mut line: u64) -> io::Result<(Shape, u64)> {
        let terminator = if self.dialect.bare_returns { b'\r' } else { b'\n' };
        loop {
            let pending = self.buffer.get(self.next..self.filled).unwrap_or_default();
            let length = match memchr(terminator, pending) {
                Some(length) => length,
                None if !self.ended && pending.len() <= LONGEST_ROW => {
                    self.fill()?;
                    continue;
                }
                None if pending.is_empty() => return Ok((Shape::End, line)),
                None if pending.len() > LONGEST_ROW => return self.skip_long(terminator, line),
                None => pending.len(),
            };
            if length > LONGEST_ROW {
                return self.skip_long(terminator, line);
            }
            let row = pending.get(..length).unwrap_or_default();
            let trimmed = row.strip_suffix(b"\r").unwrap_or(row);
            if trimmed.is_empty() {
                self.next += (length + 1).min(pending.len());
                line += 1;
                self.next_line = line;
                continue;
            }
            if memchr(b'"', trimmed).is_some() {
                return self.quoted(line);
            }
            self.fields.clear();
            let mut from = 0_u32;
            for comma in memchr_iter(self.dialect.delimiter, trimmed) {
                self.fields.push((from, comma as u32));
                from = comma as u32 + 1;
            }
            self.fields.push((from, trimmed.len() as u32));
            let (start, end) = (self.next, self.next + trimmed.len());
            self.next += (length + 1).min(pending.len());
            self.next_line = line + 1;
            return Ok((Shape::Plain(start, end), line));
        }
    }

    fn quoted(&mut self, line: u64) -> io::Result<(Shape, u64)> {
        loop {
            let pending = self.buffer.get(self.next..self.filled).unwrap_or_default();
            self.scratch.clear();
            self.fields.clear();
            match split_quoted(pending, self.dialect, self.ended, &mut self.scratch, &mut self.fields) {
                Split::Done { taken, lines } => {
                    self.next += taken;
                    self.next_line = line + lines;
                    return Ok((Shape::Quoted, line));
                }
                Split::More if pending.len() <= LONGEST_ROW && !self.ended => self.fill()?,
                Split::More => return Ok(self.open_quote(line)),
            }
        }
    }

    /// A quote that never closes spoils its own line only.
    fn open_quote(&mut self, line: u64) -> (Shape, u64) {
        let pending = self.buffer.get(self.next..self.filled).unwrap_or_default();
        let terminator = if self.dialect.bare_returns { b'\r' } else { b'\n' };
        let length = memchr(terminator, pending).unwrap_or(pending.len());
        let row = pending.get(..length).unwrap_or_default();
        let text = String::from_utf8_lossy(row.strip_suffix(b"\r").unwrap_or(row)).into_owned();
        self.next += (length + 1).min(pending.len());
        self.next_line = line + 1;
        (Shape::Malformed(Malformed::OpenQuote, text), line)
    }

    fn skip_long(&mut self, terminator: u8, line: u64) -> io::Result<(Shape, u64)> {
        let start: Vec<u8> =
            self.buffer.get(self.next..self.filled).unwrap_or_default().iter().take(200).copied().collect();
        loop {
            let pending = self.buffer.get(self.next..self.filled).unwrap_or_default();
            if let Some(length) = memchr(terminator, pending) {
                self.next += length + 1;
                break;
            }
            self.next = self.filled;
            if self.ended {
                break;
            }
            self.fill()?;
        }
        self.next_line = line + 1;
        Ok((Shape::Malformed(Malformed::TooLong, String::from_utf8_lossy(&start).into_owned()), line))
    }

    /// Moves what is pending to the front and reads until the buffer is full or the stream ends.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.next..self.filled, 0);
        self.filled -= self.next;
        self.next = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        while self.filled < self.buffer.len() {
            match self.input.read(self.buffer.get_mut(self.filled..).unwrap_or_default()) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => self.filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

enum Split {
    Done { taken: usize, lines: u64 },
    More,
}

/// Splits one row that has quotes somewhere. A quote inside an unquoted field is an ordinary character, and text after
/// a closing quote belongs to the field, as spreadsheets read it.
fn split_quoted(
    bytes: &[u8],
    dialect: Dialect,
    ended: bool,
    out: &mut Vec<u8>,
    fields: &mut Vec<(u32, u32)>,
) -> Split {
    let terminator = if dialect.bare_returns { b'\r' } else { b'\n' };
    let (mut at, mut lines, mut from) = (0, 1, 0_usize);
    let (mut inside, mut field_start) = (false, true);
    loop {
        let Some(&byte) = bytes.get(at) else {
            if inside || !ended {
                return Split::More;
            }
            fields.push((from as u32, out.len() as u32));
            return Split::Done { taken: at, lines };
        };
        at += 1;
        if inside {
            match byte {
                b'"' if bytes.get(at) == Some(&b'"') => {
                    out.push(b'"');
                    at += 1;
                }
                b'"' if at == bytes.len() && !ended => return Split::More,
                b'"' => inside = false,
                _ => {
                    lines += u64::from(byte == terminator);
                    out.push(byte);
                }
            }
        } else if byte == b'"' && field_start {
            inside = true;
            field_start = false;
        } else if byte == dialect.delimiter {
            fields.push((from as u32, out.len() as u32));
            from = out.len();
            field_start = true;
        } else if byte == terminator {
            if out.len() > from && out.last() == Some(&b'\r') {
                out.pop();
            }
            fields.push((from as u32, out.len() as u32));
            return Split::Done { taken: at, lines };
        } else {
            out.push(byte);
            field_start = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8], dialect: Dialect) -> Vec<String> {
        // One byte at a time exercises every refill.
        struct Slow(io::Cursor<Vec<u8>>);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let one = buffer.len().min(1);
                self.0.read(&mut buffer[..one])
            }
        }
        let mut records = Records::new(Box::new(Slow(io::Cursor::new(bytes.to_vec()))), dialect, false);
        let mut seen = Vec::new();
        loop {
            match records.next_row().unwrap() {
                Next::Row(row) => {
                    seen.push(format!("{}:{}", row.line, row.iter().collect::<Vec<_>>().join("|")))
                }
                Next::Malformed(why, line, text) => seen.push(format!("{line}:{why:?}:{text}")),
                Next::End => return seen,
            }
        }
    }

    const COMMA: Dialect = Dialect { delimiter: b',', bare_returns: false };

    #[test]
    fn every_dialect_of_rows_splits() {
        let cases: [(&str, &[u8], Dialect, &[&str]); 9] = [
            ("plain", b"a,b\n1,2\n", COMMA, &["1:a|b", "2:1|2"]),
            ("no last newline", b"a,b\r\n1,", COMMA, &["1:a|b", "2:1|"]),
            ("blank lines", b"a\n\n\r\nb\n", COMMA, &["1:a", "4:b"]),
            ("quotes", b"\"a,1\",\"say \"\"hi\"\"\"\r\nx,y\n", COMMA, &["1:a,1|say \"hi\"", "2:x|y"]),
            ("newline in quotes", b"\"a\nb\",c\nd,e\n", COMMA, &["1:a\nb|c", "3:d|e"]),
            ("stray quote", b"5\" screen,b\n", COMMA, &["1:5\" screen|b"]),
            (
                "bare returns",
                b"a;b\r1;2\r",
                Dialect { delimiter: b';', bare_returns: true },
                &["1:a|b", "2:1|2"],
            ),
            ("open quote", b"a,b\n\"x,y\n1,2\n", COMMA, &["1:a|b", "2:OpenQuote:\"x,y", "3:1|2"]),
            (
                "latin after ascii, then not utf-8",
                b"a\nK\xf6ln\nZ\xfcrich\n",
                COMMA,
                &["1:a", "2:Köln", "3:Zürich"],
            ),
        ];
        for (name, bytes, dialect, expected) in cases {
            assert_eq!(rows(bytes, dialect), expected, "{name}");
        }
    }

    #[test]
    fn a_row_that_is_no_utf8_after_rows_that_were_is_malformed() {
        let seen = rows(b"K\xc3\xb6ln\nK\xf6ln\nx\n", COMMA);
        assert_eq!(seen, ["1:Köln", "2:NotUtf8:K\u{fffd}ln", "3:x"]);
    }

    #[test]
    fn an_endless_row_costs_one_row_and_bounded_memory() {
        let mut bytes = b"a,b\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', LONGEST_ROW * 5));
        bytes.extend(b"\n1,2\n");
        let mut records = Records::new(Box::new(io::Cursor::new(bytes)), COMMA, false);
        let mut lines = Vec::new();
        loop {
            match records.next_row().unwrap() {
                Next::Row(row) => lines.push((row.line, None)),
                Next::Malformed(why, line, _) => lines.push((line, Some(why))),
                Next::End => break,
            }
        }
        assert_eq!(lines, [(1, None), (2, Some(Malformed::TooLong)), (3, None)]);
        assert!(records.buffer.len() <= 4 * LONGEST_ROW, "{}", records.buffer.len());
    }
}
