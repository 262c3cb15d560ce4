//! Tests against the type of what they look at.

use super::Checker;
use crate::model::{Decimal, Value, ValueType, time};
use crate::rule::catalog::Known;
use crate::rule::date;
use crate::rule::diagnostic::{Diagnostic, Span};
use crate::rule::lex::quote;
use crate::rule::plan::{Check, Constant, Version};
use crate::rule::tree::{Literal, Match, Operator, Test, Window};

/// How large a compiled pattern may become, in bytes.
const PATTERN_SIZE: usize = 1 << 20;

impl Checker<'_> {
    pub(super) fn test(&mut self, test: &Test, known: Known, name: &str, span: &Span) -> Check {
        match test {
            Test::Compare(operator @ (Operator::Equal | Operator::Unequal), literal)
                if known == Known::Typed(ValueType::Time) && day(literal).is_some() =>
            {
                let during = day(literal).map_or(Check::Present, Check::During);
                if *operator == Operator::Equal { during } else { Check::Not(Box::new(during)) }
            }
            Test::Compare(operator, literal) => {
                self.comparable(*operator, known, name, span);
                Check::Compare(*operator, self.constant(literal, known, name))
            }
            Test::OneOf { negated, values } => {
                let values = values.iter().map(|literal| self.constant(literal, known, name)).collect();
                Check::OneOf { negated: *negated, values }
            }
            Test::Match(how, literal) => self.matching(*how, literal, known, name, span),
            Test::Missing => Check::Missing,
            Test::Present => Check::Present,
            Test::During(window) => {
                if let Known::Typed(kind) = known
                    && kind != ValueType::Time
                {
                    let message = format!("`{name}` is a {kind}, not a time");
                    self.faults.push(Diagnostic::new("not-a-time", span.clone(), message));
                }
                Check::During(*window)
            }
            Test::Between(low, high) => {
                self.comparable(Operator::LessOrEqual, known, name, span);
                Check::Between(self.constant(low, known, name), self.constant(high, known, name))
            }
            Test::Contains { all, values } => {
                for value in values {
                    self.matching(Match::Contains, value, known, name, span);
                }
                Check::Contains { all: *all, values: values.iter().map(constant).collect() }
            }
            Test::Pattern(literal) => self.pattern(literal, known, name, span),
            Test::Empty => Check::Empty,
            Test::Size(operator, n) => {
                self.whole(*n, span);
                self.texts(known, &[ValueType::Text, ValueType::List], name, ("has no size", span));
                Check::Size(*operator, *n)
            }
            Test::Version(operator, literal) => self.version(*operator, literal, known, name, span),
            Test::Not(test) => Check::Not(Box::new(self.test(test, known, name, span))),
            Test::IgnoringCase(test) => {
                let kinds = [ValueType::Text, ValueType::List];
                self.texts(known, &kinds, name, ("has no upper and lower case", span));
                Check::Folded(Box::new(fold(self.test(test, known, name, span))))
            }
        }
    }

    /// Tells of a field that is of none of these types.
    fn texts(&mut self, known: Known, kinds: &[ValueType], name: &str, (why, span): (&str, &Span)) {
        if let Known::Typed(kind) = known
            && !kinds.contains(&kind)
        {
            let message = format!("`{name}` is a {kind} and {why}");
            self.faults.push(Diagnostic::new("not-text", span.clone(), message));
        }
    }

    fn pattern(&mut self, literal: &Literal, known: Known, name: &str, span: &Span) -> Check {
        self.texts(known, &[ValueType::Text], name, ("matches no pattern", span));
        let Value::Text(text) = &literal.value else {
            let fault =
                Diagnostic::new("not-text", literal.span.clone(), "`matches` takes a pattern in quotes");
            self.faults.push(fault.help(format!("write {}", quote(&literal.value.to_string()))));
            return Check::Present;
        };
        match regex::RegexBuilder::new(text).size_limit(PATTERN_SIZE).build() {
            Ok(pattern) => Check::Pattern(pattern),
            Err(error) => {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                let message = format!("{} is no pattern: {why}", quote(text));
                let fault = Diagnostic::new("bad-pattern", literal.span.clone(), message);
                self.faults.push(fault.help("patterns are regular expressions such as \"^[A-Z]{2}$\""));
                Check::Present
            }
        }
    }

    fn version(
        &mut self,
        operator: Operator,
        literal: &Literal,
        known: Known,
        name: &str,
        span: &Span,
    ) -> Check {
        self.texts(known, &[ValueType::Text], name, ("is no version", span));
        let read = match &literal.value {
            Value::Text(text) => Version::read(text),
            _ => None,
        };
        if let Some(version) = read {
            return Check::Version(operator, version);
        }
        let message = format!("{} is no version", quote(&literal.value.to_string()));
        let fault = Diagnostic::new("bad-version", literal.span.clone(), message);
        self.faults.push(fault.help("write version \"2.10.0\""));
        Check::Present
    }

    fn comparable(&mut self, operator: Operator, known: Known, name: &str, span: &Span) {
        let equality = matches!(operator, Operator::Equal | Operator::Unequal);
        match known {
            Known::Typed(ValueType::Flag) if !equality => {
                let message = format!("`{name}` is true or false and has no order");
                self.faults.push(Diagnostic::new("no-order", span.clone(), message).help("write = or !="));
            }
            Known::Typed(ValueType::List) => {
                let message = format!("`{name}` is a list and has several values");
                let help = format!("write {name} contains \"…\"");
                self.faults.push(Diagnostic::new("list-compared", span.clone(), message).help(help));
            }
            _ => {}
        }
    }

    fn matching(&mut self, how: Match, literal: &Literal, known: Known, name: &str, span: &Span) -> Check {
        let list = known == Known::Typed(ValueType::List);
        let fits = match known {
            Known::Typed(kind) => kind == ValueType::Text || (list && how == Match::Contains),
            Known::Open | Known::No => true,
        };
        if let Known::Typed(kind) = known
            && !fits
        {
            let message = format!("`{}` is for text and `{name}` is a {kind}", how.words());
            self.faults.push(Diagnostic::new("not-text", span.clone(), message));
        } else if !list && how != Match::Contains && !matches!(literal.value, Value::Text(_)) {
            let message = format!("`{}` takes text", how.words());
            let help = format!("write {}", quote(&literal.value.to_string()));
            self.faults.push(Diagnostic::new("not-text", literal.span.clone(), message).help(help));
        }
        Check::Match(how, constant(literal))
    }

    fn constant(&mut self, literal: &Literal, known: Known, name: &str) -> Constant {
        let mut constant = constant(literal);
        let Known::Typed(kind) = known else { return constant };
        let help = match (kind, &literal.value) {
            (ValueType::List, _)
            | (ValueType::Number, Value::Number(_))
            | (ValueType::Text, Value::Text(_))
            | (ValueType::Flag, Value::Flag(_))
            | (ValueType::Time, Value::Time(_)) => {
                if kind == ValueType::Text {
                    constant.time = None;
                }
                return constant;
            }
            (ValueType::Time, Value::Text(text)) => match constant.time {
                Some(_) => return constant,
                None => match date::fault(text) {
                    Some((message, help)) => {
                        let fault = Diagnostic::new("bad-date", literal.span.clone(), message);
                        self.faults.push(fault.help(help));
                        return constant;
                    }
                    None => format!("write a date such as 2026-01-31 instead of {}", quote(text)),
                },
            },
            (ValueType::Number, Value::Text(text)) if text.parse::<Decimal>().is_ok() => {
                format!("write {} without quotes", text.trim())
            }
            (ValueType::Text, other) => format!("write {}", quote(&bare(other))),
            (ValueType::Flag, _) => "write true or false".to_owned(),
            (ValueType::Number, _) => "write a number".to_owned(),
            (ValueType::Time, _) => "write a date such as 2026-01-31".to_owned(),
        };
        let message = format!("`{name}` is a {kind} and is compared with a {}", literal.value.value_type());
        self.faults.push(Diagnostic::new("type-mismatch", literal.span.clone(), message).help(help));
        constant
    }
}

