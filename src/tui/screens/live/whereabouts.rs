//! Where people are: intent now, lifecycle, journeys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::panel::Whereabouts;
use crate::panel::figures;
use crate::panel::whereabouts::JourneyCount;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::frame::{Frame, Stack};
use crate::tui::widgets::row::Row;

/// Draws the panel.
pub(super) fn draw(whereabouts: &Whereabouts, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
    let frame = Frame { title: "Where people are", about: "", note: "now", focused };
    let inner = view.frame(frame, area, buffer);
    if whereabouts.lifecycle.is_empty() && whereabouts.journeys.is_empty() {
        return view.teach("Nobody is here yet.", "2 brings in people", inner, buffer);
    }
    let width = usize::from(inner.width);
    let mut stack = Stack::default();
    stack.push(0, intent(whereabouts, width, view));
    let most = whereabouts.lifecycle.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    for (index, (stage, count)) in whereabouts.lifecycle.iter().enumerate() {
        let room = width.saturating_sub(22);
        let row = view
            .row()
            .cell(Role::Muted, stage, 11)
            .right(Role::Text, figures::count(*count), 9)
            .gap(2)
            .cell(Role::Ink, bar(*count as f64 / most as f64, room), room);
        stack.push(2 + index.min(20) as u8, row);
    }
    for journey in &whereabouts.journeys {
        stack.push(1, journey_row(journey, width, view));
        if view.full {
            steps(journey, view, &mut stack);
        }
    }
    stack.draw(inner, buffer);
}

fn intent(whereabouts: &Whereabouts, width: usize, view: &View) -> Row {
    let mut row = view.row().muted(if width >= 44 { "intent now  " } else { "now  " });
    if whereabouts.intent.is_empty() {
        return row.muted("nobody is in a session");
    }
    for (index, (name, count)) in whereabouts.intent.iter().enumerate() {
        let separator = if index > 0 { " · " } else { "" };
        let next = view.row().muted(separator).muted(name).gap(1).put(Role::Loud, figures::count(*count));
        if row.width() + next.width() > width {
            break;
        }
        row = row.then(next);
    }
    row
}

fn journey_row(journey: &JourneyCount, width: usize, view: &View) -> Row {
    let mut row = view.row().text(&journey.name).muted(":");
    let parts = [
        (journey.waiting, "waiting", Role::Held),
        (journey.in_test, "in test", Role::Text),
        (journey.goal, "goal", Role::Up),
        (journey.out, "out", Role::Muted),
    ];
    for (index, (count, word, role)) in parts.into_iter().enumerate() {
        let next = view
            .row()
            .muted(if index > 0 { " · " } else { " " })
            .put(role, figures::count(count))
            .gap(1)
            .muted(word);
        if row.width() + next.width() > width {
            break;
        }
        row = row.then(next);
    }
    row
}

fn steps(journey: &JourneyCount, view: &View, stack: &mut Stack) {
    let most = journey.steps.iter().map(|step| step.seen).max().unwrap_or(0).max(1);
    for step in &journey.steps {
        let row = view
            .row()
            .gap(2)
            .cell(Role::Muted, &step.step, 20)
            .right(Role::Text, figures::count(step.here), 8)
            .muted(" here")
            .right(Role::Text, figures::count(step.seen), 9)
            .muted(" seen  ")
            .put(Role::Ink, bar(step.seen as f64 / most as f64, 30));
        stack.push(3, row);
    }
}
