//! The loop a shop runs on files: a segment is assigned, lists go out, orders come back, the result is read out and holds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use segue::model::Time;
use segue::model::definition::{Definition, Kind};
use segue::store::Store;
use serde_json::Value;

/// When the lists go out: later than any clock a test runs on, as a shop's next mail is.
const SENT: &str = "2100-03-01T09:00:00Z";

fn segue(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
    command.current_dir(folder).args(["--workspace", "shop.db"]).args(words).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn done(folder: &Path, words: &[&str]) -> String {
    let output = segue(folder, words);
    assert_eq!(output.status.code(), Some(0), "{words:?}\n{}{}", said(&output), complained(&output));
    said(&output)
}

#[track_caller]
fn json(folder: &Path, words: &[&str]) -> Value {
    serde_json::from_str(&done(folder, &[words, &["--json"]].concat())).unwrap()
}

#[track_caller]
fn refused(folder: &Path, words: &[&str]) -> String {
    let output = segue(folder, words);
    assert_eq!(output.status.code(), Some(2), "{words:?}\n{}", said(&output));
    complained(&output)
}

/// 400 customers: every tenth has not agreed to mail; the third has a name that a spreadsheet would run.
fn customers() -> String {
    let mut text = "customer_id,email,first_name,country,consent_email\n".to_owned();
    for n in 1..=400 {
        let name = if n == 3 { "=HYPERLINK(1)".to_owned() } else { format!("Name{n}") };
        let consent = u8::from(n % 10 != 0);
        writeln!(text, "c-{n},c{n}@example.com,{name},DE,{consent}").unwrap();
    }
    text
}

/// One order of each customer that `buys`, on a day of the year 2100.
fn orders(day: &str, id: &str, buys: impl Fn(u32) -> bool) -> String {
    let mut text = String::new();
    for n in (1..=400).filter(|n| buys(*n)) {
        let properties = format!(r#"{{"order_id":"{id}-{n}","total":{},"currency":"EUR"}}"#, 20 + n % 7);
        writeln!(
            text,
            r#"{{"type":"track","messageId":"{id}-{n}","timestamp":"{day}T12:00:00Z","userId":"c-{n}","event":"Order Completed","properties":{properties}}}"#
        )
        .unwrap();
    }
    text
}

const DESIGN: &str = r#"
name = "spring mail"
hypothesis = "A mail brings people back."
planned_days = 14
minimum_weeks = 2
fallback = "email"

[send]
channel = "email"
categories = ["offer"]
fields = ["first_name"]

[[variants]]
name = "nothing"
hold_back = true

[[variants]]
name = "spring mail"

[metrics]
primary = ["conversion"]
secondary = ["revenue per person"]

[analysis]
engine = "fixed"

[criteria]
effect = 0.5
"#;

fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("customers.csv"), customers()).unwrap();
    std::fs::write(at.join("before.ndjson"), orders("2100-02-20", "b", |n| n % 8 == 1)).unwrap();
    std::fs::create_dir_all(at.join("experiment")).unwrap();
    std::fs::write(at.join("experiment/spring.toml"), DESIGN).unwrap();
    let other = DESIGN.replace("spring mail", "second mail");
    std::fs::write(at.join("experiment/second.toml"), other).unwrap();
    std::fs::create_dir_all(at.join("contact-policy")).unwrap();
    let policy = "name = \"default\"\n[[cap]]\nchannels = [\"email\"]\nlimit = 1\nwindow = \"7d\"\non_cap = \"skip\"\n";
    std::fs::write(at.join("contact-policy/default.toml"), policy).unwrap();
    done(at, &["import", "customers.csv", "before.ndjson"]);
    done(at, &["define", "experiment", "contact-policy"]);
    done(at, &["segment", "save", "everybody", "country = \"DE\""]);
    folder
}

const ASSIGN: [&str; 9] =
    ["experiment", "assign", "spring mail", "--segment", "everybody", "--out", "out", "--at", SENT];

fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_segment_becomes_lists_and_later_orders_close_the_loop() {
    let folder = shop();
    let at = folder.path();
    // The same people had bought before, which is what adjusting goes by.
    std::fs::write(at.join("past.ndjson"), orders("2100-02-01", "p", |n| n % 8 == 1)).unwrap();
    done(at, &["import", "past.ndjson"]);
    let assigned = json(at, &ASSIGN);
    assert_eq!((assigned["considered"].as_u64(), assigned["phase"].as_u64()), (Some(400), Some(1)));
    assert_eq!(assigned["left_out"][0]["reason"], "consent");
    assert_eq!(assigned["left_out"][0]["people"], 40);
    let arms = assigned["arms"].as_array().unwrap();
    let people: Vec<u64> = arms.iter().map(|arm| arm["people"].as_u64().unwrap()).collect();
    assert_eq!(people.iter().sum::<u64>(), 360);
    assert!(people.iter().all(|n| (140..=220).contains(n)), "{people:?}");

    // The held-back arm is never exported; the other has one row per person, formulas made harmless.
    let files: Vec<_> =
        std::fs::read_dir(at.join("out")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["spring-mail.csv"]);
    let rows = rows(&at.join("out/spring-mail.csv"));
    assert_eq!(rows[0], ["email", "profile", "experiment", "variant", "first_name"]);
    assert_eq!(rows.len() as u64, people[1] + 1);
    let sent: BTreeSet<u32> =
        rows[1..].iter().map(|row| row[0][1..].split('@').next().unwrap().parse().unwrap()).collect();
    assert!(sent.iter().all(|n| n % 10 != 0), "nobody without consent is written to");
    let third = rows.iter().find(|row| row[0] == "c3@example.com");
    assert!(third.is_none_or(|row| row[4] == "'=HYPERLINK(1)"));

    // A second call says so and changes nothing.
    let before = std::fs::read(at.join("out/spring-mail.csv")).unwrap();
    let again = json(at, &ASSIGN);
    assert_eq!((again["already"].as_bool(), again["waves"].as_array().unwrap().len()), (Some(true), 1));
    assert_eq!(std::fs::read(at.join("out/spring-mail.csv")).unwrap(), before);
    assert_eq!(json(at, &["batch", "list"]).as_array().map(Vec::len), Some(4));

    // Planned messages are in the ledger: the cap of one a week keeps those out of another mail, and only those.
    let second =
        json(at, &["experiment", "assign", "second mail", "--out", "second", "--at", "2100-03-02T09:00:00Z"]);
    let capped = second["left_out"].as_array().unwrap().iter().find(|out| out["reason"] == "cap").unwrap();
    assert_eq!(capped["people"].as_u64(), Some(people[1]));

    // Two weeks later an export of orders comes in: the mail brought more of those who got it back.
    let bought = |n: u32| if sent.contains(&n) { n.is_multiple_of(3) } else { n.is_multiple_of(12) };
    std::fs::write(at.join("after.ndjson"), orders("2100-03-04", "a", bought)).unwrap();
    std::fs::write(at.join("end.ndjson"), orders("2100-03-20", "e", |n| n == 10)).unwrap();
    done(at, &["import", "after.ndjson"]);
    let early = json(at, &["experiment", "analyze", "spring mail"]);
    assert_eq!(early["metrics"][0]["comparisons"][0]["withheld"]["code"], "fixed-plan-running");
    assert_eq!(early["verdicts"][0]["decision"]["decision"], "keep-running");
    assert_eq!(early["metrics"][0]["arms"][0]["n"], 0, "nobody's window has elapsed");
    done(at, &["import", "end.ndjson"]);

    let read_out = json(at, &["experiment", "analyze", "spring mail", "--receipt", "receipt.json"]);
    assert_eq!((read_out["phase"].as_u64(), read_out["as_planned"].as_bool()), (Some(1), Some(true)));
    let conversion = &read_out["metrics"][0];
    let want = sent.iter().filter(|n| bought(**n)).count() as f64 / sent.len() as f64;
    assert!((conversion["arms"][1]["mean"].as_f64().unwrap() - want).abs() < 1e-12);
    assert_eq!(conversion["arms"][1]["n"].as_u64(), Some(people[1]));
    assert!(conversion["comparisons"][0]["p_value"].as_f64().unwrap() < 0.001);
    assert_eq!(read_out["verdicts"][0]["decision"]["decision"], "ship");
    // What lies behind the numbers comes with them, each with its numbers or a reason.
    assert_eq!(read_out["sample_ratio_cause"], serde_json::Value::Null);
    assert!(read_out["balance"].as_array().is_some_and(|balance| !balance.is_empty()));
    let days = read_out["novelty"][0]["days"].as_array().unwrap();
    assert!(!days.is_empty() && days[0]["day"] == 0, "{days:?}");
    let stages = read_out["segments"][0]["rows"].as_array().unwrap();
    assert!(stages.iter().any(|part| part["control_n"].as_u64() > Some(0)), "{stages:?}");
    assert!(!read_out["trend"][0]["looks"].as_array().unwrap().is_empty());
    assert_eq!(read_out["days_left"], serde_json::json!([]), "nobody joins what has ended");
    let text = done(at, &["experiment", "analyze", "spring mail"]);
    assert!(text.starts_with("spring mail raises conversion"), "{text}");
    assert!(text.contains("Ship spring mail."), "{text}");

    let adjusted =
        json(at, &["experiment", "analyze", "spring mail", "--cuped", "--receipt", "adjusted.json"]);
    assert_eq!(adjusted["metrics"][0]["covariate"], "conversion in the 14 days before");
    assert!(adjusted["metrics"][0]["comparisons"][0]["unadjusted"].is_object(), "both are shown");
    assert_eq!(adjusted["as_planned"], false);
    done(at, &["experiment", "verify", "adjusted.json"]);

    // The receipt holds, until data of that time change.
    assert!(done(at, &["experiment", "verify", "receipt.json"]).starts_with("equal: spring mail"));
    std::fs::write(at.join("late.ndjson"), orders("2100-03-05", "l", |n| n % 4 == 1)).unwrap();
    done(at, &["import", "late.ndjson"]);
    let differs = segue(at, &["experiment", "verify", "receipt.json"]);
    assert_eq!(differs.status.code(), Some(1));
    assert!(said(&differs).contains("result.metrics.conversion.arms.spring mail.mean"), "{}", said(&differs));
    assert!(said(&differs).contains("data: "), "{}", said(&differs));
}

