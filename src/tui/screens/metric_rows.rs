//! The metrics of a test: control and treatment side by side, the difference with its interval, the relative change.

use super::View;
use super::live::{moved, verdict};
use crate::panel::experiments::{Comparison, Experiment, Metric, Role as MetricRole, Unit, denominator};
use crate::panel::figures;
use crate::stats::{Estimate, Reading, Why};
use crate::tui::theme::Role;
use crate::tui::widgets::bar::whisker;
use crate::tui::widgets::row::{Row, clip, flow, wrap};

/// Narrower than this there are no columns: a metric has its name in one line and its figures below.
pub(super) const NARROW: usize = 50;

/// The columns for a width.
struct Columns {
    name: usize,
    number: usize,
    variant: usize,
    whisker: usize,
    difference: usize,
    width: usize,
}

impl Columns {
    fn of(width: usize, variants: usize) -> Self {
        let variant = if variants > 1 { 15 } else { 0 };
        let (name, number) = if width < 66 { (17, 9) } else { (25, 10) };
        let wide = width >= 100;
        let difference = if width >= 90 { 28 } else { 0 };
        let taken = name + 2 * number + variant + difference + 27;
        Self {
            name,
            number,
            variant,
            whisker: if wide { width.saturating_sub(taken).min(24) } else { 0 },
            difference,
            width,
        }
    }

    /// Where what has no room in its row goes on below it: under the difference, or at the left where that is narrow.
    fn below(&self) -> usize {
        let means = self.name + 2 * self.number + self.variant + 2;
        if self.width >= means + 30 { means } else { 2.min(self.width) }
    }
}

/// A head, then one row for each comparison of each metric.
pub(super) fn rows(experiment: &Experiment, width: usize, view: &View) -> Vec<Row> {
    let variants = experiment.metrics.iter().map(|metric| metric.comparisons.len()).max().unwrap_or(0);
    if width < NARROW {
        return narrow(experiment, width, view);
    }
    let columns = Columns::of(width, variants);
    let mut rows = vec![head(experiment, &columns, variants, view)];
    let mut before: Option<&Why> = None;
    for metric in &experiment.metrics {
        for (index, comparison) in metric.comparisons.iter().enumerate() {
            let why = withheld(comparison);
            let likewise = why.is_some() && why == before;
            rows.extend(row(metric, comparison, (index == 0, likewise), &columns, view));
            before = why;
        }
        if metric.comparisons.is_empty() {
            rows.push(
                name_cells(metric, true, &columns, view).gap(2).put(Role::Held, "no arm to compare with"),
            );
        }
    }
    if experiment.metrics.is_empty() {
        rows.push(view.row().put(Role::Held, "no metric was declared"));
    }
    rows
}

/// Every metric in a few short lines: its name, from where to where, and how much that is.
fn narrow(experiment: &Experiment, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before: Option<&Why> = None;
    for metric in &experiment.metrics {
        let (role, mark) = mark(metric);
        rows.push(view.row().put(role, clip(&format!("{mark}{}", metric.name), width)));
        for comparison in &metric.comparisons {
            let why = withheld(comparison);
            let mut items = Vec::new();
            if metric.comparisons.len() > 1 {
                items.push(view.row().muted(clip(&comparison.variant, width.saturating_sub(2))));
            }
            if let (Some(control), Some(mean)) = (metric.control, comparison.mean) {
                items.push(view.row().text(format!(
                    "{} → {}",
                    number(metric, control),
                    number(metric, mean)
                )));
            }
            match (why, &comparison.relative, &comparison.absolute) {
                (Some(why), ..) if Some(why) == before => {
                    items.push(view.row().put(Role::Held, "withheld likewise"))
                }
                (Some(why), ..) => items.extend(
                    wrap(&format!("withheld: {}", why.sentence()), width.saturating_sub(2))
                        .into_iter()
                        .map(|line| view.row().put(Role::Held, line)),
                ),
                (None, Reading::Withheld(_), Reading::Estimate(estimate)) => {
                    let factor = factor(metric);
                    let text = figures::signed(estimate.value * factor, places(metric, estimate.value));
                    items.push(view.row().put(moved(estimate.low, estimate.high, metric.better).0, text));
                }
                _ => items.push(relative(view.row(), metric, comparison)),
            }
            match (comparison.guardrail, &comparison.belief) {
                (Some(guardrail), _) => {
                    let (role, word) = verdict(guardrail);
                    items.push(view.row().put(role, word));
                }
                (None, Some(belief)) => {
                    items.push(view.row().put(Role::Loud, clip(&belief.sentence(), width.saturating_sub(2))));
                }
                (None, None) => {}
            }
            rows.extend(flow(view.row().gap(2), items, " ", width));
            before = why;
        }
    }
    rows
}

