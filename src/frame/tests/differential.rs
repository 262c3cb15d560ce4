//! Random people and random rules: everybody at once, and one by one, say the same, for any number of threads.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::frame::{Builder, ConsentFact, EventFact, Frame, Labels, evaluate};
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Identity, Person, Time};
use crate::rule::{Occurrence, OpenCatalog, Point, compile, render};

const DAY: i64 = 86_400_000;
const NOW: i64 = 100 * DAY;

/// How many worlds, each asked three rules on the average of up to five people: 10,000 cases unless `SEGUE_CASES` says
/// otherwise.
fn cases() -> u32 {
    let cases: u32 = std::env::var("SEGUE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000);
    cases.div_ceil(2)
}

#[derive(Debug, Clone)]
struct Happened {
    name: &'static str,
    at: i64,
    sequence: i64,
    channel: usize,
    identity: Option<i64>,
    properties: String,
    items: String,
}

#[derive(Debug, Clone)]
struct World {
    links: Vec<(i64, i64)>,
    identifies: Vec<(i64, i64, String)>,
    events: Vec<Happened>,
    consents: Vec<(i64, usize, usize, i64, Option<i64>)>,
    list: Vec<i64>,
    stages: Vec<u8>,
    homes: Vec<(i64, i64, &'static str)>,
    suppressions: Vec<(i64, usize, usize, i64)>,
}

const IDENTITIES: i64 = 5;

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0_i64..4).prop_map(|n| n.to_string()),
        2 => (0_i64..40).prop_map(|n| format!("{}.{}", n / 10, n % 10)),
        4 => prop::sample::select(vec!["\"a\"", "\"b\"", "\"ab\"", "\"\"", "\"1970-03-01\""]).prop_map(str::to_owned),
        1 => any::<bool>().prop_map(|flag| flag.to_string()),
        1 => Just("null".to_owned()),
        1 => Just("[\"a\",1]".to_owned()),
        1 => Just("0.00001".to_owned()),
    ]
}

fn object(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::collection::vec((prop::sample::select(names.to_vec()), value()), 0..4).prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// Instants around the edges of the windows the rules use.
fn instant() -> impl Strategy<Value = i64> {
    (prop::sample::select(vec![0, 1, 2, 7, 30, 60]), -1_i64..2).prop_map(|(days, off)| NOW - days * DAY + off)
}

const HOMES: &[&str] = &[
    "{\"timezone\":\"Pacific/Auckland\"}",
    "{\"timezone\":\"America/Los_Angeles\"}",
    "{\"country\":\"DE\"}",
    "{\"country\":\"ZA\",\"timezone\":null}",
    "{\"country\":\"a\"}",
];
const PROPERTIES: &[&str] = &["x", "y", "z", "query"];
const TRAITS: &[&str] = &["t", "u", "created_at", "email"];

fn happened() -> impl Strategy<Value = Happened> {
    (
        prop::sample::select(vec!["A", "B"]),
        instant(),
        0_i64..2,
        0_usize..3,
        prop::option::weighted(0.95, 1..=IDENTITIES),
        object(PROPERTIES),
        prop::option::of(proptest::collection::vec(object(&["x", "y"]), 0..3)),
    )
        .prop_map(|(name, at, sequence, channel, identity, properties, items)| Happened {
            name,
            at,
            sequence,
            channel,
            identity,
            properties,
            items: items.map_or(String::new(), |items| format!("[{}]", items.join(","))),
        })
}

fn world() -> impl Strategy<Value = World> {
    let identity = || 1..=IDENTITIES;
    (
        proptest::collection::vec((identity(), identity()), 0..4),
        proptest::collection::vec((identity(), instant(), object(TRAITS)), 0..12),
        proptest::collection::vec(happened(), 0..40),
        proptest::collection::vec(
            (
                identity(),
                0_usize..2,
                0_usize..ConsentState::ALL.len(),
                instant(),
                prop::option::of(instant()),
            ),
            0..8,
        ),
        proptest::collection::vec(identity(), 0..4),
        proptest::collection::vec(0_u8..4, IDENTITIES as usize),
        proptest::collection::vec((identity(), instant(), prop::sample::select(HOMES.to_vec())), 0..4),
        proptest::collection::vec((identity(), 0_usize..4, 0_usize..5, instant()), 0..4),
    )
        .prop_map(|(links, identifies, events, consents, list, stages, homes, suppressions)| World {
            links,
            identifies,
            events,
            consents,
            list,
            stages,
            homes,
            suppressions,
        })
}

impl World {
    fn frame(&self) -> Frame {
        let mut builder = Builder::new();
        for id in 1..=IDENTITIES {
            builder.identity(id, if id % 2 == 0 { "email" } else { "user_id" }, &format!("i{id}"));
        }
        self.links.iter().for_each(|&(a, b)| builder.link(a, b));
        self.identifies.iter().for_each(|(id, at, traits)| builder.identify(*id, Time(*at), traits));
        self.homes.iter().for_each(|(id, at, home)| builder.identify(*id, Time(*at), home));
        for &(id, channel, reason, at) in &self.suppressions {
            builder.suppression(id, Channel::ALL[channel], SuppressionReason::ALL[reason], Time(at));
        }
        for event in &self.events {
            builder.event(&EventFact {
                name: event.name,
                at: Time(event.at),
                sequence: event.sequence,
                channel: Channel::ALL[event.channel],
                identity: event.identity,
                properties: &event.properties,
                items: &event.items,
            });
        }
        for &(identity, purpose, state, at, expires) in &self.consents {
            builder.consent(&ConsentFact {
                identity,
                channel: Channel::Email,
                purpose: Purpose::ALL[purpose],
                state: ConsentState::ALL[state],
                at: Time(at),
                expires: expires.map(Time),
            });
        }
        let members: Vec<Identity> = self
            .list
            .iter()
            .map(|id| Identity::new(if id % 2 == 0 { "email" } else { "user_id" }, &format!("i{id}")))
            .collect();
        let frame = builder.finish(1).with_list("L", &members).0;
        let stages = self.stages.iter().copied().take(frame.people().len()).collect();
        let names = || ["s0", "s1", "s2"].map(str::to_owned).to_vec();
        frame.with_lifecycle(Labels::new(names(), stages)).with_intent(Labels::new(names(), vec![1; 3]))
    }
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_i64..4).prop_map(|n| n.to_string()),
        (0_i64..40).prop_map(|n| format!("{}.{}", n / 10, n % 10)),
        prop::sample::select(vec!["\"a\"", "\"b\"", "\"\"", "\"1970-03-01\"", "1970-03-01", "true", "false"])
            .prop_map(str::to_owned),
    ]
}