/// The engine, the prior and the risk one may run are of the definition; what they say is read out, kept in a receipt, and not said
/// to keep an error rate.
#[test]
fn a_design_is_read_by_what_is_to_be_believed() {
    let folder = shop();
    let at = folder.path();
    let plan = "engine = \"bayesian\"\nprior = { mean = 0.0, sd = 0.5 }";
    let short = "\n[metrics.overrides.conversion]\nwindow = \"3d\"\n\n[analysis]";
    let text = DESIGN.replace("engine = \"fixed\"", plan).replace("\n[analysis]", short);
    std::fs::write(at.join("experiment/spring.toml"), format!("{text}risk = 0.01\n")).unwrap();
    std::fs::write(
        at.join("experiment/second.toml"),
        DESIGN.replace("\n[analysis]", short).replace("spring", "second"),
    )
    .unwrap();
    done(at, &["define", "experiment"]);
    let planned = done(at, &["experiment", "design", "spring mail"]);
    assert!(
        planned.contains("credible, prior 0 % ± 50 %, ships at a risk of at most 1.00 %, 95 %, power 80 %"),
        "{planned}"
    );
    assert!(planned.contains("mind        credible intervals and chances hold for one look"), "{planned}");
    done(at, &ASSIGN);
    done(at, &["experiment", "assign", "second mail", "--out", "second", "--at", "2100-03-10T09:00:00Z"]);
    let sent: BTreeSet<u32> = rows(&at.join("out/spring-mail.csv"))[1..]
        .iter()
        .map(|row| row[0][1..].split('@').next().unwrap().parse().unwrap())
        .collect();
    let bought = |n: u32| n.is_multiple_of(3) || (sent.contains(&n) && n.is_multiple_of(2));
    std::fs::write(at.join("after.ndjson"), orders("2100-03-03", "a", bought)).unwrap();
    let later = orders("2100-03-12", "d", |n| n % 5 == 1) + &orders("2100-03-14", "f", |n| n == 10);
    std::fs::write(at.join("later.ndjson"), later).unwrap();
    done(at, &["import", "after.ndjson", "later.ndjson"]);

    let early = json(at, &["experiment", "analyze", "spring mail", "--receipt", "receipt.json"]);
    assert_eq!((&early["engine"], &early["difference"]), (&"bayesian".into(), &"relative".into()));
    assert!(early["cautions"][0].as_str().unwrap().contains("hold for one look"), "{early}");
    let found = &early["metrics"][0]["comparisons"][0];
    assert!(found["withheld"].is_null(), "{found}");
    assert!(found["chance_to_win"].as_f64().unwrap() > 0.99 && found["p_value"].is_null(), "{found}");
    assert!(
        found["ci_low"].as_f64().unwrap() > 0.0 && found["risk_treatment"].as_f64().unwrap() < 0.01,
        "{found}"
    );
    let [control, treatment] = [0, 1].map(|arm| early["metrics"][0]["arms"][arm]["mean"].as_f64().unwrap());
    assert!(
        found["uplift"].as_f64().unwrap() < treatment / control - 1.0,
        "the prior holds it back: {found}"
    );
    // Two whole weeks are asked for whoever reads it, and what convinced once is kept nowhere.
    assert_eq!(early["verdicts"][0]["decision"]["decision"], "keep-running");
    assert_eq!(early["crossed"].as_array().map(Vec::len), Some(0));
    let text = done(at, &["experiment", "analyze", "spring mail"]);
    assert!(text.contains("credible 95 % intervals, prior 0 % ± 50 %, absolute differences"), "{text}");
    assert!(text.contains("better with > 99.9 %, risk 0.001 %"), "{text}");
    assert!(done(at, &["experiment", "verify", "receipt.json"]).starts_with("equal: spring mail"));
    let receipt: Value =
        serde_json::from_str(&std::fs::read_to_string(at.join("receipt.json")).unwrap()).unwrap();
    assert_eq!(receipt["plan"]["engine"]["bayesian"]["risk"], 0.01, "{receipt}");
    // The same experiment by another belief departs from its plan.
    let sure = ["experiment", "analyze", "spring mail", "--engine", "bayesian", "--prior", "-0.1,0.05"];
    let otherwise = json(at, &sure);
    assert_eq!(otherwise["as_planned"], false);
    assert!(
        otherwise["metrics"][0]["comparisons"][0]["chance_to_win"].as_f64() < found["chance_to_win"].as_f64()
    );

    std::fs::write(at.join("end.ndjson"), orders("2100-03-20", "e", |n| n == 10)).unwrap();
    // A fixed plan that still runs is designed on by all its arms together, one that is over by its control.
    let planned = json(at, &["experiment", "design", "second mail"]);
    assert_eq!(planned["metrics"][0]["basis"], "all-arms", "{planned}");
    done(at, &["import", "end.ndjson"]);
    let last = json(at, &["experiment", "analyze", "spring mail"]);
    assert_eq!(last["verdicts"][0]["decision"]["decision"], "ship", "{last}");
    assert_eq!(last["cautions"], Value::Null, "its end has come");
    let planned = json(at, &["experiment", "design", "spring mail"]);
    assert_eq!(planned["metrics"][0]["basis"], "control", "{planned}");
}

