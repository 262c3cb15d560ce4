//! Values, and what is asked of them.

use super::{Span, Window};
use crate::model::{Decimal, Value};

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
    /// `between 18 and 30`, both included.
    Between(Literal, Literal),
    /// `contains any ("a", "b")`, `contains all ("a", "b")`
    Contains {
        /// Whether all of them must be in it.
        all: bool,
        /// The parts of a text, or the elements of a list.
        values: Vec<Literal>,
    },
    /// `matches "^[A-Z]{2}$"`
    Pattern(Literal),
    /// `empty`: nothing is known, or an empty text or list.
    Empty,
    /// `size >= 3`: how many elements a list has, or characters a text.
    Size(Operator, Decimal),
    /// `>= version "2.10.0"`
    Version(Operator, Literal),
    /// `not contains "x"` and the other tests that have no opposite of their own.
    Not(Box<Test>),
    /// `ends with "@gmail.com" ignoring case`
    IgnoringCase(Box<Test>),
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
