//! Caps equal a recount by hand from the log: over clock changes, moves to another zone, merges, lowered limits and sends of
//! the same millisecond.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use segue::contact::cap::{self, CapVerdict, Labels};
use segue::contact::policy::{Cap, CountOn, Unit, WindowKind};
use segue::contact::rules::Marks;
use segue::contact::{Policy, Rules, Sent};
use segue::model::consent::Purpose;
use segue::model::{Channel, Span, Time};
use segue::rule::OpenCatalog;

/// The Friday before a clock change in Europe.
const START: Time = Time(1_774_569_600_000);
const HOUR: i64 = Span::HOUR.0;

/// Four contents and two journeys; a content that is relabelled gets a new number and the old one keeps its labels.
const CATEGORIES: [&[&str]; 4] = [&[], &["offer"], &["news"], &["offer", "vip"]];
const JOURNEYS: [&str; 2] = ["cart", "birthday"];
const ZONES: [&str; 5] = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"];

struct Shelf<'a> {
    rules: &'a Rules,
    categories: Vec<Vec<String>>,
}

impl<'a> Shelf<'a> {
    fn new(rules: &'a Rules) -> Self {
        let owned = |names: &&[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self { rules, categories: CATEGORIES.iter().map(owned).collect() }
    }
}

impl Labels for Shelf<'_> {
    fn categories(&self, experience: u32) -> &[String] {
        &self.categories[experience as usize]
    }
    fn marks(&self, experience: u32) -> Marks {
        self.rules.marks(self.categories(experience), Purpose::Marketing)
    }
    fn journey(&self, journey: u32) -> &str {
        JOURNEYS[journey as usize]
    }
}

fn cap_text() -> impl Strategy<Value = String> {
    let scope = prop_oneof![
        Just(""),
        Just("channels = [\"email\"]\n"),
        Just("channels = [\"email\", \"push\"]\n"),
        Just("categories = [\"offer\"]\n"),
        Just("categories = [\"offer\", \"news\"]\nexempt = [\"vip\"]\n"),
        Just("journeys = [\"cart\"]\n"),
        Just("exempt = [\"vip\"]\nexempt_counts = false\n"),
    ];
    let window = prop_oneof![
        (1_i64..100).prop_map(|hours| format!("window = \"{hours}h\"\n")),
        (1_i64..20).prop_map(|hours| format!("window = \"{hours}h\"\nkind = \"calendar\"\nper = \"hour\"\n")),
        (1_i64..5).prop_map(|days| format!("window = \"{days}d\"\nkind = \"calendar\"\n")),
        (1_i64..3, prop_oneof![Just("sun"), Just("mon"), Just("sat")]).prop_map(|(weeks, first)| format!(
            "window = \"{}d\"\nkind = \"calendar\"\nper = \"week\"\nweek_starts = \"{first}\"\n",
            weeks * 7
        )),
        (1_i64..3).prop_map(|months| format!(
            "window = \"{}d\"\nkind = \"calendar\"\nper = \"month\"\n",
            months * 30
        )),
    ];
    let zone = prop_oneof![Just(""), Just("zone = \"Europe/Berlin\"\n")];
    let on = prop_oneof![Just(""), Just("on = \"delivered\"\n")];
    (scope, 0_u32..5, window, zone, on).prop_map(|(scope, limit, window, zone, on)| {
        format!("[[cap]]\nlimit = {limit}\n{scope}{window}{zone}{on}")
    })
}

fn sends(most: usize) -> impl Strategy<Value = Vec<Sent>> {
    // Half hours, so that many fall on the edge of a window, and bursts of one millisecond.
    let one = (0_i64..40 * 48, 0_u8..3, 0_u32..4, proptest::option::of(0_u32..2), any::<bool>());
    let one = one.prop_map(|(half, channel, experience, journey, bounced)| {
        let channel = [Channel::Email, Channel::Push, Channel::Sms][usize::from(channel)];
        Sent { bounced, ..Sent::new(START + Span(half * HOUR / 2), channel, experience, journey) }
    });
    let bursts = proptest::collection::vec((one, 1_usize..4), 0..most);
    bursts.prop_map(|bursts| bursts.into_iter().flat_map(|(sent, times)| vec![sent; times]).collect())
}

