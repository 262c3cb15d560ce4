//! Who will reach a cap, and which journey takes the slots, read off traffic that was played on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contact::cap::{self, Tally};
use crate::contact::words;
use crate::decide::Library;
use crate::model::message::HeldReason;
use crate::model::{ProfileId, Span, Time};
use crate::panel::crowd::has_address;
use crate::panel::figures;
use crate::rule::Point;
use crate::traffic::profile::View;
use crate::traffic::{Profile, Setup};

/// People a forecast names.
const MOST_NAMED: usize = 500;

/// How far a forecast looks if nobody says.
pub const DAYS: u32 = 14;

/// What a forecast rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// A world was played on: people go on as they do in it.
    PlayedOn,
    /// The journeys' own timings, from their entry rules on; nobody does anything new.
    Planned,
}

impl Basis {
    /// What that means, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::PlayedOn => {
                "Simulated: the world is played on with the same people and draws, so this is what the run will do if \
                 nothing is changed."
            }
            Self::Planned => {
                "Planned: journeys run from now on for everyone their entry rules take in, and nobody does anything new; \
                 journeys that wait for an event add to this."
            }
        }
    }
}

/// The forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// A sentence a client understands.
    pub sentence: String,
    /// What it rests on.
    pub basis: Basis,
    /// From when.
    pub from: Time,
    /// How far.
    pub days: u32,
    /// People a message can reach.
    pub people: u64,
    /// Of them, those who will reach a cap they are not at now.
    pub reach: u64,
    /// Every cap.
    pub caps: Vec<CapAhead>,
    /// What each journey will send, most first; messages of no journey last.
    pub journeys: Vec<JourneyAhead>,
    /// Those who will reach a cap, the first to reach one first; at most five hundred.
    pub first: Vec<Reaching>,
}

/// One cap in the time ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapAhead {
    /// What it says: `email: 4 in 7d`.
    pub cap: String,
    /// The count that is full.
    pub limit: u32,
    /// People at it now.
    pub at_now: u64,
    /// People who will reach it and are not at it now.
    pub reach: u64,
    /// Of those, how many reach it first on each day.
    pub by_day: Vec<u64>,
    /// Whose messages fill it for them, most first.
    pub slots: Vec<Slot>,
}

/// The slots of a cap that a journey takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// The journey; none where the messages belong to none.
    pub journey: Option<String>,
    /// Messages.
    pub messages: u64,
    /// Their share of the slots.
    pub share: f64,
}

/// What a journey will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyAhead {
    /// The journey; none for messages that belong to none.
    pub journey: Option<String>,
    /// Messages that will go.
    pub sent: u64,
    /// Messages that will not go at all, or later than decided.
    pub held: u64,
    /// Of those, the ones a cap stops.
    pub held_by_cap: u64,
}

/// Somebody who will reach a cap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaching {
    /// Who.
    pub profile: ProfileId,
    /// Their name, if known; masked by whoever shows it.
    pub name: Option<String>,
    /// Which cap.
    pub cap: String,
    /// When.
    pub at: Time,
    /// Whose messages fill it: `newsletter 3, cart recovery 1`.
    pub slots: String,
}

impl Forecast {
    /// Reads what will have happened between `from` and so many days later.
    pub fn of<'a>(
        people: impl Iterator<Item = &'a Profile>,
        setup: &Setup,
        from: Time,
        days: u32,
        basis: Basis,
    ) -> Self {
        let mut ahead = Ahead::new(setup, from, days);
        people.for_each(|profile| ahead.see(profile));
        ahead.told(basis)
    }

    /// The same with names covered, for whatever leaves the program.
    #[must_use]
    pub fn masked(mut self) -> Self {
        for person in &mut self.first {
            person.name = person.name.take().map(|name| crate::panel::privacy::name(Some(&name), true));
        }
        self
    }
}

type ByJourney = BTreeMap<Option<u32>, u64>;

#[derive(Clone, Default)]
struct OfCap {
    at_now: u64,
    reach: u64,
    by_day: Vec<u64>,
    slots: ByJourney,
}

#[derive(Clone, Copy, Default)]
struct OfJourney {
    sent: u64,
    held: u64,
    held_by_cap: u64,
}

/// A forecast being read off, person by person.
pub struct Ahead<'a> {
    setup: &'a Setup,
    library: &'a Library,
    from: Time,
    days: u32,
    people: u64,
    reach: u64,
    caps: Vec<OfCap>,
    journeys: BTreeMap<Option<u32>, OfJourney>,
    first: Vec<Reaching>,
}

impl<'a> Ahead<'a> {
    /// Nobody was seen yet.
    #[must_use]
    pub fn new(setup: &'a Setup, from: Time, days: u32) -> Self {
        let cap = OfCap { by_day: vec![0; days as usize], ..OfCap::default() };
        let library = &setup.library;
        Self {
            setup,
            library,
            from,
            days,
            people: 0,
            reach: 0,
            caps: vec![cap; library.policy.caps.len()],
            journeys: BTreeMap::new(),
            first: Vec::new(),
        }
    }

    fn end(&self) -> Time {
        self.from + Span::days(i64::from(self.days))
    }

