//! A workspace that is only looked at: its observed people as of just after the newest event, no run over them.

use std::sync::Arc;

use crate::frame::Frame;
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed, Time};
use crate::panel::{Csat, Fatigue, Live, Origin, Stamp, Whereabouts};
use crate::rule::{OpenCatalog, Point};
use crate::store::Store;
use crate::survey::benchmark::Benchmarks;
use crate::traffic::past::Ledger;
use crate::traffic::profile::View;
use crate::traffic::{Profile, Recorded, Setup, compile_what_holds};
use crate::work::frame::{self, threads};
use crate::work::observed::{self, Observed};

/// Observed people and the definitions over them.
pub struct Quiet {
    /// The people.
    pub profiles: Vec<Profile>,
    /// The definitions that can be used, compiled.
    pub setup: Setup,
    /// What the workspace tells about messages and answers.
    pub recorded: Recorded,
    /// Just after the newest event, or the moment asked for.
    pub now: Time,
    /// Definitions that could not be used.
    pub problems: Vec<Problem>,
    /// The facts behind them, with everybody's stage and every list; none of nobody.
    pub frame: Option<Frame>,
    events: u64,
    origin: Origin,
}

impl Quiet {
    /// Nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            profiles: Vec::new(),
            setup: Setup::empty(),
            recorded: Recorded::default(),
            now: Time(0),
            problems: Vec::new(),
            frame: None,
            events: 0,
            origin: Origin::Observed,
        }
    }

    /// Everyone in a workspace with its definitions, as of a moment or just after the newest event.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_store(store: &Store, as_of: Option<Time>) -> anyhow::Result<Self> {
        let mut definitions = Vec::new();
        for kind in Kind::ALL {
            definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
        }
        Self::load(store, &definitions, as_of)
    }

    /// Everyone in a workspace, as of a moment or just after the newest event.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load(store: &Store, definitions: &[Definition], as_of: Option<Time>) -> anyhow::Result<Self> {
        Ok(Begun::of(store, definitions, as_of)?.finish())
    }

    /// The live panels over what was observed: whatever needs a running test says so.
    #[must_use]
    pub fn live(&self, name: &str) -> Live {
        let mut live = Live::nothing(name, self.now);
        live.stamp = Stamp {
            workspace: name.to_owned(),
            origin: self.origin,
            as_of: self.now,
            people: self.profiles.len() as u64,
            events: self.events,
            definitions: None,
        };
        let (library, people) = (&self.setup.library, || self.profiles.iter());
        live.fatigue = Fatigue::recorded(people(), &library.policy, self.now, &self.recorded);
        if self.policy_is_unread() {
            live.fatigue = live.fatigue.without_policy();
        }
        if let Ok(benchmarks) = Benchmarks::shipped() {
            live.csat =
                Csat::recorded(people(), library, &benchmarks, "internet retail", self.now, &self.recorded);
        }
        // Nobody counts passages where nothing runs: the journeys are left out rather than shown as empty.
        live.whereabouts = Whereabouts::of(people(), &self.setup.stages, &[], &[]);
        live
    }

    /// Whether there is a contact policy that could not be used.
    #[must_use]
    pub fn policy_is_unread(&self) -> bool {
        self.problems.iter().any(is_of_policy)
    }
}

/// A workspace of which all is read, and nobody put together yet: rules can be asked already.
pub struct Begun {
    frame: Frame,
    ledger: Ledger,
    setup: Setup,
    problems: Vec<Problem>,
    origin: Origin,
    now: Time,
}

impl Begun {
    /// Reads a workspace, as of a moment or just after the newest event.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(store: &Store, definitions: &[Definition], as_of: Option<Time>) -> anyhow::Result<Self> {
        let picture = frame::load(store, as_of, threads())?;
        let frame = picture.frame().clone();
        let ledger = observed::ledger(store, &frame, as_of)?;
        let (setup, problems) = compile_what_holds(definitions, &OpenCatalog, Seed(0));
        let newest = frame.counts().newest;
        let now = as_of.unwrap_or_else(|| Time(newest.map_or(0, |at| at.0.saturating_add(1))));
        let origin = match store.is_run()? {
            Some(run) => Origin::Simulated { seed: run.meta.seed.0 },
            None => Origin::Observed,
        };
        Ok(Self { frame, ledger, setup, problems, origin, now })
    }

    /// How many events there are.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.frame.counts().events
    }

    /// What can be told before people are put together.
    #[must_use]
    pub fn so_far(&self) -> Quiet {
        Quiet {
            now: self.now,
            problems: self.problems.clone(),
            frame: Some(self.frame.clone()),
            origin: self.origin,
            ..Quiet::nobody()
        }
    }

    /// Puts everybody together with all they did, which takes as long as there are events.
    #[must_use]
    pub fn finish(self) -> Quiet {
        let Self { frame, ledger, mut setup, problems, origin, now } = self;
        let mut observed = Observed { ledger, ..Observed::of(&frame) };
        let recorded = observed.recall(&mut setup.library);
        setup.words = observed.words;
        let mut profiles = observed.people;
        let events = profiles.iter().map(|profile| profile.history.len() as u64).sum();
        for profile in &mut profiles {
            let view = View { profile, words: &setup.words };
            let stage = setup.stages.lifecycle(&view, Point::before(now)).map(Arc::from);
            profile.lifecycle = stage;
        }
        Quiet { profiles, setup, recorded, now, problems, frame: Some(frame), events, origin }
    }
}

/// Whether a problem is one of a contact policy, without which nothing may be sent.
#[must_use]
pub fn is_of_policy(problem: &Problem) -> bool {
    let place = problem.place.file.as_deref().unwrap_or_default();
    problem.code == "policy-several" || place.starts_with(Kind::ContactPolicy.name())
}
