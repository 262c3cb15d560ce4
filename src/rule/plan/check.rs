//! What a value must satisfy.

use std::cmp::Ordering;

use regex::Regex;

use crate::model::{Datum, Decimal, Time, Value};
use crate::rule::evaluate::count_holds;
use crate::rule::subject::Moment;
use crate::rule::tree::{Match, Operator, Window};
use crate::rule::truth::Truth;

/// What a value must satisfy.
#[derive(Debug)]
pub enum Check {
    /// A comparison.
    Compare(Operator, Constant),
    /// One of several values.
    OneOf {
        /// Whether it must be none of them.
        negated: bool,
        /// The values.
        values: Vec<Constant>,
    },
    /// A part of a text, or an element of a list.
    Match(Match, Constant),
    /// Nothing is known.
    Missing,
    /// Something is known.
    Present,
    /// A time within a window.
    During(Window),
    /// From the first to the second, both included.
    Between(Constant, Constant),
    /// Any or all of several parts.
    Contains {
        /// Whether all of them must be in it.
        all: bool,
        /// The parts.
        values: Vec<Constant>,
    },
    /// A pattern somewhere in a text.
    Pattern(Regex),
    /// Nothing is known, or an empty text or list.
    Empty,
    /// How many elements, or characters.
    Size(Operator, Decimal),
    /// A version.
    Version(Operator, Version),
    /// The opposite; of unknown it is unknown.
    Not(Box<Check>),
    /// Whatever is asked, in lower case.
    Folded(Box<Check>),
}

/// A value of the rule, typed as far as the catalog knew.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// The value.
    pub value: Value,
    /// What it means where it meets a time: quoted dates are read where nothing else is known.
    pub time: Option<Time>,
}

impl Constant {
    /// How a value stands to this one; `None` if they cannot be compared.
    #[must_use]
    pub fn order(&self, datum: Datum<'_>) -> Option<std::cmp::Ordering> {
        Some(match (datum, &self.value) {
            (Datum::Number(a), Value::Number(b)) => a.cmp(b),
            (Datum::Text(a), Value::Text(b)) => a.cmp(b.as_str()),
            (Datum::Flag(a), Value::Flag(b)) => a.cmp(b),
            (Datum::Time(a), _) => a.cmp(&self.time?),
            _ => return None,
        })
    }
}

impl Check {
    /// Whether a value satisfies it. What is missing, or of another type, is unknown.
    #[must_use]
    #[inline]
    pub fn test(&self, datum: Datum<'_>, moment: Moment<'_>) -> Truth {
        // A text that must be another one is what most clauses ask: lengths tell most apart.
        if let (
            Self::Compare(Operator::Equal, Constant { value: Value::Text(wanted), .. }),
            Datum::Text(text),
        ) = (self, datum)
        {
            return Truth::from(text == wanted);
        }
        self.test_in_full(datum, moment)
    }

    fn test_in_full(&self, datum: Datum<'_>, moment: Moment<'_>) -> Truth {
        match self {
            Self::Missing => return Truth::from(datum.is_missing()),
            Self::Present => return Truth::from(!datum.is_missing()),
            Self::Empty => return Truth::from(is_empty(datum)),
            Self::Not(check) => return !check.test(datum, moment),
            Self::Folded(check) => return folded(check, datum, moment),
            _ if datum.is_missing() => return Truth::Unknown,
            _ => {}
        }
        match self {
            Self::Compare(operator, constant) => {
                constant.order(datum).map_or(Truth::Unknown, |order| Truth::from(operator.accepts(order)))
            }
            Self::OneOf { negated, values } => {
                let found = one_of(values, datum);
                if *negated { !found } else { found }
            }
            Self::Match(how, constant) => matches(*how, constant, datum),
            Self::During(window) => match datum {
                Datum::Time(at) => Truth::from(window.holds_value(at, moment)),
                _ => Truth::Unknown,
            },
            Self::Between(low, high) => match (low.order(datum), high.order(datum)) {
                (Some(low), Some(high)) => Truth::from(low.is_ge() && high.is_le()),
                _ => Truth::Unknown,
            },
            Self::Contains { all, values } => {
                let each = values.iter().map(|value| matches(Match::Contains, value, datum));
                if *all { each.fold(Truth::True, Truth::and) } else { each.fold(Truth::False, Truth::or) }
            }
            Self::Pattern(pattern) => match datum {
                Datum::Text(text) => Truth::from(pattern.is_match(text)),
                _ => Truth::Unknown,
            },
            Self::Size(operator, n) => match datum {
                Datum::Text(text) => Truth::from(count_holds(text.chars().count() as u64, *operator, *n)),
                Datum::List(list) => Truth::from(count_holds(list.len() as u64, *operator, *n)),
                _ => Truth::Unknown,
            },
            Self::Version(operator, version) => match datum {
                Datum::Text(text) => Version::read(text)
                    .map_or(Truth::Unknown, |found| Truth::from(operator.accepts(found.cmp(version)))),
                _ => Truth::Unknown,
            },
            Self::Missing | Self::Present | Self::Empty | Self::Not(_) | Self::Folded(_) => Truth::Unknown,
        }
    }

