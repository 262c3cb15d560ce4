//! The field's tools and their limits: for each behaviour that our fields can express, the configuration that reproduces it,
//! and a list of those they cannot.

use segue::contact::Sent;
use segue::contact::policy::OnCap;
use segue::decide::Verdict;
use segue::model::definition::Kind;
use segue::model::message::HeldReason;
use segue::model::{Channel, Span, Time};
use segue::traffic::Profile;

use crate::shop::{NOW, Shop, days, definition, mail, message, person, policy};

/// What our fields do not say, and why not.
const NOT_EXPRESSED: [(&str, &str, &str); 9] = [
    (
        "Braze",
        "tags counted as they are now",
        "categories count as they were when sent, so that a relabelling never rewrites the past",
    ),
    (
        "Braze",
        "failed webhooks do not count",
        "there is no webhook channel; `on = \"delivered\"` says the same of messages",
    ),
    (
        "AJO",
        "caps on entries into journeys and on journeys at a time",
        "a cap counts messages; re-entry rules belong to the journey",
    ),
    (
        "AJO",
        "looking 7 or 30 days ahead for a message of higher priority",
        "a decision sees what happened, not what is planned",
    ),
    (
        "Customer.io",
        "a retry by hand that ignores the limit",
        "nothing sends by hand here; an exempt category does it by rule",
    ),
    (
        "Mautic",
        "a personal limit of any number",
        "a cap has one number; one cap for each number in use does it",
    ),
    (
        "Pega",
        "rejects of an offer shown by a person",
        "no channel here reports a rejection; ignored, clicked, delivered and bounced are known",
    ),
    (
        "HCL Unica",
        "all offers of one run counted as one package",
        "there are no contact runs; every message counts",
    ),
    (
        "HCL Unica",
        "minimum and maximum over all customers together",
        "limits of stock are no limits of a person",
    ),
];

#[test]
fn what_is_not_expressed_has_a_reason() {
    let mut tools: Vec<&str> = NOT_EXPRESSED.iter().map(|(tool, ..)| *tool).collect();
    assert!(NOT_EXPRESSED.iter().all(|(_, what, why)| !what.is_empty() && why.len() > 20));
    tools.dedup();
    assert_eq!(tools, ["Braze", "AJO", "Customer.io", "Mautic", "Pega", "HCL Unica"]);
}

fn held(verdict: Verdict) -> Option<(HeldReason, OnCap)> {
    match verdict {
        Verdict::Pass => None,
        Verdict::Held { reason, then, .. } => Some((reason, then)),
    }
}

/// A millisecond more.
fn older(span: Span) -> Span {
    Span(span.0 + 1)
}

const SKIPPED: Option<(HeldReason, OnCap)> = Some((HeldReason::Cap, OnCap::Skip));

fn who(shop: &Shop, sends: &[(&str, Span)]) -> Profile {
    Profile { sends: shop.sent(sends), ..person(1) }
}

/// Calendar days in the person's zone, several rules at once, the strictest decides, a message over the limit is skipped;
/// what ignores caps does not count; our own pages never count.
#[test]
fn braze() {
    let caps = "[[cap]]\nlimit = 2\nwindow = \"7d\"\nkind = \"calendar\"\nexempt = [\"ignores caps\"]\nexempt_counts = false\n\
                [[cap]]\nchannels = [\"push\"]\nlimit = 1\nwindow = \"30m\"\nexempt = [\"ignores caps\"]\nexempt_counts = false\n";
    let shop = Shop::new(&[
        mail("mail", &[]),
        mail("urgent", &["ignores caps"]),
        message("push", "push", "marketing", ""),
        message("card", "app", "onsite", ""),
        policy(caps),
    ]);
    let one = who(&shop, &[("push", Span::minutes(10)), ("urgent", Span::hours(2))]);
    assert_eq!(held(shop.ask(&one, "mail", NOW)), None, "one dispatch counts, the exempt one does not");
    assert_eq!(held(shop.ask(&one, "push", NOW)), SKIPPED, "half an hour has not passed");
    let two = who(&shop, &[("mail", days(6.4)), ("push", Span::hours(1))]);
    assert_eq!(held(shop.ask(&two, "mail", NOW)), SKIPPED, "any channel counts once in all");
    assert_eq!(held(shop.ask(&two, "urgent", NOW)), None);
    assert_eq!(held(shop.ask(&two, "card", NOW)), None);
    let mut east = two;
    east.zone = (jiff::tz::TimeZone::get("Pacific/Kiritimati").unwrap(), "profile");
    assert_eq!(held(shop.ask(&east, "mail", NOW)), None, "there it is the eighth day already");
}

