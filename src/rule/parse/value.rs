//! Values and what is asked of them.

use super::{Parsed, Parser, is_connective};
use crate::model::{Decimal, Value};
use crate::rule::diagnostic::nearest;
use crate::rule::lex::{Kind, quote};
use crate::rule::tree::{Literal, Match, Operator, Test, Window};

impl Parser {
    pub(super) fn test(&mut self) -> Parsed<Test> {
        self.eat_word("is");
        if self.is_word("does") && self.is_word_at(1, "not") {
            self.at += 1;
        }
        let test = if self.eat_word("not") { self.negated()? } else { self.plain()? };
        if self.is_word("ignoring") && self.is_word_at(1, "case") {
            self.at += 2;
            return Ok(Test::IgnoringCase(Box::new(test)));
        }
        Ok(test)
    }

    fn negated(&mut self) -> Parsed<Test> {
        if matches!(self.kind(), Kind::Equal | Kind::Unequal | Kind::Less | Kind::LessOrEqual)
            || matches!(self.kind(), Kind::Greater | Kind::GreaterOrEqual)
        {
            return self.no_test();
        }
        Ok(match self.plain()? {
            Test::OneOf { negated, values } => Test::OneOf { negated: !negated, values },
            Test::Missing => Test::Present,
            Test::Present => Test::Missing,
            other => Test::Not(Box::new(other)),
        })
    }

    fn plain(&mut self) -> Parsed<Test> {
        if let Some(operator) = self.operator() {
            return self.compared(operator);
        }
        if self.is_word("between")
            && matches!((self.peek(1), self.peek(2)), (Kind::Number(_), k) if is_and(k))
        {
            return self.range();
        }
        if self.at_window() {
            let window = self.window()?;
            return if window == Window::Ever { self.no_test() } else { Ok(Test::During(window)) };
        }
        let word = match self.kind() {
            Kind::Word(word) => word.to_ascii_lowercase(),
            _ => String::new(),
        };
        match word.as_str() {
            "in" => {
                self.at += 1;
                Ok(Test::OneOf { negated: false, values: self.literals()? })
            }
            "contains" | "contain" if word == "contains" || self.was_word("not") => {
                self.at += 1;
                for (word, all) in [("any", false), ("all", true)] {
                    if self.is_word(word) && self.peek(1) == &Kind::Open {
                        self.at += 1;
                        return Ok(Test::Contains { all, values: self.literals()? });
                    }
                }
                Ok(Test::Match(Match::Contains, self.literal()?))
            }
            "starts" | "ends" | "start" | "end" if word.ends_with('s') || self.was_word("not") => {
                self.at += 1;
                let word = if word.ends_with('s') { word } else { format!("{word}s") };
                if !self.eat_word("with") {
                    let message = format!("`{word}` is followed by `with`");
                    return self.stop("missing-with", message, &format!("write {word} with \"…\""));
                }
                let how = if word == "starts" { Match::StartsWith } else { Match::EndsWith };
                Ok(Test::Match(how, self.literal()?))
            }
            "matches" | "match" if word == "matches" || self.was_word("not") => {
                self.at += 1;
                Ok(Test::Pattern(self.literal()?))
            }
            "missing" => {
                self.at += 1;
                Ok(Test::Missing)
            }
            "present" => {
                self.at += 1;
                Ok(Test::Present)
            }
            "empty" => {
                self.at += 1;
                Ok(Test::Empty)
            }
            "size" => self.size(),
            _ => self.no_test(),
        }
    }

    fn compared(&mut self, operator: Operator) -> Parsed<Test> {
        if self.is_word("version") && matches!(self.peek(1), Kind::Text(_)) {
            self.at += 1;
            return Ok(Test::Version(operator, self.literal()?));
        }
        Ok(Test::Compare(operator, self.literal()?))
    }

    fn range(&mut self) -> Parsed<Test> {
        self.at += 1;
        let low = self.literal()?;
        self.at += 1;
        let high = self.literal()?;
        if self.is_word("ago") {
            self.at -= 3;
            self.length()?;
        }
        if let (Value::Number(a), Value::Number(b)) = (&low.value, &high.value)
            && a > b
        {
            let fault = crate::rule::Diagnostic::new(
                "between-order",
                low.span.start..high.span.end,
                "the smaller number comes first, or nothing lies between",
            );
            self.faults.push(fault.help(format!("write between {b} and {a}")));
        }
        Ok(Test::Between(low, high))
    }

    fn size(&mut self) -> Parsed<Test> {
        self.at += 1;
        let Some(operator) = self.operator() else {
            let found = self.describe();
            let message = format!("a comparison is expected and {found} was found");
            return self.stop("missing-comparison", message, "write size >= 2");
        };
        Ok(Test::Size(operator, self.number("a size")?))
    }

    fn no_test<T>(&mut self) -> Parsed<T> {
        let found = self.describe();
        let help = match self.kind() {
            _ if self.meant_test().is_some() => self.meant_test(),
            Kind::Word(word) => nearest(word, TESTS.iter().map(|test| (*test).to_owned()))
                .map(|test| format!("did you mean `{test}`?")),
            _ => None,
        };
        let all = "there are = != < <= > >=, in (…), not in (…), contains, starts with, ends with, matches, \
                   between … and …, missing, present, empty, size";
        self.stop(
            "missing-comparison",
            format!("a comparison is expected and {found} was found"),
            &help.unwrap_or_else(|| all.to_owned()),
        )
    }

