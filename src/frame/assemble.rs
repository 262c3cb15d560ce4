//! Parts and people put together into a frame: identities become people, and the codes of each part those of the whole.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::bitmap::Bitmap;
use super::cell::Cell;
use super::column::{Column, Field, Texts, Values};
use super::packed::Packed;
use super::parallel::parallel;
use super::part::Part;
use super::people::People;
use super::table::{Chunk, Items, Table};
use super::{Counts, Frame};
use crate::model::{Person, Time};

/// Nobody, where people are numbers.
const NOBODY: u32 = u32::MAX;

/// How a field of a part is one of the whole: its place, and the code for each of its own where they differ.
struct Fitted {
    place: Option<usize>,
    codes: Option<Arc<[u32]>>,
}

struct FittedTable {
    table: usize,
    properties: Vec<Fitted>,
    items: Vec<Fitted>,
}

/// What became of a part.
#[derive(Default)]
struct Placed {
    chunks: Vec<(usize, Arc<Chunk>)>,
    counts: Counts,
}

/// A part and how its tables fit those of the frame, until a thread takes it.
type Waiting = Mutex<Option<(Part, Vec<FittedTable>)>>;

/// A frame of people and parts, in the order of the parts, with what happened before a moment.
#[must_use]
pub(super) fn assemble(
    people: People,
    said: Option<Time>,
    parts: Vec<Part>,
    (revision, before): (i64, Option<Time>),
    threads: usize,
) -> Frame {
    let mut tables: Vec<Table> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let waiting: Vec<Waiting> = parts
        .into_iter()
        .map(|mut part| {
            let fitted = part.tables.iter_mut().map(|(own, _)| fit(own, &mut tables, &mut places)).collect();
            Mutex::new(Some((part, fitted)))
        })
        .collect();
    let persons = Persons::new(&people);
    let before = before.map_or(i64::MAX, |before| before.0);
    let place = |part: &Waiting| {
        let part = part.lock().unwrap_or_else(PoisonError::into_inner).take();
        part.map_or_else(Placed::default, |(part, fitted)| placed(part, &fitted, &persons, before))
    };
    let found = if threads > 1 && waiting.len() > 1 {
        parallel(&waiting, threads, &place)
    } else {
        waiting.iter().map(place).collect()
    };
    let mut counts = Counts::default();
    for part in found {
        counts.events += part.counts.events;
        counts.nobody += part.counts.nobody;
        counts.unreadable += part.counts.unreadable;
        counts.newest = counts.newest.max(part.counts.newest);
        for (table, chunk) in part.chunks {
            if let Some(table) = tables.get_mut(table) {
                table.chunks.push(chunk);
            }
        }
    }
    counts.newest = counts.newest.or(said);
    counts.unreadable += people.unreadable;
    tables.retain(|table| !table.is_empty());
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Frame {
        revision,
        people: Arc::new(people),
        tables: Arc::new(tables.into_iter().map(Arc::new).collect()),
        index: Arc::new(OnceLock::new()),
        lists: Arc::default(),
        lifecycle: None,
        intent: None,
        met: Arc::default(),
        bands: Arc::default(),
        answers: Arc::default(),
        counts,
    }
}

fn fit(own: &mut Table, tables: &mut Vec<Table>, places: &mut BTreeMap<String, usize>) -> FittedTable {
    let table = *places.entry(own.name.clone()).or_insert_with(|| {
        let (properties, item_properties) = (Vec::new(), Vec::new());
        tables.push(Table { name: own.name.clone(), properties, item_properties, chunks: Vec::new() });
        tables.len() - 1
    });
    let Some(whole) = tables.get_mut(table) else {
        return FittedTable { table, properties: Vec::new(), items: Vec::new() };
    };
    FittedTable {
        table,
        properties: own.properties.iter_mut().map(|field| fit_field(field, &mut whole.properties)).collect(),
        items: own
            .item_properties
            .iter_mut()
            .map(|field| fit_field(field, &mut whole.item_properties))
            .collect(),
    }
}

