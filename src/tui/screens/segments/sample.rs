//! The people a rule means: how many, against the saved version, and a few of them with the verdict on every part.

use super::verdict::{Lines, mark, shown};
use crate::panel::figures;
use crate::panel::privacy;
use crate::panel::segments::{SamplePerson, SegmentVerdict};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::row::Row;

/// The most other segments named beside the people.
const ELSEWHERE: usize = 6;

/// What stands under the heading of the people.
pub(super) fn people(verdict: &SegmentVerdict, at: usize, focused: bool, width: usize, view: &View) -> Lines {
    let mut lines = Lines { pinned: 1, ..Lines::default() };
    lines.push(headline(verdict, width, view));
    if verdict.count.is_none() && !(verdict.overlaps.is_empty() && verdict.sample.is_empty()) {
        lines.push(view.row().muted("as it was when it last could be:"));
    }
    lines.rows.extend(changes(verdict, view));
    let others = verdict.overlaps.iter().filter(|(_, n)| *n > 0).take(ELSEWHERE);
    let others = others.map(|(name, n)| (name, figures::count(*n)));
    lines.rows.extend(listing(view, "also in", others, width));
    let stages = verdict.lifecycle.iter().map(|(name, share)| (name, figures::percent(*share)));
    lines.rows.extend(listing(view, "lifecycle", stages, width));
    let parts = shown(verdict).map(|person| person.clauses.len()).max().unwrap_or(0);
    let all = shown(verdict).count();
    let mut place = 0;
    let groups = [("", &verdict.sample), ("joining", &verdict.joiners), ("leaving", &verdict.leavers)];
    for (title, group) in groups.into_iter().filter(|(_, group)| !group.is_empty()) {
        lines.push(rule(title, width, view));
        for person in group {
            let row = line(person, parts, view);
            if at.min(all - 1) == place && focused {
                lines.selected = Some(lines.rows.len());
                lines.push(row.to(width).all(Role::Selected));
            } else {
                lines.push(row);
            }
            place += 1;
        }
    }
    lines
}

fn rule(title: &str, width: usize, view: &View) -> Row {
    if title.is_empty() {
        return view.row().put(Role::Border, "─".repeat(width));
    }
    let rest = width.saturating_sub(title.len() + 4);
    view.row().put(Role::Border, "─ ").muted(title).put(Role::Border, format!(" {}", "─".repeat(rest + 1)))
}

fn headline(verdict: &SegmentVerdict, width: usize, view: &View) -> Row {
    let Some(count) = verdict.count else {
        return view.row().put(Role::Held, "not known while the rule cannot be read");
    };
    let row = view.row().put(Role::Loud, figures::plural(count, "person", "people"));
    let row = row.muted(format!("  of {}", figures::count(verdict.people)));
    let Some(change) = verdict.change else { return row };
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let by = whole(change.join).saturating_sub(whole(change.leave));
    let end = format!("{} against v{}", figures::signed_count(by), change.version);
    row.with_end(view.row().put(Role::Held, end), width)
}

fn changes(verdict: &SegmentVerdict, view: &View) -> Option<Row> {
    let change = verdict.change?;
    let row = view.row().muted("in both ").text(figures::count(change.both));
    let row = row.muted("   leave ").text(figures::count(change.leave));
    Some(row.muted("   join ").text(figures::count(change.join)))
}

fn listing<'a>(
    view: &View,
    label: &str,
    items: impl Iterator<Item = (&'a String, String)>,
    width: usize,
) -> Option<Row> {
    let mut row = view.row().cell(Role::Muted, label, 10);
    let empty = row.width();
    for (name, figure) in items {
        let next = view.row().muted(name).gap(1).text(figure).gap(3);
        if row.width() + next.width() > width + 3 {
            break;
        }
        row = row.then(next);
    }
    (row.width() > empty).then_some(row)
}

fn line(person: &SamplePerson, clauses: usize, view: &View) -> Row {
    let mut row = view
        .row()
        .cell(Role::Muted, person.id.to_string(), 8)
        .gap(1)
        .cell(Role::Text, privacy::name(person.name.as_deref(), view.mask), 14)
        .gap(1);
    for clause in 0..clauses {
        let (role, mark) = match person.clauses.get(clause) {
            Some(holds) => mark(*holds),
            None => (Role::Text, "  "),
        };
        row = row.put(role, mark);
    }
    row.gap(1).muted(&person.note)
}
