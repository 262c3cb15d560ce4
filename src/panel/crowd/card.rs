//! Everything known of one person, as a card shows it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::contact::consent;
use crate::decide::Library;
use crate::frame::private::is_private;
use crate::model::consent::ConsentRecord;
use crate::model::event::names;
use crate::model::{Channel, Time};
use crate::panel::contact::why::Subject;
use crate::panel::figures;
use crate::panel::live::Tone;
use crate::panel::people::{ConsentLine, IdentityLine, LineKind, PersonCard, TimelineLine, TraitLine};
use crate::panel::spent::{self, Orders, Spent};
use crate::rule::Point;
use crate::traffic::profile::{Seen, View};
use crate::traffic::{MessageLog, Profile, Vocabulary};

/// Lines a person's timeline shows.
const MOST_LINES: usize = 300;

/// What a person's record is read with.
pub(super) struct Known<'a> {
    pub(super) words: &'a Vocabulary,
    pub(super) library: &'a Library,
    pub(super) now: Time,
    /// The currency of amounts that name none.
    pub(super) currency: Option<&'a str>,
}

impl Known<'_> {
    /// The card of somebody who is in these segments.
    pub(super) fn card(&self, profile: &Profile, segments: Vec<String>) -> PersonCard {
        let orders = self.orders(profile);
        PersonCard {
            id: profile.id,
            name: profile.name(),
            sentence: self.story(profile, &orders),
            lifecycle: profile.lifecycle.as_deref().map(str::to_owned),
            intent: profile.intent.as_deref().map(str::to_owned),
            segments,
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
        }
    }

    fn orders(&self, profile: &Profile) -> Orders<'_> {
        let mut orders = Orders::none(self.currency);
        let view = View { profile, words: self.words };
        crate::rule::Subject::events(&view, names::ORDER_COMPLETED, &mut |order| {
            orders.add(order);
            ControlFlow::Continue(())
        });
        orders
    }

    fn story(&self, profile: &Profile, orders: &Orders<'_>) -> String {
        let bought = match (orders.count(), orders.spent()) {
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
        if let Some(amount) = spent::amount(seen) {
            return format!(" · {}", figures::money(amount, spent::currency(seen, self.currency)));
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