#[test]
fn assigning_again_keeps_everybody_where_they_are() {
    let folder = shop();
    let at = folder.path();
    done(
        at,
        &[
            "segment",
            "save",
            "few",
            "first_name in (\"Name1\", \"Name2\", \"Name4\", \"Name5\", \"Name6\", \"Name7\")",
        ],
    );
    let few = ["experiment", "assign", "spring mail", "--segment", "few", "--out", "out", "--at", SENT];
    let first = json(at, &few);
    let of = |answer: &Value, arm: usize| answer["arms"][arm]["people"].as_u64().unwrap();
    assert_eq!(of(&first, 0) + of(&first, 1), 6);

    let later = "2100-04-01T09:00:00Z";
    let everybody = ["experiment", "assign", "spring mail", "--out", "out", "--again", "--at", later];
    let second = json(at, &everybody);
    assert_eq!(second["wave"], 2);
    assert_eq!(second["arms"][0]["assigned_before"], first["arms"][0]["people"]);
    assert_eq!(second["arms"][1]["assigned_before"], first["arms"][1]["people"]);
    assert_eq!(
        (
            of(&second, 0) + of(&second, 1),
            &second["left_out"][0]["reason"],
            second["left_out"].as_array().map(Vec::len)
        ),
        (360, &Value::from("consent"), Some(1)),
        "what the first mail did to caps moves nobody"
    );
    let new = of(&second, 1) - second["arms"][1]["assigned_before"].as_u64().unwrap();
    assert_eq!(second["arms"][1]["written"].as_u64(), Some(new));
    assert!(at.join("out/spring-mail-wave-2.csv").exists() && at.join("out/spring-mail.csv").exists());
    let address = |file: &str| -> BTreeSet<String> {
        rows(&at.join(file)).into_iter().skip(1).map(|row| row[0].clone()).collect()
    };
    assert!(address("out/spring-mail.csv").is_disjoint(&address("out/spring-mail-wave-2.csv")));
    assert_eq!(
        address("out/spring-mail-wave-2.csv").len() as u64,
        new,
        "who has it already is not written again"
    );
    let third = [&everybody[..6], &["--at", "2100-04-02T09:00:00Z"]].concat();
    let said = done(at, &third);
    assert!(
        said.starts_with("nobody new joins spring mail: 360 people asked for are in it already"),
        "{said}"
    );
    assert!(!at.join("out/spring-mail-wave-3.csv").exists());
    let read_out = json(at, &["experiment", "analyze", "spring mail"]);
    assert_eq!(read_out["start"], "2100-03-01T09:00:00.000Z", "the first exposure counts");

    let earlier =
        refused(at, &["experiment", "assign", "spring mail", "--out", "o", "--again", "--at", SENT]);
    assert!(earlier.contains("assign") || earlier.contains("later"), "{earlier}");
    let seed = [&everybody[..6], &["--at", "2100-05-01", "--seed", "other"]].concat();
    assert!(refused(at, &seed).contains("would move people"));
    assert!(refused(at, &["experiment", "assign", "sprung mail", "--out", "o"]).contains("spring mail"));

    // Taking the batches back takes the exposures back.
    for batch in ["3", "4"] {
        done(at, &["batch", "revert", batch]);
    }
    assert!(refused(at, &["experiment", "analyze", "spring mail"]).contains("nobody was assigned"));
}

