//! Definitions as text: every fault of a journey told exactly, and every sample usable.

use std::collections::BTreeSet;
use std::path::Path;

use segue::journey::{Draft, Graph};
use segue::model::definition::{Definition, Kind};
use segue::model::{Problem, Seed};
use segue::rule::OpenCatalog;
use segue::sim::World;
use segue::traffic::compile;
use segue::work::observed::Observed;
use segue::work::run::{Plan, Prepared};
use segue::work::sample;

use crate::lab::{definition, experiment, journey, mail, orders, policy};

const ENTRY: &str = "[entry]\nevent = \"Product Added\"\n";

fn faults(body: &str) -> Vec<String> {
    told(Graph::check(&Draft::parse(&format!("name = \"j\"\n{body}")).unwrap(), &OpenCatalog).err())
}

fn told(problems: Option<Vec<Problem>>) -> Vec<String> {
    let told = |problem: &Problem| {
        let help = problem.help.as_ref().map_or(String::new(), |help| format!(" | {help}"));
        format!("{}: {}{help}", problem.code, problem.message)
    };
    problems.unwrap_or_default().iter().map(told).collect()
}

#[test]
fn every_fault_of_a_journey_is_told() {
    let check =
        |body: &str, expected: &[&str]| assert_eq!(faults(&format!("{ENTRY}{body}")), expected, "{body}");
    check("", &["journey-empty: the journey has no step | add [[step]] tables, the first is the start"]);
    check("[[step]]\nid = \"a\"\nwait = \"1h\"", &[]);
    check(
        "[[step]]\nid = \"wait\"\nwait = \"1h\"\nnext = \"emial\"\n[[step]]\nid = \"email\"\nexperience = \"x\"",
        &["journey-next: step `wait` leads to `emial`, which is not there | did you mean `email`?"],
    );
    check(
        "[[step]]\nid = \"wait\"\nwait = \"1h\"\nnext = \"zzz\"",
        &["journey-next: step `wait` leads to `zzz`, which is not there"],
    );
    check(
        "[[step]]\nid = \"a\"\nexperience = \"x\"\nnext = \"b\"\n[[step]]\nid = \"b\"\ncondition = 'everyone'\nno = \"a\"",
        &["journey-circle: step `a` comes back to itself without a wait | put a wait into the circle"],
    );
    check(
        "[[step]]\nid = \"a\"\nwait = \"0s\"\nnext = \"a\"",
        &["journey-circle: step `a` comes back to itself without a wait | put a wait into the circle"],
    );
    check("[[step]]\nid = \"a\"\nwait = \"1h\"\nnext = \"a\"", &[]);
    check(
        "[[step]]\nid = \"a\"\nwait = \"1h\"\n[[step]]\nid = \"b\"\nexit = \"x\"",
        &[
            "journey-unreachable: nobody can reach step `b` | lead a `next`, `yes`, `no` or an arm there, or take it out",
        ],
    );
    let one = " | write one of wait, condition, split, experiment, experience, survey, exit";
    check(
        "[[step]]\nid = \"a\"\nwait = \"1h\"\nexperience = \"x\"",
        &[&format!("journey-step-kind: step `a` says 2 things to do: wait, experience{one}")],
    );
    check("[[step]]\nid = \"a\"", &[&format!("journey-step-kind: step `a` says nothing to do{one}")]);
    check(
        "[[step]]\nid = \"a\"\nsplit = { b = 0.5, c = 0.4 }\n[[step]]\nid = \"b\"\nexit = \"x\"\n[[step]]\nid = \"c\"\nexit = \"x\"",
        &["journey-split: the shares of step `a` add up to 0.9, not to 1"],
    );
    check(
        "[[step]]\nid = \"a\"\nsplit = { b = 1.5, c = -0.5 }\n[[step]]\nid = \"b\"\nexit = \"x\"\n[[step]]\nid = \"c\"\nexit = \"x\"",
        &["journey-split: a share of step `a` is 1.5; shares are between 0 and 1"],
    );
    check(
        "[[step]]\nid = \"a\"\nwait = \"1h\"\n[[step]]\nid = \"a\"\nexit = \"x\"",
        &["journey-step-twice: two steps are called `a`"],
    );
    check(
        "[[exit]]\n[[step]]\nid = \"a\"\nwait = \"1h\"",
        &["journey-exit: an exit needs an event or a rule"],
    );
    check(
        "[[step]]\nid = \"a\"\nexit = \"x\"\nnext = \"a\"",
        &[
            "journey-stray: step `a` says `next`, which only a wait, an experiment, an experience or a survey has",
        ],
    );
    check(
        "[[step]]\nid = \"a\"\nexperience = \"x\"\nspread = \"1h\"",
        &["journey-stray: step `a` says `spread`, which only a wait has"],
    );
    // Several faults are told together.
    assert_eq!(faults(&format!("{ENTRY}[[step]]\nid = \"a\"\nnext = \"q\"\n[[step]]\nid = \"a\"")).len(), 5);
    let entry = "journey-entry: people get in by an event or by a rule, by one of them | write event = \"Product Added\", or rule = '…'";
    let step = "[[step]]\nid = \"a\"\nwait = \"1h\"";
    assert_eq!(faults(&format!("[entry]\nevent = \"x\"\nrule = 'everyone'\n{step}")), [entry]);
    assert_eq!(faults(&format!("[entry]\n{step}")), [entry]);
    let bad_rule = faults(&format!("{ENTRY}[[step]]\nid = \"a\"\ncondition = 'country ='"));
    assert!(bad_rule.len() == 1 && bad_rule[0].contains("(rule of `a`)"), "{bad_rule:?}");
    let many: String = (0..1_001).map(|n| format!("[[step]]\nid = \"s{n}\"\nexit = \"x\"\n")).collect();
    assert_eq!(
        faults(&format!("{ENTRY}{many}"))[0],
        "journey-size: the journey has 1001 steps, more than 1000 | divide it into several journeys"
    );
}

