//! Journeys, sentence by sentence.

use segue::contact::policy::OnCap;
use segue::journey::step::State;
use segue::journey::{Ending, StepIndex};
use segue::model::definition::{Definition, Kind};
use segue::model::message::{HeldReason, MessageState};
use segue::model::{Span, Time};
use segue::traffic::Profile;

use crate::lab::{Act, after, begin, definition, experiment, hour, journey, mail, orders, person, policy};

const ADDED: Act = Act::Event("Product Added");
const ORDERED: Act = Act::Event("Order Completed");
const CART: Act = Act::Event("Cart Viewed");

fn recovery(extra: &str) -> Vec<Definition> {
    let text = format!(
        "name = \"recovery\"\n{extra}\n[entry]\nevent = \"Product Added\"\n[goal]\nevent = \"Order Completed\"\n\
         [[step]]\nid = \"wait\"\nwait = \"2h\"\nnext = \"mail\"\n[[step]]\nid = \"mail\"\nexperience = \"offer\"\n\
         next = \"rest\"\n[[step]]\nid = \"rest\"\nwait = \"1d\"\n"
    );
    vec![mail("offer"), journey(&text)]
}

fn ending(profile: &Profile, passage: usize) -> Option<Ending> {
    match profile.passages[passage].enrollment.state {
        State::Out(ending) => Some(ending),
        _ => None,
    }
}

fn sent(profile: &Profile) -> Vec<Time> {
    profile.messages.iter().filter_map(|log| log.sent).collect()
}

#[test]
fn the_last_step_is_an_exit() {
    let acts = [(1.0, ADDED)];
    let profile = after(&recovery(""), &acts, 26.9);
    assert_eq!(sent(&profile), [hour(3.0)]);
    assert_eq!(ending(&profile, 0), None);
    assert_eq!(ending(&after(&recovery(""), &acts, 27.1), 0), Some(Ending::Completed));
}

#[test]
fn goals_and_exit_rules_act_at_once_also_during_a_wait() {
    let profile = after(&recovery(""), &[(1.0, ADDED), (2.5, ORDERED)], 2.6);
    assert_eq!((ending(&profile, 0), sent(&profile)), (Some(Ending::Goal), vec![]));
    let by_event = recovery("[[exit]]\nevent = \"Unsubscribed\"");
    let profile = after(&by_event, &[(1.0, ADDED), (2.5, Act::Event("Unsubscribed"))], 2.6);
    assert_eq!(ending(&profile, 0), Some(Ending::Rule(0)));
    let by_rule = recovery("[[exit]]\nevent = \"never\"\n[[exit]]\nrule = 'did(\"Cart Viewed\")'");
    let profile = after(&by_rule, &[(1.0, ADDED), (2.5, CART)], 2.6);
    assert_eq!(ending(&profile, 0), Some(Ending::Rule(1)), "on any event");
    let by_time = recovery("[[exit]]\nrule = 'not did(\"Product Added\") within 70m'");
    assert_eq!(ending(&after(&by_time, &[(0.8, ADDED)], 1.99), 0), None);
    assert_eq!(
        ending(&after(&by_time, &[(0.8, ADDED)], 2.01), 0),
        Some(Ending::Rule(0)),
        "at the hourly look"
    );
}

#[test]
fn an_exit_rule_that_came_true_since_the_last_look_stops_the_next_message() {
    let by_time = recovery("[[exit]]\nrule = 'not did(\"Product Added\") within 110m'");
    // In at 1:40, the rule turns true at 3:30, the wait ends at 3:40, the next hourly look is at 4:00.
    let profile = after(&by_time, &[(1.0 + 2.0 / 3.0, ADDED)], 3.9);
    assert_eq!((ending(&profile, 0), sent(&profile)), (Some(Ending::Rule(0)), vec![]));
}

