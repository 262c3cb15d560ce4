//! The rooms. Each owns its state, its update and its view, and knows nothing of the others.

mod answer_rows;
mod calc;
mod closer_rows;
mod contact;
pub(crate) mod data;
mod design;
pub(crate) mod experiments;
pub(crate) mod jobs;
pub(crate) mod journeys;
pub(crate) mod live;
mod metric_rows;
pub(crate) mod people;
mod person_card;
pub(crate) mod segments;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::action::{Action, Scope};
use super::keymap::Stroke;
use super::layout::Breakpoint;
use super::port::Command;
use super::theme::{Role, Theme};
use super::widgets::frame::{Frame, line_at};
use super::widgets::row::{Row, wrap};
use super::widgets::table::Step;
use crate::model::Problem;
use crate::panel::contact::why::Question as WhyQuestion;
use crate::panel::live::WhyLine;

/// What the runtime has to do for an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Ask whoever drives the console.
    Send(Command),
    /// Put a text into the clipboard.
    Copy(String),
    /// Take the mouse or give it back to the terminal.
    Mouse(bool),
    /// Let a person edit this text in `$EDITOR`.
    EditExternally(String),
    /// Ask for a line of text.
    Ask(Question),
    /// Draw everything again.
    Repaint,
    /// Close the console.
    Quit,
}

/// What a line of text, or a yes, is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// Which file to import.
    ImportPath,
    /// Which people to list; what is listed now.
    PeopleFilter(String),
    /// What the new segment is called.
    SegmentName,
    /// What the draft of this name is kept as.
    SegmentCopy(String),
    /// What a cell of a rule is filled with.
    Cell,
    /// Whether to take this import back.
    Revert(crate::model::BatchId, String),
    /// Whether to end this job.
    CancelJob(u64, String),
    /// Whether to leave although a draft is not saved.
    LoseDraft,
}

/// How to draw: everything a view needs beside its own state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) theme: Theme,
    pub(crate) mask: bool,
    pub(crate) size: Breakpoint,
    /// Whether one panel has the whole screen and shows all it knows.
    pub(crate) full: bool,
}

impl View {
    /// An empty line.
    pub(crate) fn row(&self) -> Row {
        Row::new(self.theme)
    }

    /// Draws a pane's frame, or on a tiny terminal its name alone, and returns what is left inside.
    pub(crate) fn frame(&self, frame: Frame<'_>, area: Rect, buffer: &mut Buffer) -> Rect {
        if self.size > Breakpoint::Tiny {
            return frame.draw(area, buffer, self.theme);
        }
        let row = self.row().put(Role::Title, frame.title).gap(1).muted(frame.about);
        let end = self.row().muted(frame.note);
        line_at(row.with_end(end, usize::from(area.width)), area, 0, buffer);
        super::layout::take_top(area, 1).1
    }

    /// Draws a text over several lines, from a row on; returns the row after it.
    pub(crate) fn paragraph(
        &self,
        role: Role,
        text: &str,
        area: Rect,
        from: u16,
        buffer: &mut Buffer,
    ) -> u16 {
        let mut at = from;
        for line in wrap(text, usize::from(area.width)) {
            line_at(self.row().put(role, line), area, at, buffer);
            at = at.saturating_add(1);
        }
        at
    }

    /// Draws a state without content: what there is not, and what would change that.
    pub(crate) fn teach(&self, what: &str, then: &str, area: Rect, buffer: &mut Buffer) {
        let from = u16::from(area.height > 4);
        let next = self.paragraph(Role::Loud, what, area, from, buffer);
        self.paragraph(Role::Muted, then, area, next, buffer);
    }

    /// Draws a fault: what, where, what now.
    pub(crate) fn fault(&self, problem: &Problem, area: Rect, buffer: &mut Buffer) {
        let mut place = problem.place.file.clone().unwrap_or_default();
        if let Some(line) = problem.place.line {
            place.push_str(&format!(", line {line}"));
        }
        if let Some(column) = &problem.place.column {
            place.push_str(&format!(", column {column}"));
        }
        let at = self.paragraph(Role::Error, &format!("✘ {}", problem.message), area, 0, buffer);
        let at = if place.is_empty() {
            at
        } else {
            self.paragraph(Role::Muted, place.trim_start_matches(", "), area, at, buffer)
        };
        if let Some(help) = &problem.help {
            self.paragraph(Role::Text, &format!("→ {help}"), area, at, buffer);
        }
    }
}

/// Data that may not be there yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Loaded<T> {
    /// On its way.
    Waiting,
    /// There.
    Here(Arc<T>),
    /// It cannot be shown, and why.
    Failed(Problem),
}

impl<T> Loaded<T> {
    /// The data, if they are there.
    pub(crate) fn here(&self) -> Option<&T> {
        match self {
            Self::Here(data) => Some(data),
            Self::Waiting | Self::Failed(_) => None,
        }
    }

    /// The data, or a drawing of why they are not there.
    pub(crate) fn here_or_say(&self, view: &View, area: Rect, buffer: &mut Buffer) -> Option<&T> {
        match self {
            Self::Here(data) => return Some(data),
            Self::Waiting => view.teach("Loading …", "", area, buffer),
            Self::Failed(problem) => view.fault(problem, area, buffer),
        }
        None
    }
}

/// A room, as the frame around it sees it.
pub(crate) trait Screen {
    /// The names of its panes, in the order the focus walks through them.
    fn pane_names(&self) -> &'static [&'static str];
    /// The pane that has the focus.
    fn focus(&self) -> usize;
    /// Gives the focus to a pane.
    fn set_focus(&mut self, pane: usize);
    /// Where its panes are within its body.
    fn split(&self, body: Rect) -> Vec<Rect>;
    /// Does something that is done here.
    fn act(&mut self, action: Action) -> Vec<Effect>;
    /// A click into a pane.
    fn click(&mut self, pane: usize, area: Rect, at: Position) -> Vec<Effect>;
    /// Draws its panes; an empty area is a pane that is not shown.
    fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View);
    /// The selected line as text.
    fn selected_line(&self, mask: bool) -> Option<String>;
    /// The trace behind the selected line.
    fn selected_why(&self) -> Option<&[WhyLine]> {
        None
    }
    /// What can be decided again about the selected line.
    fn why_question(&self) -> Option<WhyQuestion> {
        None
    }
    /// Whether opening gives the panel of what is selected the whole screen.
    fn opens_full_size(&self) -> bool {
        true
    }
    /// Brings a thing of this name into view.
    fn show(&mut self, _name: &str) -> Vec<Effect> {
        Vec::new()
    }
    /// Whether keys are typed into a text here.
    fn is_typing(&self) -> bool {
        false
    }
    /// Where keys count before they are typed.
    fn typing_scope(&self) -> Option<Scope> {
        None
    }
    /// A key typed into the text.
    fn type_key(&mut self, _stroke: Stroke) -> Vec<Effect> {
        Vec::new()
    }
    /// A text pasted into the text.
    fn paste(&mut self, _text: &str) -> Vec<Effect> {
        Vec::new()
    }
}

/// The step of a selection an action stands for, if it stands for one.
pub(crate) fn step_of(action: Action) -> Option<Step> {
    match action {
        Action::Up => Some(Step::Up),
        Action::Down => Some(Step::Down),
        Action::PageUp => Some(Step::PageUp),
        Action::PageDown => Some(Step::PageDown),
        Action::Top => Some(Step::Top),
        Action::Bottom => Some(Step::Bottom),
        _ => None,
    }
}