fn local(zone: &TimeZone, at: Time) -> jiff::Zoned {
    at.timestamp().to_zoned(zone.clone())
}

/// The number of the unit that holds a moment, counted from anywhere.
fn unit(cap: &Cap, zone: &TimeZone, at: Time) -> i64 {
    let here = local(zone, at);
    let since_epoch = i64::from((here.date() - Date::constant(1970, 1, 1)).get_days());
    match cap.per {
        Unit::Hour => (at.0 + i64::from(here.offset().seconds()) * 1_000).div_euclid(HOUR),
        Unit::Day => since_epoch,
        // 1 January 1970 was a Thursday, three days after a Monday.
        Unit::Week => (since_epoch + 3 - cap.week_starts as i64).div_euclid(7),
        Unit::Month => i64::from(here.year()) * 12 + i64::from(here.month()),
    }
}

fn in_scope(cap: &Cap, sent: &Sent) -> bool {
    let has = |names: &[String]| {
        names.iter().any(|name| CATEGORIES[sent.experience as usize].contains(&name.as_str()))
    };
    let journey = sent.journey.map(|journey| JOURNEYS[journey as usize].to_owned());
    (cap.channels.is_empty() || cap.channels.contains(&sent.channel))
        && (cap.categories.is_empty() || has(&cap.categories))
        && (cap.journeys.is_empty() || journey.is_some_and(|journey| cap.journeys.contains(&journey)))
}

fn is_exempt(cap: &Cap, sent: &Sent) -> bool {
    cap.exempt.iter().any(|name| CATEGORIES[sent.experience as usize].contains(&name.as_str()))
}

fn count(cap: &Cap, sends: &[Sent], person: &TimeZone, at: Time) -> u32 {
    let named = cap.zone.as_ref().map(|name| TimeZone::get(name).unwrap());
    let zone = named.as_ref().unwrap_or(person);
    let counts = sends.iter().filter(|sent| {
        let within = match cap.kind {
            WindowKind::Rolling => sent.at.0 >= at.0 - cap.window.0,
            WindowKind::Calendar => {
                unit(cap, zone, sent.at) > unit(cap, zone, at) - cap.window.0 / cap.per.written().0
            }
        };
        within
            && in_scope(cap, sent)
            && (cap.exempt_counts || !is_exempt(cap, sent))
            && !(cap.on == CountOn::Delivered && sent.bounced)
    });
    counts.count() as u32
}

