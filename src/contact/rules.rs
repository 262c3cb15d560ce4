//! A policy made ready to be asked: zones looked up, rules compiled, and for every content once which limits it fills and
//! which can stop it, so that asking compares numbers only.

use std::ops::Deref;

use jiff::tz::TimeZone;

use super::cap::{Labels, Sent};
use super::policy::{Cap, CountOn, Policy};
use crate::model::consent::Purpose;
use crate::model::{Channel, Problem};
use crate::rule::{self, Catalog, Plan, Point, Subject};

/// Caps and cool-downs one policy may have together: each is a bit of a [`Limits`].
pub const MOST: usize = 32;

/// A set of limits: bit `n` is the n-th cap, cool-downs follow the caps.
pub type Limits = u32;

/// A policy made ready. It reads as the [`Policy`] it was made from.
#[derive(Debug, Clone)]
pub struct Rules {
    policy: Policy,
    zones: Vec<Option<TimeZone>>,
    plans: Vec<Option<Plan>>,
    by_channel: [Limits; Channel::ALL.len()],
    /// Limits that hold whatever the categories, those of named journeys, those for some people only, caps that count
    /// deliveries.
    every_category: Limits,
    of_journeys: Limits,
    for_some: Limits,
    on_delivery: Limits,
}

/// What a content's categories and purpose mean for the limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// The limits whose categories it has.
    scope: Limits,
    /// The limits it is exempt from.
    exempt: Limits,
    /// The limits it fills.
    fills: Limits,
}

/// What caps and cool-downs have in common.
struct Scope<'a> {
    channels: &'a [Channel],
    categories: &'a [String],
    journeys: &'a [String],
    exempt: &'a [String],
    exempt_counts: bool,
}

fn scopes(policy: &Policy) -> impl Iterator<Item = Scope<'_>> {
    let caps = policy.caps.iter().map(|cap| Scope {
        channels: &cap.channels,
        categories: &cap.categories,
        journeys: &cap.journeys,
        exempt: &cap.exempt,
        exempt_counts: cap.exempt_counts,
    });
    let cooldowns = policy.cooldowns.iter().map(|rule| Scope {
        channels: &rule.channels,
        categories: &rule.categories,
        journeys: &rule.journeys,
        exempt: &rule.exempt,
        exempt_counts: true,
    });
    caps.chain(cooldowns).take(MOST)
}

/// The limits for which something holds.
fn those<'a>(policy: &'a Policy, holds: impl Fn(&Scope<'a>) -> bool) -> Limits {
    let bits = scopes(policy).enumerate().filter(|(_, scope)| holds(scope)).map(|(index, _)| 1 << index);
    bits.fold(0, |all: Limits, bit: Limits| all | bit)
}

impl Deref for Rules {
    type Target = Policy;
    fn deref(&self) -> &Policy {
        &self.policy
    }
}

impl Rules {
    /// Makes a policy ready.
    ///
    /// # Errors
    /// If a rule that says whom a cap holds for does not read.
    pub fn new(policy: Policy, catalog: &dyn Catalog) -> Result<Self, Problem> {
        let plans = policy.caps.iter().enumerate().map(|(index, cap)| plan(index, cap, catalog));
        let plans: Vec<Option<Plan>> = plans.collect::<Result<_, Problem>>()?;
        let named = |cap: &Cap| cap.zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        let zones = policy.caps.iter().map(named).collect();
        let is = |index: usize, what: bool| if what && index < MOST { 1 << index } else { 0 };
        let caps = |what: &dyn Fn(&Cap) -> bool| {
            policy.caps.iter().enumerate().fold(0, |all, (index, cap)| all | is(index, what(cap)))
        };
        Ok(Self {
            zones,
            by_channel: std::array::from_fn(|code| {
                those(&policy, |scope| {
                    let here = Channel::ALL.get(code).is_some_and(|known| scope.channels.contains(known));
                    scope.channels.is_empty() || here
                })
            }),
            every_category: those(&policy, |scope| scope.categories.is_empty()),
            of_journeys: those(&policy, |scope| !scope.journeys.is_empty()),
            for_some: caps(&|cap| cap.only_if.is_some()),
            on_delivery: caps(&|cap| cap.on == CountOn::Delivered),
            plans,
            policy,
        })
    }

    /// No limits at all.
    #[must_use]
    pub fn open() -> Self {
        Self {
            policy: Policy::open(),
            zones: Vec::new(),
            plans: Vec::new(),
            by_channel: [0; Channel::ALL.len()],
            every_category: 0,
            of_journeys: 0,
            for_some: 0,
            on_delivery: 0,
        }
    }

