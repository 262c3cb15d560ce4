//! The same text as rows: one part that must hold a row, in cells that are filled from what there is.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draft::Draft;
use super::editor::{about, clause_counts, count_room, notes};
use crate::panel::segments::offers::{Offer, Offers};
use crate::rule::rows::{About, Cell, RuleRow, rows};
use crate::tui::layout::take_top;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::{Row, clip, wrap};
use crate::tui::widgets::table::Cursor;

/// Windows a row may have; what else there is can be typed.
const WINDOWS: [&str; 11] = [
    "within 1d",
    "within 7d",
    "within 30d",
    "within 60d",
    "within 90d",
    "within 180d",
    "within 365d",
    "today",
    "this month",
    "last month",
    "more than 30d ago",
];

/// The tests of what is counted.
const COMPARISONS: [&str; 6] = [">=", "<=", "=", "!=", ">", "<"];

/// Where the rows are looked at, and what is known to fill them with.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    pub(super) row: usize,
    pub(super) cell: usize,
    /// Whether what is chosen next becomes a row of its own.
    pub(super) adding: bool,
    offers: Vec<Arc<Offers>>,
}

impl Form {
    pub(super) fn receive(&mut self, offers: Arc<Offers>) {
        self.offers.retain(|known| known.about != offers.about);
        self.offers.push(offers);
    }

    /// What an answer told of something; none while it is on its way.
    fn known(&self, about: Option<&About>) -> Option<&Offers> {
        self.offers.iter().map(Arc::as_ref).find(|known| known.about.as_ref() == about)
    }

    /// The selected cell; the whole part where it has no cells.
    pub(super) fn selected(&self) -> Cell {
        Cell::ALL.get(self.cell).copied().unwrap_or(Cell::Attribute)
    }

    pub(super) fn walk(&mut self, across: isize, down: isize, rows: usize) {
        self.cell = self.cell.saturating_add_signed(across).min(Cell::ALL.len() - 1);
        self.row = self.row.saturating_add_signed(down).min(rows.saturating_sub(1));
    }

    /// What has to be asked for before the selected cell can be filled.
    pub(super) fn wanted(&self, row: Option<&RuleRow>) -> Option<About> {
        let cells = row.filter(|_| !self.adding)?.cells.as_ref()?;
        let listed = self.selected() == Cell::Value && cells.about != About::Number;
        listed.then(|| cells.about.clone())
    }

    /// What the selected cell may be filled with; none while it is on its way.
    pub(super) fn offered(&self, row: Option<&RuleRow>) -> Option<Vec<Offer>> {
        let cells = row.filter(|_| !self.adding).and_then(|row| row.cells.as_ref());
        let Some(cells) = cells else {
            let whole = row.is_some() && !self.adding;
            return if whole { Some(Vec::new()) } else { self.known(None).map(|known| known.rows.clone()) };
        };
        let plain = |texts: &[&str], kind: &str| Some(texts.iter().map(|text| offer(kind, text)).collect());
        match self.selected() {
            Cell::Attribute => self.known(None).map(|known| known.rows.clone()),
            Cell::Operator if cells.counts() => plain(&COMPARISONS, "test"),
            Cell::Operator => {
                let operators = self.about(&cells.attribute).map(|about| about.operators.clone());
                let operators = operators.filter(|operators| !operators.is_empty());
                let operators = operators.unwrap_or_else(|| {
                    crate::rule::complete::operators(None).iter().map(|o| (*o).to_owned()).collect()
                });
                Some(
                    operators
                        .iter()
                        .filter(|test| !is_window(test))
                        .map(|test| offer("test", test))
                        .collect(),
                )
            }
            Cell::Value if cells.about == About::Number => plain(&["1", "2", "3", "5", "10"], "number"),
            Cell::Value => self.known(Some(&cells.about)).map(|known| known.rows.clone()),
            Cell::Window => plain(&WINDOWS, "when"),
        }
    }

    fn about(&self, attribute: &str) -> Option<&Offer> {
        let rows = self.known(None).map(|known| known.rows.as_slice()).unwrap_or_default();
        rows.iter().find(|offer| offer.text == attribute || offer.label == attribute)
    }

    /// The value a test begins with where there is none yet.
    pub(super) fn fallback(&self, row: &RuleRow) -> String {
        use crate::model::ValueType;
        let Some(cells) = &row.cells else { return "0".to_owned() };
        let first = self.known(Some(&cells.about)).and_then(|known| known.rows.first());
        if let Some(first) = first {
            return first.text.clone();
        }
        let fallback = match self.about(&cells.attribute).and_then(|offer| offer.value_type) {
            Some(ValueType::Number) => "0",
            Some(ValueType::Flag) => "true",
            _ if cells.about == About::Number => "1",
            _ => "\"\"",
        };
        fallback.to_owned()
    }
}

/// Whether a test says when, which has a cell of its own.
fn is_window(test: &str) -> bool {
    const WORDS: [&str; 9] = [
        "within",
        "before",
        "after",
        "since",
        "more than",
        "within next",
        "today",
        "this month",
        "last month",
    ];
    WORDS.contains(&test)
}

fn offer(kind: &str, text: &str) -> Offer {
    Offer { kind: kind.to_owned(), label: text.to_owned(), text: text.to_owned(), ..Offer::default() }
}

