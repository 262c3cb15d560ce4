//! `segue segment` and `segue profile` as a person types them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use segue::model::consent::{ConsentRecord, ConsentState, Purpose};
use segue::model::definition::ContentHash;
use segue::model::fact::{EventKey, EventRow, FactChunk, IdentifyRow, Link, OnRepeat};
use segue::model::{Channel, Identity, Time};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, Store};
use serde_json::{Value, json};

const NOW: i64 = 1_790_000_000_000;
const DAY: i64 = 86_400_000;

fn segue(workspace: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_segue")).arg("--workspace").arg(workspace).args(words).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8(output.stderr.clone()).unwrap()
}

fn answer(workspace: &Path, words: &[&str]) -> Value {
    let output = segue(workspace, &[words, &["--json"]].concat());
    assert!(output.status.success(), "{words:?}\n{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Anne, known by two identities, bought twice; Bo looked; somebody unknown looked too.
fn shop(folder: &Path) -> PathBuf {
    let path = folder.join("shop.db");
    let mut chunk = FactChunk::default();
    let mut key = 0;
    let mut next = || {
        key += 1;
        EventKey(key)
    };
    for (namespace, value, traits) in [
        ("email", "anne@example.org", r#"{"country":"DE","first_name":"Anne"}"#),
        ("email", "bo@example.org", r#"{"country":"AT","first_name":"Bo"}"#),
    ] {
        let namespace = chunk.namespace(namespace);
        let (value, traits) = (chunk.push_str(value), chunk.push_str(traits));
        let (at, received) = (Time(NOW - 50 * DAY), Time(NOW));
        let row = IdentifyRow {
            key: next(),
            content: 0,
            on_repeat: OnRepeat::Merge,
            at,
            received,
            identity: (namespace, value),
            traits,
            line: 2,
        };
        chunk.identifies.push(row);
    }
    for (who, name, days, properties) in [
        (Some(("anonymous_id", "a1")), "Order Completed", 40, r#"{"total":12.5}"#),
        (Some(("email", "anne@example.org")), "Order Completed", 10, r#"{"total":30}"#),
        (Some(("email", "bo@example.org")), "Product Viewed", 5, r#"{"category":"shoes"}"#),
        (None, "Product Viewed", 1, ""),
    ] {
        let identity = who.map(|(namespace, value)| (chunk.namespace(namespace), chunk.push_str(value)));
        let (name, properties) = (chunk.name(name), chunk.push_str(properties));
        let row = EventRow {
            key: next(),
            content: 0,
            on_repeat: OnRepeat::Merge,
            at: Time(NOW - days * DAY),
            received: Time(NOW),
            sequence: 0,
            name,
            channel: Channel::Web,
            identity,
            properties,
            items: 0..0,
            line: 2,
        };
        chunk.events.push(row);
    }
    let anne = Identity::new("email", "anne@example.org");
    chunk.links.push(Link {
        a: Identity::new("anonymous_id", "a1"),
        b: anne.clone(),
        at: Time(NOW - 20 * DAY),
    });
    chunk.consents.push(ConsentRecord {
        identity: anne,
        channel: Channel::Email,
        purpose: Purpose::Marketing,
        state: ConsentState::Granted,
        at: Time(NOW + 9 * DAY),
        expires: None,
        basis: "opt-in".to_owned(),
    });
    chunk.rows = 6;
    let mut store = Store::create(&path).unwrap();
    let meta = BatchMeta {
        kind: BatchKind::Import,
        file: "shop.ndjson".to_owned(),
        sha256: Some(ContentHash::of(b"shop")),
        mapping: None,
        source: None,
    };
    let Begun::New(mut writer) = store.begin(&meta, Time(NOW)).unwrap() else { panic!("imported before") };
    writer.write(&chunk, Time(NOW)).unwrap();
    writer.finish(Elsewhere::default(), Time(NOW)).unwrap();
    path
}

const BOUGHT_TWICE: &str = "country = \"DE\" and did(\"Order Completed\") >= 2 within 60d";

#[test]
fn a_rule_is_counted_clause_by_clause() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let count = answer(&path, &["segment", "count", BOUGHT_TWICE]);
    assert_eq!((&count["count"], &count["total"]), (&json!(1), &json!(2)));
    assert_eq!(count["as_of"], json!(Time(NOW - DAY + 1).to_string()), "just after the newest event");
    let clauses: Vec<&Value> =
        count["clauses"].as_array().unwrap().iter().map(|clause| &clause["count"]).collect();
    assert_eq!(clauses, [1, 1]);
    assert!(count["load_ms"].is_f64() && count["again_ms"].is_f64());

    let file = folder.path().join("rule.txt");
    std::fs::write(&file, format!("# twice\n{BOUGHT_TWICE}\n")).unwrap();
    let file = file.display().to_string();
    assert_eq!(answer(&path, &["segment", "count", "--rule-file", &file])["count"], 1);
    let plain = said(&segue(&path, &["segment", "count", BOUGHT_TWICE]));
    assert!(plain.starts_with("1 of 2 people, as of 2026-09-20"), "{plain}");
}

#[test]
fn consent_of_an_export_younger_than_the_newest_event_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let granted = "consent(email, marketing) = granted";
    assert_eq!(answer(&path, &["segment", "count", granted])["count"], 1);
    // Every moment after the newest event sees what the default sees; an earlier one does not know of the grant.
    let count = |at: i64| answer(&path, &["segment", "count", granted, "--as-of", &Time(at).to_string()]);
    assert_eq!(count(NOW + 8 * DAY)["count"], 1);
    assert_eq!(count(NOW - 15 * DAY)["count"], 0);
}

#[test]
fn an_earlier_moment_knows_less() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let day = |days: i64| Time(NOW - days * DAY).to_string();
    // Before the link, the anonymous buyer and Anne are two people.
    let early = answer(&path, &["segment", "count", "did(\"Order Completed\")", "--as-of", &day(25)]);
    assert_eq!((&early["count"], &early["total"]), (&json!(1), &json!(3)));
    let linked = answer(&path, &["segment", "count", "did(\"Order Completed\") >= 1", "--as-of", &day(15)]);
    assert_eq!((&linked["count"], &linked["total"]), (&json!(1), &json!(2)));
}

#[test]
fn members_are_printed_by_profile_or_by_a_source_s_own_id() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    assert_eq!(
        said(&segue(&path, &["segment", "members", "everyone", "--id", "email"])),
        "anne@example.org\nbo@example.org\n"
    );
    let anonymous = segue(&path, &["segment", "members", "everyone", "--id", "anonymous_id"]);
    assert_eq!(said(&anonymous), "a1\nleft out for want of anonymous_id: 1\n");
    let members = answer(&path, &["segment", "members", "everyone", "--limit", "1"]);
    assert_eq!((members["count"].clone(), members["members"].as_array().unwrap().len()), (json!(2), 1));
}

#[test]
fn segments_are_saved_listed_and_refer_to_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let saved = said(&segue(&path, &["segment", "save", "Regulars", BOUGHT_TWICE]));
    assert_eq!(saved, "segment \"Regulars\" is saved as version 1; 1 person is in it\n");
    let again = answer(&path, &["segment", "save", "Regulars", BOUGHT_TWICE]);
    assert_eq!(again["version"], 1, "the same text is the same version");
    let definition = folder.path().join("staff.toml");
    std::fs::write(&definition, "owner = \"Mo\"\nlist = [\"email:bo@example.org\"]\n").unwrap();
    let definition = definition.display().to_string();
    assert_eq!(answer(&path, &["segment", "save", "Staff", "--definition", &definition])["count"], 1);
    let both = answer(&path, &["segment", "save", "Both", "in segment \"Regulars\" or in list \"Staff\""]);
    assert_eq!(both["count"], 2);
    let list = answer(&path, &["segment", "list"]);
    let names: Vec<&Value> = list.as_array().unwrap().iter().map(|segment| &segment["name"]).collect();
    assert_eq!(names, ["Both", "Regulars", "Staff"]);
    assert_eq!(answer(&path, &["segment", "count", "Both"])["count"], 2);

    let circle = segue(&path, &["segment", "save", "Regulars", "in segment \"Both\""]);
    assert_eq!(circle.status.code(), Some(2));
    assert!(said(&circle).contains("segments refer to each other in a circle"), "{}", said(&circle));
    assert_eq!(answer(&path, &["segment", "count", "Regulars"])["count"], 1, "nothing was saved");
}

#[test]
fn lists_and_set_algebra_are_counted_printed_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        assert!(segue(&path, &["segment", "save", name, "--definition", &file]).status.success(), "{name}");
    };
    file("Staff", "list = [\"bo@example.org\", \"gone@example.org\"]");
    assert!(segue(&path, &["segment", "save", "Buyers", "did(\"Order Completed\")"]).status.success());
    file("Known", "union = [\"Staff\", \"Buyers\"]");
    file("Others", "minus = [\"Buyers\", \"Staff\"]");
    for (name, count, clauses) in [("Staff", 1, 1), ("Known", 2, 2), ("Others", 1, 2)] {
        let answer = answer(&path, &["segment", "count", name]);
        assert_eq!(answer["count"], count, "{name}");
        assert_eq!(answer["clauses"].as_array().unwrap().len(), clauses, "{name}");
    }
    assert_eq!(said(&segue(&path, &["segment", "members", "Staff", "--id", "email"])), "bo@example.org\n");
    let why = said(&segue(&path, &["segment", "explain", "Others", "--person", "bo@example.org"]));
    let lines: Vec<&str> = why.lines().skip(1).map(str::trim_end).collect();
    assert_eq!(
        lines,
        [
            "  no      all of",
            "    no      in segment \"Buyers\"",
            "      no      did(\"Order Completed\")  (0)",
            "    no      not",
            "      yes     in segment \"Staff\"",
            "        yes     in list \"Staff\"  (on the list)",
        ],
        "{why}"
    );
}

