//! The thread behind the console.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};

use jiff::Timestamp;

use super::Subject;
use super::bring::{Brought, import_files};
use super::clock::{Clock, Rate};
use super::data::{answers_of, data_of};
use super::quiet::Quiet;
use super::segments::{Ground, Shelf};
use crate::config::Throwaway;
use crate::journey::Graph;
use crate::model::definition::{Definition, Kind};
use crate::model::{BatchId, Problem, ProfileId, Span, Time};
use crate::panel::crowd::Crowd;
use crate::panel::jobs::{Job, JobState, Jobs};
use crate::panel::{Journeys, Live};
use crate::rule::Point;
use crate::segment::Segment;
use crate::segment::definition::Body;
use crate::sim::Truth;
use crate::store::{Store, StoreError};
use crate::work::names::Names;
use crate::work::observed::Observed;
use crate::work::port::{ClockState, Command, Room, Speed, Update};
use crate::work::run::{Plan, Prepared, Run, start_of};
use crate::work::{Cancel, Progress, sample};

/// What comes back from other threads.
enum News {
    /// What the world says; none where it has nothing to say.
    Truth(Option<Truth>),
    Progress(u64, Progress),
    Imported(u64, Brought),
}

pub(super) struct Desk {
    name: String,
    tell: Sender<Update>,
    path: PathBuf,
    store: Option<Store>,
    run: Option<Run>,
    quiet: Quiet,
    shelf: Shelf,
    /// The version of each journey.
    versions: BTreeMap<String, u32>,
    clock: Clock,
    rate: Rate,
    jobs: Vec<Job>,
    /// Definitions that could not be used, as the Jobs screen lists them.
    faults: Vec<Job>,
    cancels: Vec<(u64, Cancel)>,
    /// Whether the world is still being asked for the truth.
    asked: bool,
    filter: String,
    news: (Sender<News>, Receiver<News>),
    /// Raised when the console closes, so that nothing long is begun or gone on with.
    leaving: Cancel,
    open: bool,
    /// The throw-away folder of the demo. It goes when the desk goes, after whatever has files in it open.
    _folder: Option<Throwaway>,
}

/// Virtual time between two looks at whether the console has closed.
const STRIDE: Span = Span::hours(6);

pub(super) fn now() -> Time {
    Time::from_timestamp(Timestamp::now())
}

pub(super) fn problem_of(error: &anyhow::Error) -> Problem {
    let of = |cause: &'_ (dyn std::error::Error + 'static)| match cause.downcast_ref::<StoreError>() {
        Some(error) => error.problem().cloned(),
        None => cause.downcast_ref::<Problem>().cloned(),
    };
    match error.chain().find_map(of) {
        Some(problem) => problem,
        None => Problem::new("failed", format!("{error:#}")),
    }
}

impl Desk {
    /// Opens the workspace; what goes wrong is told to the console, which stays open.
    pub(super) fn open(subject: Subject, name: String, tell: Sender<Update>, leaving: Cancel) -> Self {
        let mut desk = Self {
            name,
            tell,
            path: PathBuf::new(),
            _folder: None,
            store: None,
            run: None,
            quiet: Quiet::nobody(),
            shelf: Shelf::empty(),
            versions: BTreeMap::new(),
            clock: Clock::new(),
            rate: Rate::new(0),
            jobs: Vec::new(),
            faults: Vec::new(),
            cancels: Vec::new(),
            asked: false,
            filter: String::new(),
            news: std::sync::mpsc::channel(),
            leaving,
            open: true,
        };
        if let Err(error) = desk.prepare(subject) {
            let problem = problem_of(&error);
            Room::ALL.iter().for_each(|room| desk.say(Update::Failed(*room, problem.clone())));
        }
        desk
    }

