//! What holds: windows at their edges, missing values, precedence, figures.

use proptest::prelude::*;

use super::people::{Happened, Someone};
use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Decimal, Time, Value};
use crate::rule::{OpenCatalog, Point, Subject, Truth, compile, render};

const DAY: i64 = 86_400_000;
const NOW: i64 = 1_000 * DAY;

fn asked(text: &str, subject: &dyn Subject, point: Point) -> Truth {
    let plan = compile(text, &OpenCatalog).unwrap_or_else(|faults| panic!("{}", render(text, &faults)));
    let truth = plan.holds(subject, point);
    assert_eq!(plan.explain(subject, point).truth, truth, "explanation of {text}");
    truth
}

fn now(text: &str, subject: &dyn Subject) -> Truth {
    asked(text, subject, Point::before(Time(NOW)))
}

fn number(text: &str) -> Value {
    Value::Number(text.parse::<Decimal>().unwrap())
}

#[test]
fn a_window_holds_its_start_and_what_was_recorded_before_the_point() {
    let (before, after) = (Point::before(Time(NOW)), Point::after(Time(NOW)));
    for (at, rule, from_before, from_after) in [
        (NOW - 30 * DAY, "did(\"X\") within 30d", true, true),
        (NOW - 30 * DAY - 1, "did(\"X\") within 30d", false, false),
        (NOW, "did(\"X\") within 30d", false, true),
        (NOW, "did(\"X\")", false, true),
        (NOW + 1, "did(\"X\")", false, false),
        (NOW - 60 * DAY, "did(\"X\") between 60d and 30d ago", true, true),
        (NOW - 60 * DAY - 1, "did(\"X\") between 60d and 30d ago", false, false),
        (NOW - 30 * DAY - 1, "did(\"X\") between 60d and 30d ago", true, true),
        (NOW - 30 * DAY, "did(\"X\") between 60d and 30d ago", false, false),
        (NOW, "did(\"X\") between 60d and 0d ago", false, true),
        (NOW - DAY, "did(\"X\") since 1972-09-26", true, true),
        (NOW - DAY, "did(\"X\") before 1972-09-26", false, false),
        (NOW - DAY - 1, "did(\"X\") before 1972-09-26", true, true),
        (NOW, "did(\"X\") before 2100-01-01", false, true),
    ] {
        let person = Someone::default().did("X", at, &[]);
        assert_eq!(asked(rule, &person, before), Truth::from(from_before), "{rule} {at} before");
        assert_eq!(asked(rule, &person, after), Truth::from(from_after), "{rule} {at} after");
    }
}

#[test]
fn what_is_missing_is_unknown() {
    let nobody = Someone::default();
    for rule in [
        "country = \"DE\"",
        "country != \"DE\"",
        "not country = \"DE\"",
        "country in (\"DE\")",
        "country not in (\"DE\")",
        "country contains \"D\"",
        "signed_up within 30d",
        "last(\"X\") within 30d",
        "not last(\"X\") within 30d",
        "min(\"X\".a) >= 0",
        "average(\"X\".a) >= 0",
        "last(\"X\".a) = 1",
        "lifecycle = \"loyal\"",
        "intent != \"exploring\"",
    ] {
        assert_eq!(now(rule, &nobody), Truth::Unknown, "{rule}");
    }
    for rule in [
        "country missing",
        "not country present",
        "country != \"DE\" or country missing",
        "not did(\"X\")",
        "did(\"X\") = 0",
        "sum(\"X\".a) = 0",
        "distinct(\"X\".a) = 0",
        "lifecycle missing",
        "consent(email, marketing) = unknown",
        "everyone",
    ] {
        assert_eq!(now(rule, &nobody), Truth::True, "{rule}");
    }
}

#[test]
fn a_value_of_another_type_is_unknown() {
    let person = Someone::default().with("age", Value::from("forty"));
    assert_eq!(now("age > 30", &person), Truth::Unknown);
    assert_eq!(now("age present", &person), Truth::True);
    assert_eq!(now("age = true or age within 30d", &person), Truth::Unknown);
}

#[test]
fn an_unknown_property_filter_does_not_match_its_event() {
    let person = Someone::default().did("X", NOW - DAY, &[]).did("X", NOW - DAY, &[("a", number("1"))]);
    assert_eq!(now("did(\"X\" where a = 1) = 1", &person), Truth::True);
    assert_eq!(now("did(\"X\" where a != 2) = 1", &person), Truth::True);
    assert_eq!(now("did(\"X\" where not a = 2) = 1", &person), Truth::True);
    assert_eq!(now("did(\"X\" where a missing) = 1", &person), Truth::True);
    assert_eq!(now("did(\"X\" where a = 2 or a missing) = 1", &person), Truth::True);
}

