//! Law 4: no decision breaks consent, suppression, a cap or quiet hours, recounted by brute force from the ledger.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use segue::contact::Policy;
use segue::contact::cap::Labels;
use segue::contact::policy::{Cap, OnCap, WindowKind};
use segue::model::consent::{ConsentRecord, ConsentState, Purpose, SuppressionReason};
use segue::model::definition::{Definition, Kind};
use segue::model::message::MessageState;
use segue::model::{Channel, Identity, Span, Time};
use segue::traffic::{MessageLog, Profile, Setup};

use crate::lab::{Act, START, begin, definition, journey, person, policy};

const HOUR: i64 = Span::HOUR.0;

fn cap_text() -> impl Strategy<Value = String> {
    let scope = prop_oneof![
        Just(""),
        Just("channels = [\"email\"]\n"),
        Just("channels = [\"sms\"]\n"),
        Just("categories = [\"offer\"]\n"),
        Just("journeys = [\"b\"]\n"),
        Just("exempt = [\"offer\"]\nexempt_counts = false\n"),
    ];
    let window = prop_oneof![
        (1_i64..80).prop_map(|hours| format!("window = \"{hours}h\"\n")),
        (1_i64..4).prop_map(|days| format!(
            "window = \"{days}d\"\nkind = \"calendar\"\nzone = \"Europe/Berlin\"\n"
        )),
    ];
    let then = prop_oneof![Just("hold"), Just("hold"), Just("skip"), Just("exit"), Just("retry 2")];
    (scope, 1_u32..4, window, then).prop_map(|(scope, limit, window, then)| {
        format!("[[cap]]\n{scope}limit = {limit}\n{window}on_cap = \"{then}\"\n")
    })
}

fn policy_text() -> impl Strategy<Value = String> {
    let quiet = proptest::option::of((0_i64..24, 1_i64..12)).prop_map(|quiet| {
        quiet.map_or(String::new(), |(from, length)| {
            format!("[[quiet]]\nfrom = \"{from:02}:00\"\nto = \"{:02}:30\"\n", (from + length) % 24)
        })
    });
    let pause = proptest::option::of((1_u32..4, 1_i64..30, 1_i64..60)).prop_map(|pause| {
        pause.map_or(String::new(), |(count, patience, pause)| {
            let times = format!("patience = \"{patience}h\"\npause = \"{pause}h\"\n");
            format!("[[cooldown]]\nchannels = [\"email\"]\nafter = \"ignored\"\ncount = {count}\n{times}on_cap = \"hold\"\n")
        })
    });
    let budget = proptest::option::of(1_u32..40).prop_map(|budget| {
        budget.map_or(String::new(), |budget| {
            let budget = f64::from(budget) / 8.0;
            format!("[pressure]\nhalf_life = \"2d\"\nbudget = {budget:?}\nenforce = true\non_budget = \"hold\"\nweights = {{}}\n")
        })
    });
    (proptest::collection::vec(cap_text(), 0..3), pause, quiet, budget)
        .prop_map(|(caps, pause, quiet, budget)| caps.concat() + &pause + &quiet + &budget)
}

#[derive(Debug, Clone)]
struct Doing {
    unit: u64,
    at: i64,
    what: u8,
}

fn doings() -> impl Strategy<Value = Vec<Doing>> {
    let one = (1_u64..5, 0_i64..240 * 4, 0_u8..6).prop_map(|(unit, quarter, what)| Doing {
        unit,
        at: quarter * HOUR / 4,
        what,
    });
    proptest::collection::vec(one, 5..60)
}

fn said() -> impl Strategy<Value = Vec<(u64, i64, bool, bool)>> {
    proptest::collection::vec((1_u64..5, -100_i64..240, any::<bool>(), any::<bool>()), 0..12)
}

fn content(name: &str, channel: &str, category: &str) -> Definition {
    let text = format!(
        "name = \"{name}\"\nform = \"email\"\nchannel = \"{channel}\"\npurpose = \"marketing\"\ncategories = [\"{category}\"]\n"
    );
    definition(Kind::Experience, &text)
}

