//! Clauses about what a person did. What is said alike as written and as checked is one type: as written it holds names
//! with their places and tests, as checked resolved names and checks.

use super::{Name, Operator, Span, Test, Window};
use crate::model::{Channel, Decimal, time};

/// Which events are meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventName<N = Name> {
    /// Those of one name.
    One(N),
    /// `any event`
    Any,
}

impl<N> EventName<N> {
    /// The event's name; none for any event.
    #[must_use]
    pub fn name(&self) -> Option<&N> {
        match self {
            Self::One(name) => Some(name),
            Self::Any => None,
        }
    }
}

impl EventName<String> {
    /// Whether an event of this name is one of them.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name().is_none_or(|own| own == name)
    }
}

/// A condition on a person's events of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct EventClause {
    /// The event.
    pub event: EventName,
    /// Which of them count.
    pub filter: Option<Filter>,
    /// When they happened.
    pub window: Window,
    /// What is made of them and what is asked of it.
    pub question: Question,
}

/// What is made of the events and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Question<N = Name, T = Test> {
    /// `did(…)` and `did(…) >= 2`: how many there are.
    Count(Operator, Decimal),
    /// `sum("Order Completed".total) >= 300` and its like.
    Figure(Figure, N, Operator, Decimal),
    /// `last("Order Completed") within 60d`: when the first or last of them was.
    When(End, Window),
    /// `last("Order Completed".coupon) = "SUMMER"`: a property of the first or last of them.
    Of(End, N, T),
    /// `most frequent("Product Viewed".category) = "shoes"`: the commonest value; of several the smallest.
    MostFrequent(N, T),
}

/// A figure over one property of several events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// The sum; of nothing it is 0.
    Sum,
    /// The smallest; of nothing it is unknown.
    Min,
    /// The largest; of nothing it is unknown.
    Max,
    /// The mean; of nothing it is unknown.
    Average,
    /// The number of different values.
    Distinct,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Self; 5] = [Self::Sum, Self::Min, Self::Max, Self::Average, Self::Distinct];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Average => "average",
            Self::Distinct => "distinct",
        }
    }
}

/// Which end of a person's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The oldest.
    First,
    /// The newest.
    Last,
}

impl End {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
        }
    }
}

/// `did "Product Added" then "Order Completed" within 1d`: steps that follow each other, strictly later each.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence<S = Step> {
    /// The first step.
    pub first: S,
    /// Each further step with what lies before it.
    pub then: Vec<(S, Gap<S>)>,
    /// `taking at most 7d`: from the first step to the last.
    pub taking: Option<time::Span>,
    /// `all within 30d`: when every step happened.
    pub window: Window,
}

/// One step of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The event.
    pub event: EventName,
    /// Which of them count.
    pub filter: Option<Filter>,
}

/// What may lie between a step and the one before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap<S = Step> {
    /// `within 1d`: at most so much time.
    pub within: Option<time::Span>,
    /// `without "C" between`: no such event.
    pub without: Option<S>,
}

impl<S> Default for Gap<S> {
    fn default() -> Self {
        Self { within: None, without: None }
    }
}

/// What people are put into bands by.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// A trait that is a number or a time.
    Trait(Name),
    /// `did(…)`, `sum(…)` or `last(…)` over events, for people who have some.
    Events(Box<Measured>),
}

/// Events people are measured by.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The event.
    pub event: EventName,
    /// Which of them count.
    pub filter: Option<Filter>,
    /// When they happened.
    pub window: Window,
    /// What is made of them.
    pub figure: MeasureFigure,
}

/// What is made of events to measure a person by.
#[derive(Debug, Clone, PartialEq)]
pub enum MeasureFigure {
    /// `did(…)`: how many there are.
    Count,
    /// `sum(….total)`
    Figure(Figure, Name),
    /// `last(…)`: when the first or last was; later is higher.
    When(End),
}

/// A condition on one event, and its place.
#[derive(Debug, Clone)]
pub struct Filter {
    /// What it says.
    pub body: FilterBody,
    /// Where it stands, in bytes.
    pub span: Span,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

/// A condition on one event or one item of it.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterBody {
    /// Every part holds.
    All(Vec<Filter>),
    /// At least one part holds.
    Any(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// `category = "shoes"`
    Property {
        /// The property.
        name: Name,
        /// What is asked of its value.
        test: Test,
    },
    /// `channel = "web"`
    Channel {
        /// The channels asked for.
        channels: Vec<Channel>,
        /// Whether it must be none of them.
        negated: bool,
    },
    /// `any item where price > 10`
    AnyItem(Box<Filter>),
}