fn window() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        "within 1d",
        "within 7d",
        "within 30d",
        "within 60d",
        "between 60d and 30d ago",
        "between 7d and 0d ago",
        "since 1970-03-12",
        "before 1970-03-12",
        "after 1970-03-12",
        "between 1970-02-10 and 1970-04-05",
        "more than 7d ago",
        "today",
        "yesterday",
        "this week",
        "last week",
        "last 2 months",
        "this quarter",
        "this year",
    ])
    .prop_map(str::to_owned)
}

fn operator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="])
}

fn test() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (operator(), literal()).prop_map(|(operator, literal)| format!("{operator} {literal}")),
        1 => (any::<bool>(), literal(), literal())
            .prop_map(|(not, a, b)| format!("{}in ({a}, {b})", if not { "not " } else { "" })),
        1 => prop::sample::select(vec!["contains \"a\"", "starts with \"a\"", "ends with \"b\"", "contains 1"])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["missing", "present", "within 30d", "since 1970-03-01", "before 1970-03-01"])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "between 1 and 2.5", "not between 0 and 2", "contains any (\"a\", 1)", "not contains all (\"a\", \"b\")",
            "matches \"^a\"", "not matches \"B\" ignoring case", "empty", "not empty", "size >= 1", "= version \"1.0\"",
            "= \"A\" ignoring case", "not in (\"AB\", \"c\") ignoring case", "contains \"A\" ignoring case",
            "this month", "today", "last 2 weeks", "next month", "within next 30d", "more than 1d ago", "more than 1d ahead",
            "between 1970-02-01 and 1970-03-02",
        ]).prop_map(str::to_owned),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    let property = || {
        (prop::sample::select(vec!["x", "y", "z", "query", "w"]), test())
            .prop_map(|(p, t)| format!("{p} {t}"))
    };
    let leaf = prop_oneof![
        4 => property(),
        1 => prop::sample::select(vec!["channel = web", "channel != app", "channel in (web, email)"]).prop_map(str::to_owned),
        2 => (property(), any::<bool>(), property()).prop_map(|(a, and, b)| {
            format!("(any item where {a} {} not {b})", if and { "and" } else { "or" })
        }),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not {a}")),
        ]
    })
}

