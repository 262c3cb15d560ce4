//! 6 Experiments: the list, and the read-out of one: what to do, whether the data are sound, every metric.

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::calc::CalcForm;
use super::design::DesignForm;
use super::{Effect, Loaded, Screen, View, step_of};
use super::{answer_rows, closer_rows, metric_rows};
use crate::experiment::calc;
use crate::model::Problem;
use crate::panel::Answers;
use crate::panel::designs::{Opened, Verdict};
use crate::panel::experiments::{Advice, Experiment, Experiments, HealthState};
use crate::panel::figures;
use crate::panel::segments::offers::Offer;
use crate::tui::action::{Action, Scope};
use crate::tui::keymap::Stroke;
use crate::tui::layout::{Breakpoint, part, take_left, take_top};
use crate::tui::port::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::{Row, clip, flow, wrap};
use crate::tui::widgets::table::{self, Cursor};

const LIST: usize = 0;
const READ_OUT: usize = 1;

/// The room's state.
#[derive(Debug)]
pub(crate) struct ExperimentsScreen {
    experiments: Loaded<Experiments>,
    /// What the data can answer, where somebody asked; shown in place of the read-out.
    answers: Option<Loaded<Answers>>,
    /// The design being written; with the focus it takes the keys.
    form: Option<DesignForm>,
    /// Drafts that were left and are not lost yet.
    aside: Vec<DesignForm>,
    /// The calculator, and whether it takes the keys.
    calc: CalcForm,
    calculating: bool,
    cursor: Cursor,
    focus: usize,
    scroll: usize,
}

impl Default for ExperimentsScreen {
    fn default() -> Self {
        Self {
            experiments: Loaded::Waiting,
            answers: None,
            form: None,
            aside: Vec::new(),
            calc: CalcForm::default(),
            calculating: false,
            cursor: Cursor::default(),
            focus: LIST,
            scroll: 0,
        }
    }
}

impl ExperimentsScreen {
    pub(crate) fn receive(&mut self, experiments: Arc<Experiments>) {
        self.experiments = Loaded::Here(experiments);
    }

    /// Takes what the data can answer, if it is still asked for.
    pub(crate) fn receive_answers(&mut self, answers: Result<Arc<Answers>, Problem>) {
        if let Some(shown) = &mut self.answers {
            *shown = answers.map_or_else(Loaded::Failed, Loaded::Here);
        }
    }

    /// A design was opened: it is written now.
    pub(crate) fn open_design(&mut self, opened: Opened) -> Vec<Effect> {
        (self.focus, self.calculating) = (LIST, false);
        let rows = self.experiments.here().map(|experiments| experiments.rows.as_slice()).unwrap_or_default();
        let others = rows.iter().map(|experiment| experiment.name.clone()).collect();
        self.form.insert(DesignForm::new(opened, others)).ask()
    }

    /// Takes what the engine says of the design being written.
    pub(crate) fn judge_design(&mut self, verdict: Arc<Verdict>) {
        if let Some(form) = &mut self.form {
            form.judge(verdict);
        }
    }

    /// Takes what the calculator's numbers say.
    pub(crate) fn calculated(&mut self, ticket: u64, answer: Arc<calc::Answer>) {
        self.calc.receive(ticket, answer);
    }

    /// Whether the calculator is open.
    pub(crate) fn is_calculating(&self) -> bool {
        self.calculating
    }

    /// A design was kept.
    pub(crate) fn design_saved(&mut self, name: &str, version: u32) {
        if let Some(form) = &mut self.form {
            form.saved(name, version);
        }
    }

    /// Whether a draft would be lost by leaving.
    pub(crate) fn has_draft(&self) -> bool {
        self.form.iter().chain(&self.aside).any(DesignForm::is_changed)
    }

    /// Why what is being written cannot be kept now.
    pub(crate) fn save_blocked(&self) -> Option<String> {
        match &self.form {
            _ if self.calculating => Some("a calculation is not kept".to_owned()),
            None => Some("nothing is being designed".to_owned()),
            Some(form) => form.save_blocked(),
        }
    }

    /// A text comes back from an editor.
    pub(crate) fn edited(&mut self, text: &str) -> Vec<Effect> {
        self.form.as_mut().map(|form| form.edited(text)).unwrap_or_default()
    }