fn mark(metric: &Metric) -> (Role, &'static str) {
    match metric.role {
        MetricRole::Primary => (Role::Loud, "★ "),
        MetricRole::Secondary => (Role::Text, "  "),
        MetricRole::Guardrail => (Role::Text, "⚑ "),
    }
}

fn head(experiment: &Experiment, columns: &Columns, variants: usize, view: &View) -> Row {
    let control = experiment.arms.first().map_or("control", |arm| arm.variant.as_str());
    let treatment = match experiment.arms.get(1) {
        Some(arm) if variants <= 1 => arm.variant.as_str(),
        _ => "mean",
    };
    let mut row = view.row().gap(columns.name).right(Role::Muted, control, columns.number);
    if columns.variant > 0 {
        row = row.gap(2).cell(Role::Muted, "against", columns.variant - 2);
    }
    row = row.right(Role::Muted, treatment, columns.number).gap(2);
    if columns.whisker > 0 {
        row = row.gap(columns.whisker + 1);
    }
    if columns.difference > 0 {
        row = row.cell(Role::Muted, "difference", columns.difference);
    }
    row.muted("relative")
}

fn name_cells(metric: &Metric, first: bool, columns: &Columns, view: &View) -> Row {
    let (role, mark) = mark(metric);
    if !first {
        return view.row().gap(columns.name + columns.number);
    }
    let control = metric.control.map_or("–".to_owned(), |mean| number(metric, mean));
    view.row().put(role, mark).cell(role, &metric.name, columns.name - 2).right(
        Role::Text,
        control,
        columns.number,
    )
}

/// Why a comparison has no number on either scale.
fn withheld(comparison: &Comparison) -> Option<&Why> {
    match (&comparison.absolute, &comparison.relative) {
        (Reading::Withheld(why), Reading::Withheld(_)) => Some(why),
        _ => None,
    }
}

/// A comparison; a guardrail's verdict and what is to be believed have rows of their own where they would be cut off. What is
/// withheld for the reason of the row before says so.
fn row(
    metric: &Metric,
    comparison: &Comparison,
    (first, likewise): (bool, bool),
    columns: &Columns,
    view: &View,
) -> Vec<Row> {
    let mut row = name_cells(metric, first, columns, view);
    if columns.variant > 0 {
        row = row.gap(2).cell(Role::Muted, &comparison.variant, columns.variant - 2);
    }
    let mean = comparison.mean.map_or("–".to_owned(), |mean| number(metric, mean));
    row = row.right(Role::Text, mean, columns.number).gap(2);
    let mut rows = match (&comparison.absolute, withheld(comparison)) {
        (_, Some(_)) if likewise => vec![row.put(Role::Held, "withheld likewise")],
        (Reading::Withheld(why), _) => {
            let rows = reason(row, &format!("withheld: {}", why.sentence()), columns, view);
            if comparison.relative.estimate().is_some() { told(rows, metric, comparison, view) } else { rows }
        }
        (Reading::Estimate(estimate), _) => {
            vec![relative(difference(row, metric, estimate, columns, view), metric, comparison)]
        }
    };
    if let Some(guardrail) = comparison.guardrail {
        let (role, word) = verdict(guardrail);
        match rows.pop() {
            Some(last) if last.width() + 2 + word.chars().count() <= columns.width => {
                rows.push(last.gap(2).put(role, word));
            }
            last => {
                rows.extend(last.into_iter().chain([view.row().gap(columns.below()).put(role, word)]));
            }
        }
    } else if let Some(belief) = &comparison.belief {
        let lead = columns.below();
        rows.push(view.row().gap(lead).put(Role::Loud, clip(&belief.sentence(), columns.width - lead)));
    }
    if let Some(found) = &comparison.denominator {
        let lead = columns.below();
        let role = if found.has_moved() { Role::Warning } else { Role::Muted };
        let lines = wrap(&denominator(found), columns.width - lead);
        rows.extend(lines.into_iter().map(|line| view.row().gap(lead).put(role, line)));
    }
    rows
}

