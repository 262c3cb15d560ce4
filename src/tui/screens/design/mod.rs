//! The form an experiment is designed in: one view of the definition's text, with what can be expected beside it.

mod lines;
mod side;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Effect, Question, View};
use crate::experiment::design::sheet::{Fault, Field, NOTHING, OfMetric, OfVariant, Sheet, place};
use crate::experiment::{Design, design};
use crate::model::Problem;
use crate::panel::designs::{Opened, Verdict};
use crate::panel::figures;
use crate::panel::segments::offers::Offer;
use crate::tui::action::Action;
use crate::tui::keymap::Stroke;
use crate::tui::layout::take_top;
use crate::tui::port::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::grid::{Grid, Kind};
use crate::tui::widgets::history::History;
use crate::tui::widgets::row::{clip, wrap};

/// The form.
#[derive(Debug)]
pub(crate) struct DesignForm {
    opened: Opened,
    /// The text fields are written over: as it was opened, kept, or came back from an editor.
    base: String,
    /// The text as kept; a draft differs from it.
    kept: String,
    text: String,
    sheet: Sheet,
    /// What is wrong with single fields before anybody is asked.
    faults: Vec<Fault>,
    /// Why the text cannot be shown as fields.
    unreadable: Option<Problem>,
    grid: Grid<Field>,
    history: History<Sheet, Field>,
    ticket: u64,
    verdict: Option<Arc<Verdict>>,
    /// Names of the other experiments.
    others: Vec<String>,
    side_scroll: usize,
}

impl DesignForm {
    /// A form over an opened design; `others` are the names that are taken.
    pub(crate) fn new(opened: Opened, others: Vec<String>) -> Self {
        let blank = opened.name.is_none();
        let mut form = Self {
            base: opened.text.clone(),
            kept: opened.text.clone(),
            text: opened.text.clone(),
            sheet: if blank { Sheet::blank("") } else { Sheet::default() },
            faults: Vec::new(),
            unreadable: None,
            grid: Grid::new(Vec::new()),
            history: History::default(),
            ticket: 0,
            verdict: None,
            others: others.into_iter().filter(|name| Some(name) != opened.name.as_ref()).collect(),
            side_scroll: 0,
            opened,
        };
        if !blank {
            form.read();
        }
        form.grid = Grid::new(lines::lines(&form.sheet));
        form.write();
        if blank {
            form.kept.clone_from(&form.text);
        }
        form
    }

    /// Takes the fields from the text as it stands.
    fn read(&mut self) {
        match toml::from_str::<Design>(&self.base) {
            Ok(design) => {
                (self.sheet, self.unreadable) = (Sheet::of(&design), None);
            }
            Err(_) => {
                let problem = Design::read(&self.base).err().and_then(|problems| problems.into_iter().next());
                self.unreadable = problem;
            }
        }
    }

    /// Writes the fields over the text.
    fn write(&mut self) {
        if self.unreadable.is_some() {
            self.text.clone_from(&self.base);
            return;
        }
        match self.sheet.write(&self.base) {
            Ok((text, faults)) => (self.text, self.faults) = (text, faults),
            Err(problem) => self.unreadable = Some(problem),
        }
        let name = self.sheet.get(Field::Name);
        if self.others.iter().any(|other| other == name) {
            let message = format!("there is an experiment “{name}” already: choose another name");
            self.faults.push(Fault { field: Field::Name, message });
        }
        self.grid.lay(lines::lines(&self.sheet));
    }

    /// Asks what the design as it stands comes to.
    pub(crate) fn ask(&mut self) -> Vec<Effect> {
        self.ticket += 1;
        vec![Effect::Send(Command::CheckDesign { text: self.text.clone(), ticket: self.ticket })]
    }

    /// Takes an answer, if it is one to the newest question.
    pub(crate) fn judge(&mut self, verdict: Arc<Verdict>) {
        if verdict.ticket == self.ticket {
            // While it is worked out anew, what was expected before stays in view.
            let before = self.verdict.as_ref().and_then(|before| before.expectation.clone());
            let waits = verdict.problems.is_empty() && verdict.expectation.is_none();
            self.verdict = Some(match (waits, before) {
                (true, Some(expectation)) => Arc::new(Verdict {
                    expectation: Some(expectation),
                    basis: String::new(),
                    ..Verdict::clone(&verdict)
                }),
                _ => verdict,
            });
        }
    }

    /// The draft was kept.
    pub(crate) fn saved(&mut self, name: &str, version: u32) {
        if name == self.sheet.get(Field::Name) {
            (self.opened.name, self.opened.version) = (Some(name.to_owned()), Some(version));
            self.base.clone_from(&self.text);
            self.kept.clone_from(&self.text);
        }
    }

