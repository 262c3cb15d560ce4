//! A checked rule: names resolved, values typed, ready to be asked. Cheap to clone and to share between threads.

use std::ops::Range;
use std::sync::Arc;

use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Datum, Decimal, Time, Value};

use super::diagnostic::Span;
use super::subject::Point;
use super::tree::{End, Figure, Match, Operator, Window};
use super::truth::Truth;

/// A rule ready to be asked.
#[derive(Debug, Clone)]
pub struct Plan(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    step: Step,
    text: String,
    leaves: usize,
}

impl Plan {
    pub(crate) fn new(mut step: Step, text: String) -> Self {
        let mut leaves = 0;
        number(&mut step, &mut leaves);
        Self(Arc::new(Checked { step, text, leaves }))
    }

    /// The whole condition.
    #[must_use]
    pub fn step(&self) -> &Step {
        &self.0.step
    }

    /// The canonical text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// How many clauses it has, those of referenced segments not counted.
    #[must_use]
    pub fn clauses(&self) -> usize {
        self.0.leaves
    }

    /// The clauses in the order of the text.
    #[must_use]
    pub fn leaves(&self) -> Vec<&Leaf> {
        let mut leaves = Vec::with_capacity(self.0.leaves);
        collect(&self.0.step, &mut leaves);
        leaves
    }

    /// People in the named list.
    #[must_use]
    pub fn list(name: &str) -> Self {
        let text = format!("in list {}", super::lex::quote(name));
        Self::new(Step::leaf(Ask::List(name.to_owned()), text.clone(), 0..text.len()), text)
    }

    /// People in at least one of the named plans.
    #[must_use]
    pub fn union(parts: &[(String, Plan)]) -> Self {
        Self::combined(parts, " or ", Step::Any)
    }

    /// People in all of the named plans.
    #[must_use]
    pub fn intersection(parts: &[(String, Plan)]) -> Self {
        Self::combined(parts, " and ", Step::All)
    }

    /// People in the first of the named plans and certainly in none of the others; being unknown to them is being out.
    #[must_use]
    pub fn difference(first: &(String, Plan), others: &[(String, Plan)]) -> Self {
        let reference = |part: &(String, Plan)| reference(&part.0, &part.1);
        let text = std::iter::once(format!("in segment {}", super::lex::quote(&first.0)))
            .chain(others.iter().map(|part| format!("not in segment {}", super::lex::quote(&part.0))))
            .collect::<Vec<_>>()
            .join(" and ");
        let steps = std::iter::once(reference(first))
            .chain(others.iter().map(|part| Step::Not(Box::new(reference(part)))))
            .collect();
        Self::new(Step::All(steps), text)
    }

    fn combined(parts: &[(String, Plan)], between: &str, join: impl Fn(Vec<Step>) -> Step) -> Self {
        let text = parts
            .iter()
            .map(|(name, _)| format!("in segment {}", super::lex::quote(name)))
            .collect::<Vec<_>>()
            .join(between);
        Self::new(join(parts.iter().map(|(name, plan)| reference(name, plan)).collect()), text)
    }
}

fn reference(name: &str, plan: &Plan) -> Step {
    let ask = Ask::Segment { name: name.to_owned(), plan: plan.clone() };
    Step::leaf(ask, format!("in segment {}", super::lex::quote(name)), 0..0)
}

fn number(step: &mut Step, next: &mut usize) {
    match step {
        Step::All(parts) | Step::Any(parts) => parts.iter_mut().for_each(|part| number(part, next)),
        Step::Not(part) => number(part, next),
        Step::Leaf(leaf) => {
            leaf.index = *next;
            *next += 1;
        }
    }
}

fn collect<'a>(step: &'a Step, leaves: &mut Vec<&'a Leaf>) {
    match step {
        Step::All(parts) | Step::Any(parts) => parts.iter().for_each(|part| collect(part, leaves)),
        Step::Not(part) => collect(part, leaves),
        Step::Leaf(leaf) => leaves.push(leaf),
    }
}

/// A part of a plan.
#[derive(Debug)]
pub enum Step {
    /// Every part holds.
    All(Vec<Step>),
    /// At least one part holds.
    Any(Vec<Step>),
    /// The part does not hold.
    Not(Box<Step>),
    /// A clause.
    Leaf(Box<Leaf>),
}

