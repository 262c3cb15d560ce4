//! Everyone at one moment, observed or of a run: what lists and cards of people are made from.

use std::collections::BTreeMap;

use crate::contact::consent;
use crate::decide::Library;
use crate::frame::private::is_private;
use crate::model::consent::ConsentRecord;
use crate::model::event::names;
use crate::model::{Channel, Datum, ProfileId, Time};
use crate::rule::{Plan, Point};
use crate::traffic::profile::{Seen, View};
use crate::traffic::{MessageLog, Profile, Vocabulary};

use super::figures;
use super::live::Tone;
use super::people::{
    ConsentLine, IdentityLine, LineKind, People, PersonCard, PersonRow, TimelineLine, TraitLine,
};
use super::segments::{Change, ClauseCount, Diagnostic, SamplePerson, Segment, SegmentVerdict, Segments};
use super::spent::{self, Orders, Spent};

/// Rows a list shows.
const MOST_ROWS: usize = 1_000;

/// Lines a person's timeline shows.
const MOST_LINES: usize = 300;

/// People a verdict shows.
const SAMPLE: usize = 5;

/// Everyone at one moment.
pub struct Crowd<'a> {
    /// The people.
    pub profiles: Vec<&'a Profile>,
    /// The words their histories are written in.
    pub words: &'a Vocabulary,
    /// What messages refer to.
    pub library: &'a Library,
    /// The moment.
    pub now: Time,
    /// The currency of amounts that name none, as a code; none where nobody said.
    pub currency: Option<&'a str>,
}

/// A segment as far as lists need it.
pub struct NamedPlan<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: u32,
    /// Its rule as written.
    pub text: &'a str,
    /// Its rule, checked; none where it does not read.
    pub plan: Option<&'a Plan>,
}

/// A rule being written.
pub struct DraftRule<'a> {
    /// To be repeated in the answer.
    pub ticket: u64,
    /// The text.
    pub text: &'a str,
    /// What checking found.
    pub checked: Result<&'a Plan, Vec<Diagnostic>>,
    /// The version it is a draft of.
    pub saved: Option<&'a NamedPlan<'a>>,
}

