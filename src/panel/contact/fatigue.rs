//! Fatigue in full: messages and pressure per person, every cap, what is held by reason and journey, and what goes with the
//! n-th message and with pressure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cost::{self, Cost};
use super::scene::{About, Scene};
use crate::contact::cap::Tally;
use crate::contact::{pressure, words};
use crate::decide::State;
use crate::model::consent::Purpose;
use crate::model::message::HeldReason;
use crate::model::{Span, Time};
use crate::panel::crowd::{Member, Visit};
use crate::panel::figures;
use crate::stats::{Caution, Reading, Why, wilson};
use crate::traffic::MessageLog;

/// Messages per person are told up to this many; the last is "or more".
const MOST: usize = 7;

/// Below which pressure, in fresh messages, a band ends.
const BANDS: [(&str, f64); 7] = [
    ("none", 0.05),
    ("under ½", 0.5),
    ("½ to 1", 1.0),
    ("1 to 1½", 1.5),
    ("1½ to 2", 2.0),
    ("2 to 3", 3.0),
    ("3 and more", f64::INFINITY),
];

/// A message younger than this may still be clicked, so it says nothing yet.
const RIPE: Span = Span::DAY;

/// Said beside whatever was not randomised.
pub const ASSOCIATION: &str = "association, not cause";

/// The page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FatigueInFull {
    /// A sentence a client understands.
    pub sentence: String,
    /// What it stands for; people are those a message can reach.
    pub about: About,
    /// The window messages are counted in, in days.
    pub days: u32,
    /// People by messages received in the window; none where the data does not say who was written to.
    pub messages: Vec<Share>,
    /// People by pressure now.
    pub pressure: Vec<Share>,
    /// The fatigue budget, if there is one.
    pub budget: Option<Budget>,
    /// Every cap, now.
    pub caps: Vec<CapNow>,
    /// Messages sent in the window, where that is known.
    pub sent: Option<u64>,
    /// What was held in the window, by reason, most first; none where nobody recorded what was held.
    pub held_by: Option<Vec<(String, u64)>>,
    /// What was held in the window, by journey; none where nobody recorded what was held.
    pub held: Option<Vec<HeldOf>>,
    /// What followed the n-th message within the window.
    pub by_number: Vec<Response>,
    /// What followed a message by the pressure before it.
    pub by_pressure: Vec<Response>,
    /// What a message costs, where a test of caps tells it; empty where none does.
    pub costs: Vec<Cost>,
    /// What the data does not tell, in sentences.
    pub unknown: Vec<String>,
}

/// A share of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Whose: `3`, `7+`, `½ to 1`.
    pub label: String,
    /// How many.
    pub people: u64,
    /// Of all who can be reached.
    pub share: f64,
}

/// The fatigue budget and who is over it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// The budget, in fresh messages.
    pub budget: f64,
    /// Whether it holds messages back.
    pub enforced: bool,
    /// People at or over it.
    pub over: u64,
    /// Their share.
    pub share: f64,
}

/// Who stands where under a cap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapNow {
    /// What it says: `email: 4 in 7d`.
    pub cap: String,
    /// People it holds for.
    pub holds_for: u64,
    /// People at it.
    pub at: u64,
    /// Their share, of those it holds for.
    pub share: f64,
    /// People one message below it.
    pub one_below: u64,
}

/// What was held of a journey's messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOf {
    /// The journey; none for messages of no journey.
    pub journey: Option<String>,
    /// Messages of it that went.
    pub sent: u64,
    /// Messages held, those released later included.
    pub held: u64,
    /// By reason, most first.
    pub by_reason: Vec<(String, u64)>,
}

/// What followed messages of one kind. An association, not a cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// Which messages: `3rd`, `1 to 1½`.
    pub label: String,
    /// How many arrived.
    pub delivered: u64,
    /// How many were clicked.
    pub clicked: u64,
    /// How many unsubscribed.
    pub unsubscribed: u64,
    /// Clicked, as a share with Wilson's interval.
    pub click_share: Reading,
    /// Unsubscribed per thousand with Wilson's interval.
    pub unsubscribe_per_thousand: Reading,
}

