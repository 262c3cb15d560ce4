//! Why one row cannot be taken, before anybody knows which file it is in.

use crate::model::Problem;

/// A row's fault: a problem whose column is still a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) column: Option<usize>,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, column: None, message: message.into(), help: help.into() }
    }

    pub(crate) fn in_column(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }

    /// The fault as a problem of a line.
    pub(crate) fn problem(self, header: &[String], line: u64) -> Problem {
        let problem = Problem::new(self.code, self.message).help(self.help).at_line(line);
        match self.column.and_then(|column| header.get(column)) {
            Some(name) => problem.in_column(name),
            None => problem,
        }
    }
}

/// A cell's text as a message quotes it: short and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut cut: String =
        text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        cut.push('…');
    }
    format!("`{cut}`")
}
