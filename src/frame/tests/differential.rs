//! Random people and random rules: everybody at once, and one by one, say the same, for any number of threads.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::frame::{Builder, ConsentFact, EventFact, Frame, Labels, evaluate};
use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Identity, Person, Time};
use crate::rule::{OpenCatalog, Point, compile, render};

const DAY: i64 = 86_400_000;
const NOW: i64 = 100 * DAY;

/// How many cases: 1,000 unless `SEGUE_CASES` says otherwise.
fn cases() -> u32 {
    std::env::var("SEGUE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000)
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
    )
        .prop_map(|(links, identifies, events, consents, list, stages)| World {
            links,
            identifies,
            events,
            consents,
            list,
            stages,
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
    let events = (prop::sample::select(vec!["A", "B", "C"]), prop::option::of(filter()));
    let inner = events
        .prop_map(|(event, filter)| (event, filter.map_or(String::new(), |f| format!(" where {f}"))))
        .boxed();
    prop_oneof![
        3 => (prop::sample::select(vec!["t", "u", "created_at", "email", "v"]), test()).prop_map(|(t, test)| format!("{t} {test}")),
        4 => (inner.clone(), prop::option::of((operator(), 0..4)), window()).prop_map(|((e, f), compare, w)| {
            let compare = compare.map_or(String::new(), |(o, n)| format!("{o} {n}"));
            format!("did(\"{e}\"{f}) {compare} {w}")
        }),
        3 => (inner.clone(), prop::sample::select(vec!["sum", "min", "max", "average", "distinct"]), operator(), 0..8, window())
            .prop_map(|((e, f), figure, o, n, w)| format!("{figure}(\"{e}\".x{f}) {o} {n} {w}")),
        2 => (inner.clone(), any::<bool>(), window()).prop_map(|((e, f), first, w)| {
            let w = if w.is_empty() { "within 7d".to_owned() } else { w };
            format!("{}(\"{e}\"{f}) {w}", if first { "first" } else { "last" })
        }),
        2 => (inner, any::<bool>(), test(), window()).prop_map(|((e, f), first, test, w)| {
            format!("{}(\"{e}\".y{f}) {test} {w}", if first { "first" } else { "last" })
        }),
        1 => prop::sample::select(vec![
            "consent(email, marketing) = granted", "consent(email, service) in (unknown, revoked)", "in list \"L\"",
            "in list \"M\"", "lifecycle = \"s1\"", "lifecycle != \"s1\"", "intent missing", "everyone",
        ]).prop_map(str::to_owned),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    clause().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" and "))),
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
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
}
