//! Dates as people write them elsewhere, and days that never were.

use jiff::civil::Date;

/// What is wrong with a text that is meant as a date, and what to write; `None` if it is not meant as one, or is right.
pub(super) fn fault(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let (day, written) = meant(text)?;
    match day {
        Ok(date) if written == Order::YearFirst && text.starts_with(&date.to_string()) => None,
        Ok(date) => {
            Some((format!("`{text}` is no date as written here"), format!("write {date}, the year first")))
        }
        Err(why) => Some(why.said(text)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    YearFirst,
    DayFirst,
}

/// A day that is not in the calendar.
enum Never {
    Month(u16),
    Day { year: i16, month: i8, days: i8 },
}

impl Never {
    fn said(&self, text: &str) -> (String, String) {
        match self {
            Self::Month(month) => {
                (format!("`{text}` does not exist: there is no month {month}"), "write 2026-01-31".to_owned())
            }
            Self::Day { year, month, days } => {
                let name = usize::try_from(*month - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"it");
                (
                    format!("`{text}` does not exist: {name} {year} has {days} days"),
                    format!("write {year:04}-{month:02}-{days:02}, its last day"),
                )
            }
        }
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The day that is meant by `2026-01-31…` or `31.01.2026`, if either is the form.
fn meant(text: &str) -> Option<(Result<Date, Never>, Order)> {
    let date = text.split(['T', 't', ' ']).next().unwrap_or(text);
    let parts = |separator: char| -> Option<[u16; 3]> {
        let parts: Vec<u16> = date.split(separator).map(|part| part.parse().ok()).collect::<Option<_>>()?;
        parts.try_into().ok()
    };
    let digits = |at: usize| date.bytes().take_while(u8::is_ascii_digit).count() == at;
    if digits(4)
        && let Some([year, month, day]) = parts('-')
    {
        return Some((civil(year, month, day)?, Order::YearFirst));
    }
    let [day, month, year] = parts('.').or_else(|| parts('/')).filter(|[.., year]| *year >= 1_000)?;
    Some((civil(year, month, day)?, Order::DayFirst))
}

fn civil(year: u16, month: u16, day: u16) -> Option<Result<Date, Never>> {
    let year = i16::try_from(year).ok()?;
    let (Ok(in_month), Ok(in_day)) = (i8::try_from(month), i8::try_from(day)) else {
        return if month > 12 { Some(Err(Never::Month(month))) } else { Some(Err(last(year, month)?)) };
    };
    Some(match Date::new(year, in_month, in_day) {
        Ok(date) => Ok(date),
        Err(_) if !(1..=12).contains(&month) => Err(Never::Month(month)),
        Err(_) => Err(last(year, month)?),
    })
}

fn last(year: i16, month: u16) -> Option<Never> {
    let month = i8::try_from(month).ok()?;
    let first = Date::new(year, month, 1).ok()?;
    Some(Never::Day { year, month, days: first.days_in_month() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_never_was_is_told_apart_from_a_form_that_is_not_read() {
        let said = |text: &str| fault(text).map(|(message, help)| format!("{message}; {help}"));
        for (text, expected) in [
            (
                "31.02.2026",
                "`31.02.2026` does not exist: February 2026 has 28 days; write 2026-02-28, its last day",
            ),
            (
                "2026-02-30",
                "`2026-02-30` does not exist: February 2026 has 28 days; write 2026-02-28, its last day",
            ),
            (
                "30.02.2028",
                "`30.02.2028` does not exist: February 2028 has 29 days; write 2028-02-29, its last day",
            ),
            ("2026-13-01", "`2026-13-01` does not exist: there is no month 13; write 2026-01-31"),
            ("31.01.2026", "`31.01.2026` is no date as written here; write 2026-01-31, the year first"),
            ("2026-1-31", "`2026-1-31` is no date as written here; write 2026-01-31, the year first"),
        ] {
            assert_eq!(said(text).as_deref(), Some(expected));
        }
        for text in
            ["2026-01-31", "2026-01-31T10:00:00Z", "12x", "1.2.3", "", "300.400.9", "-", "65535.1.70000"]
        {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
