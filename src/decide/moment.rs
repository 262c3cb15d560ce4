//! One person at one moment, as every candidate of a decision sees them. What does not depend on the candidate is looked up
//! once, when first asked for.

use std::cell::{Cell, OnceCell};

use super::library::{Content, Library};
use super::limited;
use super::state::State;
use super::trace::{Gate, Trace};
use crate::contact::cap::{Labels, Sent, Tally};
use crate::contact::policy::Silence;
use crate::contact::rules::Limits;
use crate::contact::{consent, pressure, quiet};
use crate::experiment::bucket;
use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Datum, Time};
use crate::rule::{Plan, Point};

pub(super) struct Moment<'a, S> {
    pub(super) library: &'a Library,
    pub(super) state: &'a S,
    pub(super) point: Point,
    permissions: [[Cell<Permission>; Purpose::ALL.len()]; Channel::ALL.len()],
    limits: OnceCell<(Tally, Limits)>,
    /// By channel; the beginning of time where nobody asked yet.
    open: [Cell<Time>; Channel::ALL.len()],
    pressure: OnceCell<f64>,
    held_out: OnceCell<bool>,
    /// Rules that were asked, and of those the ones that hold, as bits by number.
    asked: Cell<u64>,
    held: Cell<u64>,
}

/// What the gates say that no waiting opens and no content changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    NotAsked,
    Allowed,
    NoAddress,
    NoConsent,
    Suppressed,
}

impl<'a, S: State> Moment<'a, S> {
    pub(super) fn new(library: &'a Library, state: &'a S, point: Point) -> Self {
        Self {
            library,
            state,
            point,
            permissions: [const { [const { Cell::new(Permission::NotAsked) }; Purpose::ALL.len()] };
                Channel::ALL.len()],
            limits: OnceCell::new(),
            open: [const { Cell::new(Time::MIN) }; Channel::ALL.len()],
            pressure: OnceCell::new(),
            held_out: OnceCell::new(),
            asked: Cell::new(0),
            held: Cell::new(0),
        }
    }

    /// Identity, consent and do-not-contact.
    pub(super) fn permission<T: Trace>(&self, what: &Content, trace: &mut T) -> Permission {
        let slots = self.permissions.get(usize::from(what.channel.code()));
        let slot = slots.and_then(|slots| slots.get(what.purpose as usize));
        let known = slot.map_or(Permission::NotAsked, Cell::get);
        let permission = if known == Permission::NotAsked { self.permit(what) } else { known };
        if let Some(slot) = slot {
            slot.set(permission);
        }
        self.tell(what, permission, trace);
        permission
    }

    fn permit(&self, what: &Content) -> Permission {
        let (channel, purpose) = (what.channel, what.purpose);
        if !what.is_on_site() && !self.state.reachable(channel) {
            return Permission::NoAddress;
        }
        if consent::needed(purpose) {
            let given = self.state.consent(channel, purpose, self.point);
            let silence = || self.silence(channel, purpose, given) == Some(Silence::OptOut);
            if !consent::allows(given, purpose) && !silence() {
                return Permission::NoConsent;
            }
        }
        match self.state.stopped(channel, purpose, self.point) {
            Some(_) => Permission::Suppressed,
            None => Permission::Allowed,
        }
    }

    /// What silence means, where the person is silent.
    fn silence(&self, channel: Channel, purpose: Purpose, given: ConsentState) -> Option<Silence> {
        let policy = &self.library.policy;
        let silent = given == ConsentState::Unknown
            && !policy.defaults.is_empty()
            && self.state.silent(channel, purpose, self.point);
        silent.then(|| policy.silence(channel, purpose, self.region()))
    }

    fn region(&self) -> Option<&str> {
        ["country", "address.country"].into_iter().find_map(|name| match self.state.attribute(name) {
            Datum::Text(text) => Some(text),
            _ => None,
        })
    }

