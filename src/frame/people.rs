//! Who the people of a frame are: identities, traits, consent, suppressions.

use std::collections::HashMap;
use std::sync::OnceLock;

use xxhash_rust::xxh3::xxh3_64;

use super::builder::slot;
use super::column::{Column, Field, Texts};
use super::limits::ByTrait;
use super::packed::Packed;
use super::standing::Standings;
use super::zones::Zones;
use crate::identity::Map;
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Datum, Identity, Person, ProfileId, Time};
use crate::rule::Point;

/// Everybody.
#[derive(Debug, Default)]
pub struct People {
    pub(super) map: Map,
    pub(super) ids: Vec<i64>,
    pub(super) namespaces: Vec<String>,
    pub(super) namespace_of: Vec<u16>,
    pub(super) values: Texts,
    pub(super) traits: Vec<(Field, Column)>,
    /// Since when each person's value of each trait stands.
    pub(super) since: Vec<Packed>,
    pub(super) places: HashMap<String, usize>,
    pub(super) consents: Ledger<ConsentLine>,
    pub(super) suppressions: Ledger<SuppressionLine>,
    pub(super) by_hash: OnceLock<Vec<(u64, u32)>>,
    pub(super) zones: OnceLock<Zones>,
    pub(super) standings: Standings,
    pub(super) limits: ByTrait,
    /// What was said about them in JSON that could not be read to its end.
    pub(super) unreadable: u64,
}

/// Lines by person, in an order of their own and then that of their source.
#[derive(Debug, Clone)]
pub struct Ledger<T> {
    pub(super) starts: Vec<u32>,
    pub(super) lines: Vec<T>,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { starts: Vec::new(), lines: Vec::new() }
    }
}

impl<T> Ledger<T> {
    /// From lines in the order of their source.
    pub(super) fn new<K: Ord>(people: usize, mut lines: Vec<(Person, T)>, order: impl Fn(&T) -> K) -> Self {
        lines.sort_by_key(|(person, line)| (*person, order(line)));
        let mut starts = vec![0_u32; people + 1];
        for (person, _) in &lines {
            if let Some(count) = starts.get_mut(person.index() + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Self { starts, lines: lines.into_iter().map(|(_, line)| line).collect() }
    }

    fn bytes(&self) -> usize {
        size_of_val(self.starts.as_slice()) + size_of_val(self.lines.as_slice())
    }

    /// A person's lines.
    #[must_use]
    pub fn of(&self, person: Person) -> &[T] {
        let index = person.index();
        let (Some(&start), Some(&end)) = (self.starts.get(index), self.starts.get(index + 1)) else {
            return &[];
        };
        self.lines.get(start as usize..end as usize).unwrap_or(&[])
    }
}

/// What was said about contacting one of a person's identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentLine {
    /// The identity's slot.
    pub slot: u32,
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
    /// Whether somebody claimed it for a whole source. That is no opt-in of the person: it takes no unsubscribing back.
    pub claimed: bool,
}

/// Why one of a person's identities must not be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuppressionLine {
    /// The identity's slot.
    pub slot: u32,
    /// On which channel.
    pub channel: Channel,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Time,
}

impl People {
    /// Stands for the beginning of what was said without a time.
    pub(super) const NOBODY_KNOWS: i64 = i64::MAX;

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.people()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A person's public id.
    #[must_use]
    pub fn profile(&self, person: Person) -> ProfileId {
        self.map.profile(person).unwrap_or(ProfileId(0))
    }

    /// The map from identities to people.
    #[must_use]
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The identity of a slot: namespace and value.
    #[must_use]
    pub fn identity(&self, slot: u32) -> (&str, &str) {
        let namespace =
            self.namespace_of.get(slot as usize).and_then(|&code| self.namespaces.get(usize::from(code)));
        (namespace.map_or("", String::as_str), self.values.get(slot as usize))
    }

    /// A person's identities, oldest first.
    pub fn identities(&self, person: Person) -> impl Iterator<Item = (&str, &str)> {
        self.map.identities(person).iter().map(|&slot| self.identity(slot))
    }

    /// A person's oldest identity of a namespace.
    #[must_use]
    pub fn identity_in(&self, person: Person, namespace: &str) -> Option<&str> {
        self.identities(person).find(|(found, _)| *found == namespace).map(|(_, value)| value)
    }

    /// The person an identity belongs to.
    #[must_use]
    pub fn find(&self, identity: &Identity) -> Option<Person> {
        let hash = hash(&identity.namespace, &identity.value);
        let index = self.by_hash.get_or_init(|| self.hashes());
        let from = index.partition_point(|(found, _)| *found < hash);
        index
            .iter()
            .skip(from)
            .take_while(|(found, _)| *found == hash)
            .find(|(_, slot)| self.identity(*slot) == (identity.namespace.as_str(), identity.value.as_str()))
            .and_then(|(_, slot)| self.map.person(*slot))
    }

    /// The person a source's number of an identity belongs to.
    #[must_use]
    pub fn person_of(&self, identity: i64) -> Option<Person> {
        self.map.person(slot(&self.ids, identity)?)
    }

    /// People with an identity whose value contains a text, in any case, at most `limit`.
    #[must_use]
    pub fn search(&self, text: &str, limit: usize) -> Vec<Person> {
        let wanted = text.to_lowercase();
        let mut found: Vec<Person> = (0..self.ids.len() as u32)
            .filter(|&slot| self.values.get(slot as usize).to_lowercase().contains(&wanted))
            .filter_map(|slot| self.map.person(slot))
            .take(limit.saturating_mul(4))
            .collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        found
    }

