//! Frequency caps over a person's sends: is there room now, and if not, when will there be.

use jiff::tz::TimeZone;

use super::rules::{Limits, MOST, Marks, Rules};
use super::window;
use crate::model::{Channel, Time};

/// One past send of a person. Kept small: a person has hundreds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// When it was decided: the slot is reserved from then on.
    pub at: Time,
    /// On which channel.
    pub channel: Channel,
    /// The experience it carried, as an index into the library: the version that was sent, with the categories it had.
    pub experience: u32,
    /// The journey it came from, as an index into the library.
    pub journey: Option<u32>,
    /// Whether it arrived.
    pub delivered: bool,
    /// Whether it came back.
    pub bounced: bool,
    /// Whether it was clicked, or answered in case of a survey.
    pub clicked: bool,
}

impl Sent {
    /// A send of which nothing has been heard yet.
    #[must_use]
    pub fn new(at: Time, channel: Channel, experience: u32, journey: Option<u32>) -> Self {
        Self { at, channel, experience, journey, delivered: false, bounced: false, clicked: false }
    }
}

/// What a limit needs to know of a message: how a library's experience and journey are called.
pub trait Labels {
    /// The categories of an experience.
    fn categories(&self, experience: u32) -> &[String];
    /// What its categories and purpose mean for the policy's limits.
    fn marks(&self, experience: u32) -> Marks;
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
        /// Which, as an index into the policy's caps: the first that is full.
        rule: usize,
        /// Sends counted in its window.
        count: u32,
        /// The first moment every rule has room, nothing further being sent; the end of time if there is none.
        free_at: Time,
    },
}

/// How many sends each cap counts at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Tally([u32; MOST]);

impl Tally {
    /// Counts the sends, which are in order of time, once for all caps. A send the clock says is still to come was
    /// recorded before now all the same, so it counts.
    #[must_use]
    pub fn of(rules: &Rules, sends: &[Sent], labels: &impl Labels, zone: &TimeZone, at: Time) -> Self {
        let mut counts = [0; MOST];
        if sends.is_empty() {
            return Self(counts);
        }
        let mut starts = [Time::MAX; MOST];
        let mut earliest = Time::MAX;
        for (index, (cap, start)) in rules.caps.iter().zip(&mut starts).enumerate() {
            *start = window::start(cap, rules.zone(index, zone), at);
            earliest = earliest.min(*start);
        }
        for sent in sends.iter().rev().take_while(|sent| sent.at >= earliest) {
            for index in bits(rules.filled_by(sent, labels) & rules.caps_only()) {
                counts[index] += u32::from(sent.at >= starts[index]);
            }
        }
        Self(counts)
    }

    /// What one cap counts.
    #[must_use]
    pub fn count(&self, index: usize) -> u32 {
        self.0.get(index).copied().unwrap_or(0)
    }

    /// The first of these caps that is full.
    #[must_use]
    pub fn full(&self, rules: &Rules, limits: Limits) -> Option<usize> {
        bits(limits & rules.caps_only())
            .find(|index| rules.caps.get(*index).is_some_and(|cap| self.count(*index) >= cap.limit))
    }
}

fn bits(mut set: Limits) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let index = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (index < Limits::BITS).then_some(index as usize)
    })
}

/// Asks the caps that can stop a message for room at `now`. `sends` is in order of time.
#[must_use]
pub fn check(
    rules: &Rules,
    sends: &[Sent],
    limits: Limits,
    labels: &impl Labels,
    zone: &TimeZone,
    now: Time,
) -> CapVerdict {
    let tally = Tally::of(rules, sends, labels, zone, now);
    match tally.full(rules, limits) {
        None => CapVerdict::Free,
        Some(rule) => {
            let free_at = free_at(rules, sends, limits, labels, zone, now);
            CapVerdict::Full { rule, count: tally.count(rule), free_at }
        }
    }
}

/// The first moment from `now` on at which every one of these caps has room, nothing further being sent; the end of time
/// if there is none. Counts only fall, so each cap's own moment can be found by itself.
#[must_use]
pub fn free_at(
    rules: &Rules,
    sends: &[Sent],
    limits: Limits,
    labels: &impl Labels,
    zone: &TimeZone,
    now: Time,
) -> Time {
    let caps = bits(limits & rules.caps_only()).filter_map(|index| Some((index, rules.caps.get(index)?)));
    caps.fold(now, |latest, (index, cap)| {
        let zone = rules.zone(index, zone);
        // As many as the limit must have left before there is room for one more.
        let last = match cap.limit.checked_sub(1) {
            None => return Time::MAX,
            Some(before) => counted(rules, index, sends, labels, zone, now).nth(before as usize),
        };
        last.map_or(latest, |sent| latest.max(window::leaves(cap, zone, sent.at)))
    })
}

/// The sends that fill a cap at a moment, newest first.
pub fn counted<'a>(
    rules: &'a Rules,
    index: usize,
    sends: &'a [Sent],
    labels: &'a impl Labels,
    zone: &TimeZone,
    at: Time,
) -> impl Iterator<Item = &'a Sent> {
    let start =
        rules.caps.get(index).map_or(Time::MAX, |cap| window::start(cap, rules.zone(index, zone), at));
    let bit = rules.bit_of_cap(index);
    sends
        .iter()
        .rev()
        .take_while(move |sent| sent.at >= start)
        .filter(move |sent| rules.filled_by(sent, labels) & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::contact::Policy;
    use crate::contact::rules::tests::Plain;
    use crate::rule::OpenCatalog;

    fn policy(text: &str) -> Rules {
        Rules::new(Policy::parse(&format!("name = \"t\"\n{text}")).unwrap(), &OpenCatalog).unwrap()
    }

    fn sent(at: i64) -> Sent {
        Sent::new(Time(at), Channel::Email, 0, None)
    }

    fn ask(rules: &Rules, sends: &[Sent], now: i64) -> CapVerdict {
        let limits = rules.stopping(&sent(now), &Plain(rules));
        check(rules, sends, limits, &Plain(rules), &TimeZone::UTC, Time(now))
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
    fn a_send_from_a_clock_that_ran_ahead_counts() {
        let policy = policy("[[cap]]\nlimit=1\nwindow=\"2h\"");
        assert_eq!(
            ask(&policy, &[sent(5 * H)], H),
            CapVerdict::Full { rule: 0, count: 1, free_at: Time(7 * H + 1) }
        );
    }

    #[test]
    fn a_slot_of_deliveries_is_given_back_by_a_bounce() {
        let rules = policy("[[cap]]\nlimit=1\nwindow=\"2h\"\non=\"delivered\"");
        let mut sends = [sent(0)];
        assert!(matches!(ask(&rules, &sends, 1), CapVerdict::Full { .. }), "reserved when decided");
        sends[0].bounced = true;
        assert_eq!(ask(&rules, &sends, 1), CapVerdict::Free);
        let rules = policy("[[cap]]\nlimit=1\nwindow=\"2h\"");
        assert!(matches!(ask(&rules, &sends, 1), CapVerdict::Full { .. }), "an attempt is an attempt");
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
