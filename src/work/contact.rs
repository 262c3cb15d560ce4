//! What decisions and the contact policy come to, over a run or over a workspace that is only looked at.

use crate::contact::Policy;
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Span, Time};
use crate::panel::contact::compare::{self, Rival, variations};
use crate::panel::contact::forecast::Basis;
use crate::panel::contact::{Comparison, Forecast, Scene};
use crate::sim::Behaviour;
use crate::traffic::{Source, Stillness, Traffic};
use crate::work::Cancel;
use crate::work::console::quiet::Quiet;
use crate::work::run::Run;

/// Virtual time between two looks at whether anybody still waits.
const STRIDE: Span = Span::hours(12);

/// What is looked at.
#[derive(Clone, Copy)]
pub enum Ground<'a> {
    /// A run.
    Run(&'a Run),
    /// A workspace as it was recorded.
    Quiet(&'a Quiet),
}

impl<'a> Ground<'a> {
    /// Everyone at this moment.
    #[must_use]
    pub fn scene(self) -> Scene<'a> {
        match self {
            Self::Run(run) => Scene {
                profiles: run.traffic().profiles().collect(),
                setup: run.traffic().setup(),
                now: run.now(),
                origin: run.origin(),
                recorded: None,
            },
            Self::Quiet(quiet) => Scene {
                profiles: quiet.profiles.iter().collect(),
                setup: &quiet.setup,
                now: quiet.now,
                origin: quiet.origin(),
                recorded: Some(&quiet.recorded),
            },
        }
    }

    /// The traffic to be played on for a forecast: a run with its world, a workspace with its journeys alone.
    ///
    /// # Errors
    /// A contact policy that cannot be read: what nobody knows the limits of cannot be foretold.
    pub fn ahead(self) -> Result<Ahead, Problem> {
        match self {
            Self::Run(run) => Ok(Ahead(Playing::World(Box::new(run.traffic().clone())))),
            Self::Quiet(quiet) if quiet.policy_is_unread() => {
                let problem = Problem::new("forecast-policy", "the contact policy cannot be read");
                Err(problem.help("`segue doctor` says what is wrong with it"))
            }
            Self::Quiet(quiet) => {
                let (setup, people) = (quiet.setup.clone(), quiet.profiles.clone());
                let traffic = Traffic::new(setup, Stillness, people, quiet.now);
                Ok(Ahead(Playing::Journeys(Box::new(traffic))))
            }
        }
    }
}

/// Traffic that can be played on without touching what it was taken from.
pub struct Ahead(Playing);

enum Playing {
    World(Box<Traffic<Behaviour>>),
    Journeys(Box<Traffic<Stillness>>),
}

impl Ahead {
    /// Plays on for so many days and reads the forecast; none where nobody waits for it any more.
    #[must_use]
    pub fn forecast(self, days: u32, threads: usize, cancel: &Cancel) -> Option<Forecast> {
        match self.0 {
            Playing::World(traffic) => forecast(*traffic, Basis::PlayedOn, days, threads, cancel),
            Playing::Journeys(traffic) => forecast(*traffic, Basis::Planned, days, threads, cancel),
        }
    }
}

fn forecast<S: Source>(
    mut traffic: Traffic<S>,
    basis: Basis,
    days: u32,
    threads: usize,
    cancel: &Cancel,
) -> Option<Forecast> {
    let from: Time = traffic.now();
    let end = from + Span::days(i64::from(days));
    while traffic.now() < end {
        if cancel.is_cancelled() {
            return None;
        }
        traffic.advance(end.min(traffic.now() + STRIDE), threads, false);
    }
    Some(Forecast::of(traffic.profiles(), traffic.setup(), from, days, basis))
}

/// The policy in force beside its variations, and beside every other policy that is kept.
///
/// # Errors
/// A policy whose rules do not read.
pub fn comparison(scene: &Scene<'_>, definitions: &[Definition]) -> Result<Comparison, Problem> {
    let in_force = scene.rules();
    let mut rivals = variations(in_force);
    for known in newest(definitions).into_iter().filter(|known| known.name != in_force.name) {
        // A faulty policy is told of where definitions are; here it is only no column.
        if let Ok(policy) = Policy::parse(&known.text) {
            rivals.push(Rival { name: known.name.clone(), kind: compare::Kind::Other, policy });
        }
    }
    Comparison::of(scene, &rivals)
}

/// The newest version of each contact policy, by name.
fn newest(definitions: &[Definition]) -> Vec<&Definition> {
    let mut newest: Vec<&Definition> = Vec::new();
    for known in definitions.iter().filter(|definition| definition.kind == Kind::ContactPolicy) {
        match newest.iter_mut().find(|other| other.name == known.name) {
            Some(other) if other.version >= known.version => {}
            Some(other) => *other = known,
            None => newest.push(known),
        }
    }
    newest.sort_by(|a, b| a.name.cmp(&b.name));
    newest
}