#[test]
fn re_entry_by_event_is_after_exit_and_ignored_and_counted_while_inside() {
    let acts = [(1.0, ADDED), (1.5, ADDED), (2.0, ORDERED), (4.0, ADDED)].map(|(at, act)| (1, hour(at), act));
    let mut traffic = begin(&recovery(""), vec![person(1)], &acts);
    traffic.advance(hour(5.0), 1, false);
    let counts = &traffic.counts()[0];
    assert_eq!((counts.entered, counts.already_inside, counts.goal), (2, 1, 1));
    let profile = traffic.profiles().next().unwrap();
    let numbers: Vec<u32> = profile.passages.iter().map(|passage| passage.enrollment.number).collect();
    assert_eq!(numbers, [0, 1]);
    let once = recovery("").into_iter().map(|mut definition| {
        definition.text = definition.text.replace("[goal]", "again = \"never\"\n[goal]");
        definition
    });
    let profile = after(&once.collect::<Vec<_>>(), &[(1.0, ADDED), (2.0, ORDERED), (4.0, ADDED)], 5.0);
    assert_eq!(profile.passages.len(), 1);
}

fn by_rule(rule: &str, wait: &str, backfill: bool) -> Vec<Definition> {
    vec![journey(&format!(
        "name = \"by rule\"\n[entry]\nrule = '{rule}'\nbackfill = {backfill}\n[[step]]\nid = \"wait\"\nwait = \"{wait}\"\n"
    ))]
}

fn entries(definitions: &[Definition], acts: &[(f64, Act)], until: f64) -> (Vec<Time>, u64) {
    let acts: Vec<_> = acts.iter().map(|(at, act)| (1, hour(*at), act.clone())).collect();
    let mut traffic = begin(definitions, vec![person(1)], &acts);
    traffic.advance(hour(until), 1, false);
    let profile = traffic.profiles().next().unwrap();
    let entered = profile.passages.iter().map(|passage| passage.enrollment.entered).collect();
    (entered, traffic.counts()[0].already_inside)
}

#[test]
fn by_rule_only_when_it_turns_true_after_exit_and_after_leaving() {
    let definitions = by_rule("did(\"Cart Viewed\") within 3h", "1h", false);
    let acts = [(1.0, CART), (2.5, CART), (9.0, CART)];
    assert_eq!(entries(&definitions, &acts, 12.0), (vec![hour(1.0), hour(9.0)], 0));
}

#[test]
fn by_rule_turning_true_again_inside_is_ignored_and_counted() {
    let definitions = by_rule("did(\"Cart Viewed\") within 1h", "5h", false);
    let acts = [(1.0, CART), (3.5, CART)];
    assert_eq!(entries(&definitions, &acts, 4.0), (vec![hour(1.0)], 1));
    // Out since 6:00, turned false in between: the next time counts.
    assert_eq!(entries(&definitions, &[(1.0, CART), (3.5, CART), (8.0, CART)], 9.0).0.len(), 2);
}

#[test]
fn no_backfill_unless_asked() {
    let rule = "consent(email, marketing) = granted";
    assert!(entries(&by_rule(rule, "1h", false), &[], 5.0).0.is_empty());
    assert_eq!(entries(&by_rule(rule, "1h", true), &[], 5.0).0, [hour(0.0)]);
}

fn tested(start: &str) -> Vec<Definition> {
    let journey_text = "name = \"tested\"\n[entry]\nevent = \"Product Added\"\n[[step]]\nid = \"test\"\nexperiment = \"offer test\"\n\
        arms = { a = \"mail a\", b = \"wait b\" }\n[[step]]\nid = \"mail a\"\nexperience = \"offer\"\n[[step]]\nid = \"wait b\"\nwait = \"1h\"\n";
    let design =
        format!("name = \"offer test\"\n{start}\n[[variants]]\nname = \"a\"\n[[variants]]\nname = \"b\"\n");
    vec![mail("offer"), orders(), experiment(&design), journey(journey_text)]
}

#[test]
fn the_same_variant_on_re_entry() {
    let acts: Vec<_> = (1..=40)
        .flat_map(|unit| [(unit, hour(1.0), ADDED), (unit, hour(4.0), ADDED), (unit, hour(8.0), ADDED)])
        .collect();
    let mut traffic = begin(&tested(""), (1..=40).map(person).collect(), &acts);
    traffic.advance(hour(12.0), 1, false);
    let mut seen = [0, 0];
    for profile in traffic.profiles() {
        let arms: Vec<_> = profile.passages.iter().map(|passage| passage.enrollment.arms.clone()).collect();
        assert_eq!(arms.len(), 3);
        assert!(arms.iter().all(|arm| *arm == arms[0] && arm.len() == 1), "{arms:?}");
        assert_eq!(profile.exposures.len(), 1, "the first exposure is the one that counts");
        seen[usize::from(profile.exposures[0].variant)] += 1;
    }
    assert!(seen[0] > 5 && seen[1] > 5, "{seen:?}");
}