fn fit_field(own: &mut Field, fields: &mut Vec<Field>) -> Fitted {
    let known = fields.iter().position(|field| field.name == own.name);
    let Some(place) = known else {
        // The first part's codes are those of the whole.
        let dictionary = std::mem::take(&mut own.dictionary);
        fields.push(Field { name: own.name.clone(), dictionary, ..*own });
        return Fitted { place: Some(fields.len() - 1), codes: None };
    };
    let Some(field) = fields.get_mut(place) else { return Fitted { place: None, codes: None } };
    field.misfits += own.misfits;
    if own.kind.is_some() && field.kind.is_some() && own.kind != field.kind {
        return Fitted { place: None, codes: None };
    }
    field.kind = field.kind.or(own.kind);
    let codes: Arc<[u32]> = own.dictionary.texts().map(|text| field.dictionary.intern(text)).collect();
    let same = (0_u32..).zip(codes.iter()).all(|(code, other)| code == *other);
    Fitted { place: Some(place), codes: (!same).then_some(codes) }
}

fn placed(part: Part, fitted: &[FittedTable], persons: &Persons<'_>, before: i64) -> Placed {
    let mut placed = Placed::default();
    let seen = |times: &Packed| {
        let (mut count, mut newest) = (0, None);
        times.each(|_, at| {
            if at < before {
                count += 1;
                newest = newest.max(Some(Time(at)));
            }
        });
        (count, newest)
    };
    (placed.counts.nobody, placed.counts.newest) = seen(&part.nobody);
    placed.counts.unreadable = seen(&part.unreadable).0;
    for ((_, chunks), fitted) in part.tables.into_iter().zip(fitted) {
        for chunk in chunks {
            if let Some(chunk) = placed_chunk(chunk, fitted, persons, before, &mut placed.counts) {
                placed.counts.events += chunk.len() as u64;
                placed.chunks.push((fitted.table, Arc::new(chunk)));
            }
        }
    }
    placed
}

fn placed_chunk(
    mut chunk: Chunk,
    fitted: &FittedTable,
    persons: &Persons<'_>,
    before: i64,
    counts: &mut Counts,
) -> Option<Chunk> {
    let mut strangers = 0;
    for who in &mut chunk.people {
        *who = persons.of(*who);
        strangers += u64::from(*who == NOBODY);
    }
    if chunk.span.1 >= before {
        let rows: Vec<usize> = (0..chunk.len()).filter(|&row| chunk.at.get(row) < before).collect();
        chunk = keep(&chunk, &rows)?;
        strangers = chunk.people.iter().filter(|who| **who == NOBODY).count() as u64;
    }
    counts.newest = counts.newest.max(Some(Time(chunk.span.1)));
    counts.nobody += strangers;
    if strangers > 0 {
        let somebody = |row: &usize| chunk.people.get(*row).is_some_and(|who| *who != NOBODY);
        let rows: Vec<usize> = (0..chunk.len()).filter(somebody).collect();
        chunk = keep(&chunk, &rows)?;
    }
    chunk.columns = refit(chunk.columns, &fitted.properties);
    if let Some(items) = &mut chunk.items {
        items.columns = refit(std::mem::take(&mut items.columns), &fitted.items);
    }
    Some(chunk)
}

/// The columns at the places of the whole, in its codes.
fn refit(columns: Vec<Cell>, fitted: &[Fitted]) -> Vec<Cell> {
    let mut whole: Vec<Cell> = Vec::new();
    for (cell, fitted) in columns.into_iter().zip(fitted) {
        let Some(place) = fitted.place.filter(|_| !cell.is_empty()) else { continue };
        if whole.len() <= place {
            whole.resize_with(place + 1, Cell::empty);
        }
        let cell = match &fitted.codes {
            Some(codes) => cell.recode(codes),
            None => cell,
        };
        if let Some(own) = whole.get_mut(place) {
            *own = cell;
        }
    }
    whole
}

