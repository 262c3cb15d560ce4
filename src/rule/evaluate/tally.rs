//! Counts and figures over several values.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use crate::model::{Datum, Decimal, Value};
use crate::rule::tree::{Figure, Operator};
use crate::rule::truth::Truth;

/// A number that tells different values apart, whatever their type.
#[must_use]
pub fn distinct_key(datum: Datum<'_>) -> Option<u128> {
    let (tag, hash) = match datum {
        Datum::Missing => return None,
        Datum::Flag(flag) => (1, u128::from(flag)),
        Datum::Number(number) => (2, u128::from(number.scaled().cast_unsigned())),
        Datum::Time(time) => (3, u128::from(time.0.cast_unsigned())),
        Datum::Text(text) => (4, xxh3_128(text.as_bytes())),
        Datum::List(_) => (5, xxh3_128(datum.to_string().as_bytes())),
    };
    Some(hash.rotate_left(3) ^ tag)
}

/// Whether a count satisfies a comparison.
#[must_use]
pub fn count_holds(count: u64, operator: Operator, n: Decimal) -> bool {
    let count = i128::from(count) * i128::from(Decimal::ONE.scaled());
    operator.accepts(count.cmp(&i128::from(n.scaled())))
}

/// The count from which on a comparison cannot change any more.
pub(super) fn settled_at(operator: Operator, n: Decimal) -> u64 {
    let whole = u64::try_from(n.scaled() / Decimal::ONE.scaled()).unwrap_or(0);
    match operator {
        Operator::GreaterOrEqual | Operator::Less => whole,
        _ => whole.saturating_add(1),
    }
}

/// What numbers amount to; what is needed to answer every figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many numbers.
    pub count: u64,
    /// Their sum, in ten-thousandths.
    pub sum: i128,
    /// The smallest.
    pub min: i64,
    /// The largest.
    pub max: i64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, sum: 0, min: i64::MAX, max: i64::MIN }
    }
}

impl Tally {
    /// One more number, in ten-thousandths.
    pub fn add(&mut self, scaled: i64) {
        self.count += 1;
        self.sum += i128::from(scaled);
        self.min = self.min.min(scaled);
        self.max = self.max.max(scaled);
    }

    /// Both together.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Whether a figure of these numbers satisfies a comparison. The sum of nothing is 0, its mean and its ends are
    /// unknown.
    #[must_use]
    pub fn holds(&self, figure: Figure, operator: Operator, n: Decimal) -> Truth {
        let n = i128::from(n.scaled());
        let order = match figure {
            Figure::Sum => self.sum.cmp(&n),
            Figure::Distinct => {
                return Truth::from(count_holds(self.count, operator, Decimal::from_scaled(n as i64)));
            }
            _ if self.count == 0 => return Truth::Unknown,
            Figure::Min => i128::from(self.min).cmp(&n),
            Figure::Max => i128::from(self.max).cmp(&n),
            // Multiplying keeps it exact.
            Figure::Average => self.sum.cmp(&(n * i128::from(self.count))),
        };
        Truth::from(operator.accepts(order))
    }
}

/// The commonest of several values; of several equally common ones the smallest. Missing values and lists do not count.
#[must_use]
pub fn commonest<'a>(values: impl Iterator<Item = Datum<'a>>) -> Option<Value> {
    let mut counts: BTreeMap<(u8, i64, &'a str), u64> = BTreeMap::new();
    for value in values {
        let key = match value {
            Datum::Flag(flag) => (0, i64::from(flag), ""),
            Datum::Number(number) => (1, number.scaled(), ""),
            Datum::Time(time) => (2, time.0, ""),
            Datum::Text(text) => (3, 0, text),
            Datum::Missing | Datum::List(_) => continue,
        };
        *counts.entry(key).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    let ((kind, number, text), _) = counts.into_iter().find(|(_, count)| *count == most)?;
    Some(match kind {
        0 => Value::Flag(number != 0),
        1 => Value::Number(Decimal::from_scaled(number)),
        2 => Value::Time(crate::model::Time(number)),
        _ => Value::Text(text.to_owned()),
    })
}
