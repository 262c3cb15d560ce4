//! A segment cut by what is known of its people.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::frame::{Bitmap, Frame, Labels};
use crate::model::{Channel, Datum, Person};
use crate::rule::{Point, Subject};

/// What a segment is cut by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The lifecycle stage.
    Lifecycle,
    /// The intent of the running session.
    Intent,
    /// Where the newest event happened that says where.
    Channel,
    /// The country people live in.
    Country,
    /// The device: what people are known to use, else what the newest event that names one was made with.
    Device,
}

impl By {
    /// Every cut, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Lifecycle, Self::Intent, Self::Channel, Self::Country, Self::Device];

    /// The name of the cut.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lifecycle => "lifecycle",
            Self::Intent => "intent",
            Self::Channel => "channel",
            Self::Country => "country",
            Self::Device => "device",
        }
    }

    /// What people are called of whom it is not known.
    fn unknown(self) -> &'static str {
        match self {
            Self::Lifecycle => "no stage",
            Self::Intent => "not in a session",
            Self::Channel | Self::Country | Self::Device => "unknown",
        }
    }
}

/// One part of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What its people have in common.
    pub label: String,
    /// How many of the segment.
    pub inside: u64,
    /// How many of everybody.
    pub everyone: u64,
}

/// A segment cut by one thing, the largest part first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    /// What it is cut by.
    pub by: By,
    /// The parts; they add up to the segment.
    pub parts: Vec<Part>,
}

/// Traits that say where people live, the first that is there wins.
const COUNTRY: [&str; 4] = ["country", "country_code", "address.country", "location.country"];
/// Traits and event properties that say what people use.
const DEVICE: [&str; 4] = ["device", "device_type", "device.type", "context.device.type"];

/// What is known of everybody to cut by, worked out once so that every key pressed in a rule costs one look at the members.
#[derive(Debug, Clone)]
pub struct Cuts(Vec<Cut>);

/// Everybody by one thing.
#[derive(Debug, Clone)]
struct Cut {
    by: By,
    labels: Vec<String>,
    /// For each person the place of their label; the last is that of whom it is not known.
    codes: Vec<u32>,
    everyone: Vec<u64>,
}

impl Cuts {
    /// Looks at everybody.
    #[must_use]
    pub fn of(frame: &Frame, point: Point) -> Self {
        Self(By::ALL.into_iter().map(|by| Cut::of(frame, by, point)).collect())
    }

    /// Looks at people one after the other, where no frame holds them.
    #[must_use]
    pub fn of_each<S: Subject>(people: impl Iterator<Item = S>, point: Point) -> Self {
        let mut found: [Found; 5] = Default::default();
        for person in people {
            let last = Last::of(&person, point);
            let said = [
                person.lifecycle().map(Into::into),
                person.intent().map(Into::into),
                last.channel.map(|channel| channel.name().into()),
                said(&person, &COUNTRY),
                said(&person, &DEVICE).or(last.device),
            ];
            found.iter_mut().zip(said).for_each(|(found, said)| found.push(said));
        }
        Self(By::ALL.into_iter().zip(&found).map(|(by, found)| Cut::made(by, found)).collect())
    }

    /// Whether there is nothing to cut by.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Cuts a segment by everything there is to cut it by.
    #[must_use]
    pub fn breakdowns(&self, members: &Bitmap) -> Vec<Breakdown> {
        self.0.iter().map(|cut| cut.breakdown(members)).collect()
    }
}

impl Cut {
    fn of(frame: &Frame, by: By, point: Point) -> Self {
        let found = match by {
            By::Lifecycle => labelled(frame, frame.lifecycle()),
            By::Intent => labelled(frame, frame.intent()),
            By::Channel => channels(frame, point),
            By::Country => traits(frame, &COUNTRY),
            By::Device => devices(frame, point),
        };
        Self::made(by, &found)
    }

