//! Instants in UTC milliseconds and exact spans. Calendars and zones come from `jiff`; the clock itself is never read here.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(pub i64);

/// A length of time in milliseconds. `30d` is 30 × 24 h, whatever the calendar says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span(pub i64);

impl Time {
    /// The earliest instant there is.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant there is.
    pub const MAX: Self = Self(i64::MAX);

    /// The instant as a jiff timestamp, clamped to the years jiff knows (−9999 to 9999).
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        let clamped = self.0.clamp(-377_705_023_201_000, 253_402_207_200_999);
        Timestamp::from_millisecond(clamped).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// From a jiff timestamp, cut to milliseconds.
    #[must_use]
    pub fn from_timestamp(timestamp: Timestamp) -> Self {
        Self(timestamp.as_millisecond())
    }

    /// Whole hours since the epoch.
    #[must_use]
    pub fn hour(self) -> i64 {
        self.0.div_euclid(Span::HOUR.0)
    }

    /// Whole UTC days since the epoch.
    #[must_use]
    pub fn day(self) -> i64 {
        self.0.div_euclid(Span::DAY.0)
    }

    /// `Tue 12 May 2026 14:20` in the given zone.
    #[must_use]
    pub fn long(self, zone: &TimeZone) -> String {
        self.timestamp().to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string()
    }

    /// `14:20:07` in the given zone.
    #[must_use]
    pub fn clock(self, zone: &TimeZone) -> String {
        self.timestamp().to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
    }

    /// `2026-05-12 14:20` in the given zone.
    #[must_use]
    pub fn short(self, zone: &TimeZone) -> String {
        self.timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// This instant minus a span, stopping at the ends of time.
    #[must_use]
    pub fn back(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub for Time {
    type Output = Span;
    fn sub(self, other: Self) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC with milliseconds: `2026-05-12T14:20:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.timestamp().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
    }
}

/// The text is no instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotATime(pub String);

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no date or time; write 2026-05-12 or 2026-05-12T14:20:00Z", self.0)
    }
}

impl std::error::Error for NotATime {}

impl FromStr for Time {
    type Err = NotATime;

    /// RFC 3339, or a plain date or civil date-time read as UTC.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let text = text.trim();
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Ok(Self::from_timestamp(timestamp));
        }
        text.parse::<jiff::civil::DateTime>()
            .or_else(|_| text.parse::<jiff::civil::Date>().map(jiff::civil::DateTime::from))
            .ok()
            .and_then(|civil| civil.to_zoned(TimeZone::UTC).ok())
            .map(|zoned| Self::from_timestamp(zoned.timestamp()))
            .ok_or_else(|| NotATime(text.to_owned()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// One second.
    pub const SECOND: Self = Self(1_000);
    /// One minute.
    pub const MINUTE: Self = Self(60_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);
    /// Twenty-four hours.
    pub const DAY: Self = Self(86_400_000);

    /// `n` times 24 hours.
    #[must_use]
    pub const fn days(n: i64) -> Self {
        Self(n.saturating_mul(Self::DAY.0))
    }

    /// `n` hours.
    #[must_use]
    pub const fn hours(n: i64) -> Self {
        Self(n.saturating_mul(Self::HOUR.0))
    }

    /// `n` minutes.
    #[must_use]
    pub const fn minutes(n: i64) -> Self {
        Self(n.saturating_mul(Self::MINUTE.0))
    }

    /// The length in days.
    #[must_use]
    pub fn as_days(self) -> f64 {
        self.0 as f64 / Self::DAY.0 as f64
    }
}

const UNITS: [(&str, i64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl fmt::Display for Span {
    /// The largest unit that is exact: `30d`, `36h`, `90m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        for (unit, length) in UNITS.into_iter().skip(1) {
            if self.0 % length == 0 {
                return f.pad(&format!("{}{unit}", self.0 / length));
            }
        }
        Ok(())
    }
}

/// The text is no span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASpan(pub String);

impl fmt::Display for NotASpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no length of time; write a number and a unit, such as 30d, 12h, 90m", self.0)
    }
}

impl std::error::Error for NotASpan {}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let length = UNITS.into_iter().find(|(name, _)| *name == unit.trim()).map(|(_, length)| length);
        number
            .parse::<i64>()
            .ok()
            .zip(length)
            .and_then(|(n, length)| n.checked_mul(length))
            .map(Self)
            .ok_or_else(|| NotASpan(text.to_owned()))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_print() {
        assert_eq!("30d".parse::<Span>(), Ok(Span::days(30)));
        assert_eq!("2w".parse::<Span>().unwrap().to_string(), "14d");
        assert_eq!("36h".parse::<Span>().unwrap().to_string(), "36h");
        assert!("30 fortnights".parse::<Span>().is_err());
        assert!("".parse::<Span>().is_err());
    }

    #[test]
    fn times_read_and_print() {
        let time: Time = "2026-06-30".parse().unwrap();
        assert_eq!(time, Time(1_782_777_600_000));
        assert_eq!(time.to_string(), "2026-06-30T00:00:00.000Z");
        assert_eq!("2026-06-30T02:00:00+02:00".parse::<Time>(), Ok(time));
        assert!("yesterday".parse::<Time>().is_err());
    }
}
