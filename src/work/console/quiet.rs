//! A workspace that is only looked at: its observed people as of just after the newest event, no run over them.

use std::sync::Arc;

use crate::frame::Frame;
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed, Time};
use crate::panel::{Csat, Fatigue, Live, Origin, Stamp, Whereabouts};
use crate::rule::{OpenCatalog, Point};
use crate::store::Store;
use crate::survey::benchmark::Benchmarks;
use crate::traffic::profile::View;
use crate::traffic::{Profile, Setup, compile};
use crate::work::frame::{self, threads};
use crate::work::observed::Observed;

/// Observed people and the definitions over them.
pub struct Quiet {
    /// The people.
    pub profiles: Vec<Profile>,
    /// The definitions, compiled.
    pub setup: Setup,
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
        let picture = frame::load(store, as_of, threads())?;
        let frame = picture.frame().clone();
        let observed = Observed::of(&frame);
        let (mut setup, problems) = match compile(definitions, &OpenCatalog, Seed(0)) {
            Ok(setup) => (setup, Vec::new()),
            Err(problems) => (Setup::empty(), problems),
        };
        setup.words = observed.words;
        let now = as_of.unwrap_or_else(|| frame.now().at);
        let mut profiles = observed.people;
        let events = profiles.iter().map(|profile| profile.history.len() as u64).sum();
        for profile in &mut profiles {
            let view = View { profile, words: &setup.words };
            let stage = setup.stages.lifecycle(&view, Point::before(now)).map(Arc::from);
            profile.lifecycle = stage;
        }
        let origin = match store.is_run()? {
            Some(run) => Origin::Simulated { seed: run.meta.seed.0 },
            None => Origin::Observed,
        };
        Ok(Self { profiles, setup, now, problems, frame: Some(frame), events, origin })
    }

    /// The live panels over what was observed: whatever needs a running test says so.
    #[must_use]
    pub fn live(&self, name: &str) -> Live {
        let mut live = Live::nothing(name, self.now);
        let graphs: Vec<_> = self.setup.routes.iter().map(|route| &route.graph).collect();
        let counts: Vec<_> = graphs.iter().map(|_| crate::traffic::lane::Counts::default()).collect();
        live.stamp = Stamp {
            workspace: name.to_owned(),
            origin: self.origin,
            as_of: self.now,
            people: self.profiles.len() as u64,
            events: self.events,
        };
        live.fatigue = Fatigue::of(self.profiles.iter(), &self.setup.library.policy, self.now);
        if let Ok(benchmarks) = Benchmarks::shipped() {
            live.csat =
                Csat::of(self.profiles.iter(), &self.setup.library, &benchmarks, "internet retail", self.now);
        }
        live.whereabouts = Whereabouts::of(self.profiles.iter(), &self.setup.stages, &graphs, &counts);
        live
    }
}
