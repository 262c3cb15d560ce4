//! The Live screen on a tiny terminal: key numbers, no frames.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::panel::csat::Moment;
use crate::panel::figures;
use crate::panel::{Csat, Fatigue, Live, Uplift};
use crate::stats::Reading;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::Stack;
use crate::tui::widgets::row::{Row, wrap};

/// Draws the numbers, most important first.
pub(super) fn draw(live: &Live, area: Rect, buffer: &mut Buffer, view: &View) {
    let width = usize::from(area.width);
    let mut stack = Stack::default();
    if live.uplift.title.is_empty() {
        stack.push(0, view.row().muted("no test is running"));
    } else {
        for (index, line) in wrap(&live.uplift.sentence, width).into_iter().take(2).enumerate() {
            stack.push(1 + index as u8 * 5, view.row().put(Role::Loud, line));
        }
        stack.push(0, uplift(&live.uplift, width, view));
    }
    stack.push(2, fatigue(&live.fatigue, width, view));
    stack.push(3, csat(&live.csat, width, view));
    stack.push(
        4,
        label(view, "people")
            .text(figures::count(live.stamp.people))
            .muted(format!("   events {}", figures::count(live.stamp.events))),
    );
    for (index, journey) in live.whereabouts.journeys.iter().take(3).enumerate() {
        let row = label(view, "journey")
            .text(figures::count(journey.waiting))
            .muted(" waiting  ")
            .text(figures::count(journey.goal))
            .muted(" goal  ")
            .muted(&journey.name);
        stack.push(7 + index as u8, row);
    }
    if let Some(tick) = live.ticker.first() {
        stack.push(8, label(view, "latest").muted(&tick.text));
    }
    stack.draw(area, buffer);
}

fn label(view: &View, name: &str) -> Row {
    view.row().cell(Role::Muted, name, 8)
}

fn uplift(uplift: &Uplift, width: usize, view: &View) -> Row {
    let row = label(view, "uplift");
    let row = match &uplift.relative {
        Reading::Withheld(why) => return row.put(Role::Held, format!("withheld: {}", why.sentence())),
        Reading::Estimate(estimate) => row
            .put(Role::Loud, figures::change(estimate.value))
            .gap(1)
            .text(figures::change_interval(estimate)),
    };
    match uplift.truth {
        Some(truth) => row.with_end(
            view.row().put(Role::Truth, format!("truth {}", figures::change(truth.relative))),
            width,
        ),
        None => row,
    }
}

fn fatigue(fatigue: &Fatigue, width: usize, view: &View) -> Row {
    let row = label(view, "fatigue");
    let row = match fatigue.median {
        Some(median) => row.text(figures::count(u64::from(median))).muted(" median"),
        None => row.muted("messages are not known"),
    };
    match fatigue.held {
        Some(held) => row.with_end(view.row().muted("held ").put(Role::Held, figures::count(held)), width),
        None => row,
    }
}

fn csat(csat: &Csat, width: usize, view: &View) -> Row {
    let mut row = label(view, "CSAT");
    // What is below the ideal band must not be what is left away.
    let is_low =
        |moment: &&Moment| moment.score.estimate().is_some_and(|estimate| estimate.high < csat.ideal.0);
    let low = csat.moments.iter().filter(|moment| is_low(moment));
    for moment in low.chain(csat.moments.iter().filter(|moment| !is_low(moment))) {
        let value =
            moment.score.estimate().map_or("?".to_owned(), |estimate| figures::percent(estimate.value));
        let mark = if is_low(&moment) { " ▼" } else { "" };
        let next = view.row().muted(format!("{} ", moment.name)).text(value).put(Role::Down, mark).gap(2);
        if row.width() + next.width() > width + 2 {
            break;
        }
        row = row.then(next);
    }
    if csat.moments.is_empty() { row.muted("no survey yet") } else { row }
}
