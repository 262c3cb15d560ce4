//! Which field a problem of a design belongs to.

use super::{Field, NOTHING, OfMetric, OfVariant, Sheet};
use crate::model::Problem;

/// The field a problem is told at; none where it belongs to the text as a whole.
#[must_use]
pub fn place(problem: &Problem, sheet: &Sheet) -> Option<Field> {
    let variant = |part, found: Option<usize>| Some(Field::Variant(found.unwrap_or(0), part));
    Some(match problem.code {
        "experiment-name" => Field::Name,
        "experiment-variants" => {
            Field::Variant(sheet.variants().min(1).max(named_variants(sheet)), OfVariant::Name)
        }
        "experiment-variant-name" => return variant(OfVariant::Name, twice(sheet)),
        "experiment-weights" => return variant(OfVariant::Weight, unweighted(sheet)),
        "experiment-hold-back" => return variant(OfVariant::Gets, held_back(sheet)),
        "experiment-targeting" | "unknown-segment" | "segment-unknown" => Field::Segment,
        "experiment-send" => Field::Channel,
        "experiment-coverage" => Field::Coverage,
        "experiment-hash-attribute" => Field::HashAttribute,
        "experiment-layer" => Field::LayerFrom,
        "experiment-holdout" => Field::HoldoutShare,
        "experiment-primary" => Field::Metric(0, OfMetric::Name),
        "experiment-metric-twice" | "experiment-metric-unknown" => {
            Field::Metric(metric(problem, sheet), OfMetric::Name)
        }
        code if code.starts_with("metric-window") || code == "metric-given-window" => {
            Field::Metric(metric(problem, sheet), OfMetric::Window)
        }
        "experiment-margin" => Field::Metric(margin(sheet), OfMetric::Margin),
        "experiment-alpha" => Field::Alpha,
        "experiment-prior" => Field::PriorSd,
        "experiment-risk" => Field::Risk,
        "experiment-sided" => Field::Sided,
        "experiment-tuning" if sheet.get(Field::Tuning).is_empty() => Field::People,
        "experiment-tuning" => Field::Tuning,
        "experiment-effect" => Field::Effect,
        "experiment-power" => Field::Power,
        "experiment-days" if sheet.get(Field::Weeks).len() > 3 => Field::Weeks,
        "experiment-days" => Field::Days,
        "experiment-syntax" => return of_text(&problem.message),
        _ => return None,
    })
}

/// What cannot be read names the key or the words it wants.
fn of_text(message: &str) -> Option<Field> {
    let wanted = [
        ("`sequential`", Field::Engine),
        ("`two`", Field::Sided),
        ("`email`", Field::Channel),
        ("time", Field::Start),
        ("date", Field::Start),
        ("missing field `share`", Field::HoldoutShare),
        ("missing field `from`", Field::LayerFrom),
        ("missing field `to`", Field::LayerTo),
        ("missing field `variants`", Field::Variant(0, OfVariant::Name)),
        ("missing field `channel`", Field::Channel),
        ("missing field `name`", Field::Name),
    ];
    wanted.into_iter().find(|(words, _)| message.contains(words)).map(|(_, field)| field)
}

fn named_variants(sheet: &Sheet) -> usize {
    (0..sheet.variants()).filter(|at| !sheet.get(Field::Variant(*at, OfVariant::Name)).is_empty()).count()
}

fn twice(sheet: &Sheet) -> Option<usize> {
    let name = |at: &usize| sheet.get(Field::Variant(*at, OfVariant::Name)).to_owned();
    (0..sheet.variants()).find(|at| (0..*at).any(|other| name(&other) == name(at)))
}

fn unweighted(sheet: &Sheet) -> Option<usize> {
    (0..sheet.variants()).find(|at| sheet.get(Field::Variant(*at, OfVariant::Weight)).is_empty())
}

fn held_back(sheet: &Sheet) -> Option<usize> {
    let held = |at: &usize| sheet.get(Field::Variant(*at, OfVariant::Gets)) == NOTHING;
    (0..sheet.variants()).rev().find(held)
}

/// The last metric whose name the problem says; the first where none is said.
fn metric(problem: &Problem, sheet: &Sheet) -> usize {
    let named = |(_, name): &(usize, &str)| problem.message.contains(&format!("metric {name} "));
    sheet.metric_names().filter(named).last().map_or(0, |(at, _)| at)
}

fn margin(sheet: &Sheet) -> usize {
    let wrong = |(at, _): &(usize, &str)| {
        let text = sheet.get(Field::Metric(*at, OfMetric::Margin));
        text.parse::<f64>().is_ok_and(|margin| margin <= 0.0)
    };
    sheet.metric_names().find(wrong).map_or(0, |(at, _)| at)
}
