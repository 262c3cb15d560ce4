//! Questions: for a line of text, or for a yes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clear;
use crate::tui::keymap::Stroke;
use crate::tui::layout::centred;
use crate::tui::screens::{Question, View};
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::input::TextInput;
use crate::tui::widgets::row::wrap;

/// A question for a line of text.
#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    pub(crate) question: Question,
    input: TextInput,
}

impl Prompt {
    pub(crate) fn new(question: Question) -> Self {
        let before = match &question {
            Question::PeopleFilter(before) => before.clone(),
            _ => String::new(),
        };
        Self { question, input: TextInput::line(&before) }
    }

    /// What was typed, without blanks around it.
    pub(crate) fn text(&self) -> String {
        self.input.text().trim().to_owned()
    }

    pub(crate) fn type_key(&mut self, stroke: Stroke) {
        self.input.type_key(stroke);
    }

    pub(crate) fn paste(&mut self, text: &str) {
        self.input.paste(text);
    }

    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let (title, help) = match &self.question {
            Question::ImportPath => (
                "Import a file",
                "CSV, NDJSON, .gz or .zip; what it is, is recognised by its content. Rejected rows go to a file of their own.",
            ),
            Question::PeopleFilter(_) => (
                "Find people",
                "A part of a name or an address, or an id such as p-00017. Nothing lists everyone.",
            ),
            Question::SegmentName => ("New segment", "Its name, such as: lapsing shoe lovers"),
            Question::SegmentCopy(_) => (
                "Save as",
                "Another name keeps the rule as another segment; the one it was opened from stays as it is.",
            ),
            Question::Cell | Question::Revert(..) | Question::CancelJob(..) | Question::LoseDraft => ("", ""),
        };
        let width = 72.min(area.width);
        let lines = wrap(help, usize::from(width.saturating_sub(4)));
        let window = centred(area, width, 4 + lines.len() as u16);
        clear(window, buffer);
        let frame = Frame { title, about: "", note: "Enter takes it, Esc closes", focused: true };
        let inner = frame.draw(window, buffer, view.theme);
        let row = view.row().put(Role::Key, "› ");
        line_at(self.input.put_into(row, usize::from(inner.width).saturating_sub(2)), inner, 0, buffer);
        for (index, line) in lines.into_iter().enumerate() {
            line_at(view.row().muted(line), inner, 2 + index as u16, buffer);
        }
    }
}

/// Draws a question for a yes.
pub(super) fn draw_confirm(question: &Question, area: Rect, buffer: &mut Buffer, view: &View) {
    let (title, text) = match question {
        Question::Revert(batch, file) => (
            "Revert an import",
            format!(
                "Take back {batch} ({file}) as a whole? Its facts leave every count. The file can be imported again."
            ),
        ),
        Question::CancelJob(_, title) => ("Cancel a job", format!("End \"{title}\"? Nothing of it stays.")),
        Question::LoseDraft => ("Leave", "A draft is not saved. Leave and lose it?".to_owned()),
        Question::Cell
        | Question::ImportPath
        | Question::PeopleFilter(_)
        | Question::SegmentName
        | Question::SegmentCopy(_) => ("", String::new()),
    };
    let width = 60.min(area.width);
    let lines = wrap(&text, usize::from(width.saturating_sub(4)));
    let window = centred(area, width, 4 + lines.len() as u16);
    clear(window, buffer);
    let inner = Frame { title, about: "", note: "", focused: true }.draw(window, buffer, view.theme);
    let below = lines.len() as u16 + 1;
    for (index, line) in lines.into_iter().enumerate() {
        line_at(view.row().text(line), inner, index as u16, buffer);
    }
    let keys = view
        .row()
        .put(Role::Key, "y")
        .muted(" yes   ")
        .put(Role::Key, "n")
        .muted(" no, leave everything as it is");
    line_at(keys, inner, below, buffer);
}
