//! How the segment was before: its size from date to date, and what each version means for today's people.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::verdict::{Lines, scrolled};
use crate::panel::figures;
use crate::panel::segments::history::{History, Stand};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::row::{Row, wrap};

/// Draws it.
pub(super) fn draw(history: Option<&History>, at: usize, area: Rect, buffer: &mut Buffer, view: &View) {
    let Some(history) = history else {
        return view.teach("Nothing is kept yet.", "^S keeps the rule as the first version", area, buffer);
    };
    let width = usize::from(area.width);
    let mut lines = Lines { top: at, ..Lines::default() };
    if !history.sizes.is_empty() {
        group("from date to date", &history.sizes, width, view, &mut lines);
    }
    if !history.versions.is_empty() {
        if !lines.rows.is_empty() {
            lines.push(view.row());
        }
        group("versions, asked of today's people", &history.versions, width, view, &mut lines);
    }
    if history.unfinished {
        lines.push(view.row().put(Role::Held, "going further back …"));
    }
    if let Some(problem) = &history.problem {
        lines.rows.extend(wrap(problem, width).into_iter().map(|line| view.row().muted(line)));
    }
    scrolled(lines, area, buffer);
}

/// Cells of the day, the count, and of who came and who went; what is left is for the bar.
fn cells(width: usize) -> (usize, usize, usize) {
    if width < 48 { (15, 8, 7) } else { (17, 9, 8) }
}

fn group(title: &str, stands: &[Stand], width: usize, view: &View, lines: &mut Lines) {
    let (_, _, change) = cells(width);
    let head = view.row().cell(Role::Title, title, width.saturating_sub(2 * change));
    lines.push(head.right(Role::Muted, "joined", change).right(Role::Muted, "left", change));
    let most = stands.iter().filter_map(|stand| stand.count).max().unwrap_or(0).max(1);
    // The newest is what one looks for.
    for stand in stands.iter().rev() {
        lines.push(stand_row(stand, most, width, view));
    }
}

fn stand_row(stand: &Stand, most: u64, width: usize, view: &View) -> Row {
    let (day, people, change) = cells(width);
    let at = stand.at.timestamp().to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string();
    let when = stand.version.map_or_else(|| at.clone(), |version| format!("v{version}  {at}"));
    let row = view.row().cell(Role::Text, when, day);
    let Some(count) = stand.count else {
        return row.put(Role::Held, stand.withheld.as_deref().unwrap_or("not counted"));
    };
    let room = width.saturating_sub(day + people + 1 + 2 * change);
    let row = row.right(Role::Loud, figures::count(count), people).gap(1);
    let row = row.cell(Role::Ink, bar(count as f64 / most as f64, room), room);
    let told =
        |n: Option<u64>, sign: &str| n.map_or(String::new(), |n| format!("{sign}{}", figures::count(n)));
    row.right(Role::Up, told(stand.joined, "+"), change).right(Role::Down, told(stand.left, "−"), change)
}
