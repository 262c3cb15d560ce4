//! The page of who gets what.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{ContactView, GRID};
use crate::panel::contact::Grid;
use crate::panel::contact::grid::{Cell, Kind, Row as GridRow};
use crate::panel::figures;
use crate::stats::Reading;
use crate::tui::layout::{Breakpoint, take_top};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::line_at;
use crate::tui::widgets::row::{Row, wrap};

pub(super) fn draw(contact: &ContactView, area: Rect, buffer: &mut Buffer, view: &View) {
    let Some(grid) = contact.grid.here_or_say(view, area, buffer) else { return };
    let width = usize::from(area.width);
    let selected = contact.cursors[GRID].within(grid.rows.len());
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(wrap(&grid.sentence, width).into_iter().map(|line| view.row().put(Role::Loud, line)));
    if view.size > Breakpoint::Tiny {
        let said = format!(
            "messages of the last {} days; on web and app what would be shown now; uplift only where a test measured it",
            grid.days
        );
        rows.extend(wrap(&said, width).into_iter().map(|line| view.row().muted(line)));
        rows.push(view.row());
    }
    let columns = Columns::of(grid, width);
    rows.push(columns.head(grid, view));
    let tall = usize::from(area.height) >= rows.len() + grid.rows.len() * 2 + 8 && columns.wide;
    for (index, row) in grid.rows.iter().enumerate() {
        if index > 0 && grid.rows[index - 1].kind != row.kind && view.size > Breakpoint::Tiny {
            rows.push(view.row().put(Role::Border, "┄".repeat(width.min(40))));
        }
        let chosen = selected == Some(index);
        rows.push(columns.row(row, chosen, view));
        if tall && row.cells.iter().any(|cell| cell.uplift.is_some()) {
            rows.push(columns.uplift(row, view));
        }
    }
    let detail =
        selected.and_then(|at| grid.rows.get(at)).map(|row| detail(row, width, view)).unwrap_or_default();
    let below = detail.len().min(usize::from(area.height) * 2 / 5);
    let (top, rest) = take_top(area, area.height.saturating_sub(below as u16));
    // The selected row stays in view where there are more rows than lines.
    let height = usize::from(top.height);
    let from =
        selected.map_or(0, |at| (at + 5).saturating_sub(height)).min(rows.len().saturating_sub(height));
    for (index, row) in rows.into_iter().skip(from).take(height).enumerate() {
        line_at(row, top, index as u16, buffer);
    }
    for (index, row) in detail.into_iter().take(below).enumerate() {
        line_at(row, rest, index as u16, buffer);
    }
}

/// What an empty cell says.
const EMPTY: &str = "◌ empty";

struct Columns {
    name: usize,
    people: usize,
    /// The width of each channel's column: one that is empty throughout gets no more than it needs.
    cells: Vec<usize>,
    wide: bool,
}

impl Columns {
    fn of(grid: &Grid, width: usize) -> Self {
        let (name, people) = if width >= 70 { (15, 8) } else { (12, 0) };
        let room = width.saturating_sub(name + people);
        let even = room / grid.channels.len().max(1);
        let is_filled = |column: usize| {
            grid.rows.iter().any(|row| row.cells.get(column).is_some_and(|cell| cell.empty.is_none()))
        };
        let filled = (0..grid.channels.len()).filter(|column| is_filled(*column)).count();
        let empty = even.min(if width >= 100 { EMPTY.chars().count() + 2 } else { 6 });
        let rest = room.saturating_sub(empty * (grid.channels.len() - filled)) / filled.max(1);
        let of = |column| if is_filled(column) { rest.clamp(5, 34) } else { empty };
        Self { name, people, cells: (0..grid.channels.len()).map(of).collect(), wide: rest >= 24 }
    }

