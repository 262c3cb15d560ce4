//! One person against a plan, without allocating. The count of different values is the one exception.

use std::collections::HashSet;
use std::ops::ControlFlow;

use xxhash_rust::xxh3::xxh3_128;

use crate::model::{Datum, Decimal, Time};

use super::plan::{Ask, Asked, Check, Condition, EventAsk, Leaf, Plan, Step};
use super::subject::{Occurrence, Point, Subject};
use super::tree::{End, Figure, Operator};
use super::truth::Truth;

impl Plan {
    /// Whether the rule holds for a person at a point. Unknown is for the caller to read as not true.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, point: Point) -> Truth {
        step(self.step(), subject, point)
    }
}

impl Step {
    /// Whether this part alone holds for a person at a point.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, point: Point) -> Truth {
        step(self, subject, point)
    }
}

fn step(part: &Step, subject: &dyn Subject, point: Point) -> Truth {
    match part {
        Step::All(parts) => {
            let mut truth = Truth::True;
            for part in parts {
                truth = truth.and(step(part, subject, point));
                if truth == Truth::False {
                    break;
                }
            }
            truth
        }
        Step::Any(parts) => {
            let mut truth = Truth::False;
            for part in parts {
                truth = truth.or(step(part, subject, point));
                if truth == Truth::True {
                    break;
                }
            }
            truth
        }
        Step::Not(part) => !step(part, subject, point),
        Step::Leaf(leaf) => leaf.holds(subject, point),
    }
}

impl Leaf {
    /// Whether the clause holds for a person at a point.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, point: Point) -> Truth {
        match &self.ask {
            Ask::Everyone => Truth::True,
            Ask::Trait { name, check } => check.test(subject.attribute(name), point),
            Ask::Lifecycle(check) => check.test(named(subject.lifecycle()), point),
            Ask::Intent(check) => check.test(named(subject.intent()), point),
            Ask::Events(ask) => ask.holds(subject, point),
            Ask::Consent { channel, purpose, states, negated } => {
                let state = subject.consent(*channel, *purpose, point);
                Truth::from(states.contains(&state) != *negated)
            }
            Ask::Segment { plan, .. } => Truth::from(plan.holds(subject, point).is_true()),
            Ask::List(list) => Truth::from(subject.in_list(list)),
        }
    }
}

pub(super) fn named(name: Option<&str>) -> Datum<'_> {
    name.map_or(Datum::Missing, Datum::Text)
}

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

impl Condition {
    /// Whether an event satisfies the condition.
    #[must_use]
    pub fn test(&self, event: &dyn Occurrence, point: Point) -> Truth {
        self.within(event, None, point)
    }

    fn within(&self, event: &dyn Occurrence, item: Option<usize>, point: Point) -> Truth {
        match self {
            Self::All(parts) => {
                parts.iter().fold(Truth::True, |truth, part| truth.and(part.within(event, item, point)))
            }
            Self::Any(parts) => {
                parts.iter().fold(Truth::False, |truth, part| truth.or(part.within(event, item, point)))
            }
            Self::Not(part) => !part.within(event, item, point),
            Self::Property(name, check) => check.test(
                match item {
                    Some(index) => event.item(index, name),
                    None => event.property(name),
                },
                point,
            ),
            Self::Channel { channels, negated } => {
                Truth::from(channels.contains(&event.channel()) != *negated)
            }
            Self::AnyItem(part) => (0..event.items())
                .map(|index| part.within(event, Some(index), point))
                .fold(Truth::False, Truth::or),
        }
    }
}

/// Whether a count satisfies a comparison.
#[must_use]
pub fn count_holds(count: u64, operator: Operator, n: Decimal) -> bool {
    let count = i128::from(count) * i128::from(Decimal::ONE.scaled());
    operator.accepts(count.cmp(&i128::from(n.scaled())))
}

/// The count from which on a comparison cannot change any more.
fn settled_at(operator: Operator, n: Decimal) -> u64 {
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

impl EventAsk {
    /// Whether the clause holds for a person at a point.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, point: Point) -> Truth {
        match &self.question {
            Asked::Count(operator, n) => {
                let enough = settled_at(*operator, *n);
                let mut count = 0_u64;
                self.visit(subject, point, &mut |_| {
                    count += 1;
                    if count >= enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                Truth::from(count_holds(count, *operator, *n))
            }
            Asked::Figure(Figure::Distinct, property, operator, n) => {
                Truth::from(count_holds(self.distinct(subject, point, property), *operator, *n))
            }
            Asked::Figure(figure, property, operator, n) => {
                self.tally(subject, point, property).holds(*figure, *operator, *n)
            }
            Asked::When(end, window) => match self.moment(subject, point, *end) {
                Some(at) => Truth::from(window.holds_value(at, point)),
                None => Truth::Unknown,
            },
            Asked::Of(end, property, check) => self.of(subject, point, *end, property, check),
        }
    }

    /// Visits the events that count, oldest first.
    pub fn visit(
        &self,
        subject: &dyn Subject,
        point: Point,
        found: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>,
    ) {
        let range = self.window.range(point);
        subject.events(&self.event, &mut |event| {
            let at = event.at().0;
            if at >= range.end {
                return ControlFlow::Break(());
            }
            let counts = at >= range.start
                && self.condition.as_ref().is_none_or(|condition| condition.test(event, point).is_true());
            if counts { found(event) } else { ControlFlow::Continue(()) }
        });
    }

    pub(super) fn count(&self, subject: &dyn Subject, point: Point) -> u64 {
        let mut count = 0;
        self.visit(subject, point, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        count
    }

    pub(super) fn distinct(&self, subject: &dyn Subject, point: Point, property: &str) -> u64 {
        let mut values = HashSet::new();
        self.visit(subject, point, &mut |event| {
            values.extend(distinct_key(event.property(property)));
            ControlFlow::Continue(())
        });
        values.len() as u64
    }

    pub(super) fn tally(&self, subject: &dyn Subject, point: Point, property: &str) -> Tally {
        let mut tally = Tally::default();
        self.visit(subject, point, &mut |event| {
            if let Datum::Number(number) = event.property(property) {
                tally.add(number.scaled());
            }
            ControlFlow::Continue(())
        });
        tally
    }

    pub(super) fn moment(&self, subject: &dyn Subject, point: Point, end: End) -> Option<Time> {
        let mut moment = None;
        self.visit(subject, point, &mut |event| {
            moment = Some(event.at());
            if end == End::First { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        moment
    }

    fn of(&self, subject: &dyn Subject, point: Point, end: End, property: &str, check: &Check) -> Truth {
        let mut truth = None;
        self.visit(subject, point, &mut |event| {
            truth = Some(check.test(event.property(property), point));
            if end == End::First { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        truth.unwrap_or(Truth::Unknown)
    }
}
