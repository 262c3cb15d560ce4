//! What only a whole column can say, found in one extra pass over the file and only where the first rows leave it open:
//! day or month first, decimal point or comma, groups whose rows do not stand together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use xxhash_rust::xxh3::xxh3_64;

use super::container::Input;
use super::dates::{FormatEvidence, FormatVerdict, TimeFormat};
use super::mapping::{Field, Mapping};
use super::numbers::{DecimalSign, SignEvidence};
use super::records::Next;
use super::sniff::{Sniffed, TableShape, unreadable};
use crate::model::{Problem, ValueType};

/// Rows of groups that are not together may be held in memory up to this many.
const SCATTERED_ROWS: u64 = 2_000_000;

/// Groups whose rows are not adjacent, by the hash of their key: how many rows each has.
pub(crate) type Scattered = HashMap<u64, u64>;

/// Settles every format the mapping leaves open, and finds scattered groups.
pub(crate) fn settle(
    mapping: &mut Mapping,
    input: &Input,
    sniffed: &Sniffed,
    table: &TableShape,
) -> Result<Scattered, Problem> {
    let mut open = Open::of(mapping, table);
    for row in &table.sample {
        open.see(&|column| row.get(column).map_or("", |cell| cell.trim()));
    }
    let group = mapping.group.as_ref().and_then(|group| column(table, &group.by));
    let mut rows = Adjacency::default();
    let undecided = open.undecided() && !table.sample_is_all;
    if undecided || group.is_some() {
        if undecided {
            open = Open::of(mapping, table);
        }
        let taken = Arc::new(AtomicU64::new(0));
        let mut records = sniffed.open_table(input, table, &taken)?;
        loop {
            match records.next_row().map_err(|error| unreadable(input, &error))? {
                Next::Row(row) => {
                    if undecided {
                        open.see(&|column| row.get(column + table.added));
                    }
                    if let Some(group) = group {
                        rows.see(row.get(group + table.added));
                    }
                }
                Next::Malformed(..) => {}
                Next::End => break,
            }
        }
    }
    open.settle(mapping, table).map_err(|problem| problem.in_file(input.name()))?;
    rows.scattered(mapping).map_err(|problem| problem.in_file(input.name()))
}

fn column(table: &TableShape, name: &str) -> Option<usize> {
    table.header.iter().position(|column| column == name)
}

/// The columns whose format the mapping leaves open, with what their values say.
struct Open {
    times: Vec<(usize, FormatEvidence)>,
    numbers: Vec<(usize, SignEvidence)>,
}

impl Open {
    fn of(mapping: &Mapping, table: &TableShape) -> Self {
        let mut open = Self { times: Vec::new(), numbers: Vec::new() };
        if let Some(time) = mapping.time.as_ref().filter(|time| time.format == TimeFormat::Auto) {
            let columns = time.column.iter().chain(time.received.iter());
            open.times
                .extend(columns.filter_map(|name| column(table, name)).map(|c| (c, Default::default())));
        }
        let items = mapping.group.iter().flat_map(|group| group.items.values());
        for field in mapping.properties.values().chain(mapping.traits.values()).chain(items) {
            let Field::Typed(typed) = field else { continue };
            let Some(index) = column(table, &typed.column) else { continue };
            match typed.value_type {
                ValueType::Time if typed.format.is_none() => open.times.push((index, Default::default())),
                ValueType::Number if typed.decimal.is_none() => {
                    open.numbers.push((index, Default::default()))
                }
                _ => {}
            }
        }
        open
    }

