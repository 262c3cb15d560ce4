//! Every key, and every form of the rule language where a rule is being written.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Picker;
use crate::rule::grammar::{FORMS, Form};
use crate::tui::action::{ACTIONS, ActionSpec, Readiness, Scope};
use crate::tui::app::App;
use crate::tui::layout::take_top;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::line_at;
use crate::tui::widgets::row::{Row, wrap};

/// An entry of the help.
#[derive(Clone, Copy)]
pub(crate) enum Help {
    /// An action, to be done.
    Do(&'static ActionSpec),
    /// A form of the language, to be written.
    Write(&'static Form),
}

impl Picker {
    /// The selected entry of the help.
    pub(crate) fn chosen_help(&self, app: &App) -> Option<Help> {
        let entries = self.help(app);
        entries.get(self.cursor.within(entries.len())?).copied()
    }

    /// Forms come first where a rule is written: keys are in the footer too.
    fn help(&self, app: &App) -> Vec<Help> {
        let scopes = app.scopes_below();
        let mut specs: Vec<&ActionSpec> = ACTIONS.iter().filter(|spec| self.is_wanted(spec, app)).collect();
        specs.sort_by_key(|spec| scopes.iter().position(|scope| *scope == spec.scope).unwrap_or(usize::MAX));
        let writing = scopes.contains(&Scope::Editor);
        let forms = FORMS.iter().filter(|form| {
            writing && self.matches(&[form.about, form.form, form.example, form.meaning, "rule"])
        });
        forms.map(Help::Write).chain(specs.into_iter().map(Help::Do)).collect()
    }

    /// Whether an action is found by name, sentence, place or key.
    fn is_wanted(&self, spec: &ActionSpec, app: &App) -> bool {
        let keys: Vec<String> = app.keymap.of(spec).iter().map(ToString::to_string).collect();
        self.matches(&[spec.id, spec.title, spec.help, spec.scope.title(), &keys.join(" ")])
    }

    pub(in super::super) fn draw_help(&self, app: &App, area: Rect, buffer: &mut Buffer, view: &View) {
        let entries = self.help(app);
        let title = if app.scopes_below().contains(&Scope::Editor) { "Rules and keys" } else { "Keys" };
        let (inner, _) = self.window(title, "type to filter", entries.len(), area, buffer, view);
        let width = usize::from(inner.width);
        let selected = self.cursor.within(entries.len());
        let told =
            selected.and_then(|at| entries.get(at)).map_or_else(Vec::new, |entry| told(entry, width, view));
        // What the selected one says in full stands below, in a room that does not jump from one to the next.
        let room = if inner.height >= 12 { 6 } else { inner.height / 3 };
        let (list, below) = take_top(inner, inner.height.saturating_sub(room));
        for (index, at) in self.cursor.window(entries.len(), usize::from(list.height)).enumerate() {
            let row = match entries.get(at) {
                Some(Help::Do(spec)) => action_row(spec, app, width, view),
                Some(Help::Write(form)) => {
                    view.row().cell(Role::Muted, form.about, 13).gap(1).put(Role::Key, form.form)
                }
                None => continue,
            };
            self.put(row, at, entries.len(), list, index, buffer);
        }
        for (index, row) in told.into_iter().take(usize::from(below.height)).enumerate() {
            line_at(row, below, index as u16, buffer);
        }
    }
}

fn action_row(spec: &'static ActionSpec, app: &App, width: usize, view: &View) -> Row {
    let keys: Vec<String> = app.keymap.of(spec).iter().map(ToString::to_string).collect();
    let place = if width < 60 { 0 } else { 14 };
    let row =
        view.row().right(Role::Key, keys.join(" "), 9).gap(2).cell(Role::Muted, spec.scope.title(), place);
    match (spec.readiness)(app) {
        Readiness::Ready => row.text(spec.help),
        Readiness::Blocked(reason) => row.muted(spec.help).put(Role::Held, format!("  ({reason})")),
    }
}

/// An entry in full: of a form how it is written, what it means and an example, which Enter writes.
fn told(entry: &Help, width: usize, view: &View) -> Vec<Row> {
    let lines = |role: Role, text: &str| -> Vec<Row> {
        wrap(text, width).into_iter().map(|line| view.row().put(role, line)).collect()
    };
    let mut rows = vec![view.row().put(Role::Border, "─".repeat(width))];
    match entry {
        Help::Do(spec) => rows.extend(lines(Role::Muted, spec.help)),
        Help::Write(form) => {
            rows.extend(lines(Role::Text, &form.example.replace('\n', " ")));
            rows.extend(lines(Role::Muted, form.meaning));
            rows.extend(lines(Role::Key, form.form));
        }
    }
    rows
}