impl Step {
    /// Where the part begins in the text it was checked from, in bytes.
    #[must_use]
    pub fn start(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.first().map_or(0, Self::start),
            Self::Not(part) => part.start(),
            Self::Leaf(leaf) => leaf.span.start,
        }
    }

    /// The parts that must all hold; itself where it is no conjunction.
    #[must_use]
    pub fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) => parts.iter().collect(),
            other => vec![other],
        }
    }

    pub(crate) fn leaf(ask: Ask, text: String, span: Span) -> Self {
        Self::Leaf(Box::new(Leaf { index: 0, text, span, ask }))
    }
}

/// A clause with its text.
#[derive(Debug)]
pub struct Leaf {
    /// Its number among the clauses of the plan, in the order of the text.
    pub index: usize,
    /// Its canonical text.
    pub text: String,
    /// Where it stands in the text it was checked from.
    pub span: Span,
    /// What it asks.
    pub ask: Ask,
}

/// What a clause asks.
#[derive(Debug)]
pub enum Ask {
    /// Nothing.
    Everyone,
    /// A trait's value.
    Trait {
        /// The trait.
        name: String,
        /// What its value must satisfy.
        check: Check,
    },
    /// The lifecycle stage.
    Lifecycle(Check),
    /// The running session's intent.
    Intent(Check),
    /// The person's events.
    Events(EventAsk),
    /// A consent.
    Consent {
        /// On which channel.
        channel: Channel,
        /// For which purpose.
        purpose: Purpose,
        /// The states asked for.
        states: Vec<ConsentState>,
        /// Whether it must be in none of them.
        negated: bool,
    },
    /// Membership of another segment.
    Segment {
        /// Its name.
        name: String,
        /// Its rule. An unknown membership is none, as for the segment by itself.
        plan: Plan,
    },
    /// Membership of a list.
    List(String),
}

/// What the person's events of one name are asked.
#[derive(Debug)]
pub struct EventAsk {
    /// The event.
    pub event: String,
    /// Which of them count.
    pub condition: Option<Condition>,
    /// When they happened.
    pub window: Window,
    /// What is made of them.
    pub question: Asked,
}

/// What is made of the events.
#[derive(Debug)]
pub enum Asked {
    /// How many there are.
    Count(Operator, Decimal),
    /// A figure over a property.
    Figure(Figure, String, Operator, Decimal),
    /// When the first or last was.
    When(End, Window),
    /// A property of the first or last.
    Of(End, String, Check),
}

/// A condition on one event or item.
#[derive(Debug)]
pub enum Condition {
    /// Every part holds.
    All(Vec<Condition>),
    /// At least one part holds.
    Any(Vec<Condition>),
    /// The part does not hold.
    Not(Box<Condition>),
    /// A property's value.
    Property(String, Check),
    /// The event's channel.
    Channel {
        /// The channels asked for.
        channels: Vec<Channel>,
        /// Whether it must be none of them.
        negated: bool,
    },
    /// Some item satisfies it.
    AnyItem(Box<Condition>),
}

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
    pub fn test(&self, datum: Datum<'_>, point: Point) -> Truth {
        match self {
            Self::Missing => return Truth::from(datum.is_missing()),
            Self::Present => return Truth::from(!datum.is_missing()),
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
                Datum::Time(at) => Truth::from(window.holds_value(at, point)),
                _ => Truth::Unknown,
            },
            Self::Missing | Self::Present => Truth::Unknown,
        }
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

impl Window {
    /// The instants it holds at a point, in milliseconds, the end excluded.
    #[must_use]
    pub fn range(&self, point: Point) -> Range<i64> {
        let end = point.at.0.saturating_add(i64::from(point.inclusive));
        match *self {
            Self::Ever => i64::MIN..end,
            Self::Within(span) => point.at.back(span).0..end,
            // Nothing ago reaches up to the point itself.
            Self::Between(far, near) if near.0 <= 0 => point.at.back(far).0..end,
            Self::Between(far, near) => point.at.back(far).0..point.at.back(near).0,
            Self::Since(time) => time.0..end,
            Self::Before(time) => i64::MIN..end.min(time.0),
        }
    }

    /// Whether a value that is a time lies in it. Unlike an event, a value may lie in the future.
    #[must_use]
    pub fn holds_value(&self, at: Time, point: Point) -> bool {
        match *self {
            Self::Since(time) => at >= time,
            Self::Before(time) => at < time,
            _ => self.range(point).contains(&at.0),
        }
    }
}
