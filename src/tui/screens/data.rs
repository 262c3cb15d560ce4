//! 2 Data: where data came from, what became of every row, and how to bring in more.

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Effect, Loaded, Question, Screen, View, step_of};
use crate::model::Problem;
use crate::model::fact::Accounting;
use crate::panel::Data;
use crate::panel::data::{Batch, Source};
use crate::panel::figures;
use crate::tui::action::Action;
use crate::tui::layout::{part, take_top};
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::Row;
use crate::tui::widgets::table::{self, Cursor};

const SOURCES: usize = 0;
const BATCHES: usize = 1;

/// The room's state.
#[derive(Debug)]
pub(crate) struct DataScreen {
    data: Loaded<Data>,
    focus: usize,
    sources: Cursor,
    batches: Cursor,
}

impl Default for DataScreen {
    fn default() -> Self {
        Self { data: Loaded::Waiting, focus: BATCHES, sources: Cursor::default(), batches: Cursor::default() }
    }
}

impl DataScreen {
    pub(crate) fn receive(&mut self, data: Arc<Data>) {
        self.data = Loaded::Here(data);
    }

    pub(crate) fn fail(&mut self, problem: Problem) {
        self.data = Loaded::Failed(problem);
    }

    /// The selected import.
    pub(crate) fn selected_batch(&self) -> Option<&Batch> {
        let batches = &self.data.here()?.batches;
        self.batches.within(batches.len()).and_then(|at| batches.get(at))
    }

    fn rows(&self) -> usize {
        self.data
            .here()
            .map_or(0, |data| if self.focus == SOURCES { data.sources.len() } else { data.batches.len() })
    }

    fn draw_sources(&self, data: &Data, area: Rect, buffer: &mut Buffer, view: &View) {
        let head = view
            .row()
            .cell(Role::Muted, "source", 16)
            .right(Role::Muted, "people", 10)
            .right(Role::Muted, "events", 12)
            .gap(2);
        let newest = area.width >= 90;
        let head = if newest { head.cell(Role::Muted, "newest", 16).gap(2) } else { head };
        let head = head.muted(if newest { "allowed for, kept until" } else { "allowed for" });
        let list = table::headed(head, area, buffer);
        table::draw(&data.sources, self.sources, self.focus == SOURCES, list, buffer, |source| {
            source_row(source, newest, view)
        });
    }

    fn draw_batches(&self, data: &Data, area: Rect, buffer: &mut Buffer, view: &View) {
        let columns = Columns::of(area);
        let mut head =
            view.row().cell(Role::Muted, "import", columns.id).cell(Role::Muted, "file", columns.file);
        for name in columns.names() {
            head = head.right(Role::Muted, name, columns.number);
        }
        let (list, detail) = take_top(area, area.height.saturating_sub(4));
        let list = table::headed(head, list, buffer);
        table::draw(&data.batches, self.batches, self.focus == BATCHES, list, buffer, |batch| {
            batch_row(batch, &columns, view)
        });
        if let Some(batch) = self.selected_batch() {
            draw_detail(batch, detail, buffer, view);
        }
    }
}

/// The columns of the imports for a width: what the parts of the accounting are called, and how wide they are.
struct Columns {
    id: usize,
    file: usize,
    number: usize,
    parts: Parts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    All,
    Summed,
    Least,
}

impl Columns {
    fn of(area: Rect) -> Self {
        let width = usize::from(area.width);
        match width {
            100.. => {
                Self { id: 9, file: width.saturating_sub(9 + 66).min(40), number: 11, parts: Parts::All }
            }
            60.. => Self { id: 9, file: width - 49, number: 10, parts: Parts::Summed },
            _ => Self { id: 0, file: width.saturating_sub(27), number: 9, parts: Parts::Least },
        }
    }

    fn names(&self) -> &'static [&'static str] {
        match self.parts {
            Parts::All => &["rows", "accepted", "grouped", "merged", "superseded", "rejected"],
            Parts::Summed => &["rows", "accepted", "known", "rejected"],
            Parts::Least => &["rows", "accepted", "rejected"],
        }
    }

    /// The numbers without the rejected ones, which are drawn apart.
    fn numbers(&self, a: Accounting) -> Vec<u64> {
        let known = a.grouped.saturating_add(a.merged).saturating_add(a.superseded);
        match self.parts {
            Parts::All => vec![a.rows, a.accepted, a.grouped, a.merged, a.superseded],
            Parts::Summed => vec![a.rows, a.accepted, known],
            Parts::Least => vec![a.rows, a.accepted],
        }
    }
}

fn source_row(source: &Source, with_newest: bool, view: &View) -> Row {
    let newest = source.newest.map_or("–".to_owned(), |at| at.short(&TimeZone::UTC));
    let purposes =
        if source.purposes.is_empty() { "none declared".to_owned() } else { source.purposes.join(", ") };
    let row = view
        .row()
        .cell(Role::Text, &source.name, 16)
        .right(Role::Text, source.people.map_or_else(|| "–".to_owned(), figures::count), 10)
        .right(Role::Text, figures::count(source.events), 12)
        .gap(2);
    let row = if with_newest { row.cell(Role::Muted, newest, 16).gap(2) } else { row };
    let row = row.muted(purposes);
    match source.expires {
        Some(expires) => row.put(
            Role::Held,
            format!(", until {}", &expires.short(&TimeZone::UTC).chars().take(10).collect::<String>()),
        ),
        None => row,
    }
}

