//! Everyone at one moment, observed or of a run: what lists and cards of people are made from.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contact::consent;
use crate::decide::Library;
use crate::frame::private::is_private;
use crate::frame::{Bitmap, Verdicts};
use crate::model::consent::ConsentRecord;
use crate::model::event::names;
use crate::model::{Channel, Datum, ProfileId, Time};
use crate::rule::plan::Leaf;
use crate::rule::{Plan, Point, Truth};
use crate::traffic::profile::{Seen, View};
use crate::traffic::{MessageLog, Profile, Vocabulary};

use super::audience::{Asked, Audience, Introduced, NamedPlan};
use super::contact::why::Subject;
use super::figures;
use super::live::Tone;
use super::people::{
    ConsentLine, IdentityLine, LineKind, People, PersonCard, PersonRow, TimelineLine, TraitLine,
};
use super::spent::{self, Orders, Spent};

/// Rows a list shows.
const MOST_ROWS: usize = 1_000;

/// Lines a person's timeline shows.
const MOST_LINES: usize = 300;

/// How the people are gathered.
pub type Gather<'a> = Box<dyn FnOnce() -> Vec<&'a Profile> + 'a>;

/// Everyone at one moment.
pub struct Crowd<'a> {
    /// The people, gathered when somebody first looks at them: of millions, not for every key that is typed.
    pub profiles: LazyCell<Vec<&'a Profile>, Gather<'a>>,
    /// The words their histories are written in.
    pub words: &'a Vocabulary,
    /// What messages refer to.
    pub library: &'a Library,
    /// The moment.
    pub now: Time,
    /// The currency of amounts that name none, as a code; none where nobody said.
    pub currency: Option<&'a str>,
}

impl Crowd<'_> {
    fn point(&self) -> Point {
        Point::before(self.now)
    }

    /// Why a rule holds for one of them or does not.
    #[must_use]
    pub fn explain(&self, plan: &Plan, id: ProfileId) -> Option<crate::rule::Explanation> {
        let profile = self.profiles.iter().find(|profile| profile.id == id)?;
        Some(plan.explain(&View { profile, words: self.words }, self.point()))
    }

    fn holds(&self, plan: &Plan, profile: &Profile) -> bool {
        plan.holds(&View { profile, words: self.words }, self.point()).is_true()
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
        let mut said = vec![bought];
        said.extend((devices > 1).then(|| format!("is known on {devices} devices")));
        // Without any on record it is not known whether none were sent or none were recorded.
        let messages = figures::plural(received, "message", "messages");
        said.extend((received > 0).then(|| format!("has received {messages}")));
        match said.split_last() {
            Some((last, [])) => format!("This person {last}."),
            Some((last, before)) => format!("This person {} and {last}.", before.join(", ")),
            None => String::new(),
        }
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
                asked: None,
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
        let name = self.library.name_of(log.content).unwrap_or("a message");
        let (at, text, tone) = match (log.sent, log.held) {
            (Some(at), None) => (at, format!("{name} sent"), Tone::Sent),
            (Some(at), Some(reason)) => {
                (at, format!("{name} sent, after it was held: {}", reason.name()), Tone::Sent)
            }
            (None, Some(reason)) => (log.at, format!("{name} held: {}", reason.name()), Tone::Held),
            (None, None) => (log.at, format!("{name} planned"), Tone::Plain),
        };
        // What only a record tells of was decided elsewhere, or under definitions that are gone.
        let asked = self.library.contents.get(log.content as usize).filter(|_| !log.observed);
        let asked = asked.map(|content| Subject::Message(content.name.clone()));
        TimelineLine { at, kind: LineKind::Message, text, tone, why: Vec::new(), asked }
    }
}

/// Asked person by person: of somebody in a run, stage, session and messages change from one hour to the next, and no
/// frame holds them.
impl Audience for Crowd<'_> {
    fn people(&self) -> usize {
        self.profiles.len()
    }

    fn ask(&self, plan: &Plan) -> Asked {
        let clauses = plan.leaves().into_iter();
        let each = |leaf: &Leaf| Arc::new(self.each(|view| leaf.holds(&view, self.point())));
        Asked { clauses: clauses.map(each).collect(), inside: self.members(plan) }
    }

    fn members(&self, plan: &Plan) -> Bitmap {
        self.each(|view| plan.holds(&view, self.point())).members().clone()
    }

    fn lifecycle(&self, row: usize) -> Option<&str> {
        self.profiles.get(row)?.lifecycle.as_deref()
    }

    fn introduce(&self, row: usize) -> Introduced {
        let ordered = self.words.find(names::ORDER_COMPLETED);
        let profile = self.profiles.get(row);
        let last = profile.and_then(|profile| {
            profile.history.iter().rev().find(|happening| Some(happening.name) == ordered)
        });
        Introduced {
            id: profile.map_or(ProfileId(0), |profile| profile.id),
            name: profile.and_then(|profile| profile.name()),
            ordered: last.map(|order| order.at),
        }
    }
}

impl Crowd<'_> {
    fn each(&self, truth: impl Fn(View<'_>) -> Truth) -> Verdicts {
        Verdicts::from_fn(self.profiles.len(), |row| {
            let profile = self.profiles.get(row);
            profile.map_or(Truth::Unknown, |profile| truth(View { profile, words: self.words }))
        })
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
