//! The smallest change that turns a decision round: single changes first, then two together. Each is made and the decision
//! taken again by the engine; nothing is concluded from the trace.

use super::Subject;
use super::case::{Case, Outcome};
use super::change::Change;
use crate::contact::cap::Tally;
use crate::contact::pressure;
use crate::decide::Candidate;
use crate::model::Span;
use crate::model::consent::ConsentState;

/// Changes that turn a decision round.
pub(super) struct Found {
    pub(super) changes: Vec<Change>,
    pub(super) then: Outcome,
    pub(super) effort: f64,
}

/// How far ahead a moment is looked for at which what may go now may not go any more.
const HOURS: i64 = 24;

/// Every single change that flips the outcome, the smallest first; where there is none, every pair.
pub(super) fn flips(case: &Case<'_>, outcome: Outcome) -> Vec<Found> {
    let mut changes = candidates(case, outcome);
    changes.dedup();
    let mut found: Vec<Found> =
        changes.iter().filter_map(|change| tried(case, outcome, std::slice::from_ref(change))).collect();
    if found.is_empty() {
        for (index, first) in changes.iter().enumerate() {
            for second in changes.iter().skip(index + 1) {
                found.extend(tried(case, outcome, &[first.clone(), second.clone()]));
            }
        }
    }
    found.sort_by(|a, b| a.effort.total_cmp(&b.effort));
    found
}

fn tried(case: &Case<'_>, outcome: Outcome, changes: &[Change]) -> Option<Found> {
    let mut changed = case.clone();
    changes.iter().for_each(|change| change.apply(&mut changed));
    let then = changed.decide(&mut ());
    then.differs(outcome).then(|| Found {
        changes: changes.to_vec(),
        then,
        effort: changes.iter().map(|change| change.effort(case)).sum(),
    })
}

/// What may be worth trying.
fn candidates(case: &Case<'_>, outcome: Outcome) -> Vec<Change> {
    let mut changes = Vec::new();
    let goes = matches!(outcome, Outcome::Goes);
    if let Outcome::Held { until: Some(until), .. } = outcome {
        changes.push(Change::Wait(until));
    }
    if goes {
        changes.extend(first_closed(case));
    }
    if matches!(case.subject, Subject::Message(_)) {
        limits(case, goes, &mut changes);
    }
    person(case, goes, &mut changes);
    contents(case, outcome, &mut changes);
    weights(case, &mut changes);
    changes
}

/// The first full hour ahead at which the message may not go any more, nothing else happening.
fn first_closed(case: &Case<'_>) -> Option<Change> {
    (1..=HOURS).map(|hours| Change::Wait(case.point.at + Span::hours(hours))).find(|change| {
        let mut later = case.clone();
        change.apply(&mut later);
        !matches!(later.decide(&mut ()), Outcome::Goes)
    })
}

/// Caps, cool-downs and the budget: the next limit that has room, or for what goes the nearest that has none.
fn limits(case: &Case<'_>, goes: bool, changes: &mut Vec<Change>) {
    let rules = &case.library.policy;
    let (zone, at) = (&case.profile.zone.0, case.point.at);
    let tally = Tally::of(rules, &case.profile.sends, case.library.as_ref(), zone, at);
    for (cap, known) in rules.caps.iter().enumerate() {
        let count = tally.count(cap);
        match goes {
            false if count >= known.limit => changes.push(Change::Limit { cap, to: count + 1 }),
            true if count < known.limit => changes.push(Change::Limit { cap, to: count }),
            _ => {}
        }
    }
    if !goes {
        changes.extend((0..rules.cooldowns.len()).map(Change::NoCoolDown));
        changes.extend(rules.holdout.is_some().then_some(Change::NoHoldout));
    }
    let now = pressure::at(&rules.pressure, &case.profile.sends, at);
    match rules.pressure.budget {
        Some(budget) if goes && !rules.pressure.enforce => {
            let to = if now >= budget { budget } else { (now * 100.0).floor() / 100.0 };
            changes.push(Change::Budget { to, enforced: true });
        }
        Some(_) if !goes && rules.pressure.enforce => {
            changes.push(Change::Budget { to: (now * 100.0).floor() / 100.0 + 0.01, enforced: true });
        }
        _ => {}
    }
}

/// What is known of the person: consent, do-not-contact, addresses.
fn person(case: &Case<'_>, goes: bool, changes: &mut Vec<Change>) {
    let state = if goes { ConsentState::Revoked } else { ConsentState::Granted };
    for content in case.contents() {
        let Some(what) = case.library.contents.get(content as usize) else { continue };
        let (channel, purpose) = (what.channel, what.purpose);
        let namespace = channel.address();
        let known = |namespace| case.profile.identities.iter().any(|known| known.namespace == namespace);
        if namespace.is_some_and(|namespace| !known(namespace)) && !what.is_on_site() && !goes {
            changes.push(Change::Address(channel));
        }
        // After the address: what is said of a channel is said of the addresses there are.
        let change = Change::Consent { channel, purpose, state };
        if crate::contact::consent::needed(purpose) && !changes.contains(&change) {
            changes.push(change);
        }
    }
    if !goes {
        changes.extend((0..case.profile.suppressions.len()).map(Change::Lift));
    }
}

/// The contents' own rules, and their order where they compete.
fn contents(case: &Case<'_>, outcome: Outcome, changes: &mut Vec<Change>) {
    let winner = match outcome {
        Outcome::Shown { content, .. } => Some(content),
        _ => None,
    };
    let candidates: Vec<Candidate> = case.candidates();
    let top = candidates.iter().find(|known| Some(known.content) == winner).map(|known| known.priority);
    for content in case.contents().into_iter().filter(|content| Some(*content) != winner) {
        let Some(what) = case.library.contents.get(content as usize) else { continue };
        changes.extend(what.only_if.is_some().then_some(Change::NoRule(content)));
        let own = candidates.iter().find(|known| known.content == content).map(|known| known.priority);
        if let Some((top, _)) = top.zip(own).filter(|(top, own)| own <= top) {
            changes.push(Change::Priority { content, to: top.saturating_add(1) });
        }
    }
}

/// The share of a test at which the person's bucket falls into another variant. Who was given a variant keeps it.
fn weights(case: &Case<'_>, changes: &mut Vec<Change>) {
    let Subject::Placement(name) = case.subject else { return };
    let Some(place) = case.library.place(name) else { return };
    for experiment in place.tests.iter().copied() {
        let Some(design) = case.library.experiments().get(experiment as usize) else { continue };
        let known = |namespace: &str| {
            let identities = &case.profile.identities;
            identities.iter().find(|known| known.namespace == namespace).map(|known| known.value.as_str())
        };
        let Some(assigned) = design.hashed(known).and_then(|value| design.assign(value)) else { continue };
        // Two arms meet where the first one ends: just below the bucket it lies in the other.
        if design.variants.len() == 2 {
            let edge = assigned.bucket / design.coverage.max(f64::MIN_POSITIVE);
            let to = match assigned.variant {
                0 => (edge * 100.0).floor() / 100.0,
                _ => ((edge * 100.0).floor() + 1.0) / 100.0,
            };
            changes.push(Change::Weight { experiment, variant: 0, to: to.clamp(0.0, 1.0) });
        }
    }
}
