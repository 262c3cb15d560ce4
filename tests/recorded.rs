//! Messages and answers a workspace holds as imported events or as a ledger: panels, caps, pressure and runs see them, and
//! what the record does not tell is withheld.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

use segue::exchange::{Input, recognise};
use segue::model::consent::{ConsentRecord, ConsentState, Purpose};
use segue::model::definition::{Definition, Kind};
use segue::model::fact::FactChunk;
use segue::model::message::{HeldReason, Message, MessageState};
use segue::model::{Channel, Identity, Person, Seed, Span, Time};
use segue::stats::{Reading, Why};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, MessageFact, Store};
use segue::traffic::Profile;
use segue::tui::Update;
use segue::work::console::quiet::Quiet;
use segue::work::console::{Link, Subject, start};
use segue::work::import::{Watch, import};
use segue::work::observed::Observed;
use segue::work::run::{Plan, Prepared, start_of};
use segue::work::{Cancel, ledger, sample};

const NOW: Time = Time(1_790_000_000_000);

const POLICY: &str = "name = \"default\"\n[[cap]]\nchannels = [\"email\"]\nlimit = 2\nwindow = \"7d\"\n";

/// Everybody in a workspace, one after the other.
fn people(quiet: &Quiet) -> Vec<Profile> {
    let people = quiet.frame.as_ref().unwrap().people();
    (0..people.len() as u32).map(|row| quiet.person(people.profile(Person(row))).unwrap()).collect()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// One line of a Segment export.
fn track(who: u32, at: &str, event: &str, properties: &str) -> String {
    let (email, id) = (format!("p{who}@example.com"), format!("{who}-{at}-{event}"));
    format!(
        r#"{{"type":"track","messageId":"{id}","timestamp":"{at}","receivedAt":"{at}","userId":"u{who}","context":{{"traits":{{"email":"{email}"}}}},"event":"{event}","properties":{properties}}}"#
    )
}

/// Somebody with an address and a consent that reads.
fn identify(who: u32, at: &str) -> String {
    format!(
        r#"{{"type":"identify","messageId":"i{who}-{at}","timestamp":"{at}","receivedAt":"{at}","userId":"u{who}","traits":{{"email":"p{who}@example.com","plan":"basic","country":"DE"}}}}"#
    )
}

fn workspace(folder: &Path, lines: &[String], definitions: &[(Kind, &str)]) -> (PathBuf, Store) {
    let path = folder.join("shop.db");
    let mut store = Store::create(&path).unwrap();
    let file = folder.join("events.ndjson");
    std::fs::write(&file, lines.join("\n")).unwrap();
    for input in Input::of(&file).unwrap() {
        let mut watch = Watch { progress: |_: &_| {}, cancel: &Cancel::default() };
        let imported = import(&mut store, &recognise(input, None, None).unwrap(), None, &mut watch).unwrap();
        assert!(imported.rejected.by_code.is_empty(), "{:?}", imported.rejected);
    }
    for (kind, text) in definitions {
        store.define(*kind, &sample::name_of(text).unwrap(), text, NOW).unwrap();
    }
    (path, store)
}

fn survey() -> &'static str {
    include_str!("../sample-data/definitions/survey/purchase.toml")
}

