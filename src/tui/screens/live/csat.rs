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
    let answers = figures::plural(csat.answers, "answer", "answers");
    let note = match csat.asked {
        Some(0) => String::new(),
        Some(asked) => {
            format!("{answers}, {} answered", figures::percent(csat.answers as f64 / asked as f64))
        }
        None if csat.answers > 0 => answers,
        None => String::new(),
    };
    let inner = view.frame(Frame { title: "CSAT", about: "", note: &note, focused }, area, buffer);
    if csat.moments.is_empty() {
        let said = if csat.sentence.is_empty() { "No survey was asked yet." } else { &csat.sentence };
        return view.teach(said, "a journey's survey step asks one", inner, buffer);
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
    row.gap(2).muted(match moment.asked {
        Some(asked) => format!(
            "{} of {} answered, {}",
            figures::count(moment.answers),
            figures::count(asked),
            figures::percent(moment.answers as f64 / asked.max(1) as f64)
        ),
        None => format!("{} answered, of how many is not known", figures::count(moment.answers)),
    })
}

/// Below the ideal band with its whole interval, above it, or neither.
fn standing(csat: &Csat, moment: &Moment) -> (Role, &'static str) {
    match moment.score.estimate() {
        Some(estimate) if estimate.high < csat.ideal.0 => (Role::Down, "▼"),
        Some(estimate) if estimate.low > csat.ideal.1 => (Role::Up, "▲"),
        _ => (Role::Text, " "),
    }
}
