//! What lies ahead, policies side by side, who gets what and where people are lost: recounted by hand over a few people.

use segue::model::definition::{Definition, Kind};
use segue::model::message::{HeldReason, MessageState};
use segue::model::{ProfileId, Span, Time};
use segue::panel::Origin;
use segue::panel::contact::compare::{Kind as Column, variations};
use segue::panel::contact::forecast::Basis;
use segue::panel::contact::gates::Asked;
use segue::panel::contact::{Comparison, FatigueInFull, Forecast, GateLosses, Grid, Scene};
use segue::panel::crowd::{AtHand, Crowd};
use segue::traffic::{Profile, Source, Stillness, Traffic};

use crate::lab::{Act, START, begin, definition, hour, journey, mail, person, policy, setup};

const CAP: &str = "[[cap]]\nchannels = [\"email\"]\nlimit = 3\nwindow = \"7d\"\non_cap = \"skip\"\n";

/// Mails every day from when somebody comes in; a second journey every two days.
fn plans() -> Vec<Definition> {
    let loops = |name: &str, send: &str, wait: &str, rule: &str| {
        journey(&format!(
            "name = \"{name}\"\n[entry]\nrule = '{rule}'\nbackfill = true\n[[step]]\nid = \"send\"\nexperience = \"{send}\"\nnext = \"wait\"\n[[step]]\nid = \"wait\"\nwait = \"{wait}\"\nnext = \"send\"\n"
        ))
    };
    let rule = "consent(email, marketing) = granted";
    vec![
        mail("daily"),
        mail("other"),
        loops("every day", "daily", "1d", rule),
        loops("every other", "other", "2d", rule),
        policy(CAP),
    ]
}

fn scene<'a, S: Source>(traffic: &'a Traffic<S>) -> Scene<'a> {
    Scene {
        crowd: Crowd::AtHand(AtHand::of(
            Box::new(|| traffic.profiles().collect()),
            traffic.setup(),
            traffic.now(),
            None,
        )),
        setup: traffic.setup(),
        now: traffic.now(),
        origin: Origin::Simulated { seed: 7 },
        recorded: None,
    }
}

/// When a person's sends first fill the cap, by counting every pair of moments.
fn filled(profile: &Profile, limit: usize) -> Option<Time> {
    let sends: Vec<Time> = profile.sends.iter().map(|sent| sent.at).collect();
    sends.iter().copied().find(|at| {
        sends.iter().filter(|other| **other <= *at && **other >= at.back(Span::days(7))).count() >= limit
    })
}

#[test]
fn a_forecast_finds_whoever_fills_a_cap_and_whose_messages_fill_it() {
    let mut nobody = person(3);
    nobody.consents.clear();
    let people = vec![person(1), person(2), nobody];
    let mut traffic = Traffic::new(setup(&plans()), Stillness, people, START);
    let from = traffic.now();
    traffic.advance(from + Span::days(14), 2, false);
    let forecast = Forecast::of(traffic.profiles(), traffic.setup(), from, 14, Basis::Planned);
    assert_eq!((forecast.people, forecast.reach), (3, 2), "{forecast:?}");
    let cap = &forecast.caps[0];
    assert_eq!((cap.at_now, cap.reach, cap.by_day.iter().sum::<u64>()), (0, 2, 2));
    for (profile, reached) in traffic.profiles().zip([true, true, false]) {
        let by_hand = filled(profile, 3).filter(|at| *at >= from);
        assert_eq!(by_hand.is_some(), reached, "{}", profile.id);
        let told = forecast.first.iter().find(|person| person.profile == profile.id);
        assert_eq!(told.map(|person| person.at), by_hand, "{}", profile.id);
    }
    // Both mails go at once, the daily one again a day later: two slots and one.
    let slots: Vec<(&str, u64)> =
        cap.slots.iter().map(|slot| (slot.journey.as_deref().unwrap(), slot.messages)).collect();
    assert_eq!(slots, [("every day", 4), ("every other", 2)]);
    let sent: u64 = forecast.journeys.iter().map(|journey| journey.sent).sum();
    let logged = traffic.profiles().flat_map(|profile| &profile.messages).filter(|log| log.sent.is_some());
    assert_eq!(sent, logged.count() as u64);
    assert!(
        forecast.sentence.starts_with("2 people will reach a cap within 14 days"),
        "{}",
        forecast.sentence
    );
}

#[test]
fn a_forecast_counts_who_is_at_a_cap_already_apart_and_touches_nothing() {
    let mut traffic = Traffic::new(setup(&plans()), Stillness, vec![person(1)], START);
    traffic.advance(START + Span::days(3), 1, false);
    let before = traffic.profiles().next().unwrap().sends.len();
    let mut copy = traffic.clone();
    let from = copy.now();
    copy.advance(from + Span::days(2), 1, false);
    let forecast = Forecast::of(copy.profiles(), copy.setup(), from, 2, Basis::Planned);
    assert_eq!((forecast.caps[0].at_now, forecast.caps[0].reach), (1, 0), "{forecast:?}");
    assert_eq!(traffic.profiles().next().unwrap().sends.len(), before, "the original stands where it stood");
    assert!(forecast.sentence.starts_with("Nobody new"), "{}", forecast.sentence);
}