pub(super) fn recode(column: Column, codes: &[u32]) -> Column {
    let Values::Codes(packed) = &column.values else { return column };
    let mut values = Vec::with_capacity(packed.len());
    packed.each(|_, code| {
        let other = usize::try_from(code).ok().and_then(|code| codes.get(code));
        values.push(other.map_or(code, |other| i64::from(*other)));
    });
    Column { values: Values::Codes(Packed::new(&values)), valid: column.valid }
}

/// Some rows of a chunk; `None` without any.
fn keep(chunk: &Chunk, rows: &[usize]) -> Option<Chunk> {
    let times: Vec<i64> = rows.iter().map(|&row| chunk.at.get(row)).collect();
    let span = (times.iter().copied().min()?, times.iter().copied().max()?);
    let columns = |columns: &[Cell], rows: &[usize]| {
        let rows: Arc<[usize]> = rows.into();
        columns.iter().map(|cell| cell.keep(&rows)).collect()
    };
    let items = chunk.items.as_ref().map(|items| {
        let own: Vec<usize> = rows.iter().flat_map(|&row| items.of(row)).collect();
        let mut end = 0;
        let ends = rows.iter().map(|&row| {
            end += items.of(row).len() as u32;
            end
        });
        Items { starts: std::iter::once(0).chain(ends).collect(), columns: columns(&items.columns, &own) }
    });
    Some(Chunk {
        people: rows.iter().filter_map(|&row| chunk.people.get(row).copied()).collect(),
        at: Packed::new(&times),
        sequence: keep_packed(&chunk.sequence, rows),
        channel: keep_packed(&chunk.channel, rows),
        span,
        ascending: times.is_sorted(),
        columns: columns(&chunk.columns, rows),
        items,
    })
}

fn keep_packed(packed: &Packed, rows: &[usize]) -> Packed {
    Packed::new(&rows.iter().map(|&row| packed.get(row)).collect::<Vec<_>>())
}

pub(super) fn keep_column(column: &Column, rows: &[usize]) -> Column {
    let values = match &column.values {
        Values::Codes(codes) => Values::Codes(keep_packed(codes, rows)),
        Values::Texts(texts) => {
            let mut kept = Texts::default();
            rows.iter().for_each(|&row| kept.push(texts.get(row)));
            Values::Texts(kept)
        }
        Values::Lists(lists) => {
            Values::Lists(rows.iter().map(|&row| lists.get(row).cloned().unwrap_or_default()).collect())
        }
    };
    let valid = column
        .valid()
        .map(|_| Bitmap::from_fn(rows.len(), |at| rows.get(at).is_some_and(|&row| column.has(row))));
    Column { values, valid }
}

/// Who an identity's number stands for.
struct Persons<'a> {
    people: &'a People,
    first: i64,
    /// By the distance to the first number, where numbers have no gaps.
    direct: Option<Vec<u32>>,
}

impl<'a> Persons<'a> {
    fn new(people: &'a People) -> Self {
        let first = people.ids.first().copied().unwrap_or(0);
        let last = people.ids.last().copied().unwrap_or(-1);
        let person = |slot: u32| people.map.person(slot).map_or(NOBODY, |person: Person| person.0);
        let gapless = last.saturating_sub(first).saturating_add(1) == people.ids.len() as i64;
        let direct = gapless.then(|| (0..people.ids.len() as u32).map(person).collect());
        Self { people, first, direct }
    }
}

impl Persons<'_> {
    fn of(&self, identity: u32) -> u32 {
        match &self.direct {
            Some(direct) => usize::try_from(i64::from(identity) - self.first)
                .ok()
                .and_then(|slot| direct.get(slot))
                .copied()
                .unwrap_or(NOBODY),
            None => self.people.person_of(i64::from(identity)).map_or(NOBODY, |person| person.0),
        }
    }
}
