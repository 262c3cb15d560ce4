//! The smallest change that turns a decision round, and what a why shows of full caps, losers and hashes.

use segue::decide::Context;
use segue::model::Channel;
use segue::model::consent::{ConsentState, SuppressionReason};
use segue::panel::Origin;
use segue::panel::contact::Scene;
use segue::panel::contact::why::{Answer, Question, Standing, Subject, ask};
use segue::panel::crowd::{AtHand, Crowd};
use segue::traffic::{MessageLog, Profile};

use crate::shop::{NOW, Shop, days, experiment, mail, message, person, policy};

fn why(shop: &Shop, who: &Profile, subject: Subject) -> Answer {
    at(shop, who, subject, None)
}

fn at(shop: &Shop, who: &Profile, subject: Subject, at: Option<segue::model::Time>) -> Answer {
    let origin = Origin::Simulated { seed: 7 };
    let crowd = Crowd::AtHand(AtHand::of(Box::new(|| vec![who]), &shop.0, NOW, None));
    let scene = Scene { crowd, setup: &shop.0, now: NOW, origin, recorded: None };
    ask(&scene, &Question { profile: who.id, subject, at }, &Context::default()).unwrap()
}

fn news() -> Subject {
    Subject::Message("news".to_owned())
}

fn smallest(answer: &Answer) -> &str {
    assert!(answer.flips.is_sorted_by(|a, b| a.effort <= b.effort), "{:?}", answer.flips);
    let flip = answer.flips.first().unwrap();
    assert_eq!(flip.changes.len(), 1, "one change is enough: {flip:?}");
    &flip.changes[0]
}

const WEEKLY: &str = "[[cap]]\nchannels = [\"email\"]\nlimit = 2\nwindow = \"7d\"\non_cap = \"hold\"\n";

#[test]
fn a_full_cap_is_turned_round_by_waiting_or_by_room_for_one_more_whichever_is_less() {
    let shop = Shop::new(&[mail("news", &[]), mail("offer", &[]), policy(WEEKLY)]);
    let mut anne = person(1);
    anne.sends = shop.sent(&[("news", days(6.9)), ("offer", days(1.0))]);
    let soon = why(&shop, &anne, news());
    assert_eq!(soon.standing, Some(Standing::Held));
    assert!(smallest(&soon).starts_with("waiting 2 h"), "{:?}", soon.flips);
    assert!(soon.flips[1].changes[0].starts_with("a limit of 3 instead of 2"), "{:?}", soon.flips);
    let (cap, filled) = soon.full.clone().unwrap();
    assert_eq!(cap, "email: 2 in 7d");
    let names: Vec<&str> = filled.iter().map(|sent| sent.what.as_str()).collect();
    assert_eq!(names, ["offer", "news"], "the newest first");
    anne.sends = shop.sent(&[("news", days(2.0)), ("offer", days(1.0))]);
    let late = why(&shop, &anne, news());
    assert!(smallest(&late).starts_with("a limit of 3 instead of 2"), "{:?}", late.flips);
}

#[test]
fn consent_do_not_contact_and_rules_are_each_found_alone() {
    let shop = Shop::new(&[
        mail("news", &[]),
        message("german", "email", "marketing", "only_if = 'country = \"DE\"'"),
    ]);
    let mut anne = person(1);
    assert_eq!(why(&shop, &anne, news()).standing, Some(Standing::Goes));
    assert!(smallest(&why(&shop, &anne, Subject::Message("german".to_owned()))).contains("without its rule"));
    for record in anne.consents.iter_mut().filter(|record| record.channel == Channel::Email) {
        record.state = ConsentState::Denied;
    }
    let denied = why(&shop, &anne, news());
    assert_eq!(smallest(&denied), "their consent to marketing by email");
    assert_eq!(denied.flips.len(), 1, "nothing else alone opens it: {:?}", denied.flips);
    let mut bo = person(2);
    bo.suppressions.push(segue::contact::suppression::Entry {
        channel: Channel::Email,
        reason: SuppressionReason::Complained,
        at: NOW.back(days(3.0)),
        address: Some(1),
    });
    assert!(smallest(&why(&shop, &bo, news())).contains("complained"), "{:?}", why(&shop, &bo, news()).flips);
}

