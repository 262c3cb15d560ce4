//! The lesson on peeking: how many tests of nothing each way of reading has called, every test as a mark, and one of them watched.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clear;
use crate::experiment::calibrate::course::{Glance, Standing};
use crate::panel::figures;
use crate::panel::lesson::Peeking;
use crate::tui::action::{ACTIONS, Action, Scope};
use crate::tui::app::App;
use crate::tui::layout::{Breakpoint, part, take_left, take_top};
use crate::tui::port::{Command, LessonState};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::curves::{Curve, Curves, Scale};
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::{Row, clip, wrap};
use crate::work::lesson::Pace;

/// The window.
#[derive(Debug, Clone, Default)]
pub(crate) struct LessonWindow {
    lesson: Option<Arc<Peeking>>,
    state: Option<LessonState>,
}

impl LessonWindow {
    pub(crate) fn receive(&mut self, lesson: Arc<Peeking>, state: LessonState) {
        (self.lesson, self.state) = (Some(lesson), Some(state));
    }

    /// What an action asks of the lesson.
    pub(crate) fn act(&self, action: Action) -> Option<Command> {
        let paused = self.state.is_some_and(|state| state.paused);
        let pace = match action {
            Action::Pause if paused => Pace::Resume,
            Action::Pause => Pace::Pause,
            Action::LessonStep => Pace::Step,
            Action::Faster => Pace::Faster,
            Action::Slower => Pace::Slower,
            Action::LessonAgain => Pace::Again,
            _ => return None,
        };
        Some(Command::LessonPace(pace))
    }

    pub(super) fn draw(&self, app: &App, area: Rect, buffer: &mut Buffer, view: &View) {
        clear(area, buffer);
        let (head, rest) = take_top(area, 1);
        let (body, foot) = take_top(rest, rest.height.saturating_sub(1));
        footer(app, foot, buffer, view);
        let Some(lesson) = self.lesson.as_deref() else {
            let row = view.row().put(Role::Focus, " segue").gap(2).put(Role::Title, "peeking");
            line_at(row, head, 0, buffer);
            return view.teach("The tests are being set up.", "", body, buffer);
        };
        self.header(lesson, head, buffer, view);
        if view.size == Breakpoint::Tiny {
            return small(lesson, body, buffer, view);
        }
        let body = Rect { x: body.x + 1, width: body.width.saturating_sub(2), ..body };
        let below = caption(lesson, body, buffer, view);
        let (upper, lower) =
            take_top(below, part(below.height, if view.size == Breakpoint::Wide { 56 } else { 50 }));
        let (left, right) = take_left(upper, part(upper.width, 62));
        shares(lesson, left, buffer, view);
        marks(lesson, right, buffer, view);
        watched(lesson, lower, buffer, view);
    }

    fn header(&self, lesson: &Peeking, area: Rect, buffer: &mut Buffer, view: &View) {
        let wide = area.width >= 70;
        let row = view.row().put(Role::Focus, " segue").gap(2).put(Role::Title, "peeking").gap(2);
        let row = match wide {
            true => row.put(Role::Simulated, format!("SIMULATED seed {}", lesson.seed)),
            false => row.put(Role::Simulated, "SIM"),
        };
        let mut end = view.row().muted("look ").right(Role::Loud, lesson.look().to_string(), 3);
        end = end.muted(format!(" of {}", lesson.looks)).gap(2);
        let state = self.state.unwrap_or(LessonState { paused: false, speed: 1 });
        end = match (lesson.is_over(), state.paused) {
            (true, _) => end.cell(Role::Up, "■ over", 9),
            (false, true) => end.cell(Role::Held, "‖ paused", 9),
            (false, false) => end.cell(Role::Up, format!("▶ {}/s", state.speed), 9),
        };
        let row = if wide {
            row.gap(2).muted(format!("{} tests of nothing", figures::count(u64::from(lesson.tests))))
        } else {
            row
        };
        line_at(row.with_end(end, usize::from(area.width)), area, 0, buffer);
    }
}

/// What can be done here.
fn footer(app: &App, area: Rect, buffer: &mut Buffer, view: &View) {
    let mut row = view.row().gap(1);
    for spec in ACTIONS.iter().filter(|spec| spec.scope == Scope::Lesson && spec.in_footer) {
        row = row.put(Role::Key, app.keymap.shown(spec)).gap(1).muted(spec.title).gap(2);
    }
    line_at(row, area, 0, buffer);
}

