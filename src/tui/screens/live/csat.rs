//! Satisfaction by moment, with its interval, how many answered, and the days before.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::panel::Csat;
use crate::panel::csat::Moment;
use crate::panel::figures;
use crate::stats::Reading;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::bar::spark;
use crate::tui::widgets::frame::{Frame, Stack};
use crate::tui::widgets::row::{Row, wrap};

/// Draws the panel.
pub(super) fn draw(csat: &Csat, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
    let answered = if csat.asked == 0 { 0.0 } else { csat.answers as f64 / csat.asked as f64 };
    let note = format!("{} answers, {} answered", figures::count(csat.answers), figures::percent(answered));
    let note = if csat.asked == 0 { "" } else { note.as_str() };
    let inner = view.frame(Frame { title: "CSAT", about: "", note, focused }, area, buffer);
    if csat.moments.is_empty() {
        return view.teach("No survey was asked yet.", "a journey's survey step asks one", inner, buffer);
    }
    let width = usize::from(inner.width);
    let mut stack = Stack::default();
    for (index, line) in wrap(&csat.sentence, width).into_iter().take(2).enumerate() {
        stack.push(index as u8, view.row().text(line));
    }
    let name_width =
        csat.moments.iter().map(|moment| moment.name.chars().count()).max().unwrap_or(0).clamp(8, 18);
    let days = csat.moments.iter().map(|moment| moment.trend.len()).max().unwrap_or(0).min(if view.full {
        60
    } else {
        14
    });
    for (index, moment) in csat.moments.iter().enumerate() {
        stack.push(1 + index.min(20) as u8, moment_row(csat, moment, (name_width, days), width, view));
    }
    let band = format!(
        "{} · ideal band {}–{} %",
        csat.scale,
        figures::fixed(csat.ideal.0 * 100.0, 0),
        figures::fixed(csat.ideal.1 * 100.0, 0)
    );
    stack.push(6, view.row().muted(band));
    for line in wrap(&csat.context, width) {
        stack.push(8, view.row().muted(line));
    }
    stack.draw(inner, buffer);
}

fn moment_row(
    csat: &Csat,
    moment: &Moment,
    (name_width, days): (usize, usize),
    width: usize,
    view: &View,
) -> Row {
    let row = view.row().cell(Role::Text, &moment.name, name_width).gap(1);
    let row = match &moment.score {
        Reading::Withheld(why) => return row.put(Role::Held, format!("withheld: {}", why.sentence())),
        Reading::Estimate(estimate) => row
            .right(Role::Loud, figures::percent(estimate.value), 6)
            .gap(1)
            .cell(Role::Text, figures::share_interval(estimate), 11),
    };
    let (role, mark) = standing(csat, moment);
    let trend_room = width.saturating_sub(row.width() + 3).min(days);
    let row = row.gap(2).cell(Role::Ink, spark(&moment.trend, trend_room), trend_room).gap(1).put(role, mark);
    if !view.full {
        return row;
    }
    let rate = if moment.asked == 0 { 0.0 } else { moment.answers as f64 / moment.asked as f64 };
    row.gap(2).muted(format!(
        "{} of {} answered, {}",
        figures::count(moment.answers),
        figures::count(moment.asked),
        figures::percent(rate)
    ))
}

/// Below the ideal band with its whole interval, above it, or neither.
fn standing(csat: &Csat, moment: &Moment) -> (Role, &'static str) {
    match moment.score.estimate() {
        Some(estimate) if estimate.high < csat.ideal.0 => (Role::Down, "▼"),
        Some(estimate) if estimate.low > csat.ideal.1 => (Role::Up, "▲"),
        _ => (Role::Text, " "),
    }
}
