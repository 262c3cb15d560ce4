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

/// A shop that imports whom it has without knowing who agreed. Bo said no himself, Cy unsubscribed.
fn list() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("said.csv", "email,consent_email,updated_at\nbo@example.com,no,2026-01-01T09:00:00Z\n");
    write(
        "events.ndjson",
        "{\"type\":\"track\",\"messageId\":\"u\",\"event\":\"Unsubscribed\",\"userId\":\"c-3\",\"context\":{\"traits\":{\"email\":\"cy@example.com\"}},\"timestamp\":\"2026-02-01T10:00:00Z\"}\n\
         {\"type\":\"track\",\"messageId\":\"v\",\"event\":\"Product Viewed\",\"userId\":\"c-1\",\"timestamp\":\"2026-05-01T10:00:00Z\"}\n",
    );
    write(
        "people.csv",
        "customer_id,email,phone\nc-1,anne@example.com,+491\nc-2,bo@example.com,\nc-3,cy@example.com,\nc-4,Anne@example.com,\n",
    );
    write(
        "news.toml",
        "name = \"news\"\nform = \"email\"\nchannel = \"email\"\npurpose = \"marketing\"\nsubject = \"x\"\n",
    );
    write(
        "text.toml",
        "name = \"text\"\nform = \"sms\"\nchannel = \"sms\"\npurpose = \"marketing\"\nsubject = \"x\"\n",
    );
    write(
        "ask.toml",
        "name = \"ask\"\nform = \"email\"\nchannel = \"email\"\npurpose = \"survey\"\nsubject = \"x\"\n",
    );
    done(folder.path(), &["import", "said.csv", "events.ndjson"]);
    done(folder.path(), &["define", "--kind", "experience", "news.toml", "text.toml", "ask.toml"]);
    folder
}

/// Who of the three may be sent something.
fn reached(folder: &Path, message: &str) -> Vec<&'static str> {
    let may = |who: &&str| {
        let decided = answer(
            folder,
            &["decide", "--profile", &format!("email:{who}@example.com"), "--message", message],
            0,
        );
        decided["decision"] == "pass"
    };
    ["anne", "bo", "cy"].into_iter().filter(may).collect()
}

#[test]
fn a_claim_reaches_those_who_said_nothing_and_goes_with_its_import() {
    let folder = list();
    let folder = folder.path();
    let words = [
        "import",
        "people.csv",
        "--basis",
        "opt-in",
        "--basis-by",
        "Dora",
        "--basis-channel",
        "email",
        "--basis-channel",
        "sms",
    ];
    let rehearsed = done(folder, &[&words[..], &["--dry-run"]].concat());
    assert!(rehearsed.contains("opt-in to marketing, says Dora"), "{rehearsed}");
    assert!(rehearsed.contains("3 addresses would become reachable"), "{rehearsed}");
    assert_eq!(answer(folder, &["consent", "claims"], 0)["claims"], json!([]));

    let text = done(folder, &words);
    assert!(text.contains("email  1 address becomes reachable, 2 keep what they said themselves"), "{text}");
    assert!(text.contains("sms  1 address becomes reachable"), "{text}");
    assert_eq!((reached(folder, "news"), reached(folder, "text")), (vec!["anne"], vec!["anne"]));
    assert_eq!(reached(folder, "ask"), Vec::<&str>::new(), "a survey is another purpose");
    let claims = &answer(folder, &["consent", "claims"], 0)["claims"];
    let told =
        |claim: &Value| json!([claim["basis"], claim["channel"], claim["said_by"], claim["addresses"]]);
    let told: Vec<Value> = claims.as_array().unwrap().iter().map(told).collect();
    assert_eq!(json!(told), json!([["opt-in", "email", "Dora", 3], ["opt-in", "sms", "Dora", 1]]));
    let shown = answer(folder, &["consent", "show", "email:anne@example.com"], 0);
    assert_eq!(shown["consent"][0]["rests_on"], "claimed for the source", "{shown}");

    // The same again changes nothing; under another claim it is another import, and nobody counts twice.
    assert!(done(folder, &words).contains("imported before"));
    let again = answer(folder, &["import", "people.csv", "--basis", "existing-customer"], 0);
    let reach = &again["files"][0]["consent"]["reach"][0];
    assert_eq!(
        (&reach["becomes"], &reach["already"], &reach["kept"]),
        (&json!(0), &json!(1), &json!(2)),
        "{again}"
    );

    for claim in claims.as_array().unwrap() {
        let _ = segue(folder, &["batch", "revert", &format!("b-{:05}", claim["batch"].as_i64().unwrap())]);
    }
    assert_eq!((reached(folder, "news"), reached(folder, "text")), (vec!["anne"], vec![]));
    let left = answer(folder, &["consent", "claims"], 0);
    assert_eq!(left["claims"].as_array().unwrap().len(), 1, "{left}");
}

