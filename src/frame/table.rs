//! The events of one name: immutable chunks of columns, and how they are made.

use std::collections::HashMap;
use std::sync::Arc;

use super::cell::Cell;
use super::column::{Column, Field, Raw, freeze};
use super::json::{self, Read};
use super::packed::Packed;
use crate::model::{Channel, Time};

/// The most events in one chunk: a row within a chunk fits sixteen bits.
pub const CHUNK: usize = 1 << 16;

/// Every event of one name.
#[derive(Debug, Clone)]
pub struct Table {
    /// The event's name.
    pub name: String,
    /// Its properties.
    pub properties: Vec<Field>,
    /// The properties of its items.
    pub item_properties: Vec<Field>,
    /// The events, in the order they were learned.
    pub chunks: Vec<Arc<Chunk>>,
}

impl Table {
    /// The place of a property among the columns.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|field| field.name == name)
    }

    /// The place of an item property among the item columns.
    #[must_use]
    pub fn item_property(&self, name: &str) -> Option<usize> {
        self.item_properties.iter().position(|field| field.name == name)
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.people.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

/// Some events of one name.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Whose.
    pub people: Box<[u32]>,
    /// When, in milliseconds.
    pub at: Packed,
    /// Order within the instant.
    pub sequence: Packed,
    /// Where, as channel codes.
    pub channel: Packed,
    /// The oldest and the newest `at`.
    pub span: (i64, i64),
    /// Whether `at` never falls from a row to the next.
    pub ascending: bool,
    /// A column for each property; a chunk made before a property was first seen has fewer.
    pub columns: Vec<Cell>,
    /// The items, if any event has some.
    pub items: Option<Items>,
}

/// The items of a chunk's events.
#[derive(Debug, Clone)]
pub struct Items {
    /// Where each event's items start; one more than there are events.
    pub starts: Box<[u32]>,
    /// A column for each item property, over all items.
    pub columns: Vec<Cell>,
}

impl Items {
    /// The column of an item property, by its place among the table's.
    #[must_use]
    pub fn column(&self, place: usize) -> Option<&Column> {
        self.columns.get(place)?.get()
    }

    /// The rows of an event's items.
    #[must_use]
    pub fn of(&self, row: usize) -> std::ops::Range<usize> {
        let start = self.starts.get(row).map_or(0, |&start| start as usize);
        start..self.starts.get(row + 1).map_or(start, |&end| end as usize)
    }
}

impl Chunk {
    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// When an event happened.
    #[must_use]
    pub fn time(&self, row: usize) -> Time {
        Time(self.at.get(row))
    }

    /// The column of a property, by its place among the table's; none where no event of the chunk has it.
    #[must_use]
    pub fn column(&self, place: usize) -> Option<&Column> {
        self.columns.get(place)?.get()
    }

    /// Where an event happened.
    #[must_use]
    pub fn channel(&self, row: usize) -> Channel {
        u8::try_from(self.channel.get(row)).ok().and_then(Channel::from_code).unwrap_or(Channel::Unknown)
    }

    /// How many bytes the events take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let columns = |columns: &[Cell]| columns.iter().map(Cell::bytes).sum::<usize>();
        let items = self.items.as_ref().map_or(0, |items| items.starts.len() * 4 + columns(&items.columns));
        self.people.len() * 4
            + self.at.bytes()
            + self.sequence.bytes()
            + self.channel.bytes()
            + columns(&self.columns)
            + items
    }
}

/// An event on its way into a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming<'a> {
    pub(super) who: u32,
    pub(super) at: Time,
    pub(super) sequence: i64,
    pub(super) channel: Channel,
    pub(super) properties: &'a str,
    pub(super) items: &'a str,
}

/// Fields with the values waiting for the next chunk.
#[derive(Debug, Default)]
struct Waiting {
    items: bool,
    fields: Vec<Field>,
    places: HashMap<String, usize>,
    values: Vec<Vec<(u32, Raw)>>,
    text: String,
}

impl Waiting {
    fn upon(fields: Vec<Field>, items: bool) -> Self {
        let places = fields.iter().enumerate().map(|(place, field)| (field.name.clone(), place)).collect();
        let values = fields.iter().map(|_| Vec::new()).collect();
        Self { items, fields, places, values, text: String::new() }
    }

    fn push(&mut self, row: u32, name: &str, value: Read<'_>) {
        let place = match self.places.get(name) {
            Some(&place) => place,
            None => {
                self.fields.push(if self.items { Field::of_item(name) } else { Field::new(name, None) });
                self.values.push(Vec::new());
                self.places.insert(name.to_owned(), self.fields.len() - 1);
                self.fields.len() - 1
            }
        };
        let raw = raw(value, &mut self.text);
        if let Some(values) = self.values.get_mut(place) {
            values.push((row, raw));
        }
    }