fn definitions(policy_text: &str) -> Vec<Definition> {
    let looping = |name: &str, event: &str, send: &str, then: &str, wait: &str| {
        journey(&format!(
            "name = \"{name}\"\npriority = {}\n[entry]\nevent = \"{event}\"\n[[exit]]\nevent = \"Order Completed\"\n\
             [[step]]\nid = \"one\"\nexperience = \"{send}\"\nnext = \"rest\"\n[[step]]\nid = \"rest\"\nwait = \"{wait}\"\nnext = \"two\"\n\
             [[step]]\nid = \"two\"\nexperience = \"{then}\"\nnext = \"pause\"\n[[step]]\nid = \"pause\"\nwait = \"{wait}\"\nnext = \"one\"\n",
            name.len()
        ))
    };
    vec![
        content("offer", "email", "offer"),
        content("news", "email", "news"),
        content("text", "sms", "offer"),
        definition(
            Kind::Survey,
            "name = \"ask\"\nmoment = \"cart\"\nchannel = \"email\"\nquestion = \"?\"\ncategories = [\"survey\"]\n",
        ),
        looping("a", "Product Added", "offer", "news", "7h"),
        looping("b", "Cart Viewed", "text", "offer", "5h"),
        journey(
            "name = \"ccc\"\n[entry]\nevent = \"Cart Viewed\"\n[[step]]\nid = \"ask\"\nsurvey = \"ask\"\n",
        ),
        policy(policy_text),
    ]
}

fn people(said: &[(u64, i64, bool, bool)]) -> Vec<Profile> {
    let mut people: Vec<Profile> = (1..5).map(person).collect();
    for profile in &mut people {
        let phone = Identity::new("phone", &format!("+49{}", profile.unit));
        profile.identities.push(phone.clone());
        profile.zone = (TimeZone::get("Europe/Berlin").unwrap(), "country");
        let grant = ConsentRecord { identity: phone, channel: Channel::Sms, ..profile.consents[0].clone() };
        profile.consents.push(grant);
    }
    for (unit, hours, granted, email) in said {
        let profile = &mut people[*unit as usize - 1];
        let state = if *granted { ConsentState::Granted } else { ConsentState::Denied };
        let like = profile.consents[if *email { 0 } else { 2 }].clone();
        profile.consents.push(ConsentRecord { state, at: START + Span(hours * HOUR + 1), ..like });
    }
    people
}

/// The consent of the one address, read by hand.
fn granted(profile: &Profile, log: &MessageLog, at: Time) -> bool {
    let lines = profile
        .consents
        .iter()
        .filter(|line| line.channel == log.channel && line.purpose == log.purpose && line.at <= at);
    lines.max_by_key(|line| line.at).is_some_and(|line| line.state == ConsentState::Granted)
}

fn suppressed(profile: &Profile, log: &MessageLog, at: Time) -> bool {
    profile.suppressions.iter().any(|entry| {
        assert!(matches!(entry.reason, SuppressionReason::Unsubscribed | SuppressionReason::Bounced));
        let cleared = entry.reason == SuppressionReason::Unsubscribed
            && profile.consents.iter().any(|line| {
                line.channel == log.channel
                    && line.purpose == log.purpose
                    && line.state == ConsentState::Granted
                    && line.at > entry.at
                    && line.at <= at
            });
        entry.channel == log.channel && entry.at <= at && !cleared
    })
}

fn in_scope(setup: &Setup, cap: &Cap, log: &MessageLog) -> bool {
    let categories = setup.library.categories(log.content);
    let journey = log.journey.map(|journey| setup.library.journey(journey));
    (cap.channels.is_empty() || cap.channels.contains(&log.channel))
        && (cap.categories.is_empty() || cap.categories.iter().any(|category| categories.contains(category)))
        && (cap.journeys.is_empty() || cap.journeys.iter().any(|name| Some(name.as_str()) == journey))
        && !cap.exempt.iter().any(|category| categories.contains(category))
}

