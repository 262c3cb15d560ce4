//! The page of where people are lost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{ContactView, GATES};
use crate::panel::contact::gates::{Asked, Left, Subject};
use crate::panel::{figures, privacy};
use crate::tui::layout::{Breakpoint, take_left, take_top};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::frame::line_at;
use crate::tui::widgets::row::{Row, flow, wrap};
use crate::tui::widgets::table::{self, Cursor};

/// Rows the list of people has at least.
const LIST: u16 = 3;

pub(super) fn draw(contact: &ContactView, area: Rect, buffer: &mut Buffer, view: &View) {
    let Some(page) = contact.gates.here_or_say(view, area, buffer) else { return };
    let subjects = page.subjects.len() as u16;
    let (list, rest) = if area.width >= 90 {
        let (list, rest) = take_left(area, 36);
        (list, take_left(rest, 3).1)
    } else if view.size == Breakpoint::Tiny {
        take_top(area, 1)
    } else {
        take_top(area, subjects.min(area.height / 3))
    };
    let focused = !contact.inside;
    table::draw(&page.subjects, contact.cursors[GATES], focused, list, buffer, |subject| {
        subject_row(subject, usize::from(list.width), view)
    });
    let Some(subject) = contact.subject() else { return };
    let rows = funnel(subject, usize::from(rest.width), view);
    let (_, rest) = if area.width >= 90 { (rest, rest) } else { take_top(rest, u16::from(rest.height > 8)) };
    // On a tiny terminal the people come in place of the funnel's lower part, once somebody walks through them.
    let hidden = view.size == Breakpoint::Tiny && !contact.inside;
    let people = if subject.some.is_empty() || hidden { 0 } else { LIST };
    let (top, below) = take_top(rest, (rows.len() as u16).min(rest.height.saturating_sub(people)));
    for (index, row) in rows.into_iter().enumerate() {
        line_at(row, top, index as u16, buffer);
    }
    if subject.some.is_empty() || hidden {
        return;
    }
    let head = view.row().put(Role::Title, "who gets nothing").gap(2);
    let head = if contact.inside {
        head.put(Role::Key, "w").muted(" why   ").put(Role::Key, "Esc").muted(" back to the list")
    } else {
        head.put(Role::Key, "Enter").muted(" walks through them")
    };
    let below = table::headed(head, below, buffer);
    let cursor = Cursor { at: if contact.inside { contact.scroll } else { 0 } };
    table::draw(&subject.some, cursor, contact.inside, below, buffer, |left| person_row(left, view));
}

fn subject_row(subject: &Subject, width: usize, view: &View) -> Row {
    let kind = match subject.kind {
        Asked::Messages | Asked::Anything => "",
        Asked::Placement => "placement ",
        Asked::Journey => "journey ",
    };
    let share = figures::percent(subject.reached as f64 / subject.people.max(1) as f64);
    let name = width.saturating_sub(8);
    let lead = view.row().muted(kind);
    let room = name.saturating_sub(lead.width());
    lead.cell(Role::Text, &subject.name, room).right(Role::Loud, share, 7)
}

fn funnel(subject: &Subject, width: usize, view: &View) -> Vec<Row> {
    let mut rows: Vec<Row> =
        wrap(&subject.sentence, width).into_iter().map(|line| view.row().put(Role::Loud, line)).collect();
    if view.size > Breakpoint::Tiny {
        rows.push(view.row());
    }
    let room = width.saturating_sub(36).min(40);
    let all = subject.people.max(1) as f64;
    let head = view.row().cell(Role::Title, "gate", 16).right(Role::Muted, "lost", 9);
    rows.push(head.right(Role::Muted, "left", 9));
    rows.push(step("asked", None, subject.people, (1.0, room), view));
    for gate in subject.gates.iter().filter(|gate| gate.lost > 0) {
        rows.push(step(&gate.gate, Some(gate.lost), gate.left, (gate.left as f64 / all, room), view));
    }
    let idle: Vec<Row> =
        subject.gates.iter().filter(|gate| gate.lost == 0).map(|gate| view.row().muted(&gate.gate)).collect();
    if view.size > Breakpoint::Tiny {
        rows.extend(flow(view.row().muted("nobody is lost at: "), idle, ", ", width));
    }
    if !subject.without.is_empty() {
        let stages = subject
            .without
            .iter()
            .map(|(stage, n)| view.row().muted(stage).gap(1).put(Role::Held, figures::count(*n)));
        rows.extend(flow(view.row().muted("without anything: "), stages.collect(), "  ", width));
    }
    rows.push(view.row());
    rows
}

fn step(name: &str, lost: Option<u64>, left: u64, (share, room): (f64, usize), view: &View) -> Row {
    let lost = lost.map_or_else(String::new, |lost| format!("−{}", figures::count(lost)));
    view.row()
        .cell(Role::Text, name, 16)
        .right(Role::Down, lost, 9)
        .right(Role::Text, figures::count(left), 9)
        .gap(2)
        .put(Role::Ink, bar(share, room))
}

fn person_row(left: &Left, view: &View) -> Row {
    let name = privacy::name(left.name.as_deref(), view.mask);
    let row = view.row().cell(Role::Muted, left.profile.to_string(), 9).cell(Role::Text, name, 18);
    row.gap(1).put(Role::Held, &left.gate)
}