    fn prepare(&mut self, subject: Subject) -> anyhow::Result<()> {
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
                let live = self.quiet.live(&self.name);
                self.say(Update::Live(Arc::new(live)));
                self.tell_clock();
            }
        }
        Room::ALL.iter().for_each(|room| self.show(*room));
        Ok(())
    }

    /// Opens the workspace to write if that may be, else to look.
    fn open_store(&self, path: &Path) -> anyhow::Result<Store> {
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
    fn read_definitions(&mut self) -> anyhow::Result<Vec<Definition>> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let mut definitions = Vec::new();
        for kind in Kind::ALL {
            definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
        }
        let segments: Vec<_> = definitions.iter().filter(|d| d.kind == Kind::Segment).collect();
        self.shelf.fill(&segments);
        let journeys = definitions.iter().filter(|d| d.kind == Kind::Journey);
        self.versions = journeys.map(|journey| (journey.name.clone(), journey.version)).collect();
        Ok(definitions)
    }

    /// Reads people and definitions of the workspace anew.
    fn load(&mut self) -> anyhow::Result<()> {
        let definitions = self.read_definitions()?;
        let Some(store) = &self.store else { return Ok(()) };
        self.quiet = Quiet::load(store, &definitions, None)?;
        self.tell_faults();
        if let Some(frame) = self.quiet.frame.clone() {
            self.shelf.stand_on(Ground::Observed { frame, point: Point::before(self.quiet.now) });
        }
        Ok(())
    }

    /// A definition that cannot be used hides nothing but what depends on it; the Jobs screen keeps the list.
    fn tell_faults(&mut self) {
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

    fn begin(&mut self, plan: Plan) -> anyhow::Result<()> {
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

    /// Answers commands and lets time flow until the console closes.
    pub(super) fn work(mut self, commands: &Receiver<Command>) {
        while self.open && !self.leaving.is_cancelled() {
            let rest =
                if self.run.is_some() { self.clock.rest() } else { std::time::Duration::from_secs(3600) };
            // News of other threads wakes nobody: it is looked for as long as any is due, also while the clock stands.
            let due = self.asked || !self.cancels.is_empty();
            let rest = if due { rest.min(std::time::Duration::from_millis(200)) } else { rest };
            let mut waiting = match commands.recv_timeout(rest) {
                Ok(command) => vec![command],
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            waiting.extend(commands.try_iter());
            newest_question(waiting).into_iter().for_each(|command| self.take(command));
            while let Ok(news) = self.news.1.try_recv() {
                self.hear(news);
            }
            self.flow();
        }
        // An import nobody waits for any more leaves nothing behind.
        self.cancels.iter().for_each(|(_, cancel)| cancel.cancel());
    }

    fn flow(&mut self) {
        let Some(run) = &mut self.run else { return };
        let target = self.clock.target(run.now());
        if target > run.now() {
            run.advance(target);
            self.publish();
        }
    }

    fn publish(&mut self) {
        let Some(run) = &self.run else { return };
        self.say(Update::Live(Arc::new(run.panels())));
        self.tell_clock();
    }

    fn tell_clock(&mut self) {
        let (now, events) = match &self.run {
            Some(run) => (run.now(), run.traffic().events()),
            None => (self.quiet.now, 0),
        };
        let flows = self.run.is_some();
        let state = ClockState {
            flows,
            paused: self.clock.paused,
            speed: self.clock.speed,
            now,
            events_per_second: if flows { self.rate.at(events) } else { None },
        };
        self.say(Update::Clock(state));
    }

    fn say(&self, update: Update) {
        // A console that is gone needs no news; the loop ends with its commands.
        let _ = self.tell.send(update);
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Pause => self.pace(|clock| clock.paused = true),
            Command::Resume => self.pace(|clock| clock.paused = false),
            Command::Faster => self.pace(|clock| clock.speed = Speed::faster(clock.speed)),
            Command::Slower => self.pace(|clock| clock.speed = Speed::slower(clock.speed)),
            Command::NextMoment => self.next_moment(),
            Command::Show(room) => self.show(room),
            Command::LoadPeople { filter } => {
                self.filter = filter;
                self.show(Room::People);
            }
            Command::Answers => self.say(Update::Answers(answers_of(self.store.as_ref(), &self.name))),
            Command::OpenPerson(id) => self.person(id),
            Command::CheckRule { name, text, ticket } => self.check(name.as_deref(), &text, ticket),
            Command::LoadOffers(about) => self.say(self.with_crowd(|crowd| self.shelf.offers(about, crowd))),
            Command::ExplainPerson { name, text, id } => {
                let found = self.with_crowd(|crowd| self.shelf.explain(name.as_deref(), &text, id, crowd));
                found.into_iter().for_each(|found| self.say(found));
            }
            Command::SaveSegment { name, text } => self.save(&name, &text),
            Command::ImportFile(path) => self.import(&path),
            Command::RevertBatch(id) => self.revert(id),
            Command::CancelJob(id) => {
                self.cancels.iter().filter(|(job, _)| *job == id).for_each(|(_, cancel)| cancel.cancel());
            }
            Command::Quit => self.open = false,
        }
    }

    fn pace(&mut self, change: impl FnOnce(&mut Clock)) {
        // What was due before the change still belongs to the old pace.
        self.flow();
        change(&mut self.clock);
        self.tell_clock();
    }

    /// Runs on until a panel says something else, at most two weeks.
    fn next_moment(&mut self) {
        let Some(run) = &mut self.run else { return };
        let before = sentences(&run.panels());
        for _ in 0..14 * 4 {
            if self.leaving.is_cancelled() {
                return;
            }
            run.advance(run.now() + Span::hours(6));
            let after = sentences(&run.panels());
            if let Some((_, said)) = before.iter().zip(&after).find(|(before, after)| before != after) {
                let note = Update::Note(said.clone());
                self.clock.restart();
                self.publish();
                self.say(note);
                return;
            }
        }
        self.clock.restart();
        self.publish();
        self.say(Update::Note("Nothing changed within two weeks.".to_owned()));
    }

    /// Everyone at this moment: of the run if there is one, else those observed.
    fn with_crowd<T>(&self, look: impl FnOnce(&Crowd<'_>) -> T) -> T {
        let (profiles, setup, now, currency) = match &self.run {
            Some(run) => (
                run.traffic().profiles().collect(),
                run.traffic().setup(),
                run.now(),
                Some(run.world().currency.as_str()),
            ),
            None => (self.quiet.profiles.iter().collect(), &self.quiet.setup, self.quiet.now, None),
        };
        look(&Crowd { profiles, words: &setup.words, library: &setup.library, now, currency })
    }

    fn show(&mut self, room: Room) {
        let update = match room {
            Room::Live => return,
            Room::Data => self.data(),
            Room::People => Ok(Update::People(Arc::new(self.with_crowd(|crowd| crowd.people(&self.filter))))),
            Room::Segments => Ok(Update::Segments(Arc::new(self.with_crowd(|crowd| self.shelf.list(crowd))))),
            Room::Journeys => Ok(self.journeys()),
            Room::Experiments => self.experiments(),
            Room::Jobs => Ok(Update::Jobs(Arc::new(Jobs { rows: self.job_rows() }))),
        };
        match update {
            Ok(update) => self.say(update),
            Err(error) => self.say(Update::Failed(room, problem_of(&error))),
        }
    }

    fn job_rows(&self) -> Vec<Job> {
        self.jobs.iter().chain(&self.faults).cloned().collect()
    }

    fn data(&self) -> anyhow::Result<Update> {
        let Some(store) = &self.store else { return Ok(Update::Data(Arc::default())) };
        Ok(Update::Data(Arc::new(data_of(store)?)))
    }

    fn journeys(&self) -> Update {
        let (setup, running) = match &self.run {
            Some(run) => (run.traffic().setup(), true),
            None => (&self.quiet.setup, false),
        };
        let graphs: Vec<&Graph> = setup.routes.iter().map(|route| &route.graph).collect();
        let counts = match &self.run {
            Some(run) => run.traffic().counts(),
            None => graphs.iter().map(|_| Default::default()).collect(),
        };
        let version = |graph: &&Graph| self.versions.get(&graph.name).copied().unwrap_or(1);
        let versions: Vec<u32> = graphs.iter().map(version).collect();
        Update::Journeys(Arc::new(self.with_crowd(|crowd| {
            let people = crowd.profiles.iter().copied();
            Journeys::of(&graphs, &versions, &counts, people, &setup.stages, running)
        })))
    }

    fn experiments(&self) -> anyhow::Result<Update> {
        let running = self.run.as_ref().map(Run::experiments).unwrap_or_default();
        let experiments = match &self.store {
            Some(store) => crate::work::experiment::experiments(store, running)?,
            None => Default::default(),
        };
        Ok(Update::Experiments(Arc::new(experiments)))
    }

    fn person(&mut self, id: ProfileId) {
        let card = self.with_crowd(|crowd| crowd.card(id, &self.shelf.plans()));
        self.say(match card {
            Some(card) => Update::Person(Arc::new(card)),
            None => {
                Update::Toast(Problem::new("no-such-person", format!("there is nobody with the id {id}")))
            }
        });
    }

    fn check(&mut self, name: Option<&str>, text: &str, ticket: u64) {
        let verdict = self.with_crowd(|crowd| self.shelf.verdict(name, text, ticket, crowd));
        self.say(Update::SegmentVerdict(Arc::new(verdict)));
    }

    fn save(&mut self, name: &str, text: &str) {
        let result = self.store_segment(name, text);
        match result {
            Ok(version) => {
                self.say(Update::SegmentSaved { name: name.to_owned(), version });
                self.show(Room::Segments);
            }
            Err(error) => self.say(Update::Toast(problem_of(&error))),
        }
    }

    fn store_segment(&mut self, name: &str, text: &str) -> anyhow::Result<u32> {
        self.shelve()?;
        self.shelf.may_be_rule(name)?;
        if let Err(found) = self.shelf.check(Some(name), text) {
            anyhow::bail!(first(found.iter().map(|d| d.problem(text)).collect()));
        }
        let Some(store) = &mut self.store else { anyhow::bail!("no workspace is open") };
        let known = store.definition(Kind::Segment, name)?;
        let mut segment = match known {
            Some(stored) => Segment::parse(Some(name), &stored.definition.text)?,
            None => Segment::of_rule(name, text),
        };
        segment.body = Body::Rule(text.to_owned());
        let stored = store.define(Kind::Segment, name, &segment.to_text(), now())?;
        self.shelve()?;
        Ok(stored.definition.version)
    }

    /// Takes the workspace's segments as they are now: the command line may have kept others meanwhile.
    fn shelve(&mut self) -> anyhow::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        let stored = store.definitions(Kind::Segment)?;
        self.shelf.fill(&stored.iter().map(|stored| &stored.definition).collect::<Vec<_>>());
        Ok(())
    }

    fn import(&mut self, path: &Path) {
        let id = self.jobs.len() as u64 + 1;
        let cancel = Cancel::default();
        self.jobs.insert(
            0,
            Job {
                id,
                title: format!("import {}", path.display()),
                state: JobState::Running,
                unit: "rows".to_owned(),
                ..Job::default()
            },
        );
        self.cancels.push((id, cancel.clone()));
        let (news, workspace, path) = (self.news.0.clone(), self.path.clone(), path.to_owned());
        std::thread::spawn(move || {
            let brought = import_files(&workspace, &path, &cancel, &|progress| {
                let _ = news.send(News::Progress(id, progress));
            });
            let _ = news.send(News::Imported(id, brought));
        });
        self.show(Room::Jobs);
    }

    fn revert(&mut self, id: BatchId) {
        let result = match &mut self.store {
            Some(store) => store.revert(id, now()).map(|_| ()),
            None => Ok(()),
        };
        match result {
            Ok(()) => {
                self.say(Update::Note(format!("Batch {id} is taken back.")));
                self.refresh();
            }
            Err(error) => self.say(Update::Toast(problem_of(&anyhow::Error::new(error)))),
        }
    }

    /// After facts changed: what is shown is read anew. A run in progress keeps the people it began with.
    fn refresh(&mut self) {
        if self.run.is_none()
            && let Err(error) = self.load()
        {
            self.say(Update::Toast(problem_of(&error)));
        }
        if self.run.is_none() {
            let live = self.quiet.live(&self.name);
            self.say(Update::Live(Arc::new(live)));
        }
        Room::ALL.iter().for_each(|room| self.show(*room));
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Truth(truth) => {
                self.asked = false;
                if let (Some(run), Some(truth)) = (&mut self.run, truth) {
                    run.tell_truth(truth);
                    self.publish();
                }
            }
            News::Progress(id, progress) => {
                if let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) {
                    job.done = progress.rows;
                    job.rate = progress.rate();
                    let share = progress.share();
                    job.total = (share > 0.01).then(|| (progress.rows as f64 / share) as u64);
                    job.left = progress.left().map(|left| Span(left.as_millis() as i64));
                }
                self.show(Room::Jobs);
            }
            News::Imported(id, brought) => {
                self.cancels.retain(|(job, _)| *job != id);
                let job = self.jobs.iter_mut().find(|job| job.id == id);
                let said = job.map(|job| brought.end(job));
                self.refresh();
                said.into_iter().for_each(|update| self.say(update));
            }
        }
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

/// The commands without the questions about rules that a newer one has overtaken: nobody waits for their answers.
fn newest_question(commands: Vec<Command>) -> Vec<Command> {
    let is_question = |command: &Command| matches!(command, Command::CheckRule { .. });
    let newest = commands.iter().rposition(is_question);
    let kept = commands.into_iter().enumerate();
    kept.filter(|(at, command)| !is_question(command) || Some(*at) == newest)
        .map(|(_, command)| command)
        .collect()
}

fn first(problems: Vec<Problem>) -> Problem {
    problems.into_iter().next().unwrap_or_else(|| Problem::new("failed", "it did not work"))
}

fn sentences(live: &Live) -> [String; 3] {
    let uplift = live.uplift.sentence.split(" Decide on").next().unwrap_or("").to_owned();
    [uplift, live.fatigue.sentence.clone(), live.csat.sentence.clone()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_was_overtaken_is_not_answered() {
        let ask = |ticket| Command::CheckRule { name: None, text: String::new(), ticket };
        let waiting = vec![ask(1), Command::Pause, ask(2), Command::Resume];
        assert_eq!(newest_question(waiting), [Command::Pause, ask(2), Command::Resume]);
        assert_eq!(newest_question(vec![Command::Quit]), [Command::Quit]);
    }
}
