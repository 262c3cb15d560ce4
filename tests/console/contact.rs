//! The contact view filled with figures that fit each other.

use std::sync::Arc;

use segue::model::message::HeldReason;
use segue::model::{Channel, ProfileId};
use segue::panel::Origin;
use segue::panel::contact::compare::{self, Outcome};
use segue::panel::contact::fatigue::{Budget, CapNow, HeldOf, Response, Share};
use segue::panel::contact::forecast::{Basis, CapAhead, JourneyAhead, Reaching, Slot};
use segue::panel::contact::gates::{Asked, GateStep, Left, Subject as Losing};
use segue::panel::contact::grid::{self, Cell, Measured};
use segue::panel::contact::why::{Answer, Filling, Flip, Question, Standing, Stood, Subject};
use segue::panel::contact::{About, Comparison, FatigueInFull, Forecast, GateLosses, Grid};
use segue::tui::{ContactPage, Update};

use crate::console::{estimate, gate, time, too_few};

const NOW: &str = "2026-05-12T14:20:00Z";
const PEOPLE: u64 = 10_320;

fn about() -> About {
    About { origin: Origin::Simulated { seed: 7 }, at: time(NOW), people: PEOPLE }
}

fn shares(rows: &[(&str, u64)]) -> Vec<Share> {
    let share = |n: u64| n as f64 / PEOPLE as f64;
    rows.iter().map(|(label, n)| Share { label: (*label).to_owned(), people: *n, share: share(*n) }).collect()
}

fn response(label: &str, delivered: u64, clicked: (f64, f64, f64), left: (f64, f64, f64)) -> Response {
    Response {
        label: label.to_owned(),
        delivered,
        clicked: (clicked.0 * delivered as f64) as u64,
        unsubscribed: (left.0 * delivered as f64 / 1_000.0) as u64,
        click_share: estimate(clicked.0, clicked.1, clicked.2),
        unsubscribe_per_thousand: estimate(left.0, left.1, left.2),
    }
}

fn fatigue() -> FatigueInFull {
    let held = |journey: &str, sent, reasons: &[(HeldReason, u64)]| HeldOf {
        journey: Some(journey.to_owned()),
        sent,
        held: reasons.iter().map(|(_, n)| n).sum(),
        by_reason: reasons.iter().map(|(reason, n)| (reason.name().to_owned(), *n)).collect(),
    };
    let cap = |cap: &str, at, one_below| CapNow {
        cap: cap.to_owned(),
        holds_for: PEOPLE,
        at,
        share: at as f64 / PEOPLE as f64,
        one_below,
    };
    use HeldReason::{Cap, Consent, QuietHours};
    FatigueInFull {
        sentence: "1,135 people (11 %) are at the cap email: 4 in 7d; unsubscribes rise with pressure."
            .to_owned(),
        about: about(),
        days: 7,
        messages: shares(&[
            ("0", 3_199),
            ("1", 2_477),
            ("2", 1_754),
            ("3", 1_755),
            ("4", 1_135),
            ("5", 0),
            ("6", 0),
            ("7+", 0),
        ]),
        pressure: shares(&[
            ("none", 2_820),
            ("under ½", 1_660),
            ("½ to 1", 2_240),
            ("1 to 1½", 1_750),
            ("1½ to 2", 1_060),
            ("2 to 3", 690),
            ("3 and more", 100),
        ]),
        budget: Some(Budget { budget: 2.5, enforced: false, over: 412, share: 0.04 }),
        caps: vec![cap("email: 4 in 7d", 1_135, 1_755), cap("email, offer: 2 in 3d", 122, 1_967)],
        sent: Some(19_870),
        held_by: Some(vec![
            ("cap".to_owned(), 855),
            ("quiet hours".to_owned(), 217),
            ("consent".to_owned(), 132),
        ]),
        held: Some(vec![
            held("newsletter", 12_816, &[(Cap, 526), (QuietHours, 212)]),
            held("cart recovery", 4_129, &[(Cap, 228), (Consent, 119), (QuietHours, 5)]),
            held("after purchase", 2_442, &[(Cap, 101), (Consent, 13)]),
        ]),
        by_number: vec![
            response("1st", 9_492, (0.030, 0.027, 0.034), (0.9, 0.5, 1.8)),
            response("2nd", 7_329, (0.031, 0.027, 0.035), (1.6, 0.9, 2.8)),
            response("3rd", 3_024, (0.064, 0.056, 0.073), (3.0, 1.6, 5.7)),
            response("4th", 1_641, (0.069, 0.058, 0.082), (8.8, 5.3, 14.6)),
        ],
        by_pressure: vec![
            response("none", 9_495, (0.030, 0.027, 0.034), (0.9, 0.5, 1.8)),
            response("½ to 1", 8_210, (0.038, 0.034, 0.042), (2.0, 1.2, 3.2)),
            response("1½ to 2", 3_180, (0.082, 0.073, 0.092), (5.3, 3.3, 8.5)),
            response("2 to 3", 601, (0.076, 0.058, 0.101), (14.9, 7.9, 28.2)),
        ],
        costs: Vec::new(),
        unknown: Vec::new(),
    }
}

