//! Conditions on events over whole columns.

use super::bitmap::Bitmap;
use super::bits::Interval;
use super::cell::Cell;
use super::column::{Column, Field, decoded};
use super::table::{Chunk, Items, Table};
use super::verdicts::Verdicts;
use crate::model::{Datum, Value, ValueType};
use crate::rule::plan::{Check, Condition, Constant};
use crate::rule::{Moment, Truth};

/// A check against one field's columns. Where the texts are fewer than the rows, each is looked at once.
pub(super) struct ColumnTest<'a> {
    check: &'a Check,
    field: &'a Field,
    moment: Moment<'a>,
    by_code: Option<Vec<Truth>>,
    missing: Truth,
}

impl<'a> ColumnTest<'a> {
    pub(super) fn new(check: &'a Check, field: &'a Field, moment: Moment<'a>, rows: usize) -> Self {
        let coded = field.kind == Some(ValueType::Text) && !field.private && field.dictionary.len() <= rows;
        let by_code = coded.then(|| {
            (0..field.dictionary.len()).map(|code| check.test(decoded(code as i64, field), moment)).collect()
        });
        Self { check, field, moment, by_code, missing: check.test(Datum::Missing, moment) }
    }

    fn of(&self, column: &Column, row: usize) -> Truth {
        if column.has(row) {
            self.check.test(column.datum(row, self.field), self.moment)
        } else {
            self.missing
        }
    }

    /// Every row at once.
    pub(super) fn over(&self, column: &Column, rows: usize) -> Verdicts {
        let codes = column.codes().filter(|codes| codes.len() == rows);
        let found = match (codes, &self.by_code) {
            (Some(codes), Some(truths)) => {
                let bits = |wanted: Truth| {
                    let marks: Vec<bool> = truths.iter().map(|&truth| truth == wanted).collect();
                    Bitmap::from_words(codes.marked(&marks), rows)
                };
                let yes = bits(Truth::True);
                let no = if truths.contains(&Truth::Unknown) { bits(Truth::False) } else { yes.complement() };
                Some(Verdicts { yes, no })
            }
            (Some(codes), None) => interval(self.check, self.field)
                .map(|interval| Verdicts::known(Bitmap::from_words(codes.in_interval(interval), rows))),
            (None, _) => None,
        };
        let Some(mut verdicts) = found else { return Verdicts::from_fn(rows, |row| self.of(column, row)) };
        if let Some(valid) = column.valid() {
            verdicts.fill(valid, self.missing);
        }
        verdicts
    }
}

/// The codes that a comparison with a number or a time accepts.
fn interval(check: &Check, field: &Field) -> Option<Interval> {
    let bound = |constant: &Constant| match (field.kind?, &constant.value) {
        (ValueType::Number, Value::Number(number)) => Some(number.scaled()),
        (ValueType::Time, _) => constant.time.map(|time| time.0),
        _ => None,
    };
    match check {
        Check::Compare(operator, constant) => Some(Interval::of(*operator, bound(constant)?)),
        Check::Between(low, high) => Some(Interval { low: bound(low)?, high: bound(high)?, inside: true }),
        _ => None,
    }
}

fn column_verdicts(
    check: &Check,
    column: Option<(&Field, &Column)>,
    rows: usize,
    moment: Moment<'_>,
) -> Verdicts {
    match column {
        Some((field, column)) => ColumnTest::new(check, field, moment, rows).over(column, rows),
        None => Verdicts::same(rows, check.test(Datum::Missing, moment)),
    }
}

/// What a condition says of each event of a chunk.
pub(super) fn condition_verdicts(
    condition: &Condition,
    table: &Table,
    chunk: &Chunk,
    moment: Moment<'_>,
) -> Verdicts {
    let rows = chunk.len();
    match condition {
        Condition::Property(name, check) => {
            column_verdicts(check, field_and_column(&table.properties, &chunk.columns, name), rows, moment)
        }
        Condition::Channel { channels, negated } => {
            Verdicts::known(Bitmap::from_fn(rows, |row| channels.contains(&chunk.channel(row)) != *negated))
        }
        Condition::AnyItem(part) => {
            let Some(items) = &chunk.items else { return Verdicts::same(rows, Truth::False) };
            let count = items.starts.last().map_or(0, |&end| end as usize);
            let truths = item_verdicts(part, table, items, count, moment);
            Verdicts::from_fn(rows, |row| {
                items.of(row).map(|item| truths.row(item)).fold(Truth::False, Truth::or)
            })
        }
        joint => combined(joint, rows, &|part| condition_verdicts(part, table, chunk, moment)),
    }
}

fn item_verdicts(
    condition: &Condition,
    table: &Table,
    items: &Items,
    rows: usize,
    moment: Moment<'_>,
) -> Verdicts {
    match condition {
        Condition::Property(name, check) => column_verdicts(
            check,
            field_and_column(&table.item_properties, &items.columns, name),
            rows,
            moment,
        ),
        // The check refuses both inside an item.
        Condition::Channel { .. } | Condition::AnyItem(_) => Verdicts::same(rows, Truth::Unknown),
        joint => combined(joint, rows, &|part| item_verdicts(part, table, items, rows, moment)),
    }
}

fn combined(condition: &Condition, rows: usize, part: &dyn Fn(&Condition) -> Verdicts) -> Verdicts {
    match condition {
        Condition::All(parts) => {
            let mut all = Verdicts::same(rows, Truth::True);
            parts.iter().for_each(|one| all.and(&part(one)));
            all
        }
        Condition::Any(parts) => {
            let mut any = Verdicts::same(rows, Truth::False);
            parts.iter().for_each(|one| any.or(&part(one)));
            any
        }
        Condition::Not(one) => !part(one),
        Condition::Property(..) | Condition::Channel { .. } | Condition::AnyItem(_) => {
            Verdicts::same(rows, Truth::Unknown)
        }
    }
}

fn field_and_column<'a>(
    fields: &'a [Field],
    columns: &'a [Cell],
    name: &str,
) -> Option<(&'a Field, &'a Column)> {
    let place = fields.iter().position(|field| field.name == name)?;
    Some((fields.get(place)?, columns.get(place)?.get()?))
}