#[test]
fn a_rule_takes_the_place_of_a_list_only_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let list = folder.path().join("staff.toml");
    std::fs::write(&list, "list = [\"bo@example.org\"]").unwrap();
    let list = list.display().to_string();
    assert!(segue(&path, &["segment", "save", "Staff", "--definition", &list]).status.success());
    let refused = segue(&path, &["segment", "save", "Staff", "everyone"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        said(&refused).contains("“Staff” is a list of 1 identity, and a rule would replace that"),
        "{}",
        said(&refused)
    );
    assert_eq!(answer(&path, &["segment", "count", "Staff"])["count"], 1);
    let replaced = answer(&path, &["segment", "save", "Staff", "everyone", "--replace"]);
    assert_eq!((&replaced["version"], &replaced["count"]), (&json!(2), &json!(2)));
    let again = said(&segue(&path, &["segment", "save", "Staff", "everyone"]));
    assert_eq!(again, "segment \"Staff\" is unchanged, version 2; 2 people are in it\n");
}

#[test]
fn a_misspelt_segment_is_no_broken_rule() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    assert!(segue(&path, &["segment", "save", "Regulars", BOUGHT_TWICE]).status.success());
    let wrong = said(&segue(&path, &["segment", "count", "Regular"]));
    assert_eq!(wrong, "segue: no segment is called `Regular`\n  help: did you mean `Regulars`?\n");
}

