//! The people of a workspace that is only looked at. Their frame is asked: for lists column by column, for one person row
//! by row, and everybody one after the other.

use super::row::{Seen, row};
use super::{Found, MOST_ROWS, Member, Visit, card};
use crate::decide::Library;
use crate::decide::over_frame::FramePerson;
use crate::frame::Frame;
use crate::model::{Person, ProfileId, Time};
use crate::panel::audience::NamedPlan;
use crate::panel::people::{PersonCard, PersonRow};
use crate::rule::{Occurrence, Point};
use crate::traffic::of_frame::{Folk, Words};
use crate::traffic::past::{Recall, Remembered};
use crate::traffic::{Ledger, Profile, Vocabulary};

/// Everyone a workspace recorded.
#[derive(Clone, Copy)]
pub struct Recorded<'a> {
    /// Everybody and what happened to them.
    pub frame: &'a Frame,
    /// What was sent to them, as far as a ledger tells.
    pub ledger: &'a Ledger,
    /// The names histories are written in, as [`Folk::words`] has them.
    pub words: &'a Vocabulary,
    /// What messages refer to, everybody's past ones included.
    pub library: &'a Library,
    /// The moment.
    pub now: Time,
    /// How many threads may look.
    pub threads: usize,
}

impl Recorded<'_> {
    pub(super) fn count(&self) -> usize {
        self.frame.people().len()
    }

    pub(super) fn page(&self, wanted: &str) -> Found<PersonRow> {
        let people = |rows: &mut dyn Iterator<Item = usize>| {
            rows.take(MOST_ROWS).map(|row| self.row(Person(row as u32))).collect()
        };
        if wanted.is_empty() {
            return Found { all: self.count() as u64, first: people(&mut (0..self.count())) };
        }
        let found = self.frame.find(wanted, self.threads);
        Found { all: found.count(), first: people(&mut found.rows()) }
    }

    fn row(&self, person: Person) -> PersonRow {
        let people = self.frame.people();
        let seen = Seen {
            id: people.profile(person),
            email: people.identity_in(person, "email"),
            newest: self.frame.history(person).next_back().map(|event| event.at()),
        };
        row(&self.frame.subject(person), seen, None)
    }

    /// Who bears an id: that of one of their identities, and of those the one that stands for the person.
    fn find(&self, id: ProfileId) -> Option<Person> {
        let people = self.frame.people();
        people.person_of(id.0).filter(|person| people.profile(*person) == id)
    }

    pub(super) fn person(&self, id: ProfileId) -> Option<Profile> {
        let person = self.find(id)?;
        let folk = Folk::of(self.frame);
        let mut profile = folk.profile(person, Words::Whole(self.words));
        // Everybody was read before: nothing is sent here that the library does not know.
        let mut library = self.library.clone();
        let remembered = folk.remember(person, self.ledger, &mut Recall::new(&mut library));
        let Remembered { messages, sends, answers } = remembered;
        (profile.messages, profile.sends, profile.answers) = (messages, sends, answers);
        Some(profile)
    }

    pub(super) fn card(&self, id: ProfileId, segments: &[NamedPlan<'_>]) -> Option<PersonCard> {
        let person = self.find(id)?;
        let (subject, point) = (self.frame.subject(person), Point::before(self.now));
        let is_inside = |segment: &&NamedPlan<'_>| match (segment.members, segment.plan) {
            (Some(members), _) => members.has(person.index()),
            (None, plan) => plan.is_some_and(|plan| plan.holds(&subject, point).is_true()),
        };
        let inside = segments.iter().filter(is_inside).map(|segment| segment.name.to_owned()).collect();
        let known = card::Known { words: self.words, library: self.library, now: self.now, currency: None };
        Some(known.card(&self.person(id)?, inside))
    }

    pub(super) fn each(&self, visit: &mut impl Visit, stop: &mut dyn FnMut() -> bool) -> bool {
        let (folk, people) = (Folk::of(self.frame), self.frame.people());
        // Everybody was read before: nothing is sent here that the library does not know.
        let mut library = self.library.clone();
        let mut recall = Recall::new(&mut library);
        for person in (0..people.len() as u32).map(Person) {
            if stop() {
                return false;
            }
            let Remembered { messages, sends, .. } = folk.remember(person, self.ledger, &mut recall);
            let state = FramePerson::new(self.frame, person, sends);
            visit.see(&Member { id: people.profile(person), state: &state, messages: &messages });
        }
        true
    }
}