#[test]
fn every_unknown_name_is_told() {
    let design = "name = \"offer test\"\n[[variants]]\nname = \"control\"\n[[variants]]\nname = \"bundle\"\n";
    let faults = |step: &str| {
        let text =
            format!("name = \"j\"\n{ENTRY}[[step]]\nid = \"a\"\n{step}\n[[step]]\nid = \"b\"\nexit = \"x\"");
        let survey = definition(
            Kind::Survey,
            "name = \"how was it\"\nmoment = \"cart\"\nchannel = \"email\"\nquestion = \"?\"",
        );
        let definitions = [mail("offer"), survey, orders(), experiment(design), journey(&text)];
        let problems = compile(&definitions, &OpenCatalog, Seed(1)).err();
        for problem in problems.iter().flatten() {
            assert_eq!(problem.place.file.as_deref(), Some("journey “j”"));
        }
        told(problems)
    };
    let expect = |step: &str, expected: &[&str]| assert_eq!(faults(step), expected);
    expect("experience = \"offer\"\nnext = \"b\"", &[]);
    expect(
        "experience = \"ofer\"\nnext = \"b\"",
        &["journey-content: step `a` sends “ofer”, which is no experience | did you mean `offer`?"],
    );
    expect(
        "experience = \"how was it\"\nnext = \"b\"",
        &[
            "journey-content: step `a` sends “how was it”, which is no experience | define the experience first",
        ],
    );
    expect(
        "survey = \"how was ti\"\nnext = \"b\"",
        &["journey-content: step `a` asks “how was ti”, which is no survey | did you mean `how was it`?"],
    );
    expect(
        "experiment = \"offer tset\"\narms = { control = \"b\", bundle = \"b\" }",
        &[
            "journey-experiment: step `a` uses experiment “offer tset”, which is not defined | did you mean `offer test`?",
        ],
    );
    expect(
        "experiment = \"offer test\"\narms = { control = \"b\", bundel = \"b\" }",
        &[
            "journey-variant: step `a` has an arm for `bundel`, which is no variant of “offer test” | did you mean `bundle`?",
            "journey-arm: step `a` has no arm for variant `bundle` of “offer test” | add it to arms = { \"bundle\" = \"…\" }",
        ],
    );
}

