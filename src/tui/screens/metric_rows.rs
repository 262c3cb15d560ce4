//! The metrics of a test: control and treatment side by side, the difference with its interval, the relative change.

use super::View;
use super::live::{direction, verdict};
use crate::panel::experiments::{Comparison, Experiment, Metric, Role as MetricRole, Unit};
use crate::panel::figures;
use crate::stats::{Estimate, Reading};
use crate::tui::theme::Role;
use crate::tui::widgets::bar::whisker;
use crate::tui::widgets::row::{Row, clip};

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
        let difference = if width >= 90 { 26 } else { 0 };
        let taken = name + 2 * number + variant + difference + 24;
        Self {
            name,
            number,
            variant,
            whisker: if wide { width.saturating_sub(taken).min(24) } else { 0 },
            difference,
            width,
        }
    }
}

/// A head, then one row for each comparison of each metric.
pub(super) fn rows(experiment: &Experiment, width: usize, view: &View) -> Vec<Row> {
    let variants = experiment.metrics.iter().map(|metric| metric.comparisons.len()).max().unwrap_or(0);
    let columns = Columns::of(width, variants);
    let mut rows = vec![head(experiment, &columns, variants, view)];
    for metric in &experiment.metrics {
        for (index, comparison) in metric.comparisons.iter().enumerate() {
            rows.extend(row(metric, comparison, index == 0, &columns, view));
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
    let (role, mark) = match metric.role {
        MetricRole::Primary => (Role::Loud, "★ "),
        MetricRole::Secondary => (Role::Text, "  "),
        MetricRole::Guardrail => (Role::Text, "⚑ "),
    };
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

/// A comparison; a guardrail's verdict has a row of its own where it would be cut off.
fn row(metric: &Metric, comparison: &Comparison, first: bool, columns: &Columns, view: &View) -> Vec<Row> {
    let mut row = name_cells(metric, first, columns, view);
    if columns.variant > 0 {
        row = row.gap(2).cell(Role::Muted, &comparison.variant, columns.variant - 2);
    }
    let mean = comparison.mean.map_or("–".to_owned(), |mean| number(metric, mean));
    row = row.right(Role::Text, mean, columns.number).gap(2);
    let row = match &comparison.absolute {
        Reading::Withheld(why) => {
            let room = if columns.difference > 0 {
                columns.whisker + usize::from(columns.whisker > 0) + columns.difference - 1
            } else {
                24
            };
            let text = format!("withheld: {}", why.sentence());
            if comparison.guardrail.is_none() && comparison.relative.estimate().is_none() {
                // Nothing comes after it in the row, so the whole reason has room.
                let left = columns.width.saturating_sub(row.width());
                return vec![row.put(Role::Held, clip(&text, left))];
            }
            let room = room.max(40);
            // The word goes first where there is no room for both: the colour and the reason say it.
            let text = if text.chars().count() > room { why.sentence() } else { text };
            row.cell(Role::Held, text, room).gap(1)
        }
        Reading::Estimate(estimate) => difference(row, metric, estimate, columns, view),
    };
    let row = relative(row, comparison);
    match comparison.guardrail {
        Some(guardrail) if columns.whisker > 0 || comparison.absolute.estimate().is_some() => {
            let (role, word) = verdict(guardrail);
            if row.width() + 2 + word.chars().count() <= columns.width {
                return vec![row.gap(2).put(role, word)];
            }
            vec![row, view.row().gap(2).put(role, word)]
        }
        _ => vec![row],
    }
}

fn difference(row: Row, metric: &Metric, estimate: &Estimate, columns: &Columns, view: &View) -> Row {
    let factor = factor(metric);
    let row = if columns.whisker > 0 {
        let role = direction(estimate.low, estimate.high).0;
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

fn relative(row: Row, comparison: &Comparison) -> Row {
    match &comparison.relative {
        Reading::Estimate(estimate) => {
            let (role, mark) = direction(estimate.low, estimate.high);
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
