//! What could be unclear has one answer.

use segue::contact::Sent;
use segue::contact::suppression::Entry;
use segue::decide::{Context, Decision, Gate, Verdict};
use segue::model::consent::{Basis, ConsentRecord, ConsentState, Purpose, Purposes, SuppressionReason};
use segue::model::message::HeldReason;
use segue::model::{Channel, Identity, Span, Time};
use segue::traffic::Profile;

use crate::shop::{NOW, Shop, context, days, grant, mail, message, person, policy};

fn shop() -> Shop {
    Shop::new(&[
        mail("offer", &[]),
        message("receipt", "email", "service", ""),
        message("hero", "web", "onsite", "placements = [\"home\"]"),
        message(
            "umbrella",
            "web",
            "onsite",
            "placements = [\"rain\"]\nonly_if = 'context.weather = \"rain\"'",
        ),
        policy("[[cap]]\nlimit = 1\nwindow = \"1d\"\non_cap = \"hold\"\n"),
    ])
}

fn reason(verdict: Verdict) -> Option<HeldReason> {
    match verdict {
        Verdict::Pass => None,
        Verdict::Held { reason, .. } => Some(reason),
    }
}

fn stopped(reason: SuppressionReason, address: Option<u16>) -> Profile {
    let mut anne = person(1);
    anne.suppressions.push(Entry { channel: Channel::Email, reason, at: NOW.back(days(1.0)), address });
    anne
}

#[test]
fn the_erased_get_nothing_anywhere() {
    let (shop, gone) = (shop(), stopped(SuppressionReason::Erased, None));
    for name in ["offer", "receipt", "hero"] {
        assert_eq!(reason(shop.ask(&gone, name, NOW)), Some(HeldReason::Suppressed), "{name}");
    }
    assert_eq!(shop.shows(&gone, "home"), None);
}

#[test]
fn a_service_message_goes_to_who_unsubscribed_and_not_to_an_address_that_bounced() {
    let shop = shop();
    let left = stopped(SuppressionReason::Unsubscribed, None);
    assert!(shop.goes(&left, "receipt", NOW));
    assert_eq!(reason(shop.ask(&left, "offer", NOW)), Some(HeldReason::Suppressed));
    let dead = stopped(SuppressionReason::Bounced, Some(1));
    assert_eq!(reason(shop.ask(&dead, "receipt", NOW)), Some(HeldReason::Suppressed));
    assert!(shop.goes(&dead, "hero", NOW), "their visits are theirs");
}

#[test]
fn a_service_message_needs_no_consent_and_no_room() {
    let (shop, mut anne) = (shop(), person(1));
    anne.consents.clear();
    anne.sends = shop.sent(&[("receipt", Span::HOUR)]);
    assert!(shop.goes(&anne, "receipt", NOW));
    assert_eq!(reason(shop.ask(&anne, "offer", NOW)), Some(HeldReason::Consent));
    let offered = person(1);
    let full = Profile { sends: anne.sends.clone(), ..offered };
    assert_eq!(reason(shop.ask(&full, "offer", NOW)), Some(HeldReason::Cap), "but it fills what others meet");
    let quiet = Shop::new(&[
        mail("offer", &[]),
        message("receipt", "email", "service", ""),
        policy("service_counts = false\n[[cap]]\nlimit = 1\nwindow = \"1d\"\n"),
    ]);
    let full = Profile { sends: quiet.sent(&[("receipt", Span::HOUR)]), ..full };
    assert!(quiet.goes(&full, "offer", NOW), "unless the policy says otherwise");
}

#[test]
fn a_merge_carries_no_grant_and_no_bounce_to_another_address() {
    let (shop, mut anne) = (shop(), person(1));
    let work = Identity::new("email", "anne@work.example");
    anne.identities.push(work.clone());
    assert_eq!(
        reason(shop.ask(&anne, "offer", NOW)),
        Some(HeldReason::Consent),
        "one of the two never agreed"
    );
    anne.consents.push(grant(&work, Channel::Email, Purpose::Marketing, days(3.0)));
    let bounced = Entry {
        channel: Channel::Email,
        reason: SuppressionReason::Bounced,
        at: NOW.back(days(1.0)),
        address: Some(1),
    };
    anne.suppressions.push(bounced);
    assert!(shop.goes(&anne, "offer", NOW), "the other address is alive");
    anne.suppressions.push(Entry { address: Some(4), ..bounced });
    assert_eq!(reason(shop.ask(&anne, "offer", NOW)), Some(HeldReason::Suppressed));
    let address = stopped(SuppressionReason::Bounced, Some(1));
    let free = address.ledgers().address(Channel::Sms, Purpose::Marketing, segue::rule::Point::after(NOW));
    assert_eq!(free, Ok(Some(2)));
}

