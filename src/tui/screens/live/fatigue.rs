//! Messages per person, what is held and why, and what goes with pressure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::panel::Fatigue;
use crate::panel::fatigue::PressureBand;
use crate::panel::figures;
use crate::stats::Reading;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::frame::{Frame, Stack};
use crate::tui::widgets::row::{Row, flow, wrap};

/// Draws the panel.
pub(super) fn draw(fatigue: &Fatigue, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
    let note = format!("last {} days", fatigue.days);
    let inner = view.frame(Frame { title: "Fatigue", about: "", note: &note, focused }, area, buffer);
    if fatigue.people == 0 {
        return view.teach(
            "Nobody can be reached yet.",
            "2 brings in people and their consent",
            inner,
            buffer,
        );
    }
    let width = usize::from(inner.width);
    let mut stack = Stack::default();
    // A sentence that withholds the figures has their room.
    let lines = if fatigue.median.is_some() { 2 } else { 8 };
    for (index, line) in wrap(&fatigue.sentence, width).into_iter().take(lines).enumerate() {
        stack.push(index as u8, view.row().text(line));
    }
    if let Some(row) = spread(fatigue, width, view) {
        stack.push(1, row);
    }
    for (index, share) in fatigue.shares.iter().enumerate() {
        stack.push(3 + index.min(20) as u8, share_row(fatigue, index, *share, width, view));
    }
    held(fatigue, width, view, &mut stack);
    pressure(fatigue, width, view, &mut stack);
    if let Some(near_cap) = fatigue.near_cap {
        let near = view.row().muted("within one message of a cap");
        let people = view.row().text(figures::plural(near_cap, "person", "people"));
        stack.push(9, near.with_end(people, width));
    }
    stack.draw(inner, buffer);
}

fn spread(fatigue: &Fatigue, width: usize, view: &View) -> Option<Row> {
    let (median, p95) = fatigue.median.zip(fatigue.p95)?;
    let label = if width >= 44 { "messages per person" } else { "messages" };
    let numbers = view
        .row()
        .muted("median ")
        .put(Role::Loud, figures::count(u64::from(median)))
        .muted("   95 % ")
        .text(figures::count(u64::from(p95)));
    Some(view.row().muted(label).with_end(numbers, width))
}

/// One bar; the longest share fills the column, so that small differences can be seen.
fn share_row(fatigue: &Fatigue, index: usize, share: f64, width: usize, view: &View) -> Row {
    let last = index + 1 == fatigue.shares.len() && index > 0;
    let label = format!("{index}{}", if last { "+" } else { "" });
    let largest = fatigue.shares.iter().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let room = width.saturating_sub(16);
    let at_cap = fatigue.cap.is_some_and(|cap| index as u64 == u64::from(cap));
    let role = if at_cap { Role::Warning } else { Role::Ink };
    view.row()
        .right(Role::Muted, label, 3)
        .gap(1)
        .cell(role, bar(share / largest, room), room)
        .put(Role::Warning, if at_cap { " cap" } else { "    " })
        .right(Role::Text, figures::percent(share), 7)
}

fn held(fatigue: &Fatigue, width: usize, view: &View, stack: &mut Stack) {
    let Some(all) = fatigue.held else {
        if let Some(sent) = fatigue.sent {
            let unknown = view.row().muted("; the data does not say what was held");
            stack.push(2, view.row().muted("sent ").text(figures::count(sent)).then(unknown));
        }
        return;
    };
    let part = |count: u64| figures::percent(count as f64 / all.max(1) as f64);
    if view.full {
        let of = fatigue.sent.map(|sent| format!(" of {}", figures::count(all.saturating_add(sent))));
        let held = view.row().muted("held ").put(Role::Held, figures::count(all));
        stack.push(2, held.muted(of.unwrap_or_default()));
        for (reason, count) in &fatigue.held_by {
            let row =
                view.row().gap(2).cell(Role::Muted, reason, 16).right(Role::Text, figures::count(*count), 9);
            stack.push(4, row.right(Role::Muted, part(*count), 8));
        }
        return;
    }
    let lead = view.row().muted("held ").put(Role::Held, figures::count(all)).muted(": ");
    let reasons = fatigue.held_by.iter();
    let reasons = reasons.map(|(reason, n)| view.row().muted(reason).gap(1).text(part(*n))).collect();
    for (index, row) in flow(lead, reasons, "  ", width).into_iter().enumerate() {
        stack.push(2 + index as u8 * 2, row);
    }
}

fn pressure(fatigue: &Fatigue, width: usize, view: &View, stack: &mut Stack) {
    if fatigue.unsubscribes.is_empty() {
        return;
    }
    let title = if width >= 48 { "unsubscribes per 1,000, by pressure" } else { "unsubscribes per 1,000" };
    let association = view.row().muted("(association)");
    stack.push(6, view.row().muted(title).with_end(association, width));
    if view.full {
        for band in &fatigue.unsubscribes {
            let delivered = format!("{} of {} delivered", band.unsubscribed, figures::count(band.delivered));
            stack.push(
                5,
                view.row()
                    .gap(2)
                    .cell(Role::Text, &band.name, 6)
                    .then(band_row(band, true, view))
                    .gap(2)
                    .muted(delivered),
            );
        }
        return;
    }
    let mut row = view.row();
    let last = fatigue.unsubscribes.len() - 1;
    for (index, band) in fatigue.unsubscribes.iter().enumerate() {
        let with_interval = index == last && width >= 40;
        row = row.muted(&band.name).gap(1).then(band_row(band, with_interval, view)).gap(if width >= 40 {
            3
        } else {
            2
        });
    }
    stack.push(5, row.then(rising(fatigue, view)));
}

fn band_row(band: &PressureBand, with_interval: bool, view: &View) -> Row {
    match &band.per_thousand {
        Reading::Withheld(why) if with_interval => {
            view.row().put(Role::Held, format!("withheld: {}", why.sentence()))
        }
        Reading::Withheld(_) => view.row().put(Role::Held, "?"),
        Reading::Estimate(estimate) if with_interval => {
            view.row().text(figures::fixed(estimate.value, 1)).gap(1).text(figures::interval(estimate, 1))
        }
        Reading::Estimate(estimate) => view.row().text(figures::fixed(estimate.value, 1)),
    }
}

/// A mark where the last band's interval lies above the first one's.
fn rising(fatigue: &Fatigue, view: &View) -> Row {
    let ends = fatigue.unsubscribes.first().zip(fatigue.unsubscribes.last());
    let readings =
        ends.and_then(|(first, last)| first.per_thousand.estimate().zip(last.per_thousand.estimate()));
    match readings {
        Some((first, last)) if last.low > first.high => view.row().put(Role::Down, "▲"),
        _ => view.row(),
    }
}