/// A reason beside the means where there is room for it, else below them.
fn reason(row: Row, text: &str, columns: &Columns, view: &View) -> Vec<Row> {
    const ROOM: usize = 36;
    let (lead, mut rows) = match columns.width.saturating_sub(row.width()) {
        ROOM.. => (row.width(), Vec::new()),
        _ => (2.min(columns.width), vec![row.clone()]),
    };
    for (index, line) in wrap(text, columns.width - lead).into_iter().enumerate() {
        let lead = if index == 0 && rows.is_empty() { row.clone() } else { view.row().gap(lead) };
        rows.push(lead.put(Role::Held, line));
    }
    rows
}

/// A relative change below a difference that is withheld.
fn told(mut rows: Vec<Row>, metric: &Metric, comparison: &Comparison, view: &View) -> Vec<Row> {
    rows.push(relative(view.row().gap(2), metric, comparison));
    rows
}

fn difference(row: Row, metric: &Metric, estimate: &Estimate, columns: &Columns, view: &View) -> Row {
    let factor = factor(metric);
    let row = if columns.whisker > 0 {
        let role = moved(estimate.low, estimate.high, metric.better).0;
        let scale = scale_of(metric);
        let drawn = whisker(estimate.low, estimate.value, estimate.high, scale, columns.whisker);
        row.then(view.row().put(role, drawn)).gap(1)
    } else {
        row
    };
    if columns.difference == 0 {
        return row;
    }
    let places = places(metric, estimate.value);
    let scaled = Estimate {
        value: estimate.value * factor,
        low: estimate.low * factor,
        high: estimate.high * factor,
        ..estimate.clone()
    };
    let text =
        format!("{} {}", figures::signed(scaled.value, places), figures::signed_interval(&scaled, places));
    // A difference of shares is in points, not in per cent of anything.
    let points = if metric.unit == Unit::Share { " pt" } else { "" };
    row.cell(Role::Text, format!("{text}{points}"), columns.difference - 1).gap(1)
}

fn relative(row: Row, metric: &Metric, comparison: &Comparison) -> Row {
    match &comparison.relative {
        Reading::Estimate(estimate) => {
            let (role, mark) = moved(estimate.low, estimate.high, metric.better);
            row.put(role, mark)
                .put(Role::Loud, figures::change(estimate.value))
                .gap(1)
                .text(figures::change_interval(estimate))
        }
        Reading::Withheld(_) if comparison.absolute.estimate().is_none() => row,
        Reading::Withheld(why) => row.put(Role::Held, why.sentence()),
    }
}

/// One scale for all comparisons of a metric, zero included.
fn scale_of(metric: &Metric) -> (f64, f64) {
    let estimates = metric.comparisons.iter().filter_map(|comparison| comparison.absolute.estimate());
    let ends = estimates
        .flat_map(|estimate| [estimate.low, estimate.high, estimate.value])
        .filter(|end| end.is_finite());
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
    let margin = (high - low) * 0.1;
    (low - margin, high + margin)
}

fn factor(metric: &Metric) -> f64 {
    match metric.unit {
        Unit::Plain | Unit::Money => 1.0,
        Unit::Share => 100.0,
        Unit::PerThousand => 1_000.0,
    }
}

fn places(metric: &Metric, difference: f64) -> usize {
    match metric.unit {
        // Two figures say what a difference of three-figure means can say.
        Unit::Plain => figures::places_for(difference).clamp(1, 5) - 1,
        Unit::Share | Unit::Money => 2,
        Unit::PerThousand => 1,
    }
}

fn number(metric: &Metric, mean: f64) -> String {
    match metric.unit {
        // As many places as the control's three figures need, so that a row can be compared.
        Unit::Plain => figures::fixed(mean, figures::places_for(metric.control.unwrap_or(mean))),
        Unit::Share => format!("{} %", figures::fixed(mean * 100.0, 2)),
        Unit::Money => {
            format!("{}{}", metric.currency.as_deref().unwrap_or_default(), figures::fixed(mean, 2))
        }
        Unit::PerThousand => figures::fixed(mean * 1_000.0, 1),
    }
}
