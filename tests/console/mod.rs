//! View data of a small shop, as rooms below the console would fill it, for pictures and tests of the console.

use std::sync::Arc;

use segue::model::consent::ConsentState;
use segue::model::fact::Accounting;
use segue::model::{BatchId, Channel, ProfileId, Span, Time};
use segue::panel::contact::why::Subject;
use segue::panel::csat::Moment;
use segue::panel::data::{Batch, Source};
use segue::panel::experiments::{
    Advice, ArmCount, Comparison, Experiment, Health, HealthState, Metric, Role, Unit,
};
use segue::panel::fatigue::PressureBand;
use segue::panel::jobs::{Job, JobState};
use segue::panel::journeys::{Edge, Journey, Step, StepKind};
use segue::panel::live::{Tone, WhyLine};
use segue::panel::people::{ConsentLine, IdentityLine, LineKind, PersonRow, TimelineLine, TraitLine};
use segue::panel::segments::{Change, ClauseCount, Diagnostic, SamplePerson, Segment, SegmentKind};
use segue::panel::uplift::{Arm, Guardrail, GuardrailVerdict, TrendPoint, Truth};
use segue::panel::whereabouts::{JourneyCount, StepCount};
use segue::panel::{
    Csat, Data, Experiments, Fatigue, Jobs, Journeys, Live, Origin, People, PersonCard, SegmentVerdict,
    Segments, Stamp, Tick, Uplift, Whereabouts,
};
use segue::stats::{Caution, Estimate, Reading, Why};
use segue::tui::{ClockState, Options, Speed, ThemeName, Update};

#[expect(clippy::unwrap_used, reason = "a time that cannot be read fails the test")]
pub(crate) fn time(text: &str) -> Time {
    text.parse().unwrap()
}

pub(crate) fn estimate(value: f64, low: f64, high: f64) -> Reading {
    Reading::Estimate(Estimate {
        value,
        low,
        high,
        standard_error: None,
        p_value: Some(0.021),
        level: 0.95,
        cautions: Vec::new(),
    })
}

pub(crate) fn too_few(what: &str, have: u64, need: u64) -> Reading {
    Reading::Withheld(Why::TooFew { what: what.to_owned(), have, need })
}

pub(crate) fn live() -> Arc<Live> {
    Arc::new(Live {
        stamp: Stamp {
            workspace: "demo shop".to_owned(),
            origin: Origin::Simulated { seed: 7 },
            as_of: time("2026-05-12T14:20:00Z"),
            people: 12_431,
            events: 418_220,
            definitions: None,
        },
        uplift: uplift(),
        fatigue: fatigue(),
        csat: csat(),
        whereabouts: whereabouts(),
        ticker: ticker(),
        reading: false,
    })
}

fn uplift() -> Uplift {
    let trend = (4..=60)
        .map(|step| {
            let day = f64::from(step) / 10.0;
            let value = 0.38 + 0.5 * (-day).exp() * (day * 5.0).cos();
            let half = 1.12 / day.sqrt();
            TrendPoint { day, value, low: (value - half * 0.83).max(-0.95), high: value + half * 1.14 }
        })
        .collect();
    Uplift {
        title: "cart recovery: bundle against 10 % off".to_owned(),
        sentence: "Bundle brings more orders. Decide on day 10.".to_owned(),
        day: 6,
        days: 14,
        ended: false,
        unit: Unit::Plain,
        currency: None,
        metric: "orders per person".to_owned(),
        method: "always valid 95 %".to_owned(),
        relative: match estimate(0.382, 0.001, 0.903) {
            Reading::Estimate(estimate) => {
                Reading::Estimate(Estimate { cautions: vec![Caution::Maturing], ..estimate })
            }
            withheld => withheld,
        },
        absolute: estimate(0.0347, 0.0001, 0.0693),
        truth: Some(Truth { relative: 0.35, absolute: 0.032, inside: Some(true) }),
        trend,
        control: Arm { name: "10 % off".to_owned(), n: 1_540, mean: Some(0.0909) },
        treatment: Arm { name: "bundle".to_owned(), n: 1_561, mean: Some(0.1256) },
        srm_p: Some(0.71),
        exposed: 3_104,
        matured: 3_101,
        excluded: 3,
        guardrails: vec![
            Guardrail { metric: "unsubscribes".to_owned(), verdict: GuardrailVerdict::CantTellYet },
            Guardrail { metric: "CSAT".to_owned(), verdict: GuardrailVerdict::Safe },
        ],
        attributed_per_day: Some(31.2),
        incremental_per_day: estimate(9.0, 0.0, 18.6),
    }
}

