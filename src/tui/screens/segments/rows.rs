//! What is done in the rows and with the people shown beside them. Every edit goes through the text and its undo.

use std::sync::Arc;

use super::draft::Edit;
use super::keep::Choosing;
use super::spread::features;
use super::verdict::{Tab, Who, last_line, shown};
use super::{Effect, LIST, Question, SIDE, SegmentsScreen};
use crate::panel::segments::offers::{Explained, Offer, Offers};
use crate::rule::diagnostic::Diagnostic;
use crate::rule::rows::{self, Cell, RuleRow};
use crate::tui::action::Action;
use crate::tui::port::Command;
use crate::tui::screens::step_of;
use crate::tui::widgets::table::Cursor;

impl SegmentsScreen {
    /// Takes what cells may be filled with.
    pub(crate) fn offer(&mut self, offers: Arc<Offers>) {
        self.form.receive(offers);
    }

    /// Takes why the rule holds for a person, if that person is still looked at.
    pub(crate) fn explain(&mut self, explained: Arc<Explained>) {
        if self.focus == SIDE && self.who.tab == Tab::People && self.sampled() == Some(explained.id) {
            self.explained_at = self.who.at;
            self.who = Who { explained: Some(explained), at: 0, ..self.who };
        }
    }

    /// What the selected cell may be filled with; none while that is on its way.
    pub(crate) fn offered(&self) -> Option<Vec<Offer>> {
        if self.choosing == Choosing::Library {
            return Some(Self::library());
        }
        self.form.offered(self.row().as_ref())
    }

