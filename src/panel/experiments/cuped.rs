//! What adjusting for a covariate changes, and the figures without it beside those with it.

use super::finding::list;
use crate::experiment::analysis::{MetricAnalysis, readings};
use crate::experiment::{Evidence, Settings, analyse};
use crate::panel::figures;
use crate::stats::Difference;

/// Remarks on adjustment: what it would gain where it was not asked for, the unadjusted figures where it was.
pub(super) fn notes(evidence: &Evidence, settings: &Settings) -> Vec<String> {
    let asked = Settings { plan: settings.plan.on(Difference::Absolute), cuped: true, ..*settings };
    let analysis = analyse(evidence, &asked);
    let adjusted: Vec<&MetricAnalysis> =
        analysis.metrics.iter().filter(|metric| metric.covariate.is_some()).collect();
    let Some(covariate) = adjusted.first().and_then(|metric| metric.covariate.as_ref()) else {
        return Vec::new();
    };
    let gains: Vec<String> = adjusted.iter().filter_map(|metric| gain(metric)).collect();
    if gains.is_empty() {
        return Vec::new();
    }
    if !settings.cuped {
        return vec![format!("With CUPED on {covariate}: {}.", list(&gains))];
    }
    let mut notes = vec![format!("Adjusted for {covariate} by CUPED: {}.", list(&gains))];
    notes.extend(without(evidence, settings));
    notes
}

/// `visit as if 3.1 % more people had been asked`: how many more the same precision would have needed, at least.
fn gain(metric: &MetricAnalysis) -> Option<String> {
    let gains = metric.comparisons.iter().filter_map(|comparison| {
        let ratio = comparison.unadjusted?.standard_error? / comparison.numbers.standard_error?;
        Some(ratio * ratio - 1.0)
    });
    let least = gains.fold(f64::INFINITY, f64::min);
    let name = &metric.metric;
    match least {
        gain if !gain.is_finite() => None,
        gain if gain < 0.0005 => Some(format!("{name} is no more precise")),
        gain => Some(format!("{name} as if {} more people had been asked", figures::percent(gain))),
    }
}

/// The relative change of every comparison without adjustment.
fn without(evidence: &Evidence, settings: &Settings) -> Vec<String> {
    let plain = Settings { cuped: false, ..*settings };
    let treatments = evidence.arms.iter().enumerate().skip(1);
    let notes = treatments.flat_map(|(arm, traffic)| {
        evidence.metrics.iter().map(move |metric| {
            let reading = readings(evidence, metric, arm, &plain).relative;
            format!(
                "Unadjusted, {} of {}: {}.",
                metric.metric,
                traffic.variant,
                figures::change_reading(&reading)
            )
        })
    });
    notes.collect()
}
