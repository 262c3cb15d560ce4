//! What takes a while: imports, taking them back, and what other threads tell.

use std::path::Path;

use super::{Desk, News, now, problem_of};
use crate::model::{BatchId, Span};
use crate::panel::jobs::{Job, JobState};
use crate::work::Cancel;
use crate::work::console::bring::import_files;
use crate::work::port::{Room, Update};

impl Desk {
    pub(super) fn import(&mut self, path: &Path) {
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

    pub(super) fn revert(&mut self, id: BatchId) {
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
    pub(super) fn refresh(&mut self) {
        if self.run.is_none()
            && let Err(error) = self.load()
        {
            self.say(Update::Toast(problem_of(&error)));
        }
        Room::ALL.iter().for_each(|room| self.show(*room));
    }

    pub(super) fn hear(&mut self, news: News) {
        match news {
            News::Truth(truth) => {
                self.asked = false;
                if let (Some(run), Some(truth)) = (&mut self.run, truth) {
                    run.tell_truth(truth);
                    self.publish();
                }
            }
            News::Contact(id, pages) => self.turn(id, pages),
            News::Forecast(id, forecast) => self.foretold(id, forecast),
            News::Past(history) => self.hear_past(history),
            News::Read(reading, read) => self.install(reading, read),
            News::ReadOut(revision, rows) => self.hear_read_out(revision, rows),
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