    fn made(by: By, found: &Found) -> Self {
        let mut places: BTreeMap<&str, u32> = BTreeMap::new();
        for label in found.iter().flatten() {
            let next = places.len() as u32;
            places.entry(label).or_insert(next);
        }
        let unknown = places.len() as u32;
        let mut labels = vec![by.unknown().to_owned(); places.len() + 1];
        for (label, place) in &places {
            if let Some(name) = labels.get_mut(*place as usize) {
                *name = (*label).to_owned();
            }
        }
        let code = |label: &Option<std::sync::Arc<str>>| {
            label.as_deref().and_then(|label| places.get(label)).copied().unwrap_or(unknown)
        };
        let codes: Vec<u32> = found.iter().map(code).collect();
        let everyone = counts(labels.len(), codes.iter().copied());
        Self { by, labels, codes, everyone }
    }

    fn breakdown(&self, members: &Bitmap) -> Breakdown {
        let inside = counts(self.labels.len(), members.rows().filter_map(|row| self.codes.get(row).copied()));
        let mut parts: Vec<Part> = self
            .labels
            .iter()
            .zip(inside.iter().zip(&self.everyone))
            .filter(|(_, (_, everyone))| **everyone > 0)
            .map(|(label, (&inside, &everyone))| Part { label: label.clone(), inside, everyone })
            .collect();
        parts.sort_by(|a, b| (b.inside, b.everyone).cmp(&(a.inside, a.everyone)).then(a.label.cmp(&b.label)));
        Breakdown { by: self.by, parts }
    }
}

fn counts(places: usize, codes: impl Iterator<Item = u32>) -> Vec<u64> {
    let mut counts = vec![0_u64; places];
    for code in codes {
        if let Some(count) = counts.get_mut(code as usize) {
            *count += 1;
        }
    }
    counts
}

type Found = Vec<Option<std::sync::Arc<str>>>;

fn labelled(frame: &Frame, labels: Option<&Labels>) -> Found {
    let of = |row: u32| labels.and_then(|labels| labels.of(Person(row))).map(Into::into);
    (0..frame.people().len() as u32).map(of).collect()
}

fn traits(frame: &Frame, names: &[&str]) -> Found {
    let people = frame.people();
    let known = names.iter().find(|name| people.attribute(name).is_some());
    let of = |row: u32| match known.map(|name| people.datum(Person(row), name)) {
        None | Some(Datum::Missing) => None,
        Some(value) => Some(value.to_string().into()),
    };
    (0..people.len() as u32).map(of).collect()
}

/// The first of some traits that is known of a person.
fn said(person: &impl Subject, names: &[&str]) -> Option<std::sync::Arc<str>> {
    names
        .iter()
        .map(|name| person.attribute(name))
        .find(|value| !value.is_missing())
        .map(|value| value.to_string().into())
}

/// What somebody's newest events say that say something.
#[derive(Default)]
struct Last {
    channel: Option<Channel>,
    device: Option<std::sync::Arc<str>>,
}

impl Last {
    fn of(person: &impl Subject, point: Point) -> Self {
        let mut last = Self::default();
        person.every_event(&mut |event| {
            if point.sees(event.at()) {
                let channel = Some(event.channel()).filter(|channel| *channel != Channel::Unknown);
                last.channel = channel.or(last.channel);
                let device = DEVICE.iter().map(|name| event.property(name)).find(|value| !value.is_missing());
                last.device = device.map(|value| value.to_string().into()).or(last.device.take());
            }
            ControlFlow::Continue(())
        });
        last
    }
}

/// The newest of everybody's events that say something, as `(at, sequence)`, and what it says.
struct Newest<T> {
    at: Vec<(i64, i64)>,
    said: Vec<Option<T>>,
}

impl<T> Newest<T> {
    fn of_nobody(people: usize) -> Self {
        Self { at: vec![(i64::MIN, i64::MIN); people], said: (0..people).map(|_| None).collect() }
    }

    fn take(&mut self, person: u32, at: (i64, i64), said: impl FnOnce() -> Option<T>) {
        let person = person as usize;
        if let (Some(known), Some(place)) = (self.at.get_mut(person), self.said.get_mut(person))
            && (at > *known || place.is_none())
            && let Some(said) = said()
        {
            (*known, *place) = (at, Some(said));
        }
    }
}