/// Hours, days, weeks from Sunday and months of the UTC calendar, counted on delivery, several channels in one total, for
/// marketing only, excluded when full.
#[test]
fn adobe_journey_optimizer() {
    let shop = |cap: &str| {
        let text = format!(
            "service_counts = false\n[[cap]]\nchannels = [\"email\", \"sms\"]\nlimit = 1\nkind = \"calendar\"\nzone = \"UTC\"\non = \"delivered\"\n{cap}\n"
        );
        let sms = message("sms", "sms", "marketing", "");
        Shop::new(&[mail("mail", &[]), sms, message("receipt", "email", "service", ""), policy(&text)])
    };
    for (cap, inside, outside) in [
        ("window = \"2h\"\nper = \"hour\"", Span::hours(1), older(Span::hours(1))),
        ("window = \"1d\"", Span::hours(12), older(Span::hours(12))),
        ("window = \"7d\"\nper = \"week\"\nweek_starts = \"sun\"", days(3.5), older(days(3.5))),
        ("window = \"30d\"\nper = \"month\"", days(12.5), older(days(12.5))),
    ] {
        let shop = shop(cap);
        assert_eq!(held(shop.ask(&who(&shop, &[("mail", inside)]), "sms", NOW)), SKIPPED, "{cap}");
        assert_eq!(held(shop.ask(&who(&shop, &[("mail", outside)]), "sms", NOW)), None, "{cap}");
        let mut bounced = who(&shop, &[("sms", Span::MINUTE)]);
        bounced.sends[0] = Sent { delivered: false, bounced: true, ..bounced.sends[0] };
        assert_eq!(held(shop.ask(&bounced, "mail", NOW)), None, "{cap}: an attempt is no delivery");
        let full = who(&shop, &[("mail", Span::MINUTE), ("receipt", Span::MINUTE)]);
        assert_eq!(held(shop.ask(&full, "receipt", NOW)), None, "{cap}: not marketing");
        assert_eq!(held(shop.ask(&who(&shop, &[("receipt", Span::MINUTE)]), "mail", NOW)), None, "{cap}");
    }
}

/// Rolling hours by channel: 16 after an e-mail, 24 after a text or a push; a bounce starts the timer too; over is skipped
/// and never comes back; a switch for each message.
#[test]
fn klaviyo_smart_sending() {
    let cap = |channel: &str, window: &str| {
        format!(
            "[[cap]]\nchannels = [\"{channel}\"]\nlimit = 1\nwindow = \"{window}\"\nexempt = [\"smart sending off\"]\n"
        )
    };
    let shop = Shop::new(&[
        mail("mail", &[]),
        mail("off", &["smart sending off"]),
        message("sms", "sms", "marketing", ""),
        policy(&[cap("email", "16h"), cap("sms", "24h"), cap("push", "24h")].concat()),
    ]);
    let mut anne = who(&shop, &[("mail", Span::hours(16)), ("sms", older(Span::hours(24)))]);
    assert_eq!(held(shop.ask(&anne, "mail", NOW)), SKIPPED);
    assert_eq!(held(shop.ask(&anne, "mail", NOW + Span(1))), None);
    assert_eq!(held(shop.ask(&anne, "sms", NOW)), None, "every channel by itself");
    assert_eq!(held(shop.ask(&anne, "off", NOW)), None);
    anne.sends.retain(|sent| sent.channel == Channel::Email);
    anne.sends[0].bounced = true;
    assert_eq!(held(shop.ask(&anne, "mail", NOW)), SKIPPED, "what bounced was sent");
}

/// Only messages marked to count do, and only they are stopped; what is refused may be tried again by itself; transactional
/// messages and our own pages are exempt.
#[test]
fn customer_io() {
    let shop = Shop::new(&[
        mail("marked", &["counts"]),
        mail("unmarked", &[]),
        message("receipt", "email", "service", ""),
        message("in-app", "app", "onsite", ""),
        policy("[[cap]]\ncategories = [\"counts\"]\nlimit = 1\nwindow = \"7d\"\non_cap = \"retry 2\"\n"),
    ]);
    let free = who(&shop, &[("unmarked", Span::HOUR), ("receipt", Span::HOUR)]);
    assert_eq!(held(shop.ask(&free, "marked", NOW)), None);
    let full = who(&shop, &[("marked", Span::HOUR)]);
    assert_eq!(held(shop.ask(&full, "marked", NOW)), Some((HeldReason::Cap, OnCap::Retry(2))));
    for name in ["unmarked", "receipt", "in-app"] {
        assert_eq!(held(shop.ask(&full, name, NOW)), None, "{name}");
    }
}

