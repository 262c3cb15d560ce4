//! What the columns of a file mean. A mapping is guessed from the headers, shown, saved as TOML, edited and given back
//! with `--map`; whatever is not said in it is not assumed.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::dates::TimeFormat;
use super::numbers::DecimalSign;
use crate::model::consent::Purpose;
use crate::model::decimal::Currency;
use crate::model::{Channel, Problem, ValueType};

/// The meaning of a table's columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What a row is.
    pub kind: MappingKind,
    /// Whose data it is. Ids of two sources never collide; exports of one source keep the same name month after month.
    pub source: String,
    /// The zone of moments that name none.
    #[serde(default = "utc")]
    pub zone: String,
    /// What to do with a row that repeats another row of the file exactly and has no id of its own.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// What to do with a row that has fewer fields than the header.
    #[serde(default)]
    pub short_rows: ShortRows,
    /// What a second arrival of the same key means. Grouped orders and profiles supersede unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_repeat: Option<Repeat>,
    /// ISO currency of every amount, written to the property `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Columns known and left out on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Identity namespace = column.
    #[serde(default)]
    pub identity: BTreeMap<String, String>,
    /// When it happened, or when a profile row held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeColumns>,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventColumns>,
    /// Property = column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Field>,
    /// Rows that belong to one event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// Trait = column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub traits: BTreeMap<String, Field>,
    /// Columns that say yes or no to being contacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consent: Vec<ConsentColumn>,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MappingKind {
    /// Something that happened.
    Events,
    /// A person.
    Profiles,
}

/// What to do with a row that repeats another exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// It happened twice: two identical order lines are two lines, and sums equal the source's.
    #[default]
    Keep,
    /// It is the same row written twice: counted as merged.
    Drop,
}

/// What to do with a row that has fewer fields than the header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShortRows {
    /// It may be cut off: reject it.
    #[default]
    Reject,
    /// The writer leaves out empty cells at the end.
    Fill,
}

/// What a second arrival of the same key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// The same event again.
    Merge,
    /// A newer version of it.
    Supersede,
}

/// When a row happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeColumns {
    /// The column of the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The columns of year, month and day, where a file splits them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<[String; 3]>,
    /// How it is written.
    #[serde(default)]
    pub format: TimeFormat,
    /// The column of the moment it was learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
}

/// What a row says happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventColumns {
    /// The same name for every row, unless a rule or the column says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The column that names the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The source's own id of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Order within the instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    /// The same channel for every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The column of the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_column: Option<String>,
    /// The first rule whose column starts with its text names the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<NameRule>,
}

/// Names an event by how a cell starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameRule {
    /// The column looked at.
    pub column: String,
    /// What its cell starts with.
    pub starts_with: String,
    /// The event's name then.
    pub name: String,
}

/// A property or trait: a column, with its type unless it is text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Field {
    /// A column of text.
    Column(String),
    /// A column with its type.
    Typed(TypedField),
}

/// A column with its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedField {
    /// The column.
    pub column: String,
    /// The type of its cells.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// How numbers are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalSign>,
    /// How moments are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<TimeFormat>,
}

impl<'de> Deserialize<'de> for Field {
    /// Written out, because a derived choice of two forms cannot say what is wrong with either.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> serde::de::Visitor<'de> for Reader {
            type Value = Field;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a column, or { column = \"…\", type = \"number\" }")
            }
            fn visit_str<E>(self, column: &str) -> Result<Field, E> {
                Ok(Field::Column(column.to_owned()))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                TypedField::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Field::Typed)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl Field {
    /// The column.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Self::Column(column) => column,
            Self::Typed(typed) => &typed.column,
        }
    }

    /// The type of its cells.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Column(_) => ValueType::Text,
            Self::Typed(typed) => typed.value_type,
        }
    }
}

/// Rows that belong to one event: the lines of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The column whose equal values belong together: the natural key.
    pub by: String,
    /// Item property = column. What is under `[properties]` belongs to the whole event and is taken from the first line
    /// that has it.
    pub items: BTreeMap<String, Field>,
    /// Event property = item properties multiplied per line and summed, such as `revenue = ["quantity", "price"]`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub totals: BTreeMap<String, Vec<String>>,
}

/// A column that says yes or no to being contacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentColumn {
    /// The column: 0 or 1, yes or no, subscribed or unsubscribed.
    pub column: String,
    /// On which channel.
    pub channel: Channel,
    /// For which purpose.
    #[serde(default = "marketing")]
    pub purpose: Purpose,
}

fn marketing() -> Purpose {
    Purpose::Marketing
}

impl Mapping {
    /// A mapping that says nothing yet.
    #[must_use]
    pub fn new(kind: MappingKind, source: impl Into<String>) -> Self {
        Self {
            kind,
            source: source.into(),
            zone: utc(),
            duplicates: Duplicates::Keep,
            short_rows: ShortRows::Reject,
            on_repeat: None,
            currency: None,
            ignore: Vec::new(),
            identity: BTreeMap::new(),
            time: None,
            event: None,
            properties: BTreeMap::new(),
            group: None,
            traits: BTreeMap::new(),
            consent: Vec::new(),
        }
    }