#[test]
fn a_wrong_rule_is_answered_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let wrong = segue(&path, &["segment", "count", "contry = \"DE\""]);
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(
        said(&wrong),
        "segue: the rule cannot be used\n1:1: trait `contry` is not known here\n  contry = \"DE\"\n  ^^^^^^\n  help: did you mean `country`?\n"
    );
}

#[test]
fn a_person_is_explained_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let why = answer(&path, &["segment", "explain", BOUGHT_TWICE, "--person", "bo@example.org"]);
    assert_eq!((&why["in"], &why["why"]["parts"][0]["seen"]), (&json!(false), &json!("AT")));
    let anne = answer(&path, &["profile", "show", "email:Anne@example.org"]);
    assert_eq!(anne["lifecycle"], "customer");
    assert_eq!(anne["events"][1]["properties"]["total"], 30);
    assert_eq!(anne["consents"][0]["state"], "granted");
    assert_eq!(anne["identities"].as_array().unwrap().len(), 2);
    let masked = said(&segue(&path, &["profile", "show", "a1", "--mask"]));
    assert!(
        masked.contains("known as  email:a…") && masked.contains("trait     first_name = A…"),
        "{masked}"
    );
    assert!(!masked.contains("anne@") && !masked.contains("Anne"), "{masked}");
    assert!(said(&segue(&path, &["profile", "find", "BO@"])).contains("email:bo@example.org"));
    let nobody = said(&segue(&path, &["profile", "show", "carl"]));
    assert_eq!(nobody, "segue: nobody here is known as `carl`\n  help: search with `segue profile find`\n");
}

