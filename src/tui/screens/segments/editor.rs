//! The rule editor: the text, the count beside every line, and what is wrong below the line it is in.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::draft::Draft;
use crate::panel::figures;
use crate::panel::segments::{ClauseCount, Diagnostic};
use crate::tui::layout::{Breakpoint, take_left, take_top};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::input::with_cursor;
use crate::tui::widgets::row::{Row, wrap};

/// Cells of a count: people who pass a line, and people lost there where there is room for both.
const COUNT: usize = 8;

/// Cells the cursor and a blank take.
const CURSOR: u16 = 2;

/// What an empty editor says.
const HINT: &str = "such as  country = \"DE\" and did(\"Order Completed\") >= 2 within 180d";

/// Draws the editor; tells where the cursor stands, if it is seen, and the area the text is in.
pub(super) fn draw(
    draft: &Draft,
    area: Rect,
    buffer: &mut Buffer,
    view: &View,
    focused: bool,
) -> (Option<Position>, Rect) {
    let about = about(draft);
    let frame = Frame {
        title: &draft.name,
        about: &about,
        note: if wide(view) { "people, cost per line" } else { "people per line" },
        focused,
    };
    let inner = view.frame(frame, area, buffer);
    let notes = notes(draft, usize::from(inner.width), view);
    let shown = notes.len().min(usize::from(inner.height) / 2) as u16;
    let (text, below) = take_top(inner, inner.height.saturating_sub(shown + u16::from(shown > 0)));
    let cursor = draw_lines(draft, text, buffer, view);
    if draft.text().is_empty() {
        // Beside the cursor, which stands where the text will begin: a letter under it would look typed.
        let beside = take_left(text, CURSOR).1;
        view.paragraph(Role::Muted, HINT, beside, 0, buffer);
    }
    for (index, row) in notes.into_iter().take(usize::from(shown)).enumerate() {
        line_at(row, below, index as u16 + 1, buffer);
    }
    (cursor, inner)
}

/// Which version it is a draft of.
pub(super) fn about(draft: &Draft) -> String {
    match (draft.version, draft.is_changed()) {
        (None, _) => "new".to_owned(),
        (Some(version), true) => format!("draft of v{}", version + 1),
        (Some(version), false) => format!("v{version}"),
    }
}

/// Whether there is room for what a clause costs beside its count.
fn wide(view: &View) -> bool {
    view.size == Breakpoint::Wide
}

/// Cells the counts take.
pub(super) fn count_room(view: &View) -> usize {
    COUNT * (1 + usize::from(wide(view)))
}

/// The counts of one row of so many, by its place in the text where the verdict counts other parts.
pub(super) fn clause_counts(
    draft: &Draft,
    row: usize,
    rows: usize,
    span: &std::ops::Range<usize>,
    view: &View,
) -> Row {
    let clauses = draft.verdict.as_deref().map(|verdict| verdict.clauses.as_slice()).unwrap_or_default();
    let line = draft.text().get(..span.start).unwrap_or("").matches('\n').count() as u32 + 1;
    let clause = if clauses.len() == rows {
        clauses.get(row)
    } else {
        clauses.iter().find(|clause| clause.line == line)
    };
    match clause {
        Some(clause) => figures_of(*clause, draft.current().is_none(), view),
        None => view.row(),
    }
}

fn figures_of(clause: ClauseCount, stale: bool, view: &View) -> Row {
    let role = if stale { Role::Muted } else { Role::Text };
    let row = view.row().right(role, figures::count(clause.passes), COUNT);
    if !wide(view) {
        return row;
    }
    let costs = i64::try_from(clause.costs).unwrap_or(i64::MAX);
    let costs = if costs == 0 { String::new() } else { figures::signed_count(-costs) };
    row.right(Role::Muted, costs, COUNT)
}

fn draw_lines(draft: &Draft, area: Rect, buffer: &mut Buffer, view: &View) -> Option<Position> {
    let (cursor_line, cursor_at) = draft.input.cursor();
    let width = usize::from(area.width);
    let lines = draft.input.each_line();
    let room = width.saturating_sub(count_room(view) + 1);
    let mut rows: Vec<Row> = Vec::new();
    let mut cursor_row = 0;
    let mut across = 0;
    for (index, line) in lines.iter().enumerate() {
        let here = (index == cursor_line).then_some(cursor_at);
        if here.is_some() {
            cursor_row = rows.len();
        }
        let (row, hidden) = with_cursor(view.row(), line, here, room);
        if here.is_some() {
            let shown: String = line.chars().take(cursor_at).skip(hidden).collect();
            across = shown.width() as u16;
        }
        rows.push(row.cut(room).with_end(counts(draft, index, view), width));
        let wrong = diagnostics_of(draft, index).filter(|diagnostic| !draft.is_unfinished(diagnostic));
        rows.extend(wrong.map(|diagnostic| carets(diagnostic, hidden, view)));
    }
    let height = usize::from(area.height);
    let from = (cursor_row + 2).saturating_sub(height);
    for (offset, row) in rows.into_iter().skip(from).take(height).enumerate() {
        line_at(row, area, offset as u16, buffer);
    }
    let down = u16::try_from(cursor_row.checked_sub(from)?).ok().filter(|down| *down < area.height)?;
    Some(Position::new(area.x.saturating_add(across), area.y.saturating_add(down)))
}

fn counts(draft: &Draft, index: usize, view: &View) -> Row {
    let verdict = draft.verdict.as_deref();
    let stale = draft.current().is_none();
    let clause =
        verdict.and_then(|verdict| verdict.clauses.iter().find(|clause| clause.line as usize == index + 1));
    match clause {
        Some(clause) => figures_of(*clause, stale, view),
        None if diagnostics_of(draft, index).next().is_some() => {
            view.row().right(Role::Held, "───", COUNT).gap(count_room(view) - COUNT)
        }
        None => view.row(),
    }
}

fn diagnostics_of(draft: &Draft, index: usize) -> impl Iterator<Item = &Diagnostic> {
    draft.diagnostics().iter().filter(move |diagnostic| diagnostic.line as usize == index + 1)
}

fn carets(diagnostic: &Diagnostic, hidden: usize, view: &View) -> Row {
    let role = if diagnostic.error { Role::Error } else { Role::Warning };
    let from = diagnostic.column.saturating_sub(1) as usize;
    let to = from + diagnostic.length.max(1) as usize;
    let shown = (from.saturating_sub(hidden), to.saturating_sub(hidden).min(400));
    view.row().gap(shown.0.min(400)).put(role, "^".repeat(shown.1.saturating_sub(shown.0)))
}

/// What is wrong, in words, with what mends it.
pub(super) fn notes(draft: &Draft, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    for diagnostic in draft.diagnostics() {
        let (role, mark) = match (draft.is_unfinished(diagnostic), diagnostic.error) {
            (true, _) => (Role::Muted, "…"),
            (false, true) => (Role::Error, "✘"),
            (false, false) => (Role::Warning, "!"),
        };
        for line in wrap(&format!("{mark} line {}: {}", diagnostic.line, diagnostic.message), width) {
            rows.push(view.row().put(role, line));
        }
        if let Some(help) = &diagnostic.help {
            let row = view.row().text(format!("  {help}"));
            let accept = view.row().put(Role::Key, "Tab").muted(" accepts");
            rows.push(if diagnostic.replacement.is_some() { row.with_end(accept, width) } else { row });
        }
    }
    rows
}
