//! The forms beyond single events: sequences, visits, calendars, what has been, cuts, bands, passages.

use proptest::prelude::*;

use jiff::tz::TimeZone;

use super::people::{Happened, Someone};
use crate::model::consent::SuppressionReason;
use crate::model::{Channel, Decimal, Time, Value};
use crate::rule::evaluate::place;
use crate::rule::evaluate::sequence::{Between, When, passes};
use crate::rule::{OpenCatalog, Point, Subject, Truth, compile, render};

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

fn asked(text: &str, subject: &dyn Subject, point: Point) -> Truth {
    let plan = compile(text, &OpenCatalog).unwrap_or_else(|faults| panic!("{}", render(text, &faults)));
    let truth = plan.holds(subject, point);
    assert_eq!(plan.explain(subject, point).truth, truth, "explanation of {text}");
    truth
}

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// Just before this instant, what of each rule.
fn all(subject: &dyn Subject, now: Time, rules: &[(&str, Truth)]) {
    for (rule, expected) in rules {
        assert_eq!(asked(rule, subject, Point::before(now)), *expected, "{rule}");
    }
}

use Truth::{False, True, Unknown};

#[test]
fn steps_follow_each_other_strictly() {
    let now = Time(100 * DAY);
    let person = Someone::default()
        .did("A", 90 * DAY, &[("x", Value::from("p"))])
        .did("C", 90 * DAY + 2 * HOUR, &[])
        .did("B", 90 * DAY + 3 * HOUR, &[])
        .did("A", 95 * DAY, &[])
        .did("B", 95 * DAY, &[])
        .did("B", 97 * DAY, &[]);
    all(
        &person,
        now,
        &[
            ("did \"A\" then \"B\" within 3h", True),
            ("did \"A\" then \"B\" within 2h", False),
            ("did \"A\" then \"B\" within 3h without \"C\" between", False),
            ("did \"A\" then \"B\" within 2d without \"C\" between", True),
            ("did \"A\" then \"B\" within 1d all within 8d", False),
            ("did \"A\" then \"B\" within 2d all within 5d", True),
            ("did \"A\" then \"B\" within 2d all within 119h", False),
            ("did(\"A\" where x = \"p\") then \"B\" within 2h", False),
            ("did(\"A\" where x = \"p\") then \"C\" then \"B\" taking at most 3h", True),
            ("did(\"A\" where x = \"p\") then \"C\" then \"B\" taking at most 179m", False),
            ("did \"A\" then \"A\" then \"B\"", True),
            ("did \"B\" then \"A\" then \"C\"", False),
            ("did(any event) then any event within 1h", True),
            ("did(any event) then any event within 59m", False),
            ("did \"A\" then \"Nothing\"", False),
        ],
    );
    let shown = compile("did \"A\" then \"C\" then \"D\"", &OpenCatalog).unwrap();
    assert_eq!(shown.explain(&person, Point::before(now)).seen.as_deref(), Some("2 of 3 steps"));
}

/// Every way through the steps, tried.
fn tried(steps: &[Vec<When>], gaps: &[(Option<i64>, Vec<When>)], taking: Option<i64>) -> bool {
    fn on(
        steps: &[Vec<When>],
        gaps: &[(Option<i64>, Vec<When>)],
        start: When,
        last: When,
        taking: Option<i64>,
    ) -> bool {
        let (Some(step), Some((within, barred))) = (steps.first(), gaps.first()) else {
            return taking.is_none_or(|taking| last.0 - start.0 <= taking);
        };
        step.iter().any(|when| {
            *when > last
                && within.is_none_or(|within| when.0 - last.0 <= within)
                && !barred.iter().any(|bar| *bar > last && bar < when)
                && on(&steps[1..], &gaps[1..], start, *when, taking)
        })
    }
    steps[0].iter().any(|start| on(&steps[1..], gaps, *start, *start, taking))
}

fn moments() -> impl Strategy<Value = Vec<When>> {
    proptest::collection::vec((0_i64..12, 0_i64..2), 0..6).prop_map(|mut when| {
        when.sort_unstable();
        when
    })
}

