//! The page of fatigue in full.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{ContactView, beside};
use crate::panel::contact::FatigueInFull;
use crate::panel::contact::fatigue::{ASSOCIATION, Response, Share};
use crate::panel::figures;
use crate::stats::Reading;
use crate::tui::screens::{Loaded, View};
use crate::tui::theme::Role;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::row::{Row, flow, wrap};

pub(super) fn draw(contact: &ContactView, area: Rect, buffer: &mut Buffer, view: &View) {
    let Some(page) = contact.fatigue.here_or_say(view, area, buffer) else { return };
    let width = usize::from(area.width);
    let mut rows: Vec<Row> =
        wrap(&page.sentence, width).into_iter().map(|line| view.row().put(Role::Loud, line)).collect();
    for line in page.unknown.iter().flat_map(|line| wrap(line, width)) {
        rows.push(view.row().put(Role::Held, line));
    }
    rows.push(view.row());
    if width >= 100 {
        let half = (width - 4) * 45 / 100;
        let left = [people(page, half, view), caps(page, half, view)].concat();
        let rest = width - half - 4;
        let mut right = [answers(page, rest, view), held(page, rest, view)].concat();
        right.extend(ahead(contact, rest, view));
        right.extend(costs(page, rest, view));
        rows.extend(beside(left, right, (half, 4), view));
    } else {
        rows.extend(caps(page, width, view));
        rows.extend(ahead(contact, width, view));
        rows.extend(people(page, width, view));
        rows.extend(answers(page, width, view));
        rows.extend(held(page, width, view));
        rows.extend(costs(page, width, view));
    }
    contact.scrolled(rows, area, buffer, view);
}

fn title(text: impl AsRef<str>, view: &View) -> Row {
    view.row().put(Role::Title, text)
}

fn people(page: &FatigueInFull, width: usize, view: &View) -> Vec<Row> {
    if page.messages.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![title(format!("messages per person, last {} days", page.days), view)];
    rows.extend(page.messages.iter().map(|share| bar_row(share, &page.messages, width, view)));
    rows.push(view.row());
    rows.push(title("pressure now, in fresh messages", view));
    rows.extend(page.pressure.iter().map(|share| bar_row(share, &page.pressure, width, view)));
    if let Some(budget) = &page.budget {
        let over = figures::plural(budget.over, "person", "people");
        let row = view.row().muted("over the budget of ").text(figures::fixed(budget.budget, 1)).muted(": ");
        rows.push(row.put(Role::Warning, over));
        let mode = if budget.enforced { "it is enforced; " } else { "it is observed only; " };
        rows.push(view.row().muted(mode).put(Role::Key, "b").muted(" shows it otherwise"));
    }
    rows.push(view.row());
    rows
}

fn bar_row(share: &Share, all: &[Share], width: usize, view: &View) -> Row {
    let largest = all.iter().map(|share| share.share).fold(f64::MIN_POSITIVE, f64::max);
    let room = width.saturating_sub(28).clamp(4, 40);
    view.row()
        .cell(Role::Muted, &share.label, 11)
        .cell(Role::Ink, bar(share.share / largest, room), room)
        .right(Role::Text, figures::count(share.people), 9)
        .right(Role::Muted, figures::percent(share.share), 8)
}

fn caps(page: &FatigueInFull, width: usize, view: &View) -> Vec<Row> {
    if page.caps.is_empty() {
        return Vec::new();
    }
    let name = width.saturating_sub(25).clamp(10, 40);
    let head = view.row().cell(Role::Title, "caps", name);
    let mut rows = vec![head.right(Role::Muted, "at it", 8).right(Role::Muted, "share", 7).right(
        Role::Muted,
        "1 below",
        9,
    )];
    for cap in &page.caps {
        rows.push(
            view.row()
                .cell(Role::Text, &cap.cap, name)
                .right(Role::Warning, figures::count(cap.at), 8)
                .right(Role::Text, figures::percent(cap.share), 7)
                .right(Role::Muted, figures::count(cap.one_below), 9),
        );
    }
    rows.push(view.row());
    rows
}