impl Crowd<'_> {
    fn point(&self) -> Point {
        Point::before(self.now)
    }

    fn holds(&self, plan: &Plan, profile: &Profile) -> bool {
        plan.holds(&View { profile, words: self.words }, self.point()).is_true()
    }

    fn count(&self, plan: &Plan) -> u64 {
        self.profiles.iter().filter(|profile| self.holds(plan, profile)).count() as u64
    }

    /// The list of people a text matches: by name, address, id, country, device or stage.
    #[must_use]
    pub fn people(&self, filter: &str) -> People {
        let wanted = filter.trim().to_lowercase();
        let matching: Vec<&&Profile> =
            self.profiles.iter().filter(|profile| wanted.is_empty() || matches(profile, &wanted)).collect();
        let total = self.profiles.len() as u64;
        let found = matching.len() as u64;
        let sentence = if total == 0 {
            "Nobody yet: import customers or events on the Data screen.".to_owned()
        } else if wanted.is_empty() {
            format!("{} people, the newest facts from {}.", figures::count(total), self.day(self.now))
        } else {
            format!("{} of {} people match.", figures::count(found), figures::count(total))
        };
        let rows = matching.into_iter().take(MOST_ROWS).map(|profile| self.row(profile)).collect();
        People { sentence, filter: filter.to_owned(), total, matching: found, rows }
    }

    fn day(&self, at: Time) -> String {
        at.timestamp().strftime("%-d %b %Y").to_string()
    }

    fn row(&self, profile: &Profile) -> PersonRow {
        let orders = self.orders(profile);
        PersonRow {
            id: profile.id,
            name: profile.name(),
            email: identity(profile, "email").map(str::to_owned),
            lifecycle: profile.lifecycle.as_deref().map(str::to_owned),
            country: text(profile.trait_value("country")),
            orders: orders.count,
            spent: orders.spent.text(),
            seen: profile.history.last().map(|happening| happening.at),
        }
    }

    fn orders(&self, profile: &Profile) -> Orders {
        Orders::of(profile, self.words, self.currency)
    }

    /// Everything known of one person.
    #[must_use]
    pub fn card(&self, id: ProfileId, segments: &[NamedPlan<'_>]) -> Option<PersonCard> {
        let profile = self.profiles.iter().find(|profile| profile.id == id)?;
        let orders = self.orders(profile);
        let inside = segments.iter().filter(|s| s.plan.is_some_and(|plan| self.holds(plan, profile)));
        Some(PersonCard {
            id,
            name: profile.name(),
            sentence: self.story(profile, &orders),
            lifecycle: profile.lifecycle.as_deref().map(str::to_owned),
            intent: profile.intent.as_deref().map(str::to_owned),
            segments: inside.map(|segment| segment.name.to_owned()).collect(),
            identities: profile
                .identities
                .iter()
                .map(|identity| IdentityLine {
                    namespace: identity.namespace.clone(),
                    value: identity.value.clone(),
                    since: None,
                    source: String::new(),
                })
                .collect(),
            traits: profile
                .traits
                .iter()
                .map(|(name, value)| TraitLine {
                    name: name.to_string(),
                    value: value.to_string(),
                    source: String::new(),
                    personal: is_personal(name),
                })
                .collect(),
            consents: consents(profile, self.now),
            timeline: self.timeline(profile),
        })
    }

    fn story(&self, profile: &Profile, orders: &Orders) -> String {
        let bought = match (orders.count, &orders.spent) {
            (0, _) => "has not ordered yet".to_owned(),
            (n, Spent::Unknown(why)) => format!("has ordered {} ({why})", times(n)),
            (n, spent) => format!("has ordered {} for {}", times(n), spent.text().unwrap_or_default()),
        };
        let received = profile.messages.iter().filter(|log| log.sent.is_some()).count() as u64;
        let devices = profile.identities.iter().filter(|i| i.namespace == "anonymous_id").count() as u64;
        let devices = match devices {
            0 | 1 => String::new(),
            n => format!(", is known on {n} devices"),
        };
        format!(
            "This person {bought}{devices} and has received {}.",
            figures::plural(received, "message", "messages")
        )
    }

    fn timeline(&self, profile: &Profile) -> Vec<TimelineLine> {
        let events = profile.history.iter().map(|happening| {
            let seen = Seen { happening, words: self.words };
            let name = self.words.word(happening.name);
            TimelineLine {
                at: happening.at,
                kind: LineKind::Event,
                text: format!("{name}{}", self.detail(&seen)),
                tone: tone_of(name),
                why: Vec::new(),
            }
        });
        let messages = profile.messages.iter().map(|log| self.message(log));
        let mut lines: Vec<TimelineLine> = events.chain(messages).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        lines.truncate(MOST_LINES);
        lines
    }

    /// The most telling property of an event, after a dot; what it came to as an amount.
    fn detail(&self, seen: &Seen<'_>) -> String {
        use crate::rule::Occurrence;
        if let Some(amount) = spent::amount(seen.happening, self.words) {
            return format!(
                " · {}",
                figures::money(amount, spent::currency(seen.happening, self.words, self.currency))
            );
        }
        ["score", "product_id", "campaign_name", "category", "path"]
            .iter()
            .map(|name| seen.property(name))
            .find(|datum| !datum.is_missing())
            .map(|datum| format!(" · {datum}"))
            .unwrap_or_default()
    }

    fn message(&self, log: &MessageLog) -> TimelineLine {
        let name = self.library.contents.get(log.content as usize).map_or("?", |content| &content.name);
        let (at, text, tone) = match (log.sent, log.held) {
            (Some(at), None) => (at, format!("{name} sent"), Tone::Sent),
            (Some(at), Some(reason)) => {
                (at, format!("{name} sent, after it was held: {}", reason.name()), Tone::Sent)
            }
            (None, Some(reason)) => (log.at, format!("{name} held: {}", reason.name()), Tone::Held),
            (None, None) => (log.at, format!("{name} planned"), Tone::Plain),
        };
        TimelineLine { at, kind: LineKind::Message, text, tone, why: Vec::new() }
    }

    /// The list of segments with their sizes.
    #[must_use]
    pub fn segments(&self, plans: &[NamedPlan<'_>]) -> Segments {
        let people = self.profiles.len() as u64;
        let mut rows: Vec<Segment> = plans
            .iter()
            .map(|named| {
                let count = named.plan.map_or(0, |plan| self.count(plan));
                Segment {
                    name: named.name.to_owned(),
                    version: named.version,
                    count,
                    share: count as f64 / people.max(1) as f64,
                    rule: named.text.to_owned(),
                    editable: true,
                }
            })
            .collect();
        rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        let sentence = match rows.first() {
            None => String::new(),
            Some(largest) => format!(
                "{}, the largest is {} with {} people.",
                figures::plural(rows.len() as u64, "segment", "segments"),
                largest.name,
                figures::count(largest.count)
            ),
        };
        Segments { sentence, people, rows }
    }

    /// What a rule being written means, and for whom.
    #[must_use]
    pub fn verdict(&self, draft: DraftRule<'_>, others: &[NamedPlan<'_>]) -> SegmentVerdict {
        let mut verdict = SegmentVerdict {
            ticket: draft.ticket,
            people: self.profiles.len() as u64,
            ..SegmentVerdict::default()
        };
        let plan = match draft.checked {
            Ok(plan) => plan,
            Err(diagnostics) => {
                verdict.diagnostics = diagnostics;
                return verdict;
            }
        };
        let inside: Vec<&Profile> =
            self.profiles.iter().copied().filter(|profile| self.holds(plan, profile)).collect();
        verdict.count = Some(inside.len() as u64);
        verdict.clauses = self.clauses(plan, draft.text);
        verdict.change = draft.saved.and_then(|saved| {
            let both = inside.iter().filter(|profile| self.holds_opt(saved.plan, profile)).count() as u64;
            let before = saved.plan.map(|plan| self.count(plan))?;
            let (leave, join) = (before - both, inside.len() as u64 - both);
            Some(Change { version: saved.version, both, leave, join })
        });
        let name = draft.saved.map(|saved| saved.name);
        verdict.overlaps = others
            .iter()
            .filter(|other| Some(other.name) != name)
            .map(|other| {
                let shared = inside.iter().filter(|profile| self.holds_opt(other.plan, profile)).count();
                (other.name.to_owned(), shared as u64)
            })
            .collect();
        verdict.lifecycle = shares(&inside);
        verdict.sample = self.sample(plan, &inside);
        verdict
    }

    fn holds_opt(&self, plan: Option<&Plan>, profile: &Profile) -> bool {
        plan.is_some_and(|plan| self.holds(plan, profile))
    }

    /// For each part that must hold: who passes it alone, and how many fewer pass all up to it.
    fn clauses(&self, plan: &Plan, text: &str) -> Vec<ClauseCount> {
        let parts = plan.step().conjuncts();
        let (mut alone, mut upto) = (vec![0_u64; parts.len()], vec![0_u64; parts.len()]);
        for profile in &self.profiles {
            let view = View { profile, words: self.words };
            let mut all = true;
            for (index, part) in parts.iter().enumerate() {
                let holds = part.holds(&view, self.point()).is_true();
                all &= holds;
                alone[index] += u64::from(holds);
                upto[index] += u64::from(all);
            }
        }
        parts
            .iter()
            .enumerate()
            .map(|(index, part)| {
                let line = text.get(..part.start()).unwrap_or("").matches('\n').count() as u32 + 1;
                let before = if index == 0 { upto[0] } else { upto[index - 1] };
                ClauseCount { line, passes: alone[index], lost: upto[index] as i64 - before as i64 }
            })
            .collect()
    }

    /// Some who are in, then some who miss by one part.
    fn sample(&self, plan: &Plan, inside: &[&Profile]) -> Vec<SamplePerson> {
        let parts = plan.step().conjuncts();
        let verdicts = |profile: &Profile| -> Vec<Option<bool>> {
            let view = View { profile, words: self.words };
            parts.iter().map(|part| known(part.holds(&view, self.point()))).collect()
        };
        let near = self.profiles.iter().filter(|profile| {
            let clauses = verdicts(profile);
            clauses.len() > 1 && clauses.iter().filter(|clause| **clause != Some(true)).count() == 1
        });
        inside
            .iter()
            .take(SAMPLE - 2)
            .chain(near.take(SAMPLE))
            .take(SAMPLE)
            .map(|profile| SamplePerson {
                id: profile.id,
                name: profile.name(),
                clauses: verdicts(profile),
                note: self.note(profile),
            })
            .collect()
    }

    fn note(&self, profile: &Profile) -> String {
        let ordered = self.words.find(names::ORDER_COMPLETED);
        let last = profile.history.iter().rev().find(|happening| Some(happening.name) == ordered);
        match last {
            Some(order) => format!("last order {:.0} d", (self.now - order.at).as_days()),
            None => "no order".to_owned(),
        }
    }
}

