//! `segue batch` and `segue doctor` as a person types them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

use segue::model::definition::ContentHash;
use segue::model::fact::FactChunk;
use segue::model::{BatchId, Time};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, Store};
use serde_json::Value;

fn segue(workspace: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_segue")).arg("--workspace").arg(workspace).args(words).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A workspace with one import whose counts are right or wrong.
fn workspace(folder: &Path, accounted: u64) -> std::path::PathBuf {
    let path = folder.join("shop.db");
    let now = Time(1_790_000_000_000);
    let mut store = Store::create(&path).unwrap();
    let meta = BatchMeta {
        kind: BatchKind::Import,
        file: "orders \u{1b}[31m.csv".to_owned(),
        sha256: Some(ContentHash::of(b"orders")),
        mapping: None,
        source: Some("till".to_owned()),
    };
    let Begun::New(mut writer) = store.begin(&meta, now).unwrap() else { panic!("imported before") };
    writer.write(&FactChunk { rows: 3, ..FactChunk::default() }, now).unwrap();
    writer.finish(Elsewhere { rejected: accounted, ..Elsewhere::default() }, now).unwrap();
    path
}

#[test]
fn batches_are_listed_shown_and_reverted() {
    let folder = tempfile::tempdir().unwrap();
    let path = workspace(folder.path(), 3);
    let list = segue(&path, &["batch", "list"]);
    assert!(list.status.success());
    assert!(said(&list).contains("b-00001   complete   2026-09-21 14:13"), "{}", said(&list));
    assert!(!said(&list).contains('\u{1b}'), "control characters of data reached the terminal");
    let show = json(&segue(&path, &["batch", "show", "b-00001", "--json"]));
    assert_eq!((&show["counts"]["rejected"], &show["source"]), (&Value::from(3), &Value::from("till")));
    assert!(
        said(&segue(&path, &["batch", "show", "1"]))
            .contains("rejected               3  went to the reject file")
    );
    let revert = segue(&path, &["batch", "revert", "b-00001"]);
    assert!(revert.status.success());
    let list = json(&segue(&path, &["batch", "list", "--json"]));
    assert_eq!(list[0]["state"], "reverted");
    let again = segue(&path, &["batch", "revert", "b-00001"]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(again.stderr).unwrap(),
        "segue: batch b-00001 was reverted already\n  help: `segue batch list` shows the batches and their states\n"
    );
    assert_eq!(Store::open_read_only(&path).unwrap().batches().unwrap()[0].id, BatchId(1));
}

#[test]
fn the_doctor_says_what_is_well_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = workspace(folder.path(), 3);
    let well = segue(&path, &["doctor"]);
    assert_eq!(well.status.code(), Some(0), "{}", said(&well));
    for check in [
        "integrity",
        "schema",
        "references",
        "accounting",
        "leftovers",
        "lease",
        "permissions",
        "log",
        "disk",
    ] {
        assert!(said(&well).contains(&format!("  {check:<12} ok ")), "{check}: {}", said(&well));
    }
    let report = json(&segue(&path, &["doctor", "--json"]));
    assert_eq!(report["well"], true);
}

#[test]
fn the_doctor_finds_counts_that_do_not_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = workspace(folder.path(), 2);
    let ill = segue(&path, &["doctor"]);
    assert_eq!(ill.status.code(), Some(1));
    assert!(
        said(&ill).contains("accounting   PROBLEM  the counts of b-00001 do not add up"),
        "{}",
        said(&ill)
    );
}

#[test]
fn the_doctor_explains_a_file_it_cannot_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "dear diary").unwrap();
    let ill = segue(&path, &["doctor", "--json"]);
    assert_eq!(ill.status.code(), Some(1));
    let report = json(&ill);
    assert_eq!(report["checks"][0]["name"], "open");
    assert!(report["checks"][0]["finding"].as_str().unwrap().contains("not-a-workspace"));
    assert_eq!(std::fs::read(&path).unwrap(), b"dear diary");
}