fn day(at: Time) -> i64 {
    let zoned = at.timestamp().to_zoned(TimeZone::get("Europe/Berlin").unwrap());
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from((zoned.date() - epoch).get_days())
}

fn within(cap: &Cap, earlier: Time, at: Time) -> bool {
    match cap.kind {
        WindowKind::Rolling => earlier >= at.back(cap.window),
        WindowKind::Calendar => day(earlier) > day(at) - cap.window.0 / Span::DAY.0,
    }
}

fn quiet(policy: &Policy, at: Time) -> bool {
    let clock = at.timestamp().to_zoned(TimeZone::get("Europe/Berlin").unwrap()).time();
    policy.quiet.iter().any(|period| {
        if period.from < period.to {
            (period.from..period.to).contains(&clock)
        } else {
            clock >= period.from || clock < period.to
        }
    })
}

/// Whether a run of ignored e-mails stops another one; nobody in this world clicks.
fn paused(policy: &Policy, sent: &[(Time, &MessageLog)], log: &MessageLog, at: Time) -> bool {
    policy.cooldowns.iter().filter(|_| log.channel == Channel::Email).any(|rule| {
        let ignored = |when: &&Time| at - **when >= rule.patience;
        let mails = sent.iter().filter(|(_, known)| known.channel == Channel::Email).map(|(when, _)| when);
        let ignored: Vec<&Time> = mails.filter(ignored).collect();
        let latest = ignored.iter().copied().max().copied();
        ignored.len() >= rule.count as usize
            && latest.is_some_and(|latest| at < latest + rule.patience + rule.pause)
    })
}

/// Whether the pressure of earlier sends leaves no room under the budget.
fn spent(policy: &Policy, sent: &[(Time, &MessageLog)], at: Time) -> bool {
    let half_life = policy.pressure.half_life.0 as f64;
    let pressure: f64 = sent.iter().map(|(when, _)| 0.5_f64.powf((at - *when).0 as f64 / half_life)).sum();
    // Two ways of adding up the same numbers may differ in the last digit.
    policy.pressure.budget.is_some_and(|budget| pressure >= budget + 1e-9)
}

fn at_cap(setup: &Setup, sent: &[(Time, &MessageLog)], log: &MessageLog, at: Time) -> bool {
    setup.library.policy.caps.iter().any(|cap| {
        let counts = |(when, known): &&(Time, &MessageLog)| {
            *when <= at && within(cap, *when, at) && in_scope(setup, cap, known)
        };
        in_scope(setup, cap, log) && sent.iter().filter(counts).count() >= cap.limit as usize
    })
}

/// A message that was held and then went did so at the first millisecond at which nothing stopped it.
fn released_at_once(setup: &Setup, sent: &[(Time, &MessageLog)]) -> Result<(), TestCaseError> {
    let policy = &setup.library.policy;
    if policy.caps.iter().any(|cap| matches!(cap.on_cap, OnCap::Retry(_))) {
        return Ok(());
    }
    for (at, log) in sent.iter().filter(|(_, log)| log.held.is_some()) {
        let before = Time(at.0 - 1);
        let earlier: Vec<_> = sent.iter().copied().filter(|(when, _)| *when <= before).collect();
        let nearly = policy.pressure.budget.is_some_and(|_| spent_nearly(policy, &earlier, before));
        prop_assert!(
            quiet(policy, before)
                || at_cap(setup, &earlier, log, before)
                || paused(policy, &earlier, log, before)
                || nearly,
            "free before {at}: {log:?}"
        );
    }
    Ok(())
}

fn spent_nearly(policy: &Policy, sent: &[(Time, &MessageLog)], at: Time) -> bool {
    let mut rounded = policy.clone();
    rounded.pressure.budget = policy.pressure.budget.map(|budget| budget - 2e-9);
    spent(&rounded, sent, at)
}