fn answers(page: &FatigueInFull, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, responses) in [("by n-th message", &page.by_number), ("by pressure", &page.by_pressure)] {
        if responses.iter().all(|response| response.delivered == 0) {
            continue;
        }
        let head = view.row().cell(Role::Title, name, 17);
        rows.push(if width >= 58 {
            head.right(Role::Muted, "delivered", 9)
                .gap(1)
                .cell(Role::Muted, "clicked", 18)
                .muted("left per 1,000")
        } else {
            head.muted("clicked, left per 1,000")
        });
        let seen = responses.iter().filter(|response| response.delivered > 0);
        rows.extend(seen.map(|response| response_row(response, width, view)));
        rows.push(view.row().put(Role::Held, ASSOCIATION));
        rows.push(view.row());
    }
    rows
}

fn response_row(response: &Response, width: usize, view: &View) -> Row {
    let wide = width >= 58;
    let row = view.row().cell(Role::Text, &response.label, if wide { 17 } else { 11 });
    let row = if wide { row.right(Role::Muted, figures::count(response.delivered), 9).gap(1) } else { row };
    let clicked = match &response.click_share {
        Reading::Estimate(estimate) if wide => figures::share_with_interval(estimate),
        Reading::Estimate(estimate) => figures::percent(estimate.value),
        Reading::Withheld(_) => "?".to_owned(),
    };
    let row = row.cell(Role::Text, clicked, if wide { 18 } else { 8 });
    match &response.unsubscribe_per_thousand {
        Reading::Estimate(estimate) => row
            .right(Role::Loud, figures::fixed(estimate.value, 1), 4)
            .gap(1)
            .muted(figures::interval(estimate, 1)),
        Reading::Withheld(_) => row.put(Role::Held, "not in the data"),
    }
}

fn held(page: &FatigueInFull, width: usize, view: &View) -> Vec<Row> {
    let Some(journeys) = page.held.as_ref().filter(|rows| !rows.is_empty()) else { return Vec::new() };
    let name = if width >= 58 { 19 } else { 14 };
    let mut rows = Vec::new();
    if let Some(reasons) = page.held_by.as_ref().filter(|reasons| !reasons.is_empty()) {
        let all: u64 = reasons.iter().map(|(_, n)| n).sum();
        let lead = view.row().put(Role::Title, "held ").put(Role::Held, figures::count(all)).muted(": ");
        let part = |n: u64| figures::percent(n as f64 / all.max(1) as f64);
        let parts = reasons.iter().map(|(reason, n)| view.row().muted(reason).gap(1).text(part(*n)));
        rows.extend(flow(lead, parts.collect(), "  ", width));
    }
    let head = view.row().cell(Role::Title, "by journey", name);
    rows.push(head.right(Role::Muted, "sent", 8).right(Role::Muted, "held", 8).muted("  why"));
    for of in journeys {
        let all = of.held.max(1) as f64;
        let lead = view
            .row()
            .cell(Role::Text, of.journey.as_deref().unwrap_or("no journey"), name)
            .right(Role::Muted, figures::count(of.sent), 8)
            .right(Role::Held, figures::count(of.held), 8)
            .gap(2);
        let why = of
            .by_reason
            .iter()
            .map(|(reason, n)| view.row().muted(reason).gap(1).text(figures::percent(*n as f64 / all)));
        rows.extend(flow(lead, why.collect(), "  ", width).into_iter().take(2));
    }
    rows.push(view.row());
    rows
}

/// What a message costs: told by a test of caps and by nothing else.
fn costs(page: &FatigueInFull, width: usize, view: &View) -> Vec<Row> {
    let mut rows = vec![title("what a message costs", view)];
    let none = "withheld: only people who were given different caps by chance tell it; segue experiment library has the test";
    if page.costs.is_empty() {
        rows.extend(wrap(none, width).into_iter().map(|line| view.row().put(Role::Held, line)));
    }
    for cost in &page.costs {
        rows.extend(wrap(&cost.sentence, width).into_iter().map(|line| view.row().text(line)));
    }
    rows
}

/// What the forecast says, in short.
fn ahead(contact: &ContactView, width: usize, view: &View) -> Vec<Row> {
    let said = match &contact.forecast {
        Loaded::Waiting => "forecasting …".to_owned(),
        Loaded::Here(forecast) => forecast.sentence.clone(),
        Loaded::Failed(problem) => format!("no forecast: {}", problem.message),
    };
    let mut rows = vec![title("ahead", view).muted("  (→ the whole forecast)")];
    rows.extend(wrap(&said, width).into_iter().map(|line| view.row().text(line)));
    rows.push(view.row());
    rows
}
