//! Who goes first: by priority, by a fixed split, or by value less the price of pressure.

use std::cmp::Ordering;

use super::library::{Library, Source};
use super::limited;
use super::moment::Moment;
use super::place::Candidate;
use super::state::State;
use crate::contact::cap::Labels;
use crate::contact::pressure;
use crate::experiment::bucket::{self, HashVersion};

/// The first by priority; equals go by name, then by journey.
#[inline]
pub(super) fn first<'c, S: State>(
    moment: &Moment<'_, S>,
    candidates: impl Iterator<Item = &'c Candidate>,
) -> Option<&'c Candidate> {
    let mut best: Option<&Candidate> = None;
    for candidate in candidates {
        let order = |other: &Candidate| {
            other.priority.cmp(&candidate.priority).then_with(|| by_name(moment.library, candidate, other))
        };
        if best.is_none_or(|other| order(other) == Ordering::Less) {
            best = Some(candidate);
        }
    }
    best
}

/// The one of the highest value above nothing; equals go by priority.
pub(super) fn worthiest<'c, S: State>(
    moment: &Moment<'_, S>,
    candidates: impl Iterator<Item = &'c Candidate>,
) -> Option<&'c Candidate> {
    let mut best: Option<(f64, &Candidate)> = None;
    for candidate in candidates {
        let value = value(moment, candidate);
        let beats = best.is_none_or(|(known, other)| {
            let order =
                known.total_cmp(&value).then_with(|| candidate.priority.cmp(&other.priority).reverse());
            order.then_with(|| by_name(moment.library, candidate, other)) == Ordering::Less
        });
        if value > 0.0 && beats {
            best = Some((value, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The one a person's hash falls on, each candidate as wide as its share, and the probability of that. Who has no identity
/// to hash is given the first by priority. The same candidates give a person the same answer every time.
pub(super) fn split<'c, S: State, I: Iterator<Item = &'c Candidate>>(
    moment: &Moment<'_, S>,
    place: &str,
    candidates: impl Fn() -> I,
) -> Option<(&'c Candidate, f64)> {
    let share = |candidate: &Candidate| share(moment.library, candidate);
    let total = candidates().fold(0.0, |sum, candidate| sum + share(candidate));
    let hashed = ["user_id", "email", "phone", "anonymous_id", "device_id"];
    let value = hashed.into_iter().find_map(|namespace| moment.state.identity(namespace));
    let Some(value) = value.filter(|_| total > 0.0) else {
        return Some((first(moment, candidates())?, 1.0));
    };
    let bucket = bucket::hash(place, value, HashVersion::V2) * total;
    let (mut upto, mut last) = (0.0, None);
    for candidate in candidates().filter(|candidate| share(candidate) > 0.0) {
        upto += share(candidate);
        last = Some((candidate, share(candidate) / total));
        if bucket < upto {
            break;
        }
    }
    last
}

/// A candidate's share where a placement is split.
pub(super) fn share(library: &Library, candidate: &Candidate) -> f64 {
    match library.contents.get(candidate.content as usize).map(|what| &what.source) {
        Some(Source::Experience(experience)) => experience.share,
        _ => 1.0,
    }
}

/// Chance × worth × context weight − what one more message costs under the pressure there is; our own pages cost nothing.
pub(super) fn value<S: State>(moment: &Moment<'_, S>, candidate: &Candidate) -> f64 {
    let Some(what) = moment.library.contents.get(candidate.content as usize) else { return 0.0 };
    let Source::Experience(experience) = &what.source else { return 0.0 };
    let weight = what
        .boosts
        .iter()
        .filter(|boost| limited::holds(&boost.plan, moment.state, what.purpose, moment.point).is_true())
        .fold(1.0, |weight, boost| weight * boost.by);
    let rules = &moment.library.policy.pressure;
    let cost = if what.is_on_site() || rules.price <= 0.0 {
        0.0
    } else {
        pressure::cost(rules, what.channel, moment.pressure())
    };
    experience.chance * experience.worth * weight - cost
}

fn by_name(library: &Library, a: &Candidate, b: &Candidate) -> Ordering {
    let name = |candidate: &Candidate| {
        library.contents.get(candidate.content as usize).map_or("", |what| what.name.as_str())
    };
    let journey = |candidate: &Candidate| candidate.journey.map(|journey| library.journey(journey));
    name(a).cmp(name(b)).then_with(|| journey(a).cmp(&journey(b)))
}
