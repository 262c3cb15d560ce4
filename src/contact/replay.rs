//! What another policy would have made of the same messages: what goes, what goes later, what does not go at all. It says
//! nothing about what people would have done.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::tz::TimeZone;

use super::cap::{Labels, Sent, Tally};
use super::on_cap::OnCap;
use super::opening::{self, Waiting};
use super::rules::{Limits, Rules};
use super::{pressure, quiet};
use crate::model::message::HeldReason;
use crate::model::{Span, Time};

/// A message that is held is given up after this long.
const MOST_HELD: Span = Span::DAY;

/// What became of one person's messages, or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Messages that go, those that go later included.
    pub sent: u64,
    /// Messages that go later than they did.
    pub delayed: u64,
    /// Messages that do not go, by the code of the reason.
    held: [u64; HeldReason::ALL.len()],
}

impl Replayed {
    /// Messages that do not go for a reason.
    #[must_use]
    pub fn held(&self, reason: HeldReason) -> u64 {
        self.held.get(reason as usize).copied().unwrap_or(0)
    }

    /// Messages that do not go.
    #[must_use]
    pub fn held_in_all(&self) -> u64 {
        self.held.iter().sum()
    }

    /// Adds another person's.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.delayed += other.delayed;
        for (sum, more) in self.held.iter_mut().zip(other.held) {
            *sum += more;
        }
    }
}

/// Sends one person's messages again, in order of time, under a policy. `holding` are the limits that hold for the person,
/// `unlimited` says which messages no limit concerns.
pub fn replay(
    rules: &Rules,
    labels: &impl Labels,
    sends: &[Sent],
    zone: &TimeZone,
    holding: Limits,
    unlimited: impl Fn(&Sent) -> bool,
) -> Replayed {
    let mut queue: BinaryHeap<Reverse<(Time, usize)>> = BinaryHeap::new();
    queue.extend(sends.iter().enumerate().map(|(index, sent)| Reverse((sent.at, index))));
    let (mut kept, mut replayed) = (Vec::new(), Replayed::default());
    while let Some(Reverse((at, index))) = queue.pop() {
        let Some(first) = sends.get(index) else { continue };
        let message = Sent { at, ..*first };
        let closed = if unlimited(&message) {
            None
        } else {
            let limits = rules.stopping(&message, labels) & holding;
            closed(rules, labels, &Waiting { sends: &kept, message: &message, limits, zone })
        };
        match closed {
            None => {
                replayed.sent += 1;
                replayed.delayed += u64::from(at > first.at);
                kept.push(message);
            }
            Some((_, Some(until))) if until <= first.at + MOST_HELD => queue.push(Reverse((until, index))),
            Some((reason, _)) => {
                if let Some(count) = replayed.held.get_mut(reason as usize) {
                    *count += 1;
                }
            }
        }
    }
    replayed
}

/// What stops a message, and when it would be looked at again, if it waits.
fn closed(rules: &Rules, labels: &impl Labels, waiting: &Waiting<'_>) -> Option<(HeldReason, Option<Time>)> {
    let Waiting { sends, message, limits, zone } = *waiting;
    let at = message.at;
    let (reason, then) = if let Some(cap) = Tally::of(rules, sends, labels, zone, at).full(rules, limits) {
        (HeldReason::Cap, rules.caps.get(cap)?.on_cap)
    } else if let Some((pause, _)) = opening::pause(rules, labels, waiting, at) {
        (HeldReason::CoolDown, rules.cooldowns.get(pause)?.on_cap)
    } else if quiet::next_open(rules, message.channel, zone, at) > at {
        (HeldReason::QuietHours, OnCap::Hold)
    } else {
        let budget = rules.pressure.budget.filter(|_| rules.pressure.enforce)?;
        if pressure::at(&rules.pressure, sends, at) < budget {
            return None;
        }
        (HeldReason::Fatigue, rules.pressure.on_budget)
    };
    let waits = matches!(then, OnCap::Hold | OnCap::Retry(_));
    Some((reason, opening::first(rules, labels, waiting, at).filter(|_| waits)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::policy::Policy;
    use crate::contact::rules::tests::Plain;
    use crate::model::Channel;
    use crate::rule::OpenCatalog;

    fn hourly(policy: &str) -> Replayed {
        let rules =
            Rules::new(Policy::parse(&format!("name = \"t\"\n{policy}")).unwrap(), &OpenCatalog).unwrap();
        let at = |hour: i64| Time(hour * Span::HOUR.0);
        let sends: Vec<Sent> = (0..48).map(|hour| Sent::new(at(hour), Channel::Email, 0, None)).collect();
        replay(&rules, &Plain(&rules), &sends, &TimeZone::UTC, Limits::MAX, |_| false)
    }

    #[test]
    fn the_same_messages_under_other_policies() {
        assert_eq!((hourly("").sent, hourly("").held_in_all()), (48, 0));
        let skipped = hourly("[[cap]]\nlimit = 2\nwindow = \"1d\"\nkind = \"calendar\"\nzone = \"UTC\"\n");
        assert_eq!((skipped.sent, skipped.delayed, skipped.held(HeldReason::Cap)), (4, 0, 44));
        let night = hourly("[[quiet]]\nfrom = \"20:00\"\nto = \"08:00\"\n");
        assert_eq!((night.sent, night.delayed, night.held_in_all()), (48, 24, 0), "all wait for the morning");
        let held = hourly("[[cap]]\nlimit = 1\nwindow = \"5h\"\non_cap = \"hold\"\n");
        assert_eq!(held.sent + held.held(HeldReason::Cap), 48);
        assert!(held.delayed > 0 && held.sent < 20);
    }
}
