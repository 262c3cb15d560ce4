//! The page of policies side by side.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::ContactView;
use crate::model::message::HeldReason;
use crate::panel::contact::Comparison;
use crate::panel::contact::compare::{Kind, Outcome};
use crate::panel::figures;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::row::{Row, wrap};

pub(super) fn draw(contact: &ContactView, area: Rect, buffer: &mut Buffer, view: &View) {
    let Some(page) = contact.policies.here_or_say(view, area, buffer) else { return };
    let width = usize::from(area.width);
    let loud = |line| view.row().put(Role::Loud, line);
    let mut rows: Vec<Row> = wrap(&page.sentence, width).into_iter().map(loud).collect();
    if let Some(since) = page.since {
        let people = figures::plural(page.about.people, "person", "people");
        rows.push(view.row().muted(format!("{people}, messages since {} UTC", since.short(&TimeZone::UTC))));
    }
    rows.push(view.row());
    rows.extend(budget(page, contact.budget, width, view));
    rows.extend(sides(page, contact.budget, width, view));
    rows.push(view.row());
    rows.extend(wrap(&page.note, width).into_iter().map(|line| view.row().put(Role::Held, line)));
    contact.scrolled(rows, area, buffer, view);
}

/// What the budget the other way round would have changed, in words.
fn budget(page: &Comparison, asked: bool, width: usize, view: &View) -> Vec<Row> {
    let key = view.row().put(Role::Key, "b");
    let Some((ours, other)) = page.policies.first().zip(page.budget()) else {
        let said = "the policy has no fatigue budget: write budget = 2.0 under [pressure]";
        return if asked { vec![view.row().put(Role::Held, said), view.row()] } else { Vec::new() };
    };
    if !asked {
        return vec![key.muted(format!(" shows what “{}” would have held, alone", other.policy)), view.row()];
    }
    let held = ours.sent.saturating_sub(other.sent);
    let share = held as f64 / ours.sent.max(1) as f64;
    let said = match other.policy.as_str() {
        "budget enforced" => format!(
            "Enforcing the budget would have held {} more ({}), and {} would have got fewer.",
            figures::plural(held, "message", "messages"),
            figures::percent(share),
            figures::plural(other.fewer, "person", "people")
        ),
        _ => format!(
            "Without enforcing the budget {} more would have gone.",
            figures::plural(other.sent.saturating_sub(ours.sent), "message", "messages")
        ),
    };
    let lines = wrap(&said, width);
    let mut rows: Vec<Row> = lines.into_iter().map(|line| view.row().put(Role::Warning, line)).collect();
    rows.push(key.muted(" shows every policy again"));
    rows.push(view.row());
    rows
}

fn sides(page: &Comparison, budget: bool, width: usize, view: &View) -> Vec<Row> {
    if width < 60 {
        return one_by_one(page, budget, view);
    }
    let (label, column) = (22, if width >= 100 { 18 } else { 17 });
    let shown: Vec<&Outcome> = page
        .policies
        .iter()
        .filter(|policy| !budget || matches!(policy.kind, Kind::InForce | Kind::Budget))
        .take((width.saturating_sub(label) / column).max(1))
        .collect();
    let mut head = view.row().cell(Role::Title, "the same messages", label);
    for policy in &shown {
        let role = if policy.kind == Kind::InForce { Role::Focus } else { Role::Muted };
        head = head.gap(1).right(role, &policy.policy, column - 1);
    }
    let mut rows = vec![head];
    let first = shown.first().copied();
    let row = |name: &str, of: &dyn Fn(&Outcome) -> u64, loud: bool| {
        let role = if loud { Role::Text } else { Role::Muted };
        let mut row = view.row().cell(role, name, label);
        for policy in &shown {
            let differs = first.is_some_and(|first| of(first) != of(policy));
            let role = if differs { Role::Loud } else { role };
            row = row.right(role, figures::count(of(policy)), column);
        }
        row
    };
    rows.push(row("go", &|policy| policy.sent, true));
    rows.push(row("  of them later", &|policy| policy.delayed, false));
    rows.push(row("do not go", &|policy| policy.held_in_all, true));
    for reason in HeldReason::ALL.map(HeldReason::name) {
        let held = |policy: &Outcome| policy.held.get(reason).copied().unwrap_or(0);
        if shown.iter().any(|policy| held(policy) > 0) {
            rows.push(row(&format!("  {reason}"), &held, false));
        }
    }
    rows.push(row("people with fewer", &|policy| policy.fewer, false));
    rows.push(row("people with more", &|policy| policy.more, false));
    let left = page.policies.len().saturating_sub(shown.len());
    if left > 0 && !budget {
        rows.push(view.row().muted(format!("{left} more on a wider screen")));
    }
    rows
}

/// The policies below each other, where columns have no room.
fn one_by_one(page: &Comparison, budget: bool, view: &View) -> Vec<Row> {
    let shown = |policy: &&Outcome| !budget || matches!(policy.kind, Kind::InForce | Kind::Budget);
    let mut rows = Vec::new();
    for policy in page.policies.iter().filter(shown) {
        let role = if policy.kind == Kind::InForce { Role::Focus } else { Role::Text };
        rows.push(view.row().put(role, &policy.policy));
        let row = view.row().gap(2).muted("go ").put(Role::Loud, figures::count(policy.sent));
        rows.push(row.muted("  do not ").put(Role::Held, figures::count(policy.held_in_all)));
    }
    rows
}