    /// The experiment it edits; none for a new one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.opened.name.as_deref()
    }

    /// The definition's text as it stands.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether leaving would lose something.
    pub(crate) fn is_changed(&self) -> bool {
        self.text != self.kept
    }

    /// Why it cannot be kept now.
    pub(crate) fn save_blocked(&self) -> Option<String> {
        if self.sheet.get(Field::Name).is_empty() && self.unreadable.is_none() {
            return Some("it has no name yet".to_owned());
        }
        if !self.is_changed() && self.opened.version.is_some() {
            return Some("nothing has changed".to_owned());
        }
        let verdict = self.verdict.as_deref().filter(|verdict| verdict.ticket == self.ticket);
        let Some(verdict) = verdict else { return Some("it is being read".to_owned()) };
        let wrong = self.faults.len() + verdict.problems.len();
        (wrong > 0).then(|| figures::plural(wrong as u64, "problem in the design", "problems in the design"))
    }

    /// What a key does in the form; none where it means nothing here.
    pub(crate) fn act(&mut self, action: Action, on_side: bool) -> Option<Vec<Effect>> {
        if on_side {
            self.side_scroll = match action {
                Action::Up => self.side_scroll.saturating_sub(1),
                Action::Down => (self.side_scroll + 1).min(100),
                Action::PageUp => self.side_scroll.saturating_sub(10),
                Action::PageDown => (self.side_scroll + 10).min(100),
                _ => self.side_scroll,
            };
            if matches!(action, Action::Up | Action::Down | Action::PageUp | Action::PageDown) {
                return Some(Vec::new());
            }
        }
        match action {
            Action::Up => self.grid.step(-1),
            Action::Down => self.grid.step(1),
            Action::PageUp => self.grid.step(-10),
            Action::PageDown => self.grid.step(10),
            Action::FormNext => self.grid.walk(1),
            Action::FormBack => self.grid.walk(-1),
            Action::FormEnter => {
                if self.grid.cell().is_some_and(|cell| cell.kind == Kind::Picked) {
                    return Some(vec![Effect::Ask(Question::Cell)]);
                }
                self.grid.walk(1);
            }
            Action::EditorSave => {
                return Some(vec![Effect::Send(Command::SaveDesign { text: self.text.clone() })]);
            }
            Action::EditorUndo => return Some(self.turn(true)),
            Action::EditorRedo => return Some(self.turn(false)),
            Action::EditorExternally => return Some(vec![Effect::EditExternally(self.text.clone())]),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn turn(&mut self, back: bool) -> Vec<Effect> {
        if !self.history.turn(&mut self.sheet, back) {
            return Vec::new();
        }
        self.write();
        self.ask()
    }

    pub(crate) fn type_key(&mut self, stroke: Stroke) -> Vec<Effect> {
        if self.unreadable.is_some() {
            return Vec::new();
        }
        match self.grid.type_key(stroke) {
            Some((field, text)) => self.fill(field, &text),
            None => Vec::new(),
        }
    }

    pub(crate) fn paste(&mut self, text: &str) -> Vec<Effect> {
        match self.grid.paste(text) {
            Some((field, text)) => self.fill(field, &text),
            None => Vec::new(),
        }
    }

    fn fill(&mut self, field: Field, text: &str) -> Vec<Effect> {
        self.history.note(&self.sheet, field);
        self.sheet.set(field, text);
        if let Field::Metric(at, OfMetric::Name) = field {
            self.begin_metric(at);
        }
        self.write();
        self.ask()
    }

    /// A metric named in an empty row is there to explain, until somebody says otherwise.
    fn begin_metric(&mut self, at: usize) {
        let role = Field::Metric(at, OfMetric::Role);
        if self.sheet.get(role).is_empty() && !self.sheet.get(Field::Metric(at, OfMetric::Name)).is_empty() {
            self.sheet.set(role, "secondary");
        }
    }

    /// A text comes back from an editor.
    pub(crate) fn edited(&mut self, text: &str) -> Vec<Effect> {
        if text.trim_end() == self.text.trim_end() {
            return Vec::new();
        }
        self.history.part();
        text.clone_into(&mut self.base);
        self.unreadable = None;
        self.read();
        self.write();
        self.ask()
    }

    /// What the cell under the cursor may be filled with.
    pub(crate) fn offered(&self) -> Vec<Offer> {
        let picks = &self.opened.picks;
        let named = |kind: &str, names: &[String]| -> Vec<Offer> {
            names.iter().map(|name| offer(kind, name, None)).collect()
        };
        match self.grid.cell().map(|cell| cell.key) {
            Some(Field::Segment) => {
                picks.segments.iter().map(|(name, count)| offer("segment", name, *count)).collect()
            }
            Some(Field::Metric(_, OfMetric::Name)) => named("metric", &picks.metrics),
            Some(Field::Variant(_, OfVariant::Gets)) => {
                let mut offers = vec![offer("kept", NOTHING, None)];
                offers.extend(named("content", &picks.experiences));
                offers
            }
            Some(Field::HashAttribute | Field::Fallback) => named("identity", &picks.namespaces),
            Some(Field::Layer) => named("layer", &picks.layers),
            Some(Field::Holdout) => named("holdout", &picks.holdouts),
            _ => Vec::new(),
        }
    }

    /// What the window over the offers is called.
    pub(crate) fn offer_title(&self) -> &'static str {
        match self.grid.cell().map(|cell| cell.key) {
            Some(Field::Segment) => "Who it is for",
            Some(Field::Metric(..)) => "Which metric",
            Some(Field::Variant(..)) => "What its people get",
            Some(Field::Layer) => "Which layer",
            Some(Field::Holdout) => "Which holdout",
            _ => "Which identity",
        }
    }

    /// Fills the cell under the cursor with what was chosen.
    pub(crate) fn choose(&mut self, chosen: &str) -> Vec<Effect> {
        let Some(field) = self.grid.cell().map(|cell| cell.key) else { return Vec::new() };
        self.history.part();
        let effects = self.fill(field, chosen);
        self.history.part();
        effects
    }

    pub(crate) fn click(&mut self, area: Rect, x: u16, y: u16) {
        let inner = Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(4),
        };
        let mut grid = self.grid.clone();
        grid.click(inner, (x, y), &|field| self.fault(field));
        self.grid = grid;
    }

    /// What is wrong with a field.
    fn fault(&self, field: Field) -> Option<String> {
        if let Some(fault) = self.faults.iter().find(|fault| fault.field == field) {
            return Some(fault.message.clone());
        }
        // A name that is still to be written is not wrong yet, and one that is written is no longer missing.
        if field == Field::Name {
            return None;
        }
        let problems = self.problems().iter().filter(|problem| place(problem, &self.sheet) == Some(field));
        problems.map(|problem| problem.message.clone()).next()
    }

    fn problems(&self) -> &[Problem] {
        self.verdict.as_deref().map(|verdict| verdict.problems.as_slice()).unwrap_or_default()
    }

    /// What is wrong and belongs to no field.
    fn other_problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems().iter().filter(|problem| place(problem, &self.sheet).is_none())
    }

    /// Draws the fields.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
        let about = match (self.opened.version, self.is_changed()) {
            (None, _) => "new".to_owned(),
            (Some(version), true) => format!("draft of v{}", version + 1),
            (Some(version), false) => format!("v{version}"),
        };
        let title = self.opened.name.as_deref().unwrap_or("New experiment");
        let inner = view.frame(Frame { title, about: &about, note: "^O the text", focused }, area, buffer);
        if let Some(problem) = &self.unreadable {
            return self.draw_unreadable(problem, inner, buffer, view);
        }
        let help = self.grid.cell().map(|cell| lines::help(cell.key)).unwrap_or_default();
        let width = usize::from(inner.width);
        let told: u16 = if inner.height >= 8 { 1 } else { 0 };
        let (list, below) = take_top(inner, inner.height.saturating_sub(told));
        self.grid.draw(list, buffer, view, focused, &|field| self.fault(field));
        line_at(view.row().muted(clip(help, width)), below, 0, buffer);
    }

    fn draw_unreadable(&self, problem: &Problem, area: Rect, buffer: &mut Buffer, view: &View) {
        view.fault(problem, area, buffer);
        let (_, below) = take_top(area, 4);
        let at = view.paragraph(
            Role::Muted,
            "The text cannot be shown as fields: ^O opens it in $EDITOR.",
            below,
            0,
            buffer,
        );
        let height = usize::from(below.height.saturating_sub(at + 1));
        let from = problem.place.line.map_or(0, |line| (line as usize).saturating_sub(height / 2 + 1));
        for (index, line) in self.text.lines().skip(from).take(height).enumerate() {
            let here = problem.place.line == Some((from + index + 1) as u64);
            let role = if here { Role::Error } else { Role::Text };
            line_at(view.row().put(role, line), below, at + 1 + index as u16, buffer);
        }
    }

    /// Draws what can be expected.
    pub(crate) fn draw_side(&self, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
        let current = self.verdict.as_deref().is_some_and(|verdict| {
            verdict.ticket == self.ticket && (!verdict.basis.is_empty() || !verdict.problems.is_empty())
        });
        let note = if current { "" } else { "working …" };
        let frame = Frame { title: "What to expect", about: "", note, focused };
        let inner = view.frame(frame, area, buffer);
        if let Some(verdict) = &self.verdict {
            side::draw(self, verdict, inner, buffer, view);
        } else {
            view.teach("The design is being read.", "what it can see follows what you type", inner, buffer);
        }
    }

    /// What is wrong beside the fields, as lines.
    fn wrong(&self, width: usize) -> Vec<String> {
        let told = |problem: &Problem| {
            let help = problem.help.as_ref().map(|help| format!(" → {help}")).unwrap_or_default();
            wrap(&format!("✘ {}{help}", problem.message), width)
        };
        self.other_problems().flat_map(told).collect()
    }
}

fn offer(kind: &str, name: &str, count: Option<u64>) -> Offer {
    Offer { kind: kind.to_owned(), label: name.to_owned(), text: name.to_owned(), count, ..Offer::default() }
}

/// Whether a change can be taken over into the numbers so far.
fn is_safe(change: &design::Change) -> bool {
    change.safety == design::Safety::Safe
}