/// A design may say that every wave writes to everybody; a cap then shortens the list and moves nobody.
#[test]
fn a_design_that_repeats_writes_again_as_far_as_caps_let_it() {
    let folder = shop();
    let at = folder.path();
    let repeating = DESIGN.replace("[send]", "[send]\nrepeat = true");
    std::fs::write(at.join("experiment/spring.toml"), repeating).unwrap();
    done(at, &["define", "experiment/spring.toml"]);
    let first = json(at, &ASSIGN);
    let mut next = ASSIGN.to_vec();
    next[8] = "2100-03-03T09:00:00Z";
    next.push("--again");
    // Within a week the cap of one mail holds.
    assert!(done(at, &next).starts_with("nobody new joins"), "the cap lets nobody be written to");
    next[8] = "2100-03-20T09:00:00Z";
    let later = json(at, &next);
    assert_eq!(later["arms"][0]["people"], first["arms"][0]["people"]);
    assert_eq!(later["arms"][1]["written"], first["arms"][1]["people"]);
}

#[test]
fn rules_know_who_was_assigned() {
    let folder = shop();
    let at = folder.path();
    let assigned = json(at, &ASSIGN);
    let count = |rule: &str| json(at, &["segment", "count", rule]);
    let people = |rule: &str| count(rule)["count"].as_u64().unwrap();
    assert_eq!(people("in experiment \"spring mail\""), 360);
    for arm in assigned["arms"].as_array().unwrap() {
        let rule = format!("in experiment \"spring mail\" variant {}", arm["variant"]);
        assert_eq!(Some(people(&rule)), arm["people"].as_u64(), "{rule}");
    }
    assert_eq!(people("not in experiment \"spring mail\""), 40);
    let unheard = count("in experiment \"autumn mail\"");
    assert_eq!((unheard["count"].as_u64(), unheard["unknown"].as_u64()), (Some(0), Some(400)));
    let before = json(at, &["segment", "count", "in experiment \"spring mail\"", "--as-of", "2100-02-19"]);
    assert_eq!(before["count"], 0, "nobody was in it then");
    // What SQL over events cannot say is refused rather than answered with nobody.
    let sql = segue(at, &["segment", "count", "in experiment \"spring mail\"", "--sql"]);
    assert_ne!(sql.status.code(), Some(0), "{}", said(&sql));
    assert!(complained(&sql).contains("in experiment"), "{}", complained(&sql));
    // Taking the assignment back takes it out of rules as well.
    done(at, &["batch", "revert", "3"]);
    assert_eq!(people("in experiment \"spring mail\""), 0);
}

