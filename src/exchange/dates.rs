//! Moments as files write them. What only a whole column can decide (day or month first) is decided over the column;
//! what it cannot decide is asked, never assumed.

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::model::Time;

/// How a column writes its moments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeFormat {
    /// RFC 3339, `yyyy-mm-dd hh:mm:ss`, `yyyy/mm/dd` or `dd.mm.yyyy`: whatever reads one way only.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// `31/12/2026` or `31-12-2026`, with or without a time of day.
    #[serde(rename = "dd/mm/yyyy")]
    DayFirst,
    /// `12/31/2026`, with or without a time of day.
    #[serde(rename = "mm/dd/yyyy")]
    MonthFirst,
    /// Seconds since 1970.
    #[serde(rename = "epoch-s")]
    EpochSeconds,
    /// Milliseconds since 1970.
    #[serde(rename = "epoch-ms")]
    EpochMillis,
    /// Microseconds since 1970.
    #[serde(rename = "epoch-us")]
    EpochMicros,
}

/// Why a text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFault {
    /// Not of the column's form.
    Unreadable,
    /// A date or time of day that does not exist, such as 31 February.
    NoSuchDay,
    /// Before 1970 or after 2100: nearly always a mistake.
    OutOfRange,
    /// Day and month could be either way round.
    Unclear,
}

const EARLIEST: i64 = 0;
const LATEST: i64 = 4_133_980_800_000;

/// Reads moments of one column.
#[derive(Debug, Clone)]
pub struct TimeReader {
    format: TimeFormat,
    /// `None` is UTC, which needs no table.
    zone: Option<TimeZone>,
}

impl TimeReader {
    /// A reader of this format whose naive moments are in this zone.
    #[must_use]
    pub fn new(format: TimeFormat, zone: TimeZone) -> Self {
        let zone = (zone.iana_name() != Some("UTC")).then_some(zone);
        Self { format, zone }
    }

    /// Reads one moment.
    ///
    /// # Errors
    /// Why it is none.
    #[inline]
    pub fn read(&self, text: &str) -> Result<Time, TimeFault> {
        let time = match self.format {
            TimeFormat::Auto => match rfc3339(text.as_bytes()) {
                Some(time) => time,
                None => self.civil(text)?,
            },
            TimeFormat::DayFirst | TimeFormat::MonthFirst => self.civil(text)?,
            TimeFormat::EpochSeconds => epoch(text, 1_000, 1)?,
            TimeFormat::EpochMillis => epoch(text, 1, 1)?,
            TimeFormat::EpochMicros => epoch(text, 1, 1_000)?,
        };
        in_range(time)
    }

    /// A date from three cells.
    ///
    /// # Errors
    /// Why they are none.
    pub fn of_parts(&self, year: &str, month: &str, day: &str) -> Result<Time, TimeFault> {
        let number = |text: &str| text.parse::<i64>().map_err(|_| TimeFault::Unreadable);
        let date = civil_date(number(year)?, number(month)?, number(day)?)?;
        in_range(self.instant(date, civil::Time::midnight(), None)?)
    }

    fn civil(&self, text: &str) -> Result<Time, TimeFault> {
        let (date, rest) = split_date(text).ok_or(TimeFault::Unreadable)?;
        let (clock, offset) = time_of_day(rest).ok_or(TimeFault::Unreadable)?;
        let date = match date {
            DateText::YearFirst(y, m, d) | DateText::Dotted(d, m, y) => civil_date(y, m, d)?,
            DateText::Slashed(a, b, y) => match self.format {
                TimeFormat::DayFirst => civil_date(y, b, a)?,
                TimeFormat::MonthFirst => civil_date(y, a, b)?,
                _ if a > 12 => civil_date(y, b, a)?,
                _ if b > 12 => civil_date(y, a, b)?,
                _ if a == b => civil_date(y, a, b)?,
                _ => return Err(TimeFault::Unclear),
            },
        };
        self.instant(date, clock.ok_or(TimeFault::NoSuchDay)?, offset)
    }