#[test]
fn policies_are_compared_on_what_was_due_and_the_budget_is_one_of_them() {
    let text = format!("{CAP}[pressure]\nhalf_life = \"3d\"\nbudget = 0.5\nenforce = false\n");
    let mut definitions = plans();
    definitions.pop();
    definitions.push(policy(&text));
    let mut traffic = Traffic::new(setup(&definitions), Stillness, vec![person(1), person(2)], START);
    traffic.advance(START + Span::days(6), 1, false);
    let scene = scene(&traffic);
    let compared = Comparison::of(&scene, &variations(scene.rules())).unwrap();
    let kinds: Vec<Column> = compared.policies.iter().map(|policy| policy.kind).collect();
    assert_eq!(kinds, [Column::InForce, Column::Budget, Column::Caps, Column::Caps]);
    let [ours, budget, lower, higher] = &compared.policies[..] else { panic!() };
    let logs = || traffic.profiles().flat_map(|profile| &profile.messages);
    assert_eq!(compared.due, logs().count() as u64, "held messages were due as well");
    assert_eq!(ours.sent, logs().filter(|log| log.sent.is_some()).count() as u64, "as it went");
    assert_eq!(ours.held["cap"], logs().filter(|log| log.held == Some(HeldReason::Cap)).count() as u64);
    for policy in &compared.policies {
        assert_eq!(policy.sent + policy.held_in_all, compared.due, "{policy:?}");
        assert_eq!(policy.held.values().sum::<u64>(), policy.held_in_all);
    }
    assert!(budget.sent < ours.sent && budget.held.contains_key("fatigue"), "{budget:?}");
    assert_eq!((budget.fewer, budget.more, higher.more), (2, 0, 2));
    assert!(lower.sent < ours.sent && ours.sent < higher.sent);
}

#[test]
fn fatigue_in_full_counts_messages_holds_and_what_followed() {
    let outcome = |hours, message, state| (1_u64, hour(hours), Act::Outcome(message, state));
    let acts = [
        outcome(0.5, 0, MessageState::Delivered),
        outcome(0.6, 1, MessageState::Delivered),
        outcome(0.7, 0, MessageState::Clicked),
        outcome(24.5, 2, MessageState::Delivered),
        outcome(24.7, 2, MessageState::Unsubscribed),
    ];
    let mut traffic = begin(&plans(), vec![person(1), person(2)], &acts);
    traffic.advance(START + Span::days(4), 1, false);
    let page = FatigueInFull::of(&scene(&traffic));
    assert_eq!(page.about.people, 2);
    assert_eq!(page.messages.iter().map(|share| share.people).sum::<u64>(), 2);
    assert_eq!(page.pressure.iter().map(|share| share.people).sum::<u64>(), 2);
    assert_eq!(page.messages[3].people, 2, "three each: {:?}", page.messages);
    assert_eq!((page.caps[0].at, page.caps[0].holds_for), (2, 2));
    let number = |n: usize| {
        let of = &page.by_number[n - 1];
        (of.delivered, of.clicked, of.unsubscribed)
    };
    // The two of the first moment are both the second within the window at that moment.
    assert_eq!((number(1), number(2), number(3)), ((0, 0, 0), (2, 1, 0), (1, 0, 1)));
    let cautions = &page.by_number[1].click_share.estimate().unwrap().cautions;
    assert!(cautions.contains(&segue::stats::Caution::Association));
    let held: u64 = page.held.as_ref().unwrap().iter().map(|row| row.held).sum();
    let logged =
        traffic.profiles().flat_map(|profile| &profile.messages).filter(|log| log.held.is_some()).count();
    assert_eq!(held, logged as u64);
    let by_reason = page.held_by.unwrap();
    assert_eq!(
        by_reason.iter().map(|(_, n)| n).sum::<u64>(),
        held,
        "who left is not written to, the others meet the cap"
    );
    assert!(by_reason.iter().any(|(reason, _)| reason == "cap"), "{by_reason:?}");
}

#[test]
fn gates_account_for_everybody_and_the_grid_for_every_stage() {
    let mut silent = person(2);
    silent.consents.clear();
    let mut unknown = person(3);
    unknown.identities.retain(|identity| identity.namespace != "email");
    let hero = "name = \"hero\"\nform = \"hero\"\nchannel = \"web\"\npurpose = \"onsite\"\nplacements = [\"home\"]\nsubject = \"x\"\nonly_if = 'consent(email, marketing) = granted'";
    let mut definitions = plans();
    definitions.push(definition(Kind::Experience, hero));
    let mut traffic = Traffic::new(setup(&definitions), Stillness, vec![person(1), silent, unknown], START);
    traffic.advance(START + Span::hours(2), 1, false);
    let scene = scene(&traffic);
    let losses = GateLosses::of(&scene);
    for subject in &losses.subjects {
        let lost: u64 = subject.gates.iter().map(|gate| gate.lost).sum();
        assert_eq!(lost + subject.reached, 3, "{}", subject.name);
        assert_eq!(subject.without.iter().map(|(_, n)| n).sum::<u64>(), lost, "{}", subject.name);
        assert_eq!(subject.gates.last().unwrap().left, subject.reached, "{}", subject.name);
    }
    let messages = losses.subjects.iter().find(|subject| subject.kind == Asked::Messages).unwrap();
    let lost: Vec<(&str, u64)> =
        messages.gates.iter().filter(|g| g.lost > 0).map(|g| (g.gate.as_str(), g.lost)).collect();
    assert_eq!(lost, [("identity", 1), ("consent", 1)]);
    let left: Vec<ProfileId> = messages.some.iter().map(|left| left.profile).collect();
    assert_eq!(left, [ProfileId(2), ProfileId(3)]);
    let home = losses.find("home").unwrap();
    assert_eq!((home.reached, home.kind), (1, Asked::Placement));
    assert_eq!(losses.find("every day").unwrap().reached, 1);
    let grid = Grid::of(&scene);
    let rows = grid.rows.iter().filter(|row| row.people > 0);
    assert_eq!(rows.clone().map(|row| row.people).sum::<u64>(), 3, "nobody is in a session");
    for row in rows {
        for cell in &row.cells {
            assert_eq!(cell.people == 0, cell.empty.is_some(), "{} {:?}", row.name, cell);
        }
    }
}
