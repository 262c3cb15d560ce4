//! Looking at tokens, stepping over them, and saying what was found.

use super::{Parsed, Parser, Stop};
use crate::rule::diagnostic::{Diagnostic, Span};
use crate::rule::lex::{Kind, quote};
use crate::rule::tree::Name;

impl Parser {
    pub(super) fn quoted(&mut self, what: &str) -> Parsed<Name> {
        match self.kind().clone() {
            Kind::Text(text) => {
                let span = self.span();
                self.at += 1;
                Ok(Name { text, span })
            }
            Kind::Word(word) => {
                self.stop("unquoted", format!("{what} is put in quotes"), &format!("write {}", quote(&word)))
            }
            _ => {
                let found = self.describe();
                let message = format!("{what} in quotes is expected and {found} was found");
                self.stop("no-name", message, "write it in double quotes")
            }
        }
    }

    pub(super) fn name(&mut self, what: &str) -> Parsed<Name> {
        if let Kind::Word(text) | Kind::Name(text) = self.kind().clone() {
            let span = self.span();
            self.at += 1;
            return Ok(Name { text, span });
        }
        let found = self.describe();
        let message = format!("{what} is expected and {found} was found");
        self.stop("no-name", message, "names with spaces are put in backquotes")
    }

    pub(super) fn kind(&self) -> &Kind {
        self.peek(0)
    }

    pub(super) fn peek(&self, ahead: usize) -> &Kind {
        self.tokens.get(self.at + ahead).map_or(&Kind::End, |token| &token.kind)
    }

    pub(super) fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0..0, |token| token.span.clone())
    }

    pub(super) fn start(&self) -> usize {
        self.span().start
    }

    /// Where the token before this one ends.
    pub(super) fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), Kind::Word(text) if text.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek(ahead), Kind::Word(text) if text.eq_ignore_ascii_case(word))
    }

    /// Whether the token just stepped over is this word.
    pub(super) fn was_word(&self, word: &str) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        matches!(before.map(|token| &token.kind), Some(Kind::Word(text)) if text.eq_ignore_ascii_case(word))
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, kind: &Kind, what: &str, help: &str) -> Parsed<()> {
        if self.kind() == kind {
            self.at += 1;
            return Ok(());
        }
        let found = self.describe();
        self.stop("unexpected", format!("{what} is expected and {found} was found"), help)
    }

    pub(super) fn fault(&mut self, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Diagnostic::new(code, self.span(), message).help(help));
    }

    pub(super) fn stop<T>(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        help: &str,
    ) -> Parsed<T> {
        self.fault(code, message, help);
        Err(Stop)
    }

    pub(super) fn describe(&self) -> String {
        match self.kind() {
            Kind::Word(word) | Kind::Name(word) => format!("`{word}`"),
            Kind::Text(text) => quote(text),
            Kind::Number(number) => format!("`{number}`"),
            Kind::Length(span) => format!("`{span}`"),
            Kind::Time(time) => format!("`{time}`"),
            Kind::Equal => "`=`".to_owned(),
            Kind::Unequal => "`!=`".to_owned(),
            Kind::Less => "`<`".to_owned(),
            Kind::LessOrEqual => "`<=`".to_owned(),
            Kind::Greater => "`>`".to_owned(),
            Kind::GreaterOrEqual => "`>=`".to_owned(),
            Kind::Open => "`(`".to_owned(),
            Kind::Close => "`)`".to_owned(),
            Kind::Comma => "`,`".to_owned(),
            Kind::Dot => "`.`".to_owned(),
            Kind::End => "the end of the rule".to_owned(),
        }
    }
}
