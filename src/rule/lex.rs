//! Text to tokens. Every byte is accepted; what cannot be read is reported and stepped over.

use super::date;
use super::diagnostic::{Diagnostic, Span};
use crate::model::{Decimal, Time, time};

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A bare word: a keyword, or a name.
    Word(String),
    /// A name in backquotes.
    Name(String),
    /// Text in double quotes.
    Text(String),
    /// A number.
    Number(Decimal),
    /// A length of time such as `30d`.
    Length(time::Span),
    /// A bare date or instant.
    Time(Time),
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
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// The end of the text.
    End,
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// What a text is made of.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    /// The tokens, closed by [`Kind::End`].
    pub(crate) tokens: Vec<Token>,
    /// Where comments stand, their marks included.
    pub(crate) comments: Vec<Span>,
    /// What could not be read.
    pub(crate) faults: Vec<Diagnostic>,
}

/// Cuts a text into tokens.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), comments: Vec::new(), faults: Vec::new() };
    while lexer.step() {}
    lexer.tokens.push(Token { kind: Kind::End, span: text.len()..text.len() });
    Lexed { tokens: lexer.tokens, comments: lexer.comments, faults: lexer.faults }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    comments: Vec<Span>,
    faults: Vec<Diagnostic>,
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn step(&mut self) -> bool {
        let Some(first) = self.rest().chars().next() else { return false };
        match first {
            c if c.is_whitespace() || c == '\u{feff}' => self.at += c.len_utf8(),
            '#' => {
                let length = self.rest().find('\n').unwrap_or(self.rest().len());
                self.comments.push(self.at..self.at + length);
                self.at += length;
            }
            '"' | '\'' | '“' | '„' | '”' | '‘' | '’' => self.quoted(first),
            '`' => self.name(),
            '0'..='9' => self.number(),
            '-' if self.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => self.number(),
            c if in_word(c) => self.word(),
            c => self.symbol(c),
        }
        true
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.tokens.push(Token { kind, span: self.at..self.at + length });
        self.at += length;
    }

    fn fault(&mut self, code: &'static str, length: usize, message: String, help: &str) {
        self.faults.push(Diagnostic::new(code, self.at..self.at + length, message).help(help));
    }

    fn quoted(&mut self, open: char) {
        let close = match open {
            '“' | '„' | '”' => &['”', '“'][..],
            '‘' | '’' => &['’', '‘'][..],
            '\'' => &['\''][..],
            _ => &['"'][..],
        };
        let (mut text, mut escaped, mut length) = (String::new(), false, None);
        for (index, c) in self.rest().char_indices().skip(1) {
            if escaped {
                text.push(match c {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                });
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if close.contains(&c) {
                length = Some(index + c.len_utf8());
                break;
            } else {
                text.push(c);
            }
        }
        let Some(length) = length else {
            let length = self.rest().len();
            self.fault(
                "open-quote",
                open.len_utf8(),
                "this quote is never closed".to_owned(),
                "put a `\"` at the end of the text",
            );
            return self.push(Kind::Text(text), length);
        };
        if open != '"' {
            self.fault(
                "wrong-quote",
                length,
                "text is written in straight double quotes".to_owned(),
                &format!("write {}", quote(&text)),
            );
        }
        self.push(Kind::Text(text), length);
    }

    fn name(&mut self) {
        let body = self.rest().get(1..).unwrap_or("");
        let end = body.find(['`', '\n']).filter(|&end| body.as_bytes().get(end) == Some(&b'`'));
        let Some(end) = end else {
            self.fault(
                "open-quote",
                1,
                "this backquote is never closed".to_owned(),
                "put a backquote at the end of the name",
            );
            self.at += 1;
            return;
        };
        let name = body.get(..end).unwrap_or("").to_owned();
        self.push(Kind::Name(name), end + 2);
    }

    fn word(&mut self) {
        let rest = self.rest();
        let mut length = 0;
        let mut chars = rest.char_indices().peekable();
        while let Some((index, c)) = chars.next() {
            // A dot or a hyphen joins two words, so that `address.city` and `e-mail` are names.
            let joins = matches!(c, '.' | '-') && chars.peek().is_some_and(|(_, next)| in_word(*next));
            if !in_word(c) && !joins {
                break;
            }
            length = index + c.len_utf8();
        }
        let word = rest.get(..length).unwrap_or("").to_owned();
        self.push(Kind::Word(word), length.max(1));
    }

    fn number(&mut self) {
        let rest = self.rest();
        let length = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| !(in_word(*c) || matches!(c, '.' | ':' | '-' | '+')))
            .map_or(rest.len(), |(index, _)| index);
        let piece = rest.get(..length).unwrap_or("");
        // A full stop after a number is punctuation, never part of it.
        let piece = piece.trim_end_matches(['.', ':', '-', '+']).to_owned();
        let length = piece.len();
        if let Ok(number) = piece.parse::<Decimal>() {
            self.push(Kind::Number(number), length);
        } else if let Ok(span) = piece.parse::<time::Span>() {
            self.push(Kind::Length(span), length);
        } else if let Some(time) = bare_time(&piece) {
            self.push(Kind::Time(time), length);
        } else {
            match date::fault(&piece) {
                Some((message, help)) => self.fault("bad-date", length, message, &help),
                None => {
                    let (message, help) = why_no_number(&piece);
                    self.fault("bad-number", length, message, help);
                }
            }
            // Whatever it was meant to be, it is told once.
            self.push(
                if self.wants_length() { Kind::Length(time::Span::DAY) } else { Kind::Number(Decimal::ZERO) },
                length,
            );
        }
    }

    /// Whether a length of time follows what was read last.
    fn wants_length(&self) -> bool {
        const BEFORE: [&str; 4] = ["within", "for", "next", "than"];
        match self.tokens.last().map(|token| &token.kind) {
            Some(Kind::Word(word)) => BEFORE.iter().any(|before| before.eq_ignore_ascii_case(word)),
            _ => false,
        }
    }

    fn symbol(&mut self, c: char) {
        let two = self.rest().get(..2).unwrap_or("");
        let (kind, length) = match (two, c) {
            ("!=", _) => (Kind::Unequal, 2),
            ("<=", _) => (Kind::LessOrEqual, 2),
            (">=", _) => (Kind::GreaterOrEqual, 2),
            ("==" | "<>" | "=<" | "=>", _) => {
                let (kind, meant) = match two {
                    "==" => (Kind::Equal, "="),
                    "<>" => (Kind::Unequal, "!="),
                    "=<" => (Kind::LessOrEqual, "<="),
                    _ => (Kind::GreaterOrEqual, ">="),
                };
                return self.meant(kind, two.to_owned(), meant);
            }
            ("&&" | "||", _) => {
                let meant = if two == "&&" { "and" } else { "or" };
                return self.meant(Kind::Word(meant.to_owned()), two.to_owned(), meant);
            }
            (_, '&') => return self.meant(Kind::Word("and".to_owned()), "&".to_owned(), "and"),
            (_, '|') => return self.meant(Kind::Word("or".to_owned()), "|".to_owned(), "or"),
            (_, '!') => return self.meant(Kind::Word("not".to_owned()), "!".to_owned(), "not"),
            (_, '≥') => return self.meant(Kind::GreaterOrEqual, "≥".to_owned(), ">="),
            (_, '≤') => return self.meant(Kind::LessOrEqual, "≤".to_owned(), "<="),
            (_, '≠') => return self.meant(Kind::Unequal, "≠".to_owned(), "!="),
            (_, '=') => (Kind::Equal, 1),
            (_, '<') => (Kind::Less, 1),
            (_, '>') => (Kind::Greater, 1),
            (_, '(') => (Kind::Open, 1),
            (_, ')') => (Kind::Close, 1),
            (_, ',') => (Kind::Comma, 1),
            (_, '.') => (Kind::Dot, 1),
            _ => {
                let message = format!("`{c}` means nothing here");
                self.fault("stray-character", c.len_utf8(), message, "take it out, or put text in quotes");
                self.at += c.len_utf8();
                return;
            }
        };
        self.push(kind, length);
    }

    fn meant(&mut self, kind: Kind, wrong: String, meant: &str) {
        self.fault(
            "other-language",
            wrong.len(),
            format!("`{wrong}` is written `{meant}` here"),
            &format!("write `{meant}`"),
        );
        self.push(kind, wrong.len());
    }
}

fn bare_time(piece: &str) -> Option<Time> {
    // Jiff also reads shorter forms; only what looks like a date is one here.
    let dated = piece.len() >= 10 && piece.as_bytes().get(4) == Some(&b'-');
    if dated { piece.parse().ok() } else { None }
}

fn why_no_number(piece: &str) -> (String, &'static str) {
    let digits_only = piece.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    match piece.parse::<Decimal>() {
        Err(error) if digits_only && error != crate::model::decimal::DecimalError::NotANumber => {
            (format!("`{piece}` is {error}"), "numbers have up to four decimal places")
        }
        _ if piece.ends_with("hr") || piece.ends_with("hrs") => {
            (format!("`{piece}` is no length of time"), "write 12h")
        }
        _ if piece.ends_with("mo") || piece.ends_with("mon") => {
            (format!("`{piece}` is no length of time: months differ"), "write 30d")
        }
        _ => (
            format!("`{piece}` is no number, length of time or date"),
            "write 30, 12.50, 30d, 12h, 2026-01-31 or 2026-01-31T14:20:00Z",
        ),
    }
}

/// The text in double quotes, as the language reads it back.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