#[test]
fn where_no_single_change_is_enough_two_are_found_together() {
    let shop = Shop::new(&[mail("news", &[])]);
    let mut anne = person(1);
    anne.identities.retain(|identity| identity.namespace != "email");
    anne.consents.retain(|record| record.channel != Channel::Email);
    let answer = why(&shop, &anne, news());
    let flip = answer.flips.first().unwrap();
    assert_eq!(flip.changes, ["an address for email", "their consent to marketing by email"], "{answer:?}");
    assert!(answer.sentence.contains(" and "), "{}", answer.sentence);
}

#[test]
fn what_went_is_told_what_would_have_stopped_it() {
    let shop = Shop::new(&[mail("news", &[]), policy(WEEKLY)]);
    let mut anne = person(1);
    anne.sends = shop.sent(&[("news", days(1.0))]);
    let answer = why(&shop, &anne, news());
    assert_eq!(answer.standing, Some(Standing::Goes));
    assert!(smallest(&answer).starts_with("a limit of 1 instead of 2"), "{:?}", answer.flips);
    assert!(answer.flips[0].then.starts_with("held: cap"), "{:?}", answer.flips);
}

#[test]
fn a_lost_ranking_is_turned_round_by_a_priority_and_a_test_by_a_share() {
    let hero = |name: &str, more: &str| {
        message(name, "web", "onsite", &format!("placements = [\"home\"]\nsubject = \"x\"\n{more}"))
    };
    let shop = Shop::new(&[hero("first", "priority = 9"), hero("second", "priority = 4")]);
    let anne = person(1);
    let home = || Subject::Placement("home".to_owned());
    let answer = why(&shop, &anne, home());
    assert_eq!(smallest(&answer), "priority 10 instead of 4 for “second”");
    assert_eq!(answer.flips[0].then, "“second” is shown");
    assert!(answer.losers.iter().any(|line| line.contains("second")), "{:?}", answer.losers);
    let test = experiment("name = \"arms\"\n[[variants]]\nname = \"a\"\n[[variants]]\nname = \"b\"\n");
    let arm =
        |name: &str, variant: &str| hero(name, &format!("experiment = \"arms\"\nvariant = \"{variant}\""));
    let shop = Shop::new(&[arm("red", "a"), arm("blue", "b"), test]);
    let answer = why(&shop, &anne, home());
    let share = answer.flips.iter().find(|flip| flip.changes[0].contains("of people in “a”"));
    assert!(share.is_some(), "{:?}", answer.flips);
    let hash = answer.hashes.first().unwrap();
    let bucket = hash.bucket.unwrap();
    assert_eq!(hash.variant.as_deref(), Some(if bucket < 0.5 { "a" } else { "b" }));
}

#[test]
fn the_past_is_decided_on_what_was_known_then() {
    let shop = Shop::new(&[mail("news", &[]), policy(WEEKLY)]);
    let mut anne = person(1);
    anne.sends = shop.sent(&[("news", days(5.0)), ("news", days(4.0)), ("news", days(1.0))]);
    let content = shop.content("news");
    anne.messages = anne
        .sends
        .iter()
        .map(|sent| MessageLog {
            at: sent.at,
            content,
            journey: None,
            channel: Channel::Email,
            purpose: segue::model::consent::Purpose::Marketing,
            held: None,
            sent: Some(sent.at),
            delivered: Some(sent.at),
            opened: None,
            clicked: None,
            unsubscribed: None,
            pressure: 0.0,
            observed: false,
        })
        .collect();
    let then = |ago: f64| at(&shop, &anne, news(), Some(NOW.back(days(ago)))).standing;
    assert_eq!(then(5.0), Some(Standing::Goes), "nothing had been sent before it");
    assert_eq!(then(4.0), Some(Standing::Goes), "one had");
    assert_eq!(then(1.0), Some(Standing::Held), "two had, which is the limit: it would not go today");
    assert_eq!(why(&shop, &anne, news()).standing, Some(Standing::Held));
}

#[test]
fn everything_is_asked_at_once() {
    let hero = message("hero", "web", "onsite", "placements = [\"home\"]\nsubject = \"x\"");
    let shop = Shop::new(&[mail("news", &[]), hero, policy(WEEKLY)]);
    let mut anne = person(1);
    anne.sends = shop.sent(&[("news", days(2.0)), ("news", days(1.0))]);
    let answer = why(&shop, &anne, Subject::Everything);
    let stood: Vec<(&str, Standing, bool)> =
        answer.stood.iter().map(|one| (one.name.as_str(), one.standing, one.flip.is_some())).collect();
    assert_eq!(stood, [("home", Standing::Shown, false), ("news", Standing::Held, true)]);
    assert!(answer.sentence.starts_with("0 of 1 messages"), "{}", answer.sentence);
}
