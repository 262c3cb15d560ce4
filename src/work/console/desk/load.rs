//! Opening a workspace: its definitions, its people, and the run of the demo.

use std::path::Path;
use std::sync::Arc;

use super::{Desk, News, first, now, problem_of};
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Span};
use crate::panel::jobs::{Job, JobState};
use crate::store::Store;
use crate::work::Cancel;
use crate::work::console::Subject;
use crate::work::console::clock::{Clock, Rate};
use crate::work::console::quiet::Quiet;
use crate::work::console::segments::Ground;
use crate::work::frame::{self, Picture, threads};
use crate::work::free_names::FreeNames;
use crate::work::names::Names;
use crate::work::observed::Observed;
use crate::work::port::{Room, Update};
use crate::work::run::{Plan, Prepared, start_of};
use crate::work::sample;

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
            Subject::Lesson(settings) => {
                self.lesson = settings;
                return Ok(());
            }
            Subject::Workspace(path) => {
                self.store = Some(self.open_store(&path)?);
                self.path = path;
                self.load()?;
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
        self.policies = definitions.iter().filter(|d| d.kind == Kind::ContactPolicy).cloned().collect();
        let journeys = definitions.iter().filter(|d| d.kind == Kind::Journey);
        self.versions = journeys.map(|journey| (journey.name.clone(), journey.version)).collect();
        Ok(definitions)
    }

    /// Reads people and definitions of the workspace anew.
    pub(super) fn load(&mut self) -> anyhow::Result<()> {
        let definitions = self.read_definitions()?;
        let Some(store) = &self.store else { return Ok(()) };
        self.known = (store.revision()?, store.data_version()?);
        let picture = frame::load(store, None, threads())?;
        let ground = Ground::Observed { frame: picture.frame().clone(), point: picture.point };
        self.shelf.learn(FreeNames::defined(store)?.told(picture.frame()));
        self.shelf.stand_on(ground);
        self.read_people(picture, definitions);
        Ok(())
    }

    /// Reads everybody beside the console: of millions that takes a while, and rules can be asked of the facts meanwhile.
    fn read_people(&mut self, picture: Picture, definitions: Vec<Definition>) {
        self.readings += 1;
        let cancel = Cancel::default();
        if let Some(overtaken) = self.reading.replace(cancel.clone()) {
            overtaken.cancel();
        }
        let (reading, path, news) = (self.readings, self.path.clone(), self.news.0.clone());
        std::thread::spawn(move || {
            let read = || Quiet::over(&Store::open_read_only(&path)?, picture, &definitions, None, &cancel);
            if let Some(read) = read().transpose() {
                // Nobody listens once the console is closed.
                let _ = news.send(News::Read(reading, read.map(Box::new)));
            }
        });
    }

    /// Everybody was read. Only the last reading counts.
    pub(super) fn install(&mut self, reading: u64, read: anyhow::Result<Box<Quiet>>) {
        if reading != self.readings {
            return;
        }
        self.reading = None;
        match read {
            Ok(quiet) => {
                self.quiet = Arc::from(quiet);
                self.tell_faults();
                let live = self.quiet.live(&self.name);
                self.say(Update::Live(Arc::new(live)));
                self.tell_clock();
                for room in [Room::People, Room::Journeys, Room::Segments, Room::Jobs] {
                    self.show(room);
                }
                if self.contact_waits {
                    self.contact();
                }
            }
            Err(error) => {
                let problem = problem_of(&error);
                for room in [Room::Live, Room::People, Room::Journeys] {
                    self.say(Update::Failed(room, problem.clone()));
                }
            }
        }
    }

    /// Reads the workspace anew when somebody else has changed it: console and command line may use one at once.
    pub(super) fn notice(&mut self) {
        if self.run.is_some() || !self.cancels.is_empty() {
            return;
        }
        let Some(store) = &self.store else { return };
        let Ok(version) = store.data_version() else { return };
        if version == self.known.1 {
            return;
        }
        self.known.1 = version;
        if store.revision().is_ok_and(|revision| revision != self.known.0) {
            self.refresh();
        }
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
        if let Some(run) = &self.run {
            let setup = run.traffic().setup();
            let names = Names::of(run.traffic().profiles(), &setup.words, &setup.stages);
            self.shelf.stand_on(Ground::Run(names));
        }
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
