//! Everybody as bytes: who they are, what they said, and what is known of them. Values of identities stand beside their
//! own numbers and in no dictionary.

use super::encode::{In, Out};
use super::limits::Limits;
use super::packed::Packed;
use super::part::Part;
use super::people::{ConsentLine, Ledger, People, SuppressionLine};
use super::{Frame, assemble};
use crate::identity::Map;
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Person, Time};

/// Written first, and raised with every change of what the bytes mean.
const FORMAT: &[u8; 8] = b"segfolk3";

/// Everybody, ready to be put together with the parts they were found with.
#[derive(Debug)]
pub struct Folk {
    people: People,
    said: Option<Time>,
}

impl Folk {
    /// From bytes; `None` where they are not what this release writes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut read = In::new(bytes);
        if read.bytes()? != FORMAT {
            return None;
        }
        let said = read.option(In::number)?.map(Time);
        let unreadable = read.number()?.cast_unsigned();
        let ids: Vec<i64> = spread(&read.packed()?);
        let namespaces = read.several(|read| read.text().map(str::to_owned))?;
        let (namespace_of, values) = (read.u16s::<Vec<u16>>()?, read.texts()?);
        let person_of =
            read.u32s::<Vec<u32>>()?.into_iter().map(|who| (who != u32::MAX).then_some(Person(who)));
        let map = Map::restore(&ids, person_of.collect())?;
        let mut people =
            People { ids, namespaces, namespace_of, values, map, unreadable, ..People::default() };
        for _ in 0..read.len()? {
            let (field, column, since) = (read.field()?, read.column()?, read.packed()?);
            people.places.insert(field.name.clone(), people.traits.len());
            people.traits.push((field, column));
            people.since.push(since);
        }
        people.consents = ledger(&mut read, consent)?;
        people.suppressions = ledger(&mut read, suppression)?;
        for _ in 0..read.len()? {
            let name = read.text()?.to_owned();
            people.limits.insert(name, Limits(read.several(In::byte)?));
        }
        let fits = people.namespace_of.len() == people.ids.len()
            && people.values.len() == people.ids.len()
            && people.since.iter().all(|since| since.len() == people.len())
            && people.ids.is_sorted();
        (fits && read.is_done()).then_some(Self { people, said })
    }

    /// The frame of these people and the events of these parts.
    #[must_use]
    pub fn with_parts(self, parts: Vec<Part>, revision: i64, threads: usize) -> Frame {
        assemble::assemble(self.people, self.said, parts, (revision, None), threads)
    }
}

impl Frame {
    /// Its people as bytes.
    #[must_use]
    pub fn encode_people(&self) -> Vec<u8> {
        let people = self.people();
        let mut out = Out::default();
        out.bytes(FORMAT);
        // Only a frame without events keeps what was said as its newest moment.
        let said = self.counts.newest.filter(|_| self.tables.is_empty());
        out.option(said, |out, said| out.number(said.0));
        out.number(people.unreadable.cast_signed());
        out.packed(&Packed::new(&people.ids));
        out.len(people.namespaces.len());
        people.namespaces.iter().for_each(|namespace| out.text(namespace));
        out.u16s(&people.namespace_of);
        out.texts(&people.values);
        let persons: Vec<u32> = (0..people.ids.len() as u32)
            .map(|slot| people.map.person(slot).map_or(u32::MAX, |person| person.0))
            .collect();
        out.u32s(&persons);
        out.len(people.traits.len());
        for ((field, column), since) in people.traits.iter().zip(&people.since) {
            out.field(field);
            out.column(column);
            out.packed(since);
        }
        out.u32s(&people.consents.starts);
        out.len(people.consents.lines.len());
        for line in &people.consents.lines {
            out.byte(line.channel.code());
            out.byte(line.purpose as u8);
            out.byte(line.state as u8 | if line.claimed { CLAIMED } else { 0 });
            out.number(i64::from(line.slot));
            out.number(line.at.0);
            out.option(line.expires, |out, at| out.number(at.0));
        }
        out.u32s(&people.suppressions.starts);
        out.len(people.suppressions.lines.len());
        for line in &people.suppressions.lines {
            out.byte(line.channel.code());
            out.byte(line.reason as u8);
            out.number(i64::from(line.slot));
            out.number(line.at.0);
        }
        out.len(people.limits.len());
        for (name, limits) in &people.limits {
            out.text(name);
            out.len(limits.0.len());
            limits.0.iter().for_each(|bits| out.byte(*bits));
        }
        out.done()
    }
}

fn spread(packed: &Packed) -> Vec<i64> {
    let mut values = Vec::with_capacity(packed.len());
    packed.each(|_, value| values.push(value));
    values
}

fn ledger<T>(read: &mut In<'_>, line: impl FnMut(&mut In<'_>) -> Option<T>) -> Option<Ledger<T>> {
    let starts: Vec<u32> = read.u32s()?;
    let lines = read.several(line)?;
    let fits = starts.is_sorted() && starts.last().map_or(0, |&end| end as usize) == lines.len();
    fits.then_some(Ledger { starts, lines })
}

/// The bit of a consent's state that says it was claimed for a whole source.
const CLAIMED: u8 = 0x80;

fn consent(read: &mut In<'_>) -> Option<ConsentLine> {
    let (channel, purpose, state) = (read.byte()?, read.byte()?, read.byte()?);
    Some(ConsentLine {
        channel: Channel::from_code(channel)?,
        purpose: *Purpose::ALL.get(usize::from(purpose))?,
        state: *ConsentState::ALL.get(usize::from(state & !CLAIMED))?,
        claimed: state & CLAIMED != 0,
        slot: u32::try_from(read.number()?).ok()?,
        at: Time(read.number()?),
        expires: read.option(In::number)?.map(Time),
    })
}

fn suppression(read: &mut In<'_>) -> Option<SuppressionLine> {
    Some(SuppressionLine {
        channel: Channel::from_code(read.byte()?)?,
        reason: *SuppressionReason::ALL.get(usize::from(read.byte()?))?,
        slot: u32::try_from(read.number()?).ok()?,
        at: Time(read.number()?),
    })
}