    pub(super) fn operator(&mut self) -> Option<Operator> {
        let operator = match self.kind() {
            Kind::Equal => Operator::Equal,
            Kind::Unequal => Operator::Unequal,
            Kind::Less => Operator::Less,
            Kind::LessOrEqual => Operator::LessOrEqual,
            Kind::Greater => Operator::Greater,
            Kind::GreaterOrEqual => Operator::GreaterOrEqual,
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }

    pub(super) fn literal(&mut self) -> Parsed<Literal> {
        let value = match self.kind().clone() {
            Kind::Text(text) => Value::Text(text),
            Kind::Number(number) => Value::Number(number),
            Kind::Time(time) => Value::Time(time),
            Kind::Word(word) if word.eq_ignore_ascii_case("true") => Value::Flag(true),
            Kind::Word(word) if word.eq_ignore_ascii_case("false") => Value::Flag(false),
            Kind::Word(word) if !is_connective(&word) => {
                let help = match word.to_ascii_lowercase().as_str() {
                    "null" | "nil" | "none" => {
                        "write `missing` or `present` instead of a comparison".to_owned()
                    }
                    _ => format!("write {}", quote(&word)),
                };
                return self.stop("unquoted", "text is put in quotes", &help);
            }
            Kind::Length(_) => {
                return self.stop(
                    "length-as-value",
                    "a length of time is no value",
                    "for a time, write within 30d or between 60d and 30d ago",
                );
            }
            _ => {
                let found = self.describe();
                return self.stop(
                    "no-value",
                    format!("a value is expected and {found} was found"),
                    "write text in quotes, a number, true, false or a date",
                );
            }
        };
        let span = self.span();
        self.at += 1;
        Ok(Literal { value, span })
    }

    pub(super) fn literals(&mut self) -> Parsed<Vec<Literal>> {
        self.expect(&Kind::Open, "`(` and the values", "write in (\"DE\", \"AT\")")?;
        let mut values = vec![self.literal()?];
        while self.kind() == &Kind::Comma {
            self.at += 1;
            values.push(self.literal()?);
        }
        self.expect(&Kind::Close, "`,` or `)`", "write in (\"DE\", \"AT\")")?;
        Ok(values)
    }

    pub(super) fn number(&mut self, what: &str) -> Parsed<Decimal> {
        if let Kind::Number(number) = *self.kind() {
            self.at += 1;
            return Ok(number);
        }
        let found = self.describe();
        self.stop(
            "no-number",
            format!("{what} is expected and {found} was found"),
            "write a number such as 2",
        )
    }

    /// One of a closed set of words, bare or in quotes.
    pub(super) fn choice<T>(
        &mut self,
        what: &str,
        names: Vec<&str>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Parsed<T> {
        let text = match self.kind() {
            Kind::Word(text) | Kind::Text(text) | Kind::Name(text) => text.clone(),
            _ => String::new(),
        };
        if let Some(value) = read(&text) {
            self.at += 1;
            return Ok(value);
        }
        let found = if text.is_empty() { self.describe() } else { format!("`{text}`") };
        let help = match nearest(&text, names.iter().map(|name| (*name).to_owned())) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        let code = if what == "channel" { "unknown-channel" } else { "unknown-word" };
        self.stop(code, format!("{found} is no {what}"), &help)
    }

    /// `= a`, `!= a`, `in (a, b)` or `not in (a, b)` over a closed set of words.
    pub(super) fn choices<T>(
        &mut self,
        what: &str,
        names: &[&str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Parsed<(Vec<T>, bool)> {
        match self.operator() {
            Some(Operator::Equal) => return Ok((vec![self.choice(what, names.to_vec(), &read)?], false)),
            Some(Operator::Unequal) => return Ok((vec![self.choice(what, names.to_vec(), &read)?], true)),
            Some(_) => {
                self.at -= 1;
                return self.stop("no-order", format!("a {what} has no order"), "write = or !=");
            }
            None => {}
        }
        let negated = self.eat_word("not");
        if !self.eat_word("in") {
            let found = self.describe();
            let help = format!("write = {0}, != {0} or in ({0}, …)", names.first().unwrap_or(&""));
            return self.stop(
                "missing-comparison",
                format!("a comparison is expected and {found} was found"),
                &help,
            );
        }
        self.expect(&Kind::Open, "`(`", "put the words in parentheses")?;
        let mut values = vec![self.choice(what, names.to_vec(), &read)?];
        while self.kind() == &Kind::Comma {
            self.at += 1;
            values.push(self.choice(what, names.to_vec(), &read)?);
        }
        self.expect(&Kind::Close, "`,` or `)`", "close the parentheses")?;
        Ok((values, negated))
    }
}

fn is_and(kind: &Kind) -> bool {
    matches!(kind, Kind::Word(word) if word.eq_ignore_ascii_case("and"))
}

const TESTS: [&str; 13] = [
    "contains",
    "starts with",
    "ends with",
    "matches",
    "missing",
    "present",
    "empty",
    "size",
    "in",
    "within",
    "between",
    "since",
    "before",
];