/// Messages as libraries send them: where they happened, on which device and in which country stands in their context.
#[test]
fn visits_are_made_of_what_messages_say_of_their_context() {
    let folder = tempfile::tempdir().unwrap();
    let messages = [
        r#"{"type":"track","messageId":"1","timestamp":"2026-04-01T10:05:00Z","userId":"u1","event":"Product Viewed","properties":{"category":"shoes","price":10},"context":{"device":{"type":"mobile"},"locale":"de-DE","location":{"country":"DE","city":"Berlin"}}}"#,
        r#"{"type":"track","messageId":"2","timestamp":"2026-04-01T10:15:00Z","userId":"u1","event":"Order Completed","properties":{"total":30}}"#,
        r#"{"type":"track","messageId":"3","timestamp":"2026-04-02T10:05:00Z","userId":"u2","event":"Product Viewed","properties":{"category":"bags","device":"tablet","country":"AT"},"context":{"channel":"app","device":{"type":"ios"},"location":{"country":"DE"}}}"#,
        r#"{"type":"track","messageId":"4","timestamp":"2026-04-02T10:05:00Z","userId":"u3","event":"Order Completed","channel":"server","properties":{"total":5}}"#,
    ];
    let file = folder.path().join("m.ndjson");
    std::fs::write(&file, messages.join("\n")).unwrap();
    let workspace = folder.path().join("m.db");
    let imported = segue(&workspace, &["import", file.to_str().unwrap()]);
    assert!(imported.status.success(), "{}", said(&imported));
    for (rule, people) in [
        ("last session(device = \"mobile\")", 1),
        ("any session(country = \"DE\" and city = \"Berlin\")", 1),
        ("any session(locale starts with \"de\")", 1),
        ("any session(category = \"shoes\" and total > 10)", 1),
        ("last session(device = \"tablet\" and country = \"AT\")", 1),
        ("sessions() >= 1", 2),
        ("did(\"Product Viewed\" where channel = web)", 1),
        ("did(\"Product Viewed\" where channel = app)", 1),
        ("did(\"Order Completed\" where channel = unknown)", 2),
        ("did(\"Product Viewed\" where device = \"mobile\")", 1),
    ] {
        assert_eq!(answer(&workspace, &["segment", "count", rule])["count"], people, "{rule}");
    }
    let misspelt = segue(&workspace, &["segment", "count", "last session(devise = \"mobile\")"]);
    assert_eq!(misspelt.status.code(), Some(2));
    assert!(said(&misspelt).contains("did you mean `device`?"), "{}", said(&misspelt));
    // Nobody has told of it yet, but it is where imports put it.
    assert_eq!(answer(&workspace, &["segment", "count", "last session(timezone present)"])["count"], 0);
}

#[test]
fn the_samples_visits_know_what_was_looked_at_and_bought() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("s.db");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data");
    let [customers, events] =
        ["customers.csv", "events.ndjson"].map(|name| sample.join(name).to_str().unwrap().to_owned());
    let imported = segue(&workspace, &["import", &customers, &events]);
    assert!(imported.status.success(), "{}", said(&imported));
    for rule in [
        "any session(category = \"shoes\")",
        "any session(price > 10)",
        "any session(total > 10)",
        "any session(order_id present)",
        "did(\"Product Viewed\" where channel = web)",
        "did(\"Order Completed\" where channel = app)",
    ] {
        let people = answer(&workspace, &["segment", "count", rule])["count"].as_u64().unwrap();
        assert!((5..200).contains(&people), "{rule}: {people}");
    }
}
