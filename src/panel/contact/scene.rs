//! Everyone at one moment with the definitions over them: what these panels are made from.

use serde::{Deserialize, Serialize};

use crate::contact::Rules;
use crate::model::{ProfileId, Time};
use crate::panel::Origin;
use crate::rule::Point;
use crate::traffic::profile::View;
use crate::traffic::{Profile, Recorded, Setup};

/// Everyone at one moment.
pub struct Scene<'a> {
    /// The people.
    pub profiles: Vec<&'a Profile>,
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

/// Identities that a message can reach.
const ADDRESSES: [&str; 3] = ["email", "phone", "device_id"];

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

    /// A person as rules and decisions see them.
    #[must_use]
    pub fn view(&self, profile: &'a Profile) -> View<'a> {
        View { profile, words: &self.setup.words }
    }

    /// The contact policy.
    #[must_use]
    pub fn rules(&self) -> &'a Rules {
        &self.setup.library.policy
    }

    /// The person of an id.
    #[must_use]
    pub fn person(&self, id: ProfileId) -> Option<&'a Profile> {
        self.profiles.iter().copied().find(|profile| profile.id == id)
    }

    /// Those a message can reach on some channel, whether or not it may.
    pub fn reachable(&self) -> impl Iterator<Item = &'a Profile> {
        self.profiles.iter().copied().filter(|profile| has_address(profile))
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

pub(super) fn has_address(profile: &Profile) -> bool {
    profile.identities.iter().any(|identity| ADDRESSES.contains(&identity.namespace.as_str()))
}
