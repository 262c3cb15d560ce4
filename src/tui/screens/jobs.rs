//! 8 Jobs: long work with its rate and time left; each can be ended.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Effect, Loaded, Question, Screen, View, step_of};
use crate::model::Problem;
use crate::panel::Jobs;
use crate::panel::figures;
use crate::panel::jobs::{Job, JobState};
use crate::tui::action::Action;
use crate::tui::layout::take_top;
use crate::tui::theme::Role;
use crate::tui::widgets::bar::gauge;
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::row::Row;
use crate::tui::widgets::table::{self, Cursor};

/// The room's state.
#[derive(Debug)]
pub(crate) struct JobsScreen {
    jobs: Loaded<Jobs>,
    cursor: Cursor,
}

impl Default for JobsScreen {
    fn default() -> Self {
        Self { jobs: Loaded::Waiting, cursor: Cursor::default() }
    }
}

impl JobsScreen {
    pub(crate) fn receive(&mut self, jobs: Arc<Jobs>) {
        self.jobs = Loaded::Here(jobs);
    }

    pub(crate) fn fail(&mut self, problem: Problem) {
        self.jobs = Loaded::Failed(problem);
    }

    /// How many jobs run now.
    pub(crate) fn running(&self) -> usize {
        self.jobs.here().map_or(0, Jobs::running)
    }

    /// The selected job.
    pub(crate) fn selected(&self) -> Option<&Job> {
        let rows = &self.jobs.here()?.rows;
        self.cursor.within(rows.len()).and_then(|at| rows.get(at))
    }

    fn draw_detail(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let Some(job) = self.selected() else { return };
        let mut at = view.paragraph(Role::Loud, &job.title, area, 1, buffer);
        let total = job.total.map(|total| format!(" of {}", figures::count(total))).unwrap_or_default();
        let done = format!("{}: {}{total} {}", job.state.name(), figures::count(job.done), job.unit);
        at = view.paragraph(Role::Muted, &done, area, at, buffer);
        if let Some(outcome) = &job.outcome {
            at = view.paragraph(Role::Text, outcome, area, at, buffer);
        }
        if let Some(error) = &job.error {
            at = view.paragraph(Role::Error, &format!("✘ {error}"), area, at, buffer);
        }
        if let Some(help) = &job.help {
            view.paragraph(Role::Text, &format!("→ {help}"), area, at, buffer);
        }
    }
}

fn job_row(job: &Job, width: usize, view: &View) -> Row {
    let (role, mark) = match job.state {
        JobState::Waiting => (Role::Muted, "…"),
        JobState::Running => (Role::Held, "↻"),
        JobState::Done => (Role::Up, "✔"),
        JobState::Failed => (Role::Error, "✘"),
        JobState::Cancelled => (Role::Muted, "–"),
    };
    let (title, rate) = if width < 60 { (width.saturating_sub(20), 0) } else { ((width - 56).min(48), 18) };
    let row = view.row().put(role, mark).gap(1).cell(Role::Text, &job.title, title).gap(1);
    let row = match share(job).filter(|_| job.state == JobState::Running) {
        Some(share) => {
            row.cell(Role::Ink, gauge(share, 10), 10).right(Role::Loud, figures::percent(share), 7)
        }
        None => row.cell(role, job.state.name(), 17),
    };
    if rate == 0 {
        return row;
    }
    let speed = match job.rate {
        Some(rate) => format!("{} {}/s", figures::rate(rate), job.unit),
        None => format!("{} {}", figures::count(job.done), job.unit),
    };
    let left = job
        .left
        .filter(|_| job.state == JobState::Running)
        .map(|left| format!("{} left", figures::left(left)));
    row.gap(1).right(Role::Muted, speed, rate).gap(2).muted(left.unwrap_or_default())
}

/// The part that is done, where the whole is known.
fn share(job: &Job) -> Option<f64> {
    job.total.map(|total| (job.done as f64 / total.max(1) as f64).min(1.0))
}

impl Screen for JobsScreen {
    fn pane_names(&self) -> &'static [&'static str] {
        &["Jobs"]
    }

    fn focus(&self) -> usize {
        0
    }

    fn set_focus(&mut self, _pane: usize) {}

    fn split(&self, body: Rect) -> Vec<Rect> {
        vec![body]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if let Some(step) = step_of(action) {
            let rows = self.jobs.here().map_or(0, |jobs| jobs.rows.len());
            self.cursor.step(step, rows);
            return Vec::new();
        }
        match (action, self.selected()) {
            (Action::CancelJob, Some(job)) => {
                vec![Effect::Ask(Question::CancelJob(job.id, job.title.clone()))]
            }
            _ => Vec::new(),
        }
    }

    fn click(&mut self, _pane: usize, area: Rect, at: Position) -> Vec<Effect> {
        let rows = self.jobs.here().map_or(0, |jobs| jobs.rows.len());
        if let Some(row) = table::row_at(self.cursor, rows, area, (1, 6), at) {
            self.cursor.at = row;
        }
        Vec::new()
    }

    fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        let Some(area) = areas.first().copied() else { return };
        let note = format!("{} running", self.running());
        let inner = view.frame(Frame { title: "Jobs", about: "", note: &note, focused: true }, area, buffer);
        let Some(jobs) = self.jobs.here_or_say(view, inner, buffer) else { return };
        if jobs.rows.is_empty() {
            return view.teach(
                "No long work yet.",
                "imports and simulations show here while they run, with rate and time left",
                inner,
                buffer,
            );
        }
        let (list, detail) = take_top(inner, inner.height.saturating_sub(5));
        let width = usize::from(list.width);
        table::draw(&jobs.rows, self.cursor, true, list, buffer, |job| job_row(job, width, view));
        self.draw_detail(detail, buffer, view);
    }

    fn selected_line(&self, _mask: bool) -> Option<String> {
        self.selected().map(|job| format!("{}: {}", job.title, job.state.name()))
    }
}