fn channels(frame: &Frame, point: Point) -> Found {
    let mut newest = Newest::<Channel>::of_nobody(frame.people().len());
    for chunk in frame.tables().iter().flat_map(|table| &table.chunks) {
        for (row, &person) in chunk.people.iter().enumerate() {
            let at = chunk.time(row);
            if point.sees(at) {
                newest.take(person, (at.0, chunk.sequence.get(row)), || {
                    Some(chunk.channel(row)).filter(|channel| *channel != Channel::Unknown)
                });
            }
        }
    }
    newest.said.into_iter().map(|channel| channel.map(|channel| channel.name().into())).collect()
}

fn devices(frame: &Frame, point: Point) -> Found {
    let mut found = traits(frame, &DEVICE);
    let mut newest = Newest::<std::sync::Arc<str>>::of_nobody(frame.people().len());
    for table in frame.tables() {
        let Some(place) = DEVICE.iter().find_map(|name| table.property(name)) else { continue };
        let Some(field) = table.properties.get(place) else { continue };
        for chunk in &table.chunks {
            let Some(column) = chunk.column(place) else { continue };
            for (row, &person) in chunk.people.iter().enumerate() {
                let at = chunk.time(row);
                if point.sees(at) {
                    newest.take(person, (at.0, chunk.sequence.get(row)), || match column.datum(row, field) {
                        Datum::Missing => None,
                        value => Some(value.to_string().into()),
                    });
                }
            }
        }
    }
    for (known, said) in found.iter_mut().zip(newest.said) {
        if known.is_none() {
            *known = said;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Builder, EventFact};
    use crate::model::Time;

    fn frame() -> Frame {
        let mut builder = Builder::new();
        for (id, traits) in
            [(1, r#"{"country":"DE","device":"mobile"}"#), (2, r#"{"country":"DE"}"#), (3, "{}"), (4, "{}")]
        {
            builder.identity(id, "user_id", &format!("u{id}"));
            builder.identify(id, Time(0), traits);
        }
        let events = [
            (2, 10, Channel::Web, r#"{"device":"tablet"}"#),
            (2, 20, Channel::Email, ""),
            (2, 30, Channel::Unknown, ""),
            (3, 10, Channel::App, ""),
            (3, 900, Channel::Web, ""),
        ];
        for (id, at, channel, properties) in events {
            builder.event(&EventFact {
                name: "Seen",
                at: Time(at),
                sequence: 0,
                channel,
                identity: Some(id),
                properties,
                items: "",
            });
        }
        builder.finish(1)
    }

    fn cut(by: By) -> Vec<(String, u64, u64)> {
        let members = Bitmap::from_fn(4, |row| row < 3);
        let point = Point::before(Time(100));
        let cuts = Cuts::of(&frame(), point).breakdowns(&members);
        let parts = cuts.into_iter().find(|cut| cut.by == by).unwrap().parts;
        assert_eq!(parts.iter().map(|part| part.inside).sum::<u64>(), 3);
        assert_eq!(parts.iter().map(|part| part.everyone).sum::<u64>(), 4);
        parts.into_iter().map(|part| (part.label, part.inside, part.everyone)).collect()
    }

    #[test]
    fn one_after_the_other_people_are_cut_alike() {
        let (frame, point) = (frame(), Point::before(Time(100)));
        let each = Cuts::of_each((0..4).map(|row| frame.subject(Person(row))), point);
        let members = Bitmap::from_fn(4, |row| row != 1);
        assert_eq!(each.breakdowns(&members), Cuts::of(&frame, point).breakdowns(&members));
    }

    #[test]
    fn every_cut_adds_up_and_says_what_is_not_known() {
        let part = |label: &str, inside, everyone| (label.to_owned(), inside, everyone);
        assert_eq!(cut(By::Country), [part("DE", 2, 2), part("unknown", 1, 2)]);
        assert_eq!(cut(By::Device), [part("unknown", 1, 2), part("mobile", 1, 1), part("tablet", 1, 1)]);
        assert_eq!(
            cut(By::Channel),
            [part("unknown", 1, 2), part("app", 1, 1), part("email", 1, 1)],
            "what happens after the point does not count"
        );
        assert_eq!(cut(By::Lifecycle), [part("no stage", 3, 4)]);
    }
}
