//! What an analysis found, in a sentence.

use crate::experiment::analysis::{ArmComparison, MetricAnalysis};
use crate::experiment::{Analysis, MetricKind};
use crate::panel::figures;

/// What every treatment did: `Mens E-Mail raises visit by 7.66 points (+72.1 %), no effect on spend is shown; Womens E-Mail: nothing can
/// be told of visit.` An effect is called one where its p-value, adjusted within its family, is at most alpha, or its credible interval
/// holds no zero; where there is an interval and it is not, none is shown; where there is none, nothing can be told. What is wrong with
/// broken data the checks say; here stands what to do about it.
#[must_use]
pub fn finding(analysis: &Analysis) -> String {
    if let Some(remedy) = analysis.health.remedy() {
        return remedy.to_owned();
    }
    let treatments = analysis.metrics.first().map(|metric| metric.comparisons.len()).unwrap_or_default();
    let clauses: Vec<String> = (0..treatments).filter_map(|index| clause(analysis, index)).collect();
    if clauses.is_empty() {
        return "There is no arm to compare with.".to_owned();
    }
    format!("{}.", clauses.join("; "))
}

fn clause(analysis: &Analysis, treatment: usize) -> Option<String> {
    let (mut raised, mut lowered, mut open) = (Vec::new(), Vec::new(), Vec::new());
    let mut untold: Vec<(String, &str)> = Vec::new();
    for metric in &analysis.metrics {
        let comparison = metric.comparisons.get(treatment)?;
        let name = metric.metric.clone();
        match (direction(comparison, analysis.alpha), &comparison.withheld) {
            (Some(up), _) => {
                let by = by(metric, comparison);
                if up { &mut raised } else { &mut lowered }.push(format!("{name}{by}"));
            }
            (None, Some(withheld)) => untold.push((name, &withheld.reason)),
            (None, None) => open.push(name),
        }
    }
    let verbs = [("raises", &raised), ("lowers", &lowered)];
    let mut parts: Vec<String> = verbs
        .into_iter()
        .filter(|(_, metrics)| !metrics.is_empty())
        .map(|(verb, metrics)| format!("{verb} {}", list(metrics)))
        .collect();
    if !open.is_empty() {
        parts.push(format!("no effect on {} is shown", list(&open)));
    }
    parts.extend(nothing_of(&untold));
    let variant = &analysis.metrics.first()?.comparisons.get(treatment)?.variant;
    match raised.is_empty() && lowered.is_empty() {
        true => Some(format!("{variant}: {}", parts.join(", "))),
        false => Some(format!("{variant} {}", parts.join(", "))),
    }
}

/// `nothing can be told of orders and revenue (a fixed plan shows its verdict at its end)`: the reason where all have the same.
fn nothing_of(untold: &[(String, &str)]) -> Option<String> {
    let (_, first) = untold.first()?;
    let names: Vec<String> = untold.iter().map(|(name, _)| name.clone()).collect();
    let why = match untold.iter().all(|(_, reason)| reason == first) {
        true => format!(" ({first})"),
        false => String::new(),
    };
    Some(format!("nothing can be told of {}{why}", list(&names)))
}

/// ` by 7.66 points (+72.1 %)`: how much, without the sign the verb has said; the relative change where it is shown.
fn by(metric: &MetricAnalysis, comparison: &ArmComparison) -> String {
    let readings = &comparison.readings;
    let absolute = match (&readings.absolute.estimate(), metric.kind) {
        (None, _) => return String::new(),
        (Some(found), MetricKind::Proportion) => {
            let points = found.value.abs() * 100.0;
            format!("{} points", figures::fixed(points, figures::places_for(points)))
        }
        (Some(found), MetricKind::Mean | MetricKind::Ratio) => figures::mean(found.value.abs()),
    };
    match readings.relative.estimate() {
        Some(relative) => format!(" by {absolute} ({})", figures::change(relative.value)),
        None => format!(" by {absolute}"),
    }
}

/// Up, down, or not shown. Guardrails are uncorrected, so their own p-value counts; a posterior has its interval.
pub(in crate::panel) fn direction(comparison: &ArmComparison, alpha: f64) -> Option<bool> {
    let numbers = &comparison.numbers;
    if numbers.chance_to_win.is_some() {
        let (low, high) = (numbers.ci_low?, numbers.ci_high?);
        return (low > 0.0 || high < 0.0).then_some(low > 0.0);
    }
    let p = comparison.p_adjusted.or(numbers.p_value)?;
    let effect = numbers.uplift_absolute?;
    (p <= alpha && effect != 0.0).then_some(effect > 0.0)
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
