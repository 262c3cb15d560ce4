//! Fields over the text of a definition.

use std::collections::BTreeSet;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::{Fault, Field, NOTHING, OfMetric, OfVariant, ROLES, Sheet};
use crate::experiment::Design;
use crate::model::{Problem, Span};

/// What is written for a field.
enum Kind {
    Text,
    /// A share, written as a fraction.
    Share,
    Number,
    Count,
    Flag,
}

/// Fields with a place of their own: the table, the key, and what is written.
const PLACES: [(Field, &str, &str, Kind); 22] = [
    (Field::Name, "", "name", Kind::Text),
    (Field::Hypothesis, "", "hypothesis", Kind::Text),
    (Field::Segment, "targeting", "segment", Kind::Text),
    (Field::Rule, "targeting", "rule", Kind::Text),
    (Field::HashAttribute, "", "hash_attribute", Kind::Text),
    (Field::Fallback, "", "fallback", Kind::Text),
    (Field::Coverage, "", "coverage", Kind::Share),
    (Field::Layer, "layer", "name", Kind::Text),
    (Field::LayerFrom, "layer", "from", Kind::Share),
    (Field::LayerTo, "layer", "to", Kind::Share),
    (Field::Holdout, "holdout", "name", Kind::Text),
    (Field::HoldoutShare, "holdout", "share", Kind::Share),
    (Field::Channel, "send", "channel", Kind::Text),
    (Field::Engine, "analysis", "engine", Kind::Text),
    (Field::Alpha, "analysis", "alpha", Kind::Number),
    (Field::Sided, "analysis", "sided", Kind::Text),
    (Field::Tuning, "analysis", "tuning", Kind::Number),
    (Field::Cuped, "analysis", "cuped", Kind::Flag),
    (Field::Start, "", "start", Kind::Text),
    (Field::Days, "", "planned_days", Kind::Count),
    (Field::People, "", "planned_n", Kind::Count),
    (Field::Weeks, "", "minimum_weeks", Kind::Count),
];

/// What is wanted stands in a table of its own.
const WANTED: [(Field, &str, &str, Kind); 3] = [
    (Field::Effect, "criteria", "effect", Kind::Share),
    (Field::Power, "criteria", "power", Kind::Share),
    (Field::Risk, "criteria", "risk", Kind::Share),
];

impl Sheet {
    /// The text with these fields in it. What the text said before and the sheet did not change stays as it was written.
    ///
    /// # Errors
    /// The text is no TOML.
    pub fn write(&self, onto: &str) -> Result<(String, Vec<Fault>), Problem> {
        let mut document: DocumentMut = onto.parse().map_err(|error: toml_edit::TomlError| {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            Problem::new("experiment-syntax", message)
        })?;
        let before = toml::from_str::<Design>(onto).map(|design| Self::of(&design)).unwrap_or_default();
        let mut writer = Writer { faults: Vec::new() };
        for (field, table, key, kind) in PLACES.iter().chain(&WANTED) {
            let said = self.get(*field);
            if said != before.get(*field) || (*field == Field::Name && !document.contains_key(key)) {
                writer.place(&mut document, *field, (table, key), kind, said);
            }
        }
        if self.part_differs(&before, |field| matches!(field, Field::PriorMean | Field::PriorSd)) {
            writer.prior(&mut document, self);
        }
        if self.part_differs(&before, |field| matches!(field, Field::Variant(..))) {
            writer.variants(&mut document, self);
        }
        if self.part_differs(&before, |field| matches!(field, Field::Metric(..))) {
            writer.metrics(&mut document, self, &before);
        }
        Ok((document.to_string(), writer.faults))
    }

    fn part_differs(&self, other: &Self, part: impl Fn(&Field) -> bool) -> bool {
        let of = |sheet: &Self| {
            let cells = sheet.cells.iter().filter(|(field, _)| part(field));
            cells.map(|(field, text)| (*field, text.trim().to_owned())).collect::<Vec<_>>()
        };
        of(self) != of(other)
    }
}

struct Writer {
    faults: Vec<Fault>,
}

impl Writer {
    /// Writes one field, or takes it out where nothing is said.
    fn place(
        &mut self,
        document: &mut DocumentMut,
        field: Field,
        place: (&str, &str),
        kind: &Kind,
        said: &str,
    ) {
        let (table, key) = place;
        // A layer may be written under its other name.
        let table = if table == "layer" && document.contains_key("namespace") { "namespace" } else { table };
        // A name that is still to be written is an empty one, and nothing else is wrong yet.
        let value = match field {
            Field::Name => Some(Value::from(said)),
            _ => self.value(field, kind, said),
        };
        if table.is_empty() {
            return put(document.as_table_mut(), key, value);
        }
        if value.is_none() && !document.contains_key(table) {
            return;
        }
        let item = document.entry(table).or_insert(Item::Table(Table::new()));
        let Some(inner) = item.as_table_like_mut() else { return };
        put(inner, key, value);
        if inner.is_empty() {
            document.remove(table);
        }
    }