    /// What the cell under the cursor may be filled with.
    pub(crate) fn offered(&self) -> Vec<Offer> {
        self.form.as_ref().map(DesignForm::offered).unwrap_or_default()
    }

    /// What the window over the offers is called.
    pub(crate) fn offer_title(&self) -> &'static str {
        self.form.as_ref().map_or("", DesignForm::offer_title)
    }

    /// Fills the cell under the cursor.
    pub(crate) fn choose(&mut self, chosen: &str) -> Vec<Effect> {
        self.form.as_mut().map(|form| form.choose(chosen)).unwrap_or_default()
    }

    /// Opens the design of the selected experiment, or a new one; a draft that was left goes on.
    fn design(&mut self, name: Option<String>) -> Vec<Effect> {
        if let Some(at) = self.aside.iter().position(|form| form.name() == name.as_deref()) {
            self.focus = LIST;
            return self.form.insert(self.aside.swap_remove(at)).ask();
        }
        vec![Effect::Send(Command::OpenDesign(name))]
    }

    fn leave_form(&mut self) {
        self.focus = LIST;
        self.aside.extend(self.form.take().filter(DesignForm::is_changed));
    }

    fn act_in_form(&mut self, action: Action) -> Option<Vec<Effect>> {
        let on_side = self.focus == READ_OUT;
        if self.calculating {
            match action {
                Action::EditorLeave if on_side => self.focus = LIST,
                Action::EditorLeave => self.calculating = false,
                Action::EditorWho => self.focus = if on_side { LIST } else { READ_OUT },
                other => return self.calc.act(other, on_side),
            }
            return Some(Vec::new());
        }
        let form = self.form.as_mut()?;
        match action {
            Action::EditorLeave if on_side => self.focus = LIST,
            Action::EditorLeave => self.leave_form(),
            Action::EditorWho => self.focus = if on_side { LIST } else { READ_OUT },
            other => return form.act(other, on_side),
        }
        Some(Vec::new())
    }

    pub(crate) fn fail(&mut self, problem: Problem) {
        self.experiments = Loaded::Failed(problem);
    }

    /// Names and advice, for the palette.
    pub(crate) fn names(&self) -> Vec<(String, String)> {
        let rows = self.experiments.here().map(|experiments| experiments.rows.as_slice()).unwrap_or_default();
        rows.iter().map(|experiment| (experiment.name.clone(), experiment.sentence.clone())).collect()
    }

    /// The selected experiment.
    pub(crate) fn selected(&self) -> Option<&Experiment> {
        let rows = &self.experiments.here()?.rows;
        self.cursor.within(rows.len()).and_then(|at| rows.get(at))
    }

    fn draw_list(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let frame =
            Frame { title: "Experiments", about: "", note: "running first", focused: self.focus == LIST };
        let inner = view.frame(frame, area, buffer);
        let Some(experiments) = self.experiments.here_or_say(view, inner, buffer) else { return };
        if experiments.rows.is_empty() {
            return view.teach(
                "No tests yet.",
                "A journey's split makes one; a test that ran elsewhere comes in by  segue import F.csv --as experiment",
                inner,
                buffer,
            );
        }
        line_at(view.row().text(&experiments.sentence), inner, 0, buffer);
        let list = take_top(inner, 1).1;
        let width = usize::from(inner.width);
        let name = width.saturating_sub(50).clamp(16, 44);
        table::draw(&experiments.rows, self.cursor, self.focus == LIST, list, buffer, |experiment| {
            let (role, word) = standing(experiment);
            if width < 66 {
                return view
                    .row()
                    .cell(Role::Text, &experiment.name, width.saturating_sub(17))
                    .gap(1)
                    .put(role, word);
            }
            view.row()
                .cell(Role::Text, &experiment.name, name)
                .gap(1)
                .cell(Role::Muted, &experiment.state, 22)
                .right(Role::Text, figures::count(experiment.exposed), 9)
                .gap(2)
                .put(role, word)
        });
        // Where one panel is shown at a time, the list has room for the selected read-out's first lines.
        if view.size <= Breakpoint::Narrow
            && let Some(experiment) = self.selected()
        {
            let (_, below) = take_top(list, experiments.rows.len() as u16 + 1);
            let rows = read_out(experiment, usize::from(below.width), view);
            for (index, row) in rows.into_iter().take(usize::from(below.height)).enumerate() {
                line_at(row, below, index as u16, buffer);
            }
        }
    }

    fn draw_read_out(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let focused = self.focus == READ_OUT;
        if let Some(answers) = &self.answers {
            return self.draw_answers(answers, area, buffer, view);
        }
        let experiment = self.selected();
        let title = experiment.map(|experiment| experiment.title.as_str()).unwrap_or("Read-out");
        let note = experiment.map(|experiment| experiment.state.as_str()).unwrap_or_default();
        let inner = view.frame(Frame { title, about: "", note, focused }, area, buffer);
        let Some(experiment) = experiment else {
            return;
        };
        let rows = read_out(experiment, usize::from(inner.width), view);
        self.draw_rows(rows, inner, buffer, view);
    }

    fn draw_answers(&self, answers: &Loaded<Answers>, area: Rect, buffer: &mut Buffer, view: &View) {
        let focused = self.focus == READ_OUT;
        let frame = Frame { title: "What this data can answer", about: "", note: "Esc back", focused };
        let inner = view.frame(frame, area, buffer);
        if let Some(answers) = answers.here_or_say(view, inner, buffer) {
            self.draw_rows(answer_rows::rows(answers, usize::from(inner.width), view), inner, buffer, view);
        }
    }

    /// As many rows as there is room for, from where one has scrolled to.
    fn draw_rows(&self, rows: Vec<Row>, inner: Rect, buffer: &mut Buffer, view: &View) {
        let height = usize::from(inner.height);
        let from = self.scroll.min(rows.len().saturating_sub(height));
        let more = rows.len().saturating_sub(from + height);
        for (index, row) in rows.into_iter().skip(from).take(height).enumerate() {
            line_at(row, inner, index as u16, buffer);
        }
        if more > 0 {
            let row = view.row().put(Role::Held, format!("↓ {more} more, Tab then ↓"));
            line_at(row.to(usize::from(inner.width)), inner, inner.height.saturating_sub(1), buffer);
        }
    }
}

