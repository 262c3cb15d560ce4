//! A rule being written, and the engine's newest verdict on it.

use std::sync::Arc;

use crate::panel::figures;
use crate::panel::segments::{Diagnostic, SegmentVerdict};
use crate::tui::keymap::Stroke;
use crate::tui::port::Command;
use crate::tui::widgets::input::TextInput;

/// The draft.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    /// The saved version it began from; none for a new segment.
    pub(super) version: Option<u32>,
    pub(super) input: TextInput,
    /// The newest question asked about it.
    pub(super) ticket: u64,
    pub(super) verdict: Option<Arc<SegmentVerdict>>,
    saved: String,
}

impl Draft {
    pub(super) fn new(name: &str, version: Option<u32>, text: &str) -> Self {
        let input = TextInput::lines(text);
        let saved = input.text();
        Self { name: name.to_owned(), version, input, ticket: 0, verdict: None, saved }
    }

    pub(super) fn text(&self) -> String {
        self.input.text()
    }

    pub(super) fn is_changed(&self) -> bool {
        self.text() != self.saved
    }

    /// The verdict, if it is about the text as it stands.
    pub(super) fn current(&self) -> Option<&SegmentVerdict> {
        self.verdict.as_deref().filter(|verdict| verdict.ticket == self.ticket)
    }

    /// What is wrong with the text as it stands. A text that is still to be written is not wrong yet.
    pub(super) fn diagnostics(&self) -> &[Diagnostic] {
        let current = self.current().filter(|_| !self.text().trim().is_empty());
        current.map(|verdict| verdict.diagnostics.as_slice()).unwrap_or_default()
    }

    pub(super) fn keep(&mut self, version: u32) {
        self.version = Some(version);
        self.saved = self.text();
    }

    pub(super) fn set(&mut self, text: &str) {
        self.input.set(text);
    }

    /// Puts the cursor to a byte of the text.
    pub(super) fn go_to(&mut self, byte: usize) {
        let text = self.text();
        let before = text.get(..byte).unwrap_or(&text);
        let line = before.rsplit('\n').next().unwrap_or("");
        self.input.go_to(before.matches('\n').count(), line.chars().count());
    }

    pub(super) fn type_key(&mut self, stroke: Stroke) -> bool {
        self.input.type_key(stroke)
    }

    pub(super) fn paste(&mut self, text: &str) -> bool {
        self.input.paste(text)
    }

    pub(super) fn undo(&mut self) -> bool {
        self.input.undo()
    }

    pub(super) fn redo(&mut self) -> bool {
        self.input.redo()
    }

    pub(super) fn question(&self) -> Command {
        Command::CheckRule { name: Some(self.name.clone()), text: self.text(), ticket: self.ticket }
    }

    pub(super) fn save(&self) -> Command {
        Command::SaveSegment { name: self.name.clone(), text: self.text() }
    }

    /// Why it cannot be saved now.
    pub(super) fn save_blocked(&self) -> Option<String> {
        if self.text().trim().is_empty() {
            return Some("the rule is empty".to_owned());
        }
        if !self.is_changed() && self.version.is_some() {
            return Some("nothing has changed".to_owned());
        }
        match self.current() {
            None => Some("the rule is being read".to_owned()),
            Some(verdict) if verdict.is_broken() => {
                let errors = verdict.diagnostics.iter().filter(|diagnostic| diagnostic.error).count();
                Some(format!("{} in the rule", figures::plural(errors as u64, "problem", "problems")))
            }
            Some(_) => None,
        }
    }

    /// The first suggestion of the current verdict, preferring the cursor's line.
    pub(super) fn suggestion(&self) -> Option<&Diagnostic> {
        let line = self.input.cursor().0 as u32 + 1;
        let all = || self.current().into_iter().flat_map(|verdict| &verdict.diagnostics);
        let offered = |diagnostic: &&Diagnostic| diagnostic.replacement.is_some();
        all().filter(offered).find(|diagnostic| diagnostic.line == line).or_else(|| all().find(offered))
    }

    /// Takes the suggestion.
    pub(super) fn accept(&mut self) -> bool {
        let Some(diagnostic) = self.suggestion().cloned() else { return false };
        let Some(by) = diagnostic.replacement else { return false };
        let from_one = |n: u32| n.saturating_sub(1) as usize;
        self.input.replace(
            from_one(diagnostic.line),
            from_one(diagnostic.column),
            diagnostic.length as usize,
            &by,
        );
        true
    }
}
