//! One person in traffic: identities, traits, consent, what happened, what was sent, where they are in which journey.

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::vocabulary::Vocabulary;
use crate::contact::cap::Sent;
use crate::contact::consent;
use crate::contact::suppression::{Entry, Ledgers};
use crate::decide::{self, Chosen};
use crate::journey::Enrollment;
use crate::journey::entry::Passages;
use crate::model::consent::{ConsentRecord, ConsentState, Purpose};
use crate::model::message::HeldReason;
use crate::model::{Channel, Datum, Decimal, Identity, ProfileId, Time, Value};
use crate::rule::{Occurrence, Point, Subject};

/// A property value of a recorded event.
#[derive(Debug, Clone, PartialEq)]
pub enum Property {
    /// An exact number.
    Number(Decimal),
    /// True or false.
    Flag(bool),
    /// An instant.
    Time(Time),
    /// Several values.
    List(Box<[Value]>),
    /// A word of the vocabulary.
    Word(u32),
    /// A text of this person alone.
    Own(Box<str>),
}

/// Properties by coded name.
pub type Properties = Box<[(u32, Property)]>;

/// An event as traffic keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// When.
    pub at: Time,
    /// The name, as a code.
    pub name: u32,
    /// Where.
    pub channel: Channel,
    /// Properties by coded name.
    pub properties: Box<[(u32, Property)]>,
    /// Order lines or list entries, each with its own properties.
    pub items: Box<[Properties]>,
    /// Whether it was imported rather than made by this run.
    pub observed: bool,
}

/// A message and how far it came.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageLog {
    /// When it was first decided.
    pub at: Time,
    /// What, as an index into the library.
    pub content: u32,
    /// The journey it came from, as an index into the library.
    pub journey: Option<u32>,
    /// On which channel.
    pub channel: Channel,
    /// What for.
    pub purpose: Purpose,
    /// Why it was last held, if it ever was; [`MessageLog::sent`] says whether it went later.
    pub held: Option<HeldReason>,
    /// When it went.
    pub sent: Option<Time>,
    /// When it arrived.
    pub delivered: Option<Time>,
    /// When it was opened.
    pub opened: Option<Time>,
    /// When it was clicked or answered.
    pub clicked: Option<Time>,
    /// When the person unsubscribed from it.
    pub unsubscribed: Option<Time>,
    /// Pressure just before it went.
    pub pressure: f32,
    /// Whether it was recorded before this run began rather than sent by it.
    pub observed: bool,
}

/// The first moment a person counts in an experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// The experiment, as an index into the library.
    pub experiment: u32,
    /// The variant.
    pub variant: u8,
    /// When.
    pub at: Time,
    /// The probability with which the variant was given.
    pub propensity: f64,
}

/// An answer to a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurveyAnswer {
    /// The survey, as an index into the library's contents.
    pub content: u32,
    /// When.
    pub at: Time,
    /// The point chosen.
    pub score: u8,
}

/// A visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// When it began.
    pub start: Time,
    /// Its latest event.
    pub last: Time,
}

/// A passage through a journey, with the message it waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Where in the journey.
    pub enrollment: Enrollment,
    /// The message held for it, as an index into [`Profile::messages`].
    pub held: Option<u32>,
    /// When it ended, if it did.
    pub left: Option<Time>,
}

/// One person.
#[derive(Debug, Clone)]
pub struct Profile {
    /// A number that nothing ever changes, which draws are made by.
    pub unit: u64,
    /// The public id.
    pub id: ProfileId,
    /// The oldest first.
    pub identities: Vec<Identity>,
    /// Typed traits by name.
    pub traits: Vec<(Arc<str>, Value)>,
    /// The consent ledger.
    pub consents: Vec<ConsentRecord>,
    /// Do-not-contact entries.
    pub suppressions: Vec<Entry>,
    /// The list segments the person is in.
    pub lists: Vec<Arc<str>>,
    /// The zone, and where it came from.
    pub zone: (TimeZone, &'static str),
    /// What happened, in order of time.
    pub history: Vec<Happening>,
    /// What went out, in order of time, as caps see it.
    pub sends: Vec<Sent>,
    /// What went out or was held.
    pub messages: Vec<MessageLog>,
    /// Passages, over or not.
    pub passages: Vec<Passage>,
    /// What each journey's entry needs to know, by journey.
    pub entries: Vec<Passages>,
    /// First exposures.
    pub exposures: Vec<Exposure>,
    /// What was promised: of several things, this one.
    pub choices: Vec<Chosen>,
    /// Answers to surveys.
    pub answers: Vec<SurveyAnswer>,
    /// The running visit.
    pub session: Option<Session>,
    /// The lifecycle stage at the last look.
    pub lifecycle: Option<Arc<str>>,
    /// The intent of the running visit.
    pub intent: Option<Arc<str>>,
    /// Whether something happened since the lifecycle was last looked at.
    pub changed: bool,
}

impl Profile {
    /// A person of whom only the identities are known.
    #[must_use]
    pub fn new(unit: u64, id: ProfileId, identities: Vec<Identity>) -> Self {
        Self {
            unit,
            id,
            identities,
            traits: Vec::new(),
            consents: Vec::new(),
            suppressions: Vec::new(),
            lists: Vec::new(),
            zone: (TimeZone::UTC, "default"),
            history: Vec::new(),
            sends: Vec::new(),
            messages: Vec::new(),
            passages: Vec::new(),
            entries: Vec::new(),
            exposures: Vec::new(),
            choices: Vec::new(),
            answers: Vec::new(),
            session: None,
            lifecycle: None,
            intent: None,
            changed: true,
        }
    }