#[test]
fn exposed_at_the_split_whichever_arm_if_any_arms_message_would_pass() {
    let acts: Vec<_> = (1..=80).map(|unit| (unit, hour(1.0), ADDED)).collect();
    let people = || -> Vec<Profile> {
        let mut people: Vec<Profile> = (1..=80).map(person).collect();
        people
            .iter_mut()
            .filter(|profile| profile.unit % 2 == 0)
            .for_each(|profile| profile.consents.clear());
        people
    };
    let run = |more: &[Definition]| {
        let mut definitions = tested("");
        definitions.extend_from_slice(more);
        let mut traffic = begin(&definitions, people(), &acts);
        traffic.advance(hour(30.0), 1, false);
        traffic.profiles().cloned().collect::<Vec<_>>()
    };
    let exposed = |profiles: &[Profile]| -> Vec<u64> {
        profiles.iter().filter(|profile| !profile.exposures.is_empty()).map(|profile| profile.unit).collect()
    };
    let open = run(&[]);
    let odd: Vec<u64> = (1..=80).filter(|unit| unit % 2 == 1).collect();
    assert_eq!(exposed(&open), odd, "consent decides, not the arm");
    let arms: Vec<u8> = open.iter().flat_map(|profile| &profile.exposures).map(|e| e.variant).collect();
    assert!(arms.contains(&0) && arms.contains(&1));
    // A delay counts as passing; a message that would be skipped does not.
    let quiet = run(&[policy("[[quiet]]\nfrom = \"00:00\"\nto = \"05:00\"")]);
    assert_eq!(exposed(&quiet), odd);
    assert!(
        quiet
            .iter()
            .flat_map(|profile| &profile.messages)
            .filter_map(|log| log.sent)
            .all(|at| at >= hour(5.0))
    );
    for then in ["skip", "hold"] {
        let never = policy(&format!("[[cap]]\nlimit = 0\nwindow = \"1d\"\non_cap = \"{then}\""));
        assert!(exposed(&run(&[never])).is_empty(), "{then}");
    }
}

#[test]
fn who_a_test_is_not_for_goes_on_by_next_and_counts_nowhere() {
    let definitions = tested("targeting = { rule = 'did(\"Cart Viewed\")' }");
    let outside = after(&definitions, &[(1.0, ADDED)], 2.0);
    assert!(outside.exposures.is_empty() && outside.messages.is_empty());
    assert_eq!(ending(&outside, 0), Some(Ending::Completed));
    assert_eq!(after(&definitions, &[(0.5, CART), (1.0, ADDED)], 2.0).exposures.len(), 1);
}

#[test]
fn every_split_and_every_message_is_written_down_with_its_probability() {
    let acts: Vec<_> = (1..=40).map(|unit| (unit, hour(1.0), ADDED)).collect();
    let weights = tested("").into_iter().map(|mut definition| {
        definition.text = definition.text.replace("name = \"a\"\n", "name = \"a\"\nweight = 0.25\n");
        definition.text = definition.text.replace("name = \"b\"\n", "name = \"b\"\nweight = 0.75\n");
        definition
    });
    let mut traffic = begin(&weights.collect::<Vec<_>>(), (1..=40).map(person).collect(), &acts);
    traffic.advance(hour(3.0), 1, false);
    let mut mails = 0;
    for profile in traffic.profiles() {
        let split = profile.decisions[0];
        let Some((0, variant)) = split.variant else { panic!("{split:?}") };
        let chance = [0.25, 0.75][usize::from(variant)];
        assert_eq!((split.content, split.at), (None, hour(1.0)));
        assert!((split.propensity - chance).abs() < 1e-12, "{split:?}");
        let sent: Vec<_> = profile.decisions[1..].iter().collect();
        assert_eq!(sent.len(), usize::from(variant == 0), "nothing is sent to the other arm");
        for mail in sent {
            mails += 1;
            assert_eq!((mail.content, mail.variant), (Some(0), Some((0, 0))));
            assert!((mail.propensity - chance).abs() < 1e-12, "as likely as the arm it came by");
        }
    }
    assert!(mails > 0);
}

