//! A workspace that is only looked at: its observed people as of just after the newest event, no run over them.

use crate::frame::Frame;
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed, Time};
use crate::panel::{Csat, Fatigue, Live, Origin, Stamp, Whereabouts};
use crate::rule::OpenCatalog;
use crate::store::Store;
use crate::survey::benchmark::Benchmarks;
use crate::traffic::{Profile, Recorded, Setup, compile_what_holds};
use crate::work::frame::{self, Picture, threads};
use crate::work::observed::Observed;

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
        Self::over(store, frame::load(store, as_of, threads())?, definitions, as_of)
    }

    /// Everyone in a picture of a workspace, each with what happened to them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn over(
        store: &Store,
        picture: Picture,
        definitions: &[Definition],
        as_of: Option<Time>,
    ) -> anyhow::Result<Self> {
        let frame = picture.frame().clone();
        let mut observed = Observed::of(&frame).with_ledger(store, &frame, as_of)?;
        let (mut setup, problems) = compile_what_holds(definitions, &OpenCatalog, Seed(0));
        let recorded = observed.recall(&mut setup.library);
        setup.words = observed.words;
        let now = as_of.unwrap_or_else(|| Time(observed.newest.map_or(0, |at| at.0.saturating_add(1))));
        let profiles = observed.people;
        let events = frame.counts().events;
        let origin = match store.is_run()? {
            Some(run) => Origin::Simulated { seed: run.meta.seed.0 },
            None => Origin::Observed,
        };
        Ok(Self { profiles, setup, recorded, now, problems, frame: Some(frame), events, origin })
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

    /// Observed, or of the run whose file this is.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether there is a contact policy that could not be used.
    #[must_use]
    pub fn policy_is_unread(&self) -> bool {
        self.problems.iter().any(is_of_policy)
    }
}

/// Whether a problem is one of a contact policy, without which nothing may be sent.
#[must_use]
pub fn is_of_policy(problem: &Problem) -> bool {
    let place = problem.place.file.as_deref().unwrap_or_default();
    problem.code == "policy-several" || place.starts_with(Kind::ContactPolicy.name())
}
