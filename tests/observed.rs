//! The people of an imported workspace as traffic sees them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

use segue::exchange::{Input, recognise};
use segue::frame::{Builder, ConsentFact, Frame};
use segue::model::consent::{ConsentState, Purpose};
use segue::model::{Channel, Datum, Identity, Person, Seed, Time};
use segue::rule::{OpenCatalog, Point, Subject, compile};
use segue::store::Store;
use segue::traffic::profile::View;
use segue::traffic::{Profile, Property};
use segue::work::frame::load_frame;
use segue::work::import::{Watch, import};
use segue::work::observed::Observed;
use segue::work::run::{Plan, Prepared};
use segue::work::{Cancel, sample};

fn sample_frame() -> Frame {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    for name in ["customers.csv", "events.ndjson"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(name);
        for input in Input::of(&path).unwrap() {
            let recognised = recognise(input, None, None).unwrap();
            let mut watch = Watch { progress: |_: &_| {}, cancel: &Cancel::default() };
            let imported = import(&mut store, &recognised, None, &mut watch).unwrap();
            assert!(imported.rejected.by_code.is_empty(), "{:?}", imported.rejected);
        }
    }
    load_frame(&store, None).unwrap()
}

fn anne(observed: &Observed) -> &Profile {
    let address = Identity::new("email", "anne.keller@example.com");
    let mut found = observed.people.iter().filter(|profile| profile.identities.contains(&address));
    let anne = found.next().unwrap();
    assert!(found.next().is_none(), "two people have Anne's address");
    anne
}