/// A form and what follows from it: side by side where there is room, else one above the other.
fn split_form(body: Rect) -> Vec<Rect> {
    let (form, side) = match body.width {
        110.. => take_left(body, part(body.width, 60)),
        _ => take_top(body, part(body.height, 57)),
    };
    vec![form, side]
}

/// What to do, in words.
fn advice(advice: Advice) -> (Role, &'static str) {
    match advice {
        Advice::Ship => (Role::Up, "▲ ship"),
        Advice::Stop => (Role::Error, "✘ stop"),
        Advice::KeepRunning => (Role::Held, "… keep running"),
        Advice::Inconclusive => (Role::Text, "≈ inconclusive"),
        Advice::None => (Role::Muted, "– no advice"),
    }
}

/// What to do, or what keeps one from saying it: results of an unsound split are withheld.
fn standing(experiment: &Experiment) -> (Role, &'static str) {
    let is = |state: HealthState| experiment.health.iter().any(|check| check.state == state);
    match experiment.advice {
        Advice::None if is(HealthState::Broken) => (Role::Error, "✘ not sound"),
        told => advice(told),
    }
}

fn read_out(experiment: &Experiment, width: usize, view: &View) -> Vec<Row> {
    // What withholds the results is said before anything else.
    let mut rows = health(experiment, true, width, view);
    if let Some(cause) = &experiment.closer.sample_ratio_cause {
        rows.extend(closer_rows::cause(cause, width, view));
    }
    rows.extend(advised(experiment, width, view));
    if width < metric_rows::NARROW {
        // Where there is room for a few lines they hold the figures.
        rows.extend(metric_rows::rows(experiment, width, view));
        rows.extend(counts(experiment, width, view));
        rows.extend(health(experiment, false, width, view));
    } else {
        rows.extend(counts(experiment, width, view));
        rows.extend(health(experiment, false, width, view));
        rows.push(view.row());
        rows.extend(metric_rows::rows(experiment, width, view));
    }
    rows.extend(closer_rows::rows(experiment, width, view));
    if !experiment.notes.is_empty() {
        rows.push(view.row());
    }
    for line in experiment.notes.iter().flat_map(|note| wrap(note, width)) {
        rows.push(view.row().muted(line));
    }
    let as_of =
        experiment.as_of.map(|at| format!("data as of {}, ", at.short(&TimeZone::UTC))).unwrap_or_default();
    let receipt = format!("{as_of}intervals {}, receipt {}", experiment.method, experiment.receipt);
    rows.extend(wrap(&receipt, width).into_iter().map(|line| view.row().muted(line)));
    rows
}

