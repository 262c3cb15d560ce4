//! The page of what lies ahead.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{ContactView, FORECAST};
use crate::panel::contact::Forecast;
use crate::panel::contact::forecast::{CapAhead, Reaching};
use crate::panel::{figures, privacy};
use crate::tui::layout::{Breakpoint, take_top};
use crate::tui::screens::{Loaded, View};
use crate::tui::theme::Role;
use crate::tui::widgets::bar::spark;
use crate::tui::widgets::frame::line_at;
use crate::tui::widgets::row::{Row, flow, wrap};
use crate::tui::widgets::table;

/// Rows the list of people has at least.
const LIST: u16 = 4;

pub(super) fn draw(contact: &ContactView, area: Rect, buffer: &mut Buffer, view: &View) {
    if matches!(contact.forecast, Loaded::Waiting) {
        return view.teach(
            "Forecasting …",
            "a copy of the traffic is played on for fourteen days",
            area,
            buffer,
        );
    }
    let Some(forecast) = contact.forecast.here_or_say(view, area, buffer) else { return };
    let width = usize::from(area.width);
    let rows = above(forecast, width, view);
    let list = if forecast.first.is_empty() { 0 } else { LIST };
    let (top, rest) = take_top(area, (rows.len() as u16).min(area.height.saturating_sub(list)));
    for (index, row) in rows.into_iter().enumerate() {
        line_at(row, top, index as u16, buffer);
    }
    if forecast.first.is_empty() {
        return;
    }
    let head = view.row().put(Role::Title, "the first to reach one").gap(2).put(Role::Key, "w").muted(" why");
    let people = table::headed(head, rest, buffer);
    table::draw(&forecast.first, contact.cursors[FORECAST], true, people, buffer, |person| {
        person_row(person, width, view)
    });
}

fn above(forecast: &Forecast, width: usize, view: &View) -> Vec<Row> {
    let loud = |line| view.row().put(Role::Loud, line);
    let mut rows: Vec<Row> = wrap(&forecast.sentence, width).into_iter().map(loud).collect();
    if view.size > Breakpoint::Tiny {
        let from = forecast.from.short(&TimeZone::UTC);
        let days = format!("{} days from {from} UTC. {}", forecast.days, forecast.basis.sentence());
        rows.extend(wrap(&days, width).into_iter().map(|line| view.row().muted(line)));
        rows.push(view.row());
    }
    let name = width.saturating_sub(42).clamp(14, 40);
    if !forecast.caps.is_empty() {
        let head = view.row().cell(Role::Title, "cap", name).right(Role::Muted, "at it", 8);
        let head = head.right(Role::Muted, "will reach", 12);
        rows.push(if width >= 60 { head.gap(2).muted("by day") } else { head });
    }
    for cap in &forecast.caps {
        rows.extend(cap_rows(cap, name, width, view));
    }
    if !forecast.journeys.is_empty() && view.size > Breakpoint::Tiny {
        rows.push(view.row());
        let head = view.row().cell(Role::Title, "journey", name).right(Role::Muted, "will go", 8);
        let head = head.right(Role::Muted, "held, late", 12);
        rows.push(if width >= 60 { head.right(Role::Muted, "by a cap", 12) } else { head });
        for journey in &forecast.journeys {
            let row = view
                .row()
                .cell(Role::Text, journey.journey.as_deref().unwrap_or("no journey"), name)
                .right(Role::Text, figures::count(journey.sent), 8)
                .right(Role::Held, figures::count(journey.held), 12);
            let by_cap = figures::count(journey.held_by_cap);
            rows.push(if width >= 60 { row.right(Role::Warning, by_cap, 12) } else { row });
        }
        rows.push(view.row());
    }
    rows
}

fn cap_rows(cap: &CapAhead, name: usize, width: usize, view: &View) -> Vec<Row> {
    let row = view
        .row()
        .cell(Role::Text, &cap.cap, name)
        .right(Role::Muted, figures::count(cap.at_now), 8)
        .right(Role::Warning, figures::count(cap.reach), 12);
    let days: Vec<Option<f64>> = cap.by_day.iter().map(|n| Some(*n as f64)).collect();
    let trend = spark(&days, 14);
    let mut rows = vec![if width >= 60 { row.gap(2).put(Role::Ink, trend) } else { row }];
    if view.size == Breakpoint::Tiny {
        return rows;
    }
    let slots = cap.slots.iter().take(5).map(|slot| {
        let whose = slot.journey.as_deref().unwrap_or("no journey");
        view.row().muted(whose).gap(1).text(figures::percent(slot.share))
    });
    rows.extend(flow(view.row().gap(2).muted("slots: "), slots.collect(), "  ", width));
    rows
}

fn person_row(person: &Reaching, width: usize, view: &View) -> Row {
    let at: String = person.at.short(&TimeZone::UTC).chars().skip(5).collect();
    let row = view.row().muted(at).gap(2).cell(Role::Muted, person.profile.to_string(), 9);
    let row = if width >= 60 {
        row.cell(Role::Text, privacy::name(person.name.as_deref(), view.mask), 18).gap(1)
    } else {
        row
    };
    let row = if width >= 100 { row.cell(Role::Muted, &person.cap, 24).gap(1) } else { row };
    row.put(Role::Held, &person.slots)
}
