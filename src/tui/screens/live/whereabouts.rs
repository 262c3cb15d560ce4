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
use crate::tui::widgets::row::{Row, flow};

/// Draws the panel.
pub(super) fn draw(whereabouts: &Whereabouts, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
    let frame = Frame { title: "Where people are", about: "", note: "now", focused };
    let inner = view.frame(frame, area, buffer);
    if whereabouts.lifecycle.is_empty() && whereabouts.journeys.is_empty() {
        return view.teach("Nobody is here yet.", "2 brings in people", inner, buffer);
    }
    let width = usize::from(inner.width);
    let mut stack = Stack::default();
    for (index, row) in intent(whereabouts, width, view).into_iter().enumerate() {
        stack.push(index as u8, row);
    }
    let wanted = 2 + whereabouts.lifecycle.len() + whereabouts.journeys.len();
    if wanted > usize::from(inner.height) {
        // Bars would push stages out of the panel; all of them in a few lines say more.
        for row in stages(whereabouts, width, view) {
            stack.push(1, row);
        }
    } else {
        stage_bars(whereabouts, width, view, &mut stack);
    }
    for journey in &whereabouts.journeys {
        for (index, row) in journey_rows(journey, width, view).into_iter().enumerate() {
            stack.push(if index == 0 { 2 } else { 6 }, row);
        }
        if view.full {
            steps(journey, view, &mut stack);
        }
    }
    stack.draw(inner, buffer);
}

fn stages(whereabouts: &Whereabouts, width: usize, view: &View) -> Vec<Row> {
    let lead = view.row().muted(if width < 44 { "" } else { "lifecycle   " });
    let items = whereabouts.lifecycle.iter();
    let items = items.map(|(name, n)| view.row().muted(name).gap(1).put(Role::Text, figures::count(*n)));
    flow(lead, items.collect(), " · ", width)
}

fn stage_bars(whereabouts: &Whereabouts, width: usize, view: &View, stack: &mut Stack) {
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
}

fn intent(whereabouts: &Whereabouts, width: usize, view: &View) -> Vec<Row> {
    let lead = view.row().muted(if width < 44 { "" } else { "intent now  " });
    if whereabouts.intent.is_empty() {
        return vec![lead.muted("nobody is in a session")];
    }
    let items = whereabouts.intent.iter();
    let items = items.map(|(name, n)| view.row().muted(name).gap(1).put(Role::Loud, figures::count(*n)));
    flow(lead, items.collect(), " · ", width)
}

fn journey_rows(journey: &JourneyCount, width: usize, view: &View) -> Vec<Row> {
    let parts = [
        (journey.waiting, "waiting", Role::Held),
        (journey.in_test, "in test", Role::Text),
        (journey.goal, "goal", Role::Up),
        (journey.out, "out", Role::Muted),
    ];
    let said = parts.into_iter().filter(|(n, ..)| *n > 0);
    let mut items: Vec<Row> =
        said.map(|(n, word, role)| view.row().put(role, figures::count(n)).gap(1).muted(word)).collect();
    if items.is_empty() {
        items.push(view.row().muted("nobody yet"));
    }
    flow(view.row().text(&journey.name).muted(": "), items, " · ", width)
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