/// What to do: the word, and the sentence beside it, or below where that is narrow.
fn advised(experiment: &Experiment, width: usize, view: &View) -> Vec<Row> {
    let (role, word) = standing(experiment);
    if width < metric_rows::NARROW {
        let said = wrap(&experiment.sentence, width);
        let said = said.into_iter().map(|line| view.row().put(Role::Loud, line));
        return [view.row().put(role, word)].into_iter().chain(said).collect();
    }
    beside(view.row().cell(role, word, 16), &experiment.sentence, Role::Loud, width, view)
}

/// A text beside a lead of sixteen columns, its further lines below its first.
fn beside(lead: Row, text: &str, role: Role, width: usize, view: &View) -> Vec<Row> {
    let mut lead = Some(lead);
    let line = |line| lead.take().unwrap_or_else(|| view.row().gap(16)).gap(1).put(role, line);
    wrap(text, width.saturating_sub(18)).into_iter().map(line).collect()
}

fn counts(experiment: &Experiment, width: usize, view: &View) -> Vec<Row> {
    let counted = |name: &str, n: u64| view.row().muted(name).gap(1).text(figures::count(n));
    let mut items = vec![counted("exposed", experiment.exposed)];
    if experiment.matured != experiment.exposed {
        items.push(counted("matured", experiment.matured));
    }
    items.extend(experiment.arms.iter().map(|arm| counted(&arm.variant, arm.n)));
    if experiment.excluded > 0 {
        let row = view.row().muted("in two arms ").put(Role::Held, figures::count(experiment.excluded));
        items.push(row.muted(" (excluded)"));
    }
    flow(view.row(), items, "   ", width)
}

/// The checks that withhold results, or the others.
fn health(experiment: &Experiment, broken: bool, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    for check in experiment.health.iter().filter(|check| (check.state == HealthState::Broken) == broken) {
        let (role, mark) = match check.state {
            HealthState::Fine => (Role::Up, "✔"),
            HealthState::Doubtful => (Role::Warning, "!"),
            HealthState::Broken => (Role::Error, "✘"),
        };
        let mark = view.row().put(role, mark).gap(1);
        if width >= metric_rows::NARROW {
            let lead = mark.cell(Role::Text, &check.name, 14);
            rows.extend(beside(lead, &check.detail, role_of(check.state), width, view));
            continue;
        }
        rows.push(mark.text(clip(&check.name, width.saturating_sub(2))));
        // What is as it should be needs no more words where there is so little room.
        let told = wrap(&check.detail, width.saturating_sub(2)).into_iter();
        let told = told.filter(|_| check.state != HealthState::Fine);
        rows.extend(told.map(|line| view.row().gap(2).put(role_of(check.state), line)));
    }
    rows
}

fn role_of(state: HealthState) -> Role {
    match state {
        HealthState::Fine => Role::Muted,
        HealthState::Doubtful => Role::Text,
        HealthState::Broken => Role::Error,
    }
}

