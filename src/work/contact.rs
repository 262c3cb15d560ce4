//! What decisions and the contact policy come to, over a run or over a workspace that is only looked at.

use std::sync::Arc;

use crate::contact::Policy;
use crate::model::definition::{Definition, Kind};
use crate::model::{Person, Problem, Span, Time};
use crate::panel::contact::compare::{self, Replays, Rival, variations};
use crate::panel::contact::forecast::{self, Basis};
use crate::panel::contact::{Comparison, Forecast, Scene, fatigue, gates, grid};
use crate::panel::crowd::Crowd;
use crate::sim::Behaviour;
use crate::traffic::of_frame::{Folk, Words};
use crate::traffic::past::{Recall, Remembered};
use crate::traffic::{Profile, Stillness, Traffic};
use crate::work::Cancel;
use crate::work::console::quiet::Quiet;
use crate::work::port::ContactPage;
use crate::work::run::Run;

/// Virtual time between two looks at whether anybody still waits.
const STRIDE: Span = Span::hours(12);

/// People of a workspace who are played on together: all at once would hold everybody's past in memory twice.
const TOGETHER: usize = 8_192;

/// What is looked at.
#[derive(Clone, Copy)]
pub enum Ground<'a> {
    /// A run.
    Run(&'a Run),
    /// A workspace as it was recorded.
    Quiet(&'a Arc<Quiet>),
}

impl<'a> Ground<'a> {
    /// Everyone at this moment.
    #[must_use]
    pub fn crowd(self) -> Crowd<'a> {
        match self {
            Self::Run(run) => Crowd::AtHand(run.people()),
            Self::Quiet(quiet) => quiet.crowd(),
        }
    }

    /// Everyone at this moment with the definitions over them.
    #[must_use]
    pub fn scene(self) -> Scene<'a> {
        match self {
            Self::Run(run) => Scene {
                crowd: self.crowd(),
                setup: run.traffic().setup(),
                now: run.now(),
                origin: run.origin(),
                recorded: None,
            },
            Self::Quiet(quiet) => quiet.scene(),
        }
    }

    /// The traffic to be played on for a forecast: a run with its world, a workspace with its journeys alone.
    ///
    /// # Errors
    /// A contact policy that cannot be read: what nobody knows the limits of cannot be foretold.
    pub fn ahead(self) -> Result<Ahead, Problem> {
        match self {
            Self::Run(run) => Ok(Ahead::World(Box::new(run.traffic().clone()))),
            Self::Quiet(quiet) if quiet.policy_is_unread() => {
                let problem = Problem::new("forecast-policy", "the contact policy cannot be read");
                Err(problem.help("`segue doctor` says what is wrong with it"))
            }
            Self::Quiet(quiet) => Ok(Ahead::Journeys { quiet: Arc::clone(quiet), together: TOGETHER }),
        }
    }
}

/// What can be played on without touching what it was taken from.
pub enum Ahead {
    /// A run's own traffic.
    World(Box<Traffic<Behaviour>>),
    /// The journeys of a workspace that is only looked at.
    Journeys {
        /// The workspace.
        quiet: Arc<Quiet>,
        /// How many people are played on together. Nobody depends on anybody else, so it makes no difference to them.
        together: usize,
    },
}

impl Ahead {
    /// Plays on for so many days and reads the forecast; none where nobody waits for it any more.
    #[must_use]
    pub fn forecast(self, days: u32, threads: usize, cancel: &Cancel) -> Option<Forecast> {
        match self {
            Self::World(mut traffic) => {
                let from = traffic.now();
                play_on(&mut traffic, from + Span::days(i64::from(days)), threads, cancel)?;
                Some(Forecast::of(traffic.profiles(), traffic.setup(), from, days, Basis::PlayedOn))
            }
            Self::Journeys { quiet, together } => planned(&quiet, together, days, threads, cancel),
        }
    }
}