#[derive(Clone, Copy, Default)]
struct Followed {
    delivered: u64,
    clicked: u64,
    unsubscribed: u64,
}

impl Followed {
    fn response(self, label: String, known: bool) -> Response {
        let association = |reading: Reading, scale: f64| match reading {
            Reading::Estimate(mut estimate) => {
                estimate.value *= scale;
                estimate.low *= scale;
                estimate.high *= scale;
                estimate.cautions.push(Caution::Association);
                Reading::Estimate(estimate)
            }
            withheld @ Reading::Withheld(_) => withheld,
        };
        let left = wilson::reading(self.unsubscribed, self.delivered, 0.05);
        let unknown = || Why::Other { reason: "the data holds no unsubscribes".to_owned() };
        Response {
            label,
            delivered: self.delivered,
            clicked: self.clicked,
            unsubscribed: self.unsubscribed,
            click_share: association(wilson::reading(self.clicked, self.delivered, 0.05), 1.0),
            unsubscribe_per_thousand: if known {
                association(left, 1_000.0)
            } else {
                Reading::Withheld(unknown())
            },
        }
    }
}

/// What everybody's messages come to, while they are gone through.
pub struct Gathered<'s, 'a> {
    scene: &'s Scene<'a>,
    window: Span,
    counts: [u64; MOST + 1],
    bands: [u64; BANDS.len()],
    over: u64,
    caps: Vec<(u64, u64, u64)>,
    people: usize,
    sent: u64,
    journeys: BTreeMap<Option<u32>, (u64, [u64; HeldReason::ALL.len()])>,
    by_number: [Followed; MOST],
    by_pressure: [Followed; BANDS.len()],
}

impl FatigueInFull {
    /// The page over everyone.
    #[must_use]
    pub fn of(scene: &Scene<'_>) -> Self {
        let mut gathered = Gathered::over(scene);
        scene.each(&mut gathered);
        gathered.told()
    }
}

impl Gathered<'_, '_> {
    /// The page over everybody who was seen.
    #[must_use]
    pub fn told(self) -> FatigueInFull {
        let (gathered, scene, rules) = (&self, self.scene, self.scene.rules());
        let knows_sends = scene.knows_sends();
        let people = gathered.people as f64;
        let share = |n: u64| n as f64 / people.max(1.0);
        let shares = |labels: Vec<String>, counts: &[u64]| -> Vec<Share> {
            let rows = labels.into_iter().zip(counts);
            rows.map(|(label, n)| Share { label, people: *n, share: share(*n) }).collect()
        };
        let numbers = (0..=MOST).map(|n| format!("{n}{}", if n == MOST { "+" } else { "" })).collect();
        let bands = BANDS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let known = scene.recorded.is_none_or(|told| told.unsubscribes);
        let caps = gathered.caps(rules);
        let mut page = FatigueInFull {
            sentence: String::new(),
            about: scene.about(gathered.people),
            days: self.window.as_days().round() as u32,
            messages: shares(numbers, &gathered.counts),
            pressure: shares(bands, &gathered.bands),
            budget: rules.pressure.budget.map(|budget| Budget {
                budget,
                enforced: rules.pressure.enforce,
                over: gathered.over,
                share: share(gathered.over),
            }),
            caps,
            sent: Some(gathered.sent),
            held_by: scene.knows_holds().then(|| gathered.held_by()),
            held: scene.knows_holds().then(|| gathered.held()),
            by_number: responses(&gathered.by_number, |n| nth(n + 1), known),
            by_pressure: responses(&gathered.by_pressure, |n| BANDS[n].0.to_owned(), known),
            costs: cost::costs(scene).unwrap_or_default(),
            unknown: Vec::new(),
        };
        if !knows_sends {
            page.forget_sends();
        }
        if page.held.is_none() && knows_sends {
            page.unknown.push("The data does not say what was held.".to_owned());
        }
        page.sentence = page.said();
        page
    }
}

