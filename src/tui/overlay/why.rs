//! Why: how one decision came about, and what would have turned it round.

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clear;
use crate::panel::contact::why::{Answer, Question, Standing, Stood};
use crate::panel::figures;
use crate::panel::live::WhyLine;
use crate::tui::action::Action;
use crate::tui::layout::centred;
use crate::tui::screens::{View, step_of};
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::{Row, wrap};
use crate::tui::widgets::table::Cursor;

/// Rows a why has at most; more than any answer fills.
const MOST_ROWS: usize = 400;

/// The window.
#[derive(Debug, Clone)]
pub(crate) struct WhyWindow {
    line: String,
    lines: Vec<WhyLine>,
    /// What was asked; none where only the trace is known.
    question: Option<Question>,
    /// The answer, once it is there; `Some(None)` where nobody can be asked about any more.
    answer: Option<Option<Arc<Answer>>>,
    cursor: Cursor,
}

impl WhyWindow {
    pub(crate) fn new(line: String, lines: Vec<WhyLine>, question: Option<Question>) -> Self {
        Self { line, lines, question, answer: None, cursor: Cursor::default() }
    }

    pub(crate) fn step(&mut self, action: Action) {
        if let Some(step) = step_of(action) {
            self.cursor.step(step, MOST_ROWS);
        }
    }

    /// Takes the answer to its own question, and no other.
    pub(crate) fn receive(&mut self, question: &Question, answer: Option<Arc<Answer>>) {
        if self.question.as_ref() == Some(question) {
            self.answer = Some(answer);
        }
    }

    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let width = 96.min(area.width);
        let rows = self.rows(usize::from(width.saturating_sub(4)), view);
        let window = centred(area, width, (rows.len() as u16).saturating_add(2));
        clear(window, buffer);
        let about = match self.answer() {
            Some(answer) if answer.standing.is_none() => "everything this person may get",
            _ => "every gate, in order",
        };
        let frame = Frame { title: "Why", about, note: "Esc closes", focused: true };
        let inner = frame.draw(window, buffer, view.theme);
        let height = usize::from(inner.height);
        let from = self.cursor.at.min(rows.len().saturating_sub(height));
        let more = rows.len().saturating_sub(from + height);
        for (index, row) in rows.into_iter().skip(from).take(height).enumerate() {
            line_at(row, inner, index as u16, buffer);
        }
        if more > 0 {
            let row = view.row().put(Role::Held, format!("↓ {} more", more + 1));
            line_at(row.to(usize::from(inner.width)), inner, inner.height.saturating_sub(1), buffer);
        }
    }

    fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()?.as_deref()
    }

    fn rows(&self, width: usize, view: &View) -> Vec<Row> {
        let lines = |role: Role, text: &str| -> Vec<Row> {
            wrap(text, width).into_iter().map(|line| view.row().put(role, line)).collect()
        };
        let mut rows = lines(Role::Loud, &self.line);
        if let Some(answer) = self.answer() {
            rows.extend(lines(Role::Muted, &when(answer)));
            rows.extend(lines(Role::Text, &answer.outcome));
            rows.extend(stood(answer, width, view));
            rows.extend(flips(answer, width, view));
        }
        match &self.answer {
            Some(None) => rows.extend(lines(Role::Held, "This person is not here any more.")),
            None if self.question.is_some() => rows.push(view.row().put(Role::Held, "deciding again …")),
            _ => {}
        }
        rows.push(view.row());
        let gates = match self.answer() {
            Some(answer) if self.lines.is_empty() => answer.gates.as_slice(),
            _ => self.lines.as_slice(),
        };
        rows.extend(gate_rows(gates, width, view));
        if let Some(answer) = self.answer() {
            rows.extend(rest(answer, !self.lines.is_empty(), width, view));
        }
        if self.answer().is_none_or(|answer| answer.standing.is_some()) {
            rows.push(view.row());
            rows.push(verdict(gates, view));
        }
        rows
    }
}

fn when(answer: &Answer) -> String {
    match answer.question.at {
        Some(at) => format!("{}, decided {} UTC", answer.question.profile, at.short(&TimeZone::UTC)),
        None => format!("{}, as of {} UTC", answer.question.profile, answer.at.short(&TimeZone::UTC)),
    }
}

/// What would turn it round, the smallest change first.
fn flips(answer: &Answer, width: usize, view: &View) -> Vec<Row> {
    if answer.standing.is_none() {
        return Vec::new();
    }
    let mut rows = vec![
        view.row(),
        view.row().put(Role::Title, "what would turn it round").muted(", the smallest first"),
    ];
    for (index, flip) in answer.flips.iter().enumerate() {
        let (role, mark) = if index == 0 { (Role::Up, "↺ ") } else { (Role::Text, "· ") };
        let text = format!("{}: {}", flip.changes.join(" and "), flip.then);
        for (line, said) in wrap(&text, width.saturating_sub(2)).into_iter().enumerate() {
            let lead = if line == 0 { view.row().put(role, mark) } else { view.row().gap(2) };
            rows.push(lead.put(role, said));
        }
    }
    if answer.flips.is_empty() {
        rows.push(view.row().put(Role::Held, "no single change, and no two together"));
    }
    rows
}