fn known(truth: crate::rule::Truth) -> Option<bool> {
    match truth {
        crate::rule::Truth::True => Some(true),
        crate::rule::Truth::False => Some(false),
        crate::rule::Truth::Unknown => None,
    }
}

fn identity<'a>(profile: &'a Profile, namespace: &str) -> Option<&'a str> {
    profile.identities.iter().find(|i| i.namespace == namespace).map(|i| i.value.as_str())
}

fn text(datum: Datum<'_>) -> Option<String> {
    (!datum.is_missing()).then(|| datum.to_string())
}

fn matches(profile: &Profile, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    profile.name().is_some_and(|name| has(&name))
        || has(&profile.id.to_string())
        || profile.identities.iter().any(|identity| has(&identity.value))
        || profile.traits.iter().any(|(_, value)| has(&value.to_string()))
        || profile.lifecycle.as_deref().is_some_and(has)
}

fn is_personal(name: &str) -> bool {
    is_private(name)
        || ["name", "birth", "street", "zip", "postal", "avatar"]
            .iter()
            .any(|part| name.to_lowercase().contains(part))
}

fn consents(profile: &Profile, now: Time) -> Vec<ConsentLine> {
    let mut latest: BTreeMap<(Channel, &str), &ConsentRecord> = BTreeMap::new();
    for record in profile.consents.iter().filter(|record| record.at <= now) {
        let slot = latest.entry((record.channel, record.purpose.name())).or_insert(record);
        if record.at >= slot.at {
            *slot = record;
        }
    }
    latest
        .into_values()
        .map(|record| ConsentLine {
            channel: record.channel,
            purpose: record.purpose.name().to_owned(),
            state: consent::of_person(
                &profile.consents,
                &profile.identities,
                record.channel,
                record.purpose,
                Point::before(now),
            ),
            at: Some(record.at),
            basis: record.basis.clone(),
        })
        .collect()
}

fn shares(inside: &[&Profile]) -> Vec<(String, f64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for profile in inside {
        *counts.entry(profile.lifecycle.as_deref().unwrap_or("no stage")).or_default() += 1;
    }
    let mut shares: Vec<(String, f64)> = counts
        .into_iter()
        .map(|(stage, n)| (stage.to_owned(), n as f64 / inside.len().max(1) as f64))
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}

fn tone_of(name: &str) -> Tone {
    match name {
        names::ORDER_COMPLETED => Tone::Good,
        names::UNSUBSCRIBED | names::ORDER_REFUNDED => Tone::Bad,
        _ => Tone::Plain,
    }
}

fn times(n: u64) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", figures::count(n)),
    }
}
