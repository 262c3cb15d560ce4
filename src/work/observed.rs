//! The people of a workspace as traffic sees them: a run begins with them, and a decision is asked for them.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::decide::{Library, over_frame};
use crate::frame::{Frame, FrameEvent, private::is_private};
use crate::model::consent::Purposes;
use crate::model::message::Message;
use crate::model::{Datum, Person, Span, Time, Value};
use crate::rule::{Occurrence, Subject};
use crate::store::{Store, StoreError, Window};
use crate::traffic::past::{self, Ledger};
use crate::traffic::{Happening, Profile, Property, Recorded, Vocabulary};
use crate::work::frame::{load_frame, load_frame_to_start};

/// Properties whose texts are names of things, shared by many people. Every other text stays with its person.
const SHARED: [&str; 17] = [
    "brand",
    "campaign_name",
    "category",
    "coupon",
    "currency",
    "device",
    "list_id",
    "moment",
    "path",
    "payment_method",
    "product_id",
    "product_name",
    "shipping_method",
    "sku",
    "survey",
    "title",
    "variant",
];

/// People with a history of their own, and the words it is written in.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The people, by public id.
    pub people: Vec<Profile>,
    /// The words.
    pub words: Vocabulary,
    /// The newest event anybody was seen doing.
    pub newest: Option<Time>,
    /// The messages the workspace keeps a ledger of.
    pub ledger: Ledger,
}

impl Observed {
    /// Nobody: a world makes up everyone.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Everyone in a frame.
    #[must_use]
    pub fn of(frame: &Frame) -> Self {
        let mut words = Vocabulary::default();
        let names: Vec<Arc<str>> =
            frame.people().traits().iter().map(|(field, _)| Arc::from(field.name.as_str())).collect();
        let people = (0..frame.people().len() as u32)
            .map(|row| profile(frame, Person(row), &names, &mut words))
            .collect();
        frame.assigned().for_each(|experiment| words.assigned_before(experiment));
        Self { people, words, newest: frame.counts().newest, ledger: Ledger::new() }
    }

    /// Everyone in a workspace, with what happened before a moment, or everything.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load(store: &Store, as_of: Option<Time>) -> Result<Self, StoreError> {
        let frame = load_frame(store, as_of)?;
        Self::of(&frame).with_ledger(store, &frame, as_of)
    }

    /// Everyone in a workspace as they were when a run starts.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load_to_start(store: &Store, start: Time) -> Result<Self, StoreError> {
        let frame = load_frame_to_start(store, start)?;
        Ok(Self::of(&frame).with_ledger(store, &frame, None)?.before(start))
    }

    /// The same people with the messages the workspace keeps a ledger of.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn with_ledger(
        mut self,
        store: &Store,
        frame: &Frame,
        as_of: Option<Time>,
    ) -> Result<Self, StoreError> {
        self.ledger = ledger(store, frame)?;
        if let Some(moment) = as_of {
            self.ledger = as_known_before(self.ledger, moment);
        }
        Ok(self)
    }

    /// Fills in everybody's messages, sends and answers, in the words of a library, and says what the record tells.
    pub fn recall(&mut self, library: &mut Library) -> Recorded {
        past::recall(&mut self.people, &self.ledger, &self.words, library)
    }

    /// One person of a frame.
    #[must_use]
    pub fn one(frame: &Frame, person: Person) -> Self {
        let mut words = Vocabulary::default();
        let names: Vec<Arc<str>> =
            frame.people().traits().iter().map(|(field, _)| Arc::from(field.name.as_str())).collect();
        let people = vec![profile(frame, person, &names, &mut words)];
        frame.assigned().for_each(|experiment| words.assigned_before(experiment));
        Self { people, words, newest: frame.counts().newest, ledger: Ledger::new() }
    }

    /// The same people as they were just before a moment: what happened or was said later is not known yet. What an
    /// export says without a time of its own, and the frame therefore knows at its newest event, holds at that moment.
    #[must_use]
    pub fn before(mut self, moment: Time) -> Self {
        let (newest, just_before) = (self.newest, moment.back(Span(1)));
        let known =
            |at: Time| if newest.is_some_and(|newest| at >= newest) { at.min(just_before) } else { at };
        for profile in &mut self.people {
            profile.history.retain(|happening| happening.at < moment);
            profile.consents.iter_mut().for_each(|record| record.at = known(record.at));
            profile.suppressions.iter_mut().for_each(|entry| entry.at = known(entry.at));
            profile.consents.retain(|record| record.at < moment);
            profile.suppressions.retain(|entry| entry.at < moment);
        }
        self.ledger = as_known_before(self.ledger, moment);
        self
    }
}

