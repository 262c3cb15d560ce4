//! Makes a frame from facts. Identities come first, from the oldest on; everything else in any order of kinds, each kind in
//! the order of its source.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::assemble::assemble;
use super::column::{Field, Raw, freeze};
use super::json::{self};
use super::limits::Limits;
use super::packed::Packed;
use super::part::Part;
use super::people::{ConsentLine, Ledger, People, SuppressionLine};
use super::table::{Incoming, Table, TableBuilder, raw};
use super::{Counts, Frame, dates};
use crate::identity::stitch;
use crate::model::consent::{ConsentState, Purpose, Purposes, SuppressionReason};
use crate::model::{Channel, Identity, Person, Time, ValueType};

/// Traits that the Segment specification says are dates.
const DATES: [&str; 5] = ["createdAt", "created_at", "birthday", "signed_up", "signed_up_at"];

/// An event as a source tells it. The identity is the source's number of it.
#[derive(Debug, Clone, Copy)]
pub struct EventFact<'a> {
    /// Its name.
    pub name: &'a str,
    /// When it happened.
    pub at: Time,
    /// Order within the instant.
    pub sequence: i64,
    /// Where it happened.
    pub channel: Channel,
    /// The identity it arrived with.
    pub identity: Option<i64>,
    /// A JSON object, or empty.
    pub properties: &'a str,
    /// A JSON array of objects, or empty.
    pub items: &'a str,
}

/// A line of the consent ledger as a source tells it.
#[derive(Debug, Clone, Copy)]
pub struct ConsentFact {
    /// Whose.
    pub identity: i64,
    /// On which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: Purpose,
    /// What was said.
    pub state: ConsentState,
    /// When.
    pub at: Time,
    /// When it lapses.
    pub expires: Option<Time>,
}

#[derive(Debug, Default)]
struct Said {
    slot: u32,
    /// What the source allows it to be used for, as bits of [`Purposes`] that are missing.
    withheld: u8,
    at: i64,
    value: Option<Raw>,
}

#[derive(Debug)]
struct Attribute {
    field: Field,
    said: Vec<Said>,
}

/// A frame in the making.
#[derive(Debug, Default)]
pub struct Builder {
    people: People,
    namespaces: HashMap<String, u16>,
    usable: Vec<bool>,
    mentioned: Vec<bool>,
    edges: Vec<(u32, u32)>,
    attributes: Vec<Attribute>,
    places: HashMap<String, usize>,
    text: String,
    parts: Vec<Part>,
    parts_before: Option<Time>,
    tables: Vec<TableBuilder>,
    names: HashMap<String, usize>,
    last_name: usize,
    consents: Vec<(u32, ConsentLine)>,
    suppressions: Vec<(u32, SuppressionLine)>,
    counts: Counts,
    said: Option<Time>,
    traits_before: Option<Time>,
    timeless_from: Option<Time>,
}

impl Builder {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An identity with its number; numbers ascend. A value that cannot stand for a person stands for nobody.
    pub fn identity(&mut self, id: i64, namespace: &str, value: &str) {
        let next = self.namespaces.len() as u16;
        let code = *self.namespaces.entry(namespace.to_owned()).or_insert(next);
        if code == next {
            self.people.namespaces.push(namespace.to_owned());
        }
        self.people.ids.push(id);
        self.people.namespace_of.push(code);
        self.people.values.push(value);
        self.usable.push(Identity::is_usable(value));
        self.mentioned.push(false);
    }

    /// Two identities that are one person.
    pub fn link(&mut self, a: i64, b: i64) {
        if let (Some(a), Some(b)) = (self.mention(a), self.mention(b)) {
            self.edges.push((a, b));
        }
    }

    /// The type of a trait, where a schema says it.
    pub fn declare_trait(&mut self, name: &str, kind: ValueType) {
        let place = self.attribute(name);
        if let Some(attribute) = self.attributes.get_mut(place) {
            attribute.field.kind = Some(kind);
        }
    }

    /// Traits are to be read as they stood just before a moment. What a source says without a time of its own comes later
    /// than every event; it holds where nothing older is known.
    pub fn traits_before(&mut self, moment: Time) {
        self.traits_before = Some(moment);
    }

    /// From when on what is said has no time of its own, where that is not the newest of the events taken.
    pub fn timeless_from(&mut self, newest: Option<Time>) {
        self.timeless_from = newest;
    }