impl FatigueInFull {
    fn forget_sends(&mut self) {
        self.messages.clear();
        self.pressure.clear();
        self.by_number.clear();
        self.by_pressure.clear();
        self.caps.clear();
        (self.budget, self.sent, self.held_by, self.held) = (None, None, None, None);
        self.unknown.push(
            "The data does not say who was written to, so neither messages nor pressure are known."
                .to_owned(),
        );
    }

    fn said(&self) -> String {
        if self.about.people == 0 {
            return "Nobody can be reached yet.".to_owned();
        }
        if self.messages.is_empty() {
            return "How many messages people got is not known.".to_owned();
        }
        let fullest = self.caps.iter().max_by(|a, b| a.share.total_cmp(&b.share));
        let caps = match fullest {
            None => "No cap is set".to_owned(),
            Some(cap) if cap.at == 0 => "Nobody is at a cap".to_owned(),
            Some(cap) => format!(
                "{} ({}) are at the cap {}",
                figures::plural(cap.at, "person", "people"),
                figures::percent(cap.share),
                cap.cap
            ),
        };
        let mut ends = self.by_pressure.iter().filter(|band| band.delivered > 0);
        let rates = |band: &Response| band.unsubscribe_per_thousand.estimate().cloned();
        let (low, high) = (ends.clone().next().and_then(rates), ends.next_back().and_then(rates));
        match low.zip(high) {
            Some((low, high)) if high.low > low.high => format!("{caps}; unsubscribes rise with pressure."),
            _ => format!("{caps}."),
        }
    }
}

impl<'s, 'a> Gathered<'s, 'a> {
    /// Nobody was seen yet.
    #[must_use]
    pub fn over(scene: &'s Scene<'a>) -> Self {
        let caps = &scene.rules().caps;
        Self {
            scene,
            window: caps.first().map_or(Span::days(7), |cap| cap.window),
            counts: [0; MOST + 1],
            bands: [0; BANDS.len()],
            over: 0,
            caps: vec![(0, 0, 0); caps.len()],
            people: 0,
            sent: 0,
            journeys: BTreeMap::new(),
            by_number: [Followed::default(); MOST],
            by_pressure: [Followed::default(); BANDS.len()],
        }
    }

    fn person<S: State>(&mut self, member: &Member<'_, S>) {
        let (rules, now, library) = (self.scene.rules(), self.scene.now, &self.scene.setup.library);
        let (sends, zone) = (member.state.sends(), member.state.zone().0);
        self.people += 1;
        let pressure = pressure::at(&rules.pressure, sends, now);
        self.bands[band(pressure)] += 1;
        self.over += u64::from(rules.pressure.budget.is_some_and(|budget| pressure >= budget));
        let holding = rules.holding(member.state, self.scene.point());
        let tally = Tally::of(rules, sends, library, zone, now);
        for (index, (known, sums)) in rules.caps.iter().zip(&mut self.caps).enumerate() {
            if holding & rules.bit_of_cap(index) != 0 {
                let count = tally.count(index);
                sums.0 += 1;
                sums.1 += u64::from(count >= known.limit);
                sums.2 += u64::from(count < known.limit && count + 1 >= known.limit);
            }
        }
        let from = now.back(self.window);
        let mut times: Vec<Time> = reaching(member.messages).filter_map(|log| log.sent).collect();
        times.sort_unstable();
        let received = times.iter().filter(|at| **at >= from).count();
        self.counts[received.min(MOST)] += 1;
        for log in reaching(member.messages) {
            self.message(log, from);
            self.follow(log, &times);
        }
    }

    fn message(&mut self, log: &MessageLog, from: Time) {
        let sent = log.sent.is_some_and(|at| at >= from);
        let held = log.held.filter(|_| log.at >= from && log.at < self.scene.now);
        self.sent += u64::from(sent);
        if sent || held.is_some() {
            let entry = self.journeys.entry(log.journey).or_default();
            entry.0 += u64::from(sent);
            if let Some(count) = held.and_then(|reason| entry.1.get_mut(reason as usize)) {
                *count += 1;
            }
        }
    }

