//! What a row of the builder can be made of: the attributes there are, the tests that fit them, and their values with counts.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::frame::column::{Column, Field};
use crate::model::{Datum, ValueType};
use crate::rule::complete::{ValueOf, operators};
use crate::rule::print;

/// Something a row can be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What it is.
    pub kind: ChoiceKind,
    /// How it is called.
    pub name: String,
    /// How it stands in a rule.
    pub text: String,
    /// The type of its values, where one was seen; none for an event.
    pub value_type: Option<ValueType>,
    /// The tests that fit, as they are written.
    pub operators: Vec<String>,
    /// People who have it, or events of it.
    pub count: u64,
    /// Whether its values point at people and are therefore never listed.
    pub private: bool,
}

/// What a choice is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "of", content = "event")]
pub enum ChoiceKind {
    /// A trait.
    Trait,
    /// An event.
    Event,
    /// A property of an event.
    Property(String),
    /// A property of an event's items.
    ItemProperty(String),
}

/// What rows can be about, the most widely known first: traits, then events.
#[must_use]
pub fn choices(frame: &Frame) -> Vec<Choice> {
    let people = frame.people();
    let known = |column: &Column| (0..people.len()).filter(|row| column.has(*row)).count() as u64;
    let mut traits: Vec<Choice> = people
        .traits()
        .iter()
        .map(|(field, column)| choice(ChoiceKind::Trait, field, known(column)))
        .collect();
    let mut events: Vec<Choice> = frame
        .tables()
        .iter()
        .map(|table| Choice {
            kind: ChoiceKind::Event,
            name: table.name.clone(),
            text: format!("did({})", print::text(&table.name)),
            value_type: None,
            operators: [">=", "<=", "=", "within", "between"].map(str::to_owned).to_vec(),
            count: table.len() as u64,
            private: false,
        })
        .collect();
    let order = |a: &Choice, b: &Choice| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name));
    traits.sort_by(order);
    events.sort_by(order);
    traits.into_iter().chain(events).collect()
}

/// The properties of an event and of its items, with how many events or items have each.
#[must_use]
pub fn properties(frame: &Frame, event: &str) -> Vec<Choice> {
    let Some(table) = frame.table(event) else { return Vec::new() };
    let count = |items: bool, place: usize| -> u64 {
        let columns = table.chunks.iter().filter_map(|chunk| {
            let columns = match (items, &chunk.items) {
                (false, _) => &chunk.columns,
                (true, Some(items)) => &items.columns,
                (true, None) => return None,
            };
            columns.get(place)
        });
        columns.map(crate::frame::cell::Cell::filled).sum()
    };
    let own = table
        .properties
        .iter()
        .enumerate()
        .map(|(place, field)| choice(ChoiceKind::Property(event.to_owned()), field, count(false, place)));
    let items =
        table.item_properties.iter().enumerate().map(|(place, field)| {
            choice(ChoiceKind::ItemProperty(event.to_owned()), field, count(true, place))
        });
    own.chain(items).collect()
}

fn choice(kind: ChoiceKind, field: &Field, count: u64) -> Choice {
    Choice {
        kind,
        name: field.name.clone(),
        text: print::name(&field.name),
        value_type: field.kind,
        operators: operators(field.kind).iter().map(|operator| (*operator).to_owned()).collect(),
        count,
        private: field.private,
    }
}

/// A value that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueChoice {
    /// The value.
    pub value: String,
    /// How it stands in a rule.
    pub text: String,
    /// How many people, events or items have it.
    pub count: u64,
}

/// The commonest values, at most so many; none of what points at people, and none of times, which are rarely the same.
#[must_use]
pub fn values(frame: &Frame, of: ValueOf<'_>, most: usize) -> Vec<ValueChoice> {
    let mut tally = Tally::default();
    match of {
        ValueOf::Trait(name) => {
            if let Some((field, column)) = frame.people().attribute(name) {
                tally.take(field, column, frame.people().len());
            }
        }
        ValueOf::Property(event, name) => {
            let Some(table) = frame.table(event) else { return Vec::new() };
            let Some(place) = table.property(name) else { return Vec::new() };
            for chunk in &table.chunks {
                if let (Some(field), Some(column)) = (table.properties.get(place), chunk.column(place)) {
                    tally.take(field, column, chunk.len());
                }
            }
        }
        ValueOf::ItemProperty(event, name) => {
            let Some(table) = frame.table(event) else { return Vec::new() };
            let Some(place) = table.item_property(name) else { return Vec::new() };
            for items in table.chunks.iter().filter_map(|chunk| chunk.items.as_ref()) {
                if let (Some(field), Some(column)) = (table.item_properties.get(place), items.column(place)) {
                    tally.take(field, column, items.starts.last().map_or(0, |end| *end as usize));
                }
            }
        }
    }
    tally.commonest(most)
}

/// How often each value was met: by its code where it has one, else by how it stands in a rule.
#[derive(Default)]
struct Tally<'a> {
    codes: HashMap<i64, Met<'a>>,
    written: HashMap<String, (String, u64)>,
}

