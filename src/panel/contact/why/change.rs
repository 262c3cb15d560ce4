//! What may be changed about a decision: one thing each, in words, and how much it asks for.

use jiff::tz::TimeZone;

use super::case::Case;
use crate::contact::words;
use crate::model::consent::{ConsentRecord, ConsentState, Purpose};
use crate::model::{Channel, Identity, Span, Time};
use crate::panel::figures;
use crate::rule::{OpenCatalog, Point};

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// Deciding at a later moment, nothing else happening meanwhile.
    Wait(Time),
    /// Another limit of a cap.
    Limit { cap: usize, to: u32 },
    /// No such cool-down.
    NoCoolDown(usize),
    /// The fatigue budget, and whether it is enforced.
    Budget { to: f64, enforced: bool },
    /// No holdout.
    NoHoldout,
    /// A consent, given or taken back.
    Consent { channel: Channel, purpose: Purpose, state: ConsentState },
    /// A do-not-contact entry taken off.
    Lift(usize),
    /// An address on a channel.
    Address(Channel),
    /// A content without its own rule.
    NoRule(u32),
    /// Another priority of a content.
    Priority { content: u32, to: i32 },
    /// Another share of a test's variant, the others sharing the rest as before.
    Weight { experiment: u32, variant: usize, to: f64 },
}

impl Change {
    /// How much it asks for; the smallest change asks for the least. A day of waiting is as much as one message more under a
    /// cap, a rule or a priority more than that, and what only the person can give the most.
    pub(super) fn effort(&self, case: &Case<'_>) -> f64 {
        match self {
            Self::Wait(until) => (*until - case.point.at).as_days(),
            Self::Limit { cap, to } => {
                let limit = case.library.policy.caps.get(*cap).map_or(0, |cap| cap.limit);
                f64::from(limit.abs_diff(*to))
            }
            Self::Budget { to, .. } => {
                1.0 + case.library.policy.pressure.budget.map_or(1.0, |budget| (to - budget).abs())
            }
            Self::Priority { content, to } => {
                let now = case.candidates().into_iter().find(|known| known.content == *content);
                2.0 + now.map_or(0.0, |now| f64::from(now.priority.abs_diff(*to)) / 10.0)
            }
            Self::Weight { experiment, variant, to } => {
                let design = case.library.experiments().get(*experiment as usize);
                let now = design.and_then(|design| design.weights().nth(*variant)).unwrap_or(0.0);
                2.0 + (to - now).abs()
            }
            Self::NoCoolDown(_) => 2.5,
            Self::NoHoldout | Self::NoRule(_) => 3.0,
            Self::Consent { state: ConsentState::Revoked, .. } => 3.5,
            Self::Consent { .. } => 4.0,
            Self::Lift(_) => 5.0,
            Self::Address(_) => 6.0,
        }
    }

    /// Makes it.
    pub(super) fn apply(&self, case: &mut Case<'_>) {
        match self {
            Self::Wait(until) => case.point = Point::after(*until),
            Self::Limit { .. } | Self::NoCoolDown(_) | Self::Budget { .. } | Self::NoHoldout => {
                let mut policy = (*case.library.policy).clone();
                match self {
                    Self::Limit { cap, to } => {
                        policy.caps.iter_mut().skip(*cap).take(1).for_each(|cap| cap.limit = *to);
                    }
                    Self::NoCoolDown(index) if *index < policy.cooldowns.len() => {
                        policy.cooldowns.remove(*index);
                    }
                    Self::Budget { to, enforced } => {
                        (policy.pressure.budget, policy.pressure.enforce) = (Some(*to), *enforced);
                    }
                    _ => policy.holdout = None,
                }
                // The rules of this policy read before, so they do again; if not, nothing is changed and nothing flips.
                let _ = case.library.to_mut().set_policy(policy, &OpenCatalog);
            }
            Self::Consent { channel, purpose, state } => consent(case, *channel, *purpose, *state),
            Self::Lift(index) => {
                let entries = &mut case.profile.to_mut().suppressions;
                if *index < entries.len() {
                    entries.remove(*index);
                }
            }
            Self::Address(channel) => {
                if let Some(namespace) = channel.address() {
                    case.profile.to_mut().identities.push(Identity::new(namespace, "an address"));
                }
            }
            Self::NoRule(content) => {
                let contents = &mut case.library.to_mut().contents;
                contents.iter_mut().skip(*content as usize).take(1).for_each(|what| what.only_if = None);
            }
            Self::Priority { content, to } => case.priorities.push((*content, *to)),
            Self::Weight { experiment, variant, to } => weigh(case, *experiment, *variant, *to),
        }
    }

