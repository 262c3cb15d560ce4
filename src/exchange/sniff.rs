//! What a stream of bytes holds, judged by its first quarter megabyte and never by its name.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::container::Input;
use super::encoding::Encoding;
use super::records::{Dialect, Next, Records};
use super::{dates, numbers};
use crate::model::Problem;

const SAMPLE_BYTES: u64 = 1 << 18;
const SAMPLE_ROWS: usize = 2_000;

/// Prefix of the columns a reject file adds before the file's own; they are left out when it is imported again.
pub(crate) const ADDED: &str = "segue_";

/// What a stream holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// One Segment message per line.
    Messages,
    /// Delimited rows under a header.
    Table(TableShape),
}

/// The outer form of a delimited file.
#[derive(Debug, Clone)]
pub struct TableShape {
    pub(crate) dialect: Dialect,
    /// Column names as they are used: trimmed, unnamed ones numbered, repeated ones told apart.
    pub header: Vec<String>,
    /// Column names as they stand in the file.
    pub(crate) original: Vec<String>,
    /// Columns that are called something else here than in the file: as written, as used.
    pub renamed: Vec<(String, String)>,
    /// Columns in front that an earlier import's reject file added.
    pub(crate) added: usize,
    /// Rows before the first data row.
    pub(crate) skip: usize,
    /// The first data rows.
    pub(crate) sample: Vec<Vec<String>>,
    /// Whether the sample is the whole file.
    pub(crate) sample_is_all: bool,
}

impl TableShape {
    /// The sign between fields, as a person calls it.
    #[must_use]
    pub fn delimiter(&self) -> &'static str {
        match self.dialect.delimiter {
            b';' => "semicolon",
            b'\t' => "tab",
            b'|' => "bar",
            _ => "comma",
        }
    }

    /// The cells of a column in the sample.
    pub(crate) fn column(&self, index: usize) -> impl Iterator<Item = &str> {
        self.sample.iter().filter_map(move |row| row.get(index)).map(|cell| cell.trim())
    }
}

/// A recognised stream.
#[derive(Debug, Clone)]
pub struct Sniffed {
    /// How its bytes are read.
    pub encoding: Encoding,
    mark: usize,
    /// What it holds.
    pub content: Content,
    /// Whether its first messages say who people are.
    pub(crate) identifies: bool,
}

impl Sniffed {
    /// The stream as UTF-8 (or Windows-1252 bytes) without its byte order mark.
    pub(crate) fn open(
        &self,
        input: &Input,
        taken: &Arc<AtomicU64>,
    ) -> Result<Box<dyn Read + Send>, Problem> {
        let reader = input.open(taken).map_err(|error| unreadable(input, &error))?;
        skip_mark(reader, self.mark)
            .map(|reader| self.encoding.decode(reader))
            .map_err(|error| unreadable(input, &error))
    }

    /// The rows after the header.
    pub(crate) fn open_table(
        &self,
        input: &Input,
        table: &TableShape,
        taken: &Arc<AtomicU64>,
    ) -> Result<Records, Problem> {
        let reader = self.open(input, taken)?;
        let mut records = Records::new(reader, table.dialect, self.encoding == Encoding::Windows1252);
        for _ in 0..table.skip {
            records.next_row().map_err(|error| unreadable(input, &error))?;
        }
        Ok(records)
    }
}

fn skip_mark(mut reader: Box<dyn Read + Send>, mark: usize) -> io::Result<Box<dyn Read + Send>> {
    let mut seen = [0_u8; 3];
    reader.read_exact(seen.get_mut(..mark).unwrap_or_default())?;
    Ok(reader)
}

/// A stream that broke off or is damaged.
pub(crate) fn unreadable(input: &Input, error: &io::Error) -> Problem {
    let (message, help) = match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            ("the compressed file ends too early".to_owned(), "download or copy it again")
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            (format!("the compressed file is damaged: {error}"), "download or copy it again")
        }
        _ => (format!("cannot be read: {error}"), "check the disk and the path"),
    };
    Problem::new("file-damaged", message).help(help).in_file(input.name())
}

