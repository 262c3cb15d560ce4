//! A panel's frame: round, quiet, its name on the left and what it stands for on the right; one blank column inside.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};

use super::row::Row;
use crate::tui::theme::{Role, Theme};

/// What a frame says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// The panel's name.
    pub(crate) title: &'a str,
    /// What it is about, after the name.
    pub(crate) about: &'a str,
    /// For when, from how many: at the right end.
    pub(crate) note: &'a str,
    /// Whether keys go here.
    pub(crate) focused: bool,
}

impl Frame<'_> {
    /// Draws the frame and returns what is left inside.
    pub(crate) fn draw(self, area: Rect, buffer: &mut Buffer, theme: Theme) -> Rect {
        let border = if self.focused { Role::Focus } else { Role::Border };
        let name = if self.focused { Role::Focus } else { Role::Title };
        let mut title = Row::new(theme).text(" ").put(name, self.title).text(" ");
        if !self.about.is_empty() {
            title = title.put(border, "─").text(" ").text(self.about).text(" ");
        }
        let room = usize::from(area.width.saturating_sub(4));
        let note = Row::new(theme).text(" ").muted(self.note).text(" ");
        // The note says when and how many, so what the panel is about gives way to it, but never its name.
        let note_fits = !self.note.is_empty() && self.title.chars().count() + 10 + note.width() <= room;
        let title_room = if note_fits { room - note.width() - 1 } else { room };
        let mut block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(theme.style(border))
            .title_style(Style::reset())
            .title_top(title.fit(title_room));
        if note_fits {
            block = block.title_top(note.fit(room).right_aligned());
        }
        let inner = block.inner(area);
        block.render(area, buffer);
        Rect { x: inner.x.saturating_add(1), width: inner.width.saturating_sub(2), ..inner }
    }
}

/// Draws one line into one row of an area, if the area has it.
pub(crate) fn line_at(row: Row, area: Rect, index: u16, buffer: &mut Buffer) {
    if index < area.height {
        let line = row.fit(usize::from(area.width));
        buffer.set_line(area.x, area.y + index, &line, area.width);
    }
}

/// Lines with an importance each: the least important ones go first where there is not enough room.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    lines: Vec<(u8, Row)>,
}

impl Stack {
    /// Adds a line; 0 is never dropped before anything else.
    pub(crate) fn push(&mut self, rank: u8, row: Row) {
        self.lines.push((rank, row));
    }

    /// What fits into so many lines, in the order it was added.
    pub(crate) fn fit(mut self, height: usize) -> Vec<Row> {
        while self.lines.len() > height {
            let worst = self.lines.iter().map(|(rank, _)| *rank).max().unwrap_or(0);
            match self.lines.iter().rposition(|(rank, _)| *rank == worst) {
                Some(place) => drop(self.lines.remove(place)),
                None => break,
            }
        }
        self.lines.into_iter().map(|(_, row)| row).collect()
    }

    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Draws what fits.
    pub(crate) fn draw(self, area: Rect, buffer: &mut Buffer) {
        for (index, row) in self.fit(usize::from(area.height)).into_iter().enumerate() {
            line_at(row, area, index as u16, buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ThemeName;

    #[test]
    fn the_least_important_lines_go_first() {
        let row = |text: &str| Row::new(Theme::new(ThemeName::Mono)).text(text);
        let mut stack = Stack::default();
        stack.push(0, row("sentence"));
        stack.push(3, row("detail"));
        stack.push(1, row("number"));
        let kept: Vec<usize> = stack.fit(2).iter().map(Row::width).collect();
        assert_eq!(kept, ["sentence".len(), "number".len()]);
    }
}
