//! The thread behind the console.

mod contact;
mod designs;
mod inbox;
mod jobs;
mod load;
mod pace;
mod past;
mod readouts;
mod rooms;
mod rules;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use jiff::Timestamp;

use self::readouts::ReadOuts;
use super::Subject;
use super::bring::Brought;
use super::clock::{Clock, Rate};
use super::data::answers_of;
use super::quiet::Quiet;
use super::segments::Shelf;
use crate::config::Throwaway;
use crate::experiment::calc;
use crate::experiment::calibrate::Settings;
use crate::model::definition::Definition;
use crate::model::{Problem, Time};
use crate::panel::contact::Forecast;
use crate::panel::experiments::Experiment;
use crate::panel::jobs::Job;
use crate::panel::segments::history::History;
use crate::sim::Truth;
use crate::store::{Store, StoreError};
use crate::work::lesson::Teacher;
use crate::work::port::{Command, ContactPage, Room, Speed, Update};
use crate::work::run::Run;
use crate::work::{Cancel, Progress};
use inbox::Inbox;
use rules::Look;

/// What comes back from other threads.
enum News {
    /// What the world says; none where it has nothing to say.
    Truth(Option<Truth>),
    Progress(u64, Progress),
    Imported(u64, Brought),
    /// The pages of the contact view, by the number of the question; none where nobody waited for them.
    Contact(u64, Option<Box<[ContactPage; 4]>>),
    /// A forecast, by the number of its question; none where nobody waited for it.
    Forecast(u64, Option<Box<Forecast>>),
    /// More is known of a segment's history.
    Past(History),
    /// Everybody was read, by the number of the reading.
    Read(u64, anyhow::Result<Box<Quiet>>),
    /// Every experiment was read out, of a revision of the workspace.
    ReadOut(i64, anyhow::Result<Vec<Experiment>>),
}

/// How often a workspace that stands still is asked whether somebody else has changed it.
const ELSEWHERE: Duration = Duration::from_secs(2);

