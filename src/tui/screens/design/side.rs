//! What can be expected of a design, and what a change does to an experiment that runs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{DesignForm, is_safe};
use crate::panel::designs::{Expectation, PowerCurve, Running, Verdict};
use crate::panel::figures;
use crate::tui::layout::{take_left, take_top};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::curves::{Curve, Curves, Scale};
use crate::tui::widgets::frame::line_at;
use crate::tui::widgets::row::{Row, wrap};

/// Rows a curve is worth drawing in.
const LEAST: u16 = 7;
/// Rows a curve has at most.
const MOST: u16 = 14;

/// Draws the panel: what is wrong, what a change does, what to expect, the curve.
pub(super) fn draw(form: &DesignForm, verdict: &Verdict, area: Rect, buffer: &mut Buffer, view: &View) {
    let curve = verdict.expectation.as_ref().and_then(|expectation| expectation.curve.as_ref());
    let beside = area.width >= 70 && area.height < 20;
    let (words, plot) = match curve {
        Some(_) if beside => {
            let (left, right) = take_left(area, area.width * 55 / 100);
            (Rect { width: left.width.saturating_sub(2), ..left }, right)
        }
        Some(_) => {
            let needed = rows(form, verdict, usize::from(area.width), view).len() as u16;
            let height = area.height.saturating_sub(needed + 1).clamp(LEAST, MOST);
            take_top(area, area.height.saturating_sub(height))
        }
        None => (area, Rect::ZERO),
    };
    let rows = rows(form, verdict, usize::from(words.width), view);
    let height = usize::from(words.height);
    let from = form.side_scroll.min(rows.len().saturating_sub(height));
    let more = rows.len().saturating_sub(from + height);
    for (index, row) in rows.into_iter().skip(from).take(height).enumerate() {
        line_at(row, words, index as u16, buffer);
    }
    if more > 0 {
        let row = view.row().put(Role::Held, format!("↓ {more} more, ^W then ↓"));
        line_at(row.to(usize::from(words.width)), words, words.height.saturating_sub(1), buffer);
    }
    if let Some(curve) = curve {
        power(curve, plot, buffer, view);
    }
}

fn rows(form: &DesignForm, verdict: &Verdict, width: usize, view: &View) -> Vec<Row> {
    let mut rows: Vec<Row> =
        form.wrong(width).into_iter().map(|line| view.row().put(Role::Error, line)).collect();
    rows.extend(verdict.running.iter().flat_map(|running| changes(running, width, view)));
    match &verdict.expectation {
        Some(expectation) => rows.extend(expected(expectation, width, view)),
        None if verdict.problems.is_empty() => {}
        None => {
            let text = "What it can see is told as soon as nothing is wrong with it.";
            rows.extend(said(Role::Muted, text, width, view));
        }
    }
    if !verdict.basis.is_empty() {
        rows.extend(said(Role::Muted, &verdict.basis, width, view));
    }
    if let Some(expectation) = &verdict.expectation {
        rows.extend(said(Role::Muted, &format!("decides: {}", expectation.decides), width, view));
        rows.extend(
            expectation.mind.iter().flat_map(|mind| said(Role::Warning, &format!("! {mind}"), width, view)),
        );
    }
    rows
}

fn said(role: Role, text: &str, width: usize, view: &View) -> Vec<Row> {
    wrap(text, width).into_iter().map(|line| view.row().put(role, line)).collect()
}

/// What differs from the version people were assigned by.
fn changes(running: &Running, width: usize, view: &View) -> Vec<Row> {
    let head = if running.begins { Role::Warning } else { Role::Up };
    let mut rows = said(head, &running.sentence(), width, view);
    for change in &running.changes {
        let (role, mark) =
            if is_safe(change) { (Role::Up, "✔ safe    ") } else { (Role::Down, "! unsafe  ") };
        for (index, line) in wrap(&format!("{}: {}", change.what, change.why), width.saturating_sub(10))
            .into_iter()
            .enumerate()
        {
            let lead = if index == 0 { view.row().put(role, mark) } else { view.row().gap(10) };
            rows.push(lead.text(line));
        }
    }
    rows.push(view.row());
    rows
}

fn expected(expectation: &Expectation, width: usize, view: &View) -> Vec<Row> {
    let mut rows = said(Role::Loud, &expectation.sentence, width, view);
    rows.extend(said(Role::Text, &expectation.takes_part, width, view));
    let name = expectation.metrics.iter().map(|metric| metric.name.chars().count()).max().unwrap_or(0);
    let name = name.min(width.saturating_sub(24)).max(8);
    for metric in &expectation.metrics {
        let row = view.row().cell(Role::Text, &metric.name, name).right(Role::Muted, &metric.now, 8).gap(1);
        let Some(why) = &metric.withheld else {
            rows.push(match metric.sees {
                Some(sees) => row.muted("sees ").put(Role::Loud, figures::percent(sees)),
                None => row,
            });
            continue;
        };
        let lines = wrap(&format!("withheld: {why}"), width.saturating_sub(name + 1));
        for (index, line) in lines.into_iter().enumerate() {
            let lead = if index == 0 {
                view.row().cell(Role::Text, &metric.name, name)
            } else {
                view.row().gap(name)
            };
            rows.push(lead.gap(1).put(Role::Held, line));
        }
    }
    if expectation.curve.is_none() && expectation.metrics.first().is_some_and(|metric| metric.sees.is_some())
    {
        rows.extend(said(Role::Muted, "A change worth acting on draws the curve of its power.", width, view));
    }
    rows
}

/// The chance of seeing the change, by people; where it is planned, and where it is enough.
fn power(curve: &PowerCurve, area: Rect, buffer: &mut Buffer, view: &View) {
    let (head, plot) = take_top(area, 1);
    let chance = curve
        .at_planned()
        .map_or_else(String::new, |power| format!("  {} as planned", figures::percent(power)));
    let title = format!("chance of {}", figures::change(curve.effect));
    line_at(view.row().put(Role::Title, title).text(chance), head, 0, buffer);
    let far = curve.points.last().map_or(1.0, |point| point.0);
    let level = [(0.0, curve.wanted), (far, curve.wanted)];
    let planned = [(curve.planned, 0.0), (curve.planned, 1.0)];
    let people = |share: f64| figures::count((far * share).round() as u64);
    let name = format!("{} wanted", figures::percent(curve.wanted));
    let curves = Curves {
        curves: vec![
            Curve { name: &name, points: &level, role: Role::Border, dotted: false },
            Curve { name: "planned", points: &planned, role: Role::Held, dotted: false },
            Curve { name: "", points: &curve.points, role: Role::Loud, dotted: false },
        ],
        x: Scale { low: 0.0, high: far, labels: vec!["0".to_owned(), people(0.5), people(1.0)] },
        y: Scale { low: 0.0, high: 1.0, labels: vec!["0".to_owned(), "50 %".to_owned(), "100 %".to_owned()] },
    };
    curves.draw(plot, buffer, view.theme);
}