    /// Somebody whom a ledger of its own is about.
    pub fn known(&mut self, identity: i64) {
        self.mention(identity);
    }

    /// What a source said about a person: a JSON object of traits. Null takes a value back.
    pub fn identify(&mut self, identity: i64, at: Time, traits: &str) {
        self.identify_for(identity, at, traits, Purposes::ALL);
    }

    /// The same of a source whose data may be used for these purposes only.
    pub fn identify_for(&mut self, identity: i64, at: Time, traits: &str, uses: Purposes) {
        let withheld = uses.lacking(Purposes::ALL).bits();
        let Some(slot) = self.mention(identity) else { return };
        self.said = self.said.max(Some(at));
        let mut found = Vec::new();
        let mut text = std::mem::take(&mut self.text);
        let read =
            json::object(traits, &mut |name, value| found.push((name.to_owned(), raw(value, &mut text))));
        self.text = text;
        self.counts.unreadable += u64::from(!read);
        for (name, value) in found {
            let place = self.attribute(&name);
            if let Some(attribute) = self.attributes.get_mut(place) {
                attribute.said.push(Said { slot, withheld, at: at.0, value: Some(value) });
            }
        }
    }

    /// Something that happened.
    pub fn event(&mut self, event: &EventFact<'_>) {
        self.counts.newest = self.counts.newest.max(Some(event.at));
        let Some(who) = event.identity.and_then(|identity| self.mention(identity)) else {
            self.counts.nobody += 1;
            return;
        };
        self.counts.events += 1;
        let incoming = Incoming {
            who,
            at: event.at,
            sequence: event.sequence,
            channel: event.channel,
            properties: event.properties,
            items: event.items,
        };
        let place = self.table(event.name);
        if let Some(table) = self.tables.get_mut(place) {
            self.counts.unreadable += u64::from(!table.push(&incoming));
        }
    }

    /// Events in columns, what happened before a moment of them. Where parts are given, events come in no other way.
    pub fn parts(&mut self, parts: Vec<Part>, before: Option<Time>) {
        let end = before.map_or(i64::MAX, |before| before.0);
        for part in &parts {
            part.nobody.each(|_, at| {
                if at < end {
                    self.counts.newest = self.counts.newest.max(Some(Time(at)));
                }
            });
            for chunk in part.tables.iter().flat_map(|(_, chunks)| chunks) {
                let whole = chunk.span.1 < end;
                for (row, &identity) in chunk.people.iter().enumerate() {
                    if whole || chunk.at.get(row) < end {
                        self.mention(i64::from(identity));
                        if !whole {
                            self.counts.newest = self.counts.newest.max(Some(chunk.time(row)));
                        }
                    }
                }
                if whole {
                    self.counts.newest = self.counts.newest.max(Some(Time(chunk.span.1)));
                }
            }
        }
        (self.parts, self.parts_before) = (parts, before);
    }

    /// The newest event so far.
    #[must_use]
    pub fn newest(&self) -> Option<Time> {
        self.counts.newest
    }

    /// A line of the consent ledger.
    pub fn consent(&mut self, fact: &ConsentFact) {
        self.consent_line(fact, false);
    }

    /// A line of the consent ledger that somebody claimed for a whole source.
    pub fn claimed_consent(&mut self, fact: &ConsentFact) {
        self.consent_line(fact, true);
    }

    fn consent_line(&mut self, fact: &ConsentFact, claimed: bool) {
        let Some(slot) = self.mention(fact.identity) else { return };
        let &ConsentFact { channel, purpose, state, at, expires, .. } = fact;
        self.said = self.said.max(Some(at));
        self.consents.push((slot, ConsentLine { slot, channel, purpose, state, at, expires, claimed }));
    }

    /// A line of the suppression ledger.
    pub fn suppression(&mut self, identity: i64, channel: Channel, reason: SuppressionReason, at: Time) {
        let Some(slot) = self.mention(identity) else { return };
        self.suppressions.push((slot, SuppressionLine { slot, channel, reason, at }));
    }

    /// The finished frame.
    #[must_use]
    pub fn finish(self, revision: i64) -> Frame {
        self.finish_on(revision, 1)
    }