fn clause() -> impl Strategy<Value = String> {
    let events =
        (prop::sample::select(vec!["\"A\"", "\"B\"", "\"C\"", "any event"]), prop::option::of(filter()));
    let inner = events
        .prop_map(|(event, filter)| (event, filter.map_or(String::new(), |f| format!(" where {f}"))))
        .boxed();
    prop_oneof![
        4 => ordered(inner.clone()),
        3 => (prop::sample::select(vec!["last session", "any session", "sessions"]), filter(), window()).prop_map(
            |(which, filter, window)| match which {
                "sessions" => format!("sessions({filter}) = 2 {window}"),
                which => format!("{which}({filter}) {window}"),
            }
        ),
        2 => measure(inner.clone()),
        2 => (inner.clone(), test(), window()).prop_map(|((e, f), test, w)| format!("most frequent({e}.x{f}) {test} {w}")),
        3 => (prop::sample::select(vec!["t", "u", "created_at", "email", "v"]), test()).prop_map(|(t, test)| format!("{t} {test}")),
        4 => (inner.clone(), prop::option::of((operator(), 0..4)), window()).prop_map(|((e, f), compare, w)| {
            let compare = compare.map_or(String::new(), |(o, n)| format!("{o} {n}"));
            format!("did({e}{f}) {compare} {w}")
        }),
        3 => (inner.clone(), prop::sample::select(vec!["sum", "min", "max", "average", "distinct"]), operator(), 0..8, window())
            .prop_map(|((e, f), figure, o, n, w)| format!("{figure}({e}.x{f}) {o} {n} {w}")),
        2 => (inner.clone(), any::<bool>(), window()).prop_map(|((e, f), first, w)| {
            let w = if w.is_empty() { "within 7d".to_owned() } else { w };
            format!("{}({e}{f}) {w}", if first { "first" } else { "last" })
        }),
        2 => (inner, any::<bool>(), test(), window()).prop_map(|((e, f), first, test, w)| {
            format!("{}({e}.y{f}) {test} {w}", if first { "first" } else { "last" })
        }),
        1 => prop::sample::select(vec![
            "consent(email, marketing) = granted", "consent(email, service) in (unknown, revoked)", "in list \"L\"",
            "in list \"M\"", "lifecycle = \"s1\"", "lifecycle != \"s1\"", "intent missing", "everyone",
            "suppressed(email)", "suppressed(push) = manual", "suppressed(email) not in (unsubscribed, bounced)",
            "season = \"autumn\"", "season in (\"spring\", \"winter\")", "bucket(\"s\") < 50", "bucket(\"z\") >= 20 percent",
            "in journey \"W\"", "entered journey \"W\" this month", "in experiment \"E\"", "received(email) within 7d",
            "answered(\"S\" where x > 1)",
        ]).prop_map(str::to_owned),
    ]
}