#[test]
fn nobody_is_assigned_to_a_test_that_could_not_be_read_out() {
    let folder = shop();
    let at = folder.path();
    let wrong = DESIGN.replace("\"conversion\"", "\"conversionn\"");
    std::fs::write(at.join("experiment/spring.toml"), wrong).unwrap();
    let said = refused(at, &["define", "experiment/spring.toml"]);
    assert!(
        said.contains("metric conversionn is not defined") && said.contains("did you mean `conversion`?"),
        "{said}"
    );
    assert!(said.contains("\n  primary = [\"conversionn\"]\n              ^^^^^^^^^^^\n"), "{said}");
    // One that came into the workspace another way.
    let text = DESIGN.replace("\"conversion\"", "\"margin\"");
    let strange = Definition { kind: Kind::Experiment, name: "spring mail".to_owned(), version: 0, text };
    let mut store = Store::open(&at.join("shop.db"), Time(1)).unwrap();
    store.define_all(&[strange], Time(1)).unwrap();
    drop(store);
    let said = refused(at, &ASSIGN);
    assert!(
        said.contains("nobody was assigned: ") && said.contains("metric margin is not defined"),
        "{said}"
    );
    assert!(!at.join("out").exists());
    assert_eq!(json(at, &["batch", "list"]).as_array().map(Vec::len), Some(2));
}

#[test]
fn an_unsafe_change_begins_a_phase_of_its_own() {
    let folder = shop();
    let at = folder.path();
    done(at, &ASSIGN);
    std::fs::write(at.join("experiment/spring.toml"), DESIGN.replace("A mail brings", "One mail brings"))
        .unwrap();
    let safe = done(at, &["define", "experiment/spring.toml"]);
    assert!(safe.contains("safe   hypothesis: ") && safe.contains("phase 1 goes on"), "{safe}");
    let heavier = DESIGN
        .replace("hold_back = true", "hold_back = true\nweight = 0.2")
        .replace("name = \"spring mail\"\n\n[metrics]", "name = \"spring mail\"\nweight = 0.8\n\n[metrics]");
    std::fs::write(at.join("experiment/spring.toml"), heavier).unwrap();
    let output = done(at, &["define", "experiment/spring.toml"]);
    assert!(output.contains("UNSAFE weights: ") && output.contains("phase 2 begins"), "{output}");

    let listed = json(at, &["experiment", "list"]);
    let spring = listed.as_array().unwrap().iter().find(|one| one["experiment"] == "spring mail").unwrap();
    assert_eq!((spring["state"].as_str(), spring["phase"].as_u64()), (Some("not started"), Some(2)));
    let old = json(at, &["experiment", "analyze", "spring mail"]);
    assert_eq!(old["phase"], 1, "until somebody is in the new phase, the old one is read");

    let second =
        json(at, &["experiment", "assign", "spring mail", "--out", "out2", "--at", "2100-04-01T09:00:00Z"]);
    assert_eq!((second["phase"].as_u64(), second["already"].as_bool()), (Some(2), Some(false)));
    let new = json(at, &["experiment", "analyze", "spring mail"]);
    assert_eq!((new["phase"].as_u64(), new["phases"].as_u64()), (Some(2), Some(2)));
    assert!(new["srm_p"].as_f64().unwrap() > 0.001, "the split is held against the weights of its own phase");
    let first = json(at, &["experiment", "analyze", "spring mail", "--phase", "1"]);
    assert!(first["srm_p"].as_f64().unwrap() > 0.001);
    let listed = json(at, &["experiment", "list"]);
    let spring = listed.as_array().unwrap().iter().find(|one| one["experiment"] == "spring mail").unwrap();
    assert_eq!((spring["exposed"].as_u64(), spring["day"].as_u64()), (Some(360), Some(1)));
}