/// Draws the rows.
pub(super) fn draw(draft: &Draft, form: &Form, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
    let about = about(draft);
    let frame = Frame { title: &draft.name, about: &about, note: "rows of the same text", focused };
    let inner = view.frame(frame, area, buffer);
    let width = usize::from(inner.width);
    let (text, is_current) = draft.sound();
    let rows = rows(text).unwrap_or_default();
    if rows.is_empty() && !is_current {
        let then = "It cannot be shown as rows yet: ^R goes back to the text, ^Z takes the last edit back.";
        view.teach("The rule cannot be read.", then, inner, buffer);
        for (index, row) in notes(draft, width, view).into_iter().enumerate() {
            line_at(row, inner, index as u16 + 4, buffer);
        }
        return;
    }
    if rows.is_empty() {
        return view.teach("No rows yet.", "+ adds one: what is asked about, then the test", inner, buffer);
    }
    let inner = if is_current { inner } else { say_unread(inner, buffer, view) };
    let room = width.saturating_sub(count_room(view) + 1);
    let below = detail(&rows, form, width, view);
    let notes = notes(draft, width, view);
    let told = (below.len() + notes.len()).min(usize::from(inner.height) / 2) as u16;
    let (list, under) = take_top(inner, inner.height.saturating_sub(told));
    let leads = rows.iter().map(|row| lead(row).len()).max().unwrap_or(0).clamp(4, room / 3 + 4);
    let closing = rows.iter().map(|row| row.closes).max().unwrap_or(0);
    let widths = widths(&rows, room.saturating_sub(leads + 2 + closing));
    let window = Cursor { at: form.row }.window(rows.len(), usize::from(list.height));
    for (line, index) in window.enumerate() {
        let Some(row) = rows.get(index) else { continue };
        let drawn = cells(row, (index == form.row).then_some(form.cell), &widths, (leads, room), view);
        let counts = clause_counts(draft, &row.span, view);
        line_at(drawn.cut(room).with_end(counts, width), list, line as u16, buffer);
    }
    for (index, row) in below.into_iter().chain(notes).take(usize::from(told)).enumerate() {
        line_at(row, under, index as u16, buffer);
    }
}

/// Says that the rows are those of the text before it could not be read any more.
fn say_unread(area: Rect, buffer: &mut Buffer, view: &View) -> Rect {
    const SAID: &str = "The text cannot be read now: these are the rows as they were. ^R goes back to it.";
    let lines = wrap(SAID, usize::from(area.width));
    let height = lines.len() as u16;
    for (index, line) in lines.into_iter().enumerate() {
        line_at(view.row().put(Role::Held, line), area, index as u16, buffer);
    }
    take_top(area, height).1
}

/// As wide as the widest of a column, the widest columns narrowed until all fit.
fn widths(rows: &[RuleRow], room: usize) -> [usize; 4] {
    let mut widths = [4; 4];
    for cells in rows.iter().filter_map(|row| row.cells.as_ref()) {
        for (width, cell) in widths.iter_mut().zip(Cell::ALL) {
            *width = (*width).max(cells.cell(cell).chars().count());
        }
    }
    while widths.iter().sum::<usize>() + 3 > room {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > 4) else { break };
        *widest -= 1;
    }
    widths
}

fn cells(
    row: &RuleRow,
    selected: Option<usize>,
    widths: &[usize; 4],
    (leads, room): (usize, usize),
    view: &View,
) -> Row {
    let mut drawn = view.row().put(Role::Key, if selected.is_some() { "›" } else { " " });
    drawn = drawn.cell(
        if is_negated(row) { Role::Held } else { Role::Muted },
        clip(&lead(row), leads),
        leads + 1,
    );
    let Some(cells) = &row.cells else {
        let role = if selected.is_some() { Role::Selected } else { Role::Muted };
        let text = clip(&row.text, room.saturating_sub(leads + 2 + 13 + row.closes));
        return drawn.put(role, text).muted(")".repeat(row.closes)).muted(" edit as text");
    };
    for (index, (cell, width)) in Cell::ALL.into_iter().zip(widths).enumerate() {
        let text = cells.cell(cell);
        let text = if text.is_empty() { "·" } else { text };
        let role = match (selected == Some(index), cells.cell(cell).is_empty()) {
            (true, _) => Role::Selected,
            (false, true) => Role::Border,
            (false, false) => Role::Text,
        };
        drawn = drawn.cell(role, clip(text, *width), *width).gap(usize::from(index < 3));
    }
    drawn.muted(")".repeat(row.closes))
}

/// How a row is joined to those before it, the groups that begin with it, and whether it must not hold.
fn lead(row: &RuleRow) -> String {
    let opens: String = row.opens.iter().map(|negated| if *negated { "not (" } else { "(" }).collect();
    let not = if row.negated && row.cells.is_some() { "not" } else { "" };
    format!("{:<4}{opens}{not}", row.joined.word()).trim_end().to_owned()
}

fn is_negated(row: &RuleRow) -> bool {
    row.opens.contains(&true) || row.negated && row.cells.is_some()
}

/// The selected cell in full, and what can be done with it.
fn detail(rows: &[RuleRow], form: &Form, width: usize, view: &View) -> Vec<Row> {
    let Some(row) = rows.get(form.row) else { return Vec::new() };
    let (name, text) = match &row.cells {
        Some(cells) => (form.selected().name(), cells.cell(form.selected())),
        None => ("part", row.text.as_str()),
    };
    let text = if text.is_empty() { "nothing yet" } else { text };
    let lines = wrap(&format!("{name}: {text}"), width);
    std::iter::once(view.row()).chain(lines.into_iter().map(|line| view.row().muted(line))).collect()
}
