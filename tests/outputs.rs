//! What the command line and the console say about data that is odd, late, taken back or somebody else's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command as Process, Output};
use std::time::{Duration, Instant};

use segue::model::Seed;
use segue::work::console::{Subject, start};
use segue::work::port::{Command, Update};
use serde_json::Value;

fn segue(folder: &Path, words: &[&str]) -> Output {
    Process::new(env!("CARGO_BIN_EXE_segue"))
        .args(words)
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder.join("data"))
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// The export of a finished test: two arms, alternating.
fn test_export() -> String {
    let row = |n: usize| {
        format!(
            "{n},{},{},{}\n",
            ["gate_30", "gate_40"][n % 2],
            n % 7,
            if n.is_multiple_of(3) { "True" } else { "False" }
        )
    };
    format!("userid,version,sum_gamerounds,retention_1\n{}", (1..=60).map(row).collect::<String>())
}

#[test]
fn a_panel_is_printed_alone() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.csv", "email,city\nanne@example.org,Ulm\n");
    assert!(segue(folder.path(), &["import", "a.csv", "-w", "s.db"]).status.success());
    let panel = |name: &str| said(&segue(folder.path(), &["panel", name, "-w", "s.db"]));
    let parts = ["No test is running", "lifecycle: ", "no answers to surveys"];
    let has = |text: &str| parts.map(|part| text.contains(part));
    assert_eq!(has(&panel("live")), [true, true, true]);
    assert_eq!(has(&panel("uplift")), [true, false, false]);
    assert_eq!(has(&panel("whereabouts")), [false, true, false]);
    assert_eq!(has(&panel("csat")), [false, false, true]);
    assert_eq!(has(&panel("fatigue")), [false, false, false]);
    assert!(!panel("uplift").contains("attributed 0"));
    assert_eq!(segue(folder.path(), &["panel", "-w", "s.db"]).status.code(), Some(2));
}

#[test]
fn a_page_that_cannot_be_written_says_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.csv", "email,city\nanne@example.org,Ulm\n");
    assert!(segue(folder.path(), &["import", "a.csv", "-w", "s.db"]).status.success());
    let refused = segue(folder.path(), &["report", "--brief", "-w", "s.db", "--out", "no/such/page.html"]);
    assert_eq!(refused.status.code(), Some(2));
    let text = told(&refused);
    assert!(text.starts_with("segue: no/such/page.html: the page cannot be written: "), "{text}");
    assert!(text.contains("help: say where it may lie: --out FILE"), "{text}");
}

#[test]
fn a_header_alone_is_no_batch() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.csv", "email,city\n");
    for words in [["import", "a.csv", "-w", "s.db"], ["import", "a.csv", "--dry-run", "--json"]] {
        let refused = segue(folder.path(), &words);
        assert_eq!(refused.status.code(), Some(2), "{words:?}");
        assert!(
            told(&refused).starts_with("segue: a.csv: has a header and no rows\n  help: "),
            "{}",
            told(&refused)
        );
    }
    assert!(!folder.path().join("s.db").exists(), "no workspace is made for it");
}

#[test]
fn the_export_of_a_test_is_imported_as_asked_and_the_other_way_is_told() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "cats.csv", &test_export());
    let command = "segue import cats.csv -w s.db --as experiment --name cats --variant version --control gate_30 \
                   --metric sum_gamerounds:mean --metric retention_1:proportion --unit userid";
    let dry = segue(folder.path(), &["import", "cats.csv", "-w", "s.db", "--dry-run"]);
    assert!(told(&dry).contains(command), "{}", told(&dry));
    let plain = segue(folder.path(), &["import", "cats.csv", "-w", "s.db", "--json"]);
    assert!(plain.status.success() && told(&plain).contains(command));
    assert_eq!(json(&plain)["files"][0]["looks_like"], command);
    assert_eq!(json(&plain)["files"][0]["counts"]["accepted"], 60);
    // Who says what the rows are is not asked again; and what is proposed works as it stands.
    let asked = segue(folder.path(), &["import", "cats.csv", "-w", "o.db", "--as", "profiles"]);
    assert!(asked.status.success() && !told(&asked).contains("looks like"), "{}", told(&asked));
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let as_test = segue(folder.path(), &words);
    assert!(as_test.status.success(), "{}", told(&as_test));
    assert!(said(&as_test).contains("gate_40"));
}

#[test]
fn cells_that_are_no_numbers_are_told_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let row = |n: usize| {
        let points = if n == 120 { "many".to_owned() } else { n.to_string() };
        let age = if n % 9 == 5 { "?".to_owned() } else { n.to_string() };
        format!("u{n},{points},{age}\n")
    };
    let rows: String = (0..400).map(row).collect();
    put(folder.path(), "a.csv", &format!("user_id,points,age\n{rows}"));
    let output = segue(folder.path(), &["import", "a.csv", "-w", "s.db"]);
    let text = said(&output);
    assert!(text.contains("1 cell of `points` kept as text for not fitting its type"), "{text}");
    assert!(text.contains("the first on line 122"), "{text}");
    assert!(told(&output).contains("`age` is kept as text, because "), "{}", told(&output));
    assert!(told(&output).contains("such as `?` in row 7"), "{}", told(&output));
}