fn fatigue() -> Fatigue {
    let band = |name: &str, delivered, unsubscribed, value, low, high| PressureBand {
        name: name.to_owned(),
        delivered,
        unsubscribed,
        per_thousand: estimate(value, low, high),
    };
    Fatigue {
        sentence: "One in nine is at the cap; unsubscribes start there.".to_owned(),
        days: 14,
        people: 10_320,
        median: Some(2),
        p95: Some(6),
        shares: vec![0.31, 0.24, 0.17, 0.12, 0.11, 0.03, 0.02],
        cap: Some(4),
        sent: Some(19_870),
        held: Some(1_204),
        held_by: vec![("cap".to_owned(), 855), ("quiet hours".to_owned(), 217), ("consent".to_owned(), 132)],
        unsubscribes: vec![
            band("low", 8_120, 6, 0.8, 0.4, 1.7),
            band("mid", 6_310, 12, 1.9, 1.1, 3.3),
            band("high", 5_440, 35, 6.4, 4.9, 8.3),
        ],
        near_cap: Some(2_310),
    }
}

fn csat() -> Csat {
    let moment = |name: &str, asked, answers, value, low, high, trend: &[u8]| Moment {
        name: name.to_owned(),
        asked: Some(asked),
        answers,
        score: estimate(value, low, high),
        trend: trend.iter().map(|n| (*n > 0).then_some(f64::from(*n) / 100.0)).collect(),
    };
    Csat {
        sentence: "Support drags satisfaction down.".to_owned(),
        answers: 1_882,
        asked: Some(13_440),
        scale: "top 2 of 5".to_owned(),
        ideal: (0.75, 0.85),
        context: "ACSI internet retail 80 (index, another scale: context only)".to_owned(),
        moments: vec![
            moment("purchase", 7_120, 1_031, 0.84, 0.82, 0.86, &[78, 79, 81, 83, 84, 84, 85, 85]),
            moment("delivery", 4_210, 611, 0.77, 0.73, 0.80, &[79, 79, 77, 77, 78, 78, 77, 76]),
            moment("support", 1_800, 210, 0.61, 0.52, 0.69, &[72, 70, 68, 0, 64, 62, 61, 60]),
            Moment {
                name: "onboarding".to_owned(),
                asked: Some(310),
                answers: 12,
                score: too_few("answers", 12, 30),
                trend: Vec::new(),
            },
        ],
    }
}

fn whereabouts() -> Whereabouts {
    let counted = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    let step = |step: &str, here, seen| StepCount { step: step.to_owned(), here, seen };
    Whereabouts {
        intent: counted(&[("exploring", 61), ("considering", 33), ("transacting", 12)]),
        lifecycle: counted(&[
            ("lead", 5_120),
            ("customer", 4_040),
            ("loyal", 1_311),
            ("lapsing", 960),
            ("lapsed", 1_000),
        ]),
        journeys: vec![JourneyCount {
            name: "cart recovery".to_owned(),
            waiting: 473,
            in_test: 88,
            goal: 448,
            out: 3_111,
            steps: vec![
                step("cart abandoned", 0, 4_120),
                step("wait 2 h", 412, 4_120),
                step("still in cart?", 0, 3_708),
            ],
        }],
    }
}

pub(crate) fn gate(gate: &str, passed: bool, detail: &str) -> WhyLine {
    WhyLine { gate: gate.to_owned(), passed, detail: detail.to_owned() }
}