    /// What categories and a purpose mean for the limits.
    #[must_use]
    pub fn marks(&self, categories: &[String], purpose: Purpose) -> Marks {
        let has = |known: &[String]| known.iter().any(|category| categories.contains(category));
        let scope = self.every_category | those(&self.policy, |scope| has(scope.categories));
        let service = purpose == Purpose::Service;
        let exempt = if service { Limits::MAX } else { those(&self.policy, |scope| has(scope.exempt)) };
        let uncounted = those(&self.policy, |scope| has(scope.exempt) && !scope.exempt_counts);
        let counts = !service || self.policy.service_counts;
        Marks { scope, exempt, fills: if counts { scope & !uncounted } else { 0 } }
    }

    /// The bit of a cap.
    #[must_use]
    pub fn bit_of_cap(&self, index: usize) -> Limits {
        if index < self.policy.caps.len().min(MOST) { 1 << index } else { 0 }
    }

    /// The bit of a cool-down.
    #[must_use]
    pub fn bit_of_cooldown(&self, index: usize) -> Limits {
        let bit = self.policy.caps.len() + index;
        if index < self.policy.cooldowns.len() && bit < MOST { 1 << bit } else { 0 }
    }

    /// The bits of all caps.
    #[must_use]
    pub fn caps_only(&self) -> Limits {
        let caps = self.policy.caps.len();
        if caps >= MOST { Limits::MAX } else { (1 << caps) - 1 }
    }

    /// The zone a cap's calendar runs in: its own, else the person's.
    #[must_use]
    pub fn zone<'a>(&'a self, index: usize, person: &'a TimeZone) -> &'a TimeZone {
        self.zones.get(index).and_then(Option::as_ref).unwrap_or(person)
    }

    /// The limits that hold for a person.
    #[must_use]
    pub fn holding(&self, person: &impl Subject, point: Point) -> Limits {
        let mut holding = Limits::MAX;
        if self.for_some != 0 {
            for (index, plan) in self.plans.iter().enumerate() {
                if plan.as_ref().is_some_and(|plan| !plan.holds(person, point).is_true()) {
                    holding &= !self.bit_of_cap(index);
                }
            }
        }
        holding
    }

    /// The limits that a past send fills.
    #[must_use]
    pub fn filled_by(&self, sent: &Sent, labels: &impl Labels) -> Limits {
        let undelivered = if sent.bounced { self.on_delivery } else { 0 };
        self.concerned(sent, labels.marks(sent.experience).fills, labels) & !undelivered
    }

    /// The limits that can stop a message.
    #[must_use]
    pub fn stopping(&self, message: &Sent, labels: &impl Labels) -> Limits {
        let marks = labels.marks(message.experience);
        self.concerned(message, marks.scope & !marks.exempt, labels)
    }

    fn concerned(&self, sent: &Sent, by_content: Limits, labels: &impl Labels) -> Limits {
        let bits = by_content & self.by_channel.get(usize::from(sent.channel.code())).copied().unwrap_or(0);
        if bits & self.of_journeys == 0 {
            return bits;
        }
        let journey = sent.journey.map(|journey| labels.journey(journey));
        let elsewhere = those(&self.policy, |scope| {
            let named = |name: &String| journey == Some(name.as_str());
            !scope.journeys.is_empty() && !scope.journeys.iter().any(named)
        });
        bits & !elsewhere
    }
}

fn plan(index: usize, cap: &Cap, catalog: &dyn Catalog) -> Result<Option<Plan>, Problem> {
    let Some(text) = &cap.only_if else { return Ok(None) };
    let problem = |diagnostics: Vec<rule::Diagnostic>| {
        let first = diagnostics.first().map(|diagnostic| diagnostic.problem(text));
        let problem = first.unwrap_or_else(|| Problem::new("policy-rule", "the rule does not read"));
        problem.in_file(format!("cap {} of the contact policy", index + 1))
    };
    rule::compile(text, catalog).map(Some).map_err(problem)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Contents without categories, for marketing.
    pub(in crate::contact) struct Plain<'a>(pub(in crate::contact) &'a Rules);

    impl Labels for Plain<'_> {
        fn categories(&self, _: u32) -> &[String] {
            &[]
        }
        fn marks(&self, _: u32) -> Marks {
            self.0.marks(&[], Purpose::Marketing)
        }
        fn journey(&self, _: u32) -> &str {
            ""
        }
    }
}