pub(super) struct Desk {
    name: String,
    tell: Sender<Update>,
    path: PathBuf,
    store: Option<Store>,
    run: Option<Run>,
    quiet: Arc<Quiet>,
    /// How many times everybody was to be read, and how to end the last time as long as it is going on.
    readings: u64,
    reading: Option<Cancel>,
    read_outs: ReadOuts,
    /// How far the workspace was read: its revision, and what its file says of other connections.
    known: (i64, i64),
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
    /// What was worked out aside for the contact view so far.
    questions: u64,
    /// The pages of the contact view somebody waits for, and how to end it.
    pages: Option<(u64, Cancel)>,
    /// The forecast somebody waits for, and how to end it.
    forecast: Option<(u64, Cancel)>,
    /// Whether the contact view waits until everybody was read.
    contact_waits: bool,
    /// The contact policies that are kept.
    policies: Vec<Definition>,
    filter: String,
    /// The rule whose people are still to be looked at more closely.
    look: Option<Look>,
    /// The history that is being worked out.
    past: Option<(String, Cancel)>,
    /// Designs that are being written.
    drafting: designs::Drafting,
    /// How lessons are played, and the one that plays.
    lesson: Settings,
    teacher: Option<Teacher>,
    news: (Sender<News>, Receiver<News>),
    /// Raised when the console closes, so that nothing long is begun or gone on with.
    leaving: Cancel,
    open: bool,
    /// The throw-away folder of the demo. It goes when the desk goes, after whatever has files in it open.
    _folder: Option<Throwaway>,
}

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
    pub(in crate::work::console) fn open(
        subject: Subject,
        name: String,
        tell: Sender<Update>,
        leaving: Cancel,
    ) -> Self {
        let mut desk = Self {
            name,
            tell,
            path: PathBuf::new(),
            _folder: None,
            store: None,
            run: None,
            quiet: Arc::new(Quiet::nobody()),
            readings: 0,
            reading: None,
            read_outs: ReadOuts::default(),
            known: (0, 0),
            shelf: Shelf::empty(),
            versions: BTreeMap::new(),
            clock: Clock::new(),
            rate: Rate::new(0),
            jobs: Vec::new(),
            faults: Vec::new(),
            cancels: Vec::new(),
            asked: false,
            questions: 0,
            pages: None,
            forecast: None,
            contact_waits: false,
            policies: Vec::new(),
            filter: String::new(),
            drafting: designs::Drafting::default(),
            lesson: Settings::new(1_000, 7),
            teacher: None,
            look: None,
            past: None,
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

    /// Answers commands and lets time flow until the console closes.
    pub(in crate::work::console) fn work(mut self, commands: &Receiver<Command>) {
        let mut inbox = Inbox::new(commands);
        while self.open && !self.leaving.is_cancelled() {
            let Some(waiting) = inbox.wait(self.rest()) else { break };
            let is_quiet = waiting.is_empty();
            if is_quiet {
                self.foresee();
            }
            waiting.into_iter().for_each(|command| self.take(command));
            while let Ok(news) = self.news.1.try_recv() {
                self.hear(news);
            }
            self.flow();
            self.notice();
            // Who types waits for nothing else: people are looked at closely once nothing more comes.
            if is_quiet {
                self.look_closer(&mut inbox);
            }
        }
        // An import nobody waits for any more leaves nothing behind.
        self.cancels.iter().for_each(|(_, cancel)| cancel.cancel());
        self.reading.iter().for_each(Cancel::cancel);
        self.pages.iter().chain(&self.forecast).for_each(|(_, cancel)| cancel.cancel());
        self.past.iter().for_each(|(_, cancel)| cancel.cancel());
    }

    /// How long nothing has to be done. News of other threads wakes nobody: it is looked for as long as any is due, also
    /// while the clock stands.
    fn rest(&self) -> Duration {
        // What can wait is worked out as soon as nobody asks for anything else.
        if self.drafting.is_due() {
            return Duration::ZERO;
        }
        let rest = if self.run.is_some() { self.clock.rest() } else { ELSEWHERE };
        let rest = if self.look.is_some() { rest.min(rules::PAUSE) } else { rest };
        let aside = self.pages.is_some() || self.forecast.is_some();
        let due = self.asked || aside || self.past.is_some() || !self.cancels.is_empty();
        match (self.reading.is_some() || self.read_outs.is_reading(), due) {
            (true, _) => rest.min(Duration::from_millis(20)),
            (false, true) => rest.min(Duration::from_millis(200)),
            (false, false) => rest,
        }
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
            Command::Show(room) => {
                if room != Room::Experiments {
                    self.drafting.forget();
                }
                self.show(room);
            }
            Command::LoadPeople { filter } => {
                self.filter = filter;
                self.show(Room::People);
            }
            Command::Contact => self.contact(),
            Command::Why(question) => self.why(question),
            Command::Answers => {
                self.say(Update::Answers(answers_of(self.store.as_ref(), &self.name, self.run.is_some())))
            }
            Command::OpenPerson(id) => self.person(id),
            Command::CheckRule { name, text, ticket } => self.check(name, text, ticket),
            Command::Complete { name, text, cursor, ticket } => {
                let name = name.as_deref();
                self.say(self.shelf.complete(name, &text, cursor, ticket, &self.people_of_run()));
            }
            Command::LoadOffers(about) => self.say(self.shelf.offers(about, &self.people_of_run())),
            Command::ExplainPerson { name, text, id } => {
                let found = self.shelf.explain(name.as_deref(), &text, id, &self.people_of_run());
                found.into_iter().for_each(|found| self.say(found));
            }
            Command::LoadHistory(name) => self.load_history(name),
            Command::SaveSegment { name, text, like } => self.save(&name, &text, &like),
            Command::SaveDefinition { name, text } => self.save_definition(&name, &text),
            Command::OpenDesign(name) => self.open_design(name),
            Command::CheckDesign { text, ticket } => self.check_design(&text, ticket),
            Command::SaveDesign { text } => self.save_design(&text),
            Command::Calculate { question, line, ticket } => {
                let answer = Arc::new(calc::answer(question, line.as_bytes(), 1));
                self.say(Update::Calculated { ticket, answer });
            }
            Command::BeginLesson => self.teacher = Some(Teacher::begin(self.lesson, self.tell.clone())),
            Command::LessonPace(pace) => self.teacher.iter().for_each(|teacher| teacher.pace(pace)),
            Command::EndLesson => self.teacher = None,
            Command::ImportFile(path) => self.import(&path),
            Command::RevertBatch(id) => self.revert(id),
            Command::CancelJob(id) => {
                self.cancels.iter().filter(|(job, _)| *job == id).for_each(|(_, cancel)| cancel.cancel());
            }
            Command::Quit => self.open = false,
        }
    }
}

fn first(problems: Vec<Problem>) -> Problem {
    problems.into_iter().next().unwrap_or_else(|| Problem::new("failed", "it did not work"))
}
