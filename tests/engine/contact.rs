//! What the loop does with full caps, outcomes, tests at placements and promises.

use segue::model::consent::{ConsentRecord, Purpose, SuppressionReason};
use segue::model::definition::{Definition, Kind};
use segue::model::message::{HeldReason, MessageState};
use segue::model::{Channel, Identity, Span, Time};
use segue::traffic::{Happening, Profile};

use crate::lab::{Act, after, begin, definition, hour, journey, mail, person, policy};

const ADDED: Act = Act::Event("Product Added");
const CART: Act = Act::Event("Cart Viewed");

fn one(name: &str, event: &str, send: &str) -> Definition {
    let step = "[[step]]\nid = \"mail\"";
    journey(&format!("name = \"{name}\"\n[entry]\nevent = \"{event}\"\n{step}\nexperience = \"{send}\"\n"))
}

fn retried(limit: &str, times: u8) -> Vec<(Time, Option<Time>)> {
    let text = format!(
        "[[cap]]\nlimit = 1\nwindow = \"{limit}\"\non_cap = \"retry {times}\"\n[[cap]]\nchannels = [\"email\"]\nlimit = 1\nwindow = \"70h\"\non_cap = \"retry {times}\""
    );
    let definitions = [
        mail("one"),
        mail("two"),
        one("first", "Product Added", "one"),
        one("second", "Cart Viewed", "two"),
        policy(&text),
    ];
    let profile = after(&definitions, &[(1.0, ADDED), (2.0, CART)], 24.0 * 11.0);
    assert!(profile.messages.iter().all(|log| log.sent.is_some() || log.held == Some(HeldReason::Cap)));
    profile.messages.iter().map(|log| (log.at, log.sent)).collect()
}

#[test]
fn a_message_is_tried_again_after_a_whole_window_and_only_so_often() {
    let went = (hour(1.0), Some(hour(1.0)));
    // The first window is full at 2:00; a day later the second one is, until 71:00, so its own window is waited out.
    assert_eq!(retried("1d", 3), [went, (hour(2.0), Some(hour(26.0 + 70.0)))]);
    assert_eq!(retried("1d", 1), [went, (hour(2.0), None)], "one more try, and then it is skipped");
}

/// A person with a telephone and two addresses, agreed to everything.
fn anne() -> Profile {
    let mut anne = person(1);
    for (namespace, value, channel) in [
        ("phone", "+491", Channel::Sms),
        ("device_id", "d1", Channel::Push),
        ("email", "second@example.com", Channel::Email),
    ] {
        let identity = Identity::new(namespace, value);
        anne.identities.push(identity.clone());
        let like = anne.consents[0].clone();
        anne.consents.push(ConsentRecord { identity, channel, ..like });
    }
    anne
}

fn with_outcomes(channel: &str, outcomes: &[MessageState]) -> (Profile, Vec<String>) {
    let content = format!(
        "name = \"one\"\nform = \"email\"\nchannel = \"{channel}\"\npurpose = \"marketing\"\nsubject = \"x\""
    );
    let definitions = [definition(Kind::Experience, &content), one("first", "Product Added", "one")];
    let mut acts = vec![(1, hour(1.0), ADDED)];
    acts.extend(
        outcomes.iter().enumerate().map(|(n, state)| (1, hour(2.0 + n as f64), Act::Outcome(0, *state))),
    );
    let mut traffic = begin(&definitions, vec![anne()], &acts);
    traffic.advance(hour(20.0), 1, false);
    let words = &traffic.setup().words;
    let profile = traffic.profiles().next().unwrap().clone();
    let said = |event: &Happening| words.word(event.name).to_owned();
    let names = profile.history.iter().map(said).collect();
    (profile, names)
}

#[test]
fn outcomes_are_called_by_their_channel() {
    let all = [MessageState::Delivered, MessageState::Opened, MessageState::Clicked];
    for (channel, expected) in [
        ("email", ["Email Delivered", "Email Opened", "Email Link Clicked"]),
        ("sms", ["SMS Delivered", "Message Opened", "SMS Link Clicked"]),
        ("push", ["Push Notification Received", "Message Opened", "Push Notification Tapped"]),
    ] {
        let (profile, names) = with_outcomes(channel, &all);
        assert_eq!(names[1..], expected, "{channel}");
        assert!(profile.sends[0].delivered && profile.sends[0].clicked && !profile.sends[0].bounced);
    }
}

#[test]
fn a_bounce_stops_the_address_it_came_back_from() {
    let (profile, names) = with_outcomes("email", &[MessageState::Bounced]);
    assert_eq!((names.len(), profile.sends[0].bounced), (1, true));
    let entry = profile.suppressions[0];
    assert_eq!((entry.reason, entry.address), (SuppressionReason::Bounced, Some(1)));
    let point = segue::rule::Point::after(hour(3.0));
    assert_eq!(profile.ledgers().address(Channel::Email, Purpose::Marketing, point), Ok(Some(4)));
    let (profile, _) = with_outcomes("email", &[MessageState::Bounced, MessageState::Bounced]);
    assert_eq!(profile.suppressions[1].address, Some(4), "then the other one is written to");
}

#[test]
fn a_promise_made_by_mail_holds_for_the_next_one() {
    let offer = |name: &str, is: &str| {
        let choice = format!("[choice]\nof = \"welcome\"\nis = \"{is}\"\nlasts = \"2d\"\n");
        let head = "form = \"email\"\nchannel = \"email\"\npurpose = \"marketing\"\n";
        definition(Kind::Experience, &format!("name = \"{name}\"\n{head}{choice}"))
    };
    let definitions = [
        offer("ten", "ten percent"),
        offer("free", "free delivery"),
        one("first", "Product Added", "ten"),
        one("second", "Cart Viewed", "free"),
    ];
    let sent = |second: f64| {
        let profile = after(&definitions, &[(1.0, ADDED), (second, CART)], 100.0);
        let last = &profile.messages[1];
        (last.sent.is_some(), last.held)
    };
    assert_eq!(sent(48.0), (false, Some(HeldReason::Ineligible)));
    assert_eq!(sent(49.0), (true, None), "it expired");
}

#[test]
fn holds_of_one_priority_and_moment_go_by_the_older_passage() {
    let cap = "[[cap]]\nlimit = 1\nwindow = \"6h\"\non_cap = \"hold\"";
    let definitions = [
        mail("one"),
        mail("b"),
        mail("a"),
        one("first", "Product Added", "one"),
        // Of equal priority journeys are in the order of their names, so this one is entered first.
        one("a", "Cart Viewed", "a"),
        one("b", "Cart Viewed", "b"),
        policy(cap),
    ];
    let profile = after(&definitions, &[(1.0, ADDED), (2.0, CART)], 8.0);
    let free = hour(7.0) + Span(1);
    let sent: Vec<Option<Time>> = profile.messages.iter().map(|log| log.sent).collect();
    assert_eq!(sent, [Some(hour(1.0)), Some(free), None]);
}