/// A value that has a code, and where it can be read.
struct Met<'a> {
    column: &'a Column,
    field: &'a Field,
    row: usize,
    count: u64,
}

impl<'a> Tally<'a> {
    fn take(&mut self, field: &'a Field, column: &'a Column, rows: usize) {
        if field.private || field.kind == Some(ValueType::Time) {
            return;
        }
        if let Some(codes) = column.codes() {
            for row in (0..rows).filter(|row| column.has(*row)) {
                let met = Met { column, field, row, count: 0 };
                self.codes.entry(codes.get(row)).or_insert(met).count += 1;
            }
            return;
        }
        for row in 0..rows {
            if let Datum::List(list) = column.datum(row, field) {
                list.iter().for_each(|value| self.add(value.datum(), 1));
            }
        }
    }

    fn add(&mut self, value: Datum<'_>, count: u64) {
        let text = match value {
            Datum::Text(text) => print::text(text),
            Datum::Flag(_) | Datum::Number(_) => value.to_string(),
            Datum::Missing | Datum::Time(_) | Datum::List(_) => return,
        };
        self.written.entry(text).or_insert_with(|| (value.to_string(), 0)).1 += count;
    }

    /// The commonest alone are written out: there may be as many values as people.
    fn commonest(mut self, most: usize) -> Vec<ValueChoice> {
        let mut met: Vec<(i64, Met<'a>)> = std::mem::take(&mut self.codes).into_iter().collect();
        met.sort_by_key(|(code, met)| (std::cmp::Reverse(met.count), *code));
        let least = met.get(most.saturating_sub(1)).map_or(0, |(_, met)| met.count);
        let met = met.into_iter().map(|(_, met)| met).take_while(|met| met.count >= least);
        for met in met.take(most.saturating_mul(8)) {
            self.add(met.column.datum(met.row, met.field), met.count);
        }
        let choice = |(text, (value, count))| ValueChoice { value, text, count };
        let mut values: Vec<ValueChoice> = self.written.into_iter().map(choice).collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        values.truncate(most);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Builder, EventFact};
    use crate::model::{Channel, Time};

    fn frame() -> Frame {
        let mut builder = Builder::new();
        for id in 1..=3 {
            builder.identity(id, "user_id", &format!("u{id}"));
            let country = if id == 3 { "AT" } else { "DE" };
            let traits = format!(
                r#"{{"country":"{country}","email":"p{id}@example.org","tags":["a","b{id}"],"age":30}}"#
            );
            builder.identify(id, Time(0), &traits);
            builder.event(&EventFact {
                name: "Order Completed",
                at: Time(id),
                sequence: 0,
                channel: Channel::Web,
                identity: Some(id),
                properties: r#"{"total":12.5,"comment":"call me"}"#,
                items: r#"[{"category":"shoes"},{"category":"bags"}]"#,
            });
        }
        builder.finish(1)
    }

    fn pairs(of: ValueOf<'_>) -> Vec<(String, u64)> {
        values(&frame(), of, 3).into_iter().map(|value| (value.text, value.count)).collect()
    }

    #[test]
    fn attributes_have_types_tests_and_counts() {
        let choices = choices(&frame());
        let country = choices.iter().find(|choice| choice.name == "country").unwrap();
        assert_eq!((country.value_type, country.count), (Some(ValueType::Text), 3));
        assert!(country.operators.iter().any(|operator| operator == "starts with"));
        let age = choices.iter().find(|choice| choice.name == "age").unwrap();
        assert!(age.operators.iter().all(|operator| operator != "contains"));
        let order = choices.iter().find(|choice| choice.kind == ChoiceKind::Event).unwrap();
        assert_eq!((order.text.as_str(), order.count), ("did(\"Order Completed\")", 3));
        let properties = properties(&frame(), "Order Completed");
        let names: Vec<(&str, u64)> =
            properties.iter().map(|choice| (choice.name.as_str(), choice.count)).collect();
        assert_eq!(names, [("total", 3), ("comment", 3), ("category", 6)]);
    }

    #[test]
    fn values_come_with_counts_and_private_ones_never() {
        let two = |values: &[(&str, u64)]| -> Vec<(String, u64)> {
            values.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect()
        };
        assert_eq!(pairs(ValueOf::Trait("country")), two(&[("\"DE\"", 2), ("\"AT\"", 1)]));
        assert_eq!(pairs(ValueOf::Trait("age")), two(&[("30", 3)]));
        assert_eq!(pairs(ValueOf::Trait("tags"))[0], ("\"a\"".to_owned(), 3));
        assert_eq!(pairs(ValueOf::Property("Order Completed", "total")), two(&[("12.5", 3)]));
        assert_eq!(
            pairs(ValueOf::ItemProperty("Order Completed", "category")),
            two(&[("\"bags\"", 3), ("\"shoes\"", 3)])
        );
        for hidden in [ValueOf::Trait("email"), ValueOf::Property("Order Completed", "comment")] {
            assert_eq!(pairs(hidden), []);
        }
    }
}
