//! Typed values of traits and properties.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Decimal, Time};

/// An owned trait or property value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// True or false.
    Flag(bool),
    /// An exact number.
    Number(Decimal),
    /// An instant. Read from text only where a mapping or a schema says so.
    Time(Time),
    /// Any other text.
    Text(String),
    /// Several values, such as tags.
    List(Vec<Value>),
}

/// The type of a property of one event name, or of a trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// True or false.
    Flag,
    /// An exact number.
    Number,
    /// An instant.
    Time,
    /// Text.
    Text,
    /// Several values.
    List,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Flag => "flag",
            Self::Number => "number",
            Self::Time => "time",
            Self::Text => "text",
            Self::List => "list",
        })
    }
}

/// A borrowed value, or none: what evaluation sees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Datum<'a> {
    /// Nothing is known.
    Missing,
    /// True or false.
    Flag(bool),
    /// An exact number.
    Number(Decimal),
    /// An instant.
    Time(Time),
    /// Text.
    Text(&'a str),
    /// Several values.
    List(&'a [Value]),
}

impl Value {
    /// The value's type.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Flag(_) => ValueType::Flag,
            Self::Number(_) => ValueType::Number,
            Self::Time(_) => ValueType::Time,
            Self::Text(_) => ValueType::Text,
            Self::List(_) => ValueType::List,
        }
    }

    /// The value, borrowed.
    #[must_use]
    pub fn datum(&self) -> Datum<'_> {
        match self {
            Self::Flag(flag) => Datum::Flag(*flag),
            Self::Number(number) => Datum::Number(*number),
            Self::Time(time) => Datum::Time(*time),
            Self::Text(text) => Datum::Text(text),
            Self::List(list) => Datum::List(list),
        }
    }
}

impl Datum<'_> {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

impl fmt::Display for Datum<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.pad("unknown"),
            Self::Flag(flag) => f.pad(if *flag { "true" } else { "false" }),
            Self::Number(number) => number.fmt(f),
            Self::Time(time) => time.fmt(f),
            Self::Text(text) => f.pad(text),
            Self::List(list) => {
                for (index, value) in list.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    value.datum().fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.datum().fmt(f)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}