    fn see<'a>(&mut self, cell: &dyn Fn(usize) -> &'a str) {
        self.times.iter_mut().for_each(|(column, evidence)| evidence.see(cell(*column)));
        self.numbers.iter_mut().for_each(|(column, evidence)| evidence.see(cell(*column)));
    }

    fn undecided(&self) -> bool {
        self.times.iter().any(|(_, evidence)| evidence.verdict() == FormatVerdict::Unclear)
            || self.numbers.iter().any(|(_, evidence)| evidence.sign().is_none())
    }

    fn settle(&self, mapping: &mut Mapping, table: &TableShape) -> Result<(), Problem> {
        let formats: HashMap<usize, TimeFormat> = self
            .times
            .iter()
            .map(|(index, evidence)| match evidence.verdict() {
                FormatVerdict::Is(format) => Ok((*index, format)),
                FormatVerdict::NoTime => Ok((*index, TimeFormat::Auto)),
                FormatVerdict::Unclear => Err(unclear_dates(table, *index)),
            })
            .collect::<Result<_, _>>()?;
        let signs = self.signs(table)?;
        if let Some(time) = &mut mapping.time {
            let found = time.column.as_deref().and_then(|name| column(table, name));
            if let Some(format) = found.and_then(|index| formats.get(&index)) {
                time.format = *format;
            }
        }
        let items = mapping.group.iter_mut().flat_map(|group| group.items.values_mut());
        for field in mapping.properties.values_mut().chain(mapping.traits.values_mut()).chain(items) {
            let Field::Typed(typed) = field else { continue };
            let Some(index) = column(table, &typed.column) else { continue };
            match typed.value_type {
                ValueType::Time => typed.format = typed.format.or(formats.get(&index).copied()),
                ValueType::Number => typed.decimal = typed.decimal.or(signs.get(&index).copied()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The sign of each open number column. Where `1.234` is all a column has, the other columns of the file decide.
    fn signs(&self, table: &TableShape) -> Result<HashMap<usize, DecimalSign>, Problem> {
        let known =
            |sign| self.numbers.iter().any(|(_, e)| e.sign() == Some(sign) && !e.only_unclear_points());
        let (comma, semicolon) = (known(DecimalSign::Comma), table.dialect.delimiter == b';');
        self.numbers
            .iter()
            .map(|(index, evidence)| match evidence.sign() {
                Some(_) if evidence.only_unclear_points() && comma => Ok((*index, DecimalSign::Comma)),
                Some(sign) => Ok((*index, sign)),
                None if comma || semicolon => Ok((*index, DecimalSign::Comma)),
                None => Err(unclear_numbers(table, *index)),
            })
            .collect()
    }
}

fn unclear_dates(table: &TableShape, index: usize) -> Problem {
    Problem::new("date-order-unclear", "every date could be read day first or month first")
        .help("say which in a mapping: format = \"dd/mm/yyyy\" or \"mm/dd/yyyy\" (--save-map writes one to start from)")
        .in_column(table.header.get(index).cloned().unwrap_or_default())
}

pub(crate) fn unclear_numbers(table: &TableShape, index: usize) -> Problem {
    Problem::new(
        "number-sign-unclear",
        "every number could be read with a decimal comma or with a thousands comma",
    )
    .help("say which in a mapping: decimal = \"comma\" or \"point\" (--save-map writes one to start from)")
    .in_column(table.header.get(index).cloned().unwrap_or_default())
}

/// Finds keys that come back after another key was seen.
#[derive(Default)]
struct Adjacency {
    current: Option<u64>,
    counts: HashMap<u64, u64>,
    again: HashSet<u64>,
}

impl Adjacency {
    fn see(&mut self, key: &str) {
        let hash = xxh3_64(key.as_bytes());
        let count = self.counts.entry(hash).or_insert(0);
        *count += 1;
        if self.current != Some(hash) {
            if *count > 1 {
                self.again.insert(hash);
            }
            self.current = Some(hash);
        }
    }

    fn scattered(self, mapping: &Mapping) -> Result<Scattered, Problem> {
        let scattered: Scattered =
            self.again.iter().filter_map(|hash| Some((*hash, *self.counts.get(hash)?))).collect();
        let rows: u64 = scattered.values().sum();
        match &mapping.group {
            Some(group) if rows > SCATTERED_ROWS => Err(Problem::new(
                "group-scattered",
                format!("{rows} rows belong to groups whose rows do not stand together, more than {SCATTERED_ROWS}"),
            )
            .help("sort the file by this column and import it again")
            .in_column(&group.by)),
            _ => Ok(scattered),
        }
    }
}
