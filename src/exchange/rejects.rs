//! The reject file: every row that could not be taken, as it was, beside the reason and what to do. Fixed and imported
//! again as it is, its added columns are left out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::model::{Problem, problem::printable};

/// How many problems are kept to be shown.
const SHOWN: usize = 20;

/// Key of the original line in the reject file of a message file.
pub(crate) const ORIGINAL: &str = "segue_original";

enum Lines {
    Table(Box<csv::Writer<BufWriter<File>>>),
    Messages(BufWriter<File>),
}

/// Collects rejected rows. The file is made when the first one comes.
pub struct Rejects {
    path: Option<PathBuf>,
    /// The file whose rows they are.
    of: String,
    form: RejectForm,
    lines: Option<Lines>,
    /// Rows rejected.
    pub count: u64,
    /// The first problems, to be shown.
    pub shown: Vec<Problem>,
    /// Rows by problem code.
    pub by_code: BTreeMap<&'static str, u64>,
    /// Why the file could not be written, if so.
    pub unwritten: Option<Problem>,
}

impl std::fmt::Debug for Rejects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rejects")
            .field("path", &self.path)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// The form of a reject file: that of its input.
#[derive(Debug, Clone)]
pub(crate) enum RejectForm {
    Table { header: Vec<String>, delimiter: u8 },
    Messages,
}

impl Rejects {
    pub(crate) fn new(path: Option<PathBuf>, of: String, form: RejectForm) -> Self {
        Self {
            path,
            of,
            form,
            lines: None,
            count: 0,
            shown: Vec::new(),
            by_code: BTreeMap::new(),
            unwritten: None,
        }
    }

    /// The reject file, if one was written.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.lines.as_ref().and(self.path.as_deref())
    }

    pub(crate) fn reject<'a>(&mut self, cells: impl Iterator<Item = &'a str>, problem: Problem) {
        self.count += 1;
        *self.by_code.entry(problem.code).or_insert(0) += 1;
        let writes = self.path.is_some() && self.unwritten.is_none();
        if writes && let Err(error) = self.write(cells, &problem) {
            self.unwritten = Some(self.cannot_write(&error));
        }
        if self.shown.len() < SHOWN {
            self.shown.push(problem.in_file(&self.of));
        }
    }

    /// Writes what is buffered.
    pub(crate) fn finish(&mut self) {
        let flushed = match &mut self.lines {
            Some(Lines::Table(writer)) => writer.flush(),
            Some(Lines::Messages(writer)) => writer.flush(),
            None => Ok(()),
        };
        if let Err(error) = flushed {
            self.unwritten = Some(self.cannot_write(&error));
        }
    }

    fn cannot_write(&self, error: &std::io::Error) -> Problem {
        let path = self.path.as_deref().unwrap_or(Path::new("")).display().to_string();
        Problem::new("rejects-unwritable", format!("the reject file cannot be written: {error}"))
            .help("say where it may be: --rejects PATH")
            .in_file(path)
    }

    fn write<'a>(&mut self, cells: impl Iterator<Item = &'a str>, problem: &Problem) -> std::io::Result<()> {
        let line = problem.place.line.unwrap_or(0).to_string();
        let (column, help) =
            (problem.place.column.as_deref().unwrap_or(""), problem.help.as_deref().unwrap_or(""));
        match self.lines()? {
            Lines::Table(writer) => {
                for cell in [line.as_str(), column, &printable(&problem.message), help] {
                    writer.write_field(defused(cell).as_bytes())?;
                }
                for cell in cells {
                    writer.write_field(defused(cell).as_bytes())?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Lines::Messages(writer) => {
                let original: Vec<&str> = cells.collect();
                let object = serde_json::json!({
                    "segue_line": problem.place.line,
                    "segue_field": problem.place.column,
                    "segue_reason": problem.message,
                    "segue_help": problem.help,
                    ORIGINAL: original.concat(),
                });
                writeln!(writer, "{object}")?;
            }
        }
        Ok(())
    }

    fn lines(&mut self) -> std::io::Result<&mut Lines> {
        let lines = match self.lines.take() {
            Some(lines) => lines,
            None => {
                let path = self.path.as_deref().unwrap_or(Path::new(""));
                let file = BufWriter::new(create_private(path)?);
                match &self.form {
                    RejectForm::Messages => Lines::Messages(file),
                    RejectForm::Table { header, delimiter } => {
                        let mut writer =
                            csv::WriterBuilder::new().delimiter(*delimiter).flexible(true).from_writer(file);
                        for name in ["segue_line", "segue_column", "segue_reason", "segue_help"] {
                            writer.write_field(name)?;
                        }
                        for name in header {
                            writer.write_field(defused(name).as_bytes())?;
                        }
                        writer.write_record(None::<&[u8]>)?;
                        Lines::Table(Box::new(writer))
                    }
                }
            }
        };
        Ok(self.lines.insert(lines))
    }
}

#[cfg(unix)]
fn create_private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> std::io::Result<File> {
    File::create(path)
}

/// A cell that a spreadsheet would run as a formula, made harmless by an apostrophe. Numbers are left alone.
pub(crate) fn defused(cell: &str) -> std::borrow::Cow<'_, str> {
    if needs_defusing(cell) { format!("'{cell}").into() } else { cell.into() }
}

