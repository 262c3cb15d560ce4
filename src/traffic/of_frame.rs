//! The people of a frame as traffic sees them, one at a time and as far as is asked: what a frame holds is never held
//! twice.

use std::cmp::Reverse;
use std::sync::Arc;

use super::ledger::Ledger;
use super::past::{Recall, Remembered, Tells, tells};
use super::profile::{Happening, Profile, Property};
use super::vocabulary::Vocabulary;
use crate::decide::over_frame;
use crate::frame::private::is_private;
use crate::frame::{Frame, FrameEvent};
use crate::model::consent::Purposes;
use crate::model::{Datum, Person, Time, Value};
use crate::rule::{Occurrence, Subject};

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

/// The words a history is written in.
pub enum Words<'a> {
    /// Words that grow with what is met: for many people at once, who share what they have in common.
    Growing(&'a mut Vocabulary),
    /// All names of a frame, as [`Folk::words`] has them: for one person at a time, whose texts are their own.
    Whole(&'a Vocabulary),
}

impl Words<'_> {
    fn name(&mut self, name: &str) -> Option<u32> {
        match self {
            Self::Growing(words) => Some(words.code(name)),
            Self::Whole(words) => words.find(name),
        }
    }

    fn property(&mut self, name: &str, datum: Datum<'_>) -> Option<(u32, Property)> {
        let code = self.name(name)?;
        let property = match (datum, &mut *self) {
            (Datum::Missing, _) => return None,
            (Datum::Flag(flag), _) => Property::Flag(flag),
            (Datum::Number(number), _) => Property::Number(number),
            (Datum::Time(time), _) => Property::Time(time),
            (Datum::Text(text), Self::Growing(words)) if SHARED.contains(&name) && !is_private(name) => {
                Property::Word(words.code(text))
            }
            (Datum::Text(text), _) => Property::Own(text.into()),
            (Datum::List(list), _) => Property::List(list.into()),
        };
        Some((code, property))
    }
}

/// The people of a frame.
#[derive(Debug)]
pub struct Folk<'a> {
    frame: &'a Frame,
    traits: Vec<Arc<str>>,
    /// The events that tell of messages.
    telling: Vec<(&'a str, Tells)>,
}

impl<'a> Folk<'a> {
    /// Everybody in a frame.
    #[must_use]
    pub fn of(frame: &'a Frame) -> Self {
        let traits = frame.people().traits().iter().map(|(field, _)| Arc::from(field.name.as_str()));
        let telling = frame.tables().iter().filter_map(|table| Some((&*table.name, tells(&table.name)?)));
        Self { frame, traits: traits.collect(), telling: telling.collect() }
    }

    /// The names of all events and of what is known of them.
    #[must_use]
    pub fn words(&self) -> Vocabulary {
        let mut words = Vocabulary::default();
        for table in self.frame.tables() {
            words.code(&table.name);
            let fields = table.properties.iter().chain(&table.item_properties);
            for field in fields {
                words.code(&field.name);
            }
        }
        self.name_assigned(&mut words);
        words
    }

    /// Makes the experiments known that the workspace assigned people to.
    pub fn name_assigned(&self, words: &mut Vocabulary) {
        self.frame.assigned().for_each(|experiment| words.assigned_before(experiment));
    }

    /// The person's variant of each experiment the workspace assigned, those of newer phases first: the first one known counts.
    fn assigned(&self, person: Person) -> Vec<(Arc<str>, Arc<str>, Time)> {
        let mut met: Vec<_> = self.frame.met(person).collect();
        met.sort_by_key(|(experiment, met)| (Arc::clone(experiment), Reverse(met.phase), met.at));
        met.into_iter()
            .map(|(experiment, met)| (Arc::clone(experiment), Arc::clone(&met.variant), met.at))
            .collect()
    }

    /// Whether anybody's record can tell of messages.
    #[must_use]
    pub fn tells_anything(&self, ledger: &Ledger) -> bool {
        !self.telling.is_empty() || !ledger.is_empty()
    }

    /// What reached a person, as their events and a ledger tell it.
    pub fn remember(&self, person: Person, ledger: &Ledger, recall: &mut Recall<'_>) -> Remembered {
        let lines = ledger.of(self.frame.people().profile(person).0 as u64);
        let told = |event: FrameEvent<'a>| {
            let known = self.telling.iter().find(|(name, _)| *name == event.name());
            known.map(|(_, tells)| (*tells, event))
        };
        let history = (!self.telling.is_empty()).then(|| self.frame.history(person));
        recall.person(lines, history.into_iter().flatten().filter_map(told))
    }

    /// A person with everything that is known of them but what reached them.
    #[must_use]
    pub fn profile(&self, person: Person, mut words: Words<'_>) -> Profile {
        let (frame, people) = (self.frame, self.frame.people());
        let id = people.profile(person);
        let mut profile = Profile::new(id.0 as u64, id, over_frame::identities(frame, person));
        let known = |name: &Arc<str>| Some((Arc::clone(name), owned(people.datum(person, name))?));
        profile.traits = self.traits.iter().filter_map(known).collect();
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
        profile.assigned = self.assigned(person);
        profile.history =
            frame.history(person).filter_map(|event| happening(frame, &event, &mut words)).collect();
        profile
    }
}

fn happening(frame: &Frame, event: &FrameEvent<'_>, words: &mut Words<'_>) -> Option<Happening> {
    let properties = event.properties().filter_map(|(name, datum)| words.property(name, datum)).collect();
    let fields = frame.table(event.name()).map_or(&[][..], |table| &table.item_properties);
    let mut item = |index| {
        let known =
            fields.iter().filter_map(|field| words.property(&field.name, event.item(index, &field.name)));
        known.collect()
    };
    let items = (0..event.items()).map(&mut item).collect();
    Some(Happening {
        at: event.at(),
        name: words.name(event.name())?,
        channel: event.channel(),
        properties,
        items,
        observed: true,
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