/// Rolling days; what finds no room is tried again after a whole period, three times; a personal rule replaces the default.
#[test]
fn mautic() {
    let rules = "[[cap]]\nchannels = [\"email\"]\nlimit = 2\nwindow = \"1d\"\non_cap = \"retry 3\"\nonly_if = \"mails_a_day missing\"\n\
                 [[cap]]\nchannels = [\"email\"]\nlimit = 3\nwindow = \"1d\"\non_cap = \"retry 3\"\nonly_if = \"mails_a_day = 3\"\n";
    let shop = Shop::new(&[mail("mail", &[]), policy(rules)]);
    let mut anne = who(&shop, &[("mail", Span::hours(1)), ("mail", Span::hours(2))]);
    let verdict = shop.ask(&anne, "mail", NOW);
    let queued =
        Verdict::Held { reason: HeldReason::Cap, until: Some(NOW + Span::DAY), then: OnCap::Retry(3) };
    assert_eq!(verdict, queued, "a whole period later, though there is room before");
    anne.traits = vec![("mails_a_day".into(), segue::model::Decimal::from_int(3).unwrap().into())];
    assert_eq!(held(shop.ask(&anne, "mail", NOW)), None, "her own rule holds instead");
}

/// Campaigns that share a policy share its limit over all channels, others do not meet it; a policy may be for a segment.
#[test]
fn bloomreach() {
    let rules = "[[cap]]\ncategories = [\"promotions\"]\nlimit = 1\nwindow = \"7d\"\n\
                 [[cap]]\ncategories = [\"news\"]\nlimit = 1\nwindow = \"7d\"\nonly_if = 'in segment \"Tired\"'\n";
    let shop = Shop::new(&[
        mail("sale", &["promotions"]),
        mail("letter", &["news"]),
        message("sale-sms", "sms", "marketing", "categories = [\"promotions\"]"),
        definition(Kind::Segment, "name = \"Tired\"\nlist = [\"user_id:nobody\"]"),
        policy(rules),
    ]);
    let mut anne = who(&shop, &[("sale", Span::DAY), ("letter", Span::DAY)]);
    assert_eq!(held(shop.ask(&anne, "sale-sms", NOW)), SKIPPED);
    assert_eq!(held(shop.ask(&anne, "letter", NOW)), None);
    anne.lists = vec!["Tired".into()];
    assert_eq!(held(shop.ask(&anne, "letter", NOW)), SKIPPED);
}

/// One e-mail and one text a week; after so many outcomes in 7 or 30 days a pause of so many days, for one action or for
/// the whole group.
#[test]
fn pega() {
    let rules = "[[cap]]\nchannels = [\"email\"]\nlimit = 9\nwindow = \"7d\"\n[[cap]]\nchannels = [\"sms\"]\nlimit = 1\nwindow = \"7d\"\n\
                 [[cooldown]]\nafter = \"delivered\"\ncount = 3\nwithin = \"7d\"\npause = \"10d\"\neach = true\n\
                 [[cooldown]]\nafter = \"clicked\"\ncount = 2\nwithin = \"30d\"\npause = \"4d\"\ncategories = [\"cards\"]\n";
    let shop =
        Shop::new(&[mail("loan", &[]), mail("gold", &["cards"]), mail("silver", &["cards"]), policy(rules)]);
    let seen = who(&shop, &[("loan", days(6.0)), ("loan", days(5.0)), ("loan", days(1.0))]);
    let paused = |at: Time, until: Time| Verdict::Held {
        reason: HeldReason::CoolDown,
        until: Some(until.max(at)),
        then: OnCap::Skip,
    };
    assert_eq!(shop.ask(&seen, "loan", NOW), paused(NOW, NOW + days(9.0)));
    assert_eq!(
        shop.ask(&seen, "loan", NOW + days(8.0)),
        paused(NOW, NOW + days(9.0)),
        "though the three grow old"
    );
    assert_eq!(held(shop.ask(&seen, "gold", NOW)), None, "another action");
    let mut clicked = who(&shop, &[("gold", days(3.0)), ("silver", days(2.0))]);
    clicked.sends.iter_mut().for_each(|sent| sent.clicked = true);
    assert_eq!(shop.ask(&clicked, "gold", NOW), paused(NOW, NOW + days(2.0)));
    assert_eq!(held(shop.ask(&clicked, "loan", NOW)), None, "another group");
}

/// Any sliding window of so many days must satisfy the rule.
#[test]
fn hcl_unica() {
    let shop =
        Shop::new(&[mail("mail", &[]), policy("[[cap]]\nlimit = 3\nwindow = \"5d\"\non_cap = \"hold\"\n")]);
    let mut anne = person(1);
    let mut at = NOW;
    for _ in 0..40 {
        match shop.ask(&anne, "mail", at) {
            Verdict::Pass => anne.sends.push(Sent::new(at, Channel::Email, shop.content("mail"), None)),
            Verdict::Held { until, .. } => at = until.unwrap(),
        }
    }
    for sent in &anne.sends {
        let window = |other: &&Sent| other.at <= sent.at && other.at >= sent.at.back(days(5.0));
        assert!(anne.sends.iter().filter(window).count() <= 3);
    }
    assert!(anne.sends.len() > 15);
}
