//! Who the rule being written means: how many, against the saved version, where else they are, and a few of them.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draft::Draft;
use crate::panel::figures;
use crate::panel::privacy::{self, plain};
use crate::panel::segments::offers::Explained;
use crate::panel::segments::{SamplePerson, SegmentVerdict};
use crate::tui::layout::take_top;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, Stack, line_at};
use crate::tui::widgets::row::{Row, wrap};

/// Draws the panel.
pub(super) fn draw(draft: &Draft, who: &Who, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
    let reading = draft.current().is_none();
    let note = if reading { "counting …" } else { "" };
    let inner = view.frame(Frame { title: "Who", about: "", note, focused }, area, buffer);
    let Some(verdict) = draft.verdict.as_deref() else {
        return view.teach("Nobody is counted yet.", "the count follows what you type", inner, buffer);
    };
    if let Some(explained) = who.explained.as_deref() {
        return explanation(explained, inner, buffer, view);
    }
    let width = usize::from(inner.width);
    let mut stack = Stack::default();
    stack.push(0, headline(verdict, width, view));
    changes(verdict, view, &mut stack);
    listing(
        view,
        "also in",
        verdict.overlaps.iter().map(|(name, n)| (name, figures::count(*n))),
        width,
        &mut stack,
    );
    listing(
        view,
        "lifecycle",
        verdict.lifecycle.iter().map(|(name, share)| (name, figures::percent(*share))),
        width,
        &mut stack,
    );
    let (top, rest) = take_top(inner, stack.len() as u16);
    stack.draw(top, buffer);
    if verdict.sample.is_empty() {
        return;
    }
    line_at(view.row().put(Role::Border, "─".repeat(width)), rest, 0, buffer);
    let clauses = verdict.sample.iter().map(|person| person.clauses.len()).max().unwrap_or(0);
    for (index, person) in verdict.sample.iter().enumerate() {
        let row = sample_row(person, clauses, view);
        let chosen = focused && index == who.at.min(verdict.sample.len() - 1);
        let row = if chosen { row.to(width).all(Role::Selected) } else { row };
        line_at(row, rest, index as u16 + 1, buffer);
    }
}

/// Whom of the sample one looks at, and why the rule holds for them or not.
#[derive(Debug, Clone, Default)]
pub(super) struct Who {
    pub(super) at: usize,
    pub(super) explained: Option<Arc<Explained>>,
}

fn explanation(explained: &Explained, area: Rect, buffer: &mut Buffer, view: &View) {
    let head = view.row().put(Role::Loud, format!("{}, part by part", explained.id)).muted("   Esc closes");
    line_at(head, area, 0, buffer);
    let width = usize::from(area.width);
    let mut at = 1;
    for line in &explained.lines {
        let (role, mark) = mark(line.holds);
        let row = view.row().gap(line.depth.min(12) * 2).put(role, mark).text(plain(&line.asked));
        line_at(row, area, at, buffer);
        at += 1;
        let Some(seen) = &line.seen else { continue };
        let seen = if line.personal && view.mask { "covered: m shows it" } else { seen.as_str() };
        let indent = line.depth.min(12) * 2 + 2;
        for part in wrap(&plain(seen), width.saturating_sub(indent)) {
            line_at(view.row().gap(indent).muted(part), area, at, buffer);
            at += 1;
        }
    }
}

fn mark(holds: Option<bool>) -> (Role, &'static str) {
    match holds {
        Some(true) => (Role::Up, "✔ "),
        Some(false) => (Role::Down, "✘ "),
        None => (Role::Held, "? "),
    }
}

fn headline(verdict: &SegmentVerdict, width: usize, view: &View) -> Row {
    let Some(count) = verdict.count else {
        return view.row().put(Role::Held, "not known while the rule cannot be read");
    };
    let row = view.row().put(Role::Loud, figures::plural(count, "person", "people"));
    let row = row.muted(format!("  of {}", figures::count(verdict.people)));
    let Some(change) = verdict.change else { return row };
    let by = i64::try_from(change.join)
        .unwrap_or(i64::MAX)
        .saturating_sub(i64::try_from(change.leave).unwrap_or(i64::MAX));
    let end = format!("{} against v{}", figures::signed_count(by), change.version);
    row.with_end(view.row().put(Role::Held, end), width)
}

fn changes(verdict: &SegmentVerdict, view: &View, stack: &mut Stack) {
    if let Some(change) = verdict.change {
        let row = view.row().muted("in both ").text(figures::count(change.both));
        let row = row.muted("   leave ").text(figures::count(change.leave));
        stack.push(1, row.muted("   join ").text(figures::count(change.join)));
    }
}

fn listing<'a>(
    view: &View,
    label: &str,
    items: impl Iterator<Item = (&'a String, String)>,
    width: usize,
    stack: &mut Stack,
) {
    let mut row = view.row().cell(Role::Muted, label, 10);
    let empty = row.width();
    for (name, figure) in items {
        let next = view.row().muted(name).gap(1).text(figure).gap(3);
        if row.width() + next.width() > width + 3 {
            break;
        }
        row = row.then(next);
    }
    if row.width() > empty {
        stack.push(2, row);
    }
}

fn sample_row(person: &SamplePerson, clauses: usize, view: &View) -> Row {
    let mut row = view
        .row()
        .cell(Role::Muted, person.id.to_string(), 8)
        .gap(1)
        .cell(Role::Text, privacy::name(person.name.as_deref(), view.mask), 14)
        .gap(1);
    for clause in 0..clauses {
        let (role, mark) = match person.clauses.get(clause) {
            Some(holds) => mark(*holds),
            None => (Role::Text, "  "),
        };
        row = row.put(role, mark);
    }
    row.gap(1).muted(&person.note)
}