#[test]
fn values_compare_by_their_type() {
    let person = Someone::default()
        .with("country", Value::from("DE"))
        .with("age", number("30.5"))
        .with("vip", Value::Flag(true))
        .with("signed_up", Value::Time(Time(NOW - 10 * DAY)))
        .with("expires", Value::Time(Time(NOW + 10 * DAY)))
        .with("tags", Value::List(vec![Value::from("blog"), Value::from("vip")]));
    for rule in [
        "country = \"DE\" and country != \"AT\" and country < \"FR\"",
        "country in (\"AT\", \"DE\") and country not in (\"AT\", \"FR\")",
        "country contains \"E\" and country starts with \"D\" and country ends with \"E\"",
        "age > 30 and age >= 30.5 and age <= 30.5 and age < 31 and age != 30",
        "vip = true and vip != false",
        "signed_up within 10d and signed_up >= \"1972-09-17\" and signed_up < 1972-09-18",
        "signed_up between 20d and 5d ago",
        "expires since 1972-09-28 and not expires within 30d",
        "tags contains \"vip\" and tags in (\"a\", \"blog\") and tags not in (\"a\")",
        "not tags contains \"vi\"",
    ] {
        assert_eq!(now(rule, &person), Truth::True, "{rule}");
    }
}

#[test]
fn figures_are_exact() {
    let mut person = Someone::default();
    for (days, total, coupon) in [(5, "0.1", "A"), (4, "0.2", "B"), (3, "0.3", "A"), (100, "7", "C")] {
        let properties = [("total", number(total)), ("coupon", Value::from(coupon))];
        person = person.did("Order Completed", NOW - days * DAY, &properties);
    }
    person = person.did("Order Completed", NOW - 2 * DAY, &[]);
    for rule in [
        "sum(\"Order Completed\".total) = 7.6 and sum(\"Order Completed\".total) = 0.6 within 90d",
        "min(\"Order Completed\".total) = 0.1 and max(\"Order Completed\".total) = 7",
        "average(\"Order Completed\".total) = 0.2 within 90d and average(\"Order Completed\".total) > 1.8999",
        "distinct(\"Order Completed\".coupon) = 3 and distinct(\"Order Completed\".coupon) = 2 within 90d",
        "did(\"Order Completed\") = 5 and did(\"Order Completed\") != 4 and did(\"Order Completed\") < 6",
        "did(\"Order Completed\") <= 5 and not did(\"Order Completed\") > 5 and not did(\"Order Completed\") < 5",
        "sum(\"Order Completed\".total where coupon = \"A\") = 0.4",
        "first(\"Order Completed\".coupon) = \"C\" and first(\"Order Completed\".coupon) = \"A\" within 90d",
        "last(\"Order Completed\".coupon) missing and last(\"Order Completed\".coupon where coupon present) = \"A\"",
        "last(\"Order Completed\") within 2d and first(\"Order Completed\") between 101d and 99d ago",
    ] {
        assert_eq!(now(rule, &person), Truth::True, "{rule}");
    }
}

#[test]
fn items_channels_consent_lists_and_stages() {
    let line = |category: &str, price: &str| {
        [("category".to_owned(), Value::from(category)), ("price".to_owned(), number(price))].into()
    };
    let mut person =
        Someone { lifecycle: Some("loyal".into()), intent: Some("exploring".into()), ..Someone::default() };
    person.lists.push("VIP".to_owned());
    person.consent.insert((Channel::Email, Purpose::Marketing), ConsentState::Granted);
    person.events.push(Happened {
        name: "Order Completed".to_owned(),
        at: Time(NOW - DAY),
        channel: Channel::App,
        properties: [("total".to_owned(), number("60"))].into(),
        items: vec![line("shoes", "50"), line("socks", "10")],
    });
    for rule in [
        "did(\"Order Completed\" where any item where category = \"shoes\" and price = 50)",
        "not did(\"Order Completed\" where any item where category = \"shoes\" and price = 10)",
        "did(\"Order Completed\" where (any item where category = \"shoes\") and any item where price = 10)",
        "did(\"Order Completed\" where (any item where category = \"shoes\") and total = 60)",
        "not did(\"Order Completed\" where any item where size = 3)",
        "not did(\"Order Completed\" where not any item where size = 3)",
        "did(\"Order Completed\" where channel = app and channel not in (web, email))",
        "lifecycle = \"loyal\" and intent in (\"exploring\", \"considering\")",
        "consent(email, marketing) = granted and consent(sms, marketing) in (unknown, denied)",
        "consent(email, marketing) != revoked",
        "in list \"VIP\" and not in list \"Staff\" and in segment \"VIP\"",
    ] {
        assert_eq!(now(rule, &person), Truth::True, "{rule}");
    }
}