#[test]
fn a_rule_that_names_an_unknown_segment_is_told() {
    let text = format!("name = \"j\"\n{ENTRY}[[step]]\nid = \"a\"\ncondition = 'in segment \"VPI\"'\n");
    let vip = definition(Kind::Segment, "name = \"VIP\"\nrule = 'everyone'");
    let told = told(compile(&[journey(&text), vip], &OpenCatalog, Seed(1)).err());
    assert!(told.len() == 1 && told[0].contains("VPI") && told[0].contains("VIP"), "{told:?}");
    let circle = [
        definition(Kind::Segment, "name = \"a\"\nrule = 'in segment \"b\"'"),
        definition(Kind::Segment, "name = \"b\"\nunion = [\"a\"]"),
        journey(&text.replace("VPI", "a")),
    ];
    assert!(compile(&circle, &OpenCatalog, Seed(1)).is_err());
}

#[test]
fn of_several_contact_policies_the_default_holds() {
    let other = definition(Kind::ContactPolicy, "name = \"strict\"\n[[cap]]\nlimit = 1\nwindow = \"1d\"");
    let both = compile(&[policy(""), other.clone()], &OpenCatalog, Seed(1)).unwrap();
    assert!(both.library.policy.caps.is_empty());
    let third = definition(Kind::ContactPolicy, "name = \"lax\"");
    assert_eq!(
        told(compile(&[third, other], &OpenCatalog, Seed(1)).err()),
        ["policy-several: there are 2 contact policies: lax, strict | call the one that holds `default`"]
    );
}

#[test]
fn a_journeys_text_survives_the_round_trip() {
    for definition in sample::definitions().unwrap().iter().filter(|d| d.kind == Kind::Journey) {
        let draft = Draft::parse(&definition.text).unwrap();
        let written = toml::to_string(&draft).unwrap();
        assert_eq!(Draft::parse(&written).unwrap(), draft, "{written}");
        assert_eq!(toml::to_string(&Draft::parse(&written).unwrap()).unwrap(), written);
    }
    let full = "name = \"j\"\ndescription = \"d\"\npriority = 3\nmax_hold = \"3h\"\n[entry]\nrule = 'everyone'\nif = 'country = \"DE\"'\n\
        backfill = true\nagain = \"never\"\n[goal]\nevent = \"x\"\nif = 'everyone'\n[[exit]]\nevent = \"y\"\nrule = 'everyone'\n\
        [[step]]\nid = \"w\"\nwait = \"90m\"\nspread = \"2d\"\nnext = \"c\"\n[[step]]\nid = \"c\"\ncondition = 'everyone'\nyes = \"s\"\nno = \"t\"\n\
        [[step]]\nid = \"s\"\nsplit = { t = 0.25, w = 0.75 }\n[[step]]\nid = \"t\"\nexperiment = \"e\"\narms = { a = \"q\", b = \"x\" }\nnext = \"x\"\n\
        [[step]]\nid = \"q\"\nsurvey = \"s\"\n[[step]]\nid = \"x\"\nexit = \"done\"\n";
    let draft = Draft::parse(full).unwrap();
    assert_eq!(Draft::parse(&toml::to_string(&draft).unwrap()).unwrap(), draft);
    assert!(Draft::parse("name = \"j\"\nfoo = 1\n[entry]\n").unwrap_err().message.contains("foo"));
}

#[test]
fn the_sample_lists_every_file_of_its_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/definitions");
    let mut there = BTreeSet::new();
    for kind in std::fs::read_dir(&folder).unwrap() {
        let kind = kind.unwrap().path();
        for file in std::fs::read_dir(&kind).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let kind = Kind::from_name(kind.file_name().unwrap().to_str().unwrap()).unwrap();
            there.insert((kind, sample::name_of(&text).unwrap(), text));
        }
    }
    let listed: BTreeSet<_> = sample::definitions()
        .unwrap()
        .into_iter()
        .map(|Definition { kind, name, text, .. }| (kind, name, text))
        .collect();
    assert_eq!(listed, there);
}

fn prepare(definitions: Vec<Definition>) -> Result<Prepared, Vec<Problem>> {
    let plan = Plan { workspace: "t".to_owned(), definitions, seed: Seed(1), people: Some(10), threads: 1 };
    Prepared::new(plan, Observed::nobody())
}

