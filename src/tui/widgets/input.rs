//! Text being typed: one line for prompts and filters, several for rules. Editing, undo and redo are the textarea's;
//! drawing is ours, because diagnostics stand between the lines.

use crossterm::event::KeyCode;
use ratatui_textarea::{CursorMove, Input, Key, TextArea};

use super::row::Row;
use crate::tui::keymap::Stroke;
use crate::tui::theme::Role;

/// Edits that can be undone.
const HISTORY: usize = 500;

/// A text under edit.
#[derive(Debug, Clone)]
pub(crate) struct TextInput {
    area: TextArea<'static>,
    single_line: bool,
    /// Edits that the textarea takes as two, as (before, between, after): undone and done again as one.
    whole: Vec<[String; 3]>,
}

impl TextInput {
    /// One line, the cursor at its end.
    pub(crate) fn line(text: &str) -> Self {
        let mut input =
            Self { area: TextArea::new(vec![one_line(text)]), single_line: true, whole: Vec::new() };
        input.area.move_cursor(CursorMove::End);
        input
    }

    /// Several lines, the cursor at the end.
    pub(crate) fn lines(text: &str) -> Self {
        let lines = text.lines().map(no_controls).collect();
        let mut input = Self { area: TextArea::new(lines), single_line: false, whole: Vec::new() };
        input.area.set_max_histories(HISTORY);
        input.area.move_cursor(CursorMove::Bottom);
        input.area.move_cursor(CursorMove::End);
        input
    }

    /// The text.
    pub(crate) fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Its lines.
    pub(crate) fn each_line(&self) -> &[String] {
        self.area.lines()
    }

    /// The cursor's line and character, from 0.
    pub(crate) fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Takes a key; says whether the text changed.
    pub(crate) fn type_key(&mut self, stroke: Stroke) -> bool {
        let key = match stroke.code {
            KeyCode::Enter if self.single_line => return false,
            KeyCode::Tab | KeyCode::BackTab => return false,
            KeyCode::Char(c) => Key::Char(c),
            KeyCode::Backspace => Key::Backspace,
            KeyCode::Delete => Key::Delete,
            KeyCode::Enter => Key::Enter,
            KeyCode::Left => Key::Left,
            KeyCode::Right => Key::Right,
            KeyCode::Up => Key::Up,
            KeyCode::Down => Key::Down,
            KeyCode::Home => Key::Home,
            KeyCode::End => Key::End,
            KeyCode::PageUp => Key::PageUp,
            KeyCode::PageDown => Key::PageDown,
            _ => return false,
        };
        // `m` with control is how some terminals send Enter, which would break a single line.
        if self.single_line && stroke.ctrl && matches!(key, Key::Char('m' | 'j')) {
            return false;
        }
        // What shells and readers of lines do; the widget would undo.
        if stroke.ctrl && matches!(key, Key::Char('u')) {
            return self.area.delete_line_by_head();
        }
        self.area.input(Input { key, ctrl: stroke.ctrl, alt: stroke.alt, shift: false })
    }

    /// Takes a pasted text; says whether the text changed.
    pub(crate) fn paste(&mut self, text: &str) -> bool {
        let text = if self.single_line {
            one_line(text)
        } else {
            text.lines().map(no_controls).collect::<Vec<_>>().join("\n")
        };
        self.area.insert_str(text)
    }

    /// Takes the last edit back.
    pub(crate) fn undo(&mut self) -> bool {
        let after = self.text();
        let undone = self.area.undo();
        let between = self.text();
        if undone && self.whole.iter().any(|[_, middle, end]| *middle == between && *end == after) {
            self.area.undo();
        }
        undone
    }

    /// Does the last undone edit again.
    pub(crate) fn redo(&mut self) -> bool {
        let before = self.text();
        let redone = self.area.redo();
        let between = self.text();
        if redone && self.whole.iter().any(|[start, middle, _]| *middle == between && *start == before) {
            self.area.redo();
        }
        redone
    }