/// The day a date without a time of day stands for: a moment is seldom midnight, and is on that day all the same.
fn day(literal: &Literal) -> Option<Window> {
    let midnight = constant(literal).time?;
    let written = match literal.value {
        Value::Text(_) => literal.span.len().saturating_sub(2),
        _ => literal.span.len(),
    };
    (written == "2026-01-31".len()).then(|| Window::Dates(midnight, midnight + time::Span::days(1)))
}

fn bare(value: &Value) -> String {
    let text = value.to_string();
    text.strip_suffix("T00:00:00.000Z").map_or(text.clone(), str::to_owned)
}

fn constant(literal: &Literal) -> Constant {
    let time = match &literal.value {
        Value::Time(time) => Some(*time),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    Constant { value: literal.value.clone(), time }
}

/// The same in lower case, for values that are put into lower case before they are asked.
fn fold(check: Check) -> Check {
    let lower = |constant: Constant| match constant.value {
        Value::Text(text) => Constant { value: Value::Text(text.to_lowercase()), ..constant },
        _ => constant,
    };
    let all = |values: Vec<Constant>| values.into_iter().map(lower).collect();
    match check {
        Check::Compare(operator, constant) => Check::Compare(operator, lower(constant)),
        Check::OneOf { negated, values } => Check::OneOf { negated, values: all(values) },
        Check::Match(how, constant) => Check::Match(how, lower(constant)),
        Check::Between(low, high) => Check::Between(lower(low), lower(high)),
        Check::Contains { all: every, values } => Check::Contains { all: every, values: all(values) },
        Check::Not(check) => Check::Not(Box::new(fold(*check))),
        Check::Folded(check) => Check::Folded(Box::new(fold(*check))),
        // The text comes in lower case; the pattern is told not to look at case at all.
        Check::Pattern(pattern) => {
            let mut again = regex::RegexBuilder::new(pattern.as_str());
            let again = again.case_insensitive(true).size_limit(PATTERN_SIZE).build();
            Check::Pattern(again.unwrap_or(pattern))
        }
        other => other,
    }
}
