//! A tree as canonical text: one spelling for everything that means the same.

use std::fmt::{self, Write as _};

use crate::model::{Time, Value};

use super::lex::quote;
use super::tree::{
    Body, Clause, EventClause, Filter, FilterBody, Literal, Node, Operator, Question, Test, Tree, Window,
};
use crate::model::Decimal;

/// Words that cannot be a bare name.
pub(crate) const RESERVED: [&str; 39] = [
    "and",
    "or",
    "not",
    "in",
    "within",
    "between",
    "before",
    "since",
    "after",
    "ago",
    "where",
    "any",
    "item",
    "missing",
    "present",
    "true",
    "false",
    "contains",
    "starts",
    "ends",
    "with",
    "everyone",
    "did",
    "sum",
    "min",
    "max",
    "average",
    "distinct",
    "first",
    "last",
    "lifecycle",
    "intent",
    "consent",
    "segment",
    "list",
    "channel",
    "times",
    "is",
    "has",
];

/// A name as written: bare where that reads back as the same name, in backquotes otherwise.
#[must_use]
pub fn name(text: &str) -> String {
    let starts = text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let words = text
        .split(['.', '-'])
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
    if starts && words && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        text.to_owned()
    } else {
        format!("`{text}`")
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

/// How tightly a part binds; a looser part inside a tighter one is put in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Loose,
    Or,
    And,
    Not,
    Tight,
}

fn wrapped(f: &mut fmt::Formatter<'_>, part: &dyn fmt::Display, wrap: bool) -> fmt::Result {
    if wrap { write!(f, "({part})") } else { part.fmt(f) }
}

fn node_binding(node: &Node) -> Binding {
    match &node.body {
        Body::Any(_) => Binding::Or,
        Body::All(_) => Binding::And,
        Body::Not(_) => Binding::Not,
        Body::Clause(_) => Binding::Tight,
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::All(parts) => joined(f, parts, " and ", |part| node_binding(part) <= Binding::And),
            Body::Any(parts) => joined(f, parts, " or ", |part| node_binding(part) <= Binding::Or),
            Body::Not(part) => {
                f.write_str("not ")?;
                wrapped(f, part, node_binding(part) < Binding::Not)
            }
            Body::Clause(clause) => clause.fmt(f),
        }
    }
}

fn joined<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    parts: &[T],
    between: &str,
    wrap: impl Fn(&T) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        wrapped(f, part, wrap(part))?;
    }
    Ok(())
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Trait { name: trait_name, test } => write!(f, "{} {test}", name(&trait_name.text)),
            Self::Lifecycle(test) => write!(f, "lifecycle {test}"),
            Self::Intent(test) => write!(f, "intent {test}"),
            Self::Events(clause) => clause.fmt(f),
            Self::Consent { channel, purpose, states, negated } => {
                write!(f, "consent({channel}, {}) ", purpose.name())?;
                let names: Vec<String> = states.iter().map(|state| state.name().to_owned()).collect();
                choice(f, &names, *negated)
            }
            Self::Segment(segment) => write!(f, "in segment {}", quote(&segment.text)),
            Self::List(list) => write!(f, "in list {}", quote(&list.text)),
        }
    }
}

fn choice(f: &mut fmt::Formatter<'_>, names: &[String], negated: bool) -> fmt::Result {
    match names {
        [only] => write!(f, "{} {only}", if negated { "!=" } else { "=" }),
        several => write!(f, "{}in ({})", if negated { "not " } else { "" }, several.join(", ")),
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(operator, literal) => write!(f, "{} {literal}", operator.symbol()),
            Self::OneOf { negated, values } => {
                write!(f, "{}in (", if *negated { "not " } else { "" })?;
                joined(f, values, ", ", |_| false)?;
                f.write_char(')')
            }
            Self::Match(how, literal) => write!(f, "{} {literal}", how.words()),
            Self::Missing => f.write_str("missing"),
            Self::Present => f.write_str("present"),
            Self::During(window) => window.fmt(f),
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
            Self::Since(time) => {
                f.write_str("since ")?;
                moment(f, *time)
            }
            Self::Before(time) => {
                f.write_str("before ")?;
                moment(f, *time)
            }
        }
    }
}

impl fmt::Display for EventClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (function, property) = match &self.question {
            Question::Count(..) => ("did", None),
            Question::Figure(figure, property, ..) => (figure.name(), Some(property)),
            Question::When(end, _) => (end.name(), None),
            Question::Of(end, property, _) => (end.name(), Some(property)),
        };
        write!(f, "{function}({}", quote(&self.event.text))?;
        if let Some(property) = property {
            write!(f, ".{}", name(&property.text))?;
        }
        if let Some(filter) = &self.filter {
            write!(f, " where {filter}")?;
        }
        f.write_char(')')?;
        match &self.question {
            Question::Count(Operator::GreaterOrEqual, n) if *n == Decimal::ONE => {}
            Question::Count(operator, n) | Question::Figure(_, _, operator, n) => {
                write!(f, " {} {n}", operator.symbol())?;
            }
            Question::When(_, window) => write!(f, " {window}")?,
            Question::Of(_, _, test) => write!(f, " {test}")?,
        }
        if self.window != Window::Ever {
            write!(f, " {}", self.window)?;
        }
        Ok(())
    }
}

fn filter_binding(filter: &Filter) -> Binding {
    match &filter.body {
        FilterBody::AnyItem(_) => Binding::Loose,
        FilterBody::Any(_) => Binding::Or,
        FilterBody::All(_) => Binding::And,
        FilterBody::Not(_) => Binding::Not,
        FilterBody::Property { .. } | FilterBody::Channel { .. } => Binding::Tight,
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            FilterBody::All(parts) => joined(f, parts, " and ", |part| filter_binding(part) <= Binding::And),
            FilterBody::Any(parts) => joined(f, parts, " or ", |part| filter_binding(part) <= Binding::Or),
            FilterBody::Not(part) => {
                f.write_str("not ")?;
                wrapped(f, part, filter_binding(part) < Binding::Not)
            }
            FilterBody::Property { name: property, test } => write!(f, "{} {test}", name(&property.text)),
            FilterBody::Channel { channels, negated } => {
                f.write_str("channel ")?;
                let names: Vec<String> = channels.iter().map(|channel| quote(channel.name())).collect();
                choice(f, &names, *negated)
            }
            FilterBody::AnyItem(part) => write!(f, "any item where {part}"),
        }
    }
}
