//! Opening a workspace: its definitions, its people, and the run of the demo.

use std::path::Path;
use std::sync::Arc;

use super::{Desk, News, first, now};
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Span};
use crate::panel::jobs::{Job, JobState};
use crate::rule::Point;
use crate::store::Store;
use crate::work::console::Subject;
use crate::work::console::clock::{Clock, Rate};
use crate::work::console::quiet::{Begun, Quiet};
use crate::work::console::segments::Ground;
use crate::work::free_names::FreeNames;
use crate::work::names::Names;
use crate::work::observed::Observed;
use crate::work::port::{Room, Update};
use crate::work::run::{Plan, Prepared, start_of};
use crate::work::sample;

/// So many events are put together before anything is shown; with more of them nobody waits.
const QUICK: u64 = 300_000;

/// Virtual time between two looks at whether the console has closed.
const STRIDE: Span = Span::hours(6);

impl Desk {
    pub(super) fn prepare(&mut self, subject: Subject) -> anyhow::Result<()> {
        match subject {
            Subject::Demo { seed, people, threads } => {
                let (folder, store) = sample::workspace(now())?;
                self.path = store.path().to_owned();
                self._folder = Some(folder);
                self.store = Some(store);
                if self.leaving.is_cancelled() {
                    return Ok(());
                }
                self.read_definitions()?;
                let plan = Plan {
                    workspace: self.name.clone(),
                    definitions: sample::definitions()?,
                    seed,
                    people,
                    threads,
                };
                self.begin(plan)?;
            }
            Subject::Workspace(path) => {
                self.store = Some(self.open_store(&path)?);
                self.path = path;
                self.load()?;
                if self.gathering.is_none() {
                    let live = self.quiet.live(&self.name);
                    self.say(Update::Live(Arc::new(live)));
                }
                self.tell_clock();
            }
        }
        Room::ALL.iter().for_each(|room| self.show(*room));
        Ok(())
    }

    /// Opens the workspace to write if that may be, else to look.
    pub(super) fn open_store(&self, path: &Path) -> anyhow::Result<Store> {
        let problem = match Store::open_or_create(path, now()) {
            Ok(store) => return Ok(store),
            Err(error) => error,
        };
        let is_read_only = problem.problem().is_some_and(|known| known.code == "workspace-read-only");
        if !is_read_only || !path.exists() {
            return Err(problem.into());
        }
        let store = Store::open_read_only(path)?;
        self.say(Update::Note("This workspace is read-only: look around, nothing can be saved.".to_owned()));
        Ok(store)
    }

    /// Reads the definitions of the workspace anew.
    pub(super) fn read_definitions(&mut self) -> anyhow::Result<Vec<Definition>> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let mut definitions = Vec::new();
        for kind in Kind::ALL {
            definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
        }
        self.shelf.learn(FreeNames::defined(store)?);
        let segments: Vec<_> = definitions.iter().filter(|d| d.kind == Kind::Segment).collect();
        self.shelf.fill(&segments);
        let journeys = definitions.iter().filter(|d| d.kind == Kind::Journey);
        self.versions = journeys.map(|journey| (journey.name.clone(), journey.version)).collect();
        Ok(definitions)
    }

    /// Reads people and definitions of the workspace anew.
    pub(super) fn load(&mut self) -> anyhow::Result<()> {
        let definitions = self.read_definitions()?;
        let Some(store) = &self.store else { return Ok(()) };
        let names = FreeNames::defined(store)?;
        let begun = Begun::of(store, &definitions, None)?;
        self.quiet = begun.so_far();
        self.tell_faults();
        if let Some(frame) = self.quiet.frame.clone() {
            self.shelf.learn(names.told(&frame));
            self.shelf.stand_on(Ground::Observed { frame, point: Point::before(self.quiet.now) });
        }
        self.gather(begun);
        Ok(())
    }

    /// Puts people together: at once where that is quick, else aside, while rules are asked already.
    fn gather(&mut self, begun: Begun) {
        if begun.events() <= QUICK {
            self.gathering = None;
            self.quiet = begun.finish();
            return;
        }
        let serial = self.gathering.map_or(0, |serial| serial + 1);
        self.gathering = Some(serial);
        let news = self.news.0.clone();
        std::thread::spawn(move || {
            // Nobody listens once the console is closed.
            let _ = news.send(News::Gathered(serial, Box::new(begun.finish())));
        });
    }

    /// Takes the people that were put together aside, unless others are on their way by now.
    pub(super) fn hear_gathered(&mut self, serial: u64, quiet: Quiet) {
        if self.gathering != Some(serial) {
            return;
        }
        self.gathering = None;
        self.quiet = quiet;
        if self.run.is_none() {
            let live = self.quiet.live(&self.name);
            self.say(Update::Live(Arc::new(live)));
        }
        [Room::People, Room::Journeys].into_iter().for_each(|room| self.show(room));
        std::mem::take(&mut self.later).into_iter().for_each(|command| self.take(command));
    }

    /// A definition that cannot be used hides nothing but what depends on it; the Jobs screen keeps the list.
    pub(super) fn tell_faults(&mut self) {
        self.faults = (0..).zip(&self.quiet.problems).map(|(index, problem)| fault(index, problem)).collect();
        let Some(first) = self.quiet.problems.first() else { return };
        self.say(Update::Toast(match self.quiet.problems.len() {
            1 => first.clone(),
            n => Problem {
                message: format!("{} (and {} more, see Jobs)", first.message, n - 1),
                ..first.clone()
            },
        }));
    }

    pub(super) fn begin(&mut self, plan: Plan) -> anyhow::Result<()> {
        let observed = match (&self.store, start_of(&plan.definitions)) {
            (Some(store), Some(start)) => Observed::load_to_start(store, start)?,
            _ => Observed::nobody(),
        };
        let prepared = Prepared::new(plan, observed).map_err(first)?;
        let (truth, news) = (prepared.clone(), self.news.0.clone());
        std::thread::spawn(move || {
            // Nobody listens once the console is closed.
            let _ = news.send(News::Truth(truth.truth()));
        });
        self.asked = true;
        let mut run = prepared.begin();
        let join = run.world().join;
        while run.now() < join && !self.leaving.is_cancelled() {
            run.advance(join.min(run.now() + STRIDE));
        }
        // The snapshot knows the truth of its own run, which takes seconds to find out anew.
        sample::snapshot().iter().for_each(|known| run.expect_truth(known));
        self.rate = Rate::new(run.traffic().events());
        self.clock = Clock::new();
        self.run = Some(run);
        let names = self.with_crowd(|crowd| {
            let stages = self.run.as_ref().map(|run| &run.traffic().setup().stages);
            let stages = stages.unwrap_or(&self.quiet.setup.stages);
            Names::of(crowd.profiles.iter().copied(), crowd.words, stages)
        });
        self.shelf.stand_on(Ground::Run(names));
        self.publish();
        Ok(())
    }
}

/// A definition that could not be used, as a line of the Jobs screen.
fn fault(index: u64, problem: &Problem) -> Job {
    Job {
        // Counted from the end, so that it is no import's number.
        id: u64::MAX - index,
        title: format!("read {}", problem.place.file.as_deref().unwrap_or("the definitions")),
        state: JobState::Failed,
        error: Some(problem.message.clone()),
        help: problem.help.clone(),
        ..Job::default()
    }
}