fn ticker() -> Vec<Tick> {
    let names = ["Anne Keller", "Marek Oravec", "Ines Duarte", "Jonas Weber"];
    let lines = [
        (Tone::Plain, "cart abandoned → waits 2 h (cart recovery)"),
        (Tone::Held, "e-mail held: 4 of 4 this week, free Thu 09:12"),
        (Tone::Sent, "e-mail sent: bundle (cart recovery, test: offer)"),
        (Tone::Good, "order €84.90 within 5 days of bundle"),
        (Tone::Bad, "unsubscribed from e-mail"),
    ];
    (0..24_i64)
        .map(|index| {
            let (tone, text) = lines[index as usize % lines.len()];
            let why = match tone {
                Tone::Held => vec![
                    gate("consent", true, "e-mail · marketing granted 2026-01-14, opt-in"),
                    gate("do not contact", true, "on no list"),
                    gate("eligibility", true, "still in cart: 2 items, €84.90"),
                    gate("cap", false, "4 of 4 e-mails in 7 d, the oldest leaves Thu 09:12"),
                ],
                _ => Vec::new(),
            };
            Tick {
                at: time("2026-05-12T14:19:58Z").back(Span(index * 7_000)),
                profile: ProfileId(10_412 + index),
                name: (index % 3 != 1).then(|| names[index as usize % names.len()].to_owned()),
                text: text.to_owned(),
                tone,
                why,
                asked: (tone == Tone::Held).then(|| Subject::Message("10 % off e-mail".to_owned())),
            }
        })
        .collect()
}

pub(crate) fn data() -> Arc<Data> {
    let source = |name: &str, owner: &str, people, events, newest: &str, purposes: &[&str]| Source {
        name: name.to_owned(),
        owner: owner.to_owned(),
        purposes: purposes.iter().map(|purpose| (*purpose).to_owned()).collect(),
        people: Some(people),
        events,
        newest: Some(time(newest)),
        expires: (name == "crm").then(|| time("2027-01-01")),
    };
    let batch = |id, source: &str, file: &str, at: &str, accounting: Accounting| Batch {
        id: BatchId(id),
        source: source.to_owned(),
        file: file.to_owned(),
        at: time(at),
        reverted: false,
        accounting,
        reasons: Vec::new(),
        reject_file: None,
    };
    let lines = Accounting {
        rows: 541_909,
        accepted: 25_900,
        grouped: 510_738,
        merged: 5_268,
        superseded: 0,
        rejected: 3,
        anonymous: 135_080,
    };
    let clicks = Accounting { rows: 165_474, accepted: 165_474, ..Accounting::default() };
    let contacts = Accounting { rows: 12_431, accepted: 12_019, superseded: 412, ..Accounting::default() };
    Arc::new(Data {
        sentence: "Three sources; the newest event is from today.".to_owned(),
        sources: vec![
            source(
                "shop",
                "e-commerce team",
                12_431,
                392_110,
                "2026-05-12T14:19:58Z",
                &["marketing", "service"],
            ),
            source("crm", "sales", 9_870, 0, "2026-05-01T00:00:00Z", &["marketing"]),
            source("helpdesk", "service desk", 2_204, 26_110, "2026-05-11T18:02:00Z", &["service"]),
        ],
        batches: vec![
            Batch {
                reasons: vec![("price is no decimal".to_owned(), 2), ("date is before 1970".to_owned(), 1)],
                reject_file: Some("order-lines.rejected.csv".to_owned()),
                ..batch(3, "shop", "order-lines.csv", "2026-05-12T08:00:00Z", lines)
            },
            batch(2, "shop", "clickstream.csv.gz", "2026-05-11T09:30:00Z", clicks),
            Batch {
                reverted: true,
                ..batch(1, "crm", "contacts-export.csv", "2026-05-01T10:00:00Z", contacts)
            },
        ],
        without_identity: 135_080,
    })
}

pub(crate) fn people() -> Arc<People> {
    let person = |id, name: Option<&str>, stage: &str, orders, spent: &str| PersonRow {
        id: ProfileId(id),
        name: name.map(str::to_owned),
        email: name.map(|name| format!("{}@example.com", name.to_lowercase().replace(' ', "."))),
        lifecycle: Some(stage.to_owned()),
        country: Some("DE".to_owned()),
        orders,
        spent: (orders > 0).then(|| spent.to_owned()),
        seen: Some(time("2026-05-12T14:19:58Z").back(Span::days(id % 60))),
    };
    let mut rows = vec![
        person(17, Some("Anne Keller"), "customer", 3, "€241.70"),
        person(342, Some("Marek Oravec"), "lapsing", 2, "€88.00"),
        person(518, None, "lead", 0, ""),
        person(733, Some("Zoë van der Straaten-Hohenfels"), "loyal", 41, "€12,004.10"),
        person(801, Some("田中 美咲"), "customer", 1, "€19.90"),
    ];
    rows.extend(
        (0..60).map(|n| person(900 + n, (n % 2 == 0).then_some("Jonas Weber"), "customer", 1, "€49.00")),
    );
    Arc::new(People {
        sentence: "Most people have never ordered; one in ten is loyal.".to_owned(),
        filter: String::new(),
        total: 12_431,
        matching: 12_431,
        rows,
    })
}

