//! What people write who know another language: each slip answered with the form that is meant here.

use super::{Parsed, Parser};
use crate::rule::date;
use crate::rule::diagnostic::nearest;
use crate::rule::lex::{Kind, quote};
use crate::rule::tree::Name;

/// The words a window begins with.
const WINDOWS: [&str; 4] = ["within", "between", "since", "before"];

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

    /// `sum("Order Completed", total)`: what belongs to an event follows a dot or `where`, never a comma.
    pub(super) fn comma_after_event(&mut self, function: usize, event: &Name) -> Parsed<()> {
        if self.kind() != &Kind::Comma {
            return Ok(());
        }
        let name = match self.tokens.get(function).map(|token| &token.kind) {
            Some(Kind::Word(name)) => name.to_ascii_lowercase(),
            _ => String::new(),
        };
        let event = quote(&event.text);
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
