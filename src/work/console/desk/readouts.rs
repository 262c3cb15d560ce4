//! The Experiments screen: what was read out of the workspace is kept for its revision, and read anew beside the console.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use super::{Desk, News, problem_of};
use crate::panel::Experiments;
use crate::panel::experiments::Experiment;
use crate::store::Store;
use crate::work::experiment;
use crate::work::port::{Room, Update};
use crate::work::run::Run;

/// A small workspace is read out within this; a large one is waited for beside the console.
const AT_ONCE: Duration = Duration::from_millis(300);

/// Read-outs of the workspace.
#[derive(Default)]
pub(super) struct ReadOuts {
    /// What was read, and of which revision.
    known: Option<(i64, Vec<Experiment>)>,
    /// Which revision is being read.
    reading: Option<i64>,
}

impl ReadOuts {
    /// Whether something is being read.
    pub(super) fn is_reading(&self) -> bool {
        self.reading.is_some()
    }
}

impl Desk {
    /// What the screen shows: of this revision if it was read out already, else what was known before, until the news comes.
    pub(super) fn experiments(&mut self) -> anyhow::Result<Update> {
        let running = self.run.as_ref().map(Run::experiments).unwrap_or_default();
        let revision = match &self.store {
            Some(store) => store.revision()?,
            None => return Ok(shown(Experiments::of(running))),
        };
        let fresh = self.read_outs.known.as_ref().is_some_and(|(of, _)| *of == revision);
        if !fresh && self.read_outs.reading != Some(revision) {
            let names = running.iter().map(|row| row.name.clone()).collect();
            self.read_out(revision, names)?;
        }
        let known = self.read_outs.known.as_ref();
        let mut experiments = experiment::beside(running, known.map_or(&[], |(_, rows)| rows));
        if known.is_none() {
            experiments.sentence = "The experiments of this workspace are being read.".to_owned();
        }
        Ok(shown(experiments))
    }

    /// Reads everything out on a thread of its own, and waits a moment for it.
    fn read_out(&mut self, revision: i64, running: Vec<String>) -> anyhow::Result<()> {
        self.read_outs.reading = Some(revision);
        let (path, news) = (self.path.clone(), self.news.0.clone());
        let (soon, answer) = mpsc::sync_channel(0);
        std::thread::spawn(move || {
            let read = || experiment::stored(&Store::open_read_only(&path)?, &running);
            // It is handed over to whoever waits this very moment. If nobody does any more it comes as news, and nobody listens
            // once the console is closed.
            if let Err(mpsc::TrySendError::Full(late) | mpsc::TrySendError::Disconnected(late)) =
                soon.try_send(read())
            {
                let _ = news.send(News::ReadOut(revision, late));
            }
        });
        match answer.recv_timeout(AT_ONCE) {
            Ok(rows) => self.keep(revision, rows),
            Err(_) => Ok(()),
        }
    }

    fn keep(&mut self, revision: i64, rows: anyhow::Result<Vec<Experiment>>) -> anyhow::Result<()> {
        if self.read_outs.reading == Some(revision) {
            self.read_outs.reading = None;
        }
        self.read_outs.known = Some((revision, rows?));
        Ok(())
    }

    /// Experiments were read out beside the console.
    pub(super) fn hear_read_out(&mut self, revision: i64, rows: anyhow::Result<Vec<Experiment>>) {
        match self.keep(revision, rows) {
            Ok(()) => self.show(Room::Experiments),
            Err(error) => self.say(Update::Failed(Room::Experiments, problem_of(&error))),
        }
    }
}

fn shown(experiments: Experiments) -> Update {
    Update::Experiments(Arc::new(experiments))
}
