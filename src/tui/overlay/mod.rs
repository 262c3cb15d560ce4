//! Windows above the rooms. A window is a value that exists only while it is open; Esc closes exactly one.

mod ask;
mod lesson;
mod picker;
mod why;

pub(crate) use ask::Prompt;
pub(crate) use lesson::LessonWindow;
pub(crate) use picker::{Help, Picker, Target};
pub(crate) use why::WhyWindow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::app::App;
use super::screens::{Question, View};

/// A window.
#[derive(Debug, Clone)]
pub(crate) enum Overlay {
    /// Every key, filtered by typing.
    Help(Picker),
    /// Actions and things, found by typing.
    Palette(Picker),
    /// What a cell of a rule is filled with.
    Choose(Picker),
    /// The gates of a decision.
    Why(WhyWindow),
    /// The lesson on peeking, over everything.
    Lesson(Box<LessonWindow>),
    /// A line of text is asked for.
    Prompt(Prompt),
    /// A yes is asked for.
    Confirm(Question),
}

impl Overlay {
    /// The window that asks a question.
    pub(crate) fn asking(question: Question) -> Self {
        match question {
            Question::ImportPath
            | Question::PeopleFilter(_)
            | Question::SegmentName
            | Question::SegmentCopy(_) => Self::Prompt(Prompt::new(question)),
            Question::Cell => Self::Choose(Picker::default()),
            Question::Revert(..) | Question::CancelJob(..) | Question::LoseDraft => Self::Confirm(question),
        }
    }

    /// Draws the window within an area.
    pub(crate) fn draw(&self, app: &App, area: Rect, buffer: &mut Buffer, view: &View) {
        match self {
            Self::Help(picker) => picker.draw_help(app, area, buffer, view),
            Self::Palette(picker) => picker.draw_palette(app, area, buffer, view),
            Self::Choose(picker) => picker.draw_offers(app, area, buffer, view),
            Self::Why(why) => why.draw(area, buffer, view),
            Self::Lesson(lesson) => lesson.draw(app, area, buffer, view),
            Self::Prompt(prompt) => prompt.draw(area, buffer, view),
            Self::Confirm(question) => ask::draw_confirm(question, area, buffer, view),
        }
    }
}

/// Empties a window's area.
fn clear(area: Rect, buffer: &mut Buffer) {
    Clear.render(area, buffer);
}
