//! What people write who know another language: each slip answered with the form that is meant here.

use super::events::shown;
use super::window::worded;
use super::{Parsed, Parser};
use crate::rule::date;
use crate::rule::diagnostic::nearest;
use crate::rule::lex::Kind;
use crate::rule::tree::EventName;

/// The words a window begins with.
const WINDOWS: [&str; 5] = ["within", "between", "since", "before", "after"];

impl Parser {
    /// A misspelt word before a length of time or a date is a window, not a condition.
    pub(super) fn misspelt_window(&self) -> Option<String> {
        let Kind::Word(word) = self.kind() else { return None };
        if !matches!(self.peek(1), Kind::Length(_) | Kind::Number(_) | Kind::Time(_)) {
            return None;
        }
        let meant = nearest(word, WINDOWS.map(str::to_owned))?;
        Some(format!("did you mean `{meant}`?"))
    }

    /// What follows a whole condition, in the words of a sentence or of another language.
    pub(super) fn meant_after(&self) -> Option<String> {
        let first = self.said(0)?;
        let words = (first.as_str(), self.said(1), self.said(2));
        let at = |ahead: usize, sign: &str| match self.peek(ahead) {
            Kind::Number(n) => Some(format!("write {sign} {n}")),
            _ => None,
        };
        match (words.0, words.1.as_deref(), words.2.as_deref()) {
            ("at", Some("least"), _) => at(2, ">="),
            ("at", Some("most"), _) => at(2, "<="),
            ("more" | "over", Some("than"), _) => at(2, ">"),
            ("less" | "fewer", Some("than"), _) => at(2, "<"),
            ("exactly", ..) => at(1, "="),
            ("followed", ..) => Some("write then".to_owned()),
            ("in" | "during" | "over", Some("the"), Some("last" | "past")) => Some(self.within(3)),
            ("in" | "during" | "over" | "for", Some("last" | "past"), _) => Some(self.within(2)),
            ("last" | "past" | "in" | "during", None, _) => Some(self.within(1)),
            _ => None,
        }
    }

    /// `within` with the length of time that stands somewhere ahead, or with one as an example.
    fn within(&self, ahead: usize) -> String {
        let length = match self.peek(ahead) {
            Kind::Length(length) => Some(*length),
            Kind::Number(n) => self.said(ahead + 1).and_then(|unit| worded(*n, &unit)),
            _ => None,
        };
        length.map_or_else(|| "write within 30d".to_owned(), |length| format!("write within {length}"))
    }

    /// A word ahead, in lower case.
    fn said(&self, ahead: usize) -> Option<String> {
        match self.peek(ahead) {
            Kind::Word(word) => Some(word.to_ascii_lowercase()),
            _ => None,
        }
    }

    /// What a word means that other languages test values with.
    pub(super) fn meant_test(&self) -> Option<String> {
        if self.was_word("not") {
            return Some("write !=".to_owned());
        }
        if self.was_word("is") {
            return Some("write =".to_owned());
        }
        let meant = match self.said(0)?.as_str() {
            "is" | "equals" | "equal" | "eq" => "=",
            "ne" | "isnt" | "differs" => "!=",
            "exists" | "exist" | "set" | "known" | "defined" => "present",
            "null" | "unknown" | "undefined" | "absent" => "missing",
            "blank" => "empty",
            "like" | "includes" | "include" | "has" => "contains",
            "begins" => "starts with",
            "gt" | "greater" | "more" | "above" | "over" | "exceeds" => ">",
            "lt" | "less" | "fewer" | "below" | "under" => "<",
            "gte" => ">=",
            "lte" => "<=",
            "on" => "= and a date",
            _ => return None,
        };
        Some(format!("write {meant}"))
    }

    /// `sum("Order Completed", total)`: what belongs to an event follows a dot or `where`, never a comma.
    pub(super) fn comma_after_event(&mut self, function: usize, event: &EventName) -> Parsed<()> {
        if self.kind() != &Kind::Comma {
            return Ok(());
        }
        let name = match self.tokens.get(function).map(|token| &token.kind) {
            Some(Kind::Word(name)) => name.to_ascii_lowercase(),
            _ => String::new(),
        };
        let event = shown(event);
        let property = match self.peek(1) {
            Kind::Word(text) | Kind::Name(text) | Kind::Text(text) => text.as_str(),
            _ => "total",
        };
        let property = if bare(property) { property.to_owned() } else { format!("`{property}`") };
        let (message, help) = if name == "did" {
            (
                "what an event must be like follows `where`, not a comma",
                format!("write did({event} where {property} = …)"),
            )
        } else {
            ("an event's property follows a dot, not a comma", format!("write {name}({event}.{property})"))
        };
        self.stop("comma-after-event", message, &help)
    }

    /// A text in quotes where a date is expected, if its day is wrong rather than its form.
    pub(super) fn wrong_date(&mut self) -> Parsed<()> {
        let Kind::Text(text) = self.kind() else { return Ok(()) };
        match date::fault(text) {
            Some((message, help)) => self.stop("bad-date", message, &help),
            None => Ok(()),
        }
    }
}

/// Whether a name needs no backquotes.
fn bare(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}