fn cases() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_sequence_is_found_where_trying_every_way_finds_one(
        steps in proptest::collection::vec(moments(), 2..5),
        gaps in proptest::collection::vec((prop::option::of(0_i64..8), prop_oneof![Just(Vec::new()), moments()]), 4),
        taking in prop::option::of(0_i64..12),
    ) {
        let gaps = &gaps[..steps.len() - 1];
        let then: Vec<(&[When], Between<'_>)> = steps[1..].iter().zip(gaps)
            .map(|(step, (within, barred))| (step.as_slice(), Between { within: *within, barred }))
            .collect();
        prop_assert_eq!(passes(&steps[0], &then, taking), tried(&steps, gaps, taking));
    }

    #[test]
    fn a_place_in_a_cut_is_a_percentage(salt in ".{0,8}", key in ".{0,8}") {
        let place = place(&salt, &key);
        prop_assert!(place >= Decimal::ZERO && place < Decimal::from_int(100).unwrap());
    }
}

#[test]
fn cuts_are_even_and_independent() {
    let share = |salt: &str, under: i64| {
        let under = Decimal::from_int(under).unwrap();
        (0..20_000).filter(|n| place(salt, &format!("u{n}")) < under).count()
    };
    for (under, expected) in [(10, 2_000), (50, 10_000), (90, 18_000)] {
        assert!(share("spring", under).abs_diff(expected) < 250, "{under}: {}", share("spring", under));
    }
    let ten = Decimal::from_int(10).unwrap();
    let both = (0..20_000).filter(|n| {
        let key = format!("u{n}");
        place("spring", &key) < ten && place("autumn", &key) < ten
    });
    assert!(both.count().abs_diff(200) < 60);
    // The same for ever: a cut that moved would mix those who were told apart.
    assert_eq!(place("spring", "u1").to_string(), place("spring", "u1").to_string());
    let known = Someone { id: Some("u1".to_owned()), ..Someone::default() };
    let now = Time(DAY);
    all(&known, now, &[("bucket(\"spring\") < 100 percent", True), ("bucket(\"spring\") < 0", False)]);
    all(&Someone::default(), now, &[("bucket(\"spring\") < 100", Unknown)]);
}

fn event(name: &str, at: Time, channel: Channel, said: &[(&str, &str)]) -> Happened {
    Happened {
        name: name.to_owned(),
        at,
        channel,
        properties: said.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect(),
        items: Vec::new(),
    }
}

#[test]
fn visits_end_after_half_an_hour_and_say_what_their_events_say() {
    let minute = |n: i64| Time(10 * DAY + n * 60_000);
    let person = Someone {
        events: vec![
            event("V", minute(0), Channel::Web, &[("device", "desktop"), ("country", "DE")]),
            event("V", minute(29), Channel::Web, &[("device", "mobile")]),
            event("Email Opened", minute(50), Channel::Email, &[("device", "tablet")]),
            event("V", minute(59), Channel::App, &[]),
            event("V", minute(600), Channel::App, &[("device", "tablet")]),
        ],
        ..Someone::default()
    };
    let now = Time(11 * DAY);
    all(
        &person,
        now,
        &[
            ("sessions() = 3", True),
            ("last session(device = \"tablet\" and channel = app)", True),
            ("last session(country = \"DE\")", Unknown),
            ("not last session(country = \"DE\")", Unknown),
            ("any session(device = \"mobile\" and country = \"DE\")", True),
            ("any session(device = \"desktop\")", False),
            ("sessions(device present) = 2", True),
            ("any session(device = \"mobile\") within 14h", False),
            ("any session(device = \"mobile\") within 24h", True),
            ("sessions() >= 2 within 1h", False),
        ],
    );
    all(
        &Someone::default(),
        now,
        &[("last session(device = \"mobile\")", Unknown), ("sessions() = 0", True)],
    );
}

#[test]
fn what_happens_nobody_says_where_belongs_to_the_visit_it_falls_into() {
    let minute = |n: i64| Time(10 * DAY + n * 60_000);
    let person = Someone {
        events: vec![
            event("Order Completed", minute(0), Channel::Unknown, &[("coupon", "A")]),
            event("V", minute(10), Channel::Web, &[("category", "shoes")]),
            event("Order Completed", minute(35), Channel::Unknown, &[("coupon", "B")]),
            event("V", minute(45), Channel::Web, &[]),
            event("Order Completed", minute(80), Channel::Store, &[("coupon", "C")]),
        ],
        ..Someone::default()
    };
    all(
        &person,
        Time(11 * DAY),
        &[
            ("sessions() = 2", True),
            ("any session(category = \"shoes\" and coupon = \"B\")", True),
            ("any session(coupon = \"A\")", False),
            ("last session(coupon present)", False),
            ("any session(coupon = \"C\")", False),
        ],
    );
}