    fn freeze(&mut self, rows: usize) -> Vec<Cell> {
        let columns = self
            .fields
            .iter_mut()
            .zip(&mut self.values)
            .map(|(field, values)| {
                let column = if values.is_empty() {
                    None
                } else {
                    freeze(field, rows, values.iter().map(|(row, raw)| (*row, raw)), &self.text)
                };
                values.clear();
                Cell::of(column)
            })
            .collect();
        self.text.clear();
        columns
    }
}

/// A value with its text put beside it.
pub(super) fn raw(value: Read<'_>, text: &mut String) -> Raw {
    match value {
        Read::Null => Raw::Null,
        Read::Flag(flag) => Raw::Flag(flag),
        Read::Number(number) => Raw::Number(number.scaled()),
        Read::List(list) => Raw::List(list.into()),
        Read::Unfit => Raw::Unfit,
        Read::Text(new) => {
            let start = text.len() as u32;
            text.push_str(new);
            Raw::Text(start..text.len() as u32)
        }
    }
}

/// Makes a table.
#[derive(Debug)]
pub(super) struct TableBuilder {
    name: String,
    properties: Waiting,
    items: Waiting,
    item_starts: Vec<u32>,
    people: Vec<u32>,
    at: Vec<i64>,
    sequence: Vec<i64>,
    channel: Vec<i64>,
    chunks: Vec<Chunk>,
}

impl TableBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self::upon(&Table {
            name: name.to_owned(),
            properties: Vec::new(),
            item_properties: Vec::new(),
            chunks: Vec::new(),
        })
    }

    /// New chunks for a table that exists, whose fields keep their types and codes.
    pub(super) fn upon(table: &Table) -> Self {
        Self {
            name: table.name.clone(),
            properties: Waiting::upon(table.properties.clone(), false),
            items: Waiting::upon(table.item_properties.clone(), true),
            item_starts: vec![0],
            people: Vec::new(),
            at: Vec::new(),
            sequence: Vec::new(),
            channel: Vec::new(),
            chunks: Vec::new(),
        }
    }

    /// Takes an event. Says whether its JSON could be read; what could be read of it is kept.
    pub(super) fn push(&mut self, event: &Incoming<'_>) -> bool {
        let row = self.people.len() as u32;
        self.people.push(event.who);
        self.at.push(event.at.0);
        self.sequence.push(event.sequence);
        self.channel.push(i64::from(event.channel.code()));
        let properties = &mut self.properties;
        let read = json::object(event.properties, &mut |name, value| properties.push(row, name, value));
        let first = self.item_starts.last().copied().unwrap_or(0);
        let items = &mut self.items;
        let (count, items_read) =
            json::objects(event.items, &mut |index, name, value| items.push(first + index, name, value));
        self.item_starts.push(first + count);
        if self.people.len() >= CHUNK {
            self.flush();
        }
        read && items_read
    }

    fn flush(&mut self) {
        let rows = self.people.len();
        if rows == 0 {
            return;
        }
        let items = self.item_starts.last().copied().unwrap_or(0) as usize;
        let span = (
            self.at.iter().copied().min().unwrap_or_default(),
            self.at.iter().copied().max().unwrap_or_default(),
        );
        self.chunks.push(Chunk {
            at: Packed::new(&self.at),
            sequence: Packed::new(&self.sequence),
            channel: Packed::new(&self.channel),
            span,
            ascending: self.at.is_sorted(),
            columns: self.properties.freeze(rows),
            items: (items > 0).then(|| Items {
                starts: self.item_starts.as_slice().into(),
                columns: self.items.freeze(items),
            }),
            people: std::mem::take(&mut self.people).into(),
        });
        self.at.clear();
        self.sequence.clear();
        self.channel.clear();
        self.item_starts.truncate(1);
    }

    /// The table without its chunks, and the chunks.
    pub(super) fn parts(mut self) -> (Table, Vec<Chunk>) {
        self.flush();
        let table = Table {
            name: self.name,
            properties: self.properties.fields,
            item_properties: self.items.fields,
            chunks: Vec::new(),
        };
        (table, self.chunks)
    }

    /// The table, with `before` as its first chunks and everybody renamed.
    pub(super) fn finish(self, before: Vec<Arc<Chunk>>, rename: impl Fn(u32) -> u32) -> Table {
        let (table, own) = self.parts();
        let mut chunks = before;
        for mut chunk in own {
            chunk.people.iter_mut().for_each(|who| *who = rename(*who));
            chunks.push(Arc::new(chunk));
        }
        Table { chunks, ..table }
    }
}