fn forecast() -> Forecast {
    let slot = |journey: &str, messages, share| Slot { journey: Some(journey.to_owned()), messages, share };
    let ahead = |journey: &str, sent, held, held_by_cap| JourneyAhead {
        journey: Some(journey.to_owned()),
        sent,
        held,
        held_by_cap,
    };
    let names = ["Anne Keller", "Marek Oravec", "Ines Duarte", "Jonas Weber"];
    let reaching = |index: i64| Reaching {
        profile: ProfileId(2_040 + index),
        name: Some(names[index as usize % names.len()].to_owned()),
        cap: "email: 4 in 7d".to_owned(),
        at: time("2026-05-12T14:31:00Z") + segue::model::Span::minutes(index * 9),
        slots: "newsletter 2, cart recovery 2".to_owned(),
    };
    Forecast {
        sentence: "2,310 people will reach a cap within 14 days; newsletter takes 62 % of the slots."
            .to_owned(),
        basis: Basis::PlayedOn,
        from: time(NOW),
        days: 14,
        people: PEOPLE,
        reach: 2_310,
        caps: vec![
            CapAhead {
                cap: "email: 4 in 7d".to_owned(),
                limit: 4,
                at_now: 1_135,
                reach: 2_104,
                by_day: vec![301, 266, 240, 201, 180, 166, 150, 131, 118, 99, 84, 70, 56, 42],
                slots: vec![
                    slot("newsletter", 5_218, 0.62),
                    slot("cart recovery", 2_357, 0.28),
                    slot("after purchase", 841, 0.10),
                ],
            },
            CapAhead {
                cap: "email, offer: 2 in 3d".to_owned(),
                limit: 2,
                at_now: 122,
                reach: 403,
                by_day: vec![40, 38, 36, 34, 32, 30, 29, 28, 27, 25, 24, 22, 20, 18],
                slots: vec![slot("cart recovery", 798, 0.99), slot("win-back", 8, 0.01)],
            },
        ],
        journeys: vec![
            ahead("newsletter", 26_328, 5_351, 1_518),
            ahead("cart recovery", 8_056, 979, 519),
            ahead("after purchase", 4_855, 323, 280),
        ],
        first: (0..40).map(reaching).collect(),
    }
}

fn comparison() -> Comparison {
    let outcome = |policy: &str, kind, cap: u64, fatigue: u64, fewer, more| Outcome {
        policy: policy.to_owned(),
        kind,
        sent: 20_725 - cap - fatigue,
        delayed: 217,
        held_in_all: cap + fatigue,
        held: [("cap", cap), ("fatigue", fatigue)]
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(reason, n)| (reason.to_owned(), n))
            .collect(),
        fewer,
        more,
    };
    use compare::Kind;
    Comparison {
        sentence: "Of 20,725 messages due, “default” lets 19,870 go; enforcing the budget would have held 1,204 more."
            .to_owned(),
        about: about(),
        due: 20_725,
        since: Some(time("2026-04-23T00:00:00Z")),
        policies: vec![
            outcome("default", Kind::InForce, 855, 0, 0, 0),
            outcome("budget enforced", Kind::Budget, 640, 1_419, 983, 0),
            outcome("caps one lower", Kind::Caps, 3_310, 0, 1_755, 0),
            outcome("caps one higher", Kind::Caps, 190, 0, 0, 611),
            outcome("strict", Kind::Other, 9_004, 0, 5_121, 0),
        ],
        note: "what people would have done is not known from this: a held message is taken as not clicked".to_owned(),
    }
}