#[test]
fn an_explanation_shows_what_each_clause_saw() {
    let person = Someone::default().with("country", Value::from("AT")).did(
        "Order Completed",
        NOW - DAY,
        &[("total", number("50"))],
    );
    let text = "country = \"DE\" and age > 30 and (not did(\"Order Completed\") >= 2 or sum(\"Order Completed\".total) > 60)";
    let plan = compile(text, &OpenCatalog).unwrap();
    assert_eq!(
        plan.explain(&person, Point::before(Time(NOW))).lines().join("\n"),
        "no      all of\n  \
           no      country = \"DE\"  (AT)\n  \
           unknown age > 30  (unknown)\n  \
           yes     any of\n    \
             yes     not did(\"Order Completed\") >= 2  (1, the last 1972-09-26 00:00)\n    \
             no      sum(\"Order Completed\".total) > 60  (50 from 1)"
    );
    assert_eq!(plan.clauses(), 4);
    assert_eq!(plan.leaves().iter().map(|leaf| leaf.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

/// A small tree over clauses of known truth, as it is meant and as it is written without needless parentheses.
#[derive(Debug, Clone)]
enum Small {
    Leaf(Truth),
    Not(Box<Small>),
    Both(Box<Small>, Box<Small>),
    Either(Box<Small>, Box<Small>),
}

impl Small {
    fn meant(&self) -> Truth {
        match self {
            Self::Leaf(truth) => *truth,
            Self::Not(a) => !a.meant(),
            Self::Both(a, b) => a.meant().and(b.meant()),
            Self::Either(a, b) => a.meant().or(b.meant()),
        }
    }

    fn written(&self, binding: u8) -> String {
        let (own, text) = match self {
            Self::Leaf(Truth::True) => (3, "t = 1".to_owned()),
            Self::Leaf(Truth::False) => (3, "t = 2".to_owned()),
            Self::Leaf(Truth::Unknown) => (3, "u = 1".to_owned()),
            Self::Not(a) => (2, format!("not {}", a.written(2))),
            Self::Both(a, b) => (1, format!("{} and {}", a.written(1), b.written(1))),
            Self::Either(a, b) => (0, format!("{} or {}", a.written(0), b.written(0))),
        };
        if own < binding { format!("({text})") } else { text }
    }

    fn all(depth: u8) -> Vec<Self> {
        let mut all: Vec<Self> = Truth::ALL.into_iter().map(Self::Leaf).collect();
        if depth > 0 {
            let smaller = Self::all(depth - 1);
            for a in &smaller {
                all.push(Self::Not(Box::new(a.clone())));
                for b in &smaller {
                    all.push(Self::Both(Box::new(a.clone()), Box::new(b.clone())));
                    all.push(Self::Either(Box::new(a.clone()), Box::new(b.clone())));
                }
            }
        }
        all
    }
}

#[test]
fn every_small_tree_means_what_precedence_says() {
    let person = Someone::default().with("t", number("1"));
    let trees = Small::all(2);
    assert!(trees.len() > 1_000);
    for tree in trees {
        let text = tree.written(0);
        assert_eq!(now(&text, &person), tree.meant(), "{text}");
    }
}

#[test]
fn de_morgan_holds_in_the_language() {
    let person = Someone::default().with("t", number("1"));
    let leaves = ["t = 1", "t = 2", "u = 1"];
    for a in leaves {
        for b in leaves {
            assert_eq!(
                now(&format!("not ({a} and {b})"), &person),
                now(&format!("not {a} or not {b}"), &person)
            );
            assert_eq!(
                now(&format!("not ({a} or {b})"), &person),
                now(&format!("not {a} and not {b}"), &person)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stopping_early_never_changes_a_count(events in 0_usize..6, asked_for in 0_u32..6, operator in prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="])) {
        let person = (0..events).fold(Someone::default(), |person, i| person.did("X", NOW - 1 - i as i64, &[]));
        let expected = crate::rule::tree::Operator::ALL.into_iter().find(|o| o.symbol() == operator).unwrap()
            .accepts(events.cmp(&(asked_for as usize)));
        prop_assert_eq!(now(&format!("did(\"X\") {operator} {asked_for}"), &person), Truth::from(expected));
    }
}