#[test]
fn what_was_sent_to_both_counts_together_after_a_merge() {
    let (shop, mut anne) = (shop(), person(1));
    let other = shop.sent(&[("offer", Span::HOUR)]);
    assert!(shop.goes(&anne, "offer", NOW));
    anne.sends.extend(other);
    assert_eq!(reason(shop.ask(&anne, "offer", NOW)), Some(HeldReason::Cap));
}

#[test]
fn consent_is_read_at_the_moment_a_held_message_is_released() {
    let (shop, mut anne) = (shop(), person(1));
    anne.sends = shop.sent(&[("offer", Span::HOUR)]);
    let Verdict::Held { reason: HeldReason::Cap, until: Some(free), .. } = shop.ask(&anne, "offer", NOW)
    else {
        panic!("it is held")
    };
    assert_eq!(free, NOW.back(Span::HOUR) + Span::DAY + Span(1));
    assert!(shop.goes(&anne, "offer", free));
    let taken_back = ConsentRecord {
        state: ConsentState::Revoked,
        ..grant(&anne.identities[1], Channel::Email, Purpose::Marketing, Span(-1))
    };
    anne.consents.push(taken_back);
    assert_eq!(reason(shop.ask(&anne, "offer", free)), Some(HeldReason::Consent));
}

#[test]
fn pending_consent_is_none_and_silence_means_what_the_policy_says() {
    let policy = policy("[[consent]]\nchannels = [\"email\"]\nregions = [\"US\"]\ndefault = \"opt-out\"\n");
    let shop = Shop::new(&[mail("offer", &[]), policy]);
    let mut anne = person(1);
    let agreed = anne.consents.remove(0);
    anne.traits = vec![("country".into(), "US".into())];
    assert!(shop.goes(&anne, "offer", NOW), "nobody asked her, and where she lives that is enough");
    for state in [ConsentState::Pending, ConsentState::Denied, ConsentState::Unknown] {
        let mut asked = anne.clone();
        asked.consents.push(ConsentRecord { state, ..agreed.clone() });
        assert_eq!(reason(shop.ask(&asked, "offer", NOW)), Some(HeldReason::Consent), "{state:?}");
    }
    anne.traits.clear();
    assert_eq!(
        reason(shop.ask(&anne, "offer", NOW)),
        Some(HeldReason::Consent),
        "nobody knows where she lives"
    );
}

#[test]
fn what_is_claimed_for_a_source_takes_no_unsubscribing_back() {
    let (shop, mut anne) = (shop(), stopped(SuppressionReason::Unsubscribed, Some(1)));
    let again = grant(&anne.identities[1], Channel::Email, Purpose::Marketing, Span::HOUR);
    let claimed = ConsentRecord { basis: ConsentRecord::claimed(Basis::OptIn), ..again.clone() };
    anne.consents.push(claimed);
    assert_eq!(reason(shop.ask(&anne, "offer", NOW)), Some(HeldReason::Suppressed));
    anne.consents.push(again);
    assert!(shop.goes(&anne, "offer", NOW), "her own word does");
}

#[test]
fn a_trait_is_unknown_for_what_its_source_does_not_allow() {
    let rule = "only_if = 'tier = \"gold\"'";
    let shop = Shop::new(&[
        message("offer", "email", "marketing", rule),
        message("receipt", "email", "service", rule),
        message("hero", "web", "onsite", &format!("placements = [\"home\"]\n{rule}")),
    ]);
    let mut anne = person(1);
    anne.traits = vec![("tier".into(), "gold".into())];
    assert!(shop.goes(&anne, "offer", NOW) && shop.shows(&anne, "home").is_some());
    anne.limits = vec![("tier".into(), Purposes::of(&[Purpose::Service]))];
    assert!(shop.goes(&anne, "receipt", NOW));
    assert_eq!(shop.shows(&anne, "home"), None);
    let (verdict, why) = shop.why(&anne, "offer", NOW);
    assert_eq!(reason(verdict), Some(HeldReason::Ineligible));
    let note = why.iter().find(|note| note.gate == Gate::Eligibility).unwrap();
    assert!(note.detail.contains("tier comes from a source that is not for marketing"), "{}", note.detail);
    // Unknown is not false: the opposite does not hold either.
    let not = Shop::new(&[message("offer", "email", "marketing", "only_if = 'tier != \"gold\"'")]);
    assert_eq!(reason(not.ask(&anne, "offer", NOW)), Some(HeldReason::Ineligible));
}