    fn instant(&self, date: civil::Date, clock: civil::Time, offset: Option<i64>) -> Result<Time, TimeFault> {
        let moment = date.to_datetime(clock);
        match (&self.zone, offset) {
            (Some(zone), None) => moment
                .to_zoned(zone.clone())
                .map(|zoned| Time::from_timestamp(zoned.timestamp()))
                .map_err(|_| TimeFault::NoSuchDay),
            (_, offset) => {
                let days =
                    days_from_civil(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
                let of_day = i64::from(clock.hour()) * 3_600_000
                    + i64::from(clock.minute()) * 60_000
                    + i64::from(clock.second()) * 1_000
                    + i64::from(clock.millisecond());
                Ok(Time(days * 86_400_000 + of_day - offset.unwrap_or(0) * 60_000))
            }
        }
    }
}

fn in_range(time: Time) -> Result<Time, TimeFault> {
    if (EARLIEST..LATEST).contains(&time.0) { Ok(time) } else { Err(TimeFault::OutOfRange) }
}

fn epoch(text: &str, factor: i64, divisor: i64) -> Result<Time, TimeFault> {
    let whole = match text.split_once('.') {
        // Seconds with decimals keep their milliseconds.
        Some((whole, fraction)) if factor == 1_000 => {
            let millis = fraction.get(..3.min(fraction.len())).unwrap_or("");
            let scaled = format!("{whole}{millis:0<3}");
            return scaled.parse().map(Time).map_err(|_| TimeFault::Unreadable);
        }
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        Some(_) => return Err(TimeFault::Unreadable),
        None => text,
    };
    let number: i64 = whole.parse().map_err(|_| TimeFault::Unreadable)?;
    number.checked_mul(factor).map(|n| Time(n.div_euclid(divisor))).ok_or(TimeFault::OutOfRange)
}

fn civil_date(year: i64, month: i64, day: i64) -> Result<civil::Date, TimeFault> {
    let small = |n: i64| i8::try_from(n).map_err(|_| TimeFault::NoSuchDay);
    let year = i16::try_from(year).map_err(|_| TimeFault::NoSuchDay)?;
    civil::Date::new(year, small(month)?, small(day)?).map_err(|_| TimeFault::NoSuchDay)
}

/// Days since 1970 of a civil date (Howard Hinnant's `days_from_civil`).
#[inline]
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

const MONTH_DAYS: [i64; 13] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// `2026-05-12T14:20:00[.123]Z`, the form machines write, without going through a general parser.
#[inline]
fn rfc3339(text: &[u8]) -> Option<Time> {
    let (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, t, h1, h2, b':', n1, n2, b':', s1, s2], rest) =
        text.split_first_chunk::<19>()?
    else {
        return None;
    };
    if t != b'T' && t != b' ' && t != b't' {
        return None;
    }
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2];
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pair = |a: u8, b: u8| i64::from(a - b'0') * 10 + i64::from(b - b'0');
    let year = pair(y1, y2) * 100 + pair(y3, y4);
    let (month, day) = (pair(m1, m2), pair(d1, d2));
    let (hour, minute, second) = (pair(h1, h2), pair(n1, n2), pair(s1, s2));
    let (millis, zone) = fraction(rest)?;
    if zone != b"Z" && zone != b"z" {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = *MONTH_DAYS.get(usize::try_from(month).ok()?)?;
    // Impossible dates are left to the careful reader, which knows how to say so.
    if month == 0 || day == 0 || day > last || (month == 2 && day == 29 && !leap) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_from_civil(year, month, day);
    Some(Time(days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1_000 + millis))
}

/// The milliseconds of `.123456` and what follows.
#[inline]
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    match text {
        [b'.' | b',', a, b, c, rest @ ..]
            if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit() =>
        {
            let millis = i64::from(a - b'0') * 100 + i64::from(b - b'0') * 10 + i64::from(c - b'0');
            let more = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            Some((millis, rest.get(more..)?))
        }
        [b'.' | b',', rest @ ..] => {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let mut millis = 0;
            for place in 0..3 {
                millis = millis * 10 + rest.get(..digits)?.get(place).map_or(0, |b| i64::from(b - b'0'));
            }
            (digits > 0).then_some((millis, rest.get(digits..)?))
        }
        rest => Some((0, rest)),
    }
}

enum DateText {
    YearFirst(i64, i64, i64),
    Dotted(i64, i64, i64),
    Slashed(i64, i64, i64),
}

