//! Conditions on events over whole columns.

use super::column::{Column, Field, decoded};
use super::table::{Chunk, Items, Table};
use crate::model::{Datum, ValueType};
use crate::rule::plan::{Check, Condition};
use crate::rule::{Moment, Truth};

/// A check against one field's columns. Where the texts are fewer than the rows, each is looked at once.
pub(super) struct ColumnTest<'a> {
    check: &'a Check,
    field: &'a Field,
    moment: Moment<'a>,
    by_code: Option<Vec<Truth>>,
    pub(super) missing: Truth,
}

impl<'a> ColumnTest<'a> {
    pub(super) fn new(check: &'a Check, field: &'a Field, moment: Moment<'a>, rows: usize) -> Self {
        let coded = field.kind == Some(ValueType::Text) && !field.private && field.dictionary.len() <= rows;
        let by_code = coded.then(|| {
            (0..field.dictionary.len()).map(|code| check.test(decoded(code as i64, field), moment)).collect()
        });
        Self { check, field, moment, by_code, missing: check.test(Datum::Missing, moment) }
    }

    pub(super) fn of(&self, column: &Column, row: usize) -> Truth {
        if !column.has(row) {
            return self.missing;
        }
        match (&self.by_code, column.codes()) {
            (Some(truths), Some(codes)) => usize::try_from(codes.get(row))
                .ok()
                .and_then(|code| truths.get(code))
                .copied()
                .unwrap_or(self.missing),
            _ => self.check.test(column.datum(row, self.field), self.moment),
        }
    }
}

fn column_truths(
    check: &Check,
    column: Option<(&Field, &Column)>,
    rows: usize,
    moment: Moment<'_>,
) -> Vec<Truth> {
    match column {
        Some((field, column)) => {
            let test = ColumnTest::new(check, field, moment, rows);
            (0..rows).map(|row| test.of(column, row)).collect()
        }
        None => vec![check.test(Datum::Missing, moment); rows],
    }
}

pub(super) fn condition_truths(
    condition: &Condition,
    table: &Table,
    chunk: &Chunk,
    moment: Moment<'_>,
) -> Vec<Truth> {
    let rows = chunk.len();
    match condition {
        Condition::Property(name, check) => {
            column_truths(check, field_and_column(&table.properties, &chunk.columns, name), rows, moment)
        }
        Condition::Channel { channels, negated } => {
            (0..rows).map(|row| Truth::from(channels.contains(&chunk.channel(row)) != *negated)).collect()
        }
        Condition::AnyItem(part) => {
            let Some(items) = &chunk.items else { return vec![Truth::False; rows] };
            let count = items.starts.last().map_or(0, |&end| end as usize);
            let truths = item_truths(part, table, items, count, moment);
            (0..rows)
                .map(|row| {
                    truths.get(items.of(row)).unwrap_or(&[]).iter().copied().fold(Truth::False, Truth::or)
                })
                .collect()
        }
        joint => combined(joint, rows, &|part| condition_truths(part, table, chunk, moment)),
    }
}

fn item_truths(
    condition: &Condition,
    table: &Table,
    items: &Items,
    rows: usize,
    moment: Moment<'_>,
) -> Vec<Truth> {
    match condition {
        Condition::Property(name, check) => {
            column_truths(check, field_and_column(&table.item_properties, &items.columns, name), rows, moment)
        }
        // The check refuses both inside an item.
        Condition::Channel { .. } | Condition::AnyItem(_) => vec![Truth::Unknown; rows],
        joint => combined(joint, rows, &|part| item_truths(part, table, items, rows, moment)),
    }
}

fn combined(condition: &Condition, rows: usize, part: &dyn Fn(&Condition) -> Vec<Truth>) -> Vec<Truth> {
    let fold = |parts: &[Condition], start: Truth, join: fn(Truth, Truth) -> Truth| {
        let mut truths = vec![start; rows];
        for one in parts {
            truths.iter_mut().zip(part(one)).for_each(|(truth, other)| *truth = join(*truth, other));
        }
        truths
    };
    match condition {
        Condition::All(parts) => fold(parts, Truth::True, Truth::and),
        Condition::Any(parts) => fold(parts, Truth::False, Truth::or),
        Condition::Not(one) => part(one).into_iter().map(|truth| !truth).collect(),
        Condition::Property(..) | Condition::Channel { .. } | Condition::AnyItem(_) => {
            vec![Truth::Unknown; rows]
        }
    }
}

fn field_and_column<'a>(
    fields: &'a [Field],
    columns: &'a [Option<Column>],
    name: &str,
) -> Option<(&'a Field, &'a Column)> {
    let place = fields.iter().position(|field| field.name == name)?;
    Some((fields.get(place)?, columns.get(place)?.as_ref()?))
}
