//! Segments over the sample shop as a person uses them: ready ones, overlap, history, profile, audiences, SQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The sample shop in a workspace of its own.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap() };
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data");
        for name in ["customers.csv", "events.ndjson"] {
            std::fs::copy(sample.join(name), shop.path(name)).unwrap();
        }
        let [customers, events] = ["customers.csv", "events.ndjson"].map(|name| shop.path(name));
        shop.done(&["import", customers.to_str().unwrap(), events.to_str().unwrap()]);
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
        command.arg("--workspace").arg(self.path("shop.db")).args(words).output().unwrap()
    }

    fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}\n{said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.done(&[words, &["--json"]].concat())).unwrap()
    }

    fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// What each ready segment counts on the sample: no coupons, no mails and no lapsed customers are in it.
const READY: [(&str, u64); 14] = [
    ("VIP", 9),
    ("frequent buyers", 2),
    ("first-time buyers", 19),
    ("discount hunters", 0),
    ("high intent without order", 4),
    ("cart abandoners", 9),
    ("checkout abandoners", 0),
    ("window shoppers", 6),
    ("lapsing", 0),
    ("lost", 0),
    ("reachable by e-mail", 168),
    ("new subscribers", 125),
    ("sleeping subscribers", 0),
    ("over-mailed", 0),
];

#[test]
fn every_ready_segment_compiles_against_the_sample_and_counts() {
    let shop = Shop::new();
    let list = shop.json(&["segment", "library"]);
    let found: Vec<(&str, Option<u64>)> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|ready| (ready["name"].as_str().unwrap(), ready["count"].as_u64()))
        .collect();
    assert_eq!(found, READY.map(|(name, count)| (name, Some(count))));

    let text = shop.done(&["segment", "library", "cart abandoners"]);
    assert!(
        text.starts_with("name = \"cart abandoners\"\n") && text.contains("between 7d and 1h ago"),
        "{text}"
    );
    let saved = shop.json(&["segment", "library", "vip", "--save"]);
    assert_eq!((&saved["name"], &saved["version"], &saved["count"]), (&json!("VIP"), &json!(1), &json!(9)));
    shop.done(&["segment", "save", "VIP", "did(\"Order Completed\")"]);
    let kept = shop.refused(&["segment", "library", "VIP", "--save"]);
    assert!(kept.contains("there is a segment “VIP” already"), "{kept}");
    assert_eq!(shop.json(&["segment", "library", "VIP", "--save", "--as", "Best"])["count"], 9);
    assert!(shop.refused(&["segment", "library", "VPI"]).contains("did you mean `VIP`?"));
}

#[test]
fn what_people_say_about_a_segment_is_kept_and_printed_back() {
    let shop = Shop::new();
    shop.done(&[
        "segment",
        "save",
        "Buyers",
        "did(\"Order Completed\")",
        "--description",
        "Bought.",
        "--owner",
        "Mo",
        "--tag",
        "value",
        "--tag",
        "shop",
        "--purpose",
        "marketing",
    ]);
    let list = shop.json(&["segment", "list"]);
    let kept = &list[0];
    assert_eq!(kept["description"], "Bought.");
    assert_eq!((&kept["owner"], &kept["purpose"]), (&json!("Mo"), &json!("marketing")));
    assert_eq!(kept["tags"], json!(["value", "shop"]));
    shop.done(&["segment", "save", "Buyers", "did(\"Order Completed\") >= 2"]);
    let kept = &shop.json(&["segment", "list"])[0];
    assert_eq!(
        (&kept["owner"], &kept["tags"]),
        (&json!("Mo"), &json!(["value", "shop"])),
        "a new rule keeps them"
    );
}

#[test]
fn segments_lie_over_each_other() {
    let shop = Shop::new();
    let (buyers, viewers) = ("did(\"Order Completed\")", "did(\"Product Viewed\")");
    let count = |rule: &str| shop.json(&["segment", "count", rule])["count"].as_u64().unwrap();
    let both = count(&format!("{buyers} and {viewers}"));
    let overlap = shop.json(&["segment", "overlap", buyers, viewers]);
    assert_eq!(overlap["matrix"], json!([[count(buyers), both], [both, count(viewers)]]));
    let exact: u64 =
        overlap["intersections"].as_array().unwrap().iter().map(|x| x["count"].as_u64().unwrap()).sum();
    assert_eq!(exact + overlap["none"].as_u64().unwrap(), overlap["total"].as_u64().unwrap());
    assert!(shop.done(&["segment", "overlap", buyers, viewers]).contains("people in exactly these:"));
}