/// What is happening; returns what is left below.
fn caption(lesson: &Peeking, area: Rect, buffer: &mut Buffer, view: &View) -> Rect {
    let width = usize::from(area.width);
    let (title, lines) = (&lesson.caption.title, wrap(&lesson.caption.text, width));
    // Room is kept for three lines, so that nothing below jumps when the words change.
    let rows = lines.len().max(3) as u16;
    let (top, rest) = take_top(area, rows + 1 + u16::from(view.size == Breakpoint::Wide));
    line_at(view.row().put(Role::Loud, title), top, 0, buffer);
    for (index, line) in lines.into_iter().enumerate() {
        line_at(view.row().text(line), top, index as u16 + 1, buffer);
    }
    rest
}

/// The running shares of false alarms.
fn shares(lesson: &Peeking, area: Rect, buffer: &mut Buffer, view: &View) {
    let promised = format!("promised: at most {}", figures::percent(lesson.alpha));
    let frame = Frame { title: "Called by now", about: "", note: &promised, focused: false };
    let inner = view.frame(frame, area, buffer);
    let line = |pick: fn(&crate::experiment::calibrate::course::Share) -> u32| -> Vec<(f64, f64)> {
        let begin = std::iter::once((0.0, 0.0));
        begin
            .chain(lesson.shares.iter().map(|share| (f64::from(share.look), lesson.share(pick(share)))))
            .collect()
    };
    let (naive, always, once) = (line(|s| s.naive), line(|s| s.always), line(|s| s.this_look));
    let promised = [(0.0, lesson.alpha), (f64::from(lesson.looks), lesson.alpha)];
    let top = naive.iter().map(|point| point.1).fold(0.1, f64::max);
    let top = (top * 1.15 * 20.0).ceil() / 20.0;
    let named = |name: &str, points: &[(f64, f64)]| {
        let last = points.last().map_or(0.0, |point| point.1);
        format!("{name} {}", figures::percent(last))
    };
    let names = [named("any look", &naive), named("always valid", &always), named("this look", &once)];
    let curves = Curves {
        curves: vec![
            Curve { name: "", points: &promised, role: Role::Border, dotted: false },
            Curve { name: &names[2], points: &once, role: Role::Muted, dotted: true },
            Curve { name: &names[0], points: &naive, role: Role::Down, dotted: false },
            Curve { name: &names[1], points: &always, role: Role::Up, dotted: false },
        ],
        x: Scale {
            low: 0.0,
            high: f64::from(lesson.looks),
            labels: vec!["0".to_owned(), format!("look {}", lesson.looks / 2), lesson.looks.to_string()],
        },
        y: Scale {
            low: 0.0,
            high: top,
            labels: vec!["0".to_owned(), figures::percent(top / 2.0), figures::percent(top)],
        },
    };
    curves.draw(inner, buffer, view.theme);
}

/// Every test as a mark.
fn marks(lesson: &Peeking, area: Rect, buffer: &mut Buffer, view: &View) {
    let frame = Frame { title: "Each test", about: "", note: "", focused: false };
    let inner = view.frame(frame, area, buffer);
    let (list, legend) = take_top(inner, inner.height.saturating_sub(2));
    let width = usize::from(list.width).max(1);
    let room = width * usize::from(list.height);
    for (index, chunk) in lesson.standings.iter().take(room).collect::<Vec<_>>().chunks(width).enumerate() {
        let row = chunk.iter().fold(view.row(), |row, standing| {
            let (role, mark) = mark(**standing);
            row.put(role, mark)
        });
        line_at(row, list, index as u16, buffer);
    }
    let entry = |row: Row, standing, words: &str| {
        let (role, symbol) = mark(standing);
        row.put(role, symbol).gap(1).muted(words).gap(2)
    };
    let row = entry(view.row(), Standing::CallsNow, "called now");
    line_at(entry(row, Standing::CalledBefore, "before"), legend, 0, buffer);
    let row = entry(view.row(), Standing::AlwaysCalled, "also by always valid");
    let shown = lesson.standings.len().min(room);
    let row = match shown < lesson.standings.len() {
        true => row.with_end(view.row().muted(format!("first {}", figures::count(shown as u64))), width),
        false => row,
    };
    line_at(row, legend, 1, buffer);
}

fn mark(standing: Standing) -> (Role, &'static str) {
    match standing {
        Standing::Quiet => (Role::Border, "·"),
        Standing::CalledBefore => (Role::Held, "o"),
        Standing::CallsNow => (Role::Down, "●"),
        Standing::AlwaysCalled => (Role::Error, "✘"),
    }
}