#[test]
fn a_basis_covers_what_it_covers_and_without_one_nobody_becomes_reachable() {
    let folder = list();
    let folder = folder.path();
    let sms =
        segue(folder, &["import", "people.csv", "--basis", "existing-customer", "--basis-channel", "sms"]);
    assert_eq!(sms.status.code(), Some(2));
    assert!(
        said(&sms).contains("no consent to marketing by sms") && said(&sms).contains("own similar products"),
        "{}",
        said(&sms)
    );
    let asked = segue(folder, &["import", "said.csv", "--basis", "opt-in"]);
    assert!(
        said(&asked).contains("basis-said") || said(&asked).contains("a column says who agreed"),
        "{}",
        said(&asked)
    );
    let text = done(folder, &["import", "people.csv"]);
    assert!(text.contains("none of them becomes reachable for marketing"), "{text}");
    assert_eq!(reached(folder, "news"), Vec::<&str>::new());
    // A person's own word, said after the claim, holds from then on.
    done(folder, &["import", "people.csv", "--basis", "existing-customer"]);
    assert_eq!(reached(folder, "news"), ["anne"]);
    let word =
        ["--channel", "email", "--purpose", "marketing", "--basis", "by telephone", "--state", "revoked"];
    done(folder, &[&["consent", "record", "email:anne@example.com"][..], &word].concat());
    assert_eq!(reached(folder, "news"), Vec::<&str>::new());
}

#[test]
fn everybodys_past_is_audited_by_reason_with_examples() {
    let folder = shop();
    let folder = folder.path();
    record(folder, "granted", "2026-05-02");
    record(folder, "revoked", "2026-05-03");
    let audit = answer(folder, &["consent", "audit", "--all"], 1);
    assert_eq!((&audit["messages"], &audit["allowed"]), (&json!(3), &json!(1)), "{audit}");
    let wrong = |reason: &str| audit["not_allowed"][reason]["messages"].clone();
    assert_eq!((wrong("nothing had been said"), wrong("revoked")), (json!(1), json!(1)), "{audit}");
    assert!(
        audit["not_allowed"]["revoked"]["examples"][0]["why"].as_str().unwrap().contains("anne@example.com")
    );
    let text = segue(folder, &["consent", "audit", "--all"]);
    assert!(said(&text).contains("3 messages to everybody, 2 of them not allowed"), "{}", said(&text));
    // What is claimed today says nothing about what went out before.
    done(folder, &["import", "people.csv", "--basis", "opt-in"]);
    assert_eq!(answer(folder, &["consent", "audit", "--all"], 1)["allowed"], json!(1));
}

/// Both have a tier: Anne's is told by the CRM, Bo's by the shop. Only the CRM knows a score.
fn two_sources() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("shop.csv", "customer_id,email,tier\nc-1,anne@example.com,\nc-2,bo@example.com,gold\n");
    write("crm.csv", "email,tier,score\nanne@example.com,gold,7\n");
    let crm = "kind = \"profiles\"\nsource = \"crm\"\n[identity]\nemail = \"email\"\n\
               [traits]\ntier = \"tier\"\nscore = { column = \"score\", type = \"number\" }\n";
    write("crm.toml", crm);
    let experience = |name: &str, channel: &str, purpose: &str, more: &str| {
        let form = if channel == "web" { "hero" } else { "email" };
        let text = format!(
            "name = \"{name}\"\nform = \"{form}\"\nchannel = \"{channel}\"\npurpose = \"{purpose}\"\nfallback = \"you\"\n{more}\n"
        );
        write(&format!("{name}.toml"), &text);
    };
    experience(
        "gold",
        "web",
        "onsite",
        "placements = [\"home.hero\"]\nsubject = \"Hello {{ tier }}\"\nonly_if = 'tier = \"gold\"'",
    );
    experience("plain", "web", "onsite", "placements = [\"home.side\"]\nsubject = \"Hello {{ tier }}\"");
    experience(
        "scored",
        "web",
        "onsite",
        "placements = [\"home.hero\"]\nsubject = \"x\"\nonly_if = 'in segment \"Scored\"'",
    );
    experience("merged", "email", "marketing", "subject = \"Your {{ score }} points\"");
    experience("receipt", "email", "service", "subject = \"Your {{ score }} points\"");
    experience("mail", "email", "marketing", "subject = \"x\"");
    write("segment.toml", "name = \"Scored\"\nrule = 'score > 5'\n");
    write(
        "journey.toml",
        "name = \"points\"\n[entry]\nevent = \"Product Viewed\"\n[[step]]\nid = \"if\"\ncondition = 'score > 5'\nyes = \"mail\"\n\
         [[step]]\nid = \"mail\"\nexperience = \"mail\"\n",
    );
    done(folder.path(), &["import", "shop.csv"]);
    done(folder.path(), &["import", "crm.csv", "--map", "crm.toml"]);
    folder
}