    /// In words: `one more message under email: 4 in 7d`.
    pub(super) fn said(&self, case: &Case<'_>) -> String {
        let policy = &case.library.policy;
        let name =
            |content: u32| case.library.contents.get(content as usize).map_or("", |what| what.name.as_str());
        match self {
            Self::Wait(until) => {
                let zone: &TimeZone = &case.profile.zone.0;
                format!(
                    "waiting {}, until {}",
                    figures::left(later(*until - case.point.at)),
                    until.short(zone)
                )
            }
            Self::Limit { cap, to } => {
                let known = policy.caps.get(*cap);
                let limit = known.map_or(0, |cap| cap.limit);
                format!("a limit of {to} instead of {limit} ({})", known.map_or_else(String::new, words::cap))
            }
            Self::NoCoolDown(index) => format!("no cool-down {}", index + 1),
            Self::Budget { to, enforced } => match (policy.pressure.enforce, enforced) {
                (false, true) if policy.pressure.budget == Some(*to) => {
                    format!("enforcing the fatigue budget of {to:.2}")
                }
                _ => format!("a fatigue budget of {to:.2}"),
            },
            Self::NoHoldout => "no holdout".to_owned(),
            Self::Consent { channel, purpose, state: ConsentState::Revoked } => {
                format!("{} by {channel} taken back", purpose.name())
            }
            Self::Consent { channel, purpose, .. } => {
                format!("their consent to {} by {channel}", purpose.name())
            }
            Self::Lift(index) => {
                let entry = case.profile.suppressions.get(*index);
                entry.map_or_else(String::new, |entry| {
                    format!(
                        "taking “{}” by {} off the do-not-contact list",
                        entry.reason.name(),
                        entry.channel
                    )
                })
            }
            Self::Address(channel) => format!("an address for {channel}"),
            Self::NoRule(content) => {
                let plan =
                    case.library.contents.get(*content as usize).and_then(|what| what.only_if.as_ref());
                format!("“{}” without its rule {}", name(*content), plan.map_or("", |plan| plan.text()))
            }
            Self::Priority { content, to } => {
                let now = case.candidates().into_iter().find(|known| known.content == *content);
                let now = now.map_or(0, |known| known.priority);
                format!("priority {to} instead of {now} for “{}”", name(*content))
            }
            Self::Weight { experiment, variant, to } => {
                let design = case.library.experiments().get(*experiment as usize);
                let now = design.and_then(|design| design.weights().nth(*variant)).unwrap_or(0.0);
                let arm = design.and_then(|design| design.variants.get(*variant));
                let arm = arm.map_or("", |arm| arm.name.as_str());
                format!("{} instead of {} of people in “{arm}”", figures::percent(*to), figures::percent(now))
            }
        }
    }
}

/// Rounded up to whole minutes: a wait told too short is none.
fn later(span: Span) -> Span {
    let minute = Span::MINUTE.0;
    Span((span.0 + minute - 1).div_euclid(minute) * minute)
}

/// Says something about every address of a channel, or of the person where the channel has none.
fn consent(case: &mut Case<'_>, channel: Channel, purpose: Purpose, state: ConsentState) {
    let at = case.point.at.back(Span(1));
    let profile = case.profile.to_mut();
    let of_channel =
        |identity: &&Identity| channel.address().is_none_or(|namespace| identity.namespace == namespace);
    let said: Vec<ConsentRecord> = profile
        .identities
        .iter()
        .filter(of_channel)
        .map(|identity| ConsentRecord {
            identity: identity.clone(),
            channel,
            purpose,
            state,
            at,
            expires: None,
            basis: "what if".to_owned(),
        })
        .collect();
    profile.consents.extend(said);
}

/// Gives a variant another share; the others divide what is left as they did.
fn weigh(case: &mut Case<'_>, experiment: u32, variant: usize, to: f64) {
    let Some(design) = case.library.experiments().get(experiment as usize) else { return };
    let mut weights: Vec<f64> = design.weights().collect();
    let others: f64 = weights.iter().sum::<f64>() - weights.get(variant).copied().unwrap_or(0.0);
    for (index, weight) in weights.iter_mut().enumerate() {
        let rest = if others > 0.0 { *weight / others * (1.0 - to) } else { 0.0 };
        *weight = if index == variant { to } else { rest };
    }
    case.library.to_mut().set_weights(experiment, &weights);
}
