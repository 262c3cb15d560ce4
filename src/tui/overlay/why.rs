//! Why: the gates of one decision in their order, each with what it saw.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clear;
use crate::panel::live::WhyLine;
use crate::tui::action::Action;
use crate::tui::layout::centred;
use crate::tui::screens::{View, step_of};
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::wrap;
use crate::tui::widgets::table::Cursor;

/// The window.
#[derive(Debug, Clone)]
pub(crate) struct WhyWindow {
    line: String,
    lines: Vec<WhyLine>,
    cursor: Cursor,
}

impl WhyWindow {
    pub(crate) fn new(line: String, lines: Vec<WhyLine>) -> Self {
        Self { line, lines, cursor: Cursor::default() }
    }

    pub(crate) fn step(&mut self, action: Action) {
        if let Some(step) = step_of(action) {
            self.cursor.step(step, self.lines.len());
        }
    }

    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let width = 84.min(area.width);
        let head = wrap(&self.line, usize::from(width.saturating_sub(4)));
        let height = (self.lines.len() + head.len() + 5) as u16;
        let window = centred(area, width, height);
        clear(window, buffer);
        let frame = Frame { title: "Why", about: "every gate, in order", note: "Esc closes", focused: true };
        let inner = frame.draw(window, buffer, view.theme);
        let mut at = 0;
        for line in head {
            line_at(view.row().put(Role::Loud, line), inner, at, buffer);
            at += 1;
        }
        at += 1;
        let room = usize::from(inner.height.saturating_sub(at + 2));
        let gate = self.lines.iter().map(|line| line.gate.chars().count()).max().unwrap_or(0).clamp(6, 18);
        for line in &self.lines[self.cursor.window(self.lines.len(), room)] {
            let (role, mark) = if line.passed { (Role::Up, "✔ ") } else { (Role::Down, "✘ ") };
            let text = if line.passed { Role::Text } else { Role::Loud };
            line_at(
                view.row().put(role, mark).cell(Role::Muted, &line.gate, gate).gap(2).put(text, &line.detail),
                inner,
                at,
                buffer,
            );
            at += 1;
        }
        line_at(self.verdict(view), inner, at + 1, buffer);
    }

    fn verdict(&self, view: &View) -> crate::tui::widgets::row::Row {
        // Where things were ranked, the one that went first was taken; the others did not stop anything.
        let ranked = self.lines.iter().rev().find(|line| line.gate == "ranking" && line.passed);
        if let Some(line) = ranked {
            return view.row().muted("taken: ").put(Role::Loud, &line.detail);
        }
        match self.lines.iter().find(|line| !line.passed) {
            Some(line) => view.row().muted("stopped at ").put(Role::Loud, &line.gate),
            None => view.row().muted("passed every gate"),
        }
    }
}