    /// Takes note of somebody who was played on.
    pub fn see(&mut self, profile: &Profile) {
        if !has_address(profile.identities.iter().map(|identity| identity.namespace.as_str())) {
            return;
        }
        self.people += 1;
        self.messages(profile);
        let rules = &self.library.policy;
        let view = View { profile, words: &self.setup.words };
        let holding = rules.holding(&view, Point::before(self.from));
        let (zone, sends) = (&profile.zone.0, &profile.sends);
        let past = sends.partition_point(|sent| sent.at < self.from);
        let now = Tally::of(rules, sends.get(..past).unwrap_or_default(), self.library, zone, self.from);
        let mut open: Vec<usize> = Vec::new();
        for (index, known) in rules.caps.iter().enumerate() {
            if holding & rules.bit_of_cap(index) == 0 {
                continue;
            }
            if now.count(index) >= known.limit {
                self.caps[index].at_now += 1;
            } else {
                open.push(index);
            }
        }
        let mut reached = false;
        for (at, sent) in sends.iter().enumerate().skip(past) {
            if open.is_empty() || sent.at >= self.end() {
                break;
            }
            let upto = sends.get(..=at).unwrap_or_default();
            let tally = Tally::of(rules, upto, self.library, zone, sent.at);
            let full = |index: &usize| {
                rules.caps.get(*index).is_some_and(|known| tally.count(*index) >= known.limit)
            };
            for index in open.iter().copied().filter(full) {
                let counted = cap::counted(rules, index, upto, self.library, zone, sent.at);
                let mut slots = ByJourney::new();
                counted.for_each(|sent| *slots.entry(sent.journey).or_default() += 1);
                self.reaches(profile, index, sent.at, slots);
                reached = true;
            }
            open.retain(|index| !full(index));
        }
        self.reach += u64::from(reached);
    }

    fn messages(&mut self, profile: &Profile) {
        let end = self.end();
        let ahead = |at: Time| at >= self.from && at < end;
        for log in profile.messages.iter().filter(|log| log.channel.address().is_some()) {
            let entry = self.journeys.entry(log.journey).or_default();
            entry.sent += u64::from(log.sent.is_some_and(ahead));
            if let Some(reason) = log.held.filter(|_| ahead(log.at)) {
                entry.held += 1;
                entry.held_by_cap += u64::from(reason == HeldReason::Cap);
            }
        }
    }

    fn reaches(&mut self, profile: &Profile, index: usize, at: Time, slots: ByJourney) {
        let Some(known) = self.library.policy.caps.get(index) else { return };
        let mut by: Vec<(Option<u32>, u64)> = slots.iter().map(|(journey, n)| (*journey, *n)).collect();
        by.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let said: Vec<String> =
            by.iter().map(|(journey, n)| format!("{} {n}", self.name(*journey))).collect();
        self.first.push(Reaching {
            profile: profile.id,
            name: profile.name(),
            cap: words::cap(known),
            at,
            slots: said.join(", "),
        });
        let day = ((at - self.from).0 / Span::DAY.0).max(0) as usize;
        let Some(cap) = self.caps.get_mut(index) else { return };
        cap.reach += 1;
        if let Some(count) = cap.by_day.get_mut(day) {
            *count += 1;
        }
        for (journey, n) in slots {
            *cap.slots.entry(journey).or_default() += n;
        }
    }

    fn name(&self, journey: Option<u32>) -> String {
        let name = journey.and_then(|journey| self.library.journeys.get(journey as usize));
        name.map_or_else(|| "no journey".to_owned(), Clone::clone)
    }

    /// The forecast over everybody who was seen.
    #[must_use]
    pub fn told(mut self, basis: Basis) -> Forecast {
        self.first.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.profile.cmp(&b.profile)));
        self.first.truncate(MOST_NAMED);
        let named = |journey: Option<u32>| {
            journey.and_then(|journey| self.library.journeys.get(journey as usize)).cloned()
        };
        let caps: Vec<CapAhead> = self
            .library
            .policy
            .caps
            .iter()
            .zip(&self.caps)
            .map(|(known, cap)| CapAhead {
                cap: words::cap(known),
                limit: known.limit,
                at_now: cap.at_now,
                reach: cap.reach,
                by_day: cap.by_day.clone(),
                slots: slots(&cap.slots, named),
            })
            .collect();
        let mut journeys: Vec<JourneyAhead> = self
            .journeys
            .iter()
            .filter(|(_, of)| of.sent + of.held > 0)
            .map(|(journey, of)| JourneyAhead {
                journey: named(*journey),
                sent: of.sent,
                held: of.held,
                held_by_cap: of.held_by_cap,
            })
            .collect();
        journeys
            .sort_by(|a, b| a.journey.is_none().cmp(&b.journey.is_none()).then_with(|| b.sent.cmp(&a.sent)));
        Forecast {
            sentence: sentence(&caps, self.reach, self.days),
            basis,
            from: self.from,
            days: self.days,
            people: self.people,
            reach: self.reach,
            caps,
            journeys,
            first: self.first,
        }
    }
}

fn slots(taken: &ByJourney, named: impl Fn(Option<u32>) -> Option<String>) -> Vec<Slot> {
    let all: u64 = taken.values().sum();
    let share = |n: u64| n as f64 / all.max(1) as f64;
    let mut slots: Vec<Slot> = taken
        .iter()
        .map(|(journey, n)| Slot { journey: named(*journey), messages: *n, share: share(*n) })
        .collect();
    slots.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.journey.cmp(&b.journey)));
    slots
}

fn sentence(caps: &[CapAhead], reach: u64, days: u32) -> String {
    if caps.is_empty() {
        return "No cap is set, so nobody can reach one.".to_owned();
    }
    let people = figures::plural(reach, "person", "people");
    let fullest = caps.iter().max_by_key(|cap| cap.reach).filter(|cap| cap.reach > 0);
    let taker = fullest.and_then(|cap| cap.slots.first());
    let slots = match taker {
        Some(slot) => {
            let whose = slot.journey.as_deref().unwrap_or("messages of no journey");
            format!("; {whose} takes {} of the slots", figures::percent(slot.share))
        }
        None => String::new(),
    };
    match reach {
        0 => format!("Nobody new will reach a cap within {days} days."),
        _ => format!("{people} will reach a cap within {days} days{slots}."),
    }
}