#[test]
fn held_out_people_are_in_no_test_and_are_compared_with_everybody_else() {
    let folder = shop();
    let at = folder.path();
    let held = DESIGN.replace("[send]", "[holdout]\nname = \"global\"\nshare = 0.3\n\n[send]");
    std::fs::write(at.join("experiment/spring.toml"), held).unwrap();
    done(at, &["define", "experiment/spring.toml"]);
    let assigned = json(at, &ASSIGN);
    let out =
        assigned["left_out"].as_array().unwrap().iter().find(|out| out["reason"] == "held out by global");
    let out = out.unwrap()["people"].as_u64().unwrap();
    assert!((80..=140).contains(&out), "{out}");

    std::fs::write(at.join("after.ndjson"), orders("2100-03-04", "a", |n| n % 5 == 0)).unwrap();
    done(at, &["import", "after.ndjson"]);
    let read_out = json(at, &["experiment", "analyze", "--holdout", "global", "--receipt", "held.json"]);
    let arms = &read_out["metrics"][0]["arms"];
    assert_eq!(
        (arms[0]["variant"].as_str(), arms[1]["variant"].as_str()),
        (Some("held out"), Some("everybody else"))
    );
    let n = |arm: usize| arms[arm]["n"].as_u64().unwrap();
    assert_eq!(n(0) + n(1), 400, "everybody counts as they were drawn, whether they agreed to mail or not");
    assert!(n(0) > out && (90..=150).contains(&n(0)), "{}", n(0));
    done(at, &["experiment", "verify", "held.json"]);
    assert!(
        refused(at, &["experiment", "analyze", "--holdout", "globall"]).contains("did you mean `global`")
    );
}

#[test]
fn a_design_is_held_against_the_people_there_are() {
    let folder = shop();
    let at = folder.path();
    let outlook = json(at, &["experiment", "design", "spring mail"]);
    assert_eq!((outlook["intake"].as_str(), outlook["known"].as_u64()), (Some("at-once"), Some(400)));
    let conversion = &outlook["metrics"][0];
    assert!((conversion["baseline"].as_f64().unwrap() - 0.125).abs() < 1e-9);
    assert!(conversion["detectable"].as_f64().unwrap() > 0.5, "400 people do not show half as much again");
    assert!(conversion["needed"].as_f64().unwrap() > 400.0 && conversion["weeks"].is_null());
    let curve = conversion["curve"].as_array().unwrap();
    assert!(
        curve.len() >= 5 && curve.windows(2).all(|two| two[0]["power"].as_f64() <= two[1]["power"].as_f64())
    );
    let text = done(at, &["experiment", "design", "experiment/spring.toml"]);
    assert!(text.contains("chance of seeing a change by 50 %") && text.contains('█'), "{text}");

    let wrong = DESIGN.replace("\"conversion\"", "\"conversions\"");
    std::fs::write(at.join("wrong.toml"), wrong).unwrap();
    assert!(refused(at, &["experiment", "design", "wrong.toml"]).contains("did you mean `conversion`"));
    std::fs::write(at.join("wrong.toml"), DESIGN.replace("effect = 0.5", "effect = 0")).unwrap();
    assert!(refused(at, &["experiment", "design", "wrong.toml"]).contains("must be above zero"));
}

