//! `segue consent`, `segue contact` and `segue decide` for everybody, as a person types them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

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

fn done(folder: &Path, words: &[&str]) -> String {
    let output = segue(folder, words);
    assert!(output.status.success(), "{words:?}\n{}", said(&output));
    said(&output)
}

fn answer(folder: &Path, words: &[&str], code: i32) -> Value {
    let output = segue(folder, &[words, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(code), "{words:?}\n{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Anne was written to three times in May; Bo never was.
fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "people.csv",
        "customer_id,email,country,signup_at\nc-1,anne@example.com,DE,2026-01-01T09:00:00Z\nc-2,bo@example.com,FR,2026-01-02T09:00:00Z\n",
    );
    let sent = |id: u32, day: u32| {
        format!(
            "{{\"type\":\"track\",\"messageId\":\"m{id}\",\"event\":\"Email Sent\",\"userId\":\"c-1\",\"timestamp\":\"2026-05-0{day}T10:00:00Z\",\"properties\":{{\"campaign_name\":\"news\"}}}}\n"
        )
    };
    write("events.ndjson", &[sent(1, 1), sent(2, 2), sent(3, 4)].concat());
    let content = |name: &str, channel: &str, purpose: &str, more: &str| {
        let form = if channel == "web" { "hero" } else { "email" };
        format!(
            "name = \"{name}\"\nform = \"{form}\"\nchannel = \"{channel}\"\npurpose = \"{purpose}\"\n{more}"
        )
    };
    write("news.toml", &content("news", "email", "marketing", "subject = \"x\"\n"));
    let here = "placements = [\"home.hero\"]\nsubject = \"x\"\n";
    write("hero.toml", &content("german", "web", "onsite", &format!("{here}only_if = 'country = \"DE\"'\n")));
    write(
        "rain.toml",
        &content("umbrella", "web", "onsite", &format!("{here}only_if = 'context.weather = \"rain\"'\n")),
    );
    write(
        "strict.toml",
        "name = \"default\"\n[[cap]]\nlimit = 1\nwindow = \"7d\"\n[pressure]\nbudget = 1.0\n",
    );
    write("loose.toml", "name = \"loose\"\n[[cap]]\nlimit = 2\nwindow = \"7d\"\n");
    done(folder.path(), &["import", "people.csv", "events.ndjson"]);
    done(folder.path(), &["define", "--kind", "experience", "news.toml", "hero.toml", "rain.toml"]);
    done(folder.path(), &["define", "--kind", "contact-policy", "strict.toml"]);
    folder
}

fn record(folder: &Path, state: &str, at: &str) {
    let words = [
        "--channel",
        "email",
        "--purpose",
        "marketing",
        "--basis",
        "double opt-in",
        "--state",
        state,
        "--at",
        at,
    ];
    let text = done(folder, &[&["consent", "record", "email:anne@example.com"][..], &words].concat());
    assert!(text.contains(state) && text.contains("segue batch revert"), "{text}");
}

#[test]
fn consent_is_recorded_shown_and_audited() {
    let folder = shop();
    let folder = folder.path();
    let audit = answer(folder, &["consent", "audit", "anne@example.com"], 1);
    assert_eq!(audit["not_allowed"], 3, "nobody had said anything: {audit}");
    record(folder, "granted", "2026-04-01");
    assert_eq!(answer(folder, &["consent", "audit", "anne@example.com"], 0)["not_allowed"], 0);
    record(folder, "revoked", "2026-05-03");
    let audit = answer(folder, &["consent", "audit", "anne@example.com"], 1);
    let allowed: Vec<&Value> =
        audit["messages"].as_array().unwrap().iter().map(|line| &line["allowed"]).collect();
    assert_eq!(json!(allowed), json!([true, true, false]), "{audit}");
    assert!(audit["messages"][2]["why"].as_str().unwrap().contains("revoked on 2026-05-03"));
    let shown = answer(folder, &["consent", "show", "anne@example.com"], 0);
    assert_eq!(shown["consent"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(
        (&shown["consent"][0]["state"], &shown["consent"][0]["channel"]),
        (&json!("revoked"), &json!("email"))
    );
    assert!(done(folder, &["consent", "show", "bo@example.com"]).contains("nothing was said"));
    let wrong = segue(
        folder,
        &[
            "consent",
            "record",
            "anne@example.com",
            "--channel",
            "email",
            "--purpose",
            "marketing",
            "--state",
            "granted",
            "--basis",
            "x",
        ],
    );
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(&wrong).contains("email:anne@example.org"), "{}", said(&wrong));
}

#[test]
fn a_policy_is_checked_and_compared_on_the_same_messages() {
    let folder = shop();
    let folder = folder.path();
    let check = answer(folder, &["contact", "check"], 0);
    assert_eq!(
        (&check["people"], &check["at_cap"], &check["over_budget"]),
        (&json!(2), &json!([1]), &json!(1)),
        "{check}"
    );
    let loose = answer(folder, &["contact", "check", "--policy", "loose.toml"], 0);
    assert_eq!((&loose["at_cap"], &loose["over_budget"]), (&json!([1]), &Value::Null), "{loose}");
    let both = answer(folder, &["contact", "compare", "--policy", "loose.toml"], 0);
    let column = |index: usize| {
        let policy = &both["policies"][index];
        (policy["policy"].clone(), policy["sent"].clone(), policy["delayed"].clone(), policy["held"].clone())
    };
    assert_eq!(column(0), (json!("default"), json!(1), json!(0), json!({ "cap": 2 })), "{both}");
    assert_eq!(column(1), (json!("loose"), json!(2), json!(0), json!({ "cap": 1 })), "{both}");
    let own = answer(folder, &["contact", "compare"], 0);
    let names: Vec<&str> =
        own["policies"].as_array().unwrap().iter().map(|policy| policy["policy"].as_str().unwrap()).collect();
    assert_eq!(names, ["default", "budget enforced", "caps one lower", "caps one higher"]);
    assert!(done(folder, &["contact", "compare", "--policy", "loose.toml"]).contains("not known from this"));
    let wrong = segue(folder, &["contact", "compare", "--policy", "people.csv"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
}

#[test]
fn everybody_is_decided_for_and_the_lost_are_counted() {
    let folder = shop();
    let folder = folder.path();
    let ask = |more: &[&str]| {
        answer(folder, &[&["decide", "--all", "--placement", "home.hero"][..], more].concat(), 0)
    };
    let plain = ask(&[]);
    assert_eq!((&plain["people"], &plain["shown"]), (&json!(2), &json!({ "german": 1 })), "{plain}");
    assert_eq!(plain["nothing"], json!({ "eligibility": 1 }), "{plain}");
    assert_eq!(plain["candidates_lost"]["eligibility"], 3, "{plain}");
    let rain = ask(&["--context", "{\"weather\": \"rain\"}"]);
    assert_eq!(
        (&rain["shown"], &rain["nothing"]),
        (&json!({ "german": 1, "umbrella": 1 }), &json!({})),
        "{rain}"
    );
    let bo = [
        "decide",
        "--profile",
        "bo@example.com",
        "--placement",
        "home.hero",
        "--context",
        "{\"weather\": \"rain\"}",
    ];
    assert_eq!(answer(folder, &bo, 0)["experience"], "umbrella");
    let wrong = segue(folder, &["decide", "--all", "--placement", "home.hero", "--context", "rain"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
    assert!(
        done(folder, &["decide", "--all", "--placement", "home.hero"]).contains("stopped by eligibility")
    );
}

#[test]
fn what_lies_ahead_fatigue_grid_and_gates_have_their_verbs() {
    let folder = shop();
    let folder = folder.path();
    let ahead = answer(folder, &["contact", "forecast", "--days", "7"], 0);
    assert_eq!((&ahead["basis"], &ahead["days"]), (&json!("planned"), &json!(7)), "{ahead}");
    assert_eq!(ahead["caps"][0]["at_now"], 1, "{ahead}");
    assert!(done(folder, &["contact", "forecast"]).contains("Planned: journeys run from now on"));
    let fatigue = answer(folder, &["contact", "fatigue"], 0);
    assert_eq!((&fatigue["caps"][0]["at"], &fatigue["held"]), (&json!(1), &Value::Null), "{fatigue}");
    assert!(done(folder, &["contact", "fatigue"]).contains("does not say what was held"));
    let grid = answer(folder, &["panel", "grid"], 0);
    assert!(grid["rows"].as_array().unwrap().iter().any(|row| row["people"] != 0), "{grid}");
    let gates = answer(folder, &["panel", "gates", "--of", "home.hero"], 0);
    assert_eq!(gates["subjects"][0]["reached"], 1, "{gates}");
    let wrong = segue(folder, &["panel", "gates", "--of", "home.her"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(&wrong).contains("did you mean `home.hero`?"), "{}", said(&wrong));
}

#[test]
fn a_why_names_the_smallest_change_that_turns_it_round() {
    let folder = shop();
    let folder = folder.path();
    let anne = ["decide", "--profile", "anne@example.com"];
    let ask = |more: &[&str]| answer(folder, &[&anne[..], more].concat(), 0);
    let news = ask(&["--message", "news", "--why"]);
    assert_eq!((&news["decision"], &news["reason"]), (&json!("held"), &json!("consent")), "{news}");
    assert!(!news["flips"].as_array().unwrap().is_empty(), "{news}");
    let all = ask(&["--everything"]);
    let names: Vec<&str> =
        all["everything"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["home.hero", "news"], "{all}");
    record(folder, "granted", "2026-05-01T00:00:00Z");
    let full = ask(&["--message", "news", "--why"]);
    assert_eq!(full["reason"], "cap", "{full}");
    assert_eq!(full["full_cap"]["sends"].as_array().unwrap().len(), 3, "{full}");
    let text = done(folder, &[&anne[..], &["--message", "news", "--why"]].concat());
    assert!(text.contains("filled by") && text.contains("what would turn it round"), "{text}");
}
