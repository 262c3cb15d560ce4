//! Windows of caps: where one begins, and when a send leaves it.

use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

use super::policy::{Cap, Unit, Weekday, WindowKind};
use crate::model::{Span, Time};

/// The first instant a cap still counts at `at`. A rolling window holds what happened at or after `at − window`: to be out
/// of it, a send must be older than that.
#[must_use]
pub fn start(cap: &Cap, zone: &TimeZone, at: Time) -> Time {
    match cap.kind {
        WindowKind::Rolling => at.back(cap.window),
        WindowKind::Calendar => unit(cap, zone, at, 1 - units(cap)),
    }
}

/// The first instant at which a send of `at` is no longer counted.
#[must_use]
pub fn leaves(cap: &Cap, zone: &TimeZone, at: Time) -> Time {
    match cap.kind {
        WindowKind::Rolling => at + cap.window + Span(1),
        WindowKind::Calendar => unit(cap, zone, at, units(cap)),
    }
}

fn units(cap: &Cap) -> i64 {
    cap.window.0 / cap.per.written().0
}

/// The start of the unit that is so many after the one that holds `at`.
fn unit(cap: &Cap, zone: &TimeZone, at: Time, after: i64) -> Time {
    let local = at.timestamp().to_zoned(zone.clone());
    if cap.per == Unit::Hour {
        let offset = i64::from(local.offset().seconds()) * 1_000;
        let hour = (at.0.saturating_add(offset)).div_euclid(Span::HOUR.0);
        return Time(hour.saturating_add(after).saturating_mul(Span::HOUR.0).saturating_sub(offset));
    }
    day(&local, cap, after).map_or(at, |start| Time::from_timestamp(start.timestamp()))
}

fn day(local: &Zoned, cap: &Cap, after: i64) -> Option<Zoned> {
    let date = local.date();
    let first = match cap.per {
        Unit::Hour | Unit::Day => date.checked_add(after.days()),
        Unit::Week => {
            let since = (Weekday::of(date.weekday()) as i64 - cap.week_starts as i64).rem_euclid(7);
            date.checked_add((after * 7 - since).days())
        }
        Unit::Month => date.first_of_month().checked_add(after.months()),
    };
    first.ok()?.to_zoned(local.time_zone().clone()).and_then(|day| day.start_of_day()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Policy;

    fn window(text: &str, zone: &str, at: &str) -> (String, String) {
        let text = format!("name = \"t\"\n[[cap]]\nlimit = 1\nkind = \"calendar\"\n{text}");
        let policy = Policy::parse(&text).unwrap();
        let (zone, at) = (TimeZone::get(zone).unwrap(), at.parse().unwrap());
        let cap = &policy.caps[0];
        let (from, to) = (start(cap, &zone, at), leaves(cap, &zone, at));
        assert!(start(cap, &zone, to) > at && start(cap, &zone, Time(to.0 - 1)) <= at, "{from} {at} {to}");
        (from.to_string(), to.to_string())
    }

    fn said(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn calendar_windows_begin_with_their_unit_and_count_the_running_one() {
        let at = "2026-05-14T10:20:30Z";
        assert_eq!(
            window("window = \"2d\"", "Europe/Berlin", at),
            said("2026-05-12T22:00:00.000Z", "2026-05-15T22:00:00.000Z")
        );
        assert_eq!(
            window("window = \"7d\"\nper = \"week\"", "UTC", at),
            said("2026-05-11T00:00:00.000Z", "2026-05-18T00:00:00.000Z"),
            "Monday"
        );
        assert_eq!(
            window("window = \"7d\"\nper = \"week\"\nweek_starts = \"sun\"", "UTC", at),
            said("2026-05-10T00:00:00.000Z", "2026-05-17T00:00:00.000Z")
        );
        assert_eq!(
            window("window = \"60d\"\nper = \"month\"", "UTC", at),
            said("2026-04-01T00:00:00.000Z", "2026-07-01T00:00:00.000Z")
        );
        assert_eq!(
            window("window = \"3h\"\nper = \"hour\"", "Asia/Kolkata", at),
            said("2026-05-14T07:30:00.000Z", "2026-05-14T12:30:00.000Z")
        );
    }

    #[test]
    fn days_of_a_clock_change_are_as_long_as_they_are() {
        assert_eq!(
            window("window = \"1d\"", "Europe/Berlin", "2026-03-29T12:00:00Z"),
            said("2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z")
        );
    }
}