#[test]
fn what_the_data_can_answer_is_said_and_what_not_is_withheld() {
    let folder = shop();
    let at = folder.path();
    let empty = json(at, &["panel", "answers"]);
    assert!(empty["rows"].as_array().unwrap().iter().all(|row| row["detectable"].is_null()), "{empty}");
    for (day, id) in [("2100-01-05", "x"), ("2100-01-20", "y"), ("2100-02-05", "z")] {
        let file = format!("{id}.ndjson");
        std::fs::write(at.join(&file), orders(day, id, |n| n % 9 == 2)).unwrap();
        done(at, &["import", &file]);
    }
    let answers = json(at, &["panel", "answers"]);
    assert_eq!((answers["people"].as_u64(), answers["reachable"].as_u64()), (Some(400), Some(360)));
    let rows = answers["rows"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|row| row["id"] == id).unwrap();
    let send = row("send-or-hold-back");
    let sees = send["detectable"].as_f64().unwrap();
    assert!(sees > 0.5 && send["needed"].as_u64().unwrap() > 360, "{send}");
    let pooled = send["helps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|help| help["what"].as_str().unwrap().starts_with("pool 12"));
    assert!(pooled.unwrap()["detectable"].as_f64().unwrap() < sees / 2.5, "twelve mails see far less");
    assert!(row("segment:everybody")["detectable"].as_f64().is_some());
    assert_eq!(row("csat")["withheld"]["code"], "no-data");
    let text = done(at, &["panel", "answers"]);
    assert!(
        text.contains("Nothing can be said: no survey was answered.") && text.contains("→ sees"),
        "{text}"
    );
}

/// What a verb is told and cannot use is named with a code, its place and what to do, and ends with 2.
#[test]
fn what_a_verb_cannot_use_is_said_with_its_code_and_place() {
    let folder = shop();
    let at = folder.path();
    done(at, &ASSIGN);
    std::fs::write(at.join("empty.toml"), "").unwrap();
    std::fs::write(at.join("empty.json"), "{}").unwrap();
    let analyze = |more: &[&'static str]| [&["experiment", "analyze", "spring mail"], more].concat();
    let cases: [(Vec<&str>, &[&str]); 11] = [
        (
            analyze(&["--receipt", "nowhere/r.json"]),
            &["nowhere/r.json: the receipt cannot be written", "receipt-unwritten"],
        ),
        (
            analyze(&["--prior", "0,0.3"]),
            &["--prior means nothing here", "--engine bayesian", "option-unused"],
        ),
        (analyze(&["--risk", "0.01", "--engine", "fixed"]), &["--risk means nothing here", "option-unused"]),
        (analyze(&["--tuning", "100"]), &["--tuning means nothing here", "option-unused"]),
        (analyze(&["--metric", "x"]), &["--metric means nothing here", "--holdout", "option-unused"]),
        (vec!["experiment", "analyze", "sprung mail"], &["did you mean `spring mail`", "experiment-unknown"]),
        (
            vec!["experiment", "design", "empty.toml"],
            &["empty.toml:1: missing field `name`", "experiment library", "experiment-syntax"],
        ),
        (
            vec!["experiment", "verify", "empty.json"],
            &["empty.json: this is no receipt", "receipt-unreadable"],
        ),
        (
            vec!["experiment", "verify", "none.json"],
            &["none.json: it cannot be read", "help: ", "file-unreadable"],
        ),
        (
            vec!["experiment", "design", "nothing"],
            &["no experiment and no file `nothing`", "experiment-unknown"],
        ),
        (vec!["calc", " "], &["argument 1 says nothing", "line-empty"]),
    ];
    for (words, wanted) in cases {
        let output = segue(at, &[words.as_slice(), &["--json"]].concat());
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", complained(&output));
        let Some((code, wanted)) = wanted.split_last() else { continue };
        let told = complained(&output);
        assert!(wanted.iter().all(|wanted| told.contains(wanted)), "{words:?}: {told}");
        let failure: Value = serde_json::from_str(&said(&output)).unwrap();
        assert_eq!(failure["problems"][0]["code"], *code, "{failure}");
        let helped = !failure["problems"][0]["help"].is_null();
        assert!(helped || *code == "experiment-unknown", "{failure}");
    }
    // A line that is not understood is answered as a line, and the others go on.
    let missing = segue(at, &["calc", "{}"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        said(&missing).contains("metric is missing; write {") && said(&missing).contains("(missing-field)")
    );
    let file = segue(at, &["calc", "numbers.json"]);
    assert!(said(&file).contains("segue calc < FILE"), "{}", said(&file));
}

#[test]
fn what_cannot_be_assigned_is_refused_and_leaves_nothing_behind() {
    let folder = shop();
    let at = folder.path();
    let batches = || json(at, &["batch", "list"]).as_array().map(Vec::len);
    let before = batches();
    std::fs::create_dir_all(at.join("taken")).unwrap();
    std::fs::write(at.join("taken/spring-mail.csv"), "mine").unwrap();
    let mut taken = ASSIGN;
    taken[6] = "taken";
    assert!(refused(at, &taken).contains("there already"));
    assert_eq!(std::fs::read_to_string(at.join("taken/spring-mail.csv")).unwrap(), "mine");
    let mut unknown = ASSIGN;
    unknown[4] = "everyone";
    assert!(refused(at, &unknown).contains("everybody"));
    done(at, &["segment", "save", "nobody", "country = \"XX\""]);
    let mut empty = ASSIGN;
    empty[4] = "nobody";
    assert!(refused(at, &empty).contains("nobody is left"));
    let silent = DESIGN
        .replace("[send]\nchannel = \"email\"\ncategories = [\"offer\"]\nfields = [\"first_name\"]\n", "");
    std::fs::write(at.join("experiment/spring.toml"), silent).unwrap();
    done(at, &["define", "experiment/spring.toml"]);
    assert!(refused(at, &ASSIGN).contains("nothing says what spring mail sends"));
    assert_eq!(batches(), before);
    assert!(!at.join("out").exists() || std::fs::read_dir(at.join("out")).unwrap().next().is_none());
}