fn grid() -> Grid {
    let channels = vec![Channel::Email, Channel::Sms, Channel::Push, Channel::Web, Channel::App];
    let row = |kind, name: &str, people: u64, mail: (f64, &str), hero: &str, uplift| {
        let cell = |channel: Channel| {
            let (share, what) = match channel {
                Channel::Email => mail,
                Channel::Web => (1.0, hero),
                _ => (0.0, ""),
            };
            let got = (people as f64 * share).round() as u64;
            Cell {
                channel,
                people: got,
                share,
                what: if what.is_empty() { Vec::new() } else { vec![(what.to_owned(), got)] },
                uplift: if channel == Channel::Email { Clone::clone(&uplift) } else { None },
                empty: (got == 0).then(|| format!("nothing is made for {channel}")),
            }
        };
        grid::Row { kind, name: name.to_owned(), people, cells: channels.iter().copied().map(cell).collect() }
    };
    let measured = |relative| {
        Some(Measured {
            experiment: "cart recovery: bundle against 10 % off".to_owned(),
            variant: "bundle".to_owned(),
            metric: "orders".to_owned(),
            units: 1_204,
            relative,
        })
    };
    use grid::Kind::{Intent, Lifecycle};
    let top = "hero: top sellers";
    Grid {
        sentence: "Every stage gets something; 18 of 30 cells are empty.".to_owned(),
        about: about(),
        days: 14,
        rows: vec![
            row(
                Lifecycle,
                "lapsing",
                960,
                (0.78, "newsletter"),
                top,
                measured(too_few("conversions per arm", 15, 25)),
            ),
            row(
                Lifecycle,
                "loyal",
                1_311,
                (0.90, "newsletter"),
                top,
                measured(estimate(-0.057, -0.57, 1.05)),
            ),
            row(
                Lifecycle,
                "customer",
                4_040,
                (0.91, "newsletter"),
                top,
                measured(estimate(0.49, 0.02, 1.51)),
            ),
            row(Lifecycle, "lead", 6_120, (0.77, "newsletter"), top, measured(estimate(0.36, -0.11, 1.07))),
            row(Intent, "transacting", 12, (0.92, "newsletter"), "hero: bought together", None),
            row(Intent, "exploring", 61, (0.81, "newsletter"), "hero: something new", None),
        ],
        channels,
        empty: (18, 30),
    }
}

fn gates() -> GateLosses {
    let people = 12_431;
    let subject = |name: &str, kind, lost: &[(&str, u64)]| {
        let mut left = people;
        let steps =
            ["identity", "consent", "do not contact", "holdout", "eligibility", "caps", "quiet hours"];
        let gates: Vec<GateStep> = steps
            .iter()
            .map(|gate| {
                let lost = lost.iter().find(|(known, _)| known == gate).map_or(0, |(_, n)| *n);
                left -= lost;
                GateStep { gate: (*gate).to_owned(), lost, left }
            })
            .collect();
        let nothing = people - left;
        let some = (0..nothing.min(20) as i64).map(|index| Left {
            profile: ProfileId(30 + index * 7),
            name: (index % 3 != 1).then(|| "Ines Duarte".to_owned()),
            gate: if index % 2 == 0 { "consent" } else { "caps" }.to_owned(),
        });
        Losing {
            name: name.to_owned(),
            kind,
            sentence: format!(
                "{left} of {people} may be sent a message now; most others are lost at consent."
            ),
            people,
            gates,
            reached: left,
            without: if nothing > 0 {
                vec![("customer".to_owned(), nothing / 2), ("lead".to_owned(), nothing - nothing / 2)]
            } else {
                Vec::new()
            },
            some: some.collect(),
        }
    };
    let lost = [("identity", 39), ("consent", 2_583), ("do not contact", 121), ("caps", 1_136)];
    GateLosses {
        about: About { people, ..about() },
        subjects: vec![
            subject("every message", Asked::Messages, &lost),
            subject("anything at all", Asked::Anything, &[]),
            subject("home.hero", Asked::Placement, &[]),
            subject(
                "cart recovery",
                Asked::Journey,
                &[("identity", 39), ("consent", 2_672), ("caps", 1_633)],
            ),
            subject("newsletter", Asked::Journey, &lost),
        ],
    }
}

