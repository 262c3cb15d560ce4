//! Who may touch what. A pure room takes values and gives values, so what reaches outside has its few places.

use crate::house;
use crate::lex::{Piece, Token};
use crate::paths::{Named, named};

/// Something of the outside and who may touch it.
struct Outside {
    what: &'static str,
    /// Paths; `…::name` is a path with `name` anywhere.
    paths: &'static [&'static str],
    /// Folders or files of `src/`.
    at: &'static [&'static str],
}

const OUTSIDE: &[Outside] = &[
    Outside { what: "the database", paths: &["rusqlite"], at: &["store/"] },
    Outside {
        what: "the terminal",
        paths: &["ratatui", "crossterm", "ratatui_textarea", "signal_hook"],
        at: &["tui/"],
    },
    Outside {
        what: "files",
        paths: &["std::fs", "tempfile", "fs4"],
        at: &["exchange/", "report/", "config/", "store/", "tui/editor.rs"],
    },
    Outside { what: "the platform's folders", paths: &["directories"], at: &["config/"] },
    Outside {
        what: "a clock",
        paths: &["…::SystemTime", "…::Instant", "…::Timestamp::now", "…::Zoned::now"],
        at: &["work/", "cli/", "tui/"],
    },
    Outside {
        what: "standard output",
        paths: &["…::stdout", "…::stderr"],
        at: &["cli/", "tui/term.rs", "tui/mod.rs"],
    },
    Outside { what: "standard input", paths: &["…::stdin"], at: &["cli/", "exchange/", "tui/"] },
    Outside {
        what: "the environment",
        paths: &[
            "std::env::var",
            "std::env::var_os",
            "std::env::vars",
            "std::env::args",
            "std::env::current_dir",
        ],
        at: &["config/", "cli/", "tui/"],
    },
    Outside { what: "another program", paths: &["std::process::Command"], at: &["tui/editor.rs"] },
    Outside { what: "the network", paths: &["std::net"], at: &[] },
    Outside {
        what: "threads",
        paths: &["std::thread"],
        at: &["frame/", "traffic/", "sim/", "store/", "work/", "cli/", "tui/"],
    },
    Outside { what: "the command line", paths: &["clap"], at: &["cli/"] },
    Outside { what: "distributions", paths: &["statrs"], at: &["stats/", "sim/"] },
    Outside {
        what: "a random stream",
        paths: &[
            "rand::SeedableRng",
            "rand::rng",
            "rand::rngs::ThreadRng",
            "rand::rngs::SysRng",
            "rand::random",
        ],
        at: &["model/seed.rs"],
    },
];

impl Outside {
    fn is_named_by(&self, path: &Named) -> bool {
        self.paths.iter().any(|wanted| match wanted.strip_prefix("…::") {
            Some(part) => path.contains(part),
            None => path.starts_with(wanted),
        })
    }
}

#[test]
fn the_outside_is_touched_where_the_design_says() {
    let mut found = Vec::new();
    for file in house::read().files {
        for path in named(&file.product(), &file.module) {
            for outside in OUTSIDE.iter().filter(|outside| outside.is_named_by(&path)) {
                if !outside.at.iter().any(|place| file.name.starts_with(place)) {
                    let named = path.segments.join("::");
                    found.push(format!("src/{}:{}: {} ({named})", file.name, path.line, outside.what));
                }
            }
        }
    }
    assert!(found.is_empty(), "touched outside of its places:\n{}", found.join("\n"));
}

#[test]
fn nothing_panics_or_prints_in_passing() {
    let macros =
        ["panic", "todo", "unimplemented", "unreachable", "dbg", "println", "eprintln", "print", "eprint"];
    let mut found = Vec::new();
    for file in house::read().files {
        let tokens = file.product();
        for three in tokens.windows(3) {
            let call = |name: &str| three[0].is('.') && three[1].word() == Some(name) && three[2].is('(');
            let shout =
                three[1].is('!') && !three[2].is('=') && three[0].word().is_some_and(|w| macros.contains(&w));
            let own_parser = file.name.starts_with("rule/parse");
            if shout || call("unwrap") || (call("expect") && !own_parser) {
                found.push(format!("src/{}:{}", file.name, three[1].line));
            }
        }
    }
    assert!(found.is_empty(), "may panic or print:\n{}", found.join("\n"));
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let mut found = Vec::new();
    for file in house::read().files {
        for (attribute, line) in attributes(&file.tokens) {
            let silenced = attribute.iter().any(|word| word == "allow");
            let unexplained =
                attribute.iter().any(|word| word == "expect") && !attribute.contains(&"reason".to_owned());
            if silenced || unexplained {
                found.push(format!("src/{}:{line}", file.name));
            }
        }
    }
    assert!(found.is_empty(), "use #[expect(.., reason = \"..\")]:\n{}", found.join("\n"));
}

/// The words of each attribute, and its line.
fn attributes(tokens: &[Token]) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let open = match tokens.get(at + 1) {
            Some(next) if next.is('!') => at + 2,
            _ => at + 1,
        };
        if token.is('#') && tokens.get(open).is_some_and(|next| next.is('[')) {
            let mut depth = 0_i32;
            let inside = tokens[open..].iter().take_while(|token| {
                depth += i32::from(token.is('[')) - i32::from(token.is(']'));
                depth > 0
            });
            found.push((inside.filter_map(|token| token.word().map(str::to_owned)).collect(), token.line));
        }
    }
    found
}

#[test]
fn every_dependency_is_used() {
    let manifest: toml::Table =
        std::fs::read_to_string(house::root().join("Cargo.toml")).unwrap().parse().unwrap();
    let mut words = std::collections::BTreeSet::new();
    for file in house::read().files {
        for token in file.tokens {
            if let Piece::Word(word) = token.piece {
                words.insert(word);
            }
        }
    }
    let listed = manifest["dependencies"].as_table().unwrap();
    let unused: Vec<&String> =
        listed.keys().filter(|name| !words.contains(&name.replace('-', "_"))).collect();
    assert!(unused.is_empty(), "in Cargo.toml and not in src/: {unused:?}");
}
