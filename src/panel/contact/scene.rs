//! Everyone at one moment with the definitions over them: what these panels are made from.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::contact::Rules;
use crate::model::{ProfileId, Time};
use crate::panel::Origin;
use crate::panel::crowd::{Crowd, Visit};
use crate::rule::Point;
use crate::traffic::{Profile, Recorded, Setup};

/// Everyone at one moment.
pub struct Scene<'a> {
    /// The people.
    pub crowd: Crowd<'a>,
    /// The definitions.
    pub setup: &'a Setup,
    /// The moment.
    pub now: Time,
    /// Observed or simulated.
    pub origin: Origin,
    /// What a record tells of messages; none where the engine itself sent them and nothing is missing.
    pub recorded: Option<&'a Recorded>,
}

/// What a panel stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Observed or simulated.
    pub origin: Origin,
    /// The moment.
    pub at: Time,
    /// People looked at.
    pub people: u64,
}

impl<'a> Scene<'a> {
    /// What a panel over so many of the people stands for.
    #[must_use]
    pub fn about(&self, people: usize) -> About {
        About { origin: self.origin, at: self.now, people: people as u64 }
    }

    /// Just before the moment.
    #[must_use]
    pub fn point(&self) -> Point {
        Point::before(self.now)
    }

    /// The contact policy.
    #[must_use]
    pub fn rules(&self) -> &'a Rules {
        &self.setup.library.policy
    }

    /// The person of an id.
    #[must_use]
    pub fn person(&self, id: ProfileId) -> Option<Cow<'a, Profile>> {
        self.crowd.person(id)
    }

    /// How many people there are.
    #[must_use]
    pub fn people(&self) -> usize {
        self.crowd.count()
    }

    /// Goes through everybody.
    pub fn each(&self, visit: &mut impl Visit) {
        self.crowd.each(visit, &mut || false);
    }

    /// The people of a run, who alone were given variants.
    #[must_use]
    pub fn tested(&self) -> &[&'a Profile] {
        self.crowd.tested()
    }

    /// The name of a journey of the library.
    #[must_use]
    pub fn journey(&self, journey: Option<u32>) -> Option<&'a str> {
        self.setup.library.journeys.get(journey? as usize).map(String::as_str)
    }

    /// Whether the record says who was written to.
    #[must_use]
    pub fn knows_sends(&self) -> bool {
        self.recorded.is_none_or(|told| told.sends)
    }

    /// Whether the record says what was held.
    #[must_use]
    pub fn knows_holds(&self) -> bool {
        self.recorded.is_none_or(|told| told.holds)
    }
}