#[test]
fn no_name_in_data_reaches_the_terminal_raw() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "x\u{1b}[31m\u{9b}2J\u{202e}y";
    put(
        folder.path(),
        "t.csv",
        &test_export().replace("gate_40", bad).replace("sum_gamerounds", "sum\u{202e}rounds"),
    );
    put(folder.path(), "p.csv", &format!("email,ci{bad}ty\nanne@example.org,U{bad}lm\n"));
    put(
        folder.path(),
        "e.csv",
        &format!("user_id,timestamp,event\n1,2026-05-01,Do {bad}\n1,2026-05-02,Buy\n"),
    );
    let as_test =
        ["--as", "experiment", "--name", bad, "--variant", "version", "--control", "gate_30", "--metric"];
    let mut import = vec!["import", "t.csv", "-w", "s.db"];
    import.extend(as_test);
    import.extend(["sum\u{202e}rounds:mean", "--unit", "userid"]);
    let steps = format!("Do {bad},Buy");
    let every: [&[&str]; 11] = [
        &import,
        &["import", "p.csv", "-w", "s.db"],
        &["import", "e.csv", "t.csv", "-w", "s.db"],
        &["batch", "list", "-w", "s.db"],
        &["batch", "show", "b-00002", "-w", "s.db"],
        &["experiment", "list", "-w", "s.db"],
        &["experiment", "analyze", bad, "-w", "s.db"],
        &["profile", "find", "anne", "-w", "s.db"],
        &["profile", "show", "anne@example.org", "--unmask", "-w", "s.db"],
        &["panel", "live", "-w", "s.db"],
        &["panel", "funnel", "--steps", &steps, "-w", "s.db"],
    ];
    for words in every {
        let output = segue(folder.path(), words);
        let text = format!("{}{}", said(&output), told(&output));
        let raw = text.chars().find(|c| ['\u{1b}', '\u{9b}', '\u{202e}'].contains(c));
        assert_eq!(raw, None, "{words:?}: {text}");
        assert_ne!(output.status.code(), Some(101), "{words:?}");
    }
}

#[test]
fn a_funnel_counts_people_as_a_person_would() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        ("a", "01T10", "Product Viewed"),
        ("a", "01T11", "Product Added"),
        ("a", "02T10", "Order Completed"),
        ("b", "01T10", "Product Viewed"),
        ("b", "01T12", "Order Completed"),
        ("c", "01T10", "Product Added"),
        ("c", "01T11", "Product Viewed"),
        ("d", "01T10", "Product Viewed"),
        ("d", "01T11", "Product Added"),
        ("d", "20T10", "Order Completed"),
    ];
    let text: String =
        rows.iter().map(|(who, at, what)| format!("{who},2026-05-{at}:00:00Z,{what}\n")).collect();
    put(folder.path(), "e.csv", &format!("user_id,timestamp,event\n{text}"));
    assert!(segue(folder.path(), &["import", "e.csv", "-w", "s.db"]).status.success());
    let steps = "Product Viewed,Product Added,Order Completed";
    let funnel = |more: &[&str]| {
        let mut words = vec!["panel", "funnel", "--steps", steps, "-w", "s.db", "--json"];
        words.extend(more);
        let shown = json(&segue(folder.path(), &words));
        let count = |step: usize| shown["steps"][step]["people"].as_u64().unwrap();
        (shown["people"].as_u64().unwrap(), [count(0), count(1), count(2)])
    };
    assert_eq!(funnel(&["--within", "7d"]), (4, [4, 2, 1]));
    assert_eq!(funnel(&["--within", "30d"]), (4, [4, 2, 2]));
    assert_eq!(funnel(&["--segment", "did(\"Order Completed\")", "--within", "7d"]), (3, [3, 2, 1]));
    assert_eq!(funnel(&["--segment", "did(\"Order Completed\") >= 9"]), (0, [0, 0, 0]));
    let text =
        said(&segue(folder.path(), &["panel", "funnel", "--steps", steps, "-w", "s.db", "--within", "7d"]));
    assert!(text.contains("           1      25 %      50 %  Order Completed"), "{text}");
    let unknown =
        segue(folder.path(), &["panel", "funnel", "--steps", "Product Viewd,Order Completed", "-w", "s.db"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(told(&unknown).contains("step 1 cannot be used") && told(&unknown).contains("Product Viewed"));
}

#[test]
fn a_run_is_never_asked_for_what_would_not_end() {
    let folder = tempfile::tempdir().unwrap();
    for (words, message) in [
        (vec!["demo", "--headless", "--people", "50", "--as-of", "9000-01-01"], "is further than a run goes"),
        (vec!["demo", "--headless", "--people", "50", "--as-of", "1990-01-01"], "is before the world begins"),
        (vec!["demo", "--headless", "--people", "4294967295"], "a run of 4,294,967,295 people"),
    ] {
        let began = Instant::now();
        let refused = segue(folder.path(), &words);
        assert_eq!(refused.status.code(), Some(2), "{words:?}");
        assert!(told(&refused).contains(message) && told(&refused).contains("help: "), "{}", told(&refused));
        assert!(began.elapsed() < Duration::from_secs(60));
    }
}

#[test]
fn the_truth_is_shown_while_the_clock_stands() {
    let link = start(Subject::Demo { seed: Seed(11), people: Some(600), threads: 1 });
    link.commands.send(Command::Pause).unwrap();
    let until = Instant::now() + Duration::from_secs(120);
    while Instant::now() < until {
        match link.updates.recv_timeout(Duration::from_secs(1)) {
            Ok(Update::Live(live)) if live.uplift.truth.is_some() => {
                link.commands.send(Command::Quit).unwrap();
                return;
            }
            Ok(_) | Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the truth was never shown");
}
