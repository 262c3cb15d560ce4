//! The calculator as a form: summary numbers of a test that ran elsewhere, or of one that is planned; the same engine and the same
//! line of JSON as `segue calc`.

mod answer;
mod fields;
mod question;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Effect, View};
use crate::experiment::calc::{Answer, Question};
use crate::tui::action::Action;
use crate::tui::keymap::Stroke;
use crate::tui::layout::take_top;
use crate::tui::port::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::grid::Grid;
use crate::tui::widgets::history::History;
use crate::tui::widgets::row::clip;
use fields::{Cells, Field};
use question::{Fault, asked};

/// What the form asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    /// Variants against a control.
    Compare,
    /// Sizes, power, detectable effects.
    Power,
}

/// One tab's cells and where one is in them.
#[derive(Debug)]
struct Sheet {
    cells: Cells,
    grid: Grid<Field>,
    history: History<Cells, Field>,
    faults: Vec<Fault>,
    line: String,
    ticket: u64,
    answer: Option<(u64, Arc<Answer>)>,
}

/// The form.
#[derive(Debug)]
pub(crate) struct CalcForm {
    tab: Tab,
    compare: Sheet,
    power: Sheet,
    tickets: u64,
    scroll: usize,
}

impl Sheet {
    fn new(tab: Tab) -> Self {
        let cells = Cells::fresh(tab);
        let grid = Grid::new(fields::lines(tab, &cells));
        let (line, faults) = asked(tab, &cells);
        Self { cells, grid, history: History::default(), faults, line, ticket: 0, answer: None }
    }
}

impl Default for CalcForm {
    fn default() -> Self {
        Self {
            tab: Tab::Compare,
            compare: Sheet::new(Tab::Compare),
            power: Sheet::new(Tab::Power),
            tickets: 0,
            scroll: 0,
        }
    }
}

impl CalcForm {
    fn sheet(&self) -> &Sheet {
        match self.tab {
            Tab::Compare => &self.compare,
            Tab::Power => &self.power,
        }
    }

    fn sheet_mut(&mut self) -> &mut Sheet {
        match self.tab {
            Tab::Compare => &mut self.compare,
            Tab::Power => &mut self.power,
        }
    }

    /// Asks what the numbers as they stand say.
    pub(crate) fn ask(&mut self) -> Vec<Effect> {
        let (tab, ticket) = (self.tab, self.tickets + 1);
        self.tickets = ticket;
        let sheet = self.sheet_mut();
        (sheet.line, sheet.faults) = asked(tab, &sheet.cells);
        sheet.grid.lay(fields::lines(tab, &sheet.cells));
        sheet.ticket = ticket;
        if !sheet.faults.is_empty() {
            return Vec::new();
        }
        let question = if tab == Tab::Compare { Question::Compare } else { Question::Power };
        vec![Effect::Send(Command::Calculate { question, line: sheet.line.clone(), ticket })]
    }

    /// Takes an answer to the newest question of its tab.
    pub(crate) fn receive(&mut self, ticket: u64, answer: Arc<Answer>) {
        for sheet in [&mut self.compare, &mut self.power] {
            if sheet.ticket == ticket {
                sheet.answer = Some((ticket, Arc::clone(&answer)));
            }
        }
    }