    fn head(&self, grid: &Grid, view: &View) -> Row {
        let row = view.row().cell(Role::Title, "stage, intent", self.name);
        let row = if self.people > 0 { row.right(Role::Muted, "people", self.people) } else { row };
        let head = grid.channels.iter().zip(&self.cells);
        head.fold(row, |row, (channel, width)| row.gap(1).cell(Role::Title, channel.name(), width - 1))
    }

    fn row(&self, row: &GridRow, chosen: bool, view: &View) -> Row {
        let mark = if row.kind == Kind::Intent { "· " } else { "" };
        let role = if chosen { Role::Focus } else { Role::Text };
        let lead = if chosen { "▸ " } else { "" };
        let line = view.row().cell(role, format!("{lead}{mark}{}", row.name), self.name);
        let line = if self.people > 0 {
            line.right(Role::Muted, figures::count(row.people), self.people)
        } else {
            line
        };
        row.cells
            .iter()
            .zip(&self.cells)
            .fold(line, |line, (cell, width)| Self::cell(line, cell, *width, view))
    }

    fn cell(line: Row, cell: &Cell, width: usize, view: &View) -> Row {
        let room = width - 1;
        if cell.empty.is_some() {
            let mark = if room >= EMPTY.chars().count() { EMPTY } else { "◌" };
            return line.gap(1).cell(Role::Muted, mark, room);
        }
        let share = figures::percent(cell.share);
        let name = cell.what.first().map(|(name, _)| name.as_str()).unwrap_or_default();
        if room < 11 {
            return line.gap(1).cell(Role::Text, share, room);
        }
        let inner = view.row().right(Role::Loud, share, 5).gap(1).cell(Role::Text, name, room - 6);
        line.gap(1).then(inner)
    }

    /// The second line of a row: what a test measured.
    fn uplift(&self, row: &GridRow, view: &View) -> Row {
        let line = view.row().gap(self.name + self.people);
        row.cells.iter().zip(&self.cells).fold(line, |line, (cell, width)| {
            let room = width - 1;
            match cell.uplift.as_ref().map(|measured| &measured.relative) {
                None => line.gap(room + 1),
                Some(Reading::Withheld(_)) => line.gap(1).cell(Role::Held, "  too few to tell", room),
                Some(Reading::Estimate(estimate)) => {
                    let text =
                        format!("{} {}", figures::change(estimate.value), figures::change_interval(estimate));
                    let (role, mark) = match (estimate.low > 0.0, estimate.high < 0.0) {
                        (true, _) => (Role::Up, "▲ "),
                        (_, true) => (Role::Down, "▼ "),
                        _ => (Role::Muted, "≈ "),
                    };
                    line.gap(1).cell(role, format!("{mark}{text}"), room)
                }
            }
        })
    }
}

/// The selected row, cell by cell.
fn detail(row: &GridRow, width: usize, view: &View) -> Vec<Row> {
    let people = figures::plural(row.people, "person", "people");
    let mut rows = vec![view.row().put(Role::Focus, &row.name).muted(format!("  {people}"))];
    for cell in &row.cells {
        let lead = view.row().cell(Role::Muted, cell.channel.name(), 8);
        rows.push(match &cell.empty {
            Some(why) => lead.put(Role::Held, format!("empty: {why}")),
            None => {
                let what: Vec<String> =
                    cell.what.iter().map(|(name, n)| format!("{name} {}", figures::count(*n))).collect();
                lead.put(Role::Loud, figures::percent(cell.share)).gap(2).text(what.join(", "))
            }
        });
        if let Some(measured) = &cell.uplift {
            let said = format!(
                "{} of “{}”: {} (of {} in this stage when the test met them; uncorrected)",
                measured.metric,
                measured.variant,
                figures::change_reading(&measured.relative),
                figures::plural(measured.units, "person", "people")
            );
            let lines = wrap(&said, width.saturating_sub(8));
            rows.extend(lines.into_iter().map(|line| view.row().gap(8).muted(line)));
        }
    }
    rows
}
