//! The rule editor: the text, the count beside every line, and what is wrong below the line it is in.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::draft::Draft;
use super::lines::draw_lines;
use crate::panel::figures;
use crate::panel::segments::{ClauseCount, Diagnostic};
use crate::tui::layout::{Breakpoint, take_left, take_top};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
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

/// The counts of the row that stands at a place of the text.
pub(super) fn clause_counts(draft: &Draft, span: &std::ops::Range<usize>, view: &View) -> Row {
    let clauses = draft.verdict.as_deref().map(|verdict| verdict.clauses.as_slice()).unwrap_or_default();
    match clauses.iter().find(|clause| span.contains(&(clause.start as usize))) {
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
    let costs = match clause.costs {
        None | Some(0) => String::new(),
        Some(costs) => figures::signed_count(-costs),
    };
    row.right(Role::Muted, costs, COUNT)
}

pub(super) fn counts(draft: &Draft, index: usize, view: &View) -> Row {
    let verdict = draft.verdict.as_deref();
    let stale = draft.current().is_none();
    let clause =
        verdict.and_then(|verdict| verdict.lines.iter().find(|line| line.line as usize == index + 1));
    let is_wrong = diagnostics_of(draft, index).any(|diagnostic| diagnostic.error);
    match clause {
        _ if is_wrong => view.row().right(Role::Held, "───", COUNT).gap(count_room(view) - COUNT),
        Some(clause) => figures_of(*clause, stale, view),
        None => view.row(),
    }
}

pub(super) fn diagnostics_of(draft: &Draft, index: usize) -> impl Iterator<Item = &Diagnostic> {
    draft.diagnostics().iter().filter(move |diagnostic| diagnostic.line as usize == index + 1)
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
