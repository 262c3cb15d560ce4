//! Values, tests and windows as text.

use std::fmt;

use crate::model::{Time, Value};
use crate::rule::lex::quote;
use crate::rule::tree::{Calendar, Literal, Period, Test, Window};

fn list(f: &mut fmt::Formatter<'_>, values: &[Literal]) -> fmt::Result {
    f.write_str("(")?;
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{value}")?;
    }
    f.write_str(")")
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(operator, literal) => write!(f, "{} {literal}", operator.symbol()),
            Self::OneOf { negated, values } => {
                f.write_str(if *negated { "not in " } else { "in " })?;
                list(f, values)
            }
            Self::Match(how, literal) => write!(f, "{} {literal}", how.words()),
            Self::Missing => f.write_str("missing"),
            Self::Present => f.write_str("present"),
            Self::During(window) => window.fmt(f),
            Self::Between(low, high) => write!(f, "between {low} and {high}"),
            Self::Contains { all, values } => {
                write!(f, "contains {} ", if *all { "all" } else { "any" })?;
                list(f, values)
            }
            Self::Pattern(literal) => write!(f, "matches {literal}"),
            Self::Empty => f.write_str("empty"),
            Self::Size(operator, n) => write!(f, "size {} {n}", operator.symbol()),
            Self::Version(operator, literal) => write!(f, "{} version {literal}", operator.symbol()),
            Self::Not(test) => write!(f, "not {test}"),
            Self::IgnoringCase(test) => write!(f, "{test} ignoring case"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Text(text) => f.write_str(&quote(text)),
            Value::Time(time) => moment(f, *time),
            other => write!(f, "{other}"),
        }
    }
}

fn moment(f: &mut fmt::Formatter<'_>, time: Time) -> fmt::Result {
    let text = time.to_string();
    f.write_str(text.strip_suffix("T00:00:00.000Z").unwrap_or(&text))
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ever => Ok(()),
            Self::Within(span) => write!(f, "within {span}"),
            Self::Between(far, near) => write!(f, "between {far} and {near} ago"),
            Self::Beyond(span) => write!(f, "more than {span} ago"),
            Self::Since(time) => {
                f.write_str("since ")?;
                moment(f, *time)
            }
            Self::Before(time) => {
                f.write_str("before ")?;
                moment(f, *time)
            }
            Self::Dates(from, to) => {
                f.write_str("between ")?;
                moment(f, *from)?;
                f.write_str(" and ")?;
                moment(f, *to)
            }
            Self::Ahead(span) => write!(f, "within next {span}"),
            Self::BeyondAhead(span) => write!(f, "more than {span} ahead"),
            Self::Calendar(calendar) => calendar.fmt(f),
        }
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.period, self.offset) {
            (Period::Day, 0) => f.write_str("today"),
            (Period::Day, -1) => f.write_str("yesterday"),
            (Period::Day, 1) => f.write_str("tomorrow"),
            (period, 0) => write!(f, "this {}", period.name()),
            (period, offset) => {
                let word = if offset < 0 { "last" } else { "next" };
                match offset.unsigned_abs() {
                    1 => write!(f, "{word} {}", period.name()),
                    n => write!(f, "{word} {n} {}s", period.name()),
                }
            }
        }
    }
}