#[test]
fn anne_is_one_person_with_her_whole_path() {
    let frame = sample_frame();
    let observed = Observed::of(&frame);
    assert_eq!(observed.people.len(), frame.people().len());
    let anne = anne(&observed);
    assert_eq!(anne.name().as_deref(), Some("Anne Keller"));
    let of = |namespace: &str| {
        anne.identities.iter().filter(|identity| identity.namespace == namespace).collect::<Vec<_>>()
    };
    assert_eq!(of("anonymous_id").len(), 2, "laptop and phone");
    assert_eq!(of("email").len(), 1);
    assert_eq!(of("user_id").iter().map(|identity| identity.value.as_str()).collect::<Vec<_>>(), ["c-1001"]);
    assert_eq!((anne.zone.0.iana_name(), anne.zone.1), (Some("Europe/Berlin"), "country"));
    let view = View { profile: anne, words: &observed.words };
    let end = Point::before(Time::MAX);
    assert_eq!(view.consent(Channel::Email, Purpose::Marketing, end), ConsentState::Granted);
    assert_eq!(view.attribute("country"), Datum::Text("DE"));

    // From the search click to the payment, in order.
    assert!(anne.history.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(anne.history.iter().all(|happening| happening.observed));
    let names: Vec<&str> = anne.history.iter().map(|event| observed.words.word(event.name)).collect();
    let mut path = [
        "Page Viewed",
        "Product List Viewed",
        "Product Viewed",
        "Product Added",
        "Checkout Started",
        "Payment Info Entered",
    ]
    .iter();
    let mut wanted = path.next();
    for name in &names {
        if Some(name) == wanted {
            wanted = path.next();
        }
    }
    assert_eq!(wanted, None, "{names:?}");
}

#[test]
fn identities_and_free_text_stay_out_of_the_words() {
    let observed = Observed::of(&sample_frame());
    for profile in &observed.people {
        for identity in &profile.identities {
            assert_eq!(observed.words.find(&identity.value), None, "{identity}");
        }
        if let Some(name) = profile.name() {
            assert_eq!(observed.words.find(&name), None);
        }
        let texts = profile.history.iter().flat_map(|event| &event.properties);
        for (name, property) in texts {
            let name = observed.words.word(*name);
            assert!(
                !(matches!(property, Property::Word(_)) && ["query", "email", "name"].contains(&name)),
                "{name} is shared"
            );
        }
    }
}

/// Law 3: a rule says the same of a person of the frame and of the same person in traffic.
#[test]
fn rules_mean_the_same_on_the_frame_and_in_traffic() {
    let frame = sample_frame();
    let observed = Observed::of(&frame);
    let rules = [
        r#"did("Order Completed")"#,
        r#"did("Order Completed") >= 2 within 90d"#,
        r#"sum("Order Completed".total) >= 100"#,
        r#"country in ("DE", "AT") and device = "mobile""#,
        r#"did("Product Viewed" where category = "shoes") within 30d"#,
        r#"consent(email, marketing) = granted"#,
        r#"not consent(email, survey) = granted"#,
        r#"did("Order Completed" where any item where price > 20)"#,
        r#"did("Page Viewed" where path = "/deals") and not did("Product Added")"#,
    ];
    let point = frame.now();
    for text in rules {
        let plan = compile(text, &OpenCatalog).unwrap();
        let mut held = 0;
        for profile in &observed.people {
            let person = frame.people().map().person_of_profile(profile.id).unwrap();
            let view = View { profile, words: &observed.words };
            let (there, here) = (plan.holds(&frame.subject(person), point), plan.holds(&view, point));
            assert_eq!(there, here, "{text} for {}", profile.id);
            held += u32::from(here.is_true());
        }
        println!("{held:>5} {text}");
    }
}

#[test]
fn a_run_begins_with_the_observed_people_as_they_were_then() {
    let observed = Observed::of(&sample_frame());
    let anne = anne(&observed).id;
    let plan = Plan {
        workspace: "shop".to_owned(),
        definitions: sample::definitions().unwrap(),
        seed: Seed(7),
        people: Some(400),
        threads: 2,
    };
    let mut run = Prepared::new(plan, observed).unwrap().begin();
    let start = run.world().start;
    assert_eq!(run.traffic().profiles().count(), 400);
    assert!(run.traffic().profiles().flat_map(|profile| &profile.history).all(|event| event.at < start));
    let ids: std::collections::HashSet<_> = run.traffic().profiles().map(|profile| profile.id).collect();
    assert_eq!(ids.len(), 400, "an id is given twice");
    {
        let profile = run.traffic().profiles().find(|profile| profile.id == anne).unwrap();
        let view = View { profile, words: &run.traffic().setup().words };
        let consent = view.consent(Channel::Email, Purpose::Marketing, Point::after(start));
        assert_eq!(consent, ConsentState::Granted, "what the customer file says holds from the start");
        assert!(profile.passages.iter().any(|passage| passage.enrollment.entered == start), "the newsletter");
    }
    run.advance(start + segue::model::Span::days(3));
    let profile = run.traffic().profiles().find(|profile| profile.id == anne).unwrap();
    assert!(profile.history.iter().filter(|event| event.observed).count() > 5);
    assert!(profile.history.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert_eq!(run.panels().stamp.people, 400);
}

/// Law 4 rests on one reading of consent: the frame's and traffic's must agree on any ledger.
#[test]
fn consent_reads_the_same_on_the_frame_and_in_traffic() {
    let mut state = 88_172_645_463_325_252_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut granted = 0;
    for _ in 0..400 {
        let mut builder = Builder::new();
        for (id, namespace, value) in
            [(1, "user_id", "u1"), (2, "email", "a@x.de"), (3, "email", "b@x.de"), (4, "phone", "+49")]
        {
            builder.identity(id, namespace, value);
        }
        (2..=4).for_each(|id| builder.link(1, id));
        for _ in 0..draw(6) {
            builder.consent(&ConsentFact {
                identity: 1 + draw(3) as i64,
                channel: [Channel::Email, Channel::Sms][draw(2) as usize],
                purpose: Purpose::Marketing,
                state: ConsentState::ALL[draw(5) as usize],
                at: Time(draw(4) as i64),
                expires: (draw(3) == 0).then(|| Time(draw(6) as i64)),
            });
        }
        let frame = builder.finish(1);
        let observed = Observed::of(&frame);
        assert_eq!(observed.people.len(), 1);
        let view = View { profile: &observed.people[0], words: &observed.words };
        for point in (0..7).flat_map(|at| [Point::before(Time(at)), Point::after(Time(at))]) {
            for channel in [Channel::Email, Channel::Sms, Channel::Web] {
                let there = frame.subject(Person(0)).consent(channel, Purpose::Marketing, point);
                let here = view.consent(channel, Purpose::Marketing, point);
                assert_eq!(there, here, "{channel} at {point:?}: {:?}", observed.people[0].consents);
                granted += u32::from(here == ConsentState::Granted);
            }
        }
    }
    assert!(granted > 100, "{granted}");
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

#[test]
fn a_decision_is_asked_for_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    let sample_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/customers.csv");
    for input in Input::of(&sample_file).unwrap() {
        let mut watch = Watch { progress: |_: &_| {}, cancel: &Cancel::default() };
        import(&mut store, &recognise(input, None, None).unwrap(), None, &mut watch).unwrap();
    }
    for definition in sample::definitions().unwrap() {
        store.define(definition.kind, &definition.name, &definition.text, Time(1)).unwrap();
    }
    drop(store);
    let anne = "email:anne.keller@example.com";
    let ask = |words: &[&str]| segue(&path, &[&["decide", "--profile", anne], words].concat());
    let (code, said, error) = ask(&["--placement", "home.hero", "--why"]);
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    assert!(said.contains("gets “hero: top sellers”") && said.contains("ranking"), "{said}");
    let (_, said, _) = ask(&["--message", "newsletter", "--json", "--at", "2036-05-12T20:30:00Z"]);
    let answer: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&answer["decision"], &answer["reason"], &answer["until"]),
        (&"held".into(), &"quiet hours".into(), &"2036-05-13T05:00:00.000Z".into()),
        "22:30 in Berlin: {said}"
    );
    let (_, said, _) = ask(&["--message", "newsletter", "--at", "2036-05-12T12:00:00Z"]);
    assert!(said.contains("may be sent “newsletter” now"), "{said}");
    let (code, _, error) = ask(&["--placement", "home.heero"]);
    assert_eq!(
        (code, error.as_str()),
        (2, "segue: no placement is called `home.heero`\n  help: did you mean `home.hero`?\n")
    );
    assert_eq!(ask(&[]).0, 2, "neither a placement nor a message");
}