    /// A trait's value.
    #[must_use]
    pub fn trait_value(&self, name: &str) -> Datum<'_> {
        self.traits.iter().find(|(known, _)| &**known == name).map_or(Datum::Missing, |(_, v)| v.datum())
    }

    /// What the ledgers know of the person.
    #[must_use]
    pub fn ledgers(&self) -> Ledgers<'_> {
        Ledgers { identities: &self.identities, consents: &self.consents, entries: &self.suppressions }
    }

    /// Counts the person in an experiment from the first exposure on.
    pub fn expose(&mut self, exposure: Exposure) {
        if !self.exposures.iter().any(|known| known.experiment == exposure.experiment) {
            self.exposures.push(exposure);
        }
    }

    /// Keeps what a content promises, unless a promise of its kind still holds.
    pub fn promise(&mut self, choice: decide::Choice, at: Time) {
        let holds = |known: &Chosen| known.of == choice.of && at < known.until;
        if !self.choices.iter().any(holds) {
            self.choices.retain(|known| known.of != choice.of);
            self.choices.push(Chosen { of: choice.of, is: choice.is, until: at + choice.lasts });
        }
    }

    /// First and last name, if known.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let part = |name| match self.trait_value(name) {
            Datum::Text(text) => Some(text),
            _ => None,
        };
        let parts: Vec<&str> = [part("first_name"), part("last_name")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// A person together with the words their history is written in: what rules and decisions look at.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The person.
    pub profile: &'a Profile,
    /// The words.
    pub words: &'a Vocabulary,
}

/// An event together with the words it is written in: what rules and metrics look at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The event.
    pub happening: &'a Happening,
    /// The words.
    pub words: &'a Vocabulary,
}

impl<'a> Seen<'a> {
    fn datum(&self, properties: &'a [(u32, Property)], name: &str) -> Datum<'a> {
        let Some(code) = self.words.find(name) else { return Datum::Missing };
        match properties.iter().find(|(known, _)| *known == code) {
            None => Datum::Missing,
            Some((_, Property::Number(number))) => Datum::Number(*number),
            Some((_, Property::Flag(flag))) => Datum::Flag(*flag),
            Some((_, Property::Time(time))) => Datum::Time(*time),
            Some((_, Property::List(list))) => Datum::List(list),
            Some((_, Property::Word(code))) => Datum::Text(self.words.word(*code)),
            Some((_, Property::Own(text))) => Datum::Text(text),
        }
    }
}

impl Occurrence for Seen<'_> {
    fn at(&self) -> Time {
        self.happening.at
    }

    fn channel(&self) -> Channel {
        self.happening.channel
    }

    fn property(&self, name: &str) -> Datum<'_> {
        self.datum(&self.happening.properties, name)
    }

    fn items(&self) -> usize {
        self.happening.items.len()
    }

    fn item(&self, index: usize, name: &str) -> Datum<'_> {
        self.happening.items.get(index).map_or(Datum::Missing, |item| self.datum(item, name))
    }
}

impl Subject for View<'_> {
    fn attribute(&self, name: &str) -> Datum<'_> {
        self.profile.trait_value(name)
    }

    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        let Some(code) = self.words.find(name) else { return };
        for happening in self.profile.history.iter().filter(|happening| happening.name == code) {
            if visit(&Seen { happening, words: self.words }).is_break() {
                return;
            }
        }
    }

    fn consent(&self, channel: Channel, purpose: Purpose, point: Point) -> ConsentState {
        consent::of_person(&self.profile.consents, &self.profile.identities, channel, purpose, point)
    }

    fn lifecycle(&self) -> Option<&str> {
        self.profile.lifecycle.as_deref()
    }

    fn intent(&self) -> Option<&str> {
        self.profile.intent.as_deref()
    }

    fn in_list(&self, list: &str) -> bool {
        self.profile.lists.iter().any(|known| **known == *list)
    }
}

impl decide::State for View<'_> {
    fn identity(&self, namespace: &str) -> Option<&str> {
        self.profile.identities.iter().find(|i| i.namespace == namespace).map(|i| i.value.as_str())
    }

    fn reachable(&self, channel: Channel) -> bool {
        channel.address().is_some_and(|namespace| decide::State::identity(self, namespace).is_some())
    }

    fn silent(&self, channel: Channel, purpose: Purpose, point: Point) -> bool {
        consent::is_silent(&self.profile.consents, &self.profile.identities, channel, purpose, point)
    }

    fn suppressed(&self, channel: Channel, purpose: Purpose, point: Point) -> Option<Entry> {
        self.profile.ledgers().address(channel, purpose, point).err()
    }

    fn sends(&self) -> &[Sent] {
        &self.profile.sends
    }

    fn zone(&self) -> (&TimeZone, &'static str) {
        (&self.profile.zone.0, self.profile.zone.1)
    }

    fn variant(&self, experiment: u32) -> Option<u8> {
        let known = |exposure: &&Exposure| exposure.experiment == experiment;
        self.profile.exposures.iter().find(known).map(|exposure| exposure.variant)
    }

    fn chosen(&self, of: u32, now: Time) -> Option<Chosen> {
        self.profile.choices.iter().copied().find(|known| known.of == of && now < known.until)
    }
}