/// Recognises a stream by its content.
///
/// # Errors
/// It holds nothing this program can read as rows; the problem says what it looks like.
pub fn sniff(input: &Input) -> Result<Sniffed, Problem> {
    let taken = Arc::new(AtomicU64::new(0));
    let mut start = Vec::new();
    input
        .open(&taken)
        .and_then(|reader| reader.take(SAMPLE_BYTES).read_to_end(&mut start))
        .map_err(|error| unreadable(input, &error))?;
    let whole = (start.len() as u64) < SAMPLE_BYTES;
    let (encoding, mark) = Encoding::of(&start);
    let body = start.split_off(mark.min(start.len()));
    let mut text = Vec::new();
    encoding
        .decode(Box::new(io::Cursor::new(body)))
        .read_to_end(&mut text)
        .map_err(|error| unreadable(input, &error))?;
    let content = content(&text, encoding, whole).map_err(|problem| problem.in_file(input.name()))?;
    let identifies = memchr::memmem::find(&text, b"\"identify\"").is_some();
    Ok(Sniffed { encoding, mark, content, identifies })
}

fn content(text: &[u8], encoding: Encoding, whole: bool) -> Result<Content, Problem> {
    let Some(first) = text.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Err(Problem::new("file-empty", "holds nothing but blanks").help("export it again"));
    };
    let controls = text.iter().filter(|b| **b < 0x20 && !matches!(**b, b'\n' | b'\r' | b'\t' | 0x0c)).count();
    if text.contains(&0) || controls * 20 > text.len() {
        return Err(Problem::new("file-not-text", "is not text")
            .help("export the data as CSV or as one JSON object per line"));
    }
    match first {
        b'{' => messages(text, whole),
        b'[' => Err(Problem::new("json-array", "is one JSON array, not one JSON object per line")
            .help("convert it: jq -c '.[]' FILE > FILE.ndjson")),
        b'<' => Err(Problem::new("file-markup", "is HTML or XML, not rows of text")
            .help("often this is an error page saved instead of the export; download it again")),
        b'#' => Err(Problem::new("file-aggregated", "starts with # lines like a report from the Google Analytics screens")
            .help("such a report holds totals, no people; export events through BigQuery instead, or delete the # lines")),
        _ => table(text, encoding, whole).map(Content::Table),
    }
}

fn messages(text: &[u8], whole: bool) -> Result<Content, Problem> {
    let line = text.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let complete = whole || line.len() < text.len();
    match serde_json::from_slice::<serde_json::Value>(line) {
        Err(error) if complete && error.is_eof() => {
            Err(Problem::new("json-not-lines", "the JSON object does not end on its line")
                .help("write one object per line: jq -c . FILE > FILE.ndjson"))
        }
        Ok(value) if value.get("event_name").is_some() && value.get("event_params").is_some() => Err(
            Problem::new("json-ga4", "is a Google Analytics export of BigQuery, which is not read yet").help(
                "select event_timestamp, event_name, user_pseudo_id and the parameters you need into a CSV",
            ),
        ),
        _ => Ok(Content::Messages),
    }
}

fn table(text: &[u8], encoding: Encoding, whole: bool) -> Result<TableShape, Problem> {
    let feeds = text.iter().filter(|b| **b == b'\n').count();
    let bare_returns = text.iter().filter(|b| **b == b'\r').count() > feeds;
    let stated = stated_delimiter(text);
    let delimiter = stated.unwrap_or_else(|| likely_delimiter(text, bare_returns, encoding));
    let dialect = Dialect { delimiter, bare_returns };
    let mut rows = sample_rows(text, dialect, encoding, SAMPLE_ROWS + 2);
    // The last sampled row may be cut off.
    let sample_is_all = whole && rows.len() < SAMPLE_ROWS + 2;
    if !whole && rows.len() > 2 {
        rows.pop();
    }
    let skip = usize::from(stated.is_some()) + 1;
    if rows.len() < skip {
        return Err(
            Problem::new("csv-no-header", "has no line of column names").help("export it with a header")
        );
    }
    let sample = rows.split_off(skip);
    let original = rows.pop().unwrap_or_default();
    if let Some(cell) = original.iter().map(|cell| cell.trim()).find(|cell| looks_like_data(cell)) {
        return Err(Problem::new(
            "csv-no-header",
            format!("the first line looks like data, not column names: {}", super::fault::quoted(cell)),
        )
        .help("add a first line that names the columns")
        .at_line(1));
    }
    let added = original.iter().take_while(|cell| cell.starts_with(ADDED)).count();
    let original: Vec<String> = original.into_iter().skip(added).collect();
    let sample = sample.into_iter().map(|row| row.into_iter().skip(added).collect()).collect();
    let (header, renamed) = told_apart(&original);
    Ok(TableShape { dialect, header, original, renamed, added, skip, sample, sample_is_all })
}