#[test]
fn every_sample_definition_compiles_and_its_world_is_checked() {
    let definitions = sample::definitions().unwrap();
    let setup = compile(&definitions, &OpenCatalog, Seed(1)).unwrap();
    let segments: Vec<_> = definitions.iter().filter(|definition| definition.kind == Kind::Segment).collect();
    for segment in segments {
        let rule = format!("in segment \"{}\"", segment.name);
        let text = format!("name = \"j\"\n[entry]\nrule = '{rule}'\n[[step]]\nid = \"a\"\nwait = \"1h\"\n");
        let mut with = definitions.clone();
        with.push(journey(&text));
        assert!(compile(&with, &OpenCatalog, Seed(1)).is_ok(), "{}", segment.name);
    }
    assert!(setup.stages.lifecycles().count() > 3 && setup.stages.intents().count() == 3);
    assert!(prepare(definitions.clone()).is_ok());
    let misspelt: Vec<Definition> = definitions
        .into_iter()
        .map(|mut definition| {
            if definition.kind == Kind::World {
                definition.text =
                    definition.text.replace("experience = \"bundle e-mail\"", "experience = \"bundle mail\"");
            }
            definition
        })
        .collect();
    assert_eq!(
        told(prepare(misspelt).err()),
        [
            "world-content: a reaction is to “bundle mail”, which is not defined | did you mean `bundle e-mail`?"
        ]
    );
    assert_eq!(
        told(prepare(Vec::new()).err()),
        ["no-world: there is no world to run | keep one with `segue define world.toml --kind world`"]
    );
}

#[test]
fn faults_of_a_world_are_told() {
    let text = &sample::definitions().unwrap().into_iter().find(|d| d.kind == Kind::World).unwrap().text;
    let fault = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        World::parse(&text.replacen(from, to, 1)).unwrap_err().message
    };
    let place = |from: &str, to: &str| World::parse(&text.replacen(from, to, 1)).unwrap_err().to_string();
    for (from, to, said) in [
        ("price = 39.9", "price = -1.0", "column products.price: the price of product"),
        ("price = 39.9", "price = nan", "is NaN\n  help: write a number between 0 and 1000000000"),
        ("views = ", "views = 1e9 # ", "column session.views: session.views is 1000000000"),
        ("per_day = ", "per_day = 1e9 # ", "column visits.per_day: visits.per_day is 1000000000"),
        (
            "open_damping = ",
            "open_damping = -1.0 # ",
            "column fatigue.open_damping: fatigue.open_damping is -1",
        ),
        (
            "join = \"2026-05-12",
            "join = \"2126-05-12",
            "column join: the console would join more than 3650 days",
        ),
        ("people = ", "people = 4000000000 # ", "column people: people is 4000000000"),
        (
            "scores = [0.03, ",
            "scores = [0, 0, 0, 0, 0, 0, 0, 0.03, ",
            "are 12 points\n  help: a survey has at most 11",
        ),
        ("basket = 0.9", "basket = 1e9", "column reaction.basket: basket of the reaction to"),
        ("DE = 0.62", "DE = -1.0", "column population.countries: the shares of countries are no shares"),
    ] {
        assert!(text.contains(from), "{from}");
        let fault = place(from, to);
        assert!(fault.contains(said) && fault.starts_with("line "), "{fault}");
    }
    assert_eq!(fault("open = 0.62", "open = 1.62"), "open of the reaction to 10 % off e-mail is 1.62");
    assert_eq!(fault("answer = 0.16", "answer = -1.0"), "answer of purchase CSAT is -1");
    assert_eq!(fault("hours = [2, 1", "hours = [1"), "visits.hours has not 24 weights");
    assert_eq!(fault("hours = [2, 1", "hours = [2, -1"), "an hour's weight is below 0");
    assert_eq!(
        fault("weight = 9\n", "weight = -9\n"),
        "products need weights of 0 or more, not all of them 0, and prices"
    );
    assert_eq!(fault("add = 0.37", "add = 37.0"), "session.add is 37");
    assert_eq!(
        fault("scores = [0.03, 0.04, 0.09, 0.36, 0.48]", "scores = []"),
        "the scores of purchase CSAT are no shares"
    );
    assert_eq!(
        fault("join = \"2026-05-12", "join = \"2025-05-12"),
        "the console would join before the run begins"
    );
}
