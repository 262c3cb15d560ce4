//! Decisions as they are made, newest first, the selected one with what can be asked about it.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::panel::live::{Tick, Tone};
use crate::panel::privacy;
use crate::tui::layout::{Breakpoint, take_top};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::{Row, clip};
use crate::tui::widgets::table::Cursor;

const WHO: usize = 16;

/// Draws the list; a tall one gets a frame.
pub(super) fn draw(
    ticks: &[Tick],
    cursor: Cursor,
    area: Rect,
    buffer: &mut Buffer,
    view: &View,
    focused: bool,
) {
    let inner = list_area(area);
    if inner != area {
        let frame = Frame { title: "Decisions", about: "as they are made", note: "newest first", focused };
        view.frame(frame, area, buffer);
    }
    if ticks.is_empty() {
        return view.teach(
            "No decision yet.",
            "each line will be a decision with its reasons",
            inner,
            buffer,
        );
    }
    let selected = cursor.within(ticks.len());
    let window = cursor.window(ticks.len(), usize::from(inner.height));
    let first = window.start;
    for (offset, tick) in ticks[window].iter().enumerate() {
        let chosen = focused && selected == Some(first + offset);
        let end = if chosen && !tick.why.is_empty() {
            view.row().put(Role::Key, "w").muted(" why ")
        } else {
            view.row()
        };
        let mut row = line(tick, view).with_end(end, usize::from(inner.width));
        if chosen {
            row = row.to(usize::from(inner.width)).all(Role::Selected);
        }
        line_at(row, inner, offset as u16, buffer);
    }
}

/// Where the lines are: within a frame where there is room for one.
fn list_area(area: Rect) -> Rect {
    if area.height < 6 {
        return area;
    }
    if Breakpoint::of(area.width, 99) == Breakpoint::Tiny {
        return take_top(area, 1).1;
    }
    Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    }
}

/// The tick under the mouse.
pub(super) fn row_at(ticks: usize, cursor: Cursor, area: Rect, at: Position) -> Option<usize> {
    let inner = list_area(area);
    let offset = usize::from(at.y.checked_sub(inner.y)?);
    let window = cursor.window(ticks, usize::from(inner.height));
    (offset < window.len()).then_some(window.start + offset)
}

fn line(tick: &Tick, view: &View) -> Row {
    let role = match tick.tone {
        Tone::Plain => Role::Text,
        Tone::Sent => Role::Ink,
        Tone::Held => Role::Held,
        Tone::Good => Role::Up,
        Tone::Bad => Role::Down,
    };
    let mark = match tick.tone {
        Tone::Plain => "·",
        Tone::Sent => "→",
        Tone::Held => "‖",
        Tone::Good => "▲",
        Tone::Bad => "▼",
    };
    let row = view.row().muted(tick.at.clock(&TimeZone::UTC)).gap(2);
    let row = if view.size > Breakpoint::Tiny {
        row.cell(Role::Text, who(tick, view.mask), WHO).gap(2)
    } else {
        row
    };
    row.put(role, mark).gap(1).put(role, &tick.text)
}

/// The name if it is known, the public id otherwise.
fn who(tick: &Tick, mask: bool) -> String {
    match &tick.name {
        Some(name) => clip(&privacy::name(Some(name), mask), WHO),
        None => tick.profile.to_string(),
    }
}

/// The line as text.
pub(super) fn text(tick: &Tick, mask: bool) -> String {
    format!("{}  {}  {}", tick.at.clock(&TimeZone::UTC), who(tick, mask), tick.text)
}