/// Everything an open contact view is told.
pub(crate) fn pages() -> Vec<Update> {
    [
        ContactPage::Fatigue(Arc::new(fatigue())),
        ContactPage::Policies(Ok(Arc::new(comparison()))),
        ContactPage::Grid(Arc::new(grid())),
        ContactPage::Gates(Arc::new(gates())),
        ContactPage::Forecast(Ok(Arc::new(forecast()))),
    ]
    .map(Update::Contact)
    .into()
}

fn flip(changes: &[&str], then: &str, effort: f64) -> Flip {
    Flip {
        changes: changes.iter().map(|change| (*change).to_owned()).collect(),
        then: then.to_owned(),
        effort,
    }
}

/// The answer to a question about a held message.
pub(crate) fn held(question: Question) -> Answer {
    let sent = |at: &str, what: &str, journey: &str| Filling {
        at: time(at),
        what: what.to_owned(),
        journey: Some(journey.to_owned()),
        channel: Channel::Email,
    };
    Answer {
        question,
        name: Some("Anne Keller".to_owned()),
        sentence: "“10 % off e-mail”: held: cap, free 2026-05-14 09:12. With waiting 1 d 18 h, until 2026-05-14 09:12: it may go."
            .to_owned(),
        outcome: "“10 % off e-mail”: held: cap, free 2026-05-14 09:12.".to_owned(),
        at: time(NOW),
        standing: Some(Standing::Held),
        gates: vec![
            gate("identity", true, "reachable on email"),
            gate("consent", true, "marketing by email is granted"),
            gate("do not contact", true, "no entry"),
            gate("eligibility", true, "“10 % off e-mail” asks for its own rule"),
            gate("caps", false, "4 of 4 in 7d, free 2026-05-14 09:12; filled by newsletter, bundle e-mail, newsletter, purchase CSAT"),
        ],
        full: Some((
            "email: 4 in 7d".to_owned(),
            vec![
                sent("2026-05-12T10:02:00Z", "newsletter", "newsletter"),
                sent("2026-05-10T18:40:00Z", "bundle e-mail", "cart recovery"),
                sent("2026-05-09T08:15:00Z", "newsletter", "newsletter"),
                sent("2026-05-07T09:12:00Z", "purchase CSAT", "after purchase"),
            ],
        )),
        losers: Vec::new(),
        hashes: Vec::new(),
        flips: vec![
            flip(&["a limit of 5 instead of 4 (email: 4 in 7d)"], "it may go", 1.0),
            flip(&["waiting 1 d 18 h, until 2026-05-14 09:12"], "it may go", 1.8),
        ],
        stood: Vec::new(),
        note: "decided again on what was known then, under today's definitions; every change was tried by deciding again"
            .to_owned(),
    }
}

/// The answer to a question about everything for one person.
pub(crate) fn everything(question: Question) -> Answer {
    let one = |name: &str, standing, detail: &str, flips: Option<Flip>| Stood {
        subject: Subject::Message(name.to_owned()),
        name: name.to_owned(),
        standing,
        detail: detail.to_owned(),
        flip: flips,
    };
    Answer {
        sentence: "1 of 3 messages may go to this person now.".to_owned(),
        outcome: "1 of 3 messages may go to this person now.".to_owned(),
        standing: None,
        gates: Vec::new(),
        full: None,
        flips: Vec::new(),
        stood: vec![
            one("home.hero", Standing::Shown, "“hero: top sellers” is shown", None),
            one("newsletter", Standing::Goes, "it may go", None),
            one(
                "10 % off e-mail",
                Standing::Held,
                "caps: 2 of 2 in 3d, free 2026-05-14 09:12; filled by bundle e-mail, 10 % off e-mail",
                Some(flip(&["a limit of 3 instead of 2 (email, offer: 2 in 3d)"], "it may go", 1.0)),
            ),
            one(
                "purchase CSAT",
                Standing::Held,
                "consent: survey by email is denied",
                Some(flip(&["their consent to survey by email"], "it may go", 4.0)),
            ),
        ],
        note: "decided on what is known now; every change was tried by deciding again".to_owned(),
        ..held(question)
    }
}