/// Excel's own first line `sep=;`.
fn stated_delimiter(text: &[u8]) -> Option<u8> {
    let line = text.split(|b| matches!(b, b'\n' | b'\r')).next()?;
    match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter under which the first rows have the same number of fields, and the most of them.
fn likely_delimiter(text: &[u8], bare_returns: bool, encoding: Encoding) -> u8 {
    let score = |delimiter: u8| {
        let rows = sample_rows(text, Dialect { delimiter, bare_returns }, encoding, 100);
        let width = rows.first().map_or(0, Vec::len);
        let same = rows.iter().filter(|row| row.len() == width).count();
        if width < 2 { 0 } else { same * 1_000 / rows.len().max(1) * 100 + width.min(99) }
    };
    // On a tie the earlier one wins: the comma is what the name of the format says.
    let mut best = (b',', score(b','));
    for delimiter in [b';', b'\t', b'|'] {
        let score = score(delimiter);
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

fn sample_rows(text: &[u8], dialect: Dialect, encoding: Encoding, limit: usize) -> Vec<Vec<String>> {
    let windows_1252 = encoding == Encoding::Windows1252;
    let mut records = Records::new(Box::new(io::Cursor::new(text.to_vec())), dialect, windows_1252);
    let mut rows = Vec::new();
    while rows.len() < limit {
        match records.next_row() {
            Ok(Next::Row(row)) => rows.push(row.iter().map(str::to_owned).collect()),
            Ok(Next::Malformed(..)) => {}
            Ok(Next::End) | Err(_) => break,
        }
    }
    rows
}

fn looks_like_data(cell: &str) -> bool {
    if cell.is_empty() {
        return false;
    }
    let number = [numbers::DecimalSign::Point, numbers::DecimalSign::Comma]
        .into_iter()
        .any(|sign| numbers::parse(cell, sign).is_ok());
    let mut time = dates::FormatEvidence::default();
    time.see(cell);
    number || cell.contains('@') || time.verdict() != dates::FormatVerdict::NoTime
}

fn told_apart(original: &[String]) -> (Vec<String>, Vec<(String, String)>) {
    let mut header: Vec<String> = Vec::with_capacity(original.len());
    let mut renamed = Vec::new();
    for (index, name) in original.iter().enumerate() {
        let name = name.trim();
        let base = if name.is_empty() { format!("column {}", index + 1) } else { name.to_owned() };
        let mut used = base.clone();
        let mut copy = 1;
        while header.contains(&used) {
            copy += 1;
            used = format!("{base} ({copy})");
        }
        if used != name {
            renamed.push((name.to_owned(), used.clone()));
        }
        header.push(used);
    }
    (header, renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> TableShape {
        match content(text.as_bytes(), Encoding::Utf8, true).unwrap() {
            Content::Table(table) => table,
            Content::Messages => panic!("taken for messages"),
        }
    }

    #[test]
    fn delimiters_are_found() {
        for (text, delimiter) in [
            ("a,b,c\n1,2,3\n", "comma"),
            ("a;b;c\n1,5;2,5;3\n", "semicolon"),
            ("a\tb\n1,5\t2\n", "tab"),
            ("a|b\n1|2\n", "bar"),
            ("\"a;x\",b\n\"1;2\",3\n", "comma"),
            ("sep=;\na;b\n1;2\n", "semicolon"),
            ("email\nanne@example.org\n", "comma"),
        ] {
            assert_eq!(shape(text).delimiter(), delimiter, "{text}");
        }
    }

    #[test]
    fn repeated_and_empty_headers_are_told_apart() {
        let table = shape("id,name,name,\n1,a,b,c\n");
        assert_eq!(table.header, ["id", "name", "name (2)", "column 4"]);
        assert_eq!(table.renamed.len(), 2);
        assert_eq!(table.sample, [["1", "a", "b", "c"]]);
    }
}