    /// Reads the TOML form.
    ///
    /// # Errors
    /// Where the text is no mapping, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mapping: Self = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            let problem = Problem::new("mapping-unreadable", message)
                .help("`segue import FILE --dry-run --save-map MAP.toml` writes a mapping to start from");
            match error.span() {
                Some(span) => {
                    let before = text.get(..span.start).unwrap_or("");
                    problem.at_line(before.matches('\n').count() as u64 + 1)
                }
                None => problem,
            }
        })?;
        mapping.check()?;
        Ok(mapping)
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// The file cannot be read or is no mapping.
    pub fn load(path: &Path) -> Result<Self, Problem> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::NotFound => "does not exist".to_owned(),
                io::ErrorKind::InvalidData => "is not UTF-8 text".to_owned(),
                _ => format!("cannot be read: {error}"),
            };
            Problem::new("mapping-file", why).help("check the path given to --map").in_file(&file)
        })?;
        Self::parse(&text).map_err(|problem| problem.in_file(file))
    }

    /// The TOML form.
    ///
    /// # Errors
    /// The mapping cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, Problem> {
        toml::to_string(self).map_err(|error| Problem::new("mapping-unwritable", error.to_string()))
    }

    /// Writes the mapping file; an existing file is replaced.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Problem> {
        std::fs::write(path, self.to_toml()?).map_err(|error| {
            Problem::new("mapping-unwritable", format!("cannot be written: {error}"))
                .help("choose another path for --save-map")
                .in_file(path.display().to_string())
        })
    }

    /// Every column it refers to.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let time = self.time.iter().flat_map(|t| {
            t.column.iter().chain(t.received.iter()).chain(t.parts.iter().flatten()).map(String::as_str)
        });
        let event = self.event.iter().flat_map(|e| {
            let single = [&e.column, &e.id, &e.sequence, &e.channel_column].into_iter().flatten();
            single.map(String::as_str).chain(e.rules.iter().map(|rule| rule.column.as_str()))
        });
        let group = self
            .group
            .iter()
            .flat_map(|g| std::iter::once(g.by.as_str()).chain(g.items.values().map(Field::column)));
        self.identity
            .values()
            .map(String::as_str)
            .chain(time)
            .chain(event)
            .chain(self.properties.values().chain(self.traits.values()).map(Field::column))
            .chain(group)
            .chain(self.consent.iter().map(|consent| consent.column.as_str()))
    }

    fn check(&self) -> Result<(), Problem> {
        let wrong = |code, message: String, help: &str| Err(Problem::new(code, message).help(help));
        if self.source.trim().is_empty() {
            return wrong(
                "mapping-source",
                "source is empty".into(),
                "name the system the export comes from",
            );
        }
        if let Err(error) = TimeZone::get(&self.zone) {
            return wrong(
                "mapping-zone",
                format!("zone: {error}"),
                "write an IANA name such as Europe/Berlin",
            );
        }
        if let Some(code) = self.currency.as_deref().filter(|code| Currency::new(code).is_none()) {
            return wrong(
                "mapping-currency",
                format!("`{code}` is no currency code"),
                "write three letters such as EUR",
            );
        }
        match self.kind {
            MappingKind::Events if !self.traits.is_empty() || !self.consent.is_empty() => wrong(
                "mapping-kind",
                "events have properties; traits and consent belong to profiles".into(),
                "move them under [properties], or import the file a second time with a mapping of kind profiles",
            ),
            MappingKind::Profiles if !self.properties.is_empty() || self.group.is_some() => wrong(
                "mapping-kind",
                "profiles have traits; properties and groups belong to events".into(),
                "move them under [traits]",
            ),
            MappingKind::Events => self.check_events(),
            MappingKind::Profiles if self.identity.is_empty() => wrong(
                "mapping-identity",
                "profiles need at least one [identity] column".into(),
                "add `email = \"COLUMN\"` or `user_id = \"COLUMN\"` under [identity]",
            ),
            MappingKind::Profiles => Ok(()),
        }
    }

    fn check_events(&self) -> Result<(), Problem> {
        let wrong = |code, message: String, help: &str| Err(Problem::new(code, message).help(help));
        match &self.time {
            None => {
                return wrong(
                    "mapping-time",
                    "events need [time]".into(),
                    "add `column = \"COLUMN\"` under [time]",
                );
            }
            Some(time) if time.column.is_some() == time.parts.is_some() => {
                return wrong(
                    "mapping-time",
                    "[time] needs either column or parts".into(),
                    "write `column = \"date\"` or `parts = [\"year\", \"month\", \"day\"]`",
                );
            }
            Some(_) => {}
        }
        let Some(event) = self.event.as_ref().filter(|event| event.name.is_some() || event.column.is_some())
        else {
            return wrong(
                "mapping-event",
                "[event] needs a name or a column".into(),
                "write `name = \"Order Completed\"` or `column = \"COLUMN\"` under [event]",
            );
        };
        let Some(group) = &self.group else { return Ok(()) };
        if event.id.is_some() {
            return wrong(
                "mapping-group-id",
                "an event id and [group] contradict each other".into(),
                "remove `id`: the column of [group] by is the key",
            );
        }
        for (total, factors) in &group.totals {
            for factor in factors {
                let number =
                    group.items.get(factor).is_some_and(|field| field.value_type() == ValueType::Number);
                if !number {
                    return wrong(
                        "mapping-total",
                        format!("the total {total} needs a number item called {factor}"),
                        "give that item `type = \"number\"` under [group.items]",
                    );
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_survives_being_saved() {
        let text = r#"
kind = "events"
source = "shop"
zone = "Europe/London"
currency = "GBP"
identity = { user_id = "CustomerID" }
time = { column = "InvoiceDate" }
event = { name = "Order Completed", rules = [{ column = "InvoiceNo", starts_with = "C", name = "Order Refunded" }] }
properties = { country = "Country" }
[group]
by = "InvoiceNo"
items = { price = { column = "UnitPrice", type = "number", decimal = "comma" }, quantity = { column = "Quantity", type = "number" } }
totals = { revenue = ["quantity", "price"] }
"#;
        let mapping = Mapping::parse(text).unwrap();
        let again = Mapping::parse(&mapping.to_toml().unwrap()).unwrap();
        assert_eq!(mapping, again);
        assert_eq!(mapping.columns().count(), 7);
    }
}
