//! The people of a workspace as traffic sees them: a run begins with them, and a decision is asked for them.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::decide::Library;
use crate::frame::Frame;
use crate::model::message::Message;
use crate::model::{Person, Span, Time};
use crate::store::{Store, StoreError, Window};
use crate::traffic::ledger::{self, Ledger};
use crate::traffic::of_frame::{Folk, Words};
use crate::traffic::{Profile, Recorded, Vocabulary, past};
use crate::work::frame::{load_frame, load_frame_to_start};

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
        let (folk, mut words) = (Folk::of(frame), Vocabulary::default());
        let people = (0..frame.people().len() as u32)
            .map(|row| folk.profile(Person(row), Words::Growing(&mut words)))
            .collect();
        folk.name_assigned(&mut words);
        Self { people, words, newest: frame.counts().newest, ledger: Ledger::default() }
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
        self.ledger = ledger(store, frame, as_of)?;
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
        let folk = Folk::of(frame);
        let people = vec![folk.profile(person, Words::Growing(&mut words))];
        folk.name_assigned(&mut words);
        Self { people, words, newest: frame.counts().newest, ledger: Ledger::default() }
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
        self.ledger = self.ledger.before(moment);
        self
    }
}

/// The messages of everybody who is in the frame, as they were known just before a moment or are now.
///
/// # Errors
/// When the file cannot be read.
pub fn ledger(store: &Store, frame: &Frame, as_of: Option<Time>) -> Result<Ledger, StoreError> {
    let mut writer = ledger::Writer::default();
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
        writer.push(people.profile(person).0 as u64, message);
        ControlFlow::Continue(())
    })?;
    let ledger = writer.finish();
    Ok(match as_of {
        Some(moment) => ledger.before(moment),
        None => ledger,
    })
}
