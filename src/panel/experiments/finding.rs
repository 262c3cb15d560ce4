//! What an analysis found, in a sentence.

use crate::experiment::Analysis;
use crate::experiment::analysis::ArmComparison;

/// What every treatment did: `Mens E-Mail raises visit and spend; Womens E-Mail raises visit, nothing can be told of spend.` An
/// effect is called one where its p-value, adjusted within its family, is at most alpha, or its credible interval holds no zero. What is wrong with broken data the checks say;
/// here stands what to do about it.
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
    for metric in &analysis.metrics {
        let comparison = metric.comparisons.get(treatment)?;
        match direction(comparison, analysis.alpha) {
            Some(true) => raised.push(metric.metric.clone()),
            Some(false) => lowered.push(metric.metric.clone()),
            None => open.push(metric.metric.clone()),
        }
    }
    let said = [("raises", &raised), ("lowers", &lowered), ("nothing can be told of", &open)];
    let parts: Vec<String> = said
        .into_iter()
        .filter(|(_, metrics)| !metrics.is_empty())
        .map(|(verb, metrics)| format!("{verb} {}", list(metrics)))
        .collect();
    let variant = &analysis.metrics.first()?.comparisons.get(treatment)?.variant;
    match raised.is_empty() && lowered.is_empty() {
        true => Some(format!("{variant}: {}", parts.join(", "))),
        false => Some(format!("{variant} {}", parts.join(", "))),
    }
}

/// Up, down, or not shown. Guardrails are uncorrected, so their own p-value counts; a posterior has its interval.
fn direction(comparison: &ArmComparison, alpha: f64) -> Option<bool> {
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