#[test]
fn a_clock_that_goes_back_makes_no_room() {
    let (shop, mut anne) = (shop(), person(1));
    anne.sends = vec![Sent::new(NOW + Span::hours(5), Channel::Email, shop.content("offer"), None)];
    let verdict = shop.ask(&anne, "offer", NOW);
    let Verdict::Held { reason: HeldReason::Cap, until: Some(free), .. } = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(free, NOW + Span::hours(29) + Span(1));
}

#[test]
fn a_context_field_nobody_sent_is_unknown() {
    let (shop, anne) = (shop(), person(1));
    assert_eq!(shop.shows(&anne, "rain"), None);
    assert_eq!(shop.shows_in(&anne, "rain", &context(&[("wether", "rain")])), None);
    assert_eq!(shop.shows_in(&anne, "rain", &context(&[("weather", "rain")])), Some("umbrella"));
    assert_eq!(shop.shows_in(&anne, "rain", &context(&[("weather", "rain"), ("weather", "sun")])), None);
}

#[test]
fn a_placement_nothing_is_made_for_shows_nothing() {
    let (shop, anne) = (shop(), person(1));
    assert_eq!(shop.place(&anne, "nowhere", &Context::default(), NOW), Decision::default());
}

#[test]
fn equal_rank_goes_by_name() {
    let hero = |name: &str| message(name, "web", "onsite", "placements = [\"home\"]\npriority = 5");
    for order in [["b", "a", "c"], ["c", "b", "a"]] {
        let shop = Shop::new(&order.map(hero));
        assert_eq!(shop.shows(&person(1), "home"), Some("a"));
    }
}

#[test]
fn a_message_that_may_never_go_says_so() {
    let shop =
        Shop::new(&[mail("offer", &[]), policy("[[cap]]\nlimit = 0\nwindow = \"1d\"\non_cap = \"hold\"")]);
    let (verdict, why) = shop.why(&person(1), "offer", NOW);
    assert!(matches!(verdict, Verdict::Held { reason: HeldReason::Cap, until: None, .. }));
    let note = why.iter().find(|note| note.gate == Gate::Caps && !note.passed).unwrap();
    assert!(note.detail.contains("never free"), "{}", note.detail);
}

#[test]
fn the_gates_come_in_their_order_and_the_first_closed_one_ends_it() {
    let shop = Shop::new(&[
        message("offer", "email", "marketing", "only_if = 'country = \"DE\"'"),
        policy(
            "[[cap]]\nlimit = 9\nwindow = \"1d\"\n[[cooldown]]\nafter = \"ignored\"\ncount = 5\npause = \"14d\"\n\
             [[quiet]]\nfrom = \"22:00\"\nto = \"07:00\"\n[holdout]\nname = \"global\"\nshare = 0.0\n[pressure]\nbudget = 3.0\n",
        ),
    ]);
    let mut anne = person(1);
    anne.traits = vec![("country".into(), "DE".into())];
    let gates = |anne: &Profile, at: Time| {
        let (_, notes) = shop.why(anne, "offer", at);
        assert!(notes.iter().rev().skip(1).all(|note| note.passed), "only the last may be closed");
        notes.iter().map(|note| note.gate).collect::<Vec<_>>()
    };
    let all = gates(&anne, NOW);
    let (mut sorted, caps) = (all.clone(), all.iter().filter(|gate| **gate == Gate::Caps).count());
    sorted.sort();
    assert_eq!((all.clone(), all.len(), caps), (sorted, 9, 2));
    assert_eq!(gates(&anne, NOW + Span::hours(11)).last(), Some(&Gate::QuietHours));
    anne.traits.clear();
    assert_eq!(gates(&anne, NOW).last(), Some(&Gate::Eligibility));
    anne.consents.clear();
    assert_eq!(gates(&anne, NOW), [Gate::Identity, Gate::Consent]);
    anne.identities.truncate(1);
    assert_eq!(gates(&anne, NOW), [Gate::Identity]);
}