/// The first cap that is full, by hand.
fn full(policy: &Policy, sends: &[Sent], message: &Sent, zone: &TimeZone, at: Time) -> Option<(usize, u32)> {
    policy.caps.iter().enumerate().find_map(|(index, cap)| {
        let stops = in_scope(cap, message) && !is_exempt(cap, message);
        let count = count(cap, sends, zone, at);
        (stops && count >= cap.limit).then_some((index, count))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn caps_equal_a_recount(
        before in proptest::collection::vec(cap_text(), 1..4),
        lowered in 0_u32..3,
        mine in sends(25),
        theirs in sends(10),
        message in sends(2),
        zones in (0_usize..5, 0_usize..5),
        later in 0_i64..20 * 24,
    ) {
        // The limits were higher when the messages went, the two were one person later, and then they moved.
        let mut policy = Policy::parse(&format!("name = \"t\"\n{}", before.concat())).unwrap();
        policy.caps.iter_mut().for_each(|cap| cap.limit = cap.limit.saturating_sub(lowered));
        let rules = Rules::new(policy, &OpenCatalog).unwrap();
        let shelf = Shelf::new(&rules);
        let mut sends = [mine, theirs].concat();
        sends.sort_by_key(|sent| sent.at);
        let newest = sends.last().map_or(START, |sent| sent.at);
        let now = newest + Span(later * HOUR / 2);
        let message = Sent { at: now, ..message.first().copied().unwrap_or(Sent::new(now, Channel::Email, 1, Some(0))) };
        for zone in [zones.0, zones.1] {
            let zone = TimeZone::get(ZONES[zone]).unwrap();
            let limits = rules.stopping(&message, &shelf);
            match cap::check(&rules, &sends, limits, &shelf, &zone, now) {
                CapVerdict::Free => prop_assert_eq!(full(&rules, &sends, &message, &zone, now), None),
                CapVerdict::Full { rule, count, free_at } => {
                    prop_assert_eq!(full(&rules, &sends, &message, &zone, now), Some((rule, count)));
                    check_free(&rules, &sends, &message, &zone, (now, free_at))?;
                }
            }
        }
    }
}

/// Full until one millisecond before, and free from then on; every moment between is one at which nothing can change but at
/// the hours looked at.
fn check_free(
    policy: &Policy,
    sends: &[Sent],
    message: &Sent,
    zone: &TimeZone,
    (now, free_at): (Time, Time),
) -> Result<(), TestCaseError> {
    let is_full = |at: Time| full(policy, sends, message, zone, at).is_some();
    if free_at == Time::MAX {
        let nothing = policy.caps.iter().any(|cap| cap.limit == 0);
        prop_assert!(nothing && is_full(now + Span::days(400)));
        return Ok(());
    }
    prop_assert!(is_full(Time(free_at.0 - 1)) && !is_full(free_at), "{} {}", now, free_at);
    let mut at = now;
    while at < free_at {
        prop_assert!(is_full(at), "free at {} already, not at {}", at, free_at);
        at = at + Span(7 * HOUR + 1);
    }
    Ok(())
}

/// The cases above are only worth something if they contain what they are named after.
#[test]
fn the_cases_cross_clock_changes_moves_merges_and_single_moments() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut same, mut both, mut crossing) = (0, 0, 0);
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let offset = |at: Time| local(&berlin, at).offset();
    for _ in 0..200 {
        let mine = sends(25).new_tree(&mut runner).unwrap().current();
        let theirs = sends(10).new_tree(&mut runner).unwrap().current();
        let mut all = [mine.clone(), theirs.clone()].concat();
        all.sort_by_key(|sent| sent.at);
        same += usize::from(all.windows(2).any(|two| two[0].at == two[1].at));
        both += usize::from(!mine.is_empty() && !theirs.is_empty());
        let ends = all.first().zip(all.last());
        crossing += usize::from(ends.is_some_and(|(first, last)| offset(first.at) != offset(last.at)));
    }
    assert!(same > 100 && both > 100 && crossing > 20, "{same} {both} {crossing}");
    let here = |zone: &str, at: Time| local(&TimeZone::get(zone).unwrap(), at).date();
    let moved = (0..48).filter(|hour| {
        let at = START + Span(hour * HOUR);
        here(ZONES[4], at) != here(ZONES[2], at)
    });
    assert!(moved.count() > 20, "who moves from one zone to another meets another day");
}

#[test]
fn a_day_of_a_clock_change_counts_by_the_calendar() {
    let text = "name = \"t\"\n[[cap]]\nlimit = 1\nwindow = \"1d\"\nkind = \"calendar\"\n";
    let rules = Rules::new(Policy::parse(text).unwrap(), &OpenCatalog).unwrap();
    let (shelf, zone) = (Shelf::new(&rules), TimeZone::get("Europe/Berlin").unwrap());
    let midnight = Date::constant(2026, 3, 29).to_zoned(zone.clone()).unwrap();
    let at = Time::from_timestamp(midnight.timestamp());
    let sent = Sent::new(at, Channel::Email, 0, None);
    let verdict = cap::check(&rules, &[sent], rules.stopping(&sent, &shelf), &shelf, &zone, at);
    let next = Time::from_timestamp(midnight.checked_add(1.days()).unwrap().timestamp());
    assert_eq!(verdict, CapVerdict::Full { rule: 0, count: 1, free_at: next });
    assert_eq!(next - at, Span::hours(23));
}