pub(crate) fn person() -> Arc<PersonCard> {
    let identity = |namespace: &str, value: &str| IdentityLine {
        namespace: namespace.to_owned(),
        value: value.to_owned(),
        since: Some(time("2026-01-14")),
        source: "shop".to_owned(),
    };
    let consent = |channel, purpose: &str, state, basis: &str| ConsentLine {
        channel,
        purpose: purpose.to_owned(),
        state,
        at: Some(time("2026-01-14")),
        basis: basis.to_owned(),
    };
    let line = |at: &str, kind, text: &str, tone| TimelineLine {
        at: time(at),
        kind,
        text: text.to_owned(),
        tone,
        why: if tone == Tone::Held { vec![gate("cap", false, "4 of 4 e-mails in 7 d")] } else { Vec::new() },
        asked: (tone == Tone::Held).then(|| Subject::Message("10 % off e-mail".to_owned())),
    };
    let event = |at: &str, text: &str| line(at, LineKind::Event, text, Tone::Plain);
    Arc::new(PersonCard {
        id: ProfileId(17),
        name: Some("Anne Keller".to_owned()),
        sentence: "Came by a search ad, ordered three times, last six days ago.".to_owned(),
        lifecycle: Some("customer".to_owned()),
        intent: Some("considering".to_owned()),
        segments: vec!["cart recovery".to_owned(), "shoe lovers".to_owned()],
        identities: vec![
            identity("email", "anne.keller@example.com"),
            identity("user_id", "4711"),
            identity("anonymous_id", "9f2c-77aa-01"),
        ],
        traits: vec![
            TraitLine {
                name: "city".to_owned(),
                value: "Leipzig".to_owned(),
                source: "crm".to_owned(),
                personal: true,
            },
            TraitLine {
                name: "country".to_owned(),
                value: "DE".to_owned(),
                source: "shop".to_owned(),
                personal: false,
            },
        ],
        consents: vec![
            consent(Channel::Email, "marketing", ConsentState::Granted, "opt-in"),
            consent(Channel::Sms, "marketing", ConsentState::Unknown, "never asked"),
            consent(Channel::Push, "marketing", ConsentState::Revoked, "unsubscribed"),
        ],
        timeline: vec![
            event("2026-05-12T14:19:58Z", "Cart Viewed · 2 items, €84.90"),
            line("2026-05-12T12:02:11Z", LineKind::Message, "e-mail held: 4 of 4 this week", Tone::Held),
            line(
                "2026-05-12T12:02:10Z",
                LineKind::Decision,
                "cart recovery · test: offer → bundle",
                Tone::Plain,
            ),
            line("2026-05-06T10:14:40Z", LineKind::Event, "Order Completed · €84.90", Tone::Good),
            event("2026-05-06T10:14:02Z", "Payment Info Entered · invoice"),
            event("2026-05-06T10:12:55Z", "Checkout Started"),
            event("2026-05-06T10:12:20Z", "Product Added · Trail shoe 42"),
            event("2026-05-06T10:11:31Z", "Product Viewed · Trail shoe 42"),
            event("2026-05-06T10:10:40Z", "Product List Viewed · shoes"),
            event("2026-05-06T10:10:02Z", "Page Viewed · deals"),
            event("2026-05-06T10:09:41Z", "Page Viewed · home, from search ad"),
        ],
    })
}

