//! The paths that code names, groups of `use` opened, `self` and `super` resolved.

use crate::lex::{Piece, Token};

/// A path such as `crate::model::Time`, and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

impl Named {
    pub(crate) fn starts_with(&self, path: &str) -> bool {
        let wanted: Vec<&str> = path.split("::").collect();
        self.segments.len() >= wanted.len() && self.segments.iter().zip(wanted).all(|(a, b)| a == b)
    }

    /// Whether the segments of `path` follow each other somewhere in it.
    pub(crate) fn contains(&self, path: &str) -> bool {
        let wanted: Vec<&str> = path.split("::").collect();
        self.segments.windows(wanted.len()).any(|part| part == wanted)
    }

    /// The room of this crate it leads to.
    pub(crate) fn room(&self) -> Option<&str> {
        self.starts_with("crate").then(|| self.segments.get(1).map(String::as_str)).flatten()
    }
}

/// All paths of two segments or more; those of this crate start with `crate`.
pub(crate) fn named(tokens: &[Token], module: &[String]) -> Vec<Named> {
    let mut paths = Vec::new();
    let mut inside = Inside { module: module.to_vec(), open: Vec::new(), depth: 0 };
    let mut behind = 0;
    for (at, token) in tokens.iter().enumerate() {
        inside.pass(tokens, at);
        let starts =
            at >= behind && token.word().is_some() && (at == 0 || tokens[at - 1].piece != Piece::Path);
        if starts && tokens.get(at + 1).is_some_and(|next| next.piece == Piece::Path) {
            let mut tree = Tree { tokens, at, found: Vec::new() };
            tree.read(&[]);
            behind = tree.at;
            paths.extend(tree.found.into_iter().map(|path| inside.resolve(path)));
        }
    }
    paths
}

/// Which inline module a place is in.
struct Inside {
    module: Vec<String>,
    open: Vec<usize>,
    depth: usize,
}

impl Inside {
    fn pass(&mut self, tokens: &[Token], at: usize) {
        if tokens[at].is('{') {
            self.depth += 1;
            if let Some(name) = at.checked_sub(2).filter(|mod_at| tokens[*mod_at].word() == Some("mod")) {
                self.open.push(self.depth);
                self.module.extend(tokens[name + 1].word().map(str::to_owned));
            }
        } else if tokens[at].is('}') {
            if self.open.last() == Some(&self.depth) {
                self.open.pop();
                self.module.pop();
            }
            self.depth = self.depth.saturating_sub(1);
        }
    }

    fn resolve(&self, path: Named) -> Named {
        let mut segments = path.segments.into_iter().peekable();
        let mut here = self.module.clone();
        let relative = segments.peek().is_some_and(|first| first == "self" || first == "super");
        while relative && segments.peek().is_some_and(|segment| segment == "self" || segment == "super") {
            if segments.next().is_some_and(|segment| segment == "super") {
                here.pop();
            }
        }
        let crate_root = relative.then(|| "crate".to_owned());
        let start = if relative { here } else { Vec::new() };
        Named { segments: crate_root.into_iter().chain(start).chain(segments).collect(), line: path.line }
    }
}

struct Tree<'t> {
    tokens: &'t [Token],
    at: usize,
    found: Vec<Named>,
}

impl Tree<'_> {
    /// Reads a path, or the paths of a group, that go on from `before`.
    fn read(&mut self, before: &[String]) {
        let Some(token) = self.tokens.get(self.at) else { return };
        let line = token.line;
        self.at += 1;
        match &token.piece {
            Piece::Word(word) => {
                let path: Vec<String> = before.iter().cloned().chain([word.clone()]).collect();
                let goes_on = self.tokens.get(self.at).is_some_and(|next| next.piece == Piece::Path)
                    && self.tokens.get(self.at + 1).is_some_and(|next| !next.is('<'));
                if goes_on {
                    self.at += 1;
                    self.read(&path);
                } else {
                    self.found.push(Named { segments: path, line });
                }
            }
            Piece::Sign('*') => {
                let segments = before.iter().cloned().chain(["*".to_owned()]).collect();
                self.found.push(Named { segments, line });
            }
            Piece::Sign('{') => self.read_group(before),
            _ => {}
        }
    }

    fn read_group(&mut self, before: &[String]) {
        while let Some(token) = self.tokens.get(self.at) {
            if token.is('}') {
                self.at += 1;
                return;
            }
            let renaming = self.at > 0 && self.tokens[self.at - 1].word() == Some("as");
            if token.is(',') || token.word() == Some("as") || renaming {
                self.at += 1;
            } else {
                self.read(before);
            }
        }
    }
}

#[test]
fn groups_are_opened_and_supers_resolved() {
    let code = "use crate::{a, b::{c as d, e::*}}; fn f() { super::super::g::h(); self::i::j(k::<u8>::L) }
        mod tests { use super::m; }";
    let module = ["room".to_owned(), "file".to_owned()];
    let paths: Vec<String> =
        named(&crate::lex::lex(code), &module).iter().map(|path| path.segments.join("::")).collect();
    let expected = [
        "crate::a",
        "crate::b::c",
        "crate::b::e::*",
        "crate::g::h",
        "crate::room::file::i::j",
        "k",
        "crate::room::file::m",
    ];
    assert_eq!(paths, expected);
}
