//! Checks of an experiment's data, each with its numbers and what they mean.

use super::finding::list;
use super::{Health, HealthState};
use crate::experiment::analysis::{Evidence, MetricEvidence};
use crate::experiment::beside::Denominator;
use crate::experiment::closer::Closer;
use crate::experiment::{Analysis, Collected, health};
use crate::panel::figures;
use crate::stats::Why;

/// Conversions, or failures, below which the normal approximation is rough.
const ROUGH: u64 = 5;

/// Every check of what was measured; `rejected` rows never became units.
#[must_use]
pub fn checks(evidence: &Evidence, rejected: u64) -> Vec<Health> {
    let mut checks = vec![sample_ratio(evidence), several_arms(evidence)];
    checks.extend(unknown_values(evidence));
    checks.extend(outliers(evidence));
    checks.extend(rough(evidence));
    if rejected > 0 {
        let rows = figures::plural(rejected, "row was", "rows were");
        checks.push(doubtful("rejected", format!("{rows} rejected at import and left out of every number.")));
    }
    checks
}

/// Whether the arms were alike before the start, where a closer look says they were not.
#[must_use]
pub fn start(closer: &Closer) -> Option<Health> {
    let failed: Vec<String> = closer
        .balance
        .iter()
        .filter(|start| start.failed)
        .map(|start| format!("{} ({})", start.covariate, start.variant))
        .collect();
    (!failed.is_empty()).then(|| {
        let detail = format!(
            "The arms differed before the start beyond chance in {}: do not believe the assignment.",
            list(&failed)
        );
        doubtful("before start", detail)
    })
}

/// Ratios whose denominators differ between the arms, where there are any.
#[must_use]
pub fn denominators(analysis: &Analysis) -> Option<Health> {
    let moved: Vec<String> = analysis
        .metrics
        .iter()
        .flat_map(|metric| metric.comparisons.iter().map(move |comparison| (metric, comparison)))
        .filter_map(|(metric, comparison)| {
            let found = comparison.denominator.filter(Denominator::has_moved)?;
            Some(format!("{} of {} ({})", metric.metric, comparison.variant, p_equals(found.p_value)))
        })
        .collect();
    (!moved.is_empty()).then(|| {
        let detail = format!(
            "The denominator itself differs between the arms, so the ratio may have changed without its numerator: {}.",
            list(&moved)
        );
        doubtful("denominator", detail)
    })
}

/// People who were seen only in variants the design does not have, where there are any.
#[must_use]
pub fn strangers(people: u64) -> Option<Health> {
    (people > 0).then(|| {
        let who = figures::plural(people, "person was", "people were");
        let detail =
            format!("{who} seen only in variants the design does not have, and left out of every number.");
        doubtful("other variants", detail)
    })
}

/// What to mind of a reading before its end, where its engine does not allow for it.
pub(super) fn looked_at(analysis: &Analysis) -> Option<Health> {
    let caution = analysis.cautions.first()?;
    let mut letters = caution.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    Some(doubtful("looks", format!("{first}{}.", letters.as_str())))
}

fn doubtful(name: &str, detail: String) -> Health {
    Health { name: name.to_owned(), state: HealthState::Doubtful, detail }
}

fn sample_ratio(evidence: &Evidence) -> Health {
    let health = health::check(&evidence.arms);
    let uneven_exclusions = matches!(health.broken, Some(Why::Other { .. }));
    let state = match (&health.broken, health.srm_p()) {
        (Some(_), _) if !uneven_exclusions => HealthState::Broken,
        (_, Some(p)) if p < 0.05 => HealthState::Doubtful,
        (_, Some(_)) => HealthState::Fine,
        (_, None) => HealthState::Doubtful,
    };
    let p = health.srm_p().map(|p| format!(" ({})", p_equals(p))).unwrap_or_default();
    let sentence = if uneven_exclusions {
        "The arms are the sizes they should be.".to_owned()
    } else {
        health.sentence()
    };
    Health { name: "sample ratio".to_owned(), state, detail: format!("{sentence}{p}") }
}

/// `p = 0.0086`, `p < 0.0001`.
fn p_equals(p: f64) -> String {
    let value = figures::p_value(p);
    if value.starts_with('<') { format!("p {value}") } else { format!("p = {value}") }
}

fn several_arms(evidence: &Evidence) -> Health {
    let (state, detail) = match (health::check(&evidence.arms).broken, evidence.excluded) {
        (Some(why @ Why::Other { .. }), _) => {
            (HealthState::Broken, format!("No comparison is shown: {}.", why.sentence()))
        }
        (_, 0) => (HealthState::Fine, "Nobody was seen in two arms.".to_owned()),
        (_, n) => {
            let who = figures::plural(n, "unit was", "units were");
            (HealthState::Doubtful, format!("{who} seen in two arms and left out of every metric."))
        }
    };
    Health { name: "two arms".to_owned(), state, detail }
}

/// Units that are neither excluded nor pending and still have no value.
fn unknown_values(evidence: &Evidence) -> Option<Health> {
    let units: u64 = evidence.arms.iter().map(|arm| arm.exposed - arm.excluded.min(arm.exposed)).sum();
    let unknown = |metric: &MetricEvidence| {
        let seen: u64 = metric.arms.iter().map(|arm| arm.n() + arm.pending()).sum();
        units.saturating_sub(seen)
    };
    let said: Vec<String> = evidence
        .metrics
        .iter()
        .map(|metric| (metric, unknown(metric)))
        .filter(|(_, n)| *n > 0)
        .map(|(metric, n)| format!("{} of {}", metric.metric, figures::plural(n, "unit", "units")))
        .collect();
    (!said.is_empty()).then(|| {
        doubtful(
            "values",
            format!("{} is not known: they are left out of it, not counted as zero.", list(&said)),
        )
    })
}

fn outliers(evidence: &Evidence) -> Option<Health> {
    let names = named(evidence, Collected::hangs_on_one_unit);
    (!names.is_empty()).then(|| {
        let detail = format!(
            "One unit alone makes more than half of the variance of {} in an arm: mind its interval.",
            list(&names)
        );
        doubtful("outliers", detail)
    })
}

fn rough(evidence: &Evidence) -> Option<Health> {
    let few = |arm: &Collected| arm.n() > 0 && arm.rarer().is_some_and(|units| units < ROUGH);
    let names = named(evidence, few);
    (!names.is_empty()).then(|| {
        let detail = format!(
            "An arm has fewer than {ROUGH} on one side of {}: one look reads it exactly, another interval of it is rough.",
            list(&names)
        );
        doubtful("small counts", detail)
    })
}

fn named(evidence: &Evidence, applies: impl Fn(&Collected) -> bool) -> Vec<String> {
    let metrics = evidence.metrics.iter().filter(|metric| metric.arms.iter().any(&applies));
    metrics.map(|metric| metric.metric.clone()).collect()
}
