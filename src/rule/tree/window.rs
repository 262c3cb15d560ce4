//! Stretches of time, as rules name them.

use crate::model::{Time, time};

/// A stretch of time, seen from the point a rule is asked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Ever, up to the point.
    Ever,
    /// `within 30d`: at or after the point minus the span.
    Within(time::Span),
    /// `between 60d and 30d ago`: at or after the point minus the first, before the point minus the second.
    Between(time::Span, time::Span),
    /// `more than 30d ago`: before the point minus the span.
    Beyond(time::Span),
    /// `since 2026-01-01`: at or after the instant.
    Since(Time),
    /// `before 2026-01-01`: before the instant.
    Before(Time),
    /// `between 2026-01-01 and 2026-02-01`: at or after the first, before the second.
    Dates(Time, Time),
    /// `within next 30d`, of a value: at or after the point, before the point plus the span.
    Ahead(time::Span),
    /// `more than 30d ahead`, of a value: at or after the point plus the span.
    BeyondAhead(time::Span),
    /// `this month`, `last 3 weeks`, in the person's zone.
    Calendar(Calendar),
}

impl Window {
    /// Whether it lies in the future, where values may be and events cannot.
    #[must_use]
    pub fn is_ahead(self) -> bool {
        match self {
            Self::Ahead(_) | Self::BeyondAhead(_) => true,
            Self::Calendar(calendar) => calendar.offset > 0,
            _ => false,
        }
    }

    /// Whether it depends on the person's zone.
    #[must_use]
    pub fn is_calendar(self) -> bool {
        matches!(self, Self::Calendar(_))
    }
}

/// Whole days, weeks, months, quarters or years of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Which.
    pub period: Period,
    /// 0 is the one the point lies in; −n the n before it; n the n after it.
    pub offset: i32,
}

/// A period of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A month.
    Month,
    /// From January, April, July or October three months.
    Quarter,
    /// A year.
    Year,
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}
