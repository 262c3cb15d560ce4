//! The one shape of a fault a person can do something about: what, where, what now.

use std::fmt;

use serde::Serialize;

/// Where a problem is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file or definition, as the person named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column's name, or the position within the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// A user-facing fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable short name such as `csv-ragged-row`.
    pub code: &'static str,
    /// Where.
    pub place: Place,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Problem {
    /// A problem without a place.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, place: Place::default(), message: message.into(), help: None }
    }

    /// With what to do now.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// In this file or definition.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.place.file = Some(file.into());
        self
    }

    /// On this line, counted from 1.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.place.line = Some(line);
        self
    }

    /// In this column.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.place.column = Some(column.into());
        self
    }
}

impl fmt::Display for Problem {
    /// `file:line, column: message (help)`, or `line 4: …` where no file is named; without control characters of the data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if let Some(file) = &self.place.file {
            text.push_str(file);
        }
        if let Some(line) = self.place.line {
            text.push_str(&format!("{}{line}", if text.is_empty() { "line " } else { ":" }));
        }
        if let Some(column) = &self.place.column {
            text.push_str(&format!("{}column {column}", if text.is_empty() { "" } else { ", " }));
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&self.message);
        if let Some(help) = &self.help {
            text.push_str(&format!("\n  help: {help}"));
        }
        f.write_str(&printable(&text))
    }
}

impl std::error::Error for Problem {}

/// A text of several lines without anything else that could steer a terminal; a single line or name is made harmless by
/// [`super::privacy::plain`].
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if super::privacy::steers(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// The problem of a TOML text that does not say what it should, with its line.
#[must_use]
pub fn of_toml(error: &toml::de::Error, text: &str) -> Problem {
    let line = error.span().map(|span| text.get(..span.start).unwrap_or("").matches('\n').count() as u64 + 1);
    let problem = Problem::new("definition-text", error.message().replace('\n', " "));
    match line {
        Some(line) => problem.at_line(line),
        None => problem,
    }
}
