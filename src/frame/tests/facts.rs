//! What goes in comes out.

use std::ops::ControlFlow;

use crate::frame::{Builder, ConsentFact, EventFact, FrameCatalog, evaluate};
use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Datum, Decimal, Identity, Person, ProfileId, Time};
use crate::rule::{OpenCatalog, Point, Subject, Truth, compile};

fn event<'a>(name: &'a str, at: i64, identity: Option<i64>, properties: &'static str) -> EventFact<'a> {
    EventFact { name, at: Time(at), sequence: 0, channel: Channel::Web, identity, properties, items: "" }
}

fn shop() -> Builder {
    let mut builder = Builder::new();
    for (id, namespace, value) in [
        (1, "anonymous_id", "a1"),
        (2, "email", "anne@example.org"),
        (3, "user_id", "7"),
        (4, "user_id", "null"),
        (5, "user_id", "9"),
    ] {
        builder.identity(id, namespace, value);
    }
    builder.link(1, 2);
    builder
}

#[test]
fn people_events_and_traits() {
    let mut builder = shop();
    builder.event(&event("Order Completed", 20, Some(2), r#"{"total":12.5,"coupon":"A"}"#));
    builder.event(&event("Order Completed", 10, Some(1), r#"{"total":7,"coupon":"B","query":"red shoes"}"#));
    builder.event(&event("Product Viewed", 15, Some(3), ""));
    builder.event(&event("Product Viewed", 15, None, ""));
    builder.event(&event("Product Viewed", 16, Some(4), ""));
    builder.event(&event("Product Viewed", 17, Some(99), "{broken"));
    builder.identify(2, Time(5), r#"{"country":"DE","age":30,"email":"anne@example.org"}"#);
    builder.identify(1, Time(6), r#"{"country":"AT","age":null}"#);
    builder.identify(2, Time(4), r#"{"country":"FR"}"#);
    let frame = builder.finish(1);

    assert_eq!(frame.people().len(), 2, "identity 4 stands for nobody and 5 is mentioned by no fact");
    let (anne, other) = (Person(0), Person(1));
    assert_eq!(frame.people().profile(anne), ProfileId(1));
    assert_eq!(frame.people().find(&Identity::new("email", "Anne@example.org ")), Some(anne));
    assert_eq!(frame.people().find(&Identity::new("user_id", "7")), Some(other));
    assert_eq!(frame.people().find(&Identity::new("user_id", "9")), None);
    assert_eq!(frame.people().search("EXAMPLE", 5), [anne]);
    assert_eq!((frame.counts().events, frame.counts().nobody), (3, 3));
    assert_eq!(frame.counts().newest, Some(Time(20)));
    assert_eq!(frame.now(), Point::before(Time(21)));

    let subject = frame.subject(anne);
    assert_eq!(
        subject.attribute("country"),
        Datum::Text("AT"),
        "the latest holds, whatever the order of arrival"
    );
    assert_eq!(subject.attribute("age"), Datum::Missing, "null takes a value back");
    assert_eq!(subject.attribute("nothing"), Datum::Missing);
    let mut totals = Vec::new();
    subject.events("Order Completed", &mut |event| {
        totals.push((event.at().0, event.property("total").to_string()));
        ControlFlow::Continue(())
    });
    assert_eq!(totals, [(10, "7".to_owned()), (20, "12.5".to_owned())], "oldest first");
    let orders = frame.table("Order Completed").unwrap();
    let query = orders.properties.iter().find(|field| field.name == "query").unwrap();
    assert!(query.private && query.dictionary.is_empty(), "free text enters no dictionary");
    let (email, _) = frame.people().attribute("email").unwrap();
    assert!(email.dictionary.is_empty(), "identities enter no dictionary");
    let mut builder = shop();
    let items = r#"[{"name":"Scarf"},{"name":"Scarf"},{"note":"for Bo"}]"#;
    builder.event(&EventFact { items, ..event("Order Completed", 20, Some(2), r#"{"name":"Anne"}"#) });
    let frame = builder.finish(1);
    let orders = frame.table("Order Completed").unwrap();
    let kept = |fields: &[crate::frame::column::Field], name: &str| {
        fields.iter().find(|field| field.name == name).unwrap().dictionary.len()
    };
    assert_eq!(kept(&orders.properties, "name"), 0);
    assert_eq!((kept(&orders.item_properties, "name"), kept(&orders.item_properties, "note")), (1, 0));
}

#[test]
fn a_value_that_does_not_fit_is_missing_and_reported() {
    let mut builder = shop();
    for total in [r#"{"total":1}"#, r#"{"total":"n/a"}"#, r#"{"total":2.00001}"#, r#"{"total":3}"#] {
        builder.event(&event("Order Completed", 1, Some(1), total));
    }
    let frame = builder.finish(1);
    let misfits = frame.misfits();
    assert_eq!(misfits.len(), 1);
    assert_eq!(
        (misfits[0].name.as_str(), misfits[0].kind.as_str(), misfits[0].values),
        ("total", "number", 2)
    );
    let plan = compile("sum(\"Order Completed\".total) = 4", &FrameCatalog::new(&frame)).unwrap();
    assert_eq!(evaluate(&frame, &plan, frame.now(), 1).whole.count(), 1);
}

#[test]
fn consent_is_the_most_restrictive_and_no_grant_covers_another_address() {
    let mut builder = Builder::new();
    builder.identity(1, "email", "a@x.org");
    builder.identity(2, "email", "b@x.org");
    builder.link(1, 2);
    let mut say = |identity, state, at, expires: Option<i64>| {
        builder.consent(&ConsentFact {
            identity,
            channel: Channel::Email,
            purpose: Purpose::Marketing,
            state,
            at: Time(at),
            expires: expires.map(Time),
        });
    };
    say(1, ConsentState::Granted, 10, Some(100));
    say(2, ConsentState::Granted, 20, None);
    say(2, ConsentState::Revoked, 30, None);
    say(2, ConsentState::Granted, 40, None);
    let frame = builder.finish(1);
    let at =
        |at| frame.people().consent(Person(0), Channel::Email, Purpose::Marketing, Point::before(Time(at)));
    assert_eq!(at(10), ConsentState::Unknown);
    assert_eq!(at(11), ConsentState::Unknown, "the second address has said nothing yet");
    assert_eq!(at(21), ConsentState::Granted);
    assert_eq!(at(31), ConsentState::Revoked);
    assert_eq!(at(41), ConsentState::Granted);
    assert_eq!(at(100), ConsentState::Unknown, "the first grant has lapsed");
    assert_eq!(
        frame.people().consent(Person(0), Channel::Sms, Purpose::Marketing, Point::before(Time(50))),
        ConsentState::Unknown
    );
}

#[test]
fn lists_name_people_by_any_identity() {
    let mut builder = shop();
    builder.event(&event("A", 1, Some(1), ""));
    builder.event(&event("A", 1, Some(3), ""));
    let (frame, strangers) = builder.finish(1).with_list(
        "VIP",
        &[Identity::new("email", "anne@example.org"), Identity::new("email", "nobody@example.org")],
    );
    assert_eq!(strangers, 1);
    let plan = compile("in list \"VIP\"", &FrameCatalog::new(&frame)).unwrap();
    assert_eq!(evaluate(&frame, &plan, frame.now(), 1).whole.members().rows().collect::<Vec<_>>(), [0]);
}

#[test]
fn events_are_compact() {
    let mut builder = Builder::new();
    for id in 1..=1_000 {
        builder.identity(id, "user_id", &format!("u{id}"));
    }
    for n in 0..200_000_i64 {
        let properties = format!(
            "{{\"product_id\":\"p{}\",\"category\":\"c{}\",\"value\":{}.{:02}}}",
            n % 500,
            n % 7,
            n % 300,
            n % 100
        );
        let fact = EventFact {
            name: "Product Viewed",
            at: Time(1_700_000_000_000 + n * 10_007),
            sequence: 0,
            channel: Channel::Web,
            identity: Some(1 + n % 1_000),
            properties: &properties,
            items: "",
        };
        builder.event(&fact);
    }
    let frame = builder.finish(1);
    let events = frame.memory().events;
    assert!(events / 200_000 <= 36, "{} bytes an event, and 4 of the index by person", events / 200_000);
    let plan = compile("max(\"Product Viewed\".value) >= 299.9", &FrameCatalog::new(&frame)).unwrap();
    assert_eq!(evaluate(&frame, &plan, frame.now(), 2), evaluate(&frame, &plan, frame.now(), 1));
    assert_eq!(frame.people().datum(Person(0), "x"), Datum::Missing);
    assert_eq!(Decimal::from_int(1), Some(Decimal::ONE));
}

#[test]
fn an_unknown_said_last_does_not_hide_what_was_said_before() {
    let mut builder = Builder::new();
    builder.identity(1, "email", "a@x.org");
    for (state, at) in [(ConsentState::Denied, 10), (ConsentState::Unknown, 20)] {
        let (channel, purpose) = (Channel::Email, Purpose::Service);
        builder.consent(&ConsentFact { identity: 1, channel, purpose, state, at: Time(at), expires: None });
    }
    let frame = builder.finish(1);
    let plan = compile("consent(email, service) = denied", &OpenCatalog).unwrap();
    for (point, truth) in [
        (Point::before(Time(20)), Truth::True),
        (Point::after(Time(20)), Truth::False),
        (Point::before(Time(10)), Truth::False),
    ] {
        assert_eq!(evaluate(&frame, &plan, point, 1).whole.truth(Person(0)), truth, "{point:?}");
    }
}
