//! The people of a run, asked person by person: stage, session and messages change from one hour to the next, and no frame
//! holds them.

use std::cell::LazyCell;
use std::sync::Arc;

use super::row::{Seen, row};
use super::{Found, MOST_ROWS, Member, Visit, card};
use crate::decide::Library;
use crate::frame::{Bitmap, Verdicts};
use crate::model::event::names;
use crate::model::{ProfileId, Time};
use crate::panel::audience::{Asked, Audience, Introduced, NamedPlan};
use crate::panel::people::{PersonCard, PersonRow};
use crate::rule::{Explanation, Plan, Point, Truth};
use crate::segment::breakdown::{Breakdown, Cuts};
use crate::traffic::profile::View;
use crate::traffic::{Profile, Setup, Vocabulary};

/// How the people are gathered.
pub type Gather<'a> = Box<dyn FnOnce() -> Vec<&'a Profile> + 'a>;

/// Everyone in a run at one moment.
pub struct AtHand<'a> {
    /// The people, gathered when somebody first looks at them: of many, not for every key that is typed.
    pub profiles: LazyCell<Vec<&'a Profile>, Gather<'a>>,
    /// The words their histories are written in.
    pub words: &'a Vocabulary,
    /// What messages refer to.
    pub library: &'a Library,
    /// The moment.
    pub now: Time,
    /// The currency of amounts that name none, as a code; none where nobody said.
    pub currency: Option<&'a str>,
}

impl<'a> AtHand<'a> {
    /// These people, with the definitions they run by.
    #[must_use]
    pub fn of(gather: Gather<'a>, setup: &'a Setup, now: Time, currency: Option<&'a str>) -> Self {
        let (words, library) = (&setup.words, &setup.library);
        Self { profiles: LazyCell::new(gather), words, library, now, currency }
    }

    fn point(&self) -> Point {
        Point::before(self.now)
    }

    fn view(&self, profile: &'a Profile) -> View<'a> {
        View { profile, words: self.words }
    }

    pub(super) fn person(&self, id: ProfileId) -> Option<&'a Profile> {
        self.profiles.iter().copied().find(|profile| profile.id == id)
    }

    /// Why a rule holds for one of them or does not.
    #[must_use]
    pub fn explain(&self, plan: &Plan, id: ProfileId) -> Option<Explanation> {
        Some(plan.explain(&self.view(self.person(id)?), self.point()))
    }

    pub(super) fn page(&self, wanted: &str) -> Found<PersonRow> {
        let everybody = self.profiles.iter().copied();
        let matching: Vec<&Profile> =
            everybody.filter(|profile| wanted.is_empty() || matches(profile, wanted)).collect();
        let row = |profile: &'a Profile| {
            let seen = Seen {
                id: profile.id,
                email: profile.identities.iter().find(|i| i.namespace == "email").map(|i| i.value.as_str()),
                newest: profile.history.last().map(|happening| happening.at),
            };
            row(&self.view(profile), seen, self.currency)
        };
        Found { all: matching.len() as u64, first: matching.into_iter().take(MOST_ROWS).map(row).collect() }
    }

    pub(super) fn card(&self, id: ProfileId, segments: &[NamedPlan<'_>]) -> Option<PersonCard> {
        let profile = self.person(id)?;
        let holds = |plan: &Plan| plan.holds(&self.view(profile), self.point()).is_true();
        let inside = segments.iter().filter(|segment| segment.plan.is_some_and(holds));
        let inside = inside.map(|segment| segment.name.to_owned()).collect();
        let known =
            card::Known { words: self.words, library: self.library, now: self.now, currency: self.currency };
        Some(known.card(profile, inside))
    }

    pub(super) fn each(&self, visit: &mut impl Visit, stop: &mut dyn FnMut() -> bool) -> bool {
        for profile in self.profiles.iter().copied() {
            if stop() {
                return false;
            }
            let (state, messages) = (&self.view(profile), profile.messages.as_slice());
            visit.see(&Member { id: profile.id, state, messages });
        }
        true
    }

    fn verdicts(&self, truth: impl Fn(View<'_>) -> Truth) -> Verdicts {
        Verdicts::from_fn(self.profiles.len(), |row| {
            let profile = self.profiles.get(row);
            profile.map_or(Truth::Unknown, |profile| truth(self.view(profile)))
        })
    }
}

impl Audience for AtHand<'_> {
    fn people(&self) -> usize {
        self.profiles.len()
    }

    fn ask(&self, plan: &Plan) -> Asked {
        let clauses = plan.leaves().into_iter();
        let clauses = clauses.map(|leaf| Arc::new(self.verdicts(|view| leaf.holds(&view, self.point()))));
        Asked { clauses: clauses.collect(), inside: self.members(plan) }
    }

    fn members(&self, plan: &Plan) -> Bitmap {
        self.verdicts(|view| plan.holds(&view, self.point())).members().clone()
    }

    fn breakdowns(&self, members: &Bitmap) -> Vec<Breakdown> {
        let people = self.profiles.iter().map(|profile| self.view(profile));
        Cuts::of_each(people, self.point()).breakdowns(members)
    }

    fn lifecycle(&self, row: usize) -> Option<&str> {
        self.profiles.get(row)?.lifecycle.as_deref()
    }

    fn introduce(&self, row: usize) -> Introduced {
        let ordered = self.words.find(names::ORDER_COMPLETED);
        let profile = self.profiles.get(row);
        let last = profile.and_then(|profile| {
            profile.history.iter().rev().find(|happening| Some(happening.name) == ordered)
        });
        Introduced {
            id: profile.map_or(ProfileId(0), |profile| profile.id),
            name: profile.and_then(|profile| profile.name()),
            ordered: last.map(|order| order.at),
        }
    }
}

fn matches(profile: &Profile, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    profile.name().is_some_and(|name| has(&name))
        || has(&profile.id.to_string())
        || profile.identities.iter().any(|identity| has(&identity.value))
        || profile.traits.iter().any(|(_, value)| has(&value.to_string()))
        || profile.lifecycle.as_deref().is_some_and(has)
}
