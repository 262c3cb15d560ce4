//! May this message go to this person now? The gates in order, the first closed one decides.

use super::library::{Content, Library};
use super::state::State;
use super::trace::{Gate, Trace};
use crate::contact::cap::{self, CapVerdict, Sent};
use crate::contact::policy::{OnCap, Policy};
use crate::contact::{consent, pressure, quiet, suppression};
use crate::model::Time;
use crate::model::consent::Purpose;
use crate::model::message::HeldReason;
use crate::rule::Point;

/// What the gates say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may go now.
    Pass,
    /// It may not, for this reason.
    Held {
        /// Why.
        reason: HeldReason,
        /// The first moment it may, where there is one worth waiting for.
        until: Option<Time>,
        /// What the policy wants done meanwhile.
        then: OnCap,
    },
}

impl Verdict {
    fn closed(reason: HeldReason) -> Self {
        Self::Held { reason, until: None, then: OnCap::Skip }
    }
}

/// Asks every gate whether a content may go to a person at a point.
pub fn message<S: State, T: Trace>(
    library: &Library,
    content: u32,
    journey: Option<u32>,
    state: &S,
    point: Point,
    trace: &mut T,
) -> Verdict {
    let Some(what) = library.contents.get(content as usize) else {
        return Verdict::closed(HeldReason::Ineligible);
    };
    if let Some(closed) = permission(what, state, point, trace) {
        return closed;
    }
    if what.is_on_site() {
        return Verdict::Pass;
    }
    let message =
        Sent { at: point.at, channel: what.channel, experience: content, journey, delivered: false };
    room(library, what, &message, state, point, trace)
}

/// Identity, consent, suppression, eligibility: the gates that no waiting opens.
fn permission<S: State, T: Trace>(what: &Content, state: &S, point: Point, trace: &mut T) -> Option<Verdict> {
    let reachable = what.is_on_site() || state.reachable(what.channel);
    trace.note(Gate::Identity, reachable, || {
        if reachable {
            format!("reachable on {}", what.channel)
        } else {
            format!("no address for {}", what.channel)
        }
    });
    if !reachable {
        return Some(Verdict::closed(HeldReason::NoAddress));
    }
    let given = state.consent(what.channel, what.purpose, point);
    let allowed = consent::allows(given, what.purpose);
    trace.note(Gate::Consent, allowed, || {
        format!("{} by {} is {}", what.purpose.name(), what.channel, given.name())
    });
    if !allowed {
        return Some(Verdict::closed(HeldReason::Consent));
    }
    let opted_in = state.opted_in_at(what.channel, what.purpose, point);
    let entry = suppression::blocking(state.suppressions(), what.channel, what.purpose, opted_in);
    trace.note(Gate::Suppression, entry.is_none(), || match entry {
        Some(entry) => format!("{} since {}", entry.reason.name(), entry.at),
        None => "no entry".to_owned(),
    });
    if entry.is_some() {
        return Some(Verdict::closed(HeldReason::Suppressed));
    }
    let Some(plan) = &what.only_if else { return None };
    let eligible = plan.holds(state, point).is_true();
    trace.note(Gate::Eligibility, eligible, || format!("“{}” asks for its own rule", what.name));
    (!eligible).then(|| Verdict::closed(HeldReason::Ineligible))
}

/// Caps, quiet hours and the fatigue budget: the gates that time opens.
fn room<S: State, T: Trace>(
    library: &Library,
    what: &Content,
    message: &Sent,
    state: &S,
    point: Point,
    trace: &mut T,
) -> Verdict {
    let (policy, now) = (&library.policy, point.at);
    let (zone, zone_from) = state.zone();
    // Service messages ignore caps and quiet hours; what they add to pressure is counted where sends are kept.
    if what.purpose == Purpose::Service {
        trace.note(Gate::Caps, true, || "a service message ignores caps".to_owned());
        return Verdict::Pass;
    }
    let verdict = cap::check(policy, state.sends(), message, library, zone, now);
    trace.note(Gate::Caps, verdict == CapVerdict::Free, || {
        cap_detail(policy, verdict, state, library, message)
    });
    if let CapVerdict::Full { rule, .. } = verdict {
        return Verdict::Held {
            reason: HeldReason::Cap,
            until: first_opening(library, message, state, now),
            then: policy.caps.get(rule).map_or(OnCap::Skip, |cap| cap.on_cap),
        };
    }
    let open = quiet::next_open(policy, message.channel, zone, now);
    trace.note(Gate::QuietHours, open == now, || {
        let local = now.clock(zone);
        if open == now {
            format!("{local} in their zone ({zone_from}) is no quiet hour")
        } else {
            format!("{local} in their zone ({zone_from}) is quiet until {}", open.clock(zone))
        }
    });
    if open > now {
        let until = first_opening(library, message, state, open);
        return Verdict::Held { reason: HeldReason::QuietHours, until, then: OnCap::Hold };
    }
    budget(policy, state, now, trace)
}

fn budget<S: State, T: Trace>(policy: &Policy, state: &S, now: Time, trace: &mut T) -> Verdict {
    let Some(budget) = policy.pressure.budget else { return Verdict::Pass };
    let pressure = pressure::at(&policy.pressure, state.sends(), now);
    let within = pressure < budget;
    trace.note(Gate::Fatigue, within || !policy.pressure.enforce, || {
        let mode = if policy.pressure.enforce { "enforced" } else { "observed only" };
        format!("pressure {pressure:.2} against a budget of {budget:.2} ({mode})")
    });
    if within || !policy.pressure.enforce { Verdict::Pass } else { Verdict::closed(HeldReason::Fatigue) }
}

/// The first moment with room under every cap and outside every quiet hour: asked in turn until neither moves it. `None`
/// where there is no such moment.
fn first_opening<S: State>(library: &Library, message: &Sent, state: &S, from: Time) -> Option<Time> {
    let zone = state.zone().0;
    let mut at = from;
    while at < Time::MAX {
        let free = match cap::check(&library.policy, state.sends(), message, library, zone, at) {
            CapVerdict::Free => at,
            CapVerdict::Full { free_at, .. } => free_at,
        };
        let open = quiet::next_open(&library.policy, message.channel, zone, free);
        if open == at {
            return Some(at);
        }
        at = open;
    }
    None
}

fn cap_detail<S: State>(
    policy: &Policy,
    verdict: CapVerdict,
    state: &S,
    library: &Library,
    message: &Sent,
) -> String {
    match verdict {
        CapVerdict::Free => {
            let sent = state.sends().iter().filter(|sent| sent.channel == message.channel).count();
            format!("room under {} caps ({sent} sent by {} ever)", policy.caps.len(), message.channel)
        }
        CapVerdict::Full { rule, count, free_at } => {
            let Some(cap) = policy.caps.get(rule) else { return String::new() };
            let zone = state.zone().0;
            let names: Vec<&str> = cap::counted(cap, state.sends(), library, zone, message.at)
                .map(|sent| library.name_of(sent.experience).unwrap_or("a message without a name"))
                .collect();
            let free = match free_at {
                Time::MAX => "never free".to_owned(),
                at => format!("free {}", at.short(zone)),
            };
            format!("{count} of {} in {}, {free}; filled by {}", cap.limit, cap.window, names.join(", "))
        }
    }
}