#[test]
fn nobody_is_assigned_before_an_experiment_starts() {
    let definitions = tested("start = \"2026-05-04T02:00:00Z\"");
    let profile = after(&definitions, &[(1.0, ADDED)], 1.5);
    assert!(profile.exposures.is_empty() && profile.messages.is_empty());
    assert_eq!(ending(&profile, 0), Some(Ending::Completed), "goes on by `next`");
    assert_eq!(after(&definitions, &[(2.0, ADDED)], 2.5).exposures.len(), 1);
}

#[test]
fn an_arms_content_is_found_behind_conditions_and_splits() {
    let text = "name = \"deep\"\n[entry]\nevent = \"Product Added\"\n[[step]]\nid = \"test\"\nexperiment = \"offer test\"\n\
        arms = { a = \"if\", b = \"out\" }\n[[step]]\nid = \"if\"\ncondition = 'did(\"Cart Viewed\")'\nyes = \"out\"\nno = \"lot\"\n\
        [[step]]\nid = \"lot\"\nsplit = { mail = 0.5, out = 0.5 }\n[[step]]\nid = \"mail\"\nexperience = \"offer\"\n\
        [[step]]\nid = \"out\"\nexit = \"done\"\n";
    let mut definitions = tested("");
    definitions.pop();
    definitions.push(journey(text));
    assert_eq!(after(&definitions, &[(1.0, ADDED)], 2.0).exposures.len(), 1);
}

/// `first` sends one mail at 1:00; `second` wants to send at 2:00, then another an hour later.
fn crowded(policy_text: &str, second: &str) -> Vec<Definition> {
    let first = "name = \"first\"\n[entry]\nevent = \"Product Added\"\n[[step]]\nid = \"mail\"\nexperience = \"one\"\n";
    let second = format!(
        "name = \"second\"\n{second}\n[entry]\nevent = \"Cart Viewed\"\n[[step]]\nid = \"mail\"\nexperience = \"two\"\nnext = \"rest\"\n\
         [[step]]\nid = \"rest\"\nwait = \"1h\"\nnext = \"again\"\n[[step]]\nid = \"again\"\nexperience = \"three\"\n"
    );
    vec![mail("one"), mail("two"), mail("three"), journey(first), journey(&second), policy(policy_text)]
}

const ONE_IN_6_H: &str = "[[cap]]\nlimit = 1\nwindow = \"6h\"\non_cap = \"hold\"";
const BOTH: [(f64, Act); 2] = [(1.0, ADDED), (2.0, CART)];

#[test]
fn a_held_message_goes_at_the_first_free_moment() {
    let profile = after(&crowded(ONE_IN_6_H, ""), &BOTH, 12.0);
    let free = hour(7.0) + Span(1);
    let held = &profile.messages[1];
    assert_eq!((held.at, held.held, held.sent), (hour(2.0), Some(HeldReason::Cap), Some(free)));
    assert_eq!(profile.messages.len(), 3, "{:?}", profile.messages);
    let third = &profile.messages[2];
    assert_eq!((third.at, third.sent), (free + Span::HOUR, None), "a message of its own, held in turn");
}

#[test]
fn a_held_message_waits_for_quiet_hours_too() {
    let text = format!(
        "{ONE_IN_6_H}\n[[quiet]]\nfrom = \"06:30\"\nto = \"09:00\"\n[[quiet]]\nfrom = \"09:00\"\nto = \"10:00\""
    );
    let profile = after(&crowded(&text, ""), &BOTH, 10.5);
    assert_eq!(profile.messages[1].sent, Some(hour(10.0)));
}

#[test]
fn at_release_everything_is_decided_again() {
    let acts = [BOTH[0].clone(), BOTH[1].clone(), (5.0, Act::Outcome(0, MessageState::Unsubscribed))];
    let profile = after(&crowded(ONE_IN_6_H, ""), &acts, 30.0);
    assert_eq!(sent(&profile), [hour(1.0)]);
    assert!(
        profile.messages[1..].iter().all(|log| log.held == Some(HeldReason::Consent)),
        "{:?}",
        profile.messages
    );
}

#[test]
fn a_hold_is_cancelled_by_an_exit() {
    let acts = [BOTH[0].clone(), BOTH[1].clone(), (5.0, ORDERED)];
    let profile = after(&crowded(ONE_IN_6_H, "[[exit]]\nevent = \"Order Completed\""), &acts, 30.0);
    assert_eq!(sent(&profile), [hour(1.0)]);
    assert_eq!(ending(&profile, 1), Some(Ending::Rule(0)));
}