/// Steps that follow each other, so close and so far apart as the events are.
fn ordered(inner: BoxedStrategy<(&'static str, String)>) -> impl Strategy<Value = String> {
    let step = inner.prop_map(|(event, filter)| match filter.is_empty() {
        true => event.to_owned(),
        false => format!("({event}{filter})"),
    });
    let length = || prop::option::of(prop::sample::select(vec!["1m", "1d", "5d", "23d", "30d", "58d"]));
    let further = (step.clone(), length(), prop::option::weighted(0.3, step.clone()));
    let tail = (length(), prop::option::of(window().prop_filter("some window", |window| !window.is_empty())));
    (step, proptest::collection::vec(further, 1..4), tail).prop_map(|(first, further, (taking, window))| {
        let mut text = if first.starts_with('(') { format!("did{first}") } else { format!("did({first})") };
        for (step, within, without) in further {
            let _ = write!(text, " then {step}");
            if let Some(within) = within {
                let _ = write!(text, " within {within}");
            }
            if let Some(without) = without {
                let _ = write!(text, " without {without} between");
            }
        }
        if let Some(taking) = taking {
            let _ = write!(text, " taking at most {taking}");
        }
        if let Some(window) = window {
            let _ = write!(text, " all {window}");
        }
        text
    })
}

/// Bands by a trait and by events; no calendar, which bands refuse.
fn measure(inner: BoxedStrategy<(&'static str, String)>) -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec!["", "within 30d", "since 1970-03-12", "more than 1d ago"]);
    let events =
        (inner, plain, prop::sample::select(vec!["did", "last", "sum", "average", "max", "distinct"]))
            .prop_filter("no calendar", |((_, filter), ..)| {
                !["today", "this ", "last 2", "next m"].iter().any(|w| filter.contains(w))
            })
            .prop_map(|((event, filter), window, figure)| match figure {
                "did" | "last" => format!("{figure}({event}{filter}) {window}"),
                figure => format!("{figure}({event}.x{filter}) {window}"),
            });
    let by = prop_oneof![1 => Just("t".to_owned()), 1 => Just("created_at".to_owned()), 4 => events];
    (by, prop::sample::select(vec!["quartile", "quintile", "decile"]), operator(), 1..5)
        .prop_map(|(by, bands, operator, n)| format!("{bands}({by}) {operator} {n}"))
}

fn rule() -> impl Strategy<Value = String> {
    clause().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" and "))),
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.clone().prop_map(|part| format!("not ({part})")),
            (inner, prop::sample::select(vec!["1h", "1d", "3d", "7d"]))
                .prop_filter("no looking back from a look back", |(part, _)| !part.contains("has been"))
                .prop_map(|(part, length)| format!("has been ({part}) for {length}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_at_once_is_everybody_one_by_one(world in world(), rules in proptest::collection::vec(rule(), 1..4), inclusive in any::<bool>()) {
        let frame = world.frame();
        let point = Point { at: Time(NOW), inclusive };
        for rule in rules {
            let plan = match compile(&rule, &OpenCatalog) {
                Ok(plan) => plan,
                Err(faults) => return Err(TestCaseError::fail(render(&rule, &faults))),
            };
            let answer = evaluate(&frame, &plan, point, 1);
            prop_assert_eq!(&answer, &evaluate(&frame, &plan, point, 3));
            for row in 0..frame.people().len() as u32 {
                let (person, subject) = (Person(row), frame.subject(Person(row)));
                let explanation = plan.explain(&subject, point);
                let mut story = String::new();
                for line in explanation.lines() {
                    let _ = writeln!(story, "{line}");
                }
                prop_assert_eq!(plan.holds(&subject, point), answer.whole.truth(person), "{} for {:?}\n{}", rule, person, story);
                prop_assert_eq!(explanation.truth, answer.whole.truth(person));
                for (leaf, verdicts) in plan.leaves().into_iter().zip(&answer.clauses) {
                    prop_assert_eq!(leaf.holds(&subject, point), verdicts.truth(person), "{}", leaf.text);
                }
            }
        }
    }

    #[test]
    fn the_order_of_links_never_shows(world in world(), rule in rule()) {
        let frame = world.frame();
        let mut other = world.clone();
        other.links.reverse();
        for link in &mut other.links { *link = (link.1, link.0) }
        let plan = compile(&rule, &OpenCatalog).unwrap();
        let point = Point::before(Time(NOW));
        prop_assert_eq!(evaluate(&frame, &plan, point, 1), evaluate(&other.frame(), &plan, point, 1));
    }

    #[test]
    fn bands_are_what_cutting_the_ordered_people_gives(world in world(), bands in prop::sample::select(vec![(4, "quartile"), (5, "quintile"), (10, "decile"), (100, "percentile")])) {
        let frame = world.frame();
        let point = Point::before(Time(NOW));
        let mut counts: Vec<(usize, i64, u32)> = (0..frame.people().len() as u32)
            .map(|row| {
                let events = frame.history(Person(row)).filter(|event| event.name() == "A" && event.at().0 < NOW);
                (events.count(), frame.people().profile(Person(row)).0, row)
            })
            .filter(|(count, ..)| *count > 0)
            .collect();
        counts.sort_unstable();
        let (people, cut) = (counts.len(), bands.0);
        let expected: Vec<usize> = if people < cut {
            // So few are spread over all bands, the last of them in the highest.
            (1..=people).map(|rank| (rank * cut).div_ceil(people)).collect()
        } else {
            // As SQL's ntile: the remainder goes to the lowest bands, one each.
            let sizes = (0..cut).map(|band| people / cut + usize::from(band < people % cut));
            sizes.enumerate().flat_map(|(band, size)| std::iter::repeat_n(band + 1, size)).collect()
        };
        for ((_, _, row), band) in counts.into_iter().zip(expected) {
            let plan = compile(&format!("{}(did(\"A\")) = {band}", bands.1), &OpenCatalog).unwrap();
            prop_assert_eq!(plan.holds(&frame.subject(Person(row)), point), crate::rule::Truth::True);
        }
    }

    #[test]
    fn a_value_stands_since_it_was_last_something_else(said in proptest::collection::vec((0_i64..6, prop::sample::select(vec!["1", "2", "null"])), 1..8)) {
        let mut builder = Builder::new();
        builder.identity(1, "user_id", "u1");
        for (at, value) in &said {
            builder.identify(1, Time(*at), &format!("{{\"t\":{value}}}"));
        }
        let frame = builder.finish(1);
        let mut ordered = said.clone();
        ordered.sort_by_key(|(at, _)| *at);
        let (_, last) = ordered[ordered.len() - 1];
        let run = ordered.iter().rev().take_while(|(_, value)| *value == last);
        let since = (last != "null").then(|| run.last().map(|(at, _)| Time(*at))).flatten();
        prop_assert_eq!(frame.people().since(Person(0), "t"), since, "{:?}", said);
    }
}