#[test]
fn a_history_is_what_a_count_as_of_that_moment_says() {
    let shop = Shop::new();
    shop.done(&["segment", "save", "Recent", "did(\"Order Completed\") within 30d"]);
    let history = shop.json(&["segment", "history", "Recent", "--every", "14d", "--points", "4"]);
    let stands = history["history"].as_array().unwrap();
    assert_eq!(stands.len(), 4);
    let plain = shop.json(&["segment", "count", "Recent"]);
    assert_eq!((&stands[3]["count"], &stands[3]["total"]), (&plain["count"], &plain["total"]));
    for stand in &stands[..3] {
        let at = stand["at"].as_str().unwrap();
        let count = shop.json(&["segment", "count", "Recent", "--as-of", at]);
        assert_eq!((&stand["count"], &stand["total"]), (&count["count"], &count["total"]), "{at}");
    }
    for pair in stands.windows(2) {
        let number = |stand: &Value, key: &str| stand[key].as_i64().unwrap();
        let grown = number(&pair[1], "joined") - number(&pair[1], "left");
        assert_eq!(number(&pair[1], "count") - number(&pair[0], "count"), grown, "nobody was merged here");
    }
    assert!(!stands[3]["joiners"].as_array().unwrap().is_empty());

    shop.done(&["segment", "save", "Recent", "did(\"Order Completed\") within 60d"]);
    let versions = shop.json(&["segment", "history", "Recent", "--versions"]);
    let versions = versions["history"].as_array().unwrap();
    assert_eq!((versions.len(), &versions[1]["version"], &versions[1]["left"]), (2, &json!(2), &json!(0)));
    assert!(versions[1]["joined"].as_u64().unwrap() > 0);
    assert!(shop.refused(&["segment", "history", "everyone", "--versions"]).contains("no segment is called"));
}

#[test]
fn a_profile_names_what_a_rule_can_ask() {
    let shop = Shop::new();
    let rule = "did(\"Order Completed\") within 90d";
    let profile = shop.json(&["segment", "profile", rule]);
    let over = profile["over_represented"].as_array().unwrap();
    assert!(!over.is_empty());
    for feature in over {
        let asked = feature["rule"].as_str().unwrap();
        let inside = shop.json(&["segment", "count", &format!("({rule}) and {asked}")])["count"].clone();
        assert_eq!(inside, feature["inside"], "{asked}");
        assert!(feature["low"].as_f64().unwrap() > 1.0, "{asked}");
    }
    for cut in profile["breakdown"].as_array().unwrap() {
        let parts = cut["parts"].as_array().unwrap();
        let sum: u64 = parts.iter().map(|part| part["inside"].as_u64().unwrap()).sum();
        assert_eq!(json!(sum), profile["count"], "{}", cut["by"]);
    }
    let few = shop.json(&["segment", "profile", "did(\"Order Completed\") >= 3"]);
    assert_eq!((few["over_represented"].as_array().unwrap().len(), &few["withheld"]), (0, &few["compared"]));
}

#[test]
fn an_audience_holds_those_who_agreed_and_says_who_is_left_out() {
    let shop = Shop::new();
    let file = shop.path("audience.csv");
    let out = file.to_str().unwrap();
    let export = ["segment", "export", "country = \"DE\"", "--purpose", "marketing", "--out", out];
    let told = shop.json(&[&export[..], &["--traits", "first_name,country"]].concat());
    let agreed = shop.json(&["segment", "count", "country = \"DE\" and consent(email, marketing) = granted"]);
    assert_eq!(told["written"], agreed["count"]);
    let left: u64 = told["left_out"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(left + told["written"].as_u64().unwrap(), told["members"].as_u64().unwrap());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("profile,email,first_name,country\n"));
    assert_eq!(text.lines().count() as u64, told["written"].as_u64().unwrap() + 1);

    assert!(shop.refused(&export).contains("there is such a file already"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    shop.done(&[&export[..], &["--force", "--format", "google"]].concat());
    let hashed = std::fs::read_to_string(&file).unwrap();
    assert!(hashed.starts_with("Email\n") && !hashed.contains('@'), "{hashed}");
    assert!(hashed.lines().skip(1).all(|line| line.len() == 64));
    let nobody = shop.json(&[
        "segment",
        "export",
        "everyone",
        "--purpose",
        "ads",
        "--channel",
        "ad",
        "--out",
        out,
        "--force",
    ]);
    assert_eq!(nobody["written"], 0, "nobody was asked about advertising");
    assert!(
        shop.refused(&["segment", "export", "everyone", "--purpose", "spam"]).contains("marketing, service")
    );
}

#[test]
fn sql_finds_as_many_people_in_the_file_itself() {
    let shop = Shop::new();
    let rule = "did(\"Order Completed\") within 60d and country in (\"DE\", \"AT\")";
    let told = shop.json(&["segment", "members", rule, "--sql"]);
    let connection = rusqlite::Connection::open(shop.path("shop.db")).unwrap();
    connection.execute_batch(told["relations"].as_str().unwrap()).unwrap();
    let mut statement = connection.prepare(told["query"].as_str().unwrap()).unwrap();
    let rows = statement.query_map((), |row| row.get::<_, i64>(0)).unwrap().count() as u64;
    assert_eq!(json!(rows), shop.json(&["segment", "count", rule])["count"]);
    assert!(rows > 0);
    let refused = shop.refused(&["segment", "count", "bucket(\"a\") < 10", "--sql"]);
    assert!(refused.contains("cannot be written as SQL"), "{refused}");
}
