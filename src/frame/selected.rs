//! The events of a chunk that count, and what is read from them.

use super::column::{Column, Field};
use super::condition::condition_truths;
use super::evaluate::Pick;
use super::table::{Chunk, Table};
use crate::model::{Datum, Value, ValueType};
use crate::rule::evaluate::{distinct_key, owned};
use crate::rule::plan::Check;
use crate::rule::{Moment, Truth};

pub(super) fn selected_rows(table: &Table, chunk: &Chunk, pick: &Pick<'_>, moment: Moment<'_>) -> Vec<u32> {
    let range = pick.window.range_in(moment);
    let inside = chunk.span.0 >= range.start && chunk.span.1 < range.end;
    let holds = pick.condition.map(|condition| condition_truths(condition, table, chunk, moment));
    let matching = |row: usize| holds.as_ref().is_none_or(|holds| holds.get(row) == Some(&Truth::True));
    if inside {
        return (0..chunk.len()).filter(|&row| matching(row)).map(|row| row as u32).collect();
    }
    let mut rows = Vec::new();
    chunk.at.each(|row, at| {
        if range.contains(&at) && matching(row) {
            rows.push(row as u32);
        }
    });
    rows
}

/// The events of a chunk that count.
pub(super) struct Selected<'a> {
    pub(super) table: &'a Table,
    pub(super) chunk: &'a Chunk,
    pub(super) rows: Vec<u32>,
    pub(super) moment: Moment<'a>,
}

impl Selected<'_> {
    pub(super) fn each(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        let people = &self.chunk.people;
        self.rows.iter().filter_map(move |&row| Some((*people.get(row as usize)?, row as usize)))
    }

    pub(super) fn people(&self) -> Vec<u32> {
        self.each().map(|(person, _)| person).collect()
    }

    pub(super) fn moments(&self) -> Vec<(u32, i64)> {
        self.each().map(|(person, row)| (person, self.chunk.at.get(row))).collect()
    }

    /// Whose, and when.
    pub(super) fn when(&self) -> Vec<(u32, (i64, i64))> {
        let when = |row| (self.chunk.at.get(row), self.chunk.sequence.get(row));
        self.each().map(|(person, row)| (person, when(row))).collect()
    }

    pub(super) fn values(&self, property: &str) -> Vec<(u32, Value)> {
        let Some((field, column)) = self.column(property) else { return Vec::new() };
        self.each().filter_map(|(person, row)| Some((person, owned(column.datum(row, field))?))).collect()
    }

    pub(super) fn column(&self, property: &str) -> Option<(&Field, &Column)> {
        let place = self.table.property(property)?;
        Some((self.table.properties.get(place)?, self.chunk.columns.get(place)?.as_ref()?))
    }

    pub(super) fn numbers(&self, property: &str) -> Vec<(u32, i64)> {
        let Some((field, column)) = self.column(property) else { return Vec::new() };
        let (Some(ValueType::Number), Some(codes)) = (field.kind, column.codes()) else { return Vec::new() };
        self.each()
            .filter(|&(_, row)| column.has(row))
            .map(|(person, row)| (person, codes.get(row)))
            .collect()
    }

    pub(super) fn keys(&self, property: &str) -> Vec<(u32, u128)> {
        let Some((field, column)) = self.column(property) else { return Vec::new() };
        self.each()
            .filter_map(|(person, row)| Some((person, distinct_key(column.datum(row, field))?)))
            .collect()
    }

    pub(super) fn tests(&self, property: &str, check: &Check) -> Vec<(u32, i64, i64, Truth)> {
        let column = self.column(property);
        let truth = |row| match column {
            Some((field, column)) => check.test(column.datum(row, field), self.moment),
            None => check.test(Datum::Missing, self.moment),
        };
        self.each()
            .map(|(person, row)| (person, self.chunk.at.get(row), self.chunk.sequence.get(row), truth(row)))
            .collect()
    }
}