    /// Whether it depends on the person's zone.
    #[must_use]
    pub fn is_calendar(&self) -> bool {
        match self {
            Self::During(window) => window.is_calendar(),
            Self::Not(check) | Self::Folded(check) => check.is_calendar(),
            _ => false,
        }
    }
}

fn is_empty(datum: Datum<'_>) -> bool {
    match datum {
        Datum::Missing => true,
        Datum::Text(text) => text.is_empty(),
        Datum::List(list) => list.is_empty(),
        _ => false,
    }
}

fn folded(check: &Check, datum: Datum<'_>, moment: Moment<'_>) -> Truth {
    match datum {
        Datum::Text(text) => check.test(Datum::Text(&text.to_lowercase()), moment),
        Datum::List(list) => {
            let list: Vec<Value> = list
                .iter()
                .map(|value| match value {
                    Value::Text(text) => Value::Text(text.to_lowercase()),
                    other => other.clone(),
                })
                .collect();
            check.test(Datum::List(&list), moment)
        }
        other => check.test(other, moment),
    }
}

/// A version such as `2.10.0-beta.1`, ordered as semantic versioning does. Missing parts are 0, a leading `v` and what
/// follows a `+` do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    before: Vec<String>,
}

impl Version {
    /// The version a text names.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split('+').next().unwrap_or("");
        let (core, before) = text.split_once('-').unwrap_or((text, ""));
        let mut numbers = [0; 3];
        for (place, part) in core.split('.').enumerate() {
            let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            *numbers.get_mut(place)? = part.parse().ok().filter(|_| plain)?;
        }
        let before = before.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Some(Self { numbers, before })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let part = |a: &String, b: &String| match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        };
        let before = || match (self.before.is_empty(), other.before.is_empty()) {
            (true, true) => Ordering::Equal,
            // What comes before a release is less than the release.
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let common = self.before.iter().zip(&other.before).map(|(a, b)| part(a, b));
                common
                    .into_iter()
                    .find(|order| order.is_ne())
                    .unwrap_or_else(|| self.before.len().cmp(&other.before.len()))
            }
        };
        self.numbers.cmp(&other.numbers).then_with(before)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn one_of(values: &[Constant], datum: Datum<'_>) -> Truth {
    if let Datum::List(list) = datum {
        return Truth::from(list.iter().any(|element| one_of(values, element.datum()).is_true()));
    }
    values
        .iter()
        .map(|value| value.order(datum).map_or(Truth::Unknown, |order| Truth::from(order.is_eq())))
        .fold(Truth::False, Truth::or)
}

fn matches(how: Match, constant: &Constant, datum: Datum<'_>) -> Truth {
    match (datum, &constant.value) {
        (Datum::Text(text), Value::Text(part)) => Truth::from(match how {
            Match::Contains => text.contains(part.as_str()),
            Match::StartsWith => text.starts_with(part.as_str()),
            Match::EndsWith => text.ends_with(part.as_str()),
        }),
        (Datum::List(list), _) if how == Match::Contains => Truth::from(
            list.iter().any(|element| constant.order(element.datum()).is_some_and(std::cmp::Ordering::is_eq)),
        ),
        _ => Truth::Unknown,
    }
}
