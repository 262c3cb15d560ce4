//! Everyone at one moment, as screens ask for them: how many, a page of rows, who is found by a text, one person with
//! their card, and everybody one after the other. The people of a run are at hand; those a workspace recorded stay in its
//! frame and are read out of it when they are asked for, so that nobody's past is held twice.

mod at_hand;
mod card;
mod recorded;
mod row;

use std::borrow::Cow;

pub use at_hand::{AtHand, Gather};
pub use recorded::Recorded;

use super::audience::NamedPlan;
use super::figures;
use super::people::{People, PersonCard};
use crate::decide::State;
use crate::model::{Datum, ProfileId, Time};
use crate::rule::Subject;
use crate::traffic::{MessageLog, Profile};

/// Rows a list shows.
const MOST_ROWS: usize = 1_000;

/// Identities that a message can reach.
const ADDRESSES: [&str; 3] = ["email", "phone", "device_id"];

/// Everyone at one moment.
pub enum Crowd<'a> {
    /// The people of a run, whom the run itself holds.
    AtHand(AtHand<'a>),
    /// The people of a workspace that is only looked at.
    Recorded(Recorded<'a>),
}

/// Somebody out of everybody, as panels over all of them look at people.
pub struct Member<'a, S> {
    /// The public id.
    pub id: ProfileId,
    /// As rules and decisions see them.
    pub state: &'a S,
    /// What went out to them or was held.
    pub messages: &'a [MessageLog],
}

impl<S: State> Member<'_, S> {
    /// First and last name, if known.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        name(self.state)
    }

    /// Whether a message can reach them on some channel, whether or not it may.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        ADDRESSES.iter().any(|namespace| self.state.identity(namespace).is_some())
    }
}

/// First and last name, if known.
pub(super) fn name(subject: &impl Subject) -> Option<String> {
    let part = |name| match subject.attribute(name) {
        Datum::Text(text) => Some(text),
        _ => None,
    };
    let parts: Vec<&str> = [part("first_name"), part("last_name")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Whether one of some namespaces is that of an address.
pub(crate) fn has_address<'n>(mut namespaces: impl Iterator<Item = &'n str>) -> bool {
    namespaces.any(|namespace| ADDRESSES.contains(&namespace))
}

/// What is worked out over everybody, one person after the other.
pub trait Visit {
    /// Takes note of somebody.
    fn see<S: State>(&mut self, member: &Member<'_, S>);
}

/// What cannot be worked out sees nobody.
impl<V: Visit> Visit for Option<V> {
    fn see<S: State>(&mut self, member: &Member<'_, S>) {
        self.iter_mut().for_each(|visit| visit.see(member));
    }
}

/// Two things worked out at once.
impl<A: Visit, B: Visit> Visit for (A, B) {
    fn see<S: State>(&mut self, member: &Member<'_, S>) {
        self.0.see(member);
        self.1.see(member);
    }
}

/// The people that a text matches, in the order of the crowd.
struct Found<Row> {
    /// How many.
    all: u64,
    /// The first of them.
    first: Vec<Row>,
}

impl<'a> Crowd<'a> {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::AtHand(people) => people.profiles.len(),
            Self::Recorded(people) => people.count(),
        }
    }

    fn now(&self) -> Time {
        match self {
            Self::AtHand(people) => people.now,
            Self::Recorded(people) => people.now,
        }
    }

    /// The list of people a text matches: by name, address, id, country, device or stage.
    #[must_use]
    pub fn people(&self, filter: &str) -> People {
        let wanted = filter.trim().to_lowercase();
        let Found { all, first } = match self {
            Self::AtHand(people) => people.page(&wanted),
            Self::Recorded(people) => people.page(&wanted),
        };
        let total = self.count() as u64;
        let sentence = if total == 0 {
            "Nobody yet: import customers or events on the Data screen.".to_owned()
        } else if wanted.is_empty() {
            let newest = self.now().timestamp().strftime("%-d %b %Y");
            format!("{} people, the newest facts from {newest}.", figures::count(total))
        } else {
            format!("{} of {} people match.", figures::count(all), figures::count(total))
        };
        People { sentence, filter: filter.to_owned(), total, matching: all, rows: first }
    }

    /// Somebody with everything that is known of them; none where there is nobody of that id.
    #[must_use]
    pub fn person(&self, id: ProfileId) -> Option<Cow<'a, Profile>> {
        match self {
            Self::AtHand(people) => people.person(id).map(Cow::Borrowed),
            Self::Recorded(people) => people.person(id).map(Cow::Owned),
        }
    }

    /// Everything known of one person, as it is shown.
    #[must_use]
    pub fn card(&self, id: ProfileId, segments: &[NamedPlan<'_>]) -> Option<PersonCard> {
        match self {
            Self::AtHand(people) => people.card(id, segments),
            Self::Recorded(people) => people.card(id, segments),
        }
    }

    /// Goes through everybody, in the order of the crowd; whether nobody stopped it on the way.
    pub fn each(&self, visit: &mut impl Visit, stop: &mut dyn FnMut() -> bool) -> bool {
        match self {
            Self::AtHand(people) => people.each(visit, stop),
            Self::Recorded(people) => people.each(visit, stop),
        }
    }

    /// Those who were given variants and whose every step is at hand: the people of a run. A record tells of nobody's.
    #[must_use]
    pub fn tested(&self) -> &[&'a Profile] {
        match self {
            Self::AtHand(people) => &people.profiles,
            Self::Recorded(_) => &[],
        }
    }
}
