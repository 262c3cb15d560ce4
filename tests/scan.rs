//! Metrics over a frame's columns say what the one accumulator says person by person, however chunks are shared out.

use proptest::prelude::*;
use segue::experiment::metric::{Aggregate, Measure};
use segue::experiment::scan::{Ask, Cohort, Found, GROUP, Scan};
use segue::experiment::{Metric, MetricKind, UnitValue, measure, ready};
use segue::frame::{Builder, EventFact, Frame};
use segue::model::{Channel, Decimal, Person, Span, Time};
use segue::rule::Point;

const NAMES: [&str; 5] =
    ["Order Completed", "Order Refunded", "Survey Answered", "Unsubscribed", "Product Viewed"];
const CHANNELS: [Channel; 3] = [Channel::Web, Channel::App, Channel::Email];

/// Person, event, minute, channel, amount, currency.
type Fact = (i64, usize, i64, usize, i64, usize);

fn frame(people: i64, facts: &[Fact]) -> Frame {
    let mut builder = Builder::new();
    for person in 1..=people {
        builder.identity(person, "user_id", &format!("u{person}"));
        builder.known(person);
    }
    for (sequence, (person, name, minute, channel, amount, currency)) in (0_i64..).zip(facts) {
        let currency = ["", r#","currency":"EUR""#, r#","currency":"usd""#][*currency];
        let score = amount.rem_euclid(6);
        let properties = match amount % 7 {
            0 => String::new(),
            1 => r#"{"total":"much"}"#.to_owned(),
            _ => format!(r#"{{"total":{}.5,"score":{score}{currency}}}"#, amount),
        };
        builder.event(&EventFact {
            name: NAMES[*name],
            at: Time(minute * Span::MINUTE.0),
            sequence,
            channel: CHANNELS[*channel],
            identity: Some(*person),
            properties: &properties,
            items: "",
        });
    }
    builder.finish(1)
}

fn metrics() -> Vec<Metric> {
    let mut metrics: Vec<Metric> = ready::NAMES.iter().filter_map(|name| ready::metric(name)).collect();
    let open =
        |name: &str, measure| Metric { measure: Some(measure), ..Metric::given(name, MetricKind::Mean) };
    metrics.push(open("everything", Measure::sum("*", "total")));
    metrics.push(Metric {
        delay: Some(Span::hours(2)),
        winsorise: Decimal::from_int(3),
        ..open("late orders", Measure::of("Order Completed", Aggregate::Count))
    });
    metrics.push(Metric {
        window: Some(Span::hours(9)),
        ..open("order visits", Measure::of("Order Completed", Aggregate::Visits))
    });
    metrics
}

fn by_hand(frame: &Frame, ask: &Ask<'_>, unit: (Person, Time)) -> UnitValue {
    let events: Vec<_> = frame.history(unit.0).collect();
    let events = events.iter().map(|event| (event.name(), event));
    measure::measure(ask.metric, ask.from.unwrap_or(unit.1), ask.point, events)
}

/// The values of everybody, with the chunks looked at by so many.
fn scanned(cohort: &Cohort<'_>, asks: &[Ask<'_>], by: usize) -> Vec<UnitValue> {
    let scan = Scan::new(cohort, asks);
    let mut found: Vec<Found> = (0..by).map(|_| scan.nothing()).collect();
    for chunk in 0..scan.chunks() {
        scan.look(chunk, &mut found[(chunk * 7 + 1) % by]);
    }
    (0..cohort.groups()).flat_map(|group| scan.values(group, &found)).collect()
}

fn fact() -> impl Strategy<Value = Fact> {
    (1..8_i64, 0..5_usize, 0..1500_i64, 0..3_usize, -40..200_i64, 0..3_usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_persons_agree(
        facts in proptest::collection::vec(fact(), 0..120),
        starts in proptest::collection::vec(0..1200_i64, 5),
        point in 0..1600_i64,
        inclusive in any::<bool>(),
        from in proptest::option::of(0..900_i64),
    ) {
        let frame = frame(7, &facts);
        // Not everybody is a unit, and units need not come in the order of people.
        let units: Vec<(Person, Time)> = starts
            .iter()
            .enumerate()
            .map(|(n, minute)| (Person((n as u32 * 3) % 7), Time(minute * Span::MINUTE.0)))
            .collect();
        let cohort = Cohort::new(&frame, units.clone());
        let at = Time(point * Span::MINUTE.0);
        let point = if inclusive { Point::after(at) } else { Point::before(at) };
        let from = from.map(|minute| Time(minute * Span::MINUTE.0));
        let mut metrics = metrics();
        metrics.iter_mut().step_by(2).for_each(|metric| metric.window = Some(Span::hours(11)));
        let mut asks: Vec<Ask<'_>> = metrics.iter().map(|metric| Ask { metric, from: None, point }).collect();
        asks.extend(metrics.iter().map(|metric| Ask { metric, from, point }));
        let wanted: Vec<UnitValue> =
            units.iter().flat_map(|unit| asks.iter().map(|ask| by_hand(&frame, ask, *unit))).collect();
        prop_assert_eq!(&scanned(&cohort, &asks, 1), &wanted);
        prop_assert_eq!(&scanned(&cohort, &asks, 3), &wanted);
    }
}

/// More people than one group holds, and more events than one chunk.
#[test]
fn groups_and_chunks_join() {
    let people = (GROUP + 100) as i64;
    let facts: Vec<Fact> = (0..80_000_i64)
        .map(|n| (1 + n * 7919 % people, (n % 2) as usize * 4, n % 1500, (n % 3) as usize, n % 50, 1))
        .collect();
    let frame = frame(people, &facts);
    let units: Vec<(Person, Time)> =
        (0..people as u32).map(|n| (Person(n), Time(i64::from(n % 600) * Span::MINUTE.0))).collect();
    let cohort = Cohort::new(&frame, units.clone());
    assert_eq!((cohort.groups(), cohort.group(1)), (2, GROUP..GROUP + 100));
    let metrics = metrics();
    let point = Point::before(Time(1400 * Span::MINUTE.0));
    let asks: Vec<Ask<'_>> = metrics.iter().map(|metric| Ask { metric, from: None, point }).collect();
    let found = scanned(&cohort, &asks, 2);
    for (index, unit) in units.iter().enumerate().step_by(97) {
        let wanted: Vec<UnitValue> = asks.iter().map(|ask| by_hand(&frame, ask, *unit)).collect();
        assert_eq!(found[index * asks.len()..(index + 1) * asks.len()], wanted);
    }
    assert!(found.iter().any(|value| value.numerator() > 0.0));
}

/// Nobody to measure, and nothing that happened.
#[test]
fn nobody_and_nothing_are_fine() {
    let metrics = metrics();
    let point = Point::before(Time(1));
    let asks: Vec<Ask<'_>> = metrics.iter().map(|metric| Ask { metric, from: None, point }).collect();
    let empty = frame(3, &[]);
    assert!(scanned(&Cohort::new(&empty, Vec::new()), &asks, 1).is_empty());
    let found = scanned(&Cohort::new(&empty, vec![(Person(1), Time(0))]), &asks, 1);
    assert!(found.iter().all(|value| value.numerator() == 0.0) && found.len() == metrics.len());
}
