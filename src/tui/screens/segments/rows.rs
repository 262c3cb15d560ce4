//! What is done in the rows and with the people shown beside them. Every edit goes through the text and its undo.

use std::sync::Arc;

use super::{Effect, LIST, Question, SIDE, SegmentsScreen};
use crate::panel::segments::offers::{Explained, Offer, Offers};
use crate::rule::diagnostic::Diagnostic;
use crate::rule::rows::{self, Cell, RuleRow};
use crate::tui::action::Action;
use crate::tui::port::Command;

impl SegmentsScreen {
    /// Takes what cells may be filled with.
    pub(crate) fn offer(&mut self, offers: Arc<Offers>) {
        self.form.receive(offers);
    }

    /// Takes why the rule holds for a person, if that person is still looked at.
    pub(crate) fn explain(&mut self, explained: Arc<Explained>) {
        if self.focus == SIDE && self.sampled() == Some(explained.id) {
            self.who.explained = Some(explained);
        }
    }

    /// What the selected cell may be filled with; none while that is on its way.
    pub(crate) fn offered(&self) -> Option<Vec<Offer>> {
        self.form.offered(self.row().as_ref())
    }

    /// What the window that fills the cell is called.
    pub(crate) fn cell_title(&self) -> &'static str {
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

    /// Whether letters are no text now.
    pub(super) fn is_reading(&self) -> bool {
        self.editing && (self.in_rows || self.focus == SIDE)
    }

    fn rows(&self) -> Vec<RuleRow> {
        self.draft.as_ref().and_then(|draft| rows::rows(&draft.text())).unwrap_or_default()
    }

    fn row(&self) -> Option<RuleRow> {
        let mut rows = self.rows();
        (self.form.row < rows.len()).then(|| rows.swap_remove(self.form.row))
    }

    fn sampled(&self) -> Option<crate::model::ProfileId> {
        let verdict = self.draft.as_ref()?.verdict.as_ref()?;
        let at = self.who.at.min(verdict.sample.len().checked_sub(1)?);
        verdict.sample.get(at).map(|person| person.id)
    }

    /// What an action does in the rows or among the people; none if it is the editor's.
    pub(super) fn act_in_rows(&mut self, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::EditorRows => {
                self.in_rows = !self.in_rows;
                self.focus = LIST;
                self.form.walk(0, 0, self.rows().len());
                Some(self.attributes())
            }
            Action::EditorWho => {
                self.focus = if self.focus == SIDE { LIST } else { SIDE };
                self.who.explained = None;
                Some(Vec::new())
            }
            _ if self.focus == SIDE => self.act_among_people(action),
            _ if self.in_rows => self.act_on_row(action),
            _ => None,
        }
    }

    /// Asks what rows can be about.
    fn attributes(&self) -> Vec<Effect> {
        if self.in_rows { vec![Effect::Send(Command::LoadOffers(None))] } else { Vec::new() }
    }

    fn act_among_people(&mut self, action: Action) -> Option<Vec<Effect>> {
        let draft = self.draft.as_ref()?;
        let people = draft.verdict.as_ref().map_or(0, |verdict| verdict.sample.len());
        match action {
            Action::Up | Action::Down => {
                let at = if action == Action::Up { self.who.at.saturating_sub(1) } else { self.who.at + 1 };
                self.who.at = at.min(people.saturating_sub(1));
                self.who.explained = None;
                Some(Vec::new())
            }
            Action::RowsOpen => {
                let (name, text) = (Some(draft.name.clone()), draft.text());
                let ask = |id| Effect::Send(Command::ExplainPerson { name, text, id });
                Some(self.sampled().map(ask).into_iter().collect())
            }
            _ => None,
        }
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
                return Some(vec![Effect::Send(Command::LoadOffers(None)), Effect::Ask(Question::Cell)]);
            }
            Action::RowsRemove if count > 0 => return Some(self.rewrite(|text| rows::remove(text, at)).0),
            Action::RowsNegate if count > 0 => return Some(self.rewrite(|text| rows::negate(text, at)).0),
            Action::RowsRemove | Action::RowsNegate => return Some(Vec::new()),
            _ => return None,
        };
        self.form.walk(across, down, count);
        Some(Vec::new())
    }

    /// Opens what the selected cell may be filled with; a part without cells is edited as text.
    fn open_cell(&mut self) -> Vec<Effect> {
        self.form.adding = false;
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
        let at = self.form.row;
        if std::mem::take(&mut self.form.adding) {
            let begins = chosen.ends_with(')') || chosen.contains(' ') && !chosen.ends_with('`');
            let part = if begins { chosen.to_owned() } else { format!("{chosen} present") };
            let before = self.rows().len();
            let done = self.rewrite(|text| rows::insert(text, at, &part));
            if self.rows().len() > before && before > 0 {
                self.form.row = at + 1;
            }
            return done;
        }
        let Some(row) = self.row() else { return (Vec::new(), None) };
        let (cell, fallback) = (self.form.selected(), self.form.fallback(&row));
        self.rewrite(|text| rows::set(text, at, cell, chosen, &fallback))
    }

    fn rewrite(
        &mut self,
        change: impl FnOnce(&str) -> Result<String, Vec<Diagnostic>>,
    ) -> (Vec<Effect>, Option<String>) {
        let Some(draft) = &mut self.draft else { return (Vec::new(), None) };
        match change(&draft.text()) {
            Ok(text) => {
                draft.set(&text);
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
