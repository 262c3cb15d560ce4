//! `segue define` as a person types it: all or nothing, and every fault with its file and line.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

use segue::model::definition::Kind;
use segue::store::Store;

fn segue(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_segue"))
        .current_dir(folder)
        .args(["--workspace", "shop.db"])
        .args(words)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8(output.stderr.clone()).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join("segment").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn kept(folder: &Path) -> usize {
    let store = Store::open_read_only(&folder.join("shop.db")).unwrap();
    Kind::ALL.into_iter().map(|kind| store.definitions(kind).unwrap().len()).sum()
}

/// Two customers, so that there are traits to hold rules against.
fn customers(folder: &Path) {
    std::fs::write(folder.join("customers.csv"), "email,country\na@example.org,DE\nb@example.org,AT\n")
        .unwrap();
    let output = segue(folder, &["import", "customers.csv"]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn what_became_which_version_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "big.toml", "name = \"big-baskets\"\nrule = 'country = \"DE\"'\n");
    write(folder, "vip.toml", "name = \"VIP\"\nlist = [\"a@example.org\"]\n");
    assert_eq!(
        said(&segue(folder, &["define", "segment"])),
        "kept segment big-baskets as version 1\nkept segment VIP as version 1\n"
    );
    write(folder, "big.toml", "name = \"big-baskets\"\nrule = 'country = \"AT\"'\n");
    assert_eq!(
        said(&segue(folder, &["define", "segment"])),
        "kept segment big-baskets as version 2\nsegment VIP is unchanged, version 1\n"
    );
    let json = said(&segue(folder, &["define", "segment", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["definitions"][0]["version"], 2);
    assert_eq!(json["definitions"][0]["changed"], false);
}

#[test]
fn a_fault_keeps_everything_out_and_names_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    customers(folder);
    write(folder, "good.toml", "name = \"good\"\nrule = 'country = \"DE\"'\n");
    write(
        folder,
        "wrong.toml",
        "name = \"wrong\"\nrule = \"\"\"\ncountry = \"DE\" and\n  contry = \"AT\"\n\"\"\"\n",
    );
    write(folder, "near.toml", "name = \"near\"\n\nunion = [\"god\"]\n");
    let output = segue(folder, &["define", "segment"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        said(&output),
        "segue: nothing was kept: segment/near.toml: segment \"god\" is not known here\n  help: did you mean `good`?\n\
         segment/wrong.toml:4, column 3: trait `contry` is not known here\n    contry = \"AT\"\n    ^^^^^^\n  help: did you mean `country`?\n"
    );
    assert_eq!(kept(folder), 0, "good.toml is not kept either");
    write(folder, "wrong.toml", "name = \"wrong\"\nrule = 'score > 3'\n");
    write(folder, "near.toml", "name = \"near\"\nunion = [\"good\"]\n");
    let output = said(&segue(folder, &["define", "segment"]));
    assert_eq!(
        output,
        "segue: nothing was kept: segment/wrong.toml:2, column 9: trait `score` is not known here\n  rule = 'score > 3'\n          ^^^^^\n  help: --allow-unknown keeps it before such facts are imported\n"
    );
    let output = segue(folder, &["define", "segment", "--allow-unknown"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(kept(folder), 3);
}

#[test]
fn circles_are_refused_whether_in_one_call_or_over_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a.toml", "name = \"a\"\nrule = 'in segment \"b\"'\n");
    write(folder, "b.toml", "name = \"b\"\nrule = 'in segment \"a\"'\n");
    let circle = "segments refer to each other in a circle: \"a\" → \"b\" → \"a\"\n  help: take one of the references out\n";
    let expected = format!("segue: nothing was kept: segment/a.toml: {circle}segment/b.toml: {circle}");
    assert_eq!(said(&segue(folder, &["define", "segment"])), expected);
    write(folder, "b.toml", "name = \"b\"\nrule = 'country = \"DE\"'\n");
    assert!(segue(folder, &["define", "segment"]).status.success());
    write(folder, "b.toml", "name = \"b\"\nminus = [\"a\", \"b\"]\n");
    let output = segue(folder, &["define", "segment/b.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("segment/b.toml: segments refer to each other in a circle"),
        "{}",
        said(&output)
    );
}

#[test]
fn one_name_in_two_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a.toml", "name = \"vip\"\nrule = 'everyone'\n");
    write(folder, "b.toml", "name = \"vip\"\nlist = [\"a@example.org\"]\n");
    write(folder, "c.toml", "name = \nrule = 'everyone'\n");
    let output = segue(folder, &["define", "segment"]);
    assert_eq!(output.status.code(), Some(2));
    let text = said(&output);
    assert!(
        text.starts_with(
            "segue: nothing was kept: segment/b.toml: segment “vip” is defined by segment/a.toml already\n  help: give one of them another name, or leave its file out\nsegment/c.toml:1: "
        ),
        "{text}"
    );
}

#[test]
fn a_fault_of_another_kind_keeps_segments_out_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a.toml", "name = \"a\"\nrule = 'everyone'\n");
    std::fs::create_dir(folder.join("metric")).unwrap();
    std::fs::write(folder.join("metric/m.toml"), "name = \"m\"\n\nkind = \"none\"\n").unwrap();
    let output = segue(folder, &["define", "segment", "metric"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("metric/m.toml"), "{}", said(&output));
    assert_eq!(kept(folder), 0);
}

#[test]
fn a_decision_asks_lists_and_what_refers_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    customers(folder);
    write(folder, "vip.toml", "name = \"VIP\"\nlist = [\"a@example.org\"]\n");
    write(folder, "both.toml", "name = \"German VIPs\"\nintersect = [\"VIP\", \"Germans\"]\n");
    write(folder, "german.toml", "name = \"Germans\"\nrule = 'country = \"DE\"'\n");
    std::fs::create_dir(folder.join("experience")).unwrap();
    let hero = "name = \"hero\"\nform = \"hero\"\nchannel = \"web\"\npurpose = \"onsite\"\nplacements = [\"home.hero\"]\n\
                priority = 1\nonly_if = 'in segment \"German VIPs\"'\nsubject = \"Hello\"\nbody = \"Hello\"\nfallback = \"Hello\"\n";
    std::fs::write(folder.join("experience/hero.toml"), hero).unwrap();
    let output = segue(folder, &["define", "segment", "experience"]);
    assert!(output.status.success(), "{}", said(&output));
    let decide = |who: &str| said(&segue(folder, &["decide", "--profile", who, "--placement", "home.hero"]));
    assert!(decide("a@example.org").contains("gets “hero”"), "{}", decide("a@example.org"));
    assert!(decide("b@example.org").contains("gets nothing"), "{}", decide("b@example.org"));
}

