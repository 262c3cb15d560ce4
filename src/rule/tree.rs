//! What a rule says, as written: the tree that a form can edit and that prints back as text.

use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Decimal, Time, Value, time};

use super::diagnostic::Span;

/// A parsed rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The whole condition.
    pub root: Node,
}

/// A part of a rule and its place in the text.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it says.
    pub body: Body,
    /// Where it stands, in bytes.
    pub span: Span,
}

/// Places do not matter to what a rule says.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

/// A condition on a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Every part holds.
    All(Vec<Node>),
    /// At least one part holds.
    Any(Vec<Node>),
    /// The part does not hold.
    Not(Box<Node>),
    /// A single clause.
    Clause(Box<Clause>),
}

/// A name and its place.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands, in bytes.
    pub span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The smallest condition on a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    /// `everyone`
    Everyone,
    /// `country = "DE"`
    Trait {
        /// The trait.
        name: Name,
        /// What is asked of its value.
        test: Test,
    },
    /// `lifecycle = "loyal"`
    Lifecycle(Test),
    /// `intent = "exploring"`
    Intent(Test),
    /// `did("Order Completed") >= 2 within 30d` and everything else about events.
    Events(EventClause),
    /// `consent(email, marketing) = granted`
    Consent {
        /// On which channel.
        channel: Channel,
        /// For which purpose.
        purpose: Purpose,
        /// The states asked for.
        states: Vec<ConsentState>,
        /// Whether the states are those it must not be in.
        negated: bool,
    },
    /// `in segment "VIP"`
    Segment(Name),
    /// `in list "VIP"`
    List(Name),
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `= 3`
    Compare(Operator, Literal),
    /// `in ("DE", "AT")`
    OneOf {
        /// Whether it must be none of them.
        negated: bool,
        /// The values.
        values: Vec<Literal>,
    },
    /// `contains "gmail"`
    Match(Match, Literal),
    /// `missing`
    Missing,
    /// `present`
    Present,
    /// `within 30d`, of a value that is a time.
    During(Window),
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 6] =
        [Self::Equal, Self::Unequal, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether two values in this order satisfy it.
    #[must_use]
    pub fn accepts(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// How a text is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Match {
    /// `contains`: the text is a part of it, or an element of a list.
    Contains,
    /// `starts with`
    StartsWith,
    /// `ends with`
    EndsWith,
}

impl Match {
    /// As it is written.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
        }
    }
}

/// A value as written.
#[derive(Debug, Clone)]
pub struct Literal {
    /// The value; never a list.
    pub value: Value,
    /// Where it stands, in bytes.
    pub span: Span,
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A condition on a person's events of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct EventClause {
    /// The event.
    pub event: Name,
    /// Which of them count.
    pub filter: Option<Filter>,
    /// When they happened.
    pub window: Window,
    /// What is made of them and what is asked of it.
    pub question: Question,
}

/// What is made of the events and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// `did(…)` and `did(…) >= 2`: how many there are.
    Count(Operator, Decimal),
    /// `sum("Order Completed".total) >= 300` and its like.
    Figure(Figure, Name, Operator, Decimal),
    /// `last("Order Completed") within 60d`: when the first or last of them was.
    When(End, Window),
    /// `last("Order Completed".coupon) = "SUMMER"`: a property of the first or last of them.
    Of(End, Name, Test),
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

/// A stretch of time before the point a rule is asked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Ever, up to the point.
    Ever,
    /// `within 30d`: at or after the point minus the span.
    Within(time::Span),
    /// `between 60d and 30d ago`: at or after the point minus the first, before the point minus the second.
    Between(time::Span, time::Span),
    /// `since 2026-01-01`: at or after the instant.
    Since(Time),
    /// `before 2026-01-01`: before the instant.
    Before(Time),
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