fn batch_row(batch: &Batch, columns: &Columns, view: &View) -> Row {
    let role = if batch.reverted { Role::Border } else { Role::Text };
    let file = if batch.reverted { format!("reverted: {}", batch.file) } else { batch.file.clone() };
    let mut row =
        view.row().cell(Role::Muted, batch.id.to_string(), columns.id).cell(role, file, columns.file);
    let accounting = batch.accounting;
    for count in columns.numbers(accounting) {
        row = row.right(role, figures::count(count), columns.number);
    }
    let rejected = if accounting.rejected > 0 { Role::Warning } else { role };
    let row = row.right(rejected, figures::count(accounting.rejected), columns.number);
    if accounting.adds_up() { row } else { row.put(Role::Error, " ≠") }
}

/// What became of the selected import's rejected rows, and what to do with them.
fn draw_detail(batch: &Batch, area: Rect, buffer: &mut Buffer, view: &View) {
    let at = batch.at.short(&TimeZone::UTC);
    let row = view
        .row()
        .muted(format!("{} ", batch.id))
        .text(&batch.file)
        .muted(format!(", {at}, source {}", batch.source));
    line_at(row, area, 1, buffer);
    let why: Vec<String> =
        batch.reasons.iter().map(|(reason, n)| format!("{} {reason}", figures::count(*n))).collect();
    let reasons = match (batch.accounting.rejected, why.is_empty()) {
        (0, _) => view.row().put(Role::Up, "✔").muted(" every row was understood"),
        (n, true) => view.row().put(Role::Warning, format!("{} rejected", figures::count(n))),
        (_, false) => view.row().put(Role::Warning, "rejected: ").text(why.join(" · ")),
    };
    line_at(reasons, area, 2, buffer);
    if let Some(file) = &batch.reject_file {
        line_at(
            view.row().muted("→ mend them in ").text(file).muted(" and import that file again"),
            area,
            3,
            buffer,
        );
    }
}

impl Screen for DataScreen {
    fn pane_names(&self) -> &'static [&'static str] {
        &["Sources", "Imports"]
    }

    fn focus(&self) -> usize {
        self.focus
    }

    fn set_focus(&mut self, pane: usize) {
        self.focus = pane;
    }

    fn split(&self, body: Rect) -> Vec<Rect> {
        let sources = self.data.here().map_or(0, |data| data.sources.len()).clamp(1, 8) as u16;
        let (upper, lower) = take_top(body, (sources + 5).min(part(body.height, 45)));
        vec![upper, lower]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if let Some(step) = step_of(action) {
            let rows = self.rows();
            let cursor = if self.focus == SOURCES { &mut self.sources } else { &mut self.batches };
            cursor.step(step, rows);
            return Vec::new();
        }
        match action {
            Action::Import => vec![Effect::Ask(Question::ImportPath)],
            Action::Revert => self
                .selected_batch()
                .map(|batch| Effect::Ask(Question::Revert(batch.id, batch.file.clone())))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }

    fn click(&mut self, pane: usize, area: Rect, at: Position) -> Vec<Effect> {
        let Some(data) = self.data.here() else { return Vec::new() };
        let (cursor, rows, top, bottom) = if pane == SOURCES {
            (&mut self.sources, data.sources.len(), 3, 1)
        } else {
            (&mut self.batches, data.batches.len(), 2, 5)
        };
        if let Some(row) = table::row_at(*cursor, rows, area, (top, bottom), at) {
            cursor.at = row;
        }
        Vec::new()
    }

    fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        let here = self.data.here();
        if let Some(area) = areas.first().copied().filter(|area| !area.is_empty()) {
            let note = here
                .map(|data| figures::plural(data.sources.len() as u64, "source", "sources"))
                .unwrap_or_default();
            let frame = Frame { title: "Sources", about: "", note: &note, focused: self.focus == SOURCES };
            let inner = view.frame(frame, area, buffer);
            if let Some(data) = self.data.here_or_say(view, inner, buffer) {
                if data.sources.is_empty() {
                    view.teach(
                        "No data yet.",
                        "i imports a file: CSV, NDJSON, .gz or .zip. Or: segue import FILE…",
                        inner,
                        buffer,
                    );
                } else {
                    line_at(view.row().text(&data.sentence), inner, 0, buffer);
                    self.draw_sources(data, take_top(inner, 1).1, buffer, view);
                    if data.without_identity > 0 {
                        let text = format!(
                            "{} carry no identity and belong to nobody",
                            figures::plural(data.without_identity, "event", "events")
                        );
                        line_at(view.row().muted(text), inner, inner.height.saturating_sub(1), buffer);
                    }
                }
            }
        }
        if let Some(area) = areas.get(1).copied().filter(|area| !area.is_empty()) {
            let note = "rows = accepted + grouped + merged + superseded + rejected";
            let frame =
                Frame { title: "Imports", about: "newest first", note, focused: self.focus == BATCHES };
            let inner = view.frame(frame, area, buffer);
            if let Some(data) = here {
                if data.batches.is_empty() {
                    view.teach(
                        "Nothing was imported yet.",
                        "i imports a file; an import can be reverted as a whole",
                        inner,
                        buffer,
                    );
                } else {
                    self.draw_batches(data, inner, buffer, view);
                }
            }
        }
    }

    fn selected_line(&self, _mask: bool) -> Option<String> {
        let data = self.data.here()?;
        if self.focus == SOURCES {
            let source = data.sources.get(self.sources.within(data.sources.len())?)?;
            let people = source.people.map_or_else(String::new, |n| format!(" {n} people,"));
            return Some(format!("{}:{people} {} events", source.name, source.events));
        }
        let batch = self.selected_batch()?;
        let a = batch.accounting;
        Some(format!(
            "{} {}: {} rows = {} accepted + {} grouped + {} merged + {} superseded + {} rejected",
            batch.id, batch.file, a.rows, a.accepted, a.grouped, a.merged, a.superseded, a.rejected
        ))
    }
}
