//! May this message go to this person now? The gates in order, the first closed one decides.

use super::library::{Content, Library};
use super::limited;
use super::moment::{Moment, Permission};
use super::state::State;
use super::trace::{Gate, Trace};
use crate::contact::cap;
use crate::contact::cap::Sent;
use crate::contact::opening::{self, Waiting};
use crate::contact::policy::OnCap;
use crate::contact::quiet;
use crate::contact::rules::Limits;
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
    Moment::new(library, state, point).message(content, journey, trace)
}

impl<S: State> Moment<'_, S> {
    pub(super) fn message<T: Trace>(&self, content: u32, journey: Option<u32>, trace: &mut T) -> Verdict {
        let Some(what) = self.library.contents.get(content as usize) else {
            return Verdict::closed(HeldReason::Ineligible);
        };
        let closed = match self.permission(what, trace) {
            Permission::Allowed => None,
            Permission::NotAsked | Permission::NoAddress => Some(HeldReason::NoAddress),
            Permission::NoConsent => Some(HeldReason::Consent),
            Permission::Suppressed => Some(HeldReason::Suppressed),
        };
        if let Some(reason) = closed {
            return Verdict::closed(reason);
        }
        if self.held_out(what.purpose, trace) {
            return Verdict::closed(HeldReason::Holdout);
        }
        if !self.eligible(what, trace) {
            return Verdict::closed(HeldReason::Ineligible);
        }
        if what.is_on_site() {
            return Verdict::Pass;
        }
        // Service messages ignore caps and quiet hours; what they add to pressure is counted where sends are kept.
        if what.purpose == Purpose::Service {
            trace.note(Gate::Caps, true, || "a service message ignores caps".to_owned());
            return Verdict::Pass;
        }
        self.room(&self.as_sent(content, what, journey), trace)
    }

    /// The content's own rule, and whether another promise holds.
    fn eligible<T: Trace>(&self, what: &Content, trace: &mut T) -> bool {
        if let Some(plan) = &what.only_if {
            let eligible = self.fulfils(what, plan);
            trace.note(Gate::Eligibility, eligible, || {
                let withheld = limited::withheld(plan, self.state, what.purpose);
                format!("“{}” asks for its own rule{withheld}", what.name)
            });
            if !eligible {
                return false;
            }
        }
        let Some(choice) = what.choice else { return true };
        let Some(chosen) = self.state.chosen(choice.of, self.point.at) else { return true };
        let same = chosen.is == choice.is;
        trace.note(Gate::Eligibility, same, || {
            let word = |code| self.library.choice_word(code);
            format!("of “{}”, “{}” is promised until {}", word(choice.of), word(chosen.is), chosen.until)
        });
        same
    }

    /// Caps, cool-downs, quiet hours and the fatigue budget: the gates that time opens.
    fn room<T: Trace>(&self, message: &Sent, trace: &mut T) -> Verdict {
        let limits = self.stopping(message);
        if let Some(held) = self.caps(message, limits, trace) {
            return held;
        }
        if let Some(held) = self.pauses(message, limits, trace) {
            return held;
        }
        let (now, open) = (self.point.at, self.open(message.channel));
        trace.note(Gate::QuietHours, open == now, || {
            let (zone, zone_from) = self.state.zone();
            let local = now.clock(zone);
            if open == now {
                format!("{local} in their zone ({zone_from}) is no quiet hour")
            } else {
                format!("{local} in their zone ({zone_from}) is quiet until {}", open.clock(zone))
            }
        });
        if open > now {
            let until = self.first_opening(message, limits, open);
            return Verdict::Held { reason: HeldReason::QuietHours, until, then: OnCap::Hold };
        }
        self.budget(message, limits, trace)
    }

    fn caps<T: Trace>(&self, message: &Sent, limits: Limits, trace: &mut T) -> Option<Verdict> {
        let rules = &self.library.policy;
        let full = self.tally().full(rules, limits);
        trace.note(Gate::Caps, full.is_none(), || self.cap_detail(message, limits, full));
        let cap = rules.caps.get(full?)?;
        let until = self.until(cap.on_cap, message, limits, cap.window);
        Some(Verdict::Held { reason: HeldReason::Cap, until, then: cap.on_cap })
    }

    fn pauses<T: Trace>(&self, message: &Sent, limits: Limits, trace: &mut T) -> Option<Verdict> {
        let (rules, now) = (&self.library.policy, self.point.at);
        if rules.cooldowns.is_empty() {
            return None;
        }
        let pause = opening::pause(rules, self.library, &self.waiting(message, limits), now);
        trace.note(Gate::Caps, pause.is_none(), || match pause {
            Some((rule, end)) => format!(
                "cool-down {} lasts until {}, after what they did with earlier messages",
                rule + 1,
                end.short(self.state.zone().0)
            ),
            None => "no cool-down".to_owned(),
        });
        let rule = rules.cooldowns.get(pause?.0)?;
        let until = self.until(rule.on_cap, message, limits, rule.pause);
        Some(Verdict::Held { reason: HeldReason::CoolDown, until, then: rule.on_cap })
    }

    fn budget<T: Trace>(&self, message: &Sent, limits: Limits, trace: &mut T) -> Verdict {
        let rules = &self.library.policy.pressure;
        let Some(budget) = rules.budget else { return Verdict::Pass };
        let pressure = self.pressure();
        let within = pressure < budget;
        trace.note(Gate::Fatigue, within || !rules.enforce, || {
            let mode = if rules.enforce { "enforced" } else { "observed only" };
            format!("pressure {pressure:.2} against a budget of {budget:.2} ({mode})")
        });
        if within || !rules.enforce {
            return Verdict::Pass;
        }
        let until = self.until(rules.on_budget, message, limits, rules.half_life);
        Verdict::Held { reason: HeldReason::Fatigue, until, then: rules.on_budget }
    }

    /// When the message is to be looked at again: a retry after a whole period, everything else at the first moment that
    /// is free.
    fn until(&self, then: OnCap, message: &Sent, limits: Limits, period: crate::model::Span) -> Option<Time> {
        let now = self.point.at;
        match then {
            OnCap::Retry(_) => {
                let zone = self.state.zone().0;
                let open = quiet::next_open(&self.library.policy, message.channel, zone, now + period);
                (open < Time::MAX).then_some(open)
            }
            OnCap::Skip | OnCap::Hold | OnCap::Exit => self.first_opening(message, limits, now),
        }
    }

    fn first_opening(&self, message: &Sent, limits: Limits, from: Time) -> Option<Time> {
        opening::first(&self.library.policy, self.library, &self.waiting(message, limits), from)
    }

    fn waiting<'b>(&'b self, message: &'b Sent, limits: Limits) -> Waiting<'b> {
        Waiting { sends: self.state.sends(), message, limits, zone: self.state.zone().0 }
    }

    fn cap_detail(&self, message: &Sent, limits: Limits, full: Option<usize>) -> String {
        let (rules, sends) = (&self.library.policy, self.state.sends());
        let Some((rule, cap)) = full.and_then(|rule| Some((rule, rules.caps.get(rule)?))) else {
            let sent = sends.iter().filter(|sent| sent.channel == message.channel).count();
            return format!("room under {} caps ({sent} sent by {} ever)", rules.caps.len(), message.channel);
        };
        let (zone, now) = (self.state.zone().0, self.point.at);
        let free = match cap::free_at(rules, sends, limits, self.library, zone, now) {
            Time::MAX => "never free".to_owned(),
            at => format!("free {}", at.short(zone)),
        };
        let (count, filling) = (self.tally().count(rule), self.filling(rule));
        format!("{count} of {} in {}, {free}; filled by {filling}", cap.limit, cap.window)
    }
}