fn recount(setup: &Setup, profile: &Profile) -> Result<usize, TestCaseError> {
    let mut sent: Vec<(Time, &MessageLog)> =
        profile.messages.iter().filter_map(|log| Some((log.sent?, log))).collect();
    sent.sort_by_key(|(at, _)| *at);
    for (at, log) in &sent {
        prop_assert!(granted(profile, log, *at), "no consent at {at}: {log:?} {:?}", profile.consents);
        prop_assert!(!suppressed(profile, log, *at), "suppressed at {at}: {log:?}");
        prop_assert!(!quiet(&setup.library.policy, *at), "in quiet hours: {at}");
        for (rule, cap) in setup.library.policy.caps.iter().enumerate() {
            if !in_scope(setup, cap, log) {
                continue;
            }
            let count = sent
                .iter()
                .filter(|(other, known)| {
                    other <= at && within(cap, *other, *at) && in_scope(setup, cap, known)
                })
                .count();
            prop_assert!(count <= cap.limit as usize, "cap {rule}: {count} at {at}");
        }
    }
    for (index, (at, log)) in sent.iter().enumerate() {
        let earlier = &sent[..index];
        prop_assert!(!paused(&setup.library.policy, earlier, log, *at), "in a pause at {at}: {log:?}");
        prop_assert!(!spent(&setup.library.policy, earlier, *at), "over the budget at {at}: {log:?}");
    }
    released_at_once(setup, &sent)?;
    for log in &profile.messages {
        prop_assert!(log.sent.is_some() || log.held.is_some(), "neither sent nor held for a reason: {log:?}");
    }
    Ok(sent.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_decision_breaks_a_limit(policy_text in policy_text(), doings in doings(), said in said()) {
        let definitions = definitions(&policy_text);
        let acts: Vec<(u64, Time, Act)> = doings
            .iter()
            .map(|doing| {
                let act = match doing.what {
                    0 | 1 => Act::Event("Product Added"),
                    2 | 3 => Act::Event("Cart Viewed"),
                    4 => Act::Event("Order Completed"),
                    _ if doing.at / (HOUR / 4) % 2 == 0 => Act::Outcome(0, MessageState::Unsubscribed),
                    _ => Act::Outcome(0, MessageState::Bounced),
                };
                // Of what arrives at one moment the first decides; outcomes keep clear of that.
                let late = i64::from(matches!(act, Act::Outcome(..)));
                (doing.unit, START + Span(doing.at + late), act)
            })
            .collect();
        let mut traffic = begin(&definitions, people(&said), &acts);
        traffic.advance(START + Span::days(12), 1, true);
        let mut sent = 0;
        for profile in traffic.profiles() {
            sent += recount(traffic.setup(), profile)?;
            prop_assert!(profile.sends.windows(2).all(|pair| pair[0].at <= pair[1].at));
            prop_assert_eq!(profile.sends.len(), profile.messages.iter().filter(|log| log.sent.is_some()).count());
        }
        let entered: u64 = traffic.counts().iter().map(|counts| counts.entered).sum();
        prop_assume!(entered == 0 || sent > 0 || !policy_text.is_empty() || !said.is_empty());
    }
}

#[test]
fn a_purpose_says_whether_service_messages_go() {
    let service = definition(
        Kind::Experience,
        "name = \"receipt\"\nform = \"email\"\nchannel = \"email\"\npurpose = \"service\"\n",
    );
    let text = "name = \"receipts\"\n[entry]\nevent = \"Order Completed\"\n[[step]]\nid = \"send\"\nexperience = \"receipt\"\n";
    let definitions = [service, journey(text), policy("[[cap]]\nlimit = 0\nwindow = \"1d\"")];
    let mut anne = person(1);
    anne.consents.clear();
    let acts = [(1, START + Span::HOUR, Act::Event("Order Completed"))];
    let mut traffic = begin(&definitions, vec![anne], &acts);
    traffic.advance(START + Span::hours(2), 1, false);
    let anne = traffic.profiles().next().unwrap();
    assert!(anne.messages[0].sent.is_some() && anne.messages[0].purpose == Purpose::Service);
    assert_eq!(anne.sends.len(), 1, "and counts towards pressure");
}
