//! A rule being written, and the engine's newest verdict on it.

use std::sync::Arc;

use crate::panel::figures;
use crate::panel::segments::complete::Completion;
use crate::panel::segments::{ClauseCount, Diagnostic, SegmentVerdict};
use crate::rule::complete::SuggestionKind;
use crate::rule::rows::rows;
use crate::tui::keymap::Stroke;
use crate::tui::port::{Command, Like};
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
    /// Where it takes what it says of itself from when it is first kept.
    pub(super) like: Like,
    /// The text as it was when it could last be read.
    sound: String,
    saved: String,
    /// Each line as it was when the rule was last counted, with its counts.
    counted: Vec<(String, ClauseCount)>,
}

/// Where the cursor stands, as an edit of rows keeps it: in which row, and how far before its end.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    row: usize,
    back: isize,
}

/// What becomes of a row's place where rows are edited.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit {
    /// It stays where it is.
    Changed,
    /// A row comes in behind this one.
    Added(usize),
    /// This row goes.
    Removed(usize),
}

impl Edit {
    fn moves(self, row: usize) -> usize {
        match self {
            Self::Added(behind) if row > behind => row + 1,
            Self::Removed(gone) if row > gone => row - 1,
            _ => row,
        }
    }
}

impl Draft {
    pub(super) fn new(name: &str, version: Option<u32>, text: &str) -> Self {
        let input = TextInput::lines(text);
        let saved = input.text();
        let sound = if rows(&saved).is_some() { saved.clone() } else { String::new() };
        Self {
            name: name.to_owned(),
            version,
            input,
            ticket: 0,
            verdict: None,
            like: Like::Nothing,
            sound,
            saved,
            counted: Vec::new(),
        }
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

    /// Whether something is only missing yet, right where one writes: unfinished is not wrong.
    pub(super) fn is_unfinished(&self, diagnostic: &Diagnostic) -> bool {
        let (line, character) = self.input.cursor();
        let at_end = self.text().get(self.cursor_byte()..).is_some_and(|rest| rest.trim().is_empty());
        at_end && diagnostic.line as usize == line + 1 && diagnostic.column as usize > character
    }

    pub(super) fn keep(&mut self, version: u32) {
        self.version = Some(version);
        self.saved = self.text();
    }

    pub(super) fn set(&mut self, text: &str) {
        self.input.set(text);
    }

    /// The text changed: if it can be read, rows are shown of it from now on.
    pub(super) fn note_sound(&mut self) {
        let text = self.text();
        if rows(&text).is_some() {
            self.sound = text;
        }
    }

    /// The text that rows are shown of, and whether it is the one that is written.
    pub(super) fn sound(&self) -> (&str, bool) {
        (&self.sound, self.sound == self.text())
    }

    /// The row the cursor is in, if the text can be read.
    pub(super) fn row_of_cursor(&self) -> Option<usize> {
        let (cursor, rows) = (self.cursor_byte(), rows(&self.text())?);
        Some(rows.iter().rposition(|row| row.span.start <= cursor).unwrap_or(0))
    }

    /// Takes a text that an edit of rows made; the cursor stays in its row.
    pub(super) fn rewrite(&mut self, text: &str, edit: Edit) {
        let anchor = self.anchor();
        self.set(text);
        let (Some(anchor), Some(rows)) = (anchor, rows(text)) else { return };
        let row = edit.moves(anchor.row).min(rows.len().saturating_sub(1));
        let Some(row) = rows.get(row) else { return };
        let end = self.text().len();
        let back = anchor.back.min(row.span.len() as isize);
        let byte = row.span.end.saturating_add_signed(-back).min(end);
        self.go_to(byte);
    }

    fn anchor(&self) -> Option<Anchor> {
        let row = self.row_of_cursor()?;
        let end = rows(&self.text())?.get(row)?.span.end;
        Some(Anchor { row, back: end as isize - self.cursor_byte() as isize })
    }

    /// Puts the cursor to a byte of the text.
    pub(super) fn go_to(&mut self, byte: usize) {
        let text = self.text();
        let before = text.get(..byte).unwrap_or(&text);
        let line = before.rsplit('\n').next().unwrap_or("");
        self.input.go_to(before.matches('\n').count(), line.chars().count());
    }

    /// The byte of the text the cursor is at.
    pub(super) fn cursor_byte(&self) -> usize {
        let (line, character) = self.input.cursor();
        let lines = self.input.each_line();
        let before: usize = lines.iter().take(line).map(|line| line.len() + 1).sum();
        let here = lines.get(line).map_or("", String::as_str);
        before + here.char_indices().nth(character).map_or(here.len(), |(byte, _)| byte)
    }

    /// How many characters stand between a byte of the text and the cursor.
    pub(super) fn written_since(&self, byte: usize) -> usize {
        self.text().get(byte..self.cursor_byte()).map_or(0, |written| written.chars().count())
    }

    /// Puts another text in the place of some bytes, as one edit; the cursor stands behind it.
    pub(super) fn put(&mut self, place: std::ops::Range<usize>, by: &str) -> bool {
        let text = self.text();
        let (Some(before), Some(taken)) = (text.get(..place.start), text.get(place)) else { return false };
        let line = before.rsplit('\n').next().unwrap_or("");
        let at = (before.matches('\n').count(), line.chars().count());
        self.input.replace(at.0, at.1, taken.chars().count(), by);
        true
    }

    /// Takes what was offered. Behind a name a blank follows, because something always does.
    pub(super) fn take(&mut self, offered: &Completion) -> bool {
        let text = self.text();
        let after = text.get(offered.replace.end..).and_then(|rest| rest.chars().next());
        let before = text.get(..offered.replace.start).and_then(|head| head.chars().next_back());
        let named = matches!(offered.kind, SuggestionKind::Trait | SuggestionKind::Property);
        let room = named && before != Some('.') && after.is_none_or(|next| next == '\n');
        let space = after == Some(' ') && offered.insert.ends_with(' ');
        let insert = if space { offered.insert.trim_end() } else { &offered.insert };
        self.put(offered.replace.clone(), &if room { format!("{insert} ") } else { insert.to_owned() })
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

    /// What may come next, asked of the text as it stands.
    pub(super) fn wonder(&self) -> Command {
        let (name, text) = (Some(self.name.clone()), self.text());
        Command::Complete { name, text, cursor: self.cursor_byte(), ticket: self.ticket }
    }

    /// Takes a verdict if it answers the newest question.
    pub(super) fn judge(&mut self, verdict: Arc<SegmentVerdict>) {
        if verdict.ticket != self.ticket {
            return;
        }
        let mut judged = match self.verdict.as_deref() {
            Some(earlier) if !verdict.whole || verdict.stands_out.is_none() => {
                let mut kept = SegmentVerdict::clone(&verdict);
                kept.keep(earlier);
                Arc::new(kept)
            }
            _ => verdict,
        };
        match judged.count {
            Some(_) => self.note_counted(&judged),
            None => Arc::make_mut(&mut judged).lines = self.counted_before(),
        }
        self.verdict = Some(judged);
    }

    fn note_counted(&mut self, verdict: &SegmentVerdict) {
        let lines = self.input.each_line();
        let of =
            |count: &ClauseCount| Some((lines.get((count.line as usize).saturating_sub(1))?.clone(), *count));
        self.counted = verdict.lines.iter().filter_map(of).collect();
    }

    /// What was counted of the lines that still read as they did: an error on one line says nothing about another. What a
    /// line costs the whole cannot be told while there is no whole.
    fn counted_before(&self) -> Vec<ClauseCount> {
        let known = |(line, text): (u32, &String)| {
            let (_, count) = self.counted.iter().find(|(counted, _)| counted == text)?;
            Some(ClauseCount { line, costs: None, ..*count })
        };
        (1..).zip(self.input.each_line()).filter_map(known).collect()
    }

    pub(super) fn question(&self) -> Command {
        Command::CheckRule { name: Some(self.name.clone()), text: self.text(), ticket: self.ticket }
    }

    pub(super) fn save(&self) -> Command {
        Command::SaveSegment { name: self.name.clone(), text: self.text(), like: self.like.clone() }
    }

    /// Why it cannot be saved now.
    pub(super) fn save_blocked(&self) -> Option<String> {
        if self.text().trim().is_empty() {
            return Some("the rule is empty".to_owned());
        }
        if !self.is_changed() && self.version.is_some() {
            return Some("nothing has changed".to_owned());
        }
        self.copy_blocked()
    }

    /// Why it cannot be kept at all now.
    pub(super) fn copy_blocked(&self) -> Option<String> {
        if self.text().trim().is_empty() {
            return Some("the rule is empty".to_owned());
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
        let (line, column, length) =
            (from_one(diagnostic.line), from_one(diagnostic.column), diagnostic.length as usize);
        // One goes on writing where one was, wherever the slip stood.
        let (at_line, at) = self.input.cursor();
        let moved = match at_line == line {
            true if at >= column + length => at - length + by.chars().count(),
            true if at > column => column + by.chars().count(),
            _ => at,
        };
        self.input.replace(line, column, length, &by);
        self.input.go_to(at_line, moved);
        true
    }
}