#[test]
fn after_max_hold_a_message_is_skipped_and_the_journey_goes_on() {
    let three_days = "[[cap]]\nlimit = 1\nwindow = \"3d\"\non_cap = \"hold\"";
    let profile = after(&crowded(three_days, ""), &BOTH, 27.5);
    // Held from 2:00 for a day, then the hour's wait, then the next one is held.
    let at: Vec<(Time, Option<Time>)> = profile.messages.iter().map(|log| (log.at, log.sent)).collect();
    assert_eq!(at, [(hour(1.0), Some(hour(1.0))), (hour(2.0), None), (hour(27.0), None)]);
    assert_ne!(profile.messages[1].content, profile.messages[2].content, "the ledger keeps them apart");
    let profile = after(&crowded(three_days, "max_hold = \"3h\""), &BOTH, 7.0);
    assert_eq!(profile.messages[2].at, hour(6.0));
    assert_eq!(profile.passages[1].enrollment.at, StepIndex(2));
}

#[test]
fn what_never_has_room_is_skipped_at_once() {
    for on_cap in [OnCap::Skip, OnCap::Hold] {
        let word = if on_cap == OnCap::Hold { "hold" } else { "skip" };
        let text = format!("[[cap]]\nlimit = 0\nwindow = \"1d\"\non_cap = \"{word}\"");
        let profile = after(&crowded(&text, ""), &BOTH, 3.5);
        assert!(profile.messages.iter().all(|log| log.held == Some(HeldReason::Cap) && log.sent.is_none()));
        assert_eq!(ending(&profile, 1), Some(Ending::Completed), "{word}");
    }
    let profile = after(&crowded("[[cap]]\nlimit = 0\nwindow = \"1d\"\non_cap = \"exit\"", ""), &BOTH, 3.5);
    assert_eq!(ending(&profile, 1), Some(Ending::Cap));
    assert_eq!(profile.messages.len(), 2);
}

#[test]
fn simultaneous_releases_go_by_priority_then_by_how_long_they_were_held() {
    let one = |name: &str, priority: i32, event: &str| {
        journey(&format!(
            "name = \"{name}\"\npriority = {priority}\n[entry]\nevent = \"{event}\"\n[[step]]\nid = \"mail\"\nexperience = \"{name}\"\n"
        ))
    };
    let run = |high: i32| {
        let definitions = [
            mail("first"),
            mail("low"),
            mail("high"),
            one("first", 0, "Product Added"),
            one("low", 1, "Cart Viewed"),
            one("high", high, "Checkout Started"),
            policy(ONE_IN_6_H),
        ];
        let acts = [(1.0, ADDED), (2.0, CART), (3.0, Act::Event("Checkout Started"))];
        let profile = after(&definitions, &acts, 8.0);
        profile.messages.iter().map(|log| log.sent.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(run(9), [true, false, true], "the higher priority though held later");
    assert_eq!(run(1), [true, true, false], "of equal priority the one held for longer");
}

#[test]
fn rules_of_a_run_may_name_segments_and_lists() {
    let segments = [
        definition(Kind::Segment, "name = \"eager\"\nrule = 'did(\"Cart Viewed\") >= 2'"),
        definition(Kind::Segment, "name = \"friends\"\nlist = [\"email:p1@example.com\"]"),
        definition(Kind::Segment, "name = \"both\"\nintersect = [\"eager\", \"friends\"]"),
    ];
    for name in ["eager", "friends", "both"] {
        let mut definitions = by_rule(&format!("in segment \"{name}\""), "1h", true);
        definitions.extend(segments.clone());
        let expected = if name == "friends" { hour(0.0) } else { hour(2.0) };
        assert_eq!(entries(&definitions, &[(1.0, CART), (2.0, CART)], 4.0).0, [expected], "{name}");
    }
}

#[test]
fn a_visit_is_over_half_an_hour_after_its_latest_event() {
    let acts = [(1.0, ADDED), (1.25, CART)];
    let intent = |until: f64| after(&[], &acts, until).intent.as_deref().map(str::to_owned);
    assert_eq!(intent(1.1).as_deref(), Some("considering"));
    assert_eq!(intent(1.74).as_deref(), Some("considering"));
    assert_eq!(intent(1.76), None);
}
