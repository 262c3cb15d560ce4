//! What may come next at a place of a rule being written, with how many have it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::rule::complete::SuggestionKind;

/// What may come next. An answer to `Command::Complete` of the same ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completions {
    /// The ticket of the question; an answer to an older question is dropped.
    pub ticket: u64,
    /// What is offered, the best first.
    pub rows: Vec<Completion>,
}

/// Something that may come next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What it is.
    pub kind: SuggestionKind,
    /// How it is called.
    pub label: String,
    /// The text to put there.
    pub insert: String,
    /// Which bytes of the text it takes the place of.
    pub replace: Range<usize>,
    /// How many people or events have it, where that is known.
    pub count: Option<u64>,
}