fn gate_rows(gates: &[WhyLine], width: usize, view: &View) -> Vec<Row> {
    let name = gates.iter().map(|line| line.gate.chars().count()).max().unwrap_or(0).clamp(6, 18);
    let mut rows = Vec::new();
    for line in gates {
        let (role, mark) = if line.passed { (Role::Up, "✔ ") } else { (Role::Down, "✘ ") };
        let text = if line.passed { Role::Text } else { Role::Loud };
        let room = width.saturating_sub(name + 4);
        for (index, said) in wrap(&line.detail, room).into_iter().take(3).enumerate() {
            let lead = match index {
                0 => view.row().put(role, mark).cell(Role::Muted, &line.gate, name).gap(2),
                _ => view.row().gap(name + 4),
            };
            rows.push(lead.put(text, said));
        }
    }
    rows
}

/// The sends that fill a cap, who lost, where a hash fell. Where the trace itself is shown it names the losers already.
fn rest(answer: &Answer, traced: bool, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some((cap, filled)) = &answer.full {
        rows.push(view.row());
        rows.push(view.row().put(Role::Title, "filled by").muted(format!("  {cap}")));
        for sent in filled {
            let whose = sent.journey.as_deref().map(|name| format!("  {name}")).unwrap_or_default();
            let at = sent.at.short(&TimeZone::UTC);
            rows.push(view.row().gap(2).muted(at).gap(2).text(&sent.what).muted(whose));
        }
    }
    if !answer.losers.is_empty() && !traced {
        rows.push(view.row());
        rows.push(view.row().put(Role::Title, "who else asked"));
        rows.extend(answer.losers.iter().map(|line| view.row().gap(2).text(line)));
    }
    for hash in &answer.hashes {
        let bucket = hash.bucket.map_or_else(|| "–".to_owned(), |bucket| figures::fixed(bucket, 4));
        let variant = hash.variant.as_deref().unwrap_or("not in the test");
        let kept = if hash.kept { ", kept from before" } else { "" };
        rows.push(view.row());
        rows.push(view.row().put(Role::Title, "hash").muted(format!("  {}", hash.experiment)));
        let said = format!("{} falls on {bucket}: {variant}{kept}", hash.attribute);
        rows.push(view.row().gap(2).text(said));
    }
    rows.push(view.row());
    rows.extend(wrap(&answer.note, width).into_iter().map(|line| view.row().muted(line)));
    rows
}

/// Everything a person may get, one after the other.
fn stood(answer: &Answer, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    for one in &answer.stood {
        rows.push(view.row());
        rows.extend(stood_rows(one, width, view));
    }
    rows
}

fn stood_rows(one: &Stood, width: usize, view: &View) -> Vec<Row> {
    let (role, mark) = match one.standing {
        Standing::Goes | Standing::Shown => (Role::Up, "✔ "),
        Standing::Held => (Role::Held, "‖ "),
        Standing::Nothing => (Role::Down, "✘ "),
    };
    let name = width.saturating_sub(2).clamp(8, 24);
    let room = width.saturating_sub(name + 3);
    let wide = room >= 30;
    let lead = view.row().put(role, mark).cell(Role::Loud, &one.name, name).gap(1);
    let mut said: Vec<(Role, String)> = Vec::new();
    let (gap, room) = if wide { (name + 3, room) } else { (2, width.saturating_sub(2)) };
    said.extend(wrap(&one.detail, room).into_iter().take(2).map(|line| (role, line)));
    if let Some(flip) = &one.flip {
        let text = format!("↺ {}", flip.changes.join(" and "));
        said.extend(wrap(&text, room).into_iter().take(2).map(|line| (Role::Text, line)));
    }
    let mut rows = Vec::new();
    let mut said = said.into_iter();
    if wide {
        let first = said.next().map_or_else(|| view.row(), |(role, line)| view.row().put(role, line));
        rows.push(lead.then(first));
    } else {
        rows.push(lead);
    }
    rows.extend(said.map(|(role, line)| view.row().gap(gap).put(role, line)));
    rows
}

fn verdict(gates: &[WhyLine], view: &View) -> Row {
    // Where things were ranked, the one that went first was taken; the others did not stop anything.
    let ranked = gates.iter().rev().find(|line| line.gate == "ranking" && line.passed);
    if let Some(line) = ranked {
        return view.row().muted("taken: ").put(Role::Loud, &line.detail);
    }
    match gates.iter().find(|line| !line.passed) {
        Some(line) => view.row().muted("stopped at ").put(Role::Loud, &line.gate),
        None => view.row().muted("passed every gate"),
    }
}