fn play_on<S: crate::traffic::Source>(
    traffic: &mut Traffic<S>,
    end: Time,
    threads: usize,
    cancel: &Cancel,
) -> Option<()> {
    while traffic.now() < end {
        if cancel.is_cancelled() {
            return None;
        }
        traffic.advance(end.min(traffic.now() + STRIDE), threads, false);
    }
    Some(())
}

/// What the journeys of a workspace will do, some people after others.
fn planned(quiet: &Quiet, together: usize, days: u32, threads: usize, cancel: &Cancel) -> Option<Forecast> {
    let (setup, from) = (&quiet.setup, quiet.now);
    let end = from + Span::days(i64::from(days));
    let nobody = Traffic::new(setup.clone(), Stillness, Vec::new(), from);
    let mut ahead = forecast::Ahead::new(nobody.setup(), from, days);
    let Some(frame) = &quiet.frame else { return Some(ahead.told(Basis::Planned)) };
    let folk = Folk::of(frame);
    let mut library = setup.library.clone();
    let mut recall = Recall::new(&mut library);
    let mut profile = |row: usize| -> Profile {
        let person = Person(row as u32);
        let mut profile = folk.profile(person, Words::Whole(&setup.words));
        let Remembered { messages, sends, answers } = folk.remember(person, quiet.ledger(), &mut recall);
        (profile.messages, profile.sends, profile.answers) = (messages, sends, answers);
        profile
    };
    let people = frame.people().len();
    for first in (0..people).step_by(together.max(1)) {
        let some = (first..people.min(first + together.max(1))).map(&mut profile).collect();
        let mut traffic = Traffic::new(setup.clone(), Stillness, some, from);
        play_on(&mut traffic, end, threads, cancel)?;
        traffic.profiles().for_each(|profile| ahead.see(profile));
    }
    Some(ahead.told(Basis::Planned))
}

/// Every page of the contact view but the forecast, worked out in one go through everybody; none where nobody waits for
/// them any more.
pub fn pages(
    scene: &Scene<'_>,
    definitions: &[Definition],
    stop: &mut dyn FnMut() -> bool,
) -> Option<[ContactPage; 4]> {
    let (replays, problem) = match Replays::over(scene, &rivals(scene, definitions)) {
        Ok(replays) => (Some(replays), None),
        Err(problem) => (None, Some(problem)),
    };
    let fatigue = fatigue::Gathered::over(scene);
    let losses = (grid::Filled::over(scene), gates::Questions::over(scene));
    let mut seen = (fatigue, (replays, losses));
    if !scene.crowd.each(&mut seen, stop) {
        return None;
    }
    let (fatigue, (replays, (grid, gates))) = seen;
    let policies = match (replays, problem) {
        (_, Some(problem)) => Some(Err(problem)),
        (replays, None) => replays.map(|replays| Ok(Arc::new(replays.told()))),
    };
    Some([
        ContactPage::Fatigue(Arc::new(fatigue.told())),
        ContactPage::Policies(policies?),
        ContactPage::Grid(Arc::new(grid.told())),
        ContactPage::Gates(Arc::new(gates.told())),
    ])
}

/// The policy in force beside its variations, and beside every other policy that is kept.
///
/// # Errors
/// A policy whose rules do not read.
pub fn comparison(scene: &Scene<'_>, definitions: &[Definition]) -> Result<Comparison, Problem> {
    Comparison::of(scene, &rivals(scene, definitions))
}

fn rivals(scene: &Scene<'_>, definitions: &[Definition]) -> Vec<Rival> {
    let in_force = scene.rules();
    let mut rivals = variations(in_force);
    for known in newest(definitions).into_iter().filter(|known| known.name != in_force.name) {
        // A faulty policy is told of where definitions are; here it is only no column.
        if let Ok(policy) = Policy::parse(&known.text) {
            rivals.push(Rival { name: known.name.clone(), kind: compare::Kind::Other, policy });
        }
    }
    rivals
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
