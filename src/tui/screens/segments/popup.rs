//! What may come next, beside the word being written. It only offers: letters, blanks and new lines are typed as ever, and
//! nothing is put into the text that nobody took.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};

use unicode_width::UnicodeWidthStr;

use super::draft::Draft;
use crate::panel::figures;
use crate::panel::privacy::plain;
use crate::panel::segments::complete::{Completion, Completions};
use crate::rule::complete::SuggestionKind;
use crate::tui::action::Action;
use crate::tui::layout::{Breakpoint, take_top};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::Row;
use crate::tui::widgets::table::Cursor;

/// Rows shown at once.
const ROWS: u16 = 8;
/// The fewest rows worth a window; with less room the offers stand on one line.
const FEWEST: u16 = 2;
/// The fewest and most cells of a name, and those of a count and of what it is.
const NAME: (usize, usize) = (12, 30);
const COUNT: usize = 9;
const KIND: usize = 9;

/// What is offered, and which of it was walked to.
#[derive(Debug, Clone, Default)]
pub(super) struct Popup {
    open: bool,
    /// Whether it was called for by its own key: then it also shows what goes without saying.
    called: bool,
    ticket: u64,
    found: Option<Arc<Completions>>,
    at: Option<usize>,
}

impl Popup {
    /// The text changed: what was offered is about to be replaced.
    pub(super) fn ask(&mut self, ticket: u64, called: bool) {
        (self.open, self.called, self.ticket, self.at) = (true, called, ticket, None);
    }

    pub(super) fn close(&mut self) {
        *self = Self::default();
    }

    pub(super) fn receive(&mut self, found: Arc<Completions>) {
        if self.open && found.ticket == self.ticket {
            self.found = Some(found);
        }
    }

    /// What is offered for a draft; nothing where there is nothing to be said.
    pub(super) fn rows(&self, draft: &Draft) -> &[Completion] {
        let Some(found) = self.found.as_deref().filter(|_| self.open) else { return &[] };
        let Some(first) = found.rows.first() else { return &[] };
        let written = draft.text().get(first.replace.clone()).map(str::to_owned);
        let worth = self.called
            || match written.as_deref() {
                // A rule that can be read as it stands may go on, but need not.
                Some("") => first.kind != SuggestionKind::Word && !draft.sound().1,
                Some(word) => first.insert.trim_end() != word,
                None => false,
            };
        if worth { &found.rows } else { &[] }
    }

    /// Whether it is seen.
    pub(super) fn is_open(&self, draft: &Draft) -> bool {
        !self.rows(draft).is_empty()
    }

    /// Whether somebody walked to a row, so that the key of a new line takes it.
    pub(super) fn is_chosen(&self) -> bool {
        self.at.is_some()
    }

    pub(super) fn walk(&mut self, action: Action, draft: &Draft) {
        let last = self.rows(draft).len().saturating_sub(1);
        self.at = Some(match (self.at, action) {
            (None, Action::Up) => last,
            (None, _) => 0,
            (Some(at), Action::Up) => at.checked_sub(1).unwrap_or(last),
            (Some(at), _) => {
                if at >= last {
                    0
                } else {
                    at + 1
                }
            }
        });
    }

    /// What is taken now: the row walked to, else the first. What was offered for an older text is not taken.
    pub(super) fn chosen(&self, draft: &Draft) -> Option<Completion> {
        let current = self.found.as_ref().is_some_and(|found| found.ticket == self.ticket);
        self.rows(draft).get(self.at.unwrap_or(0)).filter(|_| current).cloned()
    }

    /// Draws it at the cursor, within an area; on a small terminal on the last line of the editor.
    pub(super) fn draw(
        &self,
        draft: &Draft,
        cursor: Option<Position>,
        (editor, around): (Rect, Rect),
        buffer: &mut Buffer,
        view: &View,
    ) {
        let rows = self.rows(draft);
        let (Some(first), Some(cursor)) = (rows.first(), cursor) else { return };
        let below = around.bottom().saturating_sub(cursor.y + 1);
        let above = cursor.y.saturating_sub(around.y);
        let wanted = (rows.len() as u16).min(ROWS) + 2;
        let (room, is_below) =
            if below >= wanted.min(above) || below >= ROWS + 2 { (below, true) } else { (above, false) };
        let height = wanted.min(room);
        if view.size == Breakpoint::Tiny || height < wanted.min(FEWEST + 2) {
            return self.draw_line(rows, editor, buffer, view);
        }
        let written = draft.written_since(first.replace.start);
        let (name, count) = widths(rows);
        let width = ((name + count + KIND + 5) as u16).min(around.width);
        let x = cursor.x.saturating_sub(written as u16 + 2).max(around.x);
        let x = x.min(around.right().saturating_sub(width));
        let y = if is_below { cursor.y + 1 } else { cursor.y - height };
        let window = Rect { x, y, width, height };
        Clear.render(window, buffer);
        let more = format!("{} of {}", self.at.map_or(1, |at| at + 1), rows.len());
        let about = if self.is_chosen() { "Enter takes it" } else { "Tab takes it" };
        let frame = Frame { title: about, about: "", note: &more, focused: true };
        let inner = frame.draw(window, buffer, view.theme);
        let at = self.at.unwrap_or(0);
        let shown = Cursor { at }.window(rows.len(), usize::from(inner.height));
        for (line, place) in shown.enumerate() {
            let Some(row) = rows.get(place) else { continue };
            let drawn = offer(row, (name, count), view);
            let drawn =
                if place == at { drawn.to(usize::from(inner.width)).all(Role::Selected) } else { drawn };
            line_at(drawn, inner, line as u16, buffer);
        }
    }

    fn draw_line(&self, rows: &[Completion], area: Rect, buffer: &mut Buffer, view: &View) {
        let (_, line) = take_top(area, area.height.saturating_sub(1));
        Clear.render(line, buffer);
        let at = self.at.unwrap_or(0);
        let mut row = view.row().put(Role::Key, if self.is_chosen() { "Enter " } else { "Tab " });
        for (place, offered) in rows.iter().enumerate().skip(at) {
            let label = plain(&offered.label);
            if row.width() + label.chars().count() + 2 > usize::from(line.width) && place > at {
                break;
            }
            row = row.put(if place == at { Role::Selected } else { Role::Muted }, label).gap(1);
        }
        line_at(row, line, 0, buffer);
    }
}

/// Cells of the names and the counts of what is offered.
fn widths(rows: &[Completion]) -> (usize, usize) {
    let longest = rows.iter().map(|row| plain(&row.label).width()).max().unwrap_or(0);
    let counted = rows.iter().any(|row| row.count.is_some());
    (longest.clamp(NAME.0, NAME.1), if counted { COUNT } else { 0 })
}

fn offer(row: &Completion, (name, count): (usize, usize), view: &View) -> Row {
    let told = row.count.map_or(String::new(), figures::count);
    let drawn = view.row().cell(Role::Text, plain(&row.label), name).right(Role::Loud, told, count);
    drawn.gap(1).muted(word(row.kind))
}

fn word(kind: SuggestionKind) -> &'static str {
    match kind {
        SuggestionKind::Trait => "trait",
        SuggestionKind::Property => "property",
        SuggestionKind::Event => "event",
        SuggestionKind::Set => "segment",
        SuggestionKind::Stage => "stage",
        SuggestionKind::Value => "value",
        SuggestionKind::Operator => "test",
        SuggestionKind::Word => "word",
    }
}