    /// What the window that fills the cell is called.
    pub(crate) fn cell_title(&self) -> &'static str {
        if self.choosing == Choosing::Library {
            return "Library of segments";
        }
        if self.form.adding {
            return "New row";
        }
        match self.form.selected() {
            Cell::Attribute => "What is asked about",
            Cell::Operator => "Test",
            Cell::Value => "Value",
            Cell::Window => "When",
        }
    }

    /// What that window says of itself.
    pub(crate) fn cell_about(&self) -> &'static str {
        match self.choosing {
            Choosing::Library => "opened as text",
            Choosing::Cell => "or type it as it stands in a rule",
        }
    }

    /// Whether letters are no text now.
    pub(super) fn is_reading(&self) -> bool {
        self.editing && (self.in_rows || self.focus == SIDE)
    }

    fn rows(&self) -> Vec<RuleRow> {
        self.draft.as_ref().and_then(|draft| rows::rows(draft.sound().0)).unwrap_or_default()
    }

    fn row(&self) -> Option<RuleRow> {
        let mut rows = self.rows();
        (self.form.row < rows.len()).then(|| rows.swap_remove(self.form.row))
    }

    fn sampled(&self) -> Option<crate::model::ProfileId> {
        let verdict = self.draft.as_ref()?.verdict.as_ref()?;
        let at = self.who.at.min(shown(verdict).count().checked_sub(1)?);
        shown(verdict).nth(at).map(|person| person.id)
    }

    /// What an action does in the rows or among the people; none if it is the editor's.
    pub(super) fn act_in_rows(&mut self, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::EditorRows => {
                self.popup.close();
                self.in_rows = !self.in_rows;
                self.focus = LIST;
                self.follow_cursor();
                self.form.walk(0, 0, self.rows().len());
                Some(self.attributes())
            }
            Action::EditorWho => {
                self.popup.close();
                self.focus = if self.focus == SIDE { LIST } else { SIDE };
                self.who.explained = None;
                Some(Vec::new())
            }
            _ if self.focus == SIDE => self.act_among_people(action),
            _ if self.in_rows => self.act_on_row(action),
            _ => None,
        }
    }

    /// Both views look at the same part: the row the cursor is in, and the cursor in the row that was walked to.
    fn follow_cursor(&mut self) {
        let Some(draft) = &mut self.draft else { return };
        let at = draft.row_of_cursor();
        if self.in_rows {
            self.form.row = at.unwrap_or(self.form.row);
        } else if at.is_some_and(|at| at != self.form.row)
            && let Some(row) = rows::rows(&draft.text()).and_then(|rows| rows.get(self.form.row).cloned())
        {
            draft.go_to(row.span.start);
        }
    }

    /// Asks what rows can be about.
    fn attributes(&self) -> Vec<Effect> {
        if self.in_rows { vec![Effect::Send(Command::LoadOffers(None))] } else { Vec::new() }
    }

    fn act_among_people(&mut self, action: Action) -> Option<Vec<Effect>> {
        let draft = self.draft.as_ref()?;
        let verdict = draft.verdict.as_deref();
        if let Some(step) = step_of(action) {
            let last = last_line(&self.who, verdict, self.history.as_deref());
            let mut cursor = Cursor { at: self.who.at.min(last) };
            cursor.step(step, last + 1);
            self.who.at = cursor.at;
            return Some(Vec::new());
        }
        match action {
            Action::Left | Action::Right => {
                self.who.turn(if action == Action::Left { -1 } else { 1 });
                Some(self.look_back())
            }
            Action::RowsOpen => Some(match self.who.tab {
                Tab::People if self.who.explained.is_none() => {
                    let (name, text) = (Some(draft.name.clone()), draft.text());
                    let ask = |id| Effect::Send(Command::ExplainPerson { name, text, id });
                    self.sampled().map(ask).into_iter().collect()
                }
                Tab::Apart => self.ask_for_feature(),
                _ => Vec::new(),
            }),
            _ => None,
        }
    }

    /// Adds what sets people apart to the rule, as a part of its own.
    fn ask_for_feature(&mut self) -> Vec<Effect> {
        let found = self.draft.as_ref().and_then(|draft| draft.verdict.as_ref()?.stands_out.clone());
        let Some(found) = found else { return Vec::new() };
        let at = self.who.at.min(features(&found).count().saturating_sub(1));
        let Some(asked) = features(&found).nth(at).map(|feature| feature.rule.clone()) else {
            return Vec::new();
        };
        self.rewrite(Edit::Changed, |text| rows::insert(text, usize::MAX - 1, &asked)).0
    }

    fn act_on_row(&mut self, action: Action) -> Option<Vec<Effect>> {
        let count = self.rows().len();
        let at = self.form.row;
        let (across, down) = match action {
            Action::Up => (0, -1),
            Action::Down => (0, 1),
            Action::Left => (-1, 0),
            Action::Right => (1, 0),
            Action::RowsOpen => return Some(self.open_cell()),
            Action::RowsAdd => {
                self.form.adding = true;
                self.choosing = Choosing::Cell;
                return Some(vec![Effect::Send(Command::LoadOffers(None)), Effect::Ask(Question::Cell)]);
            }
            Action::RowsRemove if count > 0 => {
                return Some(self.rewrite(Edit::Removed(at), |text| rows::remove(text, at)).0);
            }
            Action::RowsNegate if count > 0 => {
                return Some(self.rewrite(Edit::Changed, |text| rows::negate(text, at)).0);
            }
            Action::RowsJoin if count > 0 => {
                return Some(self.rewrite(Edit::Changed, |text| rows::rejoin(text, at)).0);
            }
            Action::RowsRemove | Action::RowsNegate | Action::RowsJoin => return Some(Vec::new()),
            _ => return None,
        };
        self.form.walk(across, down, count);
        Some(Vec::new())
    }

    /// Opens what the selected cell may be filled with; a part without cells is edited as text.
    fn open_cell(&mut self) -> Vec<Effect> {
        self.form.adding = false;
        self.choosing = Choosing::Cell;
        let Some(row) = self.row() else { return Vec::new() };
        if row.cells.is_none() {
            self.in_rows = false;
            if let Some(draft) = &mut self.draft {
                draft.go_to(row.span.start);
            }
            return Vec::new();
        }
        let asked = self.form.wanted(Some(&row)).map(|about| Effect::Send(Command::LoadOffers(Some(about))));
        asked.into_iter().chain([Effect::Ask(Question::Cell)]).collect()
    }

    /// Fills the selected cell, or adds a row; the second word says why it could not be.
    pub(crate) fn choose(&mut self, chosen: &str) -> (Vec<Effect>, Option<String>) {
        if self.choosing == Choosing::Library {
            return self.take_ready(chosen);
        }
        let at = self.form.row;
        if std::mem::take(&mut self.form.adding) {
            let begins = chosen.ends_with(')') || chosen.contains(' ') && !chosen.ends_with('`');
            let part = if begins { chosen.to_owned() } else { format!("{chosen} present") };
            let before = self.rows().len();
            let done = self.rewrite(Edit::Added(at), |text| rows::insert(text, at, &part));
            if self.rows().len() > before && before > 0 {
                self.form.row = at + 1;
            }
            return done;
        }
        let Some(row) = self.row() else { return (Vec::new(), None) };
        let (cell, fallback) = (self.form.selected(), self.form.fallback(&row));
        self.rewrite(Edit::Changed, |text| rows::set(text, at, cell, chosen, &fallback))
    }

    /// Writes a part where one is: as a row, or into the text, joined to what stands there.
    pub(crate) fn write(&mut self, part: &str) -> Vec<Effect> {
        if self.in_rows {
            let at = self.form.row;
            return self.rewrite(Edit::Added(at), |text| rows::insert(text, at, part)).0;
        }
        let Some(draft) = self.draft.as_mut().filter(|_| self.editing) else { return Vec::new() };
        self.focus = LIST;
        let text = draft.text();
        let before = text.get(..draft.cursor_byte()).unwrap_or("").trim_end();
        let last = before.rsplit(char::is_whitespace).next().unwrap_or("");
        let joined = last.is_empty() || last.ends_with('(') || ["and", "or", "not"].contains(&last);
        let written = if joined { part.to_owned() } else { format!("\nand {part}") };
        if draft.paste(&written) { self.ask() } else { Vec::new() }
    }

    /// Does an edit of rows through the text. Rows of a text that cannot be read are only looked at.
    fn rewrite(
        &mut self,
        edit: Edit,
        change: impl FnOnce(&str) -> Result<String, Vec<Diagnostic>>,
    ) -> (Vec<Effect>, Option<String>) {
        let Some(draft) = &mut self.draft else { return (Vec::new(), None) };
        match change(&draft.text()) {
            Ok(text) => {
                draft.rewrite(&text, edit);
                let effects = self.ask();
                let count = self.rows().len();
                self.form.walk(0, 0, count);
                (effects, None)
            }
            Err(faults) => {
                let said = faults
                    .into_iter()
                    .next()
                    .map(|fault| format!("the row stays as it is: {}", fault.message));
                (Vec::new(), said)
            }
        }
    }
}