impl Screen for ExperimentsScreen {
    fn pane_names(&self) -> &'static [&'static str] {
        match (self.calculating, &self.form) {
            (true, _) => &["Calculator", "Answer"],
            (false, Some(_)) => &["Design", "What to expect"],
            (false, None) => &["Experiments", "Read-out"],
        }
    }

    fn focus(&self) -> usize {
        self.focus
    }

    fn set_focus(&mut self, pane: usize) {
        self.focus = pane;
    }

    fn split(&self, body: Rect) -> Vec<Rect> {
        if self.is_typing() {
            return split_form(body);
        }
        let rows = self.experiments.here().map_or(1, |experiments| experiments.rows.len()) as u16;
        let (list, read_out) = take_top(body, rows.saturating_add(3).clamp(5, part(body.height, 30).max(5)));
        vec![list, read_out]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if let Some(effects) = self.act_in_form(action) {
            return effects;
        }
        match (self.focus, action) {
            (_, Action::NewDesign) => return self.design(None),
            (_, Action::Calculate) => {
                (self.calculating, self.focus) = (true, LIST);
                return self.calc.ask();
            }
            (_, Action::EditDesign) => {
                let name = self.selected().map(|experiment| experiment.name.clone());
                return name.map(|name| self.design(Some(name))).unwrap_or_default();
            }
            (_, Action::Answers) => {
                (self.answers, self.focus, self.scroll) = (Some(Loaded::Waiting), READ_OUT, 0);
                return vec![Effect::Send(Command::Answers)];
            }
            (READ_OUT, Action::Back) if self.answers.is_some() => (self.answers, self.scroll) = (None, 0),
            (LIST, Action::Open) => self.focus = READ_OUT,
            (READ_OUT, Action::Back) => self.focus = LIST,
            (READ_OUT, Action::Up) => self.scroll = self.scroll.saturating_sub(1),
            (READ_OUT, Action::Down) => self.scroll = (self.scroll + 1).min(200),
            (READ_OUT, Action::PageUp) => self.scroll = self.scroll.saturating_sub(10),
            (READ_OUT, Action::PageDown) => self.scroll = (self.scroll + 10).min(200),
            (READ_OUT, Action::Top) => self.scroll = 0,
            (LIST, _) => {
                if let Some(step) = step_of(action) {
                    let rows = self.experiments.here().map_or(0, |experiments| experiments.rows.len());
                    self.cursor.step(step, rows);
                    (self.answers, self.scroll) = (None, 0);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn click(&mut self, pane: usize, area: Rect, at: Position) -> Vec<Effect> {
        if self.is_typing() {
            match &mut self.form {
                _ if pane != LIST => {}
                _ if self.calculating => self.calc.click(area, at.x, at.y),
                Some(form) => form.click(area, at.x, at.y),
                None => {}
            }
            return Vec::new();
        }
        let rows = self.experiments.here().map_or(0, |experiments| experiments.rows.len());
        if let Some(row) = table::row_at(self.cursor, rows, area, (2, 1), at).filter(|_| pane == LIST) {
            (self.cursor.at, self.scroll) = (row, 0);
        }
        Vec::new()
    }

    fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        let pane = |index: usize| areas.get(index).copied().filter(|area| !area.is_empty());
        if self.calculating {
            if let Some(area) = pane(LIST) {
                self.calc.draw(area, buffer, view, self.focus == LIST);
            }
            if let Some(area) = pane(READ_OUT) {
                self.calc.draw_side(area, buffer, view, self.focus == READ_OUT);
            }
            return;
        }
        if let Some(form) = &self.form {
            if let Some(area) = pane(LIST) {
                form.draw(area, buffer, view, self.focus == LIST);
            }
            if let Some(area) = pane(READ_OUT) {
                form.draw_side(area, buffer, view, self.focus == READ_OUT);
            }
            return;
        }
        if let Some(area) = pane(LIST) {
            self.draw_list(area, buffer, view);
        }
        if let Some(area) = pane(READ_OUT) {
            self.draw_read_out(area, buffer, view);
        }
    }

    fn selected_line(&self, _mask: bool) -> Option<String> {
        if self.calculating {
            return Some(self.calc.command());
        }
        if let Some(form) = &self.form {
            return Some(form.text().to_owned());
        }
        self.selected().map(|experiment| format!("{}: {}", experiment.title, experiment.sentence))
    }

    fn is_typing(&self) -> bool {
        self.calculating || self.form.is_some()
    }

    fn typing_scope(&self) -> Option<Scope> {
        self.is_typing().then_some(Scope::Form)
    }

    fn type_key(&mut self, stroke: Stroke) -> Vec<Effect> {
        match &mut self.form {
            _ if self.focus != LIST => Vec::new(),
            _ if self.calculating => self.calc.type_key(stroke),
            Some(form) => form.type_key(stroke),
            _ => Vec::new(),
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        match &mut self.form {
            _ if self.calculating => self.calc.paste(text),
            Some(form) => form.paste(text),
            None => Vec::new(),
        }
    }

    fn show(&mut self, name: &str) -> Vec<Effect> {
        self.leave_form();
        self.calculating = false;
        let rows = self.experiments.here().map(|experiments| experiments.rows.as_slice()).unwrap_or_default();
        let named = |experiment: &Experiment| {
            experiment.name.eq_ignore_ascii_case(name) || experiment.title.eq_ignore_ascii_case(name)
        };
        if let Some(at) = rows.iter().position(named) {
            (self.cursor.at, self.scroll) = (at, 0);
        }
        self.focus = READ_OUT;
        Vec::new()
    }
}