    /// The finished frame, made by several threads where that helps.
    #[must_use]
    pub fn finish_on(mut self, revision: i64, threads: usize) -> Frame {
        let counts_for = |slot: u32| {
            let yes = |list: &[bool]| list.get(slot as usize).copied().unwrap_or(false);
            yes(&self.usable) && yes(&self.mentioned)
        };
        let map = stitch(&self.people.ids, counts_for, &self.edges);
        let person = |slot: u32| map.person(slot).unwrap_or(Person(u32::MAX));
        let people = map.people();
        let consents = self.consents.drain(..).map(|(slot, line)| (person(slot), line)).collect();
        self.people.consents = Ledger::new(people, consents, |line: &ConsentLine| {
            // Of two lines of one moment the more restrictive one is the later.
            (line.at, std::cmp::Reverse(line.state))
        });
        let suppressions = self.suppressions.drain(..).map(|(slot, line)| (person(slot), line)).collect();
        self.people.suppressions = Ledger::new(people, suppressions, |line: &SuppressionLine| line.at);
        for attribute in self.attributes.drain(..) {
            let Attribute { mut field, said } = attribute;
            let said = match self.traits_before {
                Some(moment) => {
                    standing_before(said, moment, self.timeless_from.or(self.counts.newest).or(self.said))
                }
                None => said,
            };
            let row = |slot| person(slot).index();
            let limits = Limits::of(&said, people, row);
            let (latest, since) = latest(&said, people, &self.text, row);
            let values = latest.iter().map(|(_, raw)| raw);
            if field.kind.is_none() && dates::are_dates(&field.name, values, &self.text) {
                field.kind = Some(ValueType::Time);
            }
            if let Some(column) =
                freeze(&mut field, people, latest.iter().map(|(row, raw)| (*row, raw)), &self.text)
            {
                self.people.places.insert(field.name.clone(), self.people.traits.len());
                if let Some(limits) = limits {
                    self.people.limits.insert(field.name.clone(), limits);
                }
                self.people.traits.push((field, column));
                self.people.since.push(since);
            }
        }
        self.people.map = map;
        if !self.parts.is_empty() {
            self.people.unreadable = self.counts.unreadable;
            let parts = std::mem::take(&mut self.parts);
            return assemble(self.people, self.said, parts, (revision, self.parts_before), threads);
        }
        let person = |slot: u32| self.people.map.person(slot).unwrap_or(Person(u32::MAX));
        let mut tables: Vec<Arc<Table>> = self
            .tables
            .drain(..)
            .map(|table| Arc::new(table.finish(Vec::new(), |slot| person(slot).0)))
            .collect();
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        // Without events, what was said last is the newest there is.
        self.counts.newest = self.counts.newest.or(self.said);
        Frame {
            revision,
            people: Arc::new(self.people),
            tables: Arc::new(tables),
            index: Arc::new(OnceLock::new()),
            lists: Arc::new(BTreeMap::new()),
            lifecycle: None,
            intent: None,
            met: Arc::default(),
            bands: Arc::default(),
            answers: Arc::default(),
            counts: self.counts,
        }
    }

    /// The slot of an identity's number, noted as mentioned by a fact; `None` if it stands for nobody.
    fn mention(&mut self, id: i64) -> Option<u32> {
        let slot = slot(&self.people.ids, id)?;
        *self.mentioned.get_mut(slot as usize)? = true;
        self.usable.get(slot as usize).copied().unwrap_or(false).then_some(slot)
    }

    fn attribute(&mut self, name: &str) -> usize {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        let kind = DATES.contains(&name).then_some(ValueType::Time);
        self.attributes.push(Attribute { field: Field::new(name, kind), said: Vec::new() });
        self.places.insert(name.to_owned(), self.attributes.len() - 1);
        self.attributes.len() - 1
    }

    fn table(&mut self, name: &str) -> usize {
        // Sources tell long runs of one name.
        if self.names.get(name) == Some(&self.last_name) {
            return self.last_name;
        }
        let place = match self.names.get(name) {
            Some(&place) => place,
            None => {
                self.tables.push(TableBuilder::new(name));
                self.names.insert(name.to_owned(), self.tables.len() - 1);
                self.tables.len() - 1
            }
        };
        self.last_name = place;
        place
    }
}

/// Where an identity's number stands in the ascending list of them.
pub(super) fn slot(ids: &[i64], id: i64) -> Option<u32> {
    // Numbers are handed out without gaps, so the distance to the first is nearly always the answer.
    let guess = usize::try_from(id.checked_sub(*ids.first()?)?).ok()?;
    if ids.get(guess) == Some(&id) {
        return Some(guess as u32);
    }
    ids.binary_search(&id).ok().map(|slot| slot as u32)
}