/// Forty people; the first twenty were written to twice, five of them unsubscribed; all of them answered.
fn mailed() -> Vec<String> {
    let mut lines = Vec::new();
    for who in 1..=40 {
        lines.push(identify(who, "2026-03-01T08:00:00Z"));
        let spring = r#"{"campaign_name":"spring"}"#;
        if who <= 20 {
            lines.push(track(who, "2026-03-02T09:00:00Z", "Email Delivered", spring));
            lines.push(track(who, "2026-03-04T09:00:00Z", "Email Delivered", spring));
            lines.push(track(who, "2026-03-04T09:30:00Z", "Email Opened", spring));
        }
        if who <= 5 {
            lines.push(track(who, "2026-03-04T10:00:00Z", "Unsubscribed", "{}"));
        }
        let score = if who <= 30 { 5 } else { 2 };
        let answer = format!(r#"{{"survey":"purchase CSAT","score":{score}}}"#);
        lines.push(track(who, "2026-03-05T09:00:00Z", "Survey Answered", &answer));
    }
    lines
}

#[test]
fn panels_show_the_messages_and_answers_that_were_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (_, store) =
        workspace(folder.path(), &mailed(), &[(Kind::ContactPolicy, POLICY), (Kind::Survey, survey())]);
    let live = Quiet::of_store(&store, None).unwrap().live("shop");
    let fatigue = &live.fatigue;
    assert_eq!((fatigue.sent, fatigue.cap, fatigue.people), (Some(40), Some(2), 40));
    assert_eq!((fatigue.median, fatigue.p95, fatigue.near_cap), (Some(0), Some(2), Some(20)));
    assert_eq!(fatigue.held, None, "an export does not say what was held");
    assert_eq!(fatigue.sentence, "50 % are at the cap.");
    let bands: Vec<_> = fatigue.unsubscribes.iter().map(|b| (b.delivered, b.unsubscribed)).collect();
    assert_eq!(bands, [(40, 5), (0, 0), (0, 0)], "the second message met 0.63 of the first");
    let purchase = &live.csat.moments[0];
    assert_eq!((purchase.answers, purchase.asked, live.csat.asked), (40, None, None));
    assert!((purchase.score.estimate().unwrap().value - 0.75).abs() < 1e-12);

    // Nothing of what comes at or after the point is seen.
    let before = Quiet::of_store(&store, Some(time("2026-03-04T09:00:00Z"))).unwrap().live("shop");
    assert_eq!((before.fatigue.sent, before.csat.answers), (Some(20), 0));
    assert!(before.csat.sentence.contains("holds no answers"), "{}", before.csat.sentence);
    assert_eq!(
        before.fatigue.unsubscribes[0].per_thousand,
        Reading::Withheld(Why::Other { reason: "the data holds no unsubscribes".to_owned() })
    );
}