    /// Puts the cursor to a line and character, from 0.
    pub(crate) fn go_to(&mut self, line: usize, character: usize) {
        let jump = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(jump(line), jump(character)));
    }

    /// Replaces so many characters from a place on, as one edit that can be undone.
    pub(crate) fn replace(&mut self, line: usize, character: usize, length: usize, by: &str) {
        self.go_to(line, character);
        let before = self.text();
        self.area.delete_str(length);
        let between = self.text();
        self.area.insert_str(by);
        self.remember(before, between);
    }

    /// Replaces everything.
    pub(crate) fn set(&mut self, text: &str) {
        let before = self.text();
        self.area.select_all();
        self.area.cut();
        let between = self.text();
        self.area.insert_str(text.lines().map(no_controls).collect::<Vec<_>>().join("\n"));
        self.remember(before, between);
    }

    fn remember(&mut self, before: String, between: String) {
        let after = self.text();
        if before != between && between != after {
            if self.whole.len() >= HISTORY {
                self.whole.remove(0);
            }
            self.whole.push([before, between, after]);
        }
    }

    /// Adds the single line with its cursor, scrolled so that the cursor is within the width; a mark stands for what is
    /// scrolled away.
    pub(crate) fn put_into(&self, row: Row, width: usize) -> Row {
        let text = self.area.lines().first().map(String::as_str).unwrap_or_default();
        let (letters, at): (Vec<char>, usize) = (text.chars().collect(), self.cursor().1);
        let part = |from: usize, to: usize| -> String {
            letters.get(from.min(letters.len())..to.min(letters.len())).unwrap_or_default().iter().collect()
        };
        let hidden = if at + 1 < width { 0 } else { (at + 2).saturating_sub(width) };
        let row = if hidden > 0 { row.muted("…") } else { row };
        let under = letters.get(at).map_or(" ".to_owned(), ToString::to_string);
        row.text(part(hidden, at)).put(Role::Selected, under).text(part(at + 1, letters.len()))
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim_end().to_owned()
}

fn no_controls(line: &str) -> String {
    line.replace('\t', "  ").chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(input: &mut TextInput, text: &str) {
        for c in text.chars() {
            input.type_key(Stroke::plain(KeyCode::Char(c)));
        }
    }

    #[test]
    fn edits_can_be_undone_and_done_again() {
        let mut input = TextInput::lines("country = \"DE\"");
        typed(&mut input, " x");
        assert!(input.undo());
        assert_eq!(input.text(), "country = \"DE\" ");
        assert!(input.redo());
        assert_eq!(input.text(), "country = \"DE\" x");
    }

    #[test]
    fn control_u_deletes_what_stands_before_the_cursor() {
        let mut input = TextInput::lines("country = 1");
        input.type_key(Stroke::plain(KeyCode::Left));
        assert!(input.type_key(Stroke { ctrl: true, ..Stroke::plain(KeyCode::Char('u')) }));
        assert_eq!(input.text(), "1");
    }

    #[test]
    fn a_suggestion_replaces_its_place_and_can_be_undone() {
        let mut input = TextInput::lines("a\nwhere categry = 1");
        input.replace(1, 6, 7, "category");
        assert_eq!(input.text(), "a\nwhere category = 1");
    }

    #[test]
    fn a_single_line_stays_one_and_pasted_controls_are_dropped() {
        let mut input = TextInput::line("a");
        input.type_key(Stroke::plain(KeyCode::Enter));
        input.type_key(Stroke { code: KeyCode::Char('m'), ctrl: true, alt: false });
        input.paste("b\nc\u{1b}[2J");
        assert_eq!(input.text(), "ab c [2J");
        let mut lines = TextInput::lines("");
        lines.paste("x\u{7}\ny");
        assert_eq!(lines.text(), "x\ny");
        lines.set("z");
        assert_eq!(lines.text(), "z");
    }
}