const JOURNEY: &str = "name = \"cart\"\n[entry]\nevent = \"Product Added\"\nif = 'not did(\"Ordr Completed\") within 1h'\n\
    [[exit]]\nevent = \"Ordr Refunded\"\n[[step]]\nid = \"rich?\"\ncondition = 'contry = \"DE\"'\nyes = \"bye\"\n\
    [[step]]\nid = \"bye\"\nexit = \"done\"\n";

const EXPERIMENT: &str = "name = \"bm\"\nhypothesis = \"x\"\n[targeting]\nrule = 'contry = \"DE\" and did(\"Ordr Completed\")'\n\
    [send]\nchannel = \"email\"\n[[variants]]\nname = \"a\"\nhold_back = true\n[[variants]]\nname = \"b\"\n\
    [metrics]\nprimary = [\"conversionn\"]\n";

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Every kind at once, each fault with its line, a caret and what may be meant.
#[test]
fn experiments_and_journeys_are_held_against_the_names_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    customers(folder);
    put(folder, "all/experiment/bm.toml", EXPERIMENT);
    put(folder, "all/journey/cart.toml", JOURNEY);
    put(folder, "all/segment/s.toml", "name = \"s\"\nrule = 'contry = \"DE\"'\n");
    put(folder, "all/segment/t.toml", "name = \"t\"\nruel = 'everyone'\n");
    put(folder, "all/metric/m.toml", "name = \"m\"\nkind = \"none\"\n");
    let output = segue(folder, &["define", "all"]);
    assert_eq!(output.status.code(), Some(2));
    let text = said(&output);
    for part in [
        "all/experiment/bm.toml:4, column 9: trait `contry` is not known here\n  rule = 'contry = \"DE\" and did(\"Ordr Completed\")'\n          ^^^^^^\n  help: did you mean `country`?\n",
        "all/experiment/bm.toml:4, column 31: event \"Ordr Completed\" is not known here\n",
        "  help: did you mean `Order Completed`?\n",
        "all/experiment/bm.toml:13, column 13: metric conversionn is not defined\n  primary = [\"conversionn\"]\n              ^^^^^^^^^^^\n  help: did you mean `conversion`?\n",
        "all/journey/cart.toml:4, column 15: event \"Ordr Completed\" is not known here\n",
        "all/journey/cart.toml:6, column 10: event \"Ordr Refunded\" has not happened to anybody here\n",
        "all/journey/cart.toml:9, column 14: trait `contry` is not known here\n",
        "all/metric/m.toml:2: ",
        "all/segment/s.toml:2, column 9: trait `contry` is not known here\n",
        "all/segment/t.toml:2: ",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
    assert_eq!(text.matches("contry` is not known").count(), 3, "each fault is told once\n{text}");
    assert_eq!(kept(folder), 0);
}

#[test]
fn an_event_nobody_did_yet_may_be_waited_for_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    customers(folder);
    let ahead =
        "name = \"help\"\n[entry]\nevent = \"Ticket Closed\"\n[[step]]\nid = \"bye\"\nexit = \"done\"\n";
    put(folder, "journey/help.toml", ahead);
    let output = segue(folder, &["define", "journey"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(
        String::from_utf8(output.stderr.clone()).unwrap(),
        "segue: journey/help.toml:3, column 10: event \"Ticket Closed\" has not happened to anybody here\n  event = \"Ticket Closed\"\n           ^^^^^^^^^^^^^\n"
    );
    // Before anything is imported there is nothing to hold names against, and --allow-unknown says so too.
    put(folder, "all/journey/cart.toml", JOURNEY);
    assert_eq!(segue(folder, &["define", "all"]).status.code(), Some(2));
    assert_eq!(segue(folder, &["define", "all", "--allow-unknown"]).status.code(), Some(0));
}