/// The watched test: its difference with both intervals, and its p-values.
fn watched(lesson: &Peeking, area: Rect, buffer: &mut Buffer, view: &View) {
    let title = format!("Test {}", figures::count(u64::from(lesson.watched)));
    let last = lesson.path.last();
    let note = last.map_or_else(String::new, |last| {
        format!(
            "p {} at this look, {} always valid",
            figures::p_value(last.p_fixed),
            figures::p_value(last.p_always)
        )
    });
    let inner = view.frame(Frame { title: &title, about: "", note: &note, focused: false }, area, buffer);
    let mut told = wrap(&lesson.told, usize::from(inner.width));
    if inner.height < 8 && told.len() > 1 {
        told = vec![clip(&lesson.told, usize::from(inner.width))];
    }
    let (words, plot) = take_top(inner, told.len() as u16);
    for (index, line) in told.into_iter().enumerate() {
        line_at(view.row().put(Role::Text, line), words, index as u16, buffer);
    }
    if !lesson.path.is_empty() {
        path(lesson, plot, buffer, view);
    }
}

fn path(lesson: &Peeking, area: Rect, buffer: &mut Buffer, view: &View) {
    let line = |pick: fn(&Glance) -> f64| -> Vec<(f64, f64)> {
        lesson.path.iter().map(|glance| (f64::from(glance.look), pick(glance) * 100.0)).collect()
    };
    let ends = [
        line(|glance| glance.fixed.0),
        line(|glance| glance.fixed.1),
        line(|glance| glance.always.0),
        line(|glance| glance.always.1),
    ];
    let middle = line(|glance| glance.difference);
    // The widest intervals of the first looks would flatten everything after them.
    let settled = lesson.path.len() / 8;
    let far =
        |points: &Vec<(f64, f64)>| points.iter().skip(settled).map(|point| point.1.abs()).fold(0.0, f64::max);
    let far = ends.iter().map(far).fold(0.5, f64::max) * 1.05;
    let within = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points.iter().copied().filter(|point| point.1.abs() <= far).collect()
    };
    let [fixed_low, fixed_high, always_low, always_high] = ends.map(|points| within(&points));
    let middle = within(&middle);
    let zero = [(0.0, 0.0), (f64::from(lesson.looks), 0.0)];
    let curve = |name, points, role, dotted| Curve { name, points, role, dotted };
    let curves = Curves {
        curves: vec![
            curve("", &zero[..], Role::Border, false),
            curve("always valid", &always_high, Role::Up, true),
            curve("", &always_low, Role::Up, true),
            curve("ordinary", &fixed_high, Role::Down, false),
            curve("", &fixed_low, Role::Down, false),
            curve("difference", &middle, Role::Loud, false),
        ],
        x: Scale {
            low: 0.0,
            high: f64::from(lesson.looks),
            labels: vec!["0".to_owned(), format!("look {}", lesson.looks / 2), lesson.looks.to_string()],
        },
        y: Scale {
            low: -far,
            high: far,
            labels: vec![
                format!("{} pt", figures::signed(-far, 1)),
                "0".to_owned(),
                format!("{} pt", figures::signed(far, 1)),
            ],
        },
    };
    curves.draw(area, buffer, view.theme);
}

/// Key numbers.
fn small(lesson: &Peeking, area: Rect, buffer: &mut Buffer, view: &View) {
    let width = usize::from(area.width);
    let share = lesson.shares.last();
    let of = |n: Option<u32>| n.map_or("–".to_owned(), |n| figures::percent(lesson.share(n)));
    let rows = [
        (Role::Down, "any look", of(share.map(|s| s.naive))),
        (Role::Up, "always valid", of(share.map(|s| s.always))),
        (Role::Muted, "this look", of(share.map(|s| s.this_look))),
    ];
    for (index, (role, name, figure)) in rows.into_iter().enumerate() {
        let row = view.row().cell(Role::Text, name, 14).right(role, figure, 7).muted(" called");
        line_at(row, area, index as u16, buffer);
    }
    let (_, below) = take_top(area, 4);
    let mut at = 0;
    for (role, text) in [(Role::Loud, &lesson.caption.title), (Role::Text, &lesson.caption.text)] {
        for line in wrap(text, width) {
            line_at(view.row().put(role, line), below, at, buffer);
            at += 1;
        }
    }
}