    fn hashes(&self) -> Vec<(u64, u32)> {
        let mut index: Vec<(u64, u32)> = (0..self.ids.len() as u32)
            .map(|slot| {
                let (namespace, value) = self.identity(slot);
                (hash(namespace, value), slot)
            })
            .collect();
        index.sort_unstable();
        index
    }

    /// The traits there are, with a column over people each.
    #[must_use]
    pub fn traits(&self) -> &[(Field, Column)] {
        &self.traits
    }

    /// One trait.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&(Field, Column)> {
        self.places.get(name).and_then(|&place| self.traits.get(place))
    }

    /// A person's value of a trait.
    #[must_use]
    pub fn datum(&self, person: Person, name: &str) -> Datum<'_> {
        self.attribute(name).map_or(Datum::Missing, |(field, column)| column.datum(person.index(), field))
    }

    /// Since when a person's value of a trait stands; `None` where there is no value.
    #[must_use]
    pub fn since(&self, person: Person, name: &str) -> Option<Time> {
        let &place = self.places.get(name)?;
        let (_, column) = self.traits.get(place)?;
        column
            .has(person.index())
            .then(|| self.since.get(place))?
            .map(|since| Time(since.get(person.index())))
    }

    /// The zones people live in.
    #[must_use]
    pub fn zones(&self) -> &Zones {
        self.zones.get_or_init(|| Zones::of(self))
    }

    /// Whether contact on a channel is blocked for a reason at a point. An opt-in to marketing after it takes
    /// `unsubscribed` back.
    #[must_use]
    pub fn suppressed(
        &self,
        person: Person,
        channel: Channel,
        reason: SuppressionReason,
        point: Point,
    ) -> bool {
        let opted_in = || self.opted_in_at(person, channel, Purpose::Marketing, point);
        self.suppressions.of(person).iter().any(|line| {
            line.reason == reason
                && point.sees(line.at)
                && reason.reaches(line.channel, channel)
                && !(reason == SuppressionReason::Unsubscribed && opted_in().is_some_and(|at| at > line.at))
        })
    }

    /// The latest grant on a channel that covers all of a person's addresses there.
    fn opted_in_at(&self, person: Person, channel: Channel, purpose: Purpose, point: Point) -> Option<Time> {
        let granted = |line: &&ConsentLine| {
            line.channel == channel
                && line.purpose == purpose
                && line.state == ConsentState::Granted
                && !line.claimed
                && point.sees(line.at)
        };
        let lines = || self.consents.of(person).iter().filter(granted);
        let latest = |slot: u32| lines().filter(|line| line.slot == slot).map(|line| line.at).max();
        let is_address = |slot: u32| Some(self.identity(slot).0) == channel.address();
        let own = self.map.identities(person).iter().copied();
        if lines().any(|line| is_address(line.slot)) {
            return own.filter(|slot| is_address(*slot)).map(latest).min().flatten();
        }
        own.filter_map(latest).min()
    }

    /// A person's consent ledger.
    #[must_use]
    pub fn consents(&self, person: Person) -> &[ConsentLine] {
        self.consents.of(person)
    }

    /// A person's suppressions.
    #[must_use]
    pub fn suppressions(&self, person: Person) -> &[SuppressionLine] {
        self.suppressions.of(person)
    }

    /// The most restrictive consent over a person's identities, as it stands at a point. Once an address of the channel
    /// says something, every other address of it counts too and has said nothing; a grant to one is no grant to another.
    #[must_use]
    pub fn consent(&self, person: Person, channel: Channel, purpose: Purpose, point: Point) -> ConsentState {
        let lines = self.consents.of(person);
        let said =
            |line: &&ConsentLine| line.channel == channel && line.purpose == purpose && point.sees(line.at);
        if !lines.iter().any(|line| said(&line)) {
            return ConsentState::Unknown;
        }
        let address = channel.address();
        let by_address = lines.iter().filter(said).any(|line| Some(self.identity(line.slot).0) == address);
        let state = |slot: u32| {
            let latest = lines.iter().filter(said).rfind(|line| line.slot == slot);
            latest.map(|line| match line.expires {
                Some(expires) if expires <= point.at && line.state == ConsentState::Granted => {
                    ConsentState::Unknown
                }
                _ => line.state,
            })
        };
        self.map
            .identities(person)
            .iter()
            .filter_map(|&slot| match state(slot) {
                None if by_address && Some(self.identity(slot).0) == address => Some(ConsentState::Unknown),
                state => state,
            })
            .min()
            .unwrap_or(ConsentState::Unknown)
    }

    pub(super) fn bytes(&self) -> usize {
        let hashes = self.by_hash.get().map_or(0, |hashes| size_of_val(hashes.as_slice()));
        self.traits.iter().map(|(_, column)| column.bytes()).sum::<usize>()
            + self.since.iter().map(Packed::bytes).sum::<usize>()
            + self.values.bytes()
            + size_of_val(self.ids.as_slice())
            + size_of_val(self.namespace_of.as_slice())
            + self.map.bytes()
            + self.consents.bytes()
            + self.suppressions.bytes()
            + self.standings.bytes()
            + self.zones.get().map_or(0, |_| self.len() * 2)
            + hashes
    }
}

fn hash(namespace: &str, value: &str) -> u64 {
    xxh3_64(value.as_bytes()) ^ xxh3_64(namespace.as_bytes()).rotate_left(1)
}