fn split_date(text: &str) -> Option<(DateText, &str)> {
    let (a, rest) = digits(text)?;
    let separator = rest.chars().next()?;
    if !matches!(separator, '-' | '.' | '/') {
        return None;
    }
    let (b, rest) = digits(rest.get(1..)?)?;
    let (c, rest) = digits(rest.strip_prefix(separator)?)?;
    let year = |(value, length): (i64, usize)| match length {
        4 => Some(value),
        // Two digits are this century for 00 to 69, the last one otherwise, as POSIX reads them.
        2 => Some(if value < 70 { 2000 + value } else { 1900 + value }),
        _ => None,
    };
    let short = |(value, length): (i64, usize)| (length <= 2).then_some(value);
    let date = match separator {
        _ if a.1 == 4 => DateText::YearFirst(a.0, short(b)?, short(c)?),
        '.' => DateText::Dotted(short(a)?, short(b)?, year(c)?),
        _ => DateText::Slashed(short(a)?, short(b)?, year(c)?),
    };
    Some((date, rest))
}

/// A number and how many digits it has, then the rest.
fn digits(text: &str) -> Option<((i64, usize), &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(count)?;
    (1..=4).contains(&count).then(|| number.parse().ok().map(|n| ((n, count), rest)))?
}

/// The time of day (none where it cannot exist) and the offset in minutes.
type Clock = (Option<civil::Time>, Option<i64>);

fn time_of_day(text: &str) -> Option<Clock> {
    let text = text.strip_prefix(['T', 't', ',']).unwrap_or(text).trim();
    if text.is_empty() {
        return Some((Some(civil::Time::midnight()), None));
    }
    let ((hour, _), rest) = digits(text)?;
    let ((minute, 2), rest) = digits(rest.strip_prefix(':')?)? else { return None };
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => {
            let ((second, 2), rest) = digits(rest)? else { return None };
            (second, rest)
        }
        None => (0, rest),
    };
    let (millis, rest) = fraction(rest.as_bytes())?;
    let rest = std::str::from_utf8(rest).ok()?.trim();
    let (hour, rest) = half_day(hour, rest)?;
    let offset = if rest.is_empty() { None } else { Some(offset_minutes(rest)?) };
    let small = |n: i64| i8::try_from(n).ok();
    // A leap second is the last second of its minute.
    let second = if second == 60 { 59 } else { second };
    let clock = match (small(hour), small(minute), small(second)) {
        (Some(h), Some(m), Some(s)) => {
            civil::Time::new(h, m, s, i32::try_from(millis).ok()? * 1_000_000).ok()
        }
        _ => None,
    };
    Some((clock, offset))
}

fn half_day(hour: i64, rest: &str) -> Option<(i64, &str)> {
    let half = rest.get(..2).map(str::to_ascii_lowercase);
    match half.as_deref() {
        Some("am") if hour <= 12 => Some((hour % 12, rest.get(2..)?.trim_start())),
        Some("pm") if hour <= 12 => Some((hour % 12 + 12, rest.get(2..)?.trim_start())),
        Some("am" | "pm") => None,
        _ => Some((hour, rest)),
    }
}

