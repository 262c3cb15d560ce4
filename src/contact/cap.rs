//! Frequency caps over a person's sends: is there room now, and if not, when will there be.

use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::policy::{Cap, CountOn, Policy, WindowKind};
use crate::model::{Channel, Span, Time};

/// One past send of a person. Kept small: a person has hundreds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// When it was decided: the slot is reserved from then on.
    pub at: Time,
    /// On which channel.
    pub channel: Channel,
    /// The experience it carried, as an index into the library.
    pub experience: u32,
    /// The journey it came from, as an index into the library.
    pub journey: Option<u32>,
    /// Whether it arrived.
    pub delivered: bool,
}

/// What a cap needs to know of a message: how a library's experience and journey are called.
pub trait Labels {
    /// The categories of an experience.
    fn categories(&self, experience: u32) -> &[String];
    /// The name of a journey.
    fn journey(&self, journey: u32) -> &str;
}

/// Whether a message finds room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapVerdict {
    /// Every rule has room.
    Free,
    /// A rule is full.
    Full {
        /// Which, as an index into [`Policy::caps`].
        rule: usize,
        /// Sends counted in its window.
        count: u32,
        /// The first moment every rule has room, nothing further being sent; the end of time if there is none.
        free_at: Time,
    },
}

/// Asks every rule of the policy for room at `now`. `sends` is in order of time.
#[must_use]
pub fn check(
    policy: &Policy,
    sends: &[Sent],
    message: &Sent,
    labels: &dyn Labels,
    zone: &TimeZone,
    now: Time,
) -> CapVerdict {
    let Some((rule, count)) = first_full(policy, sends, message, labels, zone, now) else {
        return CapVerdict::Free;
    };
    let mut free_at = now;
    // Each pass moves past one rule's obstacle, until none is left. A rule whose limit is nothing never frees.
    while let Some((full, _)) = first_full(policy, sends, message, labels, zone, free_at) {
        let Some(next) = next_change(&policy.caps[full], sends, labels, zone, free_at) else {
            free_at = Time::MAX;
            break;
        };
        free_at = next;
    }
    CapVerdict::Full { rule, count, free_at }
}

fn first_full(
    policy: &Policy,
    sends: &[Sent],
    message: &Sent,
    labels: &dyn Labels,
    zone: &TimeZone,
    at: Time,
) -> Option<(usize, u32)> {
    policy.caps.iter().enumerate().find_map(|(index, cap)| {
        if !applies(cap, message, labels) {
            return None;
        }
        let count = counted(cap, sends, labels, zone, at).count() as u32;
        (count >= cap.limit).then_some((index, count))
    })
}

/// Whether the rule can stop this message.
fn applies(cap: &Cap, message: &Sent, labels: &dyn Labels) -> bool {
    in_scope(cap, message, labels) && !is_exempt(cap, message, labels)
}

fn is_exempt(cap: &Cap, message: &Sent, labels: &dyn Labels) -> bool {
    let categories = labels.categories(message.experience);
    cap.exempt.iter().any(|exempt| categories.contains(exempt))
}

fn in_scope(cap: &Cap, message: &Sent, labels: &dyn Labels) -> bool {
    let categories = labels.categories(message.experience);
    (cap.channels.is_empty() || cap.channels.contains(&message.channel))
        && (cap.categories.is_empty() || cap.categories.iter().any(|c| categories.contains(c)))
        && (cap.journeys.is_empty()
            || message.journey.is_some_and(|j| cap.journeys.iter().any(|name| name == labels.journey(j))))
}

/// The sends that fill the rule at a moment, newest first.
pub fn counted<'a>(
    cap: &'a Cap,
    sends: &'a [Sent],
    labels: &'a dyn Labels,
    zone: &TimeZone,
    at: Time,
) -> impl Iterator<Item = &'a Sent> {
    let from = window_start(cap, zone, at);
    sends.iter().rev().take_while(move |sent| sent.at >= from).filter(move |sent| {
        sent.at <= at
            && (cap.on == CountOn::Sent || sent.delivered)
            && in_scope(cap, sent, labels)
            && (cap.exempt_counts || !is_exempt(cap, sent, labels))
    })
}

/// A rolling window holds what happened at or after `at − window`. To be out of it, a send must be older than that.
fn window_start(cap: &Cap, zone: &TimeZone, at: Time) -> Time {
    match cap.kind {
        WindowKind::Rolling => at.back(cap.window),
        WindowKind::Calendar => calendar_day(cap, zone, at, 1 - cap.window.0 / Span::DAY.0),
    }
}

/// The start of the calendar day `days` from the one that holds `at`.
fn calendar_day(cap: &Cap, zone: &TimeZone, at: Time, days: i64) -> Time {
    let named = cap.zone.as_deref().and_then(|name| TimeZone::get(name).ok());
    let zone = named.as_ref().unwrap_or(zone);
    at.timestamp()
        .to_zoned(zone.clone())
        .checked_add(days.days())
        .and_then(|day| day.start_of_day())
        .map_or(at, |start| Time::from_timestamp(start.timestamp()))
}

