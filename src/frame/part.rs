//! A stretch of a workspace's events as columns: made from rows once, kept as bytes, and put together with others into a
//! frame. A part knows nothing outside of itself, so that parts are made, checked and read side by side; only the types of
//! fields are shared, since one property of one event has one type.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::builder::EventFact;
use super::cell::{Backing, Cell, Stretch};
use super::column::Field;
use super::encode::{In, Out};
use super::packed::Packed;
use super::table::{Chunk, Incoming, Items, Table, TableBuilder};
use crate::model::{Time, ValueType};

/// Written first, and raised with every change of what the bytes mean.
const FORMAT: &[u8; 8] = b"segpart3";

/// Some events in columns. Their people are still the identities they arrived with.
#[derive(Debug)]
pub struct Part {
    pub(super) tables: Vec<(Table, Vec<Chunk>)>,
    /// When the events without an identity happened.
    pub(super) nobody: Packed,
    /// When the events happened whose JSON could not be read to its end.
    pub(super) unreadable: Packed,
}

/// A part as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// Everything but the columns of properties, and where each of those lies.
    pub head: Vec<u8>,
    /// The columns of properties, one after the other.
    pub columns: Vec<u8>,
}

/// Makes a part from rows.
#[derive(Debug, Default)]
pub struct PartBuilder {
    kinds: Kinds,
    names: HashMap<String, usize>,
    tables: Vec<TableBuilder>,
    nobody: Vec<i64>,
    unreadable: Vec<i64>,
    outside: bool,
}

impl PartBuilder {
    /// A part whose fields keep the types they have elsewhere.
    #[must_use]
    pub fn new(kinds: &Kinds) -> Self {
        Self { kinds: kinds.clone(), ..Self::default() }
    }

    /// Takes an event.
    pub fn event(&mut self, event: &EventFact<'_>) {
        let Some(identity) = event.identity else {
            self.nobody.push(event.at.0);
            return;
        };
        let Ok(who) = u32::try_from(identity) else {
            self.outside = true;
            return;
        };
        let place = match self.names.get(event.name) {
            Some(&place) => place,
            None => {
                self.tables.push(TableBuilder::upon(&self.kinds.table(event.name)));
                self.names.insert(event.name.to_owned(), self.tables.len() - 1);
                self.tables.len() - 1
            }
        };
        let incoming = Incoming {
            who,
            at: event.at,
            sequence: event.sequence,
            channel: event.channel,
            properties: event.properties,
            items: event.items,
        };
        if let Some(table) = self.tables.get_mut(place)
            && !table.push(&incoming)
        {
            self.unreadable.push(event.at.0);
        }
    }

    /// The part; `None` where an identity's number is beyond what columns hold.
    #[must_use]
    pub fn finish(self) -> Option<Part> {
        let mut tables: Vec<_> = self.tables.into_iter().map(TableBuilder::parts).collect();
        tables.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        (!self.outside).then(|| Part {
            tables,
            nobody: Packed::new(&self.nobody),
            unreadable: Packed::new(&self.unreadable),
        })
    }
}

impl Part {
    /// How many events are in it, those of nobody left out.
    #[must_use]
    pub fn events(&self) -> usize {
        self.tables.iter().flat_map(|(_, chunks)| chunks).map(Chunk::len).sum()
    }

    /// The newest event in it.
    #[must_use]
    pub fn newest(&self) -> Option<Time> {
        let mut newest = self.tables.iter().flat_map(|(_, chunks)| chunks).map(|chunk| chunk.span.1).max();
        self.nobody.each(|_, at| newest = newest.max(Some(at)));
        newest.map(Time)
    }

    /// As bytes. Identities and people's own words are in it only beside the rows they belong to.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let (mut out, mut columns) = (Out::default(), Out::default());
        out.bytes(FORMAT);
        out.packed(&self.nobody);
        out.packed(&self.unreadable);
        out.len(self.tables.len());
        for (table, chunks) in &self.tables {
            out.text(&table.name);
            for fields in [&table.properties, &table.item_properties] {
                out.len(fields.len());
                fields.iter().for_each(|field| out.field(field));
            }
            out.len(chunks.len());
            for chunk in chunks {
                write(&mut out, &mut columns, chunk);
            }
        }
        Bytes { head: out.done(), columns: columns.done() }
    }

    /// From its head, with the columns left where they lie; `None` where it is not what this release writes.
    #[must_use]
    pub fn decode(head: &[u8], columns: &Arc<dyn Backing>) -> Option<Self> {
        let mut read = In::new(head);
        if read.bytes()? != FORMAT {
            return None;
        }
        let (nobody, unreadable) = (read.packed()?, read.packed()?);
        let tables = read.several(|read| {
            let name = read.text()?.to_owned();
            let (properties, item_properties) = (read.several(In::field)?, read.several(In::field)?);
            let chunks = read.several(|read| self::read(read, columns))?;
            let fits = chunks.iter().all(|chunk| {
                let items = chunk.items.as_ref().map_or(0, |items| items.columns.len());
                chunk.columns.len() <= properties.len() && items <= item_properties.len()
            });
            let table = Table { name, properties, item_properties, chunks: Vec::new() };
            fits.then_some((table, chunks))
        })?;
        read.is_done().then_some(Self { tables, nobody, unreadable })
    }
}