#[test]
fn what_the_data_does_not_tell_is_said_to_be_unknown() {
    let browse: Vec<String> = (1..=3)
        .flat_map(|who| {
            let viewed = track(who, "2026-03-02T09:00:00Z", "Product Viewed", r#"{"sku":"a"}"#);
            [identify(who, "2026-03-01T08:00:00Z"), viewed]
        })
        .collect();
    let opened = [browse.clone(), vec![track(1, "2026-03-03T09:00:00Z", "Email Opened", "{}")]].concat();
    let answered = [
        browse.clone(),
        vec![track(1, "2026-03-03T09:00:00Z", "Survey Answered", r#"{"survey":"nps","score":9}"#)],
    ]
    .concat();
    let sent = [browse.clone(), vec![track(1, "2026-03-03T09:00:00Z", "Email Delivered", "{}")]].concat();
    let live = |lines: &[String]| {
        let folder = tempfile::tempdir().unwrap();
        let (_, store) = workspace(folder.path(), lines, &[]);
        Quiet::of_store(&store, None).unwrap().live("shop")
    };
    let nothing = live(&browse);
    assert_eq!(
        nothing.fatigue.sentence,
        "How many messages people got is not known: the data holds no record of messages."
    );
    assert_eq!((nothing.fatigue.median, nothing.fatigue.sent, nothing.fatigue.near_cap), (None, None, None));
    assert!(nothing.fatigue.shares.is_empty());
    assert_eq!(nothing.csat.sentence, "The data holds no answers to surveys, so satisfaction is not known.");
    assert!(nothing.whereabouts.journeys.is_empty());
    assert_eq!(
        live(&opened).fatigue.sentence,
        "How many messages people got is not known: \
         the data says who opened, clicked or answered, not who was written to."
    );
    assert_eq!(
        live(&answered).csat.sentence,
        "Answers to “nps” are not scored: no such survey is defined here."
    );
    let sent = live(&sent).fatigue;
    assert_eq!(sent.sentence, "No cap is set. Unsubscribes are not in the data.");
    assert_eq!((sent.sent, sent.cap, sent.near_cap), (Some(1), None, None));
}

fn segue(workspace: &Path, words: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_segue"))
        .arg("--workspace")
        .arg(workspace)
        .args(words)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn meta(file: &str) -> BatchMeta {
    BatchMeta { kind: BatchKind::Import, file: file.to_owned(), sha256: None, mapping: None, source: None }
}

#[test]
fn caps_count_what_was_imported() {
    let news = include_str!("../sample-data/definitions/experience/newsletter.toml");
    let mut lines = vec![identify(1, "2026-03-01T08:00:00Z"), identify(2, "2026-03-01T08:00:00Z")];
    let spring = r#"{"campaign_name":"spring"}"#;
    lines.push(track(1, "2026-03-02T09:00:00Z", "Email Delivered", spring));
    // Nothing says when this one was sent, but it must have been by then.
    lines.push(track(1, "2026-03-03T09:00:00Z", "Email Link Clicked", r#"{"campaign_name":"summer"}"#));
    let folder = tempfile::tempdir().unwrap();
    let definitions = [(Kind::ContactPolicy, POLICY), (Kind::Experience, news)];
    let (path, mut store) = workspace(folder.path(), &lines, &definitions);
    let meta = meta("consent");
    let Begun::New(mut writer) = store.begin(&meta, NOW).unwrap() else { panic!("begun before") };
    let said = ["p1@example.com", "p2@example.com"].map(|address| ConsentRecord {
        identity: Identity::new("email", address),
        channel: Channel::Email,
        purpose: Purpose::Marketing,
        state: ConsentState::Granted,
        at: time("2026-03-01T08:00:00Z"),
        expires: None,
        basis: "a form".to_owned(),
    });
    writer.write(&FactChunk { consents: said.to_vec(), ..FactChunk::default() }, NOW).unwrap();
    writer.finish(Elsewhere::default(), NOW).unwrap();
    let ask = |who: &str, at: &str| {
        let words = ["decide", "--profile", who, "--message", "newsletter", "--why", "--at", at];
        segue(&path, &words)
    };
    let gate = |said: &str, name: &str| {
        said.lines().find(|line| line.contains(name)).map(|line| line.trim().to_owned()).unwrap_or_default()
    };
    let (_, full, errors) = ask("email:p1@example.com", "2026-03-04T09:00:00Z");
    assert_eq!(errors, "");
    let (_, other, _) = ask("email:p2@example.com", "2026-03-04T09:00:00Z");
    assert!(gate(&full, "caps ").contains("filled by summer, spring"), "{full}");
    assert!(gate(&other, "caps ").starts_with("passed"), "{other}");
    let (_, earlier, _) = ask("email:p1@example.com", "2026-03-03T09:00:00Z");
    assert!(gate(&earlier, "caps ").starts_with("passed"), "{earlier}");
}

fn plan(definitions: Vec<Definition>, people: u32) -> Plan {
    Plan { workspace: "shop".to_owned(), definitions, seed: Seed(7), people: Some(people), threads: 2 }
}

#[test]
fn a_run_counts_what_reached_people_before_it() {
    let mut lines = mailed();
    for who in 1..=20 {
        for day in ["18", "20", "21", "22"] {
            let at = format!("2026-04-{day}T09:00:00Z");
            lines.push(track(who, &at, "Email Delivered", r#"{"campaign_name":"spring"}"#));
        }
        lines.push(track(who, "2026-05-30T09:00:00Z", "Email Delivered", r#"{"campaign_name":"late"}"#));
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, mut store) = workspace(folder.path(), &lines, &[]);
    let definitions = sample::definitions().unwrap();
    let start = start_of(&definitions).unwrap();
    let observed = Observed::load_to_start(&store, start).unwrap();
    let mut run = Prepared::new(plan(definitions.clone(), 60), observed).unwrap().begin();
    let mailed: Vec<_> = run.traffic().profiles().filter(|p| !p.sends.is_empty()).collect();
    assert_eq!(mailed.len(), 40, "the others answered a survey that must have reached them");
    for profile in &mailed {
        assert!(profile.sends.iter().all(|sent| sent.at < start), "the end of May is not known yet");
        assert!(profile.answers.is_empty(), "answers before the run are not the run's");
    }
    let panel = run.panels();
    assert!(panel.fatigue.near_cap.unwrap() >= 20, "four in the last seven days: {:?}", panel.fatigue);
    assert!(panel.fatigue.unsubscribes.iter().all(|band| band.delivered == 0), "observed are not simulated");
    assert_eq!(panel.csat.asked, Some(0));
    run.advance(start + Span::days(3));
    let id = ledger::keep(&run, &definitions, &mut store, NOW).unwrap();
    let kept = Quiet::of_store(&store.open_run(id).unwrap(), None).unwrap();
    let early = people(&kept).iter().flat_map(|p| &p.messages).filter(|log| log.at < start).count();
    assert_eq!(early, 0, "the workspace's messages are not the run's");
}

#[test]
fn a_run_file_tells_each_message_once_with_its_definitions() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut store) = workspace(folder.path(), &[identify(1, "2026-03-01T08:00:00Z")], &[]);
    let mut definitions = sample::definitions().unwrap();
    for journey in definitions.iter_mut().filter(|d| d.kind == Kind::Journey) {
        journey.version = 3;
    }
    let mut run = Prepared::new(plan(definitions.clone(), 400), Observed::nobody()).unwrap().begin();
    run.advance(run.world().start + Span::days(17));
    let id = ledger::keep(&run, &definitions, &mut store, NOW).unwrap();
    let file = store.open_run(id).unwrap();
    let mut enrolled = (0, 0, 0);
    file.for_each_enrollment(&segue::store::Window::ALL, |line| {
        assert_eq!(line.version, 3);
        assert_eq!(line.exited.is_some(), !line.outcome.is_empty(), "who left, left at some time");
        assert!(line.exited.is_none_or(|left| left >= line.entered));
        enrolled = (enrolled.0 + 1, enrolled.1 + u32::from(line.exited.is_some()), 0);
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert!(enrolled.0 > 20 && enrolled.1 > 5, "{enrolled:?}");
    let (placements, mut asked) = (file.terms("placement").unwrap(), [0, 0]);
    file.for_each_decision(&segue::store::Window::ALL, |line| {
        assert!(line.propensity > 0.0 && line.propensity <= 1.0, "{}", line.propensity);
        let (_, by) = placements.iter().find(|(term, _)| *term == line.placement).unwrap();
        asked[usize::from(by.contains('/'))] += 1;
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert!(asked[1] > 20, "every split and message of a journey: {asked:?}");
    let hashes: Vec<String> = file.terms("definition").unwrap().into_iter().map(|(_, text)| text).collect();
    for (kind, name) in [
        (Kind::Journey, "newsletter"),
        (Kind::Experience, "newsletter"),
        (Kind::Survey, "purchase CSAT"),
        (Kind::Experiment, "cart recovery: bundle against 10 % off"),
    ] {
        let known = definitions.iter().find(|d| d.kind == kind && d.name == name);
        let hash = known.unwrap_or_else(|| panic!("no {kind} {name}")).hash().to_string();
        assert!(hashes.contains(&hash), "{kind} {name} is in no line");
    }
    let made: Vec<_> = run.traffic().profiles().flat_map(|profile| &profile.messages).cloned().collect();
    let kept = Quiet::of_store(&file, None).unwrap();
    let kept = people(&kept);
    let read: Vec<_> = kept.iter().flat_map(|profile| &profile.messages).collect();
    let count = |times: &dyn Fn(&segue::traffic::MessageLog) -> bool| {
        (made.iter().filter(|log| times(log)).count(), read.iter().filter(|log| times(log)).count())
    };
    for (what, (there, here)) in [
        ("messages", count(&|_| true)),
        ("sent", count(&|log| log.sent.is_some())),
        ("delivered", count(&|log| log.delivered.is_some())),
        ("opened", count(&|log| log.opened.is_some())),
        ("clicked", count(&|log| log.clicked.is_some())),
        ("unsubscribed", count(&|log| log.unsubscribed.is_some())),
        ("held", count(&|log| log.held.is_some())),
    ] {
        assert_eq!(there, here, "{what}");
    }
    assert!(made.len() > 100, "{}", made.len());
}

#[test]
fn a_ledgers_line_is_read_as_it_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut store) = workspace(folder.path(), &[identify(1, "2026-03-01T08:00:00Z")], &[]);
    let meta = meta("ledger");
    let Begun::New(mut writer) = store.begin(&meta, NOW).unwrap() else { panic!("begun before") };
    let line = |at: &str, state, held, updated: &str| MessageFact {
        identity: Identity::new("user_id", "u1"),
        message: Message {
            at: time(at),
            channel: Channel::Email,
            purpose: Purpose::Marketing,
            experience: "spring".to_owned(),
            journey: None,
            categories: vec!["offer".to_owned()],
            state,
            held,
            updated: time(updated),
        },
        definition: None,
    };
    let (two, six, nine) = ("2026-03-02T09:00:00Z", "2026-03-06T09:00:00Z", "2026-03-09T09:00:00Z");
    let facts = [
        line(two, MessageState::Unsubscribed, None, six),
        line(nine, MessageState::Held, Some(HeldReason::Cap), nine),
    ];
    writer.messages(&facts, NOW).unwrap();
    writer.finish(Elsewhere::default(), NOW).unwrap();
    let at = |moment: Option<&str>| {
        let quiet = Quiet::of_store(&store, moment.map(time)).unwrap();
        let logs = people(&quiet)[0].messages.clone();
        (logs.len(), logs[0].clone(), quiet.live("shop").fatigue)
    };
    let (all, log, fatigue) = at(Some("2026-03-10T00:00:00Z"));
    assert_eq!((all, log.unsubscribed, fatigue.held), (2, Some(time(six)), Some(1)));
    let (early, log, _) = at(Some("2026-03-04T00:00:00Z"));
    assert_eq!((early, log.sent, log.delivered, log.unsubscribed), (1, Some(time(two)), None, None));
}

#[test]
fn one_faulty_definition_hides_only_what_depends_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let broken = "name = \"broken\"\nform = \"email\"\n";
    let journey = "name = \"welcome\"\n[entry]\nevent = \"Signed Up\"\n[[step]]\nid = \"mail\"\n\
                   experience = \"broken\"\n";
    let (path, store) = workspace(
        folder.path(),
        &mailed(),
        &[
            (Kind::ContactPolicy, POLICY),
            (Kind::Survey, survey()),
            (Kind::Experience, broken),
            (Kind::Journey, journey),
            (Kind::Segment, "name = \"odd\"\nrule = 7\n"),
        ],
    );
    let quiet = Quiet::of_store(&store, None).unwrap();
    let said: Vec<String> = quiet.problems.iter().map(ToString::to_string).collect();
    assert_eq!(quiet.problems.len(), 3, "{said:?}");
    assert_eq!(quiet.setup.library.policy.caps.len(), 1);
    assert!(quiet.setup.stages.lifecycles().count() > 3, "the standard stages stay");
    let live = quiet.live("shop");
    assert_eq!((live.fatigue.cap, live.csat.answers), (Some(2), 40));
    let (code, out, errors) = segue(&path, &["panel", "live", "--json"]);
    assert_eq!(code, 1, "done with problems found");
    for name in ["“broken”", "“welcome”", "“odd”"] {
        assert!(errors.contains(name), "{name} is not named: {errors}");
    }
    let printed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&printed["fatigue"]["cap"], &printed["csat"]["answers"]), (&2.into(), &40.into()));
    drop(store);

    // A policy that cannot be read is no open policy.
    let mut store = Store::open(&path, NOW).unwrap();
    store.define(Kind::ContactPolicy, "default", "name = \"default\"\n[[cap]]\nlimit = 1\n", NOW).unwrap();
    let live = Quiet::of_store(&store, None).unwrap().live("shop");
    assert!(live.fatigue.sentence.starts_with("The contact policy cannot be read"), "{:?}", live.fatigue);
    drop(store);
    let (code, _, errors) =
        segue(&path, &["decide", "--profile", "email:p1@example.com", "--message", "purchase CSAT"]);
    assert_eq!(code, 2, "{errors}");
}

#[test]
fn a_run_begins_with_the_traits_that_held_then() {
    let later = identify(1, "2026-05-20T08:00:00Z").replace("basic", "gold");
    let lines = [identify(1, "2026-03-01T08:00:00Z"), later];
    let page = track(1, "2026-05-21T09:00:00Z", "Page Viewed", r#"{"path":"/"}"#);
    let folder = tempfile::tempdir().unwrap();
    let (_, store) = workspace(folder.path(), &[lines.to_vec(), vec![page]].concat(), &[]);
    let told = |observed: &Observed| observed.people[0].trait_value("plan").to_string();
    assert_eq!(told(&Observed::load(&store, None).unwrap()), "gold");
    let start = time("2026-04-23T00:00:00Z");
    assert_eq!(told(&Observed::load_to_start(&store, start).unwrap()), "basic");
    // Nothing was said yet: the trait is missing, not the value of the future.
    let early = Observed::load_to_start(&store, time("2026-02-01T00:00:00Z")).unwrap();
    assert_eq!(early.people[0].trait_value("plan"), segue::model::Datum::Missing);
    // A customer list has no times of its own: what it says holds from the start.
    let sample = sample::observed(NOW).unwrap();
    assert!(sample.people.iter().filter(|p| p.name().is_some()).count() > 100);
}

#[test]
fn only_the_very_run_of_a_picture_knows_its_truth() {
    let definitions = sample::definitions().unwrap();
    let begin = |definitions: &[Definition], people: u32| {
        let mut run = Prepared::new(plan(definitions.to_vec(), people), Observed::nobody()).unwrap().begin();
        run.advance(run.world().start + Span::days(16));
        run
    };
    let mut known = begin(&definitions, 3_000).panels();
    let truth = segue::panel::uplift::Truth { relative: 0.35, absolute: 0.03, inside: None };
    known.uplift.truth = Some(truth);
    let told = |definitions: &[Definition], people: u32, more: Span| {
        let mut run = begin(definitions, people);
        run.advance(run.now() + more);
        run.expect_truth(&known);
        run.panels().uplift.truth.is_some()
    };
    assert!(told(&definitions, 3_000, Span::ZERO));
    assert!(!told(&definitions, 2_999, Span::ZERO), "other people");
    assert!(!told(&definitions, 3_000, Span::days(1)), "another day");
    let mut changed = definitions.clone();
    changed.iter_mut().find(|d| d.kind == Kind::World).unwrap().text.push_str("\n# another\n");
    assert!(!told(&changed, 3_000, Span::ZERO), "other definitions");
}

#[test]
fn simulate_plays_to_the_moment_asked_for_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let definitions: Vec<_> = sample::definitions().unwrap();
    let kept: Vec<(Kind, &str)> = definitions.iter().map(|d| (d.kind, d.text.as_str())).collect();
    let (path, store) = workspace(folder.path(), &[identify(1, "2026-03-01T08:00:00Z")], &kept);
    drop(store);
    let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/definitions/world/demo-shop.toml");
    let simulate = |more: &[&str]| {
        let words = ["simulate", world.to_str().unwrap(), "--people", "50", "--json"];
        segue(&path, &[&words[..], more].concat())
    };
    let (code, out, _) = simulate(&["--as-of", "2026-04-25T12:00:00Z"]);
    let live: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &live["stamp"]["as_of"]), (0, &"2026-04-25T12:00:00.000Z".into()));
    let (code, _, errors) = simulate(&["--as-of", "2026-04-23T00:00:00Z"]);
    assert!(code == 2 && errors.contains("is not after the world's start"), "{errors}");
    let (code, _, errors) = simulate(&["--as-of", "2026-04-25T12:00:00Z", "--days", "2"]);
    assert!(code == 2 && errors.contains("both say when the run ends"), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_workspace_that_may_not_be_written_is_still_read() {
    use std::os::unix::fs::PermissionsExt;
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (file_mode, folder_mode) in [(0o600, 0o500), (0o400, 0o700), (0o400, 0o500)] {
        let folder = tempfile::tempdir().unwrap();
        let (path, store) = workspace(folder.path(), &mailed(), &[(Kind::ContactPolicy, POLICY)]);
        drop(store);
        // An awkward name must not be read as a part of the way to it.
        let odd = folder.path().join("50% off? #1.db");
        std::fs::rename(&path, &odd).unwrap();
        let there = |folder: &Path| {
            let mut names: Vec<_> =
                std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let (bytes, names) = (std::fs::read(&odd).unwrap(), there(folder.path()));
        set(&odd, file_mode);
        set(folder.path(), folder_mode);
        let read = [
            segue(&odd, &["panel", "fatigue"]),
            segue(&odd, &["profile", "show", "email:p1@example.com"]),
            segue(&odd, &["segment", "count", "country = \"DE\""]),
        ];
        let store = Store::open_read_only(&odd).unwrap();
        let live = Quiet::of_store(&store, None).unwrap().live("shop");
        drop(store);
        let written = segue(&odd, &["batch", "revert", "b-00001"]);
        let after = there(folder.path());
        set(folder.path(), 0o700);
        set(&odd, 0o600);
        for (code, out, errors) in &read {
            assert_eq!(*code, 0, "{out}{errors}");
        }
        assert_eq!(live.fatigue.sent, Some(40));
        assert!(written.0 == 2 && written.2.contains("read-only"), "{written:?}");
        assert_eq!(after, names, "something was left beside it");
        assert_eq!(std::fs::read(&odd).unwrap(), bytes, "the file changed");
    }
}

/// What the console is told next, up to what is waited for.
fn told_until(link: &Link, wanted: impl Fn(&Update) -> bool) -> Vec<Update> {
    let mut updates = Vec::new();
    while !updates.last().is_some_and(&wanted) {
        updates.push(link.updates.recv_timeout(std::time::Duration::from_secs(20)).unwrap());
    }
    updates
}

/// What the console is told of a workspace until everybody was read.
fn told(path: &Path) -> Vec<Update> {
    let link = start(Subject::Workspace(path.to_owned()));
    let mut updates = told_until(&link, |update| matches!(update, Update::Live(_)));
    updates.extend(told_until(&link, |update| matches!(update, Update::Jobs(_))));
    updates
}

#[test]
fn segments_can_be_asked_before_everybody_was_read_and_what_others_bring_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = workspace(folder.path(), &mailed(), &[]);
    drop(store);
    let link = start(Subject::Workspace(path.clone()));
    assert!(link.first.reading, "nothing is said about people nobody has read");
    let updates = told_until(&link, |update| matches!(update, Update::Live(_)));
    assert!(updates.iter().any(|update| matches!(update, Update::Segments(_))));
    assert!(!updates.iter().any(|update| matches!(update, Update::People(_) | Update::Journeys(_))));
    let people = |update: &Update| match update {
        Update::People(people) => Some(people.total),
        _ => None,
    };
    let updates = told_until(&link, |update| people(update).is_some());
    assert_eq!(updates.iter().find_map(people), Some(40));

    let newcomer = r#"{"type":"identify","userId":"newcomer","messageId":"n1","timestamp":"2026-05-02T10:00:00Z","traits":{"country":"DE"}}"#;
    let more = folder.path().join("more.ndjson");
    std::fs::write(&more, format!("{newcomer}\n")).unwrap();
    let imported = Command::new(env!("CARGO_BIN_EXE_segue"))
        .arg("import")
        .arg(&more)
        .arg("-w")
        .arg(&path)
        .output()
        .unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    told_until(&link, |update| people(update) == Some(41));
}

#[test]
fn the_console_lists_faults_and_counts_nobody_where_nothing_runs() {
    let folder = tempfile::tempdir().unwrap();
    let after = include_str!("../sample-data/definitions/journey/after-purchase.toml");
    let (path, mut store) = workspace(
        folder.path(),
        &mailed(),
        &[
            (Kind::Survey, survey()),
            (Kind::Survey, include_str!("../sample-data/definitions/survey/delivery.toml")),
            (Kind::Journey, after),
            (Kind::Metric, "name = \"odd\"\n"),
            (Kind::Experience, "name = \"broken\"\n"),
        ],
    );
    let name = sample::name_of(after).unwrap();
    store.define(Kind::Journey, &name, &format!("{after}\n# again\n"), NOW).unwrap();
    drop(store);
    let updates = told(&path);
    let jobs = updates.iter().rev().find_map(|update| match update {
        Update::Jobs(jobs) => Some(jobs),
        _ => None,
    });
    let faults: Vec<(&str, bool)> =
        jobs.unwrap().rows.iter().map(|job| (job.title.as_str(), job.error.is_some())).collect();
    assert_eq!(faults, [("read experience “broken”", true), ("read metric “odd”", true)]);
    let journeys = updates.iter().find_map(|update| match update {
        Update::Journeys(journeys) => Some(journeys),
        _ => None,
    });
    let journeys = journeys.unwrap();
    assert_eq!(journeys.sentence, "1 journey. No run is attached, so nobody is counted.");
    let row = &journeys.rows[0];
    assert_eq!((row.version, row.entered, row.inside, row.goal, row.out), (2, None, None, None, None));
    assert!(row.steps.iter().all(|step| step.here.is_none() && step.seen.is_none()));
    let live = updates.iter().find_map(|update| match update {
        Update::Live(live) => Some(live),
        _ => None,
    });
    assert_eq!(live.unwrap().csat.answers, 40, "the rest of the picture stays");
}

#[cfg(unix)]
#[test]
fn the_console_opens_what_may_only_be_read_and_refuses_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = workspace(folder.path(), &mailed(), &[]);
    drop(store);
    let set = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    let link = start(Subject::Workspace(path));
    let mut updates = told_until(&link, |update| matches!(update, Update::People(_)));
    let rule = "country = \"DE\"".to_owned();
    link.commands
        .send(segue::tui::Command::SaveSegment {
            name: "german".to_owned(),
            text: rule,
            like: segue::work::port::Like::Nothing,
        })
        .unwrap();
    updates.extend(told_until(&link, |update| matches!(update, Update::Toast(_))));
    drop(link);
    set(0o700);
    assert!(updates.iter().any(|update| matches!(update, Update::Note(note) if note.contains("read-only"))));
    assert!(updates.iter().any(|update| matches!(update, Update::People(people) if people.rows.len() == 40)));
    let Some(Update::Toast(problem)) = updates.last() else { panic!("no problem was told") };
    assert_eq!(problem.code, "workspace-read-only");
}

#[test]
fn a_bounce_is_on_the_list_and_gives_its_slot_back_where_deliveries_count() {
    let sent = r#"{"campaign_name":"offer"}"#;
    let lines = [
        identify(1, "2026-05-01T08:00:00Z"),
        track(1, "2026-05-29T09:00:00Z", "Email Sent", sent),
        track(1, "2026-05-29T09:00:05Z", "Email Bounced", sent),
        identify(2, "2026-05-01T08:00:00Z"),
        track(2, "2026-05-29T09:00:00Z", "Email Sent", sent),
        track(2, "2026-05-29T10:00:00Z", "Email Marked as Spam", sent),
    ];
    let folder = tempfile::tempdir().unwrap();
    let policy = "name = \"default\"\n[[cap]]\nlimit = 1\nwindow = \"7d\"\non = \"delivered\"\n";
    let (_, store) = workspace(folder.path(), &lines, &[(Kind::ContactPolicy, policy)]);
    let mut observed = Observed::load(&store, None).unwrap();
    let definition = Definition {
        kind: Kind::ContactPolicy,
        name: "default".to_owned(),
        version: 1,
        text: policy.to_owned(),
    };
    let mut setup = segue::traffic::compile(&[definition], &segue::rule::OpenCatalog, Seed(0)).unwrap();
    observed.recall(&mut setup.library);
    let [bounced, complained] = observed.people.as_slice() else { panic!("two people") };
    assert!(bounced.sends[0].bounced && !complained.sends[0].bounced);
    let reasons = |profile: &segue::traffic::Profile| -> Vec<_> {
        profile.suppressions.iter().map(|entry| (entry.reason, entry.channel)).collect()
    };
    use segue::model::consent::SuppressionReason::{Bounced, Complained};
    assert_eq!(reasons(bounced), [(Bounced, Channel::Email)]);
    assert_eq!(reasons(complained), [(Complained, Channel::Email)]);
    let counted = |profile: &segue::traffic::Profile| {
        let (library, zone) = (&setup.library, &profile.zone.0);
        let now = time("2026-05-29T12:00:00Z");
        segue::contact::cap::Tally::of(&library.policy, &profile.sends, library, zone, now).count(0)
    };
    assert_eq!((counted(bounced), counted(complained)), (0, 1));
}
