//! The files of the house: which there are, which module each is, which parts of them only tests see.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::lex::{Piece, Token, lex};

/// A file of `src/`.
pub(crate) struct File {
    /// Relative to `src/`, with `/`.
    pub(crate) name: String,
    /// Its module, such as `["store", "open"]`; nothing for `lib.rs` and `main.rs`.
    pub(crate) module: Vec<String>,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    /// Whether only tests see it.
    pub(crate) of_tests: bool,
}

impl File {
    /// The room it is in.
    pub(crate) fn room(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// Its code without what only tests see.
    pub(crate) fn product(&self) -> Vec<Token> {
        if self.of_tests { Vec::new() } else { without_tests(&self.tokens) }
    }
}

/// All files of `src/` that a `mod` leads to, and those that none does.
pub(crate) struct House {
    pub(crate) files: Vec<File>,
    pub(crate) lost: Vec<String>,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Reads `src/` from its two roots.
pub(crate) fn read() -> House {
    let src = root().join("src");
    let mut found = BTreeMap::new();
    for start in ["lib.rs", "main.rs"] {
        follow(&src, &src.join(start), &[], false, &mut found);
    }
    let all: BTreeSet<String> = files_below(&src).iter().map(|path| name(&src, path)).collect();
    let lost = all.into_iter().filter(|file| file.ends_with(".rs") && !found.contains_key(file)).collect();
    House { files: found.into_values().collect(), lost }
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

pub(crate) fn name(base: &Path, path: &Path) -> String {
    path.strip_prefix(base).unwrap().to_string_lossy().replace('\\', "/")
}

fn follow(src: &Path, path: &Path, module: &[String], of_tests: bool, found: &mut BTreeMap<String, File>) {
    let text = std::fs::read_to_string(path).unwrap();
    let tokens = lex(&text);
    let product = without_tests(&tokens);
    for child in children(&tokens) {
        let hidden = of_tests || !children(&product).contains(&child);
        let inside: Vec<String> = module.iter().cloned().chain([child]).collect();
        let base = src.join(inside.join("/"));
        let (file, folder) = (base.with_extension("rs"), base.join("mod.rs"));
        let next = if file.exists() { file } else { folder };
        follow(src, &next, &inside, hidden, found);
    }
    let name = name(src, path);
    found.insert(name.clone(), File { name, module: module.to_vec(), text, tokens, of_tests });
}

/// The names in `mod name;`.
pub(crate) fn children(tokens: &[Token]) -> Vec<String> {
    let declared = tokens.windows(3).filter(|three| three[0].word() == Some("mod") && three[2].is(';'));
    declared.filter_map(|three| three[1].word().map(str::to_owned)).collect()
}

/// The code without items under `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_cfg_test(&tokens[at..]) {
            at = after_item(tokens, at);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn is_cfg_test(tokens: &[Token]) -> bool {
    let words = ["cfg", "test"].map(|word| Piece::Word(word.to_owned()));
    let [cfg, test] = words;
    let pattern =
        [Piece::Sign('#'), Piece::Sign('['), cfg, Piece::Sign('('), test, Piece::Sign(')'), Piece::Sign(']')];
    tokens.len() >= pattern.len() && tokens.iter().zip(&pattern).all(|(token, piece)| token.piece == *piece)
}

/// Behind the item that starts here: its closing brace or semicolon.
fn after_item(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_i32;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.piece {
            Piece::Sign('{' | '(' | '[') => depth += 1,
            Piece::Sign(')' | ']') => depth -= 1,
            Piece::Sign('}') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            Piece::Sign(';') if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[test]
fn what_only_tests_see_is_left_out() {
    let code = "use a; #[cfg(test)] mod tests { fn f() { let x = [1; 2]; } } fn g() {} #[cfg(test)] mod h; i";
    let words: Vec<String> =
        without_tests(&lex(code)).iter().filter_map(|t| t.word().map(str::to_owned)).collect();
    assert_eq!(words, ["use", "a", "fn", "g", "i"]);
}
