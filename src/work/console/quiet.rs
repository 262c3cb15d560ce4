//! A workspace that is only looked at: its observed people as of just after the newest event, no run over them.

use std::sync::Arc;

use crate::model::definition::Definition;
use crate::model::{Problem, Seed, Time};
use crate::panel::{Csat, Fatigue, Live, Origin, Stamp, Whereabouts};
use crate::rule::{OpenCatalog, Point};
use crate::store::Store;
use crate::survey::benchmark::Benchmarks;
use crate::traffic::profile::View;
use crate::traffic::{Profile, Setup, compile};
use crate::work::frame::load_frame;
use crate::work::observed::Observed;

/// Observed people and the definitions over them.
pub(super) struct Quiet {
    pub(super) profiles: Vec<Profile>,
    pub(super) setup: Setup,
    pub(super) now: Time,
    /// Definitions that could not be used.
    pub(super) problems: Vec<Problem>,
    events: u64,
}

impl Quiet {
    /// Nobody.
    pub(super) fn nobody() -> Self {
        Self { profiles: Vec::new(), setup: Setup::empty(), now: Time(0), problems: Vec::new(), events: 0 }
    }

    /// Everyone in a workspace.
    pub(super) fn load(store: &Store, definitions: &[Definition]) -> anyhow::Result<Self> {
        let frame = load_frame(store, None)?;
        let observed = Observed::of(&frame);
        let (mut setup, problems) = match compile(definitions, &OpenCatalog, Seed(0)) {
            Ok(setup) => (setup, Vec::new()),
            Err(problems) => (Setup::empty(), problems),
        };
        setup.words = observed.words;
        let now = frame.now().at;
        let mut profiles = observed.people;
        let events = profiles.iter().map(|profile| profile.history.len() as u64).sum();
        for profile in &mut profiles {
            let view = View { profile, words: &setup.words };
            let stage = setup.stages.lifecycle(&view, Point::before(now)).map(Arc::from);
            profile.lifecycle = stage;
        }
        Ok(Self { profiles, setup, now, problems, events })
    }

    /// The live panels over what was observed: whatever needs a running test says so.
    pub(super) fn live(&self, name: &str) -> Live {
        let mut live = Live::nothing(name, self.now);
        let graphs: Vec<_> = self.setup.routes.iter().map(|route| &route.graph).collect();
        let counts: Vec<_> = graphs.iter().map(|_| crate::traffic::lane::Counts::default()).collect();
        live.stamp = Stamp {
            workspace: name.to_owned(),
            origin: Origin::Observed,
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
