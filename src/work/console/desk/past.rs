//! The history of a segment, asked for by the console.

use std::sync::Arc;

use super::{Desk, News, problem_of};
use crate::model::definition::Kind;
use crate::panel::segments::history::History;
use crate::work::Cancel;
use crate::work::console::past::{Asked, tell};
use crate::work::console::segments::Ground;
use crate::work::port::Update;

impl Desk {
    /// Begins to work a history out; the one before is not wanted any more.
    pub(super) fn load_history(&mut self, name: String) {
        self.past.take().into_iter().for_each(|(_, cancel)| cancel.cancel());
        let Some(store) = &self.store else { return };
        let saved = match store.definition_history(Kind::Segment, &name) {
            Ok(saved) => saved,
            Err(error) => return self.say(Update::Toast(problem_of(&anyhow::Error::new(error)))),
        };
        let now = match self.shelf.ground() {
            Ground::Observed { frame, point } => {
                Some((frame.clone(), *point, self.shelf.segments().cloned().collect()))
            }
            Ground::Run(_) => None,
        };
        let asked = Asked { name: name.clone(), saved, now, path: self.path.clone() };
        let (cancel, news) = (Cancel::default(), self.news.0.clone());
        self.past = Some((name, cancel.clone()));
        std::thread::spawn(move || {
            tell(&asked, &cancel, &|history| {
                // A desk that is gone needs no news.
                let _ = news.send(News::Past(history));
            });
        });
    }

    /// Takes what is known of a history by now, if it is still the one that was asked for.
    pub(super) fn hear_past(&mut self, history: History) {
        let is_wanted = self.past.as_ref().is_some_and(|(name, _)| *name == history.name);
        if !is_wanted {
            return;
        }
        if !history.unfinished {
            self.past = None;
        }
        self.say(Update::SegmentHistory(Arc::new(history)));
    }
}
