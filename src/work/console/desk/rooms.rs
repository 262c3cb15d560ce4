//! What each screen shows.

use std::cell::LazyCell;
use std::sync::Arc;

use super::{Desk, problem_of};
use crate::journey::Graph;
use crate::model::{Problem, ProfileId};
use crate::panel::Journeys;
use crate::panel::crowd::{Crowd, Gather};
use crate::panel::jobs::{Job, Jobs};
use crate::work::console::data::data_of;
use crate::work::port::{Room, Update};

impl Desk {
    /// Everyone at this moment: of the run if there is one, else those observed.
    pub(super) fn with_crowd<T>(&self, look: impl FnOnce(&Crowd<'_>) -> T) -> T {
        let (setup, now, currency) = match &self.run {
            Some(run) => (run.traffic().setup(), run.now(), Some(run.world().currency.as_str())),
            None => (&self.quiet.setup, self.quiet.now, None),
        };
        let gather: Gather<'_> = match &self.run {
            Some(run) => Box::new(|| run.traffic().profiles().collect()),
            None => Box::new(|| self.quiet.profiles.iter().collect()),
        };
        let (words, library) = (&setup.words, &setup.library);
        look(&Crowd { profiles: LazyCell::new(gather), words, library, now, currency })
    }

    pub(super) fn show(&mut self, room: Room) {
        // Before everybody was read for the first time nobody is known; the screen says that it waits.
        if self.is_blank() && matches!(room, Room::People | Room::Journeys) {
            return;
        }
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

    /// Whether nobody was read yet.
    pub(super) fn is_blank(&self) -> bool {
        self.run.is_none() && self.reading && self.quiet.frame.is_none()
    }

    pub(super) fn job_rows(&self) -> Vec<Job> {
        self.jobs.iter().chain(&self.faults).cloned().collect()
    }

    pub(super) fn data(&self) -> anyhow::Result<Update> {
        let Some(store) = &self.store else { return Ok(Update::Data(Arc::default())) };
        Ok(Update::Data(Arc::new(data_of(store)?)))
    }

    pub(super) fn journeys(&self) -> Update {
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

    pub(super) fn person(&mut self, id: ProfileId) {
        let card = self.with_crowd(|crowd| crowd.card(id, &self.shelf.plans()));
        self.say(match card {
            Some(card) => Update::Person(Arc::new(card)),
            None => {
                Update::Toast(Problem::new("no-such-person", format!("there is nobody with the id {id}")))
            }
        });
    }
}