/// The next moment at which the rule's count can fall, if it ever does.
fn next_change(cap: &Cap, sends: &[Sent], labels: &dyn Labels, zone: &TimeZone, at: Time) -> Option<Time> {
    let oldest = counted(cap, sends, labels, zone, at).last()?;
    let next = match cap.kind {
        WindowKind::Rolling => oldest.at + cap.window + Span(1),
        WindowKind::Calendar => calendar_day(cap, zone, at, 1),
    };
    (next > at).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Plain;
    impl Labels for Plain {
        fn categories(&self, _: u32) -> &[String] {
            &[]
        }
        fn journey(&self, _: u32) -> &str {
            ""
        }
    }

    fn policy(text: &str) -> Policy {
        Policy::parse(&format!("name = \"t\"\n{text}")).unwrap()
    }

    fn sent(at: i64) -> Sent {
        Sent { at: Time(at), channel: Channel::Email, experience: 0, journey: None, delivered: true }
    }

    fn ask(policy: &Policy, sends: &[Sent], now: i64) -> CapVerdict {
        check(policy, sends, &sent(now), &Plain, &TimeZone::UTC, Time(now))
    }

    const H: i64 = 3_600_000;

    #[test]
    fn a_rolling_cap_frees_the_millisecond_the_oldest_leaves() {
        let policy = policy("[[cap]]\nchannels=[\"email\"]\nlimit=2\nwindow=\"24h\"");
        let sends = [sent(0), sent(H)];
        assert_eq!(
            ask(&policy, &sends, 2 * H),
            CapVerdict::Full { rule: 0, count: 2, free_at: Time(24 * H + 1) }
        );
        assert_eq!(
            ask(&policy, &sends, 24 * H),
            CapVerdict::Full { rule: 0, count: 2, free_at: Time(24 * H + 1) },
            "what happened exactly a window ago is still in it"
        );
        assert_eq!(ask(&policy, &sends, 24 * H + 1), CapVerdict::Free);
    }

    #[test]
    fn two_rules_are_waited_out_together() {
        let policy = policy("[[cap]]\nlimit=1\nwindow=\"2h\"\n[[cap]]\nlimit=2\nwindow=\"10h\"");
        let sends = [sent(0), sent(H)];
        assert_eq!(
            ask(&policy, &sends, H),
            CapVerdict::Full { rule: 0, count: 2, free_at: Time(10 * H + 1) }
        );
    }

    #[test]
    fn a_calendar_cap_frees_at_midnight_of_the_zone() {
        let policy = policy("[[cap]]\nlimit=1\nwindow=\"1d\"\nkind=\"calendar\"\nzone=\"Europe/Berlin\"");
        let evening: Time = "2026-03-28T22:30:00Z".parse().unwrap();
        let CapVerdict::Full { free_at, .. } = ask(&policy, &[sent(evening.0)], evening.0) else { panic!() };
        assert_eq!(free_at.to_string(), "2026-03-28T23:00:00.000Z");
    }

    #[test]
    fn a_calendar_window_of_several_days_is_waited_out_whole() {
        let policy = policy("[[cap]]\nlimit=1\nwindow=\"7d\"\nkind=\"calendar\"\nzone=\"UTC\"");
        let CapVerdict::Full { free_at, .. } = ask(&policy, &[sent(5 * H)], 6 * H) else { panic!() };
        assert_eq!(free_at, Time(7 * 24 * H));
    }

    #[test]
    fn a_limit_of_nothing_never_frees() {
        let policy = policy("[[cap]]\nlimit=0\nwindow=\"1h\"");
        assert_eq!(ask(&policy, &[], 5), CapVerdict::Full { rule: 0, count: 0, free_at: Time::MAX });
        assert_eq!(ask(&policy, &[sent(1)], 5), CapVerdict::Full { rule: 0, count: 1, free_at: Time::MAX });
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn free_at_is_the_first_free_moment(
            mut times in proptest::collection::vec(0_i64..200, 0..12), limit in 1_u32..4, window in 1_i64..60, now in 0_i64..220,
        ) {
            times.sort_unstable();
            times.retain(|t| *t <= now);
            let policy = policy(&format!("[[cap]]\nlimit={limit}\nwindow=\"{window}ms\""));
            let sends: Vec<Sent> = times.iter().map(|t| sent(*t)).collect();
            let full_at = |t: i64| times.iter().filter(|s| **s >= t - window && **s <= t).count() as u32 >= limit;
            match ask(&policy, &sends, now) {
                CapVerdict::Free => prop_assert!(!full_at(now)),
                CapVerdict::Full { free_at, count, .. } => {
                    prop_assert!(full_at(now));
                    prop_assert_eq!(count, times.iter().filter(|s| **s >= now - window).count() as u32);
                    prop_assert!((now..free_at.0).all(full_at));
                    prop_assert!(!full_at(free_at.0));
                }
            }
        }
    }
}