/// A shop in which every example of the grammar finds something to look at.
fn shop() -> Frame {
    let mut builder = Builder::new();
    for id in 1..=4 {
        builder.identity(id, "user_id", &format!("u{id}"));
    }
    for (id, traits) in [
        (
            1,
            r#"{"country":"DE","device":"mobile","age":30,"email":"anne@example.com","tags":["sale","outlet"],"postcode":"10115"}"#,
        ),
        (
            2,
            r#"{"country":"AT","device":"desktop","age":17,"app_version":"2.10.1","tags":[],"timezone":"Europe/Vienna"}"#,
        ),
        (3, r#"{"created_at":"1970-03-01","signed_up":"1970-03-20","email":"bo@example.org"}"#),
    ] {
        builder.identify(id, Time(NOW - 30 * DAY), traits);
    }
    let seen = |name, ago: i64, identity, properties| EventFact {
        name,
        at: Time(NOW - ago),
        sequence: 0,
        channel: Channel::Web,
        identity: Some(identity),
        properties,
        items: if name == "Order Completed" { r#"[{"category":"shoes","price":20}]"# } else { "" },
    };
    for (name, ago, identity, properties) in [
        ("Product Viewed", 3 * DAY, 1, r#"{"category":"shoes","value":20,"device":"mobile","country":"DE"}"#),
        ("Product Added", 3 * DAY - 60_000, 1, r#"{"category":"shoes","value":20}"#),
        ("Order Completed", 2 * DAY, 1, r#"{"value":320.5,"currency":"EUR"}"#),
        ("Order Completed", 40 * DAY, 2, r#"{"value":55,"currency":"EUR"}"#),
        ("Product Viewed", 3_600_000, 3, r#"{"category":"bags","device":"tablet"}"#),
        ("Email Delivered", DAY, 2, r#"{"campaign_name":"A"}"#),
        ("Survey Answered", DAY, 2, r#"{"survey":"Purchase","score":5}"#),
        ("Experiment Viewed", DAY, 3, r#"{"experiment_name":"Subject line","variation_name":"b"}"#),
    ] {
        builder.event(&seen(name, ago, identity, properties));
    }
    builder.suppression(2, Channel::Email, SuppressionReason::Bounced, Time(NOW - DAY));
    let frame = builder.finish(1);
    let stages = Labels::new(vec!["loyal".to_owned(), "lapsing".to_owned()], vec![0, 1, 9]);
    frame
        .with_lifecycle(stages.clone())
        .with_intent(stages)
        .with_list("Press", &[Identity::new("user_id", "u1")])
        .0
}

#[test]
fn every_example_of_the_grammar_runs_and_both_evaluators_agree() {
    let frame = shop();
    let mut found = 0;
    for form in crate::rule::grammar::FORMS {
        let plan =
            compile(form.example, &OpenCatalog).unwrap_or_else(|f| panic!("{}", render(form.example, &f)));
        let answer = evaluate(&frame, &plan, Point::before(Time(NOW)), 2);
        for row in 0..frame.people().len() as u32 {
            let one = plan.holds(&frame.subject(Person(row)), Point::before(Time(NOW)));
            assert_eq!(one, answer.whole.truth(Person(row)), "{} for {row}", form.example);
        }
        found += usize::from(answer.whole.count() > 0);
    }
    assert!(found * 2 > crate::rule::grammar::FORMS.len(), "only {found} examples find anybody");
}
