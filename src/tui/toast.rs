//! A message that goes away by itself.

use crate::model::Problem;

/// The message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Toast {
    /// Tells it from the message before, so that an old deadline cannot take a new message away.
    pub(crate) serial: u64,
    pub(crate) text: ToastText,
}

/// What it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ToastText {
    /// Something went well, or cannot be done.
    Note(String),
    /// Something went wrong.
    Problem(Problem),
}

impl Toast {
    pub(crate) fn note(text: impl Into<String>) -> Self {
        Self { serial: 0, text: ToastText::Note(text.into()) }
    }

    pub(crate) fn problem(problem: Problem) -> Self {
        Self { serial: 0, text: ToastText::Problem(problem) }
    }

    /// How long it stays: a problem long enough to read its help.
    pub(crate) fn seconds(&self) -> u64 {
        match self.text {
            ToastText::Note(_) => 4,
            ToastText::Problem(_) => 12,
        }
    }
}
