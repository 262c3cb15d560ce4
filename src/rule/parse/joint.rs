//! What is joined with `and`, `or`, `not` and parentheses, and how reading goes on after a fault.

use super::{MAX_DEPTH, Parsed, Parser, Stop, is_connective};
use crate::rule::diagnostic::{Diagnostic, Span};
use crate::rule::lex::Kind;
use crate::rule::tree::{Body, Clause, Filter, FilterBody, Node};

/// What can be joined with `and`, `or`, `not` and parentheses: conditions on people and on events.
pub(super) trait Part: Sized {
    fn all(parts: Vec<Self>, span: Span) -> Self;
    fn any(parts: Vec<Self>, span: Span) -> Self;
    fn not(part: Self, span: Span) -> Self;
    fn nothing(span: Span) -> Self;
    fn single(parser: &mut Parser) -> Parsed<Self>;
    fn span(&self) -> Span;
}

impl Part for Node {
    fn all(parts: Vec<Self>, span: Span) -> Self {
        Self { body: Body::All(parts), span }
    }
    fn any(parts: Vec<Self>, span: Span) -> Self {
        Self { body: Body::Any(parts), span }
    }
    fn not(part: Self, span: Span) -> Self {
        Self { body: Body::Not(Box::new(part)), span }
    }
    fn nothing(span: Span) -> Self {
        Self { body: Body::Clause(Box::new(Clause::Everyone)), span }
    }
    fn single(parser: &mut Parser) -> Parsed<Self> {
        let start = parser.start();
        let clause = parser.clause()?;
        Ok(Self { body: Body::Clause(Box::new(clause)), span: start..parser.end() })
    }
    fn span(&self) -> Span {
        self.span.clone()
    }
}

impl Part for Filter {
    fn all(parts: Vec<Self>, span: Span) -> Self {
        Self { body: FilterBody::All(parts), span }
    }
    fn any(parts: Vec<Self>, span: Span) -> Self {
        Self { body: FilterBody::Any(parts), span }
    }
    fn not(part: Self, span: Span) -> Self {
        Self { body: FilterBody::Not(Box::new(part)), span }
    }
    fn nothing(span: Span) -> Self {
        Self { body: FilterBody::All(Vec::new()), span }
    }
    fn single(parser: &mut Parser) -> Parsed<Self> {
        let start = parser.start();
        let body = parser.filter_clause()?;
        Ok(Self { body, span: start..parser.end() })
    }
    fn span(&self) -> Span {
        self.span.clone()
    }
}

impl Parser {
    pub(super) fn whole(&mut self) -> Node {
        if self.kind() == &Kind::End {
            self.fault(
                "empty-rule",
                "the rule is empty",
                "write a condition such as country = \"DE\", or everyone",
            );
            return Node::nothing(0..0);
        }
        let mut root = self.either::<Node>();
        while self.kind() != &Kind::End {
            if self.kind() == &Kind::Close {
                self.fault("stray-parenthesis", "this parenthesis closes nothing", "take it out");
                self.at += 1;
            }
            if self.kind() != &Kind::End {
                root = self.either::<Node>();
            }
        }
        root
    }

    pub(super) fn either<P: Part>(&mut self) -> P {
        let first = self.both::<P>();
        let mut parts = vec![first];
        while self.eat_word("or") {
            parts.push(self.both::<P>());
        }
        join(parts, P::any)
    }

    pub(super) fn both<P: Part>(&mut self) -> P {
        let mut parts = vec![self.recovered::<P>()];
        loop {
            if self.eat_word("and") {
                parts.push(self.recovered::<P>());
            } else if self.is_word("or") || matches!(self.kind(), Kind::Close | Kind::End) {
                return join(parts, P::all);
            } else {
                let found = self.describe();
                let help = self.misspelt_window().or_else(|| self.meant_after());
                self.fault(
                    "missing-and",
                    format!("{found} follows without `and` or `or`"),
                    help.unwrap_or_else(|| "put `and` or `or` between conditions".to_owned()),
                );
                self.skip_clause(self.at);
            }
        }
    }

    /// One part; after a fault, nothing in its place and the text up to the next connective stepped over.
    pub(super) fn recovered<P: Part>(&mut self) -> P {
        let (start, depth) = (self.at, self.depth);
        match self.part() {
            Ok(part) => part,
            Err(Stop) => {
                self.depth = depth;
                self.skip_clause(start);
                P::nothing(0..0)
            }
        }
    }

    pub(super) fn skip_clause(&mut self, start: usize) {
        self.at = start;
        // The `and` of `between … and … ago` joins no conditions.
        let (mut open, mut between) = (0_usize, false);
        loop {
            match self.kind() {
                Kind::End => return,
                Kind::Close if open == 0 => return,
                Kind::Close => open -= 1,
                Kind::Open => open += 1,
                Kind::Word(word) if word.eq_ignore_ascii_case("between") => between = true,
                Kind::Word(word) if open == 0 && is_connective(word) => {
                    if !between && (self.at > start || start == 0) {
                        return;
                    }
                    between = false;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    pub(super) fn part<P: Part>(&mut self) -> Parsed<P> {
        let start = self.start();
        if self.is_word("not") || (self.is_word("never") && self.is_word_at(1, "did")) {
            self.deeper()?;
            self.at += 1;
            let part = self.part::<P>()?;
            self.depth -= 1;
            let span = start..part.span().end;
            return Ok(P::not(part, span));
        }
        if self.kind() == &Kind::Open {
            self.deeper()?;
            let open = self.at;
            self.at += 1;
            let part = self.either::<P>();
            if self.kind() != &Kind::Close {
                if self.faults.iter().any(|fault| fault.code == "too-deep") {
                    return Err(Stop);
                }
                let span = self.tokens.get(open).map_or(0..0, |token| token.span.clone());
                self.faults.push(
                    Diagnostic::new("open-parenthesis", span, "this parenthesis is never closed")
                        .help("put a `)`"),
                );
                return Err(Stop);
            }
            self.at += 1;
            self.depth -= 1;
            return Ok(part);
        }
        P::single(self)
    }

    pub(super) fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        self.fault(
            "too-deep",
            format!("a rule nests at most {MAX_DEPTH} deep"),
            "name a part of it as a segment and use `in segment \"…\"`",
        );
        // Everything behind it would only repeat the fault.
        self.at = self.tokens.len().saturating_sub(1);
        Err(Stop)
    }
}

fn join<P: Part>(mut parts: Vec<P>, make: impl Fn(Vec<P>, Span) -> P) -> P {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    let start = parts.first().map_or(0, |part| part.span().start);
    let end = parts.last().map_or(0, |part| part.span().end);
    make(parts, start..end)
}
