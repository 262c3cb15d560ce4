//! Windows onto long lists: which rows are drawn, wherever the selection is.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::line_at;
use super::row::Row;
use crate::tui::theme::Role;

/// A selection in a list of any length, with the row it scrolls from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The selected row.
    pub(crate) at: usize,
}

/// A step of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
}

/// How many rows a page key moves; the same at every size, so that an index can be found again.
const PAGE: usize = 10;

impl Cursor {
    /// Moves within a list of so many rows.
    pub(crate) fn step(&mut self, step: Step, rows: usize) {
        let last = rows.saturating_sub(1);
        self.at = match step {
            Step::Up => self.at.saturating_sub(1),
            Step::Down => self.at.saturating_add(1),
            Step::PageUp => self.at.saturating_sub(PAGE),
            Step::PageDown => self.at.saturating_add(PAGE),
            Step::Top => 0,
            Step::Bottom => last,
        }
        .min(last);
    }

    /// The selected row, if the list still has it.
    pub(crate) fn within(self, rows: usize) -> Option<usize> {
        rows.checked_sub(1).map(|last| self.at.min(last))
    }

    /// The rows a window of this height shows: the selection stays in its middle third where it can.
    pub(crate) fn window(self, rows: usize, height: usize) -> Range<usize> {
        if rows <= height {
            return 0..rows;
        }
        let at = self.at.min(rows - 1);
        let start = at.saturating_sub(height / 2).min(rows - height);
        start..start + height
    }
}

/// Draws a table's head; returns what is left for its rows.
pub(crate) fn headed(head: Row, area: Rect, buffer: &mut Buffer) -> Rect {
    line_at(head, area, 0, buffer);
    let top = area.height.min(1);
    Rect { y: area.y + top, height: area.height - top, ..area }
}

/// Draws the rows a window shows, the selected one in reverse video while the list has the focus, marked otherwise.
pub(crate) fn draw<T>(
    rows: &[T],
    cursor: Cursor,
    focused: bool,
    area: Rect,
    buffer: &mut Buffer,
    row_of: impl Fn(&T) -> Row,
) {
    let window = cursor.window(rows.len(), usize::from(area.height));
    let (first, selected) = (window.start, cursor.within(rows.len()));
    for (offset, item) in rows[window].iter().enumerate() {
        let row = row_of(item);
        let row = match selected == Some(first + offset) {
            true if focused => row.to(usize::from(area.width)).all(Role::Selected),
            true => row.bold(),
            false => row,
        };
        line_at(row, area, offset as u16, buffer);
    }
}

/// The row under the mouse in a framed list with so many rows of other things above and below it, the frame included.
pub(crate) fn row_at(
    cursor: Cursor,
    rows: usize,
    area: Rect,
    (above, below): (u16, u16),
    at: Position,
) -> Option<usize> {
    let top = area.y.checked_add(above)?;
    let height = area.height.checked_sub(above.saturating_add(below))?;
    let offset = at.y.checked_sub(top).filter(|offset| *offset < height)?;
    let window = cursor.window(rows, usize::from(height));
    let row = window.start + usize::from(offset);
    window.contains(&row).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_never_leaves_its_list_and_is_always_in_the_window() {
        for rows in 0..30 {
            for height in 0..12 {
                let mut cursor = Cursor::default();
                for step in [Step::Down, Step::PageDown, Step::Bottom, Step::Up, Step::PageUp, Step::Down] {
                    cursor.step(step, rows);
                    let window = cursor.window(rows, height);
                    assert!(window.end <= rows && window.len() <= height.max(rows.min(height)));
                    if let Some(at) = cursor.within(rows) {
                        assert!(height == 0 || window.contains(&at), "{rows} {height} {at}");
                    }
                }
            }
        }
    }
}