    /// What is written for a text; a text that is no such thing is a fault and nothing is written.
    fn value(&mut self, field: Field, kind: &Kind, said: &str) -> Option<Value> {
        if said.is_empty() {
            return None;
        }
        let read = match kind {
            Kind::Text => Ok(Value::from(said)),
            Kind::Share => share(said).map(Value::from).ok_or("a share in per cent, such as 50 or 12.5"),
            Kind::Number => number(said).map(Value::from).ok_or("a number, such as 0.05"),
            Kind::Count => {
                said.parse::<u32>().map(|n| Value::from(i64::from(n))).map_err(|_| "a whole number")
            }
            Kind::Flag => match said {
                "yes" | "true" => Ok(Value::from(true)),
                "no" | "false" => Ok(Value::from(false)),
                _ => Err("yes or no"),
            },
        };
        match read {
            Ok(value) => Some(value),
            Err(wanted) => {
                self.faults.push(Fault { field, message: format!("“{said}” is not {wanted}") });
                None
            }
        }
    }

    /// What is believed before: a pair, or nothing.
    fn prior(&mut self, document: &mut DocumentMut, sheet: &Sheet) {
        let (mean, sd) = (sheet.get(Field::PriorMean), sheet.get(Field::PriorSd));
        if sd.is_empty() && !mean.is_empty() {
            let message = "how far from it changes usually lie, such as 30; both empty for a flat prior";
            self.faults.push(Fault { field: Field::PriorSd, message: message.to_owned() });
        }
        let mean = self.value(Field::PriorMean, &Kind::Share, if mean.is_empty() { "0" } else { mean });
        let sd = self.value(Field::PriorSd, &Kind::Share, sd);
        if sd.is_none() && !document.contains_key("analysis") {
            return;
        }
        let item = document.entry("analysis").or_insert(Item::Table(Table::new()));
        let Some(analysis) = item.as_table_like_mut() else { return };
        let Some((mean, sd)) = mean.zip(sd) else {
            analysis.remove("prior");
            return;
        };
        let fresh = || Item::Value(Value::InlineTable(Default::default()));
        let Some(prior) = analysis.entry("prior").or_insert_with(fresh).as_table_like_mut() else { return };
        put(prior, "mean", Some(mean));
        put(prior, "sd", Some(sd));
    }

    fn variants(&mut self, document: &mut DocumentMut, sheet: &Sheet) {
        let mut tables =
            document.remove("variants").and_then(|item| item.into_array_of_tables().ok()).unwrap_or_default();
        for at in 0..sheet.variants() {
            let get = |part| sheet.get(Field::Variant(at, part));
            if tables.get(at).is_none() {
                tables.push(Table::new());
            }
            let weight =
                self.value(Field::Variant(at, OfVariant::Weight), &Kind::Share, get(OfVariant::Weight));
            let Some(table) = tables.get_mut(at) else { continue };
            let gets = get(OfVariant::Gets);
            put(table, "name", Some(Value::from(get(OfVariant::Name))));
            put(table, "weight", weight);
            put(table, "hold_back", (gets == NOTHING).then(|| Value::from(true)));
            put(
                table,
                "experience",
                Some(gets).filter(|gets| !gets.is_empty() && *gets != NOTHING).map(Value::from),
            );
        }
        for at in (0..tables.len()).rev() {
            if sheet.get(Field::Variant(at, OfVariant::Name)).is_empty() {
                tables.remove(at);
            }
        }
        if !tables.is_empty() {
            document.insert("variants", Item::ArrayOfTables(tables));
        }
    }

    fn metrics(&mut self, document: &mut DocumentMut, sheet: &Sheet, before: &Sheet) {
        let item = document.entry("metrics").or_insert(Item::Table(Table::new()));
        let inline = item.is_inline_table();
        let Some(metrics) = item.as_table_like_mut() else { return };
        let [primary, secondary, guardrail] = ROLES;
        let in_role = |role: &str| -> Vec<(usize, &str)> {
            let named = sheet.metric_names();
            named.filter(|(at, _)| sheet.get(Field::Metric(*at, OfMetric::Role)) == role).collect()
        };
        for role in [primary, secondary] {
            let names: toml_edit::Array = in_role(role).into_iter().map(|(_, name)| name).collect();
            put(metrics, role, (role == primary || !names.is_empty()).then_some(Value::Array(names)));
        }
        let guardrails: Vec<(&str, Option<Value>)> = in_role(guardrail)
            .into_iter()
            .map(|(at, name)| {
                let field = Field::Metric(at, OfMetric::Margin);
                (name, self.value(field, &Kind::Share, sheet.get(field)))
            })
            .collect();
        keep_guardrails(metrics, guardrails, inline);
        self.overrides(metrics, sheet, before, inline);
        for (at, name) in sheet.metric_names() {
            if !ROLES.contains(&sheet.get(Field::Metric(at, OfMetric::Role))) {
                let message = format!("what {name} is there for: {}", ROLES.join(", "));
                self.faults.push(Fault { field: Field::Metric(at, OfMetric::Role), message });
            }
        }
    }