fn needs_defusing(cell: &str) -> bool {
    let mut bytes = cell.bytes();
    match bytes.next() {
        Some(b'=' | b'@' | b'\t') => true,
        Some(b'+' | b'-') => !bytes.all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')),
        // An apostrophe of the data's own gets a second one, so that taking one away restores it.
        Some(b'\'') => cell.get(1..).is_some_and(needs_defusing),
        _ => false,
    }
}

/// The cell as it was before [`defused`].
pub(crate) fn restored(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(inner) if needs_defusing(inner) => inner,
        _ => cell,
    }
}

/// What a reject file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where it lies.
    pub file: PathBuf,
    /// Why rows were rejected, most frequent first, as (column and reason, rows). Values of the data are left out.
    pub reasons: Vec<(String, u64)>,
}

/// So much of a reject file is looked at, so that a huge one holds nobody up.
const TOLD: u64 = 4 << 20;

/// Reads a reject file's reasons; none where there is no such file.
#[must_use]
pub fn told(path: &Path) -> Option<Told> {
    use std::io::Read;
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(TOLD).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = |column: &str, reason: &str| {
        let reason = without_values(reason);
        let reason = if column.is_empty() { reason } else { format!("{}: {reason}", printable(column)) };
        *reasons.entry(reason).or_default() += 1;
    };
    if text.starts_with('{') {
        for line in text.lines() {
            let Ok(said) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let field = |name: &str| said.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
            count(field("segue_field"), field("segue_reason"));
        }
    } else {
        let delimiter = *text.strip_prefix("segue_line")?.as_bytes().first()?;
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        for record in reader.records().filter_map(Result::ok) {
            count(record.get(1).unwrap_or_default(), record.get(2).unwrap_or_default());
        }
    }
    let mut reasons: Vec<(String, u64)> = reasons.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Some(Told { file: path.to_owned(), reasons })
}

/// A reason without what stands between backticks: the same fault is one reason whatever the cell held.
fn without_values(reason: &str) -> String {
    let parts: Vec<&str> = reason.split('`').collect();
    let kept = parts.iter().enumerate().map(|(index, part)| if index % 2 == 1 { "…" } else { part });
    printable(&kept.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn defusing_is_undone_exactly(cell in "['=+@,.a-c0-9\t -]{0,8}") {
            let safe = defused(&cell).into_owned();
            prop_assert_eq!(restored(&safe), cell.as_str());
        }
    }

    #[test]
    fn formulas_are_defused_and_numbers_are_not() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-5.20", "-5.20"),
            ("+49 30", "'+49 30"),
            ("x", "x"),
        ] {
            assert_eq!(defused(cell), expected);
        }
    }
}
