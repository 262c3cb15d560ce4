//! What works behind the console: one thread that owns the workspace and the run, answers commands and lets the virtual
//! clock flow. The screen never waits for it.

mod bring;
mod clock;
mod data;
mod desk;
mod known;
mod offers;
mod past;
pub mod quiet;
mod segments;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::experiment::calibrate::Settings;
use crate::model::Seed;
use crate::panel::Live;

use super::port::{Command, Update};
use super::{Cancel, sample};

/// What the console is opened on.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A throw-away copy of the sample shop, its test running.
    Demo {
        /// The seed of the run.
        seed: Seed,
        /// How many people, if not as many as the world says.
        people: Option<u32>,
        /// Threads to run on.
        threads: usize,
    },
    /// The lesson on peeking, played so.
    Lesson(Settings),
    /// A workspace file, made if it is not there.
    Workspace(PathBuf),
}

/// How the console is opened.
#[derive(Debug, Clone)]
pub struct Opening {
    /// On what.
    pub subject: Subject,
    /// Whether names and addresses are covered at the start.
    pub mask: bool,
    /// Whether the tour begins at once.
    pub tour: bool,
    /// The theme's name; the terminal's own choice without one.
    pub theme: Option<String>,
}

/// Both doors of the console, and the picture of the first frame.
pub struct Link {
    /// What the console is told.
    pub updates: Receiver<Update>,
    /// What the console asks for.
    pub commands: Sender<Command>,
    /// The first picture: the embedded one of the sample, or an empty one.
    pub first: Arc<Live>,
    /// The workspace's name.
    pub name: String,
    /// What works behind the console.
    pub worker: Worker,
}

/// The thread behind the console. Dropping it asks the thread to stop and waits until it has cleaned up: a throw-away
/// workspace is gone when the console is.
#[derive(Debug)]
pub struct Worker {
    leaving: Cancel,
    commands: Sender<Command>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.leaving.cancel();
        // Wakes it where it waits for the next command; a thread that has ended needs no waking.
        let _ = self.commands.send(Command::Quit);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

/// Starts the thread and returns at once.
#[must_use]
pub fn start(subject: Subject) -> Link {
    let (tell, updates) = channel();
    let (commands, asked) = channel();
    let (first, name) = match &subject {
        Subject::Demo { seed, people, .. } => {
            let first = sample::snapshot().filter(|_| *seed == sample::SEED && people.is_none());
            (
                first.unwrap_or_else(|| Live::nothing(sample::NAME, crate::model::Time(0))),
                sample::NAME.to_owned(),
            )
        }
        Subject::Lesson(_) => (Live::nothing("lab", crate::model::Time(0)), "lab".to_owned()),
        Subject::Workspace(path) => {
            let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            (Live::reading(&name), name)
        }
    };
    let shown = name.clone();
    let leaving = Cancel::default();
    let left = leaving.clone();
    let thread = std::thread::spawn(move || desk::Desk::open(subject, shown, tell, left).work(&asked));
    let worker = Worker { leaving, commands: commands.clone(), thread: Some(thread) };
    Link { updates, commands, first: Arc::new(first), name, worker }
}