fn write(out: &mut Out, columns: &mut Out, chunk: &Chunk) {
    out.u32s(&chunk.people);
    out.packed(&chunk.at);
    out.packed(&chunk.sequence);
    out.packed(&chunk.channel);
    out.number(chunk.span.0);
    out.number(chunk.span.1);
    out.byte(u8::from(chunk.ascending));
    write_columns(out, columns, &chunk.columns);
    out.option(chunk.items.as_ref(), |out, items| {
        out.u32s(&items.starts);
        write_columns(out, columns, &items.columns);
    });
}

/// The columns, and where they lie.
fn write_columns(out: &mut Out, columns: &mut Out, cells: &[Cell]) {
    out.len(cells.len());
    for cell in cells {
        out.option(cell.get(), |out, column| {
            let written = columns.written(|columns| columns.column(column));
            out.number(written.0 as i64);
            out.len(written.1.len());
            out.number(xxh3_64(written.1).cast_signed());
            out.len(column.filled() as usize);
        });
    }
}

fn read(read: &mut In<'_>, backing: &Arc<dyn Backing>) -> Option<Chunk> {
    let people: Box<[u32]> = read.u32s()?;
    let rows = people.len();
    let chunk = Chunk {
        people,
        at: read.packed()?,
        sequence: read.packed()?,
        channel: read.packed()?,
        span: (read.number()?, read.number()?),
        ascending: read.byte()? != 0,
        columns: read_columns(read, backing, rows)?,
        items: read.option(|read| {
            let starts: Box<[u32]> = read.u32s()?;
            let rows = starts.last().map_or(0, |&end| end as usize);
            Some(Items { columns: read_columns(read, backing, rows)?, starts })
        })?,
    };
    let fits = [&chunk.at, &chunk.sequence, &chunk.channel].iter().all(|packed| packed.len() == rows)
        && rows <= super::table::CHUNK
        && chunk.items.as_ref().is_none_or(|items| items.starts.len() == rows + 1);
    fits.then_some(chunk)
}

fn read_columns(read: &mut In<'_>, backing: &Arc<dyn Backing>, rows: usize) -> Option<Vec<Cell>> {
    read.several(|read| {
        let cell = read.option(|read| {
            let (start, len) = (read.number()?.cast_unsigned(), read.len()? as u64);
            let stretch = Stretch { start, len, hash: read.number()?.cast_unsigned() };
            Some(Cell::waiting(backing, stretch, (rows, read.len()? as u64)))
        })?;
        Some(cell.unwrap_or_else(Cell::empty))
    })
}

/// The types that fields have, by event, whether they are an item's, and name.
#[derive(Debug, Clone, Default)]
pub struct Kinds(BTreeMap<(String, bool, String), ValueType>);

impl Kinds {
    /// Takes the types of a part over, those that were known before remaining. Says whether the part agrees with them; one
    /// that does not is to be made again with them.
    pub fn agree(&mut self, part: &Part) -> bool {
        let mut agrees = true;
        for (table, _) in &part.tables {
            for (items, fields) in [(false, &table.properties), (true, &table.item_properties)] {
                for field in fields {
                    let Some(kind) = field.kind else { continue };
                    let key = (table.name.clone(), items, field.name.clone());
                    agrees &= *self.0.entry(key).or_insert(kind) == kind;
                }
            }
        }
        agrees
    }

    /// A number that differs where the types do.
    #[must_use]
    pub fn signature(&self) -> u64 {
        let mut hash = Xxh3::new();
        for ((event, items, name), kind) in &self.0 {
            for text in [event.as_str(), name.as_str()] {
                hash.update(&(text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
            hash.update(&[u8::from(*items), *kind as u8]);
        }
        hash.digest()
    }

    fn table(&self, event: &str) -> Table {
        let fields = |items: bool| {
            let from = (event.to_owned(), items, String::new());
            let own = self.0.range(from..).take_while(|((name, item, _), _)| name == event && *item == items);
            let field = |((_, _, name), kind): (&(String, bool, String), &ValueType)| {
                let field = if items { Field::of_item(name) } else { Field::new(name, None) };
                Field { kind: Some(*kind), ..field }
            };
            own.map(field).collect()
        };
        Table {
            name: event.to_owned(),
            properties: fields(false),
            item_properties: fields(true),
            chunks: Vec::new(),
        }
    }
}
