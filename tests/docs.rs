//! The README followed literally: every command in its blocks of ```sh runs, in order, in one folder.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A line of a block and the code it is to end with.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    number: usize,
    words: Vec<String>,
    code: i32,
}

/// How the README starts the program.
const FROM_SOURCE: [&str; 4] = ["cargo", "run", "--release", "--"];

/// The lines of all ```sh blocks that start the program. A line may say `# exit 1`; ```sh no-run is passed over.
fn lines(text: &str) -> Vec<Line> {
    let (mut found, mut inside, mut begun) = (Vec::new(), false, String::new());
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside && line.trim_end() == "```sh";
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(first) = line.trim_end().strip_suffix('\\') {
            begun.push_str(first);
            continue;
        }
        let whole = std::mem::take(&mut begun) + line.trim().trim_start_matches("$ ");
        let mut words = split(&whole);
        if words.starts_with(&FROM_SOURCE.map(str::to_owned)) {
            words.splice(..FROM_SOURCE.len(), ["segue".to_owned()]);
        }
        if words.first().is_some_and(|word| word == "segue") {
            found.push(Line { number: number + 1, words, code: code(&whole) });
        }
    }
    found
}

fn code(line: &str) -> i32 {
    let said = line.rsplit_once("# exit ").and_then(|(_, code)| code.split_whitespace().next());
    said.map_or(0, |code| code.parse().unwrap_or_else(|_| panic!("no exit code: {line}")))
}

/// The words of a shell line, quotes taken off, its comment left out.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '|' | '>' | '<' | ';' | '&' | '$' | '`') => {
                panic!("README commands are plain words, without {c}: {line}")
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "an open quote: {line}");
    words.extend(word);
    words
}

/// Whether a line opens the console, which waits for a person.
fn is_interactive(words: &[String]) -> bool {
    let options = |word: &str| words.iter().any(|given| given == word);
    match words.get(1).map(String::as_str) {
        None => true,
        Some("demo" | "lab") => !options("--headless") && !options("--help"),
        Some(file) => Path::new(file).extension().is_some_and(|extension| extension == "db"),
    }
}

#[test]
fn the_commands_of_the_readme_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(readme) = std::fs::read_to_string(root.join("README.md")) else {
        let mut stderr = std::io::stderr();
        writeln!(stderr, "skipped: there is no README.md").unwrap();
        return;
    };
    let lines = lines(&readme);
    assert!(lines.iter().any(|line| line.words == ["segue", "demo"]), "the README starts with the demo");
    let folder = tempfile::tempdir().unwrap();
    copy(&root.join("sample-data"), &folder.path().join("sample-data"));
    for line in lines.iter().filter(|line| !is_interactive(&line.words)) {
        let output = Command::new(env!("CARGO_BIN_EXE_segue"))
            .args(&line.words[1..])
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path().join("data"))
            .env("XDG_CONFIG_HOME", folder.path().join("config"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(line.code),
            "README.md:{}: {}\n{}{}",
            line.number,
            line.words.join(" "),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn blocks_become_commands() {
    let text = "```sh\n# a word\n$ segue import 'a b.csv' --map \"m\" # exit 1\ncargo run --release -- demo\n\
        cargo test\nsegue segment count \\\n  'x = \"DE\"'\n```\n```sh no-run\nsegue doctor\n```\nsegue doctor\n```text\nsegue x\n```\n";
    let expected: [(usize, &[&str], i32); 3] = [
        (3, &["segue", "import", "a b.csv", "--map", "m"], 1),
        (4, &["segue", "demo"], 0),
        (7, &["segue", "segment", "count", "x = \"DE\""], 0),
    ];
    let expected = expected.map(|(number, words, code)| Line {
        number,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        code,
    });
    assert_eq!(lines(text), expected);
}

#[test]
fn what_waits_for_a_person_is_known() {
    let interactive = |line: &str| is_interactive(&split(line));
    assert!(interactive("segue") && interactive("segue shop.db") && interactive("segue demo --tour"));
    assert!(!interactive("segue demo --headless --seed 7") && !interactive("segue doctor -w shop.db"));
}