    fn overrides(&mut self, metrics: &mut dyn TableLike, sheet: &Sheet, before: &Sheet, inline: bool) {
        let left: BTreeSet<&str> = sheet.metric_names().map(|(_, name)| name).collect();
        let gone = before.metric_names().map(|(_, name)| name).filter(|name| !left.contains(name));
        let empty = || {
            let mut table = Table::new();
            // Its own heading would say nothing: what it holds has headings.
            table.set_implicit(true);
            Item::Table(table)
        };
        let fresh = || if inline { Item::Value(Value::InlineTable(Default::default())) } else { empty() };
        let item = metrics.entry("overrides").or_insert_with(fresh);
        let nested = inline || item.is_inline_table();
        let Some(overrides) = item.as_table_like_mut() else { return };
        gone.for_each(|name| drop(overrides.remove(name)));
        for (at, name) in sheet.metric_names() {
            let parts = [OfMetric::Window, OfMetric::Delay, OfMetric::Better];
            let said = parts.map(|part| sheet.get(Field::Metric(at, part)));
            if said.iter().all(|text| text.is_empty()) && !overrides.contains_key(name) {
                continue;
            }
            let new = || match nested {
                true => Item::Value(Value::InlineTable(Default::default())),
                false => Item::Table(Table::new()),
            };
            let Some(change) = overrides.entry(name).or_insert_with(new).as_table_like_mut() else {
                continue;
            };
            for (part, text) in parts.into_iter().zip(said) {
                let (key, wanted) = match part {
                    OfMetric::Window => ("window", "a length such as 7d or 12h"),
                    OfMetric::Delay => ("delay", "a length such as 1d or 2h"),
                    _ => ("better", "higher or lower"),
                };
                let fits = match part {
                    OfMetric::Better => ["higher", "lower"].contains(&text),
                    _ => text.parse::<Span>().is_ok(),
                };
                if !text.is_empty() && !fits {
                    let message = format!("“{text}” is not {wanted}");
                    self.faults.push(Fault { field: Field::Metric(at, part), message });
                }
                put(change, key, (fits && !text.is_empty()).then(|| Value::from(text)));
            }
            if change.is_empty() {
                overrides.remove(name);
            }
        }
        if overrides.is_empty() {
            metrics.remove("overrides");
        }
    }
}

/// Guardrails as tables of their own, or within one line where everything else is.
fn keep_guardrails(metrics: &mut dyn TableLike, guardrails: Vec<(&str, Option<Value>)>, inline: bool) {
    if guardrails.is_empty() {
        metrics.remove("guardrails");
        return;
    }
    let in_line = inline || metrics.get("guardrails").is_some_and(Item::is_array);
    if in_line {
        let array: toml_edit::Array = guardrails
            .into_iter()
            .map(|(name, margin)| {
                let mut table = toml_edit::InlineTable::new();
                table.insert("metric", Value::from(name));
                margin.into_iter().for_each(|margin| drop(table.insert("margin", margin)));
                Value::InlineTable(table)
            })
            .collect();
        return put(metrics, "guardrails", Some(Value::Array(array)));
    }
    let mut tables =
        metrics.remove("guardrails").and_then(|item| item.into_array_of_tables().ok()).unwrap_or_default();
    while tables.len() > guardrails.len() {
        tables.remove(tables.len() - 1);
    }
    for (at, (name, margin)) in guardrails.into_iter().enumerate() {
        if tables.get(at).is_none() {
            tables.push(Table::new());
        }
        if let Some(table) = tables.get_mut(at) {
            put(table, "metric", Some(Value::from(name)));
            put(table, "margin", margin);
        }
    }
    metrics.insert("guardrails", Item::ArrayOfTables(tables));
}

/// Writes a value where it differs, keeping what stands around it; none takes the key out.
fn put(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(known) if said(known) == said(&value) => {}
        Some(known) => {
            *value.decor_mut() = known.decor().clone();
            *known = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// A value as text, without what stands around it.
fn said(value: &Value) -> String {
    value.clone().decorated("", "").to_string()
}

/// A number with a point or a comma.
fn number(said: &str) -> Option<f64> {
    said.replace(',', ".").parse().ok().filter(|x: &f64| x.is_finite())
}

/// A share in per cent as a fraction, without a digit that is only rounding.
fn share(said: &str) -> Option<f64> {
    number(said.trim_end_matches('%').trim()).map(|percent| (percent * 1e9).round() / 1e11)
}
