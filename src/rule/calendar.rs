//! Which instants a window holds, by the clock or by the calendar of a zone.

use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use super::subject::{Moment, Point};
use super::tree::{Calendar, Period, Window};
use crate::model::Time;

impl Window {
    /// The instants it holds at a point, in milliseconds, the end excluded; the calendar is that of UTC.
    #[must_use]
    pub fn range(&self, point: Point) -> Range<i64> {
        self.range_in(Moment::utc(point))
    }

    /// The instants of events it holds, in milliseconds, the end excluded. Nothing after the point is among them.
    #[must_use]
    pub fn range_in(&self, moment: Moment<'_>) -> Range<i64> {
        let point = moment.point;
        let end = end(point);
        match *self {
            Self::Ever => i64::MIN..end,
            Self::Within(span) => point.at.back(span).0..end,
            // Nothing ago reaches up to the point itself.
            Self::Between(far, near) if near.0 <= 0 => point.at.back(far).0..end,
            Self::Between(far, near) => point.at.back(far).0..point.at.back(near).0,
            Self::Beyond(span) => i64::MIN..end.min(point.at.back(span).0),
            Self::Since(time) => time.0..end,
            Self::Before(time) => i64::MIN..end.min(time.0),
            Self::Dates(from, to) => from.0..end.min(to.0),
            Self::Ahead(_) | Self::BeyondAhead(_) => end..end,
            Self::Calendar(calendar) => {
                let bounds = calendar.bounds(moment);
                bounds.start..end.min(bounds.end)
            }
        }
    }

    /// Whether a value that is a time lies in it. Unlike an event, a value may lie in the future.
    #[must_use]
    pub fn holds_value(&self, at: Time, moment: Moment<'_>) -> bool {
        match *self {
            Self::Since(time) => at >= time,
            Self::Before(time) => at < time,
            Self::Dates(from, to) => at >= from && at < to,
            Self::Ahead(span) => at.0 >= end(moment.point) && at < moment.point.at + span,
            Self::BeyondAhead(span) => at >= moment.point.at + span,
            Self::Calendar(calendar) => calendar.bounds(moment).contains(&at.0),
            _ => self.range_in(moment).contains(&at.0),
        }
    }
}

fn end(point: Point) -> i64 {
    point.at.0.saturating_add(i64::from(point.inclusive))
}

impl Calendar {
    /// From its first instant to the one after its last, in the moment's zone. The point lies just before its instant
    /// unless that is recorded already, so that as of midnight `today` is the day that ends.
    #[must_use]
    pub fn bounds(&self, moment: Moment<'_>) -> Range<i64> {
        let Point { at, inclusive } = moment.point;
        let lies = Time(if inclusive { at.0 } else { at.0.saturating_sub(1) });
        let first = self.period.first(lies.timestamp().to_zoned(moment.zone.clone()).date());
        let (from, to) = match self.offset {
            0 => (0, 1),
            back if back < 0 => (back, 0),
            ahead => (1, ahead.saturating_add(1)),
        };
        let instant = |offset, beyond| {
            self.period
                .moved(first, offset)
                .map_or(beyond, |date| midnight(date, moment.zone).unwrap_or(beyond))
        };
        instant(from, i64::MIN)..instant(to, i64::MAX)
    }
}

/// The first instant of a day: midnight, or where the clocks skip it, the next there is.
fn midnight(date: Date, zone: &TimeZone) -> Option<i64> {
    date.to_zoned(zone.clone()).ok().map(|zoned| Time::from_timestamp(zoned.timestamp()).0)
}

impl Period {
    fn first(self, date: Date) -> Date {
        let month = |month: i8| Date::new(date.year(), month, 1).unwrap_or(date);
        match self {
            Self::Day => date,
            Self::Week => {
                let since_monday = i64::from(date.weekday().to_monday_zero_offset());
                date.checked_sub(since_monday.days()).unwrap_or(date)
            }
            Self::Month => month(date.month()),
            Self::Quarter => month((date.month() - 1) / 3 * 3 + 1),
            Self::Year => month(1),
        }
    }

    fn moved(self, first: Date, offset: i32) -> Option<Date> {
        let n = i64::from(offset);
        let span: Span = match self {
            Self::Day => n.days(),
            Self::Week => n.weeks(),
            Self::Month => n.months(),
            Self::Quarter => n.saturating_mul(3).months(),
            Self::Year => n.years(),
        };
        first.checked_add(span).ok()
    }
}

/// Countries south of the equator, by ISO code and English name: their year is turned around.
const SOUTHERN: [(&str, &str); 26] = [
    ("AO", "Angola"),
    ("AR", "Argentina"),
    ("AU", "Australia"),
    ("BO", "Bolivia"),
    ("BR", "Brazil"),
    ("BW", "Botswana"),
    ("CL", "Chile"),
    ("FJ", "Fiji"),
    ("ID", "Indonesia"),
    ("LS", "Lesotho"),
    ("MG", "Madagascar"),
    ("MU", "Mauritius"),
    ("MW", "Malawi"),
    ("MZ", "Mozambique"),
    ("NA", "Namibia"),
    ("NC", "New Caledonia"),
    ("NZ", "New Zealand"),
    ("PE", "Peru"),
    ("PG", "Papua New Guinea"),
    ("PY", "Paraguay"),
    ("RE", "Reunion"),
    ("SZ", "Eswatini"),
    ("UY", "Uruguay"),
    ("ZA", "South Africa"),
    ("ZM", "Zambia"),
    ("ZW", "Zimbabwe"),
];

/// The seasons, by the months that begin them.
pub const SEASONS: [&str; 4] = ["spring", "summer", "autumn", "winter"];

/// The season of a moment in a country: spring is March to May, south of the equator September to November.
#[must_use]
pub fn season(country: &str, moment: Moment<'_>) -> &'static str {
    let country = country.trim();
    let southern = SOUTHERN
        .iter()
        .any(|(code, name)| country.eq_ignore_ascii_case(code) || country.eq_ignore_ascii_case(name));
    let Point { at, inclusive } = moment.point;
    let lies = Time(if inclusive { at.0 } else { at.0.saturating_sub(1) });
    let month = lies.timestamp().to_zoned(moment.zone.clone()).month();
    let northern = usize::try_from((month + 9) % 12 / 3).unwrap_or(0);
    SEASONS.get((northern + if southern { 2 } else { 0 }) % 4).copied().unwrap_or("spring")
}
