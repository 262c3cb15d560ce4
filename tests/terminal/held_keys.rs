//! Keys held down in the rule editor, over the real program on a large workspace: every one of them ends up in the text, each is
//! seen at once, and the last count is of the last text. 100,000 events here; `SEGUE_BENCH_DIR` names a workspace file, or a
//! folder with a `shop.db` in it, to do it on ten million. `--nocapture` shows the figures.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use super::{Terminal, generator};

/// The rule as it is typed: a reference segment, letter by letter.
const RULE: [&str; 3] = [
    "country = \"DE\"",
    "and did(\"Order Completed\") >= 2 within 30d",
    "and not did(\"Email Sent\") within 3d",
];

/// So often a held key repeats: faster than any keyboard.
const REPEAT: Duration = Duration::from_millis(4);

/// Letters held down in a line, so many that they are seen whole.
const LETTERS: usize = 40;

const PATIENCE: Duration = Duration::from_secs(120);

fn import(workspace: &Path, file: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(["import", file.to_str().unwrap(), "-w", workspace.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The workspace, and the folder that goes with it where it was made for this.
fn workspace() -> (PathBuf, Option<tempfile::TempDir>) {
    if let Some(named) = std::env::var_os("SEGUE_BENCH_DIR").map(PathBuf::from) {
        let file = if named.is_dir() { named.join("shop.db") } else { named };
        assert!(file.exists(), "{} is no workspace", file.display());
        return (file, None);
    }
    let folder = tempfile::tempdir().unwrap();
    generator::write(folder.path(), 10_000, 100_000, 11).unwrap();
    let workspace = folder.path().join("shop.db");
    for file in ["profiles.csv", "events.csv"] {
        import(&workspace, &folder.path().join(file));
    }
    (workspace, Some(folder))
}

impl Terminal {
    /// Types letters as a held key does.
    fn hold(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.press(&letter.to_string());
            std::thread::sleep(REPEAT);
        }
    }

    fn is_counted(screen: &str) -> bool {
        screen.contains(" people  of ") && !screen.contains("counting …")
    }
}

/// How long each of some letters takes to be seen.
fn echoes(terminal: &mut Terminal) -> Vec<Duration> {
    let mut echoes = Vec::new();
    for n in 0..40 {
        // A longer line is wrapped, perhaps within a mark.
        if n % 10 == 0 {
            terminal.press("\r# ");
        }
        let mark = format!("k{n:02}");
        terminal.press(&mark[..2]);
        std::thread::sleep(Duration::from_millis(30));
        let began = Instant::now();
        terminal.press(&mark[2..]);
        terminal.until_within(PATIENCE, &mark, |screen| screen.contains(&mark));
        echoes.push(began.elapsed());
    }
    echoes.sort();
    echoes
}

#[test]
fn keys_held_down_on_a_large_workspace_are_never_lost() {
    let (workspace, _folder) = workspace();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_segue"));
    command.arg(workspace.as_os_str());
    command.env_remove("NO_COLOR");
    let opened = Instant::now();
    let mut terminal = Terminal::run(120, 36, command);
    terminal.until_within(PATIENCE, "the tabs", |screen| screen.contains("4 Segments"));
    terminal.press("4");
    terminal.until_within(PATIENCE, "the list of segments", |screen| {
        screen.contains("n makes one") || screen.contains("of everyone")
    });
    let opened = opened.elapsed();
    terminal.press("n");
    terminal.until("New segment");
    terminal.press("held down\r");
    terminal.until("held down ─ new");

    for (index, line) in RULE.iter().enumerate() {
        if index > 0 {
            terminal.press("\r");
        }
        terminal.hold(line);
    }
    let typed = Instant::now();
    terminal.until_within(PATIENCE, "the whole rule", |screen| RULE.iter().all(|line| screen.contains(line)));
    let seen = typed.elapsed();
    terminal.until_within(PATIENCE, "its count", Terminal::is_counted);
    let counted = typed.elapsed();
    let first: String =
        terminal.screen().lines().find(|line| line.contains(" people  of ")).unwrap().to_owned();

    // What is held down is in the text, letter for letter, line after line.
    for line in 0..8 {
        terminal.press("\r# ");
        terminal.hold(&char::from(b'a' + line).to_string().repeat(LETTERS));
    }
    let held = Instant::now();
    let all = |screen: &str| {
        (0..8).all(|line| {
            screen.contains(&format!("# {} ", char::from(b'a' + line).to_string().repeat(LETTERS)))
        })
    };
    terminal.until_within(PATIENCE, "every letter held down", all);
    let held = held.elapsed();

    // And taken back as often as it was typed, the text is what it was, and so is its count.
    terminal.hold(&"\u{7f}".repeat(8 * (LETTERS + 3)));
    let back = Instant::now();
    let gone =
        |screen: &str| !screen.contains("# ") && Terminal::is_counted(screen) && screen.contains(RULE[2]);
    terminal.until_within(PATIENCE, "the rule as it was", gone);
    let back = back.elapsed();
    let again: String =
        terminal.screen().lines().find(|line| line.contains(" people  of ")).unwrap().to_owned();
    assert_eq!(first, again);

    let echoes = echoes(&mut terminal);
    let of = |share: usize| echoes[(echoes.len() - 1) * share / 100];
    println!(
        "open to the segments {opened:.0?}; from the last key: seen {seen:.0?}, counted {counted:.0?}; \
         {} letters held seen {held:.0?}; as many taken back and counted {back:.0?}; \
         echo of a key: half {:.0?}, 95 % {:.0?}, worst {:.0?}",
        8 * LETTERS,
        of(50),
        of(95),
        of(100)
    );
    // Generous: whoever runs this may build something else beside it.
    assert!(seen < Duration::from_secs(2) && held < Duration::from_secs(2), "{seen:?} {held:?}");
    assert!(of(95) < Duration::from_secs(1), "{echoes:?}");
    terminal.press("\u{1b}");
    std::thread::sleep(Duration::from_millis(200));
    terminal.press("q");
    terminal.until("Leave and lose it?");
    terminal.press("y");
    assert!(terminal.wait());
    assert!(terminal.is_given_back(), "{}", terminal.screen());
}