fn offset_minutes(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("gmt")
    {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let plain: String = rest.chars().filter(|c| *c != ':').collect();
    if !plain.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i64, i64) = match plain.len() {
        2 => (plain.parse().ok()?, 0),
        4 => (plain.get(..2)?.parse().ok()?, plain.get(2..)?.parse().ok()?),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// What a column's values say about its format.
#[derive(Debug, Clone, Default)]
pub struct FormatEvidence {
    day_first: u64,
    month_first: u64,
    unclear: u64,
    plain: u64,
    epoch: [u64; 3],
    others: u64,
}

/// What a column's values decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatVerdict {
    /// They are moments of this format.
    Is(TimeFormat),
    /// They are dates, but day and month could be either way round.
    Unclear,
    /// They are no moments.
    NoTime,
}

impl FormatEvidence {
    /// Takes one more value into account.
    pub fn see(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let auto = TimeReader { format: TimeFormat::Auto, zone: None };
        match split_date(text) {
            Some((DateText::Slashed(a, b, _), _)) if a <= 12 && b <= 12 => self.unclear += u64::from(a != b),
            Some((DateText::Slashed(a, _, _), _)) if auto.read(text).is_ok() => {
                if a > 12 {
                    self.day_first += 1;
                } else {
                    self.month_first += 1;
                }
            }
            Some(_) if auto.read(text).is_ok() => self.plain += 1,
            Some(_) => self.others += 1,
            None => self.see_number(text),
        }
    }

    fn see_number(&mut self, text: &str) {
        let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
        let slot = match whole.len() {
            _ if !whole.bytes().all(|b| b.is_ascii_digit()) => None,
            9 | 10 => Some(0),
            12 | 13 => Some(1),
            15 | 16 => Some(2),
            _ => None,
        };
        match slot.and_then(|slot| self.epoch.get_mut(slot)) {
            Some(count) => *count += 1,
            None => self.others += 1,
        }
    }

    /// Whether values of the `a/b/year` form were seen, so that a sample may not be enough.
    #[must_use]
    pub fn has_slashes(&self) -> bool {
        self.day_first + self.month_first + self.unclear > 0
    }

    /// What the values decide. A few unreadable ones do not change what a column is; they are rejected row by row.
    #[must_use]
    pub fn verdict(&self) -> FormatVerdict {
        let slashed = self.day_first + self.month_first + self.unclear;
        let epochs: u64 = self.epoch.iter().sum();
        let times = slashed + self.plain + epochs;
        if times == 0 || self.others > times / 4 {
            return FormatVerdict::NoTime;
        }
        if epochs > self.plain + slashed {
            let formats = [TimeFormat::EpochSeconds, TimeFormat::EpochMillis, TimeFormat::EpochMicros];
            let most = self.epoch.iter().zip(formats).max_by_key(|(count, _)| **count);
            return most.map_or(FormatVerdict::NoTime, |(_, format)| FormatVerdict::Is(format));
        }
        if self.day_first > self.month_first {
            FormatVerdict::Is(TimeFormat::DayFirst)
        } else if self.month_first > self.day_first {
            FormatVerdict::Is(TimeFormat::MonthFirst)
        } else if self.unclear > 0 || self.day_first > 0 {
            FormatVerdict::Unclear
        } else {
            FormatVerdict::Is(TimeFormat::Auto)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(format: TimeFormat) -> TimeReader {
        TimeReader::new(format, TimeZone::UTC)
    }

    #[test]
    fn moments_of_many_forms_read() {
        use TimeFormat::{Auto, DayFirst, EpochMicros, EpochMillis, EpochSeconds, MonthFirst};
        let cases: [(&str, TimeFormat, Result<&str, TimeFault>); 32] = [
            ("2026-01-15T08:30:12.123Z", Auto, Ok("2026-01-15T08:30:12.123Z")),
            ("2026-01-15T08:30:12Z", Auto, Ok("2026-01-15T08:30:12.000Z")),
            ("2026-01-15T08:30:12.123456Z", Auto, Ok("2026-01-15T08:30:12.123Z")),
            ("2026-01-15T08:30:12.5+02:00", Auto, Ok("2026-01-15T06:30:12.500Z")),
            ("2025-10-07 09:50:26 +0200", Auto, Ok("2025-10-07T07:50:26.000Z")),
            ("2026-01-15 08:30:12 UTC", Auto, Ok("2026-01-15T08:30:12.000Z")),
            ("2026-01-15 08:30:12", Auto, Ok("2026-01-15T08:30:12.000Z")),
            ("2026-01-15 08:30", Auto, Ok("2026-01-15T08:30:00.000Z")),
            ("2026-01-15", Auto, Ok("2026-01-15T00:00:00.000Z")),
            ("2026/01/15", Auto, Ok("2026-01-15T00:00:00.000Z")),
            ("15.01.2026", Auto, Ok("2026-01-15T00:00:00.000Z")),
            ("5.1.26", Auto, Ok("2026-01-05T00:00:00.000Z")),
            ("15.01.2026 08:30", Auto, Ok("2026-01-15T08:30:00.000Z")),
            ("15.01.2026, 08:30:12", Auto, Ok("2026-01-15T08:30:12.000Z")),
            ("15/01/2026", DayFirst, Ok("2026-01-15T00:00:00.000Z")),
            ("01/15/2026 8:05 PM", MonthFirst, Ok("2026-01-15T20:05:00.000Z")),
            ("01/15/2026 12:05 AM", MonthFirst, Ok("2026-01-15T00:05:00.000Z")),
            ("03/04/2026", DayFirst, Ok("2026-04-03T00:00:00.000Z")),
            ("03/04/2026", MonthFirst, Ok("2026-03-04T00:00:00.000Z")),
            ("03/04/2026", Auto, Err(TimeFault::Unclear)),
            ("15/01/2026", MonthFirst, Err(TimeFault::NoSuchDay)),
            ("1782777600", EpochSeconds, Ok("2026-06-30T00:00:00.000Z")),
            ("1782777600.25", EpochSeconds, Ok("2026-06-30T00:00:00.250Z")),
            ("1782777600000", EpochMillis, Ok("2026-06-30T00:00:00.000Z")),
            ("1782777600000000", EpochMicros, Ok("2026-06-30T00:00:00.000Z")),
            ("2024-02-29", Auto, Ok("2024-02-29T00:00:00.000Z")),
            ("2026-02-29T00:00:00Z", Auto, Err(TimeFault::NoSuchDay)),
            ("2026-01-15T25:00:00Z", Auto, Err(TimeFault::NoSuchDay)),
            ("1026-01-15T08:30:12Z", Auto, Err(TimeFault::OutOfRange)),
            ("yesterday", Auto, Err(TimeFault::Unreadable)),
            ("", Auto, Err(TimeFault::Unreadable)),
            ("2026-01-15T08:30:12.123Zjunk", Auto, Err(TimeFault::Unreadable)),
        ];
        for (text, format, expected) in cases {
            assert_eq!(utc(format).read(text).map(|t| t.to_string()), expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn naive_moments_are_in_the_zone_of_the_mapping() {
        let berlin = TimeReader::new(TimeFormat::Auto, TimeZone::get("Europe/Berlin").unwrap());
        let read = |text: &str| berlin.read(text).unwrap().to_string();
        assert_eq!(read("2026-07-01 12:00"), "2026-07-01T10:00:00.000Z");
        assert_eq!(read("2026-01-01 12:00"), "2026-01-01T11:00:00.000Z");
        assert_eq!(read("2026-07-01T12:00:00Z"), "2026-07-01T12:00:00.000Z");
        assert_eq!(read("2026-03-29 02:30"), "2026-03-29T01:30:00.000Z", "the hour that does not exist");
    }

    #[test]
    fn the_fast_reader_and_the_careful_one_agree_on_every_day() {
        let mut day = civil::date(1970, 1, 1);
        while day < civil::date(2100, 1, 1) {
            let text = format!("{day}T23:59:58.007Z");
            let careful: Time = text.parse().unwrap();
            assert_eq!(rfc3339(text.as_bytes()), Some(careful), "{text}");
            day = day.tomorrow().unwrap();
        }
    }

    #[test]
    fn a_column_decides_day_or_month_first() {
        let verdict = |values: &[&str]| {
            let mut evidence = FormatEvidence::default();
            values.iter().for_each(|value| evidence.see(value));
            evidence.verdict()
        };
        assert_eq!(verdict(&["01/02/2026", "13/02/2026"]), FormatVerdict::Is(TimeFormat::DayFirst));
        assert_eq!(verdict(&["01/02/2026", "02/13/2026"]), FormatVerdict::Is(TimeFormat::MonthFirst));
        assert_eq!(verdict(&["01/02/2026", "03/04/2026"]), FormatVerdict::Unclear);
        assert_eq!(verdict(&["1782777600"]), FormatVerdict::Is(TimeFormat::EpochSeconds));
        assert_eq!(verdict(&["1782777600000"]), FormatVerdict::Is(TimeFormat::EpochMillis));
        assert_eq!(verdict(&["2026-01-02", "2.1.2026"]), FormatVerdict::Is(TimeFormat::Auto));
        assert_eq!(verdict(&["red", "blue"]), FormatVerdict::NoTime);
    }
}
