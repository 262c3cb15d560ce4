//! What each screen shows.

use std::sync::Arc;

use super::{Desk, problem_of};
use crate::journey::Graph;
use crate::model::{Problem, ProfileId};
use crate::panel::Journeys;
use crate::panel::crowd::Crowd;
use crate::panel::jobs::{Job, Jobs};
use crate::work::console::data::data_of;
use crate::work::console::segments::Ground;
use crate::work::port::{Room, Update};
use crate::work::run::Run;

impl Desk {
    /// Everyone at this moment: of the run if there is one, else those observed.
    pub(super) fn with_crowd<T>(&self, look: impl FnOnce(&Crowd<'_>) -> T) -> T {
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

    /// Everyone, where only their own state can be asked; nobody where columns are: it takes time to gather people, and
    /// every key pressed in a rule would.
    pub(super) fn with_asked<T>(&self, look: impl FnOnce(&Crowd<'_>) -> T) -> T {
        if self.run.is_some() || matches!(self.shelf.ground(), Ground::Run(_)) {
            return self.with_crowd(look);
        }
        let setup = &self.quiet.setup;
        let (words, library) = (&setup.words, &setup.library);
        look(&Crowd { profiles: Vec::new(), words, library, now: self.quiet.now, currency: None })
    }

    pub(super) fn show(&mut self, room: Room) {
        let update = match room {
            Room::Live => return,
            // Nobody is known by name yet: what would be shown is not nobody, it is on its way.
            Room::People | Room::Journeys if self.gathering.is_some() => return,
            Room::Data => self.data(),
            Room::People => Ok(Update::People(Arc::new(self.with_crowd(|crowd| crowd.people(&self.filter))))),
            Room::Segments => Ok(Update::Segments(Arc::new(self.with_asked(|crowd| self.shelf.list(crowd))))),
            Room::Journeys => Ok(self.journeys()),
            Room::Experiments => self.experiments(),
            Room::Jobs => Ok(Update::Jobs(Arc::new(Jobs { rows: self.job_rows() }))),
        };
        match update {
            Ok(update) => self.say(update),
            Err(error) => self.say(Update::Failed(room, problem_of(&error))),
        }
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

    pub(super) fn experiments(&self) -> anyhow::Result<Update> {
        let running = self.run.as_ref().map(Run::experiments).unwrap_or_default();
        let experiments = match &self.store {
            Some(store) => crate::work::experiment::experiments(store, running)?,
            None => Default::default(),
        };
        Ok(Update::Experiments(Arc::new(experiments)))
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
