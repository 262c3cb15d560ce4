//! The run: everyone in lanes, advanced together.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::lane::{Counts, Lane, PEOPLE};
use super::names::List;
use super::outcome::Codes;
use super::profile::Profile;
use super::record::Record;
use super::route::Route;
use super::source::Source;
use super::vocabulary::{Titles, Vocabulary};
use crate::decide::{GateNote, Library};
use crate::experiment::{Design, Metric};
use crate::journey::step::Lot;
use crate::model::{Seed, Time};
use crate::segment::Stages;

/// What never changes during a run.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The seed.
    pub seed: Seed,
    /// Compiled definitions.
    pub library: Library,
    /// The journeys, in the order of the library's names.
    pub routes: Vec<Route>,
    /// Lifecycle stages and intents.
    pub stages: Stages,
    /// Declared metrics.
    pub metrics: Vec<Metric>,
    /// The segments that are lists.
    pub lists: Vec<List>,
    /// The words histories are written in.
    pub words: Vocabulary,
    /// Every exposed unit of this experiment gets this variant, where the world's truth is asked for.
    pub forced: Option<(u32, u8)>,
}

impl Setup {
    /// Nothing defined.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            seed: Seed(0),
            library: Library::empty(),
            routes: Vec::new(),
            stages: Stages::default(),
            metrics: Vec::new(),
            lists: Vec::new(),
            words: Vocabulary::default(),
            forced: None,
        }
    }
}

/// What a lane sees of the run.
pub(super) struct Engine<'a> {
    pub library: &'a Library,
    pub routes: &'a [Route],
    pub stages: &'a Stages,
    pub words: &'a Vocabulary,
    pub codes: Codes,
    pub content_words: &'a [u32],
    pub names: &'a [Arc<str>],
    pub source: &'a dyn Source,
    pub seed: Seed,
    pub forced: Option<(u32, u8)>,
    pub watched: bool,
}

impl Engine<'_> {
    pub(super) fn lot(&self, unit: u64) -> Lot {
        Lot { seed: self.seed, unit }
    }

    /// A stage's name, shared instead of copied to everyone.
    pub(super) fn shared(&self, name: &str) -> Option<Arc<str>> {
        self.names.iter().find(|known| &***known == name).cloned()
    }

    /// Runs a decision with a trace if somebody watches, without one if not.
    pub(super) fn observed<R>(
        &self,
        with: impl FnOnce(&mut Vec<GateNote>) -> R,
        without: impl FnOnce() -> R,
    ) -> (R, Vec<GateNote>) {
        if self.watched {
            let mut notes = Vec::new();
            let answer = with(&mut notes);
            (answer, notes)
        } else {
            (without(), Vec::new())
        }
    }
}

fn titles(setup: &Setup) -> Titles {
    let journey = |route: &Route| {
        (route.graph.name.clone(), route.graph.steps.iter().map(|step| step.id.clone()).collect())
    };
    let experiment = |design: &Design| {
        (design.name.clone(), design.variants.iter().map(|variant| variant.name.clone()).collect())
    };
    Titles {
        journeys: setup.routes.iter().map(journey).collect(),
        experiments: setup.library.experiments().iter().map(experiment).collect(),
    }
}

/// A run in progress. A copy goes its own way from here on, with the same draws.
#[derive(Clone)]
pub struct Traffic<S: Source> {
    setup: Setup,
    source: S,
    codes: Codes,
    content_words: Vec<u32>,
    names: Vec<Arc<str>>,
    lanes: Vec<Lane>,
    now: Time,
}

impl<S: Source> Traffic<S> {
    /// Everyone at the start, before anything happens.
    pub fn new(mut setup: Setup, source: S, profiles: Vec<Profile>, start: Time) -> Self {
        let codes = Codes::new(&mut setup.words);
        let content_words =
            setup.library.contents.iter().map(|content| setup.words.code(&content.name)).collect();
        setup.words.entitle(titles(&setup));
        let names = setup.stages.names().map(Arc::from).collect();
        let mut lanes = Vec::new();
        let mut rest = profiles;
        for profile in &mut rest {
            let listed = |(_, members): &&List| members.iter().any(|who| profile.identities.contains(who));
            profile.lists = setup.lists.iter().filter(listed).map(|(name, _)| Arc::clone(name)).collect();
        }
        while !rest.is_empty() {
            let tail = rest.split_off(rest.len().min(PEOPLE));
            lanes.push(Lane::new(std::mem::replace(&mut rest, tail), start));
        }
        let mut traffic = Self { setup, source, codes, content_words, names, lanes, now: start };
        let mut lanes = std::mem::take(&mut traffic.lanes);
        let engine = traffic.engine(false);
        for lane in &mut lanes {
            lane.begin(&engine, start);
        }
        traffic.lanes = lanes;
        traffic
    }

    fn engine(&self, watched: bool) -> Engine<'_> {
        Engine {
            library: &self.setup.library,
            routes: &self.setup.routes,
            stages: &self.setup.stages,
            words: &self.setup.words,
            codes: self.codes,
            content_words: &self.content_words,
            names: &self.names,
            source: &self.source,
            seed: self.setup.seed,
            forced: self.setup.forced,
            watched,
        }
    }

    /// Runs everything before `to` on up to `threads` threads and returns what was done, in order of time, if watched.
    /// The result does not depend on the number of threads.
    pub fn advance(&mut self, to: Time, threads: usize, watched: bool) -> Vec<Record> {
        let mut lanes = std::mem::take(&mut self.lanes);
        {
            let engine = self.engine(watched);
            let next = AtomicUsize::new(0);
            let slots: Vec<Mutex<&mut Lane>> = lanes.iter_mut().map(Mutex::new).collect();
            let work = || {
                while let Some(slot) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // A lane is taken by one thread only, so the lock is free and cannot be poisoned.
                    if let Ok(mut lane) = slot.lock() {
                        lane.advance(&engine, to);
                    }
                }
            };
            std::thread::scope(|scope| {
                for _ in 1..threads.clamp(1, slots.len().max(1)) {
                    scope.spawn(work);
                }
                work();
            });
        }
        self.lanes = lanes;
        self.now = self.now.max(to);
        let mut records: Vec<Record> =
            self.lanes.iter_mut().flat_map(|lane| std::mem::take(&mut lane.records)).collect();
        records.sort_by_key(|record| (record.at, record.profile));
        records
    }

    /// The point the run has come to: everything before it is recorded.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Everyone, in a fixed order.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.lanes.iter().flat_map(|lane| &lane.profiles)
    }

    /// What passed each journey, over all lanes.
    #[must_use]
    pub fn counts(&self) -> Vec<Counts> {
        let mut sums = vec![Counts::default(); self.setup.routes.len()];
        for lane in &self.lanes {
            for (sum, counts) in sums.iter_mut().zip(&lane.counts) {
                sum.add(counts);
            }
        }
        sums
    }

    /// Events recorded by the run.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.events).sum()
    }

    /// What never changes.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Codes of the words the loop writes.
    #[must_use]
    pub fn codes(&self) -> &Codes {
        &self.codes
    }
}