/// What stood just before a moment: what was said by then, and of the rest what has no time of its own, as if it had been
/// said first.
fn standing_before(said: Vec<Said>, moment: Time, newest: Option<Time>) -> Vec<Said> {
    let timeless = |one: &Said| newest.is_some_and(|newest| one.at >= newest.0);
    let (stood, rest): (Vec<Said>, Vec<Said>) = said.into_iter().partition(|one| one.at < moment.0);
    let mut standing: Vec<Said> = rest.into_iter().filter(timeless).collect();
    standing.sort_by_key(|one| one.at);
    standing.iter_mut().for_each(|one| one.at = i64::MIN);
    standing.extend(stood);
    standing
}

/// The latest value of each person, by time, then by the order of the source, and since when it has been the same.
fn latest(said: &[Said], people: usize, text: &str, row: impl Fn(u32) -> usize) -> (Vec<(u32, Raw)>, Packed) {
    let latest = last_said(said, people, &row);
    let of =
        |row: usize| latest.get(row).copied().flatten().and_then(|index| Some((index, said.get(index)?)));
    // The last time each person was said to be something else.
    let mut other: Vec<Option<(i64, usize)>> = vec![None; people];
    for (index, one) in said.iter().enumerate() {
        let row = row(one.slot);
        let differs =
            of(row).is_some_and(|(_, latest)| !same(latest.value.as_ref(), one.value.as_ref(), text));
        if differs && let Some(place) = other.get_mut(row) {
            *place = (*place).max(Some((one.at, index)));
        }
    }
    let mut since: Vec<Option<i64>> = vec![None; people];
    for (index, one) in said.iter().enumerate().filter(|(_, one)| one.at != i64::MIN) {
        let row = row(one.slot);
        let after = other.get(row).copied().flatten().is_none_or(|other| (one.at, index) > other);
        if after && let Some(since) = since.get_mut(row) {
            *since = Some(since.map_or(one.at, |known| known.min(one.at)));
        }
    }
    // A value that was said without a time stands since nobody knows when. Where nothing was said nobody asks, and a
    // filler keeps the column narrow.
    let filler = since.iter().flatten().copied().next().unwrap_or_default();
    let since: Vec<i64> = since
        .into_iter()
        .enumerate()
        .map(|(row, since)| since.unwrap_or(if of(row).is_some() { People::NOBODY_KNOWS } else { filler }))
        .collect();
    let values = (0..people).filter_map(|row| Some((row as u32, of(row)?.1.value.clone()?))).collect();
    (values, Packed::new(&since))
}

/// Which of what was said holds for each person: the last, by time, then by the order of the source.
fn last_said(said: &[Said], people: usize, row: &impl Fn(u32) -> usize) -> Vec<Option<usize>> {
    let mut latest: Vec<Option<usize>> = vec![None; people];
    for (index, one) in said.iter().enumerate() {
        let Some(place) = latest.get_mut(row(one.slot)) else { continue };
        if place.and_then(|known| said.get(known)).is_none_or(|known| known.at <= one.at) {
            *place = Some(index);
        }
    }
    latest
}

impl Limits {
    /// The purposes that the sources of a trait's values withhold, where one of them does.
    fn of(said: &[Said], people: usize, row: impl Fn(u32) -> usize) -> Option<Self> {
        if said.iter().all(|one| one.withheld == 0) {
            return None;
        }
        let latest = last_said(said, people, &row);
        let withheld = latest.iter().map(|index| index.and_then(|index| said.get(index)));
        Some(Self(withheld.map(|one| one.map_or(0, |one| one.withheld)).collect()))
    }
}

fn same(a: Option<&Raw>, b: Option<&Raw>, text: &str) -> bool {
    let of = |range: &std::ops::Range<u32>| text.get(range.start as usize..range.end as usize);
    match (a, b) {
        (Some(Raw::Text(a)), Some(Raw::Text(b))) => of(a) == of(b),
        (Some(Raw::Flag(a)), Some(Raw::Flag(b))) => a == b,
        (Some(Raw::Number(a)), Some(Raw::Number(b))) => a == b,
        (Some(Raw::List(a)), Some(Raw::List(b))) => a == b,
        (Some(Raw::Null) | None, Some(Raw::Null) | None) => true,
        _ => false,
    }
}