#[test]
fn a_source_says_what_its_traits_are_for_and_definitions_keep_to_it() {
    let folder = two_sources();
    let folder = folder.path();
    done(folder, &["define", "--kind", "segment", "segment.toml"]);
    done(folder, &["define", "--kind", "experience", "gold.toml", "plain.toml", "mail.toml"]);
    let shown = |who: &str, place: &str| {
        let person = format!("email:{who}@example.com");
        answer(folder, &["decide", "--profile", &person, "--placement", place, "--why"], 0)
    };
    assert_eq!(shown("anne", "home.hero")["experience"], "gold");
    assert!(done(folder, &["source", "limit", "crm", "--purpose", "service"]).contains("for service only"));
    let sources = answer(folder, &["source", "list"], 0);
    let crm = sources["sources"].as_array().unwrap().iter().find(|source| source["source"] == "crm").unwrap();
    assert_eq!((&crm["purposes"], &crm["imports"]), (&json!(["service"]), &json!(1)));

    // Where only some people's values come from it, those are left out, and the trace says why.
    let anne = shown("anne", "home.hero");
    assert_eq!(anne["experience"], Value::Null, "{anne}");
    assert!(anne["trace"].to_string().contains("tier comes from a source that is not for onsite"), "{anne}");
    assert_eq!(shown("bo", "home.hero")["experience"], "gold");
    assert_eq!(shown("anne", "home.side")["subject"], "you", "a merge tag falls back");
    assert_eq!(shown("bo", "home.side")["subject"], "Hello gold");

    // Nor does a file for another purpose hold whom or what the source withholds.
    let list = ["--channel", "email", "--purpose", "service", "--traits", "tier"];
    let told = done(folder, &[&["segment", "export", "tier = \"gold\""][..], &list].concat());
    assert!(told.contains("anne@example.com,gold") && told.contains("bo@example.com,gold"), "{told}");
    let onsite = list.map(|word| if word == "service" { "onsite" } else { word });
    let told = done(folder, &[&["segment", "export", "tier = \"gold\""][..], &onsite].concat());
    assert!(
        !told.contains("anne@") && told.contains("1  left out: what the segment asks about them"),
        "{told}"
    );
    let told = done(folder, &[&["segment", "export", "everyone"][..], &onsite].concat());
    assert!(told.contains("anne@example.com,\n") && told.contains("bo@example.com,gold"), "{told}");

    // What no source allows is refused when it is defined, through a segment, a merge tag and a condition alike.
    let refused = |kind: &str, file: &str, words: &str| {
        let output = segue(folder, &["define", "--kind", kind, file]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("score") && text.contains(words), "{text}");
        assert!(text.contains("comes from crm and may be used for service, not for"), "{text}");
        assert!(text.contains("segue source limit crm --purpose"), "{text}");
    };
    refused("experience", "scored.toml", "its rule asks for");
    refused("experience", "merged.toml", "its text merges in");
    refused("journey", "journey.toml", "its rule asks for");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("ads.toml", "name = \"Ads\"\npurpose = \"ads\"\nrule = 'score > 5'\n");
    write("help.toml", "name = \"Help\"\npurpose = \"service\"\nrule = 'score > 5'\n");
    refused("segment", "ads.toml", "its rule asks for");
    done(folder, &["define", "--kind", "segment", "help.toml"]);
    done(folder, &["define", "--kind", "experience", "receipt.toml"]);

    done(folder, &["source", "limit", "crm", "--anything"]);
    done(folder, &["define", "--kind", "experience", "scored.toml", "merged.toml"]);
    done(folder, &["define", "--kind", "journey", "journey.toml"]);
    assert_eq!(shown("anne", "home.side")["subject"], "Hello gold");
    let later = segue(folder, &["source", "limit", "crm", "--purpose", "service"]);
    assert_eq!(later.status.code(), Some(1), "it says what keeps running without it");
    assert!(said(&later).contains("merged") && said(&later).contains("points"), "{}", said(&later));
    let typo = segue(folder, &["source", "limit", "crn", "--anything"]);
    assert!(typo.status.code() == Some(2) && said(&typo).contains("did you mean `crm`?"), "{}", said(&typo));
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
