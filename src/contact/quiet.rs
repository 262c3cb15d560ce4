//! Quiet hours in the person's zone.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{ToSpan, Zoned};

use super::policy::{Policy, Quiet, Weekday};
use crate::model::{Channel, Time};

/// The first moment at or after `now` outside every quiet period of the channel. Equal to `now` when nothing is quiet,
/// the end of time where the periods leave no moment free.
#[must_use]
pub fn next_open(policy: &Policy, channel: Channel, zone: &TimeZone, now: Time) -> Time {
    let mut at = now;
    // Periods may touch each other, so the end of one is asked again; what leaves nothing free in more than a week of
    // days never does.
    for _ in 0..=policy.quiet.len() * 9 {
        let ends = policy.quiet.iter().filter(|quiet| holds_for(quiet, channel));
        match ends.filter_map(|quiet| end_if_inside(quiet, zone, at)).max() {
            Some(end) if end > at => at = end,
            _ => return at,
        }
    }
    Time::MAX
}

fn holds_for(quiet: &Quiet, channel: Channel) -> bool {
    quiet.channels.is_empty() || quiet.channels.contains(&channel)
}

/// The end of the period that holds `at`, if one does: one that started today, or yesterday and crosses midnight.
fn end_if_inside(quiet: &Quiet, zone: &TimeZone, at: Time) -> Option<Time> {
    let local = at.timestamp().to_zoned(zone.clone());
    [0, -1].into_iter().find_map(|back| {
        let day = local.date().checked_add(back.days()).ok()?;
        if !quiet.days.is_empty() && !quiet.days.contains(&Weekday::of(day.weekday())) {
            return None;
        }
        let last = if quiet.to > quiet.from { day } else { day.checked_add(1.days()).ok()? };
        let start = existing(DateTime::from_parts(day, quiet.from), zone)?;
        let end = last_existing(DateTime::from_parts(last, quiet.to), zone)?;
        let inside = start.timestamp() <= local.timestamp() && local.timestamp() < end.timestamp();
        inside.then(|| Time::from_timestamp(end.timestamp()))
    })
}

/// A civil time in a zone; inside a DST gap, the next minute that exists.
fn existing(civil: DateTime, zone: &TimeZone) -> Option<Zoned> {
    let zoned = zone.to_ambiguous_zoned(civil);
    if matches!(zoned.offset(), AmbiguousOffset::Gap { .. }) {
        // The later reading of a gap is the gap's length too late, so step back to the transition itself.
        let after = zoned.later().ok()?;
        let transition = zone.preceding(after.timestamp()).next()?;
        return Some(transition.timestamp().to_zoned(zone.clone()));
    }
    zoned.compatible().ok()
}

/// As [`existing`], but the second of two where the clock goes back: a period ends when its end was shown for good.
fn last_existing(civil: DateTime, zone: &TimeZone) -> Option<Zoned> {
    let zoned = zone.to_ambiguous_zoned(civil);
    if matches!(zoned.offset(), AmbiguousOffset::Fold { .. }) {
        zoned.later().ok()
    } else {
        existing(civil, zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(extra: &str) -> Policy {
        Policy::parse(&format!("name=\"t\"\n[[quiet]]\nfrom=\"21:00\"\nto=\"08:00\"\n{extra}")).unwrap()
    }

    fn open(policy: &Policy, zone: &str, at: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        next_open(policy, Channel::Email, &zone, at.parse().unwrap()).to_string()
    }

    #[test]
    fn the_night_is_waited_out() {
        let p = policy("");
        assert_eq!(open(&p, "UTC", "2026-05-12T20:59:59.999Z"), "2026-05-12T20:59:59.999Z");
        assert_eq!(open(&p, "UTC", "2026-05-12T21:00:00Z"), "2026-05-13T08:00:00.000Z");
        assert_eq!(open(&p, "UTC", "2026-05-13T03:00:00Z"), "2026-05-13T08:00:00.000Z");
        assert_eq!(open(&p, "UTC", "2026-05-13T08:00:00Z"), "2026-05-13T08:00:00.000Z");
        assert_eq!(open(&p, "Europe/Berlin", "2026-05-12T19:30:00Z"), "2026-05-13T06:00:00.000Z");
    }

    #[test]
    fn a_night_belongs_to_the_day_it_starts() {
        let p = policy("days=[\"fri\"]");
        assert_eq!(open(&p, "UTC", "2026-05-16T03:00:00Z"), "2026-05-16T08:00:00.000Z", "Saturday morning");
        assert_eq!(open(&p, "UTC", "2026-05-15T03:00:00Z"), "2026-05-15T03:00:00.000Z", "Friday morning");
    }

    #[test]
    fn a_period_that_ends_in_a_dst_gap_ends_at_the_next_minute() {
        let p = Policy::parse("name=\"t\"\n[[quiet]]\nfrom=\"01:00\"\nto=\"02:30\"").unwrap();
        assert_eq!(open(&p, "Europe/Berlin", "2026-03-29T00:30:00Z"), "2026-03-29T01:00:00.000Z");
    }

    #[test]
    fn a_period_that_ends_in_an_hour_shown_twice_ends_with_the_second() {
        let p = Policy::parse("name=\"t\"\n[[quiet]]\nfrom=\"01:00\"\nto=\"02:30\"").unwrap();
        assert_eq!(open(&p, "Europe/Berlin", "2026-10-25T00:45:00Z"), "2026-10-25T01:30:00.000Z");
    }

    #[test]
    fn periods_that_leave_nothing_free_never_open() {
        let p = Policy::parse(
            "name=\"t\"\n[[quiet]]\nfrom=\"08:00\"\nto=\"20:00\"\n[[quiet]]\nfrom=\"20:00\"\nto=\"08:00\"",
        )
        .unwrap();
        assert_eq!(next_open(&p, Channel::Email, &TimeZone::UTC, Time(0)), Time::MAX);
    }

    #[test]
    fn touching_periods_are_waited_out_together() {
        let p = policy("[[quiet]]\nfrom=\"08:00\"\nto=\"09:00\"");
        assert_eq!(open(&p, "UTC", "2026-05-13T03:00:00Z"), "2026-05-13T09:00:00.000Z");
    }
}