/// The messages of everybody who is in the frame.
fn ledger(store: &Store, frame: &Frame) -> Result<Ledger, StoreError> {
    let mut ledger = Ledger::new();
    let terms = |kind| store.terms(kind).map(|terms| terms.into_iter().collect::<HashMap<_, _>>());
    let (experiences, journeys) = (terms("experience")?, terms("journey")?);
    let people = frame.people();
    store.for_each_message(&Window::ALL, |line| {
        let Some(person) = people.person_of(line.identity) else { return ControlFlow::Continue(()) };
        let message = Message {
            at: line.at,
            channel: line.channel,
            purpose: line.purpose,
            experience: experiences.get(&line.experience).cloned().unwrap_or_default(),
            journey: line.journey.and_then(|term| journeys.get(&term).cloned()),
            categories: serde_json::from_str(line.categories).unwrap_or_default(),
            state: line.state,
            held: line.held,
            updated: line.updated,
        };
        ledger.entry(people.profile(person).0 as u64).or_default().push(message);
        ControlFlow::Continue(())
    })?;
    ledger.values_mut().for_each(|lines: &mut Vec<Message>| lines.sort_by_key(|line| line.at));
    Ok(ledger)
}

fn as_known_before(ledger: Ledger, moment: Time) -> Ledger {
    let known =
        |lines: Vec<Message>| lines.into_iter().filter_map(|line| past::known_before(line, moment)).collect();
    ledger.into_iter().map(|(unit, lines)| (unit, known(lines))).collect()
}

fn profile(frame: &Frame, person: Person, names: &[Arc<str>], words: &mut Vocabulary) -> Profile {
    let people = frame.people();
    let id = people.profile(person);
    let mut profile = Profile::new(id.0 as u64, id, over_frame::identities(frame, person));
    profile.traits = names
        .iter()
        .filter_map(|name| Some((Arc::clone(name), owned(people.datum(person, name))?)))
        .collect();
    let uses = people.limited_traits().filter_map(|name| {
        let uses = people.uses(person, name);
        (uses != Purposes::ALL).then(|| (Arc::from(name), uses))
    });
    profile.limits = uses.collect();
    profile.consents = over_frame::consents(frame, person);
    profile.suppressions = over_frame::entries(frame, person, &profile.identities);
    profile.zone = over_frame::home(frame, person);
    let subject = frame.subject(person);
    profile.lifecycle = subject.lifecycle().map(Arc::from);
    profile.intent = subject.intent().map(Arc::from);
    profile.lists = frame.lists().filter(|list| subject.in_list(list)).map(Arc::from).collect();
    profile.assigned = assigned(frame, person);
    profile.history = frame.history(person).map(|event| happening(frame, &event, words)).collect();
    profile
}

/// The person's variant of each experiment the workspace assigned, those of newer phases first: the first one known counts.
fn assigned(frame: &Frame, person: Person) -> Vec<(Arc<str>, Arc<str>, Time)> {
    let mut met: Vec<_> = frame.met(person).collect();
    met.sort_by_key(|(experiment, met)| (Arc::clone(experiment), Reverse(met.phase), met.at));
    met.into_iter()
        .map(|(experiment, met)| (Arc::clone(experiment), Arc::clone(&met.variant), met.at))
        .collect()
}

fn happening(frame: &Frame, event: &FrameEvent<'_>, words: &mut Vocabulary) -> Happening {
    let properties = event
        .properties()
        .filter_map(|(name, datum)| Some((words.code(name), property(name, datum, words)?)));
    let properties = properties.collect();
    let fields = frame.table(event.name()).map_or(&[][..], |table| &table.item_properties);
    let items = (0..event.items())
        .map(|index| {
            fields
                .iter()
                .filter_map(|field| {
                    let datum = event.item(index, &field.name);
                    Some((words.code(&field.name), property(&field.name, datum, words)?))
                })
                .collect()
        })
        .collect();
    Happening {
        at: event.at(),
        name: words.code(event.name()),
        channel: event.channel(),
        properties,
        items,
        observed: true,
    }
}

fn property(name: &str, datum: Datum<'_>, words: &mut Vocabulary) -> Option<Property> {
    Some(match datum {
        Datum::Missing => return None,
        Datum::Flag(flag) => Property::Flag(flag),
        Datum::Number(number) => Property::Number(number),
        Datum::Time(time) => Property::Time(time),
        Datum::Text(text) if SHARED.contains(&name) && !is_private(name) => Property::Word(words.code(text)),
        Datum::Text(text) => Property::Own(text.into()),
        Datum::List(list) => Property::List(list.into()),
    })
}

fn owned(datum: Datum<'_>) -> Option<Value> {
    Some(match datum {
        Datum::Missing => return None,
        Datum::Flag(flag) => Value::Flag(flag),
        Datum::Number(number) => Value::Number(number),
        Datum::Time(time) => Value::Time(time),
        Datum::Text(text) => Value::Text(text.to_owned()),
        Datum::List(list) => Value::List(list.to_vec()),
    })
}
