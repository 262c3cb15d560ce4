//! When may a message go that may not go now?

use jiff::tz::TimeZone;

use super::cap::{self, Labels, Sent};
use super::cooldown;
use super::pressure;
use super::quiet;
use super::rules::{Limits, Rules};
use crate::model::Time;

/// A message that looks for its moment, and who it is for.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// What was sent, in order of time.
    pub sends: &'a [Sent],
    /// The message.
    pub message: &'a Sent,
    /// The limits that can stop it.
    pub limits: Limits,
    /// The person's zone.
    pub zone: &'a TimeZone,
}

/// The first moment from `from` on with room under every cap, outside every pause and quiet hour, and under the budget
/// where it is enforced, nothing further being sent. Each is asked in turn until none of them moves it. `None` where there
/// is no such moment.
#[must_use]
pub fn first(rules: &Rules, labels: &impl Labels, waiting: &Waiting<'_>, from: Time) -> Option<Time> {
    let mut at = from;
    while at < Time::MAX {
        let moved = after_budget(rules, waiting.sends, after_limits(rules, labels, waiting, at))?;
        let open = quiet::next_open(rules, waiting.message.channel, waiting.zone, moved);
        if open == at {
            return Some(at);
        }
        at = open;
    }
    None
}

fn after_limits(rules: &Rules, labels: &impl Labels, waiting: &Waiting<'_>, at: Time) -> Time {
    let Waiting { sends, limits, zone, .. } = *waiting;
    let free = cap::free_at(rules, sends, limits, labels, zone, at);
    pause(rules, labels, waiting, at).map_or(free, |(_, end)| free.max(end))
}

/// The first pause that a message meets, as an index among the cool-downs, and its end.
#[must_use]
pub fn pause(rules: &Rules, labels: &impl Labels, waiting: &Waiting<'_>, at: Time) -> Option<(usize, Time)> {
    (0..rules.cooldowns.len()).find_map(|index| {
        if rules.bit_of_cooldown(index) & waiting.limits == 0 {
            return None;
        }
        let end = cooldown::ends(rules, index, waiting.sends, waiting.message, labels, at)?;
        Some((index, end))
    })
}

fn after_budget(rules: &Rules, sends: &[Sent], at: Time) -> Option<Time> {
    match rules.pressure.budget.filter(|_| rules.pressure.enforce) {
        Some(budget) => pressure::under(&rules.pressure, sends, budget, at),
        None => Some(at),
    }
}
