//! A tree as canonical text: one spelling for everything that means the same.

mod clause;
pub mod sql;
mod value;

use std::fmt;

use super::tree::{Body, Comment, Node, Tree};

/// Words that cannot be a bare name.
pub(crate) const RESERVED: [&str; 40] = [
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
    "season",
    "consent",
    "segment",
    "list",
    "channel",
    "times",
    "is",
    "has",
];

/// Whether a word belongs to the language, and cannot be a bare name.
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// A name as written: bare where that reads back as the same name, in backquotes otherwise.
#[must_use]
pub fn name(text: &str) -> String {
    let starts = text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let words = text
        .split(['.', '-'])
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
    if starts && words && !is_reserved(text) { text.to_owned() } else { format!("`{text}`") }
}

/// A text as written: in double quotes, what would end it escaped.
#[must_use]
pub fn text(text: &str) -> String {
    super::lex::quote(text)
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer { out: String::new(), comments: &self.comments, clause: 0, broken: false };
        printer.node(&self.root);
        printer.rest();
        f.write_str(&printer.out)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer { out: String::new(), comments: &[], clause: 0, broken: false };
        printer.node(self);
        f.write_str(&printer.out)
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

fn binding(node: &Node) -> Binding {
    match &node.body {
        Body::Any(_) => Binding::Or,
        Body::All(_) => Binding::And,
        Body::Not(_) => Binding::Not,
        Body::Clause(_) => Binding::Tight,
    }
}

/// Conditions as text, each comment put where it belongs. A line ends only where a comment makes it end.
struct Printer<'a> {
    out: String,
    comments: &'a [Comment],
    clause: usize,
    /// Whether a comment was just written, so that what follows needs a new line.
    broken: bool,
}

impl Printer<'_> {
    fn push(&mut self, text: &str) {
        if std::mem::take(&mut self.broken) {
            self.out.push('\n');
            self.out.push_str(text.trim_start());
        } else {
            self.out.push_str(text);
        }
    }

    fn node(&mut self, node: &Node) {
        match &node.body {
            Body::All(parts) => self.joined(parts, " and ", Binding::And),
            Body::Any(parts) => self.joined(parts, " or ", Binding::Or),
            Body::Not(part) => {
                self.push("not ");
                self.wrapped(part, binding(part) < Binding::Not);
            }
            Body::Clause(clause) => {
                self.above();
                self.push(&clause.to_string());
                self.behind();
                self.clause += 1;
            }
        }
    }

    fn joined(&mut self, parts: &[Node], between: &str, own: Binding) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(between);
            }
            self.wrapped(part, binding(part) <= own);
        }
    }

    fn wrapped(&mut self, part: &Node, wrap: bool) {
        if wrap {
            self.push("(");
        }
        self.node(part);
        if wrap {
            self.push(")");
        }
    }

    fn comment(&mut self, comment: &Comment) {
        self.out.push_str(format!("# {}", comment.text).trim_end());
        self.broken = true;
    }

    fn line(&mut self) {
        let end = self.out.trim_end().len();
        self.out.truncate(end);
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.broken = false;
    }

    fn above(&mut self) {
        let (comments, clause) = (self.comments, self.clause);
        for comment in comments.iter().filter(|comment| !comment.behind && comment.clause == clause) {
            self.line();
            self.comment(comment);
        }
    }

    fn behind(&mut self) {
        let (comments, clause) = (self.comments, self.clause);
        for comment in comments.iter().filter(|comment| comment.behind && comment.clause == clause) {
            self.push(" ");
            self.comment(comment);
        }
    }

    /// The comments after the last clause.
    fn rest(&mut self) {
        let (comments, clause) = (self.comments, self.clause);
        for comment in comments.iter().filter(|comment| comment.clause >= clause) {
            self.line();
            self.comment(comment);
        }
    }
}