const RULE: &str = "country in (\"DE\", \"AT\")
and did(\"Order Completed\") >= 2 within 180d
and not did(\"Order Completed\") within 60d
and did(\"Product Viewed\" where categry = \"shoes\")";

pub(crate) fn segments() -> Arc<Segments> {
    let segment = |name: &str, count: u64, rule: &str| Segment {
        name: name.to_owned(),
        version: 2,
        kind: if name == "VIP" { SegmentKind::List } else { SegmentKind::Rule },
        count: Some(count),
        share: Some(count as f64 / 12_431.0),
        rule: rule.to_owned(),
        definition: format!("rule = '{rule}'\n"),
        ..Segment::default()
    };
    Arc::new(Segments {
        sentence: "Four segments; the largest holds four in ten people.".to_owned(),
        people: 12_431,
        rows: vec![
            segment("DACH customers", 4_802, "country in (\"DE\", \"AT\", \"CH\")"),
            segment("lapsing shoe lovers", 1_522, RULE),
            segment("VIP", 310, "a list of 310 identities"),
            segment(
                "cart abandoners",
                88,
                "did(\"Product Added\") within 1d and not did(\"Order Completed\") within 1d",
            ),
        ],
    })
}

pub(crate) fn verdict(ticket: u64, broken: bool) -> Arc<SegmentVerdict> {
    let clause = |line: u32, passes, costs| {
        let before: usize = RULE.lines().take(line as usize - 1).map(|line| line.len() + 1).sum();
        ClauseCount { line, start: before as u32 + 4, passes, costs: Some(costs) }
    };
    let sample = |id, name: Option<&str>, clauses: [Option<bool>; 4], note: &str| SamplePerson {
        id: ProfileId(id),
        name: name.map(str::to_owned),
        clauses: clauses.to_vec(),
        note: note.to_owned(),
    };
    let diagnostic = Diagnostic {
        line: 4,
        column: 32,
        length: 7,
        error: true,
        message: "unknown property `categry` of \"Product Viewed\"".to_owned(),
        help: Some("did you mean `category`?".to_owned()),
        replacement: Some("category".to_owned()),
    };
    let mut clauses = vec![clause(1, 4_802, 0), clause(2, 3_377, 412), clause(3, 7_940, 891)];
    if !broken {
        clauses.push(clause(4, 5_110, 318));
    }
    Arc::new(SegmentVerdict {
        ticket,
        whole: true,
        diagnostics: if broken { vec![diagnostic] } else { Vec::new() },
        count: (!broken).then_some(1_204),
        people: 12_431,
        lines: clauses.clone(),
        clauses,
        change: (!broken).then_some(Change { version: 2, both: 1_071, leave: 451, join: 133 }),
        overlaps: vec![
            ("VIP".to_owned(), 212),
            ("cart recovery".to_owned(), 88),
            ("no consent".to_owned(), 96),
        ],
        lifecycle: vec![("customer".to_owned(), 0.71), ("lapsing".to_owned(), 0.29)],
        sample: vec![
            sample(17, Some("Anne Keller"), [Some(true); 4], "last order 61 d"),
            sample(
                342,
                Some("Marek Oravec"),
                [Some(true), Some(true), Some(true), Some(false)],
                "0 views of shoes",
            ),
            sample(518, None, [None, Some(true), Some(true), Some(true)], "country unknown"),
        ],
        ..SegmentVerdict::default()
    })
}

pub(crate) fn journeys() -> Arc<Journeys> {
    let step = |id: &str, kind, title: &str, here, seen, held| Step {
        ended: 0,
        id: id.to_owned(),
        kind,
        title: title.to_owned(),
        detail: format!("what the definition says of {title}"),
        here: Some(here),
        seen: Some(seen),
        held,
    };
    let edge = |from: &str, to: &str, label: &str| Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        label: label.to_owned(),
    };
    Arc::new(Journeys {
        sentence: "One journey runs, one is a draft.".to_owned(),
        rows: vec![
            Journey {
                name: "cart recovery".to_owned(),
                version: 3,
                state: "running".to_owned(),
                sentence: "Of 4,120 who left a cart, 448 came back and ordered.".to_owned(),
                entered: Some(4_120),
                inside: Some(561),
                goal: Some(448),
                out: Some(3_111),
                steps: vec![
                    step("entry", StepKind::Entry, "cart abandoned", 0, 4_120, 0),
                    step("wait", StepKind::Wait, "wait 2 h", 412, 4_120, 0),
                    step("check", StepKind::Condition, "still in cart?", 0, 3_708, 0),
                    step("test", StepKind::Split, "test: offer", 88, 3_189, 0),
                    step("ten", StepKind::Experience, "e-mail 10 %", 0, 1_480, 60),
                    step("bundle", StepKind::Experience, "e-mail bundle", 0, 1_501, 58),
                    step("rest", StepKind::Wait, "wait 1 d", 61, 2_981, 0),
                    step("goal", StepKind::Goal, "order", 0, 448, 0),
                    step("exit", StepKind::Exit, "exit", 0, 519, 0),
                ],
                edges: vec![
                    edge("entry", "wait", ""),
                    edge("wait", "check", ""),
                    edge("check", "test", "yes"),
                    edge("check", "exit", "no"),
                    edge("test", "ten", "A"),
                    edge("test", "bundle", "B"),
                    edge("ten", "rest", ""),
                    edge("bundle", "rest", ""),
                    edge("rest", "goal", ""),
                ],
            },
            Journey {
                name: "welcome".to_owned(),
                version: 1,
                state: "draft".to_owned(),
                sentence: "Nobody is in it yet.".to_owned(),
                steps: vec![step("entry", StepKind::Entry, "signed up", 0, 0, 0)],
                entered: Some(0),
                inside: Some(0),
                goal: Some(0),
                out: Some(0),
                ..Journey::default()
            },
        ],
    })
}

pub(crate) fn experiments() -> Arc<Experiments> {
    Arc::new(Experiments {
        sentence: "One test runs; two came from outside.".to_owned(),
        rows: vec![cart_test(), email_test(), retention_test()],
    })
}

pub(crate) fn health(name: &str, state: HealthState, detail: &str) -> Health {
    Health { name: name.to_owned(), state, detail: detail.to_owned() }
}

fn cart_test() -> Experiment {
    let metric = |name: &str, role, unit, control, mean, absolute, relative, guardrail| Metric {
        name: name.to_owned(),
        role,
        better: if name.starts_with("unsubscribes") {
            segue::experiment::Better::Lower
        } else {
            segue::experiment::Better::Higher
        },
        unit,
        currency: (unit == Unit::Money).then(|| "€".to_owned()),
        control: Some(control),
        comparisons: vec![Comparison {
            variant: "bundle".to_owned(),
            mean: Some(mean),
            absolute,
            relative,
            p_adjusted: Some(0.021),
            denominator: None,
            belief: None,
            guardrail,
        }],
    };
    Experiment {
        name: "cart recovery: bundle against 10 % off".to_owned(),
        title: "Cart recovery: bundle against 10 % off".to_owned(),
        state: "running, day 6 of 14".to_owned(),
        advice: Advice::KeepRunning,
        sentence: "Bundle brings more orders; 4 days to the planned power.".to_owned(),
        method: "always valid 95 %".to_owned(),
        health: vec![health("sample ratio", HealthState::Fine, "p 0.71: the arms are as large as planned")],
        exposed: 3_104,
        matured: 3_101,
        excluded: 3,
        as_of: Some(time("2026-05-12T14:20:00Z")),
        receipt: "9f2c41aa".to_owned(),
        arms: vec![
            ArmCount { variant: "10 % off".to_owned(), n: 1_540 },
            ArmCount { variant: "bundle".to_owned(), n: 1_561 },
        ],
        metrics: vec![
            metric(
                "orders per person",
                Role::Primary,
                Unit::Plain,
                0.0909,
                0.1256,
                estimate(0.0347, 0.0001, 0.0693),
                estimate(0.382, 0.001, 0.903),
                None,
            ),
            metric(
                "revenue per person",
                Role::Secondary,
                Unit::Money,
                5.61,
                7.02,
                estimate(1.41, -0.92, 3.74),
                estimate(0.251, -0.16, 0.71),
                None,
            ),
            metric(
                "unsubscribes per 1,000",
                Role::Guardrail,
                Unit::PerThousand,
                0.0026,
                0.0019,
                too_few("conversions per arm", 7, 25),
                too_few("conversions per arm", 7, 25),
                Some(GuardrailVerdict::CantTellYet),
            ),
        ],
        notes: vec!["With CUPED: as if 12 % more people had been asked.".to_owned()],
        closer: Default::default(),
    }
}

fn email_test() -> Experiment {
    let comparison = |variant: &str, mean, absolute, relative| Comparison {
        variant: variant.to_owned(),
        mean: Some(mean),
        absolute,
        relative,
        p_adjusted: Some(0.0),
        belief: None,
        guardrail: None,
        denominator: None,
    };
    let visit = Metric {
        name: "visit".to_owned(),
        role: Role::Primary,
        better: segue::experiment::Better::Higher,
        unit: Unit::Share,
        currency: None,
        control: Some(0.1062),
        comparisons: vec![
            comparison("Mens E-Mail", 0.1828, estimate(0.0766, 0.07, 0.0832), estimate(0.721, 0.65, 0.80)),
            comparison(
                "Womens E-Mail",
                0.1514,
                estimate(0.0452, 0.0389, 0.0516),
                estimate(0.426, 0.36, 0.50),
            ),
        ],
    };
    let spend = Metric {
        name: "spend".to_owned(),
        role: Role::Primary,
        better: segue::experiment::Better::Higher,
        unit: Unit::Money,
        currency: Some("$".to_owned()),
        control: Some(0.65),
        comparisons: vec![
            comparison("Mens E-Mail", 1.42, estimate(0.77, 0.49, 1.05), estimate(1.18, 0.65, 1.7)),
            comparison("Womens E-Mail", 1.08, estimate(0.42, 0.17, 0.68), estimate(0.65, 0.2, 1.1)),
        ],
    };
    Experiment {
        name: "email-test".to_owned(),
        title: "email-test".to_owned(),
        state: "imported, finished".to_owned(),
        advice: Advice::Ship,
        sentence: "Both e-mails bring visits; the men's one brings most.".to_owned(),
        method: "fixed 95 %".to_owned(),
        health: vec![health("sample ratio", HealthState::Fine, "p 0.89: the arms are as large as planned")],
        exposed: 64_000,
        matured: 64_000,
        excluded: 0,
        as_of: None,
        receipt: "11ab09c2".to_owned(),
        arms: vec![
            ArmCount { variant: "No E-Mail".to_owned(), n: 21_306 },
            ArmCount { variant: "Mens E-Mail".to_owned(), n: 21_307 },
            ArmCount { variant: "Womens E-Mail".to_owned(), n: 21_387 },
        ],
        metrics: vec![visit, spend],
        notes: Vec::new(),
        closer: Default::default(),
    }
}

fn retention_test() -> Experiment {
    Experiment {
        name: "cookie-cats".to_owned(),
        title: "Gate at level 30 or 40".to_owned(),
        advice: Advice::None,
        sentence: "The arms are not quite the sizes they should be; read with care.".to_owned(),
        health: vec![health(
            "sample ratio",
            HealthState::Doubtful,
            "p 0.0086: were the split even, so large a gap would come up once in 116 tests; look at how players were assigned",
        )],
        ..email_test()
    }
}

pub(crate) fn jobs() -> Arc<Jobs> {
    Arc::new(Jobs {
        rows: vec![
            Job {
                id: 4,
                title: "import order-lines.csv".to_owned(),
                state: JobState::Running,
                unit: "rows".to_owned(),
                done: 318_400,
                total: Some(541_909),
                rate: Some(412_000.0),
                left: Some(Span(543_000)),
                ..Job::default()
            },
            Job {
                id: 3,
                title: "simulate 20,000 people".to_owned(),
                state: JobState::Done,
                unit: "events".to_owned(),
                done: 1_204_331,
                outcome: Some("14 days, 1,204,331 events, seed 7".to_owned()),
                ..Job::default()
            },
            Job {
                id: 2,
                title: "import contacts.xlsx".to_owned(),
                state: JobState::Failed,
                unit: "rows".to_owned(),
                error: Some("contacts.xlsx: this is a spreadsheet, not a text file".to_owned()),
                help: Some("save it as CSV (UTF-8) and import that".to_owned()),
                ..Job::default()
            },
        ],
    })
}

pub(crate) fn clock() -> ClockState {
    ClockState {
        flows: true,
        paused: false,
        speed: Speed::Times(3_600),
        now: time("2026-05-12T14:20:00Z"),
        events_per_second: Some(1_612.0),
    }
}

pub(crate) fn options() -> Options {
    Options { demo: true, mask: true, theme: ThemeName::Dark, ..Options::plain("demo shop", live()) }
}

/// Everything a filled console is told.
pub(crate) fn full() -> Vec<Update> {
    vec![
        Update::Clock(clock()),
        Update::Data(data()),
        Update::People(people()),
        Update::Person(person()),
        Update::Segments(segments()),
        Update::Journeys(journeys()),
        Update::Experiments(experiments()),
        Update::Jobs(jobs()),
    ]
}
