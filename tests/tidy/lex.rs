//! Rust text as words, signs and texts, each with its line: enough of a lexer to read a house's own code.

/// A piece of code. Comments are gone; what a literal says is kept apart from code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A name, a keyword or a number.
    Word(String),
    /// Two colons.
    Path,
    /// Any other sign.
    Sign(char),
    /// A string, a character or a lifetime.
    Literal,
}

/// A piece and the line it starts on.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) piece: Piece,
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn word(&self) -> Option<&str> {
        if let Piece::Word(word) = &self.piece { Some(word) } else { None }
    }

    pub(crate) fn is(&self, sign: char) -> bool {
        self.piece == Piece::Sign(sign)
    }
}

struct Lexer<'t> {
    rest: &'t str,
    line: usize,
    tokens: Vec<Token>,
}

/// The code of a file.
pub(crate) fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new() };
    while let Some(first) = lexer.rest.chars().next() {
        lexer.next(first);
    }
    lexer.tokens
}

impl Lexer<'_> {
    fn next(&mut self, first: char) {
        if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip(block_comment(self.rest));
        } else if let Some(length) = string(self.rest) {
            self.push(Piece::Literal, length);
        } else if first == '\'' {
            self.push(Piece::Literal, quote(self.rest));
        } else if first.is_alphanumeric() || first == '_' {
            let word: String = self.rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let length = word.len();
            self.push(Piece::Word(word), length);
        } else if self.rest.starts_with("::") {
            self.push(Piece::Path, 2);
        } else {
            self.push(Piece::Sign(first), first.len_utf8());
        }
    }

    fn push(&mut self, piece: Piece, length: usize) {
        self.tokens.push(Token { piece, line: self.line });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let (gone, rest) = self.rest.split_at(length);
        self.line += gone.matches('\n').count();
        self.rest = rest;
    }
}

/// The length of the comment a text starts with; comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of the string literal a text starts with, if it does.
fn string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            rest.starts_with('"') || (prefix.ends_with('r') && rest.trim_start_matches('#').starts_with('"'))
        })
    })?;
    let rest = &text[prefix.len()..];
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let open = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(text[open..].find(&close).map_or(text.len(), |at| open + at + close.len()));
    }
    Some(open + until(&text[open..], '"'))
}

/// The length of the character or lifetime a text starts with.
fn quote(text: &str) -> usize {
    let mut inside = text[1..].chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), Some(escaped)) => {
            let start = 2 + escaped.len_utf8();
            start + until(&text[start..], '\'')
        }
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1 + text[1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').count(),
    }
}

/// How far it is behind the next unescaped sign.
fn until(text: &str, sign: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == sign && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

#[test]
fn code_is_told_from_comments_and_texts() {
    let text = "a /* b /* c */ d */ 'x' '\\'' \"e \\\" f\" r#\"g \" h\"# b\"i\" 'life j::k // l\nm";
    let words: Vec<(String, usize)> =
        lex(text).iter().filter_map(|token| Some((token.word()?.to_owned(), token.line))).collect();
    let expected = [("a", 1), ("j", 1), ("k", 1), ("m", 2)].map(|(word, line)| (word.to_owned(), line));
    assert_eq!(words, expected);
}