    /// What an action does in the form; none where it means nothing here.
    pub(crate) fn act(&mut self, action: Action, on_side: bool) -> Option<Vec<Effect>> {
        let by = match action {
            Action::Up => -1,
            Action::Down => 1,
            Action::PageUp => -10,
            Action::PageDown => 10,
            _ => 0,
        };
        if by != 0 && on_side {
            self.scroll = self.scroll.saturating_add_signed(by).min(100);
            return Some(Vec::new());
        }
        match action {
            _ if by != 0 => self.sheet_mut().grid.step(by),
            Action::FormNext | Action::FormEnter => self.sheet_mut().grid.walk(1),
            Action::FormBack => self.sheet_mut().grid.walk(-1),
            Action::FormTab => {
                self.tab = if self.tab == Tab::Compare { Tab::Power } else { Tab::Compare };
                self.scroll = 0;
                return Some(self.ask());
            }
            Action::EditorUndo | Action::EditorRedo => {
                let sheet = self.sheet_mut();
                if sheet.history.turn(&mut sheet.cells, action == Action::EditorUndo) {
                    return Some(self.ask());
                }
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    pub(crate) fn type_key(&mut self, stroke: Stroke) -> Vec<Effect> {
        let typed = self.sheet_mut().grid.type_key(stroke);
        self.fill(typed)
    }

    pub(crate) fn paste(&mut self, text: &str) -> Vec<Effect> {
        let typed = self.sheet_mut().grid.paste(text);
        self.fill(typed)
    }

    fn fill(&mut self, typed: Option<(Field, String)>) -> Vec<Effect> {
        let Some((field, text)) = typed else { return Vec::new() };
        let sheet = self.sheet_mut();
        sheet.history.note(&sheet.cells, field);
        sheet.cells.set(field, &text);
        self.ask()
    }

    pub(crate) fn click(&mut self, area: Rect, x: u16, y: u16) {
        let inner = Rect {
            x: area.x.saturating_add(2),
            y: area.y.saturating_add(2),
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(4),
        };
        let sheet = self.sheet_mut();
        let faults = sheet.faults.clone();
        sheet.grid.click(inner, (x, y), &|field| told(&faults, field));
    }

    /// The same question on the command line.
    pub(crate) fn command(&self) -> String {
        let verb = if self.tab == Tab::Compare { "calc" } else { "calc power" };
        format!("segue {verb} '{}'", self.sheet().line.replace('\'', "'\\''"))
    }

    /// What is wrong with a field: what was typed is no such thing, or the engine refuses it there.
    fn fault(&self, field: Field) -> Option<String> {
        let sheet = self.sheet();
        if let Some(said) = told(&sheet.faults, field) {
            return Some(said);
        }
        match sheet
            .answer
            .as_ref()
            .filter(|(ticket, _)| *ticket == sheet.ticket)
            .map(|(_, answer)| answer.as_ref())
        {
            // What is still to be typed is not wrong yet.
            Some(Answer::Refused(refused)) if refused.error.code != "missing-field" => {
                let place = question::place(&refused.error.message, &sheet.cells);
                (place == Some(field)).then(|| refused.error.message.clone())
            }
            _ => None,
        }
    }

    /// Draws the fields.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
        let frame = Frame { title: "Calculator", about: "", note: "nothing is kept", focused };
        let inner = view.frame(frame, area, buffer);
        let (tabs, rest) = take_top(inner, 1);
        let name = |tab, text: &str| {
            let row = view.row();
            if tab == self.tab {
                row.put(Role::Focus, format!("[{text}]"))
            } else {
                row.muted(format!(" {text} "))
            }
        };
        let row = name(Tab::Compare, "a test that ran").gap(1).then(name(Tab::Power, "a test to plan"));
        line_at(row.gap(2).put(Role::Key, "^T").muted(" other"), tabs, 0, buffer);
        let told = u16::from(rest.height >= 7);
        let (list, below) = take_top(rest, rest.height.saturating_sub(told));
        let sheet = self.sheet();
        sheet.grid.draw(list, buffer, view, focused, &|field| self.fault(field));
        let help = sheet.grid.cell().map(|cell| fields::help(cell.key)).unwrap_or_default();
        line_at(view.row().muted(clip(help, usize::from(below.width))), below, 0, buffer);
    }

    /// Draws the answer.
    pub(crate) fn draw_side(&self, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
        let sheet = self.sheet();
        let current = sheet.answer.as_ref().is_some_and(|(ticket, _)| *ticket == sheet.ticket);
        let note = if current || !sheet.faults.is_empty() { "" } else { "working …" };
        let inner = view.frame(Frame { title: "Answer", about: "", note, focused }, area, buffer);
        let width = usize::from(inner.width);
        let mut rows = match &sheet.answer {
            Some((_, found)) => answer::rows(found, &sheet.cells, width, view),
            None => Vec::new(),
        };
        rows.extend(answer::command(&self.command(), width, view));
        let height = usize::from(inner.height);
        let from = self.scroll.min(rows.len().saturating_sub(height));
        let more = rows.len().saturating_sub(from + height);
        for (index, row) in rows.into_iter().skip(from).take(height).enumerate() {
            line_at(row, inner, index as u16, buffer);
        }
        if more > 0 {
            let row = view.row().put(Role::Held, format!("↓ {more} more, ^W then ↓"));
            line_at(row.to(width), inner, inner.height.saturating_sub(1), buffer);
        }
    }
}

fn told(faults: &[Fault], field: Field) -> Option<String> {
    faults.iter().find(|fault| fault.field == field).map(|fault| fault.message.clone())
}