    fn tell<T: Trace>(&self, what: &Content, permission: Permission, trace: &mut T) {
        let reachable = permission != Permission::NoAddress;
        trace.note(Gate::Identity, reachable, || {
            if reachable {
                format!("reachable on {}", what.channel)
            } else {
                format!("no address for {}", what.channel)
            }
        });
        if !reachable {
            return;
        }
        let allowed = permission != Permission::NoConsent;
        trace.note(Gate::Consent, allowed, || {
            let (channel, purpose) = (what.channel, what.purpose);
            let given = self.state.consent(channel, purpose, self.point);
            let silence = match self.silence(channel, purpose, given) {
                Some(Silence::OptOut) => ", which is enough where they live",
                _ => "",
            };
            format!("{} by {channel} is {}{silence}", purpose.name(), given.name())
        });
        if !allowed {
            return;
        }
        trace.note(Gate::Suppression, permission != Permission::Suppressed, || {
            match self.state.stopped(what.channel, what.purpose, self.point) {
                Some(entry) => format!("{} since {}", entry.reason.name(), entry.at),
                None => "no entry".to_owned(),
            }
        });
    }

    /// Whether a content's own rule holds; of contents with one rule it is asked once. What a source withholds depends on
    /// the purpose, so whoever has such a trait is asked each time.
    pub(super) fn fulfils(&self, what: &Content, plan: &Plan) -> bool {
        let ask = || limited::holds(plan, self.state, what.purpose, self.point).is_true();
        let Some(bit) = what.rule.and_then(|rule| 1_u64.checked_shl(rule)) else { return ask() };
        if self.state.is_limited() {
            return ask();
        }
        if self.asked.get() & bit == 0 {
            self.asked.set(self.asked.get() | bit);
            if ask() {
                self.held.set(self.held.get() | bit);
            }
        }
        self.held.get() & bit != 0
    }

    /// Whether the policy's holdout keeps the person out of a purpose.
    pub(super) fn held_out<T: Trace>(&self, purpose: Purpose, trace: &mut T) -> bool {
        let Some(holdout) = &self.library.policy.holdout else { return false };
        if purpose == Purpose::Service || !holdout.purposes.contains(&purpose) {
            return false;
        }
        let out = *self.held_out.get_or_init(|| {
            let value = self.state.identity(&holdout.hash_attribute);
            value.is_some_and(|value| bucket::held_out(value, &holdout.name, holdout.share))
        });
        trace.note(Gate::Holdout, !out, || {
            let side = if out { "kept out by" } else { "not in" };
            format!("{side} “{}”, {:.1} % of all people", holdout.name, holdout.share * 100.0)
        });
        out
    }

    /// What each cap counts now.
    pub(super) fn tally(&self) -> &Tally {
        &self.limits().0
    }

    /// The limits that can stop a message to this person.
    pub(super) fn stopping(&self, message: &Sent) -> Limits {
        self.library.policy.stopping(message, self.library) & self.limits().1
    }

    fn limits(&self) -> &(Tally, Limits) {
        self.limits.get_or_init(|| {
            let (rules, state) = (&self.library.policy, self.state);
            let tally = Tally::of(rules, state.sends(), self.library, state.zone().0, self.point.at);
            (tally, rules.holding(state, self.point))
        })
    }

    /// The first moment of a channel outside quiet hours.
    pub(super) fn open(&self, channel: Channel) -> Time {
        let ask = || quiet::next_open(&self.library.policy, channel, self.state.zone().0, self.point.at);
        let Some(slot) = self.open.get(usize::from(channel.code())) else { return ask() };
        if slot.get() == Time::MIN {
            slot.set(ask());
        }
        slot.get()
    }

    /// The pressure on the person.
    pub(super) fn pressure(&self) -> f64 {
        *self
            .pressure
            .get_or_init(|| pressure::at(&self.library.policy.pressure, self.state.sends(), self.point.at))
    }

    /// What a send of a content would be, were it decided now.
    pub(super) fn as_sent(&self, content: u32, what: &Content, journey: Option<u32>) -> Sent {
        Sent::new(self.point.at, what.channel, content, journey)
    }

    /// The names of the contents that fill a cap.
    pub(super) fn filling(&self, rule: usize) -> String {
        let (library, state) = (self.library, self.state);
        let counted = crate::contact::cap::counted(
            &library.policy,
            rule,
            state.sends(),
            library,
            state.zone().0,
            self.point.at,
        );
        let names: Vec<&str> = counted
            .map(|sent| library.name_of(sent.experience).unwrap_or("a message without a name"))
            .collect();
        names.join(", ")
    }

    /// The name of a journey, for words.
    pub(super) fn journey(&self, journey: Option<u32>) -> &str {
        journey.map_or("", |journey| self.library.journey(journey))
    }
}