#[test]
fn calendar_windows_follow_the_persons_zone_and_its_clock_changes() {
    let berlin = || TimeZone::get("Europe/Berlin").ok();
    let someone =
        |zone: Option<TimeZone>, when: &str| Someone { zone, ..Someone::default() }.did("X", at(when).0, &[]);
    for (zone, when, now, rule, expected) in [
        // The last hour of May in Berlin is still the day before in UTC.
        (berlin(), "2026-05-31T22:30:00Z", "2026-06-15", "did(\"X\") this month", True),
        (None, "2026-05-31T22:30:00Z", "2026-06-15", "did(\"X\") this month", False),
        (None, "2026-05-31T22:30:00Z", "2026-06-15", "did(\"X\") last month", True),
        // As of midnight it is still the day that ends.
        (None, "2026-06-14T08:00:00Z", "2026-06-15", "did(\"X\") today", True),
        (None, "2026-06-14T08:00:00Z", "2026-06-15T00:00:00.001Z", "did(\"X\") today", False),
        (None, "2026-06-14T08:00:00Z", "2026-06-15T00:00:00.001Z", "did(\"X\") yesterday", True),
        // Weeks begin on Monday: 15 June 2026 is one.
        (None, "2026-06-14T23:59:59.999Z", "2026-06-17", "did(\"X\") this week", False),
        (None, "2026-06-15", "2026-06-17", "did(\"X\") this week", True),
        (None, "2026-06-08", "2026-06-17", "did(\"X\") last week", True),
        (None, "2026-06-01", "2026-06-17", "did(\"X\") last 2 weeks", True),
        (None, "2026-05-31T23:59:59.999Z", "2026-06-17", "did(\"X\") last 2 weeks", False),
        // Quarters and years.
        (None, "2026-04-01", "2026-06-17", "did(\"X\") this quarter", True),
        (None, "2026-03-31T23:59:59.999Z", "2026-06-17", "did(\"X\") last quarter", True),
        (None, "2025-01-01", "2026-06-17", "did(\"X\") last year", True),
        (None, "2025-12-31T23:59:59.999Z", "2026-06-17", "did(\"X\") this year", False),
        // A leap day belongs to its February, and a month back from March is all of it.
        (None, "2028-02-29T23:59:59.999Z", "2028-03-10", "did(\"X\") last month", True),
        (None, "2028-02-29", "2028-02-29T12:00:00Z", "did(\"X\") today", True),
        (None, "2028-02-01", "2028-03-10", "did(\"X\") last month", True),
        // 29 March 2026 has 23 hours in Berlin: the day is over at 22:00 UTC.
        (berlin(), "2026-03-29T21:59:59.999Z", "2026-03-29T22:00:00Z", "did(\"X\") today", True),
        (berlin(), "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "did(\"X\") today", True),
        (berlin(), "2026-03-28T22:59:59.999Z", "2026-03-29T22:00:00Z", "did(\"X\") today", False),
        // 25 October 2026 has 25.
        (berlin(), "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "did(\"X\") today", True),
        (berlin(), "2026-10-24T21:59:59.999Z", "2026-10-25T22:59:59Z", "did(\"X\") today", False),
        // Thirty days are thirty times 24 hours whatever the clocks do.
        (berlin(), "2026-03-16T12:00:00Z", "2026-04-15T12:00:00Z", "did(\"X\") within 30d", True),
        (berlin(), "2026-03-16T11:59:59.999Z", "2026-04-15T12:00:00Z", "did(\"X\") within 30d", False),
    ] {
        let person = someone(zone.clone(), when);
        assert_eq!(asked(rule, &person, Point::before(at(now))), expected, "{rule}: {when} as of {now}");
    }
    // Midnight does not exist on 6 September 2026 in Santiago; the day begins at one o'clock.
    let person = someone(TimeZone::get("America/Santiago").ok(), "2026-09-06T04:00:00Z");
    let now = Point::before(at("2026-09-06T20:00:00Z"));
    assert_eq!(asked("did(\"X\") today", &person, now), True);
    let plan = compile("did(\"X\") today", &OpenCatalog).unwrap();
    let seen = plan.explain(&person, now).seen.unwrap();
    assert!(seen.ends_with("in America/Santiago (profile)"), "{seen}");
}

#[test]
fn every_day_lies_in_exactly_one_period_of_each_kind() {
    use crate::rule::Moment;
    use crate::rule::tree::{Calendar, Period};
    for zone in ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata", "Africa/Cairo"] {
        let zone = TimeZone::get(zone).unwrap();
        let from = at("2026-01-01").0;
        for hour in (0..24 * 800).step_by(7) {
            let moment = Moment { point: Point::after(Time(from + hour * HOUR)), zone: &zone };
            for period in Period::ALL {
                let of = |offset| Calendar { period, offset }.bounds(moment);
                let (last, this, next) = (of(-1), of(0), of(1));
                assert!(this.contains(&(from + hour * HOUR)), "{period:?}");
                assert_eq!((last.end, this.end), (this.start, next.start), "{period:?} {hour}");
                assert_eq!((of(-3).start, of(-3).end), (of(-3).start, this.start));
                assert!(last.start < last.end && next.start < next.end);
            }
        }
    }
}

#[test]
fn seasons_turn_around_south_of_the_equator() {
    let in_country = |country: &str| Someone::default().with("country", Value::from(country));
    for (country, now, season) in [
        ("DE", "2026-01-15", "winter"),
        ("AU", "2026-01-15", "summer"),
        ("DE", "2026-03-02", "spring"),
        ("Argentina", "2026-03-02", "autumn"),
        ("DE", "2026-08-31", "summer"),
        ("DE", "2026-11-30", "autumn"),
        ("NZ", "2026-12-02", "summer"),
    ] {
        let rule = format!("season = \"{season}\"");
        assert_eq!(asked(&rule, &in_country(country), Point::before(at(now))), True, "{country} {now}");
    }
    all(&Someone::default(), at("2026-01-15"), &[("season = \"winter\"", Unknown), ("season missing", True)]);
}

#[test]
fn what_has_been_so_is_known_as_far_back_as_it_stands() {
    let now = Time(100 * DAY);
    let mut person = Someone::default().with("plan", Value::from("pro")).did("X", 95 * DAY, &[]);
    person.since.insert("plan".to_owned(), Time(86 * DAY));
    all(
        &person,
        now,
        &[
            ("has been plan = \"pro\" for 14d", True),
            ("has been plan = \"pro\" for 15d", Unknown),
            ("has been plan = \"free\" for 14d", False),
            ("has been (plan = \"pro\" and did(\"X\") within 10d) for 4d", True),
            ("has been (plan = \"pro\" and did(\"X\") within 10d) for 5d", False),
            ("has been did(\"X\") for 5d", False),
            ("has been did(\"X\") for 4d", True),
            ("has been not did(\"X\") within 4d for 12h", True),
            ("has been not did(\"X\") within 4d for 25h", False),
            ("has been intent missing for 1d", True),
        ],
    );
    let untold = Someone::default().with("plan", Value::from("pro"));
    all(
        &untold,
        now,
        &[("has been plan = \"pro\" for 1d", Unknown), ("has been plan = \"free\" for 1d", False)],
    );
    let plan = compile("has been did(\"X\") within 10d for 6d", &OpenCatalog).unwrap();
    let lines = plan.explain(&person, Point::before(now)).lines();
    assert!(lines[1].contains("as of 1970-04-06 00:00"), "{lines:?}");
}

#[test]
fn values_are_asked_in_many_ways() {
    let now = at("2026-06-30");
    let person = Someone::default()
        .with("email", Value::from("Anne@Example.org"))
        .with("age", Value::Number("30".parse().unwrap()))
        .with("app", Value::from("v2.10.1"))
        .with("beta", Value::from("3.0.0-beta.2"))
        .with("none", Value::from(""))
        .with("tags", Value::List(vec![Value::from("Sale"), Value::from("outlet")]))
        .with("renews", Value::Time(at("2026-07-04")))
        .with("signed_up", Value::Time(at("2026-06-01")));
    all(
        &person,
        now,
        &[
            ("email ends with \"@EXAMPLE.ORG\" ignoring case", True),
            ("email ends with \"@EXAMPLE.ORG\"", False),
            ("email = \"anne@example.org\" ignoring case and email != \"x\" ignoring case", True),
            ("email in (\"ANNE@example.org\") ignoring case", True),
            ("email matches \"^[a-z]+@\"", False),
            ("email matches \"^[a-z]+@\" ignoring case and email matches \"org$\"", True),
            ("email not contains \"example\"", True),
            (
                "email contains any (\"x.y\", \"Example\") and not email contains all (\"x.y\", \"Example\")",
                True,
            ),
            ("tags contains any (\"Sale\", \"new\") and tags contains all (\"Sale\", \"outlet\")", True),
            ("tags contains all (\"sale\", \"outlet\")", False),
            ("tags contains all (\"SALE\", \"outlet\") ignoring case and tags size = 2", True),
            ("nothing not contains \"x\"", Unknown),
            ("nothing size >= 0", Unknown),
            ("nothing empty and none empty and tags not empty and email not empty", True),
            ("age between 30 and 40 and age between 20 and 30 and age not between 31 and 40", True),
            ("age between 31 and 40", False),
            ("app >= version \"2.10\" and app > version \"2.9.9\" and app < version \"2.11.0-rc.1\"", True),
            (
                "beta < version \"3.0.0\" and beta > version \"3.0.0-beta.1\" and beta > version \"3.0.0-alpha.9\"",
                True,
            ),
            ("email > version \"1\"", Unknown),
            ("renews within next 4d", False),
            ("renews within next 97h and renews within next 5d", True),
            ("renews more than 4d ahead and not renews more than 5d ahead", True),
            ("renews next month and renews this month", False),
            ("renews next week or renews next month", True),
            ("signed_up more than 28d ago and not signed_up more than 29d ago", True),
            ("signed_up this month and not signed_up last month", True),
            (
                "signed_up between 2026-06-01 and 2026-06-02 and not signed_up between 2026-05-01 and 2026-06-01",
                True,
            ),
            ("signed_up after 2026-05-31 and not signed_up after 2026-06-01", True),
        ],
    );
}

#[test]
fn passages_messages_answers_and_blocks() {
    let now = Time(100 * DAY);
    let mut person = Someone {
        suppressions: vec![
            (Channel::Email, SuppressionReason::Bounced, Time(90 * DAY)),
            (Channel::Sms, SuppressionReason::Manual, Time(99 * DAY)),
        ],
        ..Someone::default()
    };
    person.journeys.insert("Welcome".into(), (Time(80 * DAY), None, Some("Wait".into())));
    person.journeys.insert("Old".into(), (Time(10 * DAY), Some(Time(20 * DAY)), None));
    let text = |name: &'static str, value: &str| (name, Value::from(value));
    let person = person
        .did("Email Delivered", 98 * DAY, &[text("campaign_name", "A")])
        .did("Email Delivered", 50 * DAY, &[])
        .did(
            "Survey Answered",
            97 * DAY,
            &[text("survey", "Purchase"), ("score", Value::Number(Decimal::ONE))],
        )
        .did("Survey Answered", 96 * DAY, &[text("campaign_name", "Other")])
        .did(
            "Experiment Viewed",
            70 * DAY,
            &[text("experiment_name", "Subject"), text("variation_name", "b")],
        )
        .did(
            "Experiment Viewed",
            71 * DAY,
            &[text("experiment_name", "Subject"), text("variation_name", "a")],
        )
        .did("V", 60 * DAY, &[text("category", "shoes")])
        .did("V", 61 * DAY, &[text("category", "bags")])
        .did("V", 62 * DAY, &[text("category", "bags")])
        .did("V", 63 * DAY, &[text("category", "shoes")]);
    let person = Someone { band: Some(4), ..person };
    all(
        &person,
        now,
        &[
            ("suppressed(email) and suppressed(email) = bounced and suppressed(push) = manual", True),
            ("suppressed(email) = unsubscribed", False),
            ("suppressed(email) != unsubscribed and suppressed(email) in (bounced, erased)", True),
            ("in journey \"Welcome\" and in journey \"Welcome\" at \"Wait\"", True),
            ("in journey \"Welcome\" at \"Send\"", False),
            ("in journey \"Old\"", False),
            ("left journey \"Old\" more than 30d ago and entered journey \"Welcome\" within 20d", True),
            ("left journey \"Welcome\"", False),
            ("in journey \"Nobody tells\"", Unknown),
            ("received(email) = 1 within 7d and received(email where campaign_name = \"A\") = 1", True),
            ("not opened(email)", True),
            ("answered(\"Purchase\") and not answered(\"Purchase\" where score >= 4)", True),
            ("answered(\"Other\") within 7d", True),
            ("in experiment \"Subject\" and in experiment \"Subject\" variant \"b\"", True),
            ("in experiment \"Subject\" variant \"a\"", False),
            ("most frequent(\"V\".category) = \"bags\"", True),
            ("most frequent(\"V\".category where category != \"bags\") = \"shoes\"", True),
            ("most frequent(\"V\".size) = 3", Unknown),
            ("quintile(ltv) >= 4 and not quintile(ltv) = 5", True),
            ("did(any event) = 10 and did(any event where channel = email) = 0", True),
        ],
    );
    all(&Someone::default(), now, &[("quintile(ltv) >= 1", Unknown)]);
}
