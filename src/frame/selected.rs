//! The events of a chunk that count, and what is read from them.

use std::ops::Range;

use super::bitmap::Bitmap;
use super::bits::Interval;
use super::column::{Column, Field};
use super::condition::condition_verdicts;
use super::evaluate::Pick;
use super::packed::Packed;
use super::table::{Chunk, Table};
use crate::model::{Datum, Value, ValueType};
use crate::rule::evaluate::{distinct_key, owned};
use crate::rule::plan::Check;
use crate::rule::{Moment, Truth};

/// The events of a chunk that count: those of a stretch of rows, and of them the marked ones where some are marked.
pub(super) struct Selected<'a> {
    pub(super) table: &'a Table,
    pub(super) chunk: &'a Chunk,
    pub(super) moment: Moment<'a>,
    rows: Range<usize>,
    marked: Option<Bitmap>,
}

impl<'a> Selected<'a> {
    pub(super) fn of(table: &'a Table, chunk: &'a Chunk, pick: &Pick<'_>, moment: Moment<'a>) -> Self {
        let range = pick.window.range_in(moment);
        let inside = chunk.span.0 >= range.start && chunk.span.1 < range.end;
        let mut rows = 0..chunk.len();
        let mut marked: Option<Bitmap> = None;
        if !inside && chunk.ascending {
            rows = chunk.at.below(range.start)..chunk.at.below(range.end);
        } else if !inside {
            let during = Interval { low: range.start, high: range.end.saturating_sub(1), inside: true };
            marked = Some(Bitmap::from_words(chunk.at.in_interval(during), chunk.len()));
        }
        if let Some(condition) = pick.condition.filter(|_| !rows.is_empty()) {
            let holds = condition_verdicts(condition, table, chunk, moment).yes;
            match &mut marked {
                Some(marked) => marked.and(&holds),
                None => marked = Some(holds),
            }
        }
        Self { table, chunk, moment, rows, marked }
    }

    /// Visits whose events count, and their rows.
    pub(super) fn each(&self, mut visit: impl FnMut(u32, usize)) {
        let people = &self.chunk.people;
        match &self.marked {
            Some(marked) => marked.each_within(self.rows.clone(), |row| {
                if let Some(&person) = people.get(row) {
                    visit(person, row);
                }
            }),
            None => {
                let own = people.get(self.rows.clone()).unwrap_or(&[]);
                own.iter().zip(self.rows.clone()).for_each(|(&person, row)| visit(person, row));
            }
        }
    }

    fn collect<T>(&self, mut of: impl FnMut(u32, usize) -> Option<T>) -> Vec<T> {
        let mut found = Vec::new();
        self.each(|person, row| found.extend(of(person, row)));
        found
    }

    pub(super) fn values(&self, property: &str) -> Vec<(u32, Value)> {
        let Some((field, column)) = self.column(property) else { return Vec::new() };
        self.collect(|person, row| Some((person, owned(column.datum(row, field))?)))
    }

    pub(super) fn column(&self, property: &str) -> Option<(&Field, &Column)> {
        let place = self.table.property(property)?;
        Some((self.table.properties.get(place)?, self.chunk.column(place)?))
    }

    /// The numbers of a property, in ten-thousandths, if numbers are what it has.
    pub(super) fn numbers(&self, property: &str) -> Option<(&Column, &Packed)> {
        let (field, column) = self.column(property)?;
        (field.kind == Some(ValueType::Number)).then_some(column).zip(column.codes())
    }

    pub(super) fn keys(&self, property: &str) -> Vec<(u32, u128)> {
        let Some((field, column)) = self.column(property) else { return Vec::new() };
        self.collect(|person, row| Some((person, distinct_key(column.datum(row, field))?)))
    }

    pub(super) fn tests(&self, property: &str, check: &Check) -> Vec<(u32, i64, i64, Truth)> {
        let column = self.column(property);
        let truth = |row| match column {
            Some((field, column)) => check.test(column.datum(row, field), self.moment),
            None => check.test(Datum::Missing, self.moment),
        };
        self.collect(|person, row| {
            Some((person, self.chunk.at.get(row), self.chunk.sequence.get(row), truth(row)))
        })
    }
}