    /// Surveys and service messages count towards the number, but nobody is expected to click them.
    fn follow(&mut self, log: &MessageLog, times: &[Time]) {
        let made_here = log.observed == self.scene.recorded.is_some();
        let Some(at) = log.sent.filter(|at| made_here && *at < self.scene.now.back(RIPE)) else { return };
        if log.delivered.is_none() || matches!(log.purpose, Purpose::Survey | Purpose::Service) {
            return;
        }
        let since = times.partition_point(|sent| *sent < at.back(self.window));
        let number = times.partition_point(|sent| *sent <= at).saturating_sub(since).max(1);
        let slots = [
            self.by_number.get_mut(number.min(MOST) - 1),
            self.by_pressure.get_mut(band(f64::from(log.pressure))),
        ];
        for slot in slots.into_iter().flatten() {
            slot.delivered += 1;
            slot.clicked += u64::from(log.clicked.is_some());
            slot.unsubscribed += u64::from(log.unsubscribed.is_some());
        }
    }

    fn caps(&self, rules: &crate::contact::Rules) -> Vec<CapNow> {
        let now =
            |known: &crate::contact::policy::Cap, (holds_for, at, one_below): &(u64, u64, u64)| CapNow {
                cap: words::cap(known),
                holds_for: *holds_for,
                at: *at,
                share: *at as f64 / (*holds_for).max(1) as f64,
                one_below: *one_below,
            };
        rules.caps.iter().zip(&self.caps).map(|(known, sums)| now(known, sums)).collect()
    }

    fn held_by(&self) -> Vec<(String, u64)> {
        let mut sums = [0; HeldReason::ALL.len()];
        for (_, held) in self.journeys.values() {
            sums.iter_mut().zip(held).for_each(|(sum, n)| *sum += n);
        }
        by_reason(&sums)
    }

    fn held(&self) -> Vec<HeldOf> {
        let mut rows: Vec<HeldOf> = self
            .journeys
            .iter()
            .map(|(journey, (sent, held))| HeldOf {
                journey: self.scene.journey(*journey).map(str::to_owned),
                sent: *sent,
                held: held.iter().sum(),
                by_reason: by_reason(held),
            })
            .collect();
        rows.sort_by(|a, b| b.held.cmp(&a.held).then_with(|| a.journey.cmp(&b.journey)));
        rows
    }
}

impl Visit for Gathered<'_, '_> {
    fn see<S: State>(&mut self, member: &Member<'_, S>) {
        if member.is_reachable() {
            self.person(member);
        }
    }
}

/// Reasons with what was held for them, most first.
fn by_reason(held: &[u64; HeldReason::ALL.len()]) -> Vec<(String, u64)> {
    let mut rows: Vec<(String, u64)> = HeldReason::ALL
        .into_iter()
        .zip(held)
        .filter(|(_, n)| **n > 0)
        .map(|(reason, n)| (reason.name().to_owned(), *n))
        .collect();
    rows.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    rows
}

/// Messages that reach for somebody: what stands on our own pages does not.
fn reaching(messages: &[MessageLog]) -> impl Iterator<Item = &MessageLog> {
    messages.iter().filter(|log| log.channel.address().is_some())
}

fn band(pressure: f64) -> usize {
    BANDS.iter().position(|(_, below)| pressure < *below).unwrap_or(BANDS.len() - 1)
}

fn responses(followed: &[Followed], label: impl Fn(usize) -> String, known: bool) -> Vec<Response> {
    let rows = followed.iter().enumerate();
    rows.map(|(index, followed)| followed.response(label(index), known)).collect()
}

/// `1st`, `2nd`, `7th or later`.
fn nth(n: usize) -> String {
    match n {
        1 => "1st".to_owned(),
        2 => "2nd".to_owned(),
        3 => "3rd".to_owned(),
        MOST => format!("{n}th +"),
        n => format!("{n}th"),
    }
}
