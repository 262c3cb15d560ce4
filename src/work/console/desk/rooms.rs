//! What each screen shows.

use std::sync::Arc;

use super::{Desk, problem_of};
use crate::journey::Graph;
use crate::model::{Problem, ProfileId};
use crate::panel::Journeys;
use crate::panel::crowd::AtHand;
use crate::panel::jobs::{Job, Jobs};
use crate::work::console::data::data_of;
use crate::work::contact::Ground;
use crate::work::port::{Room, Update};

impl Desk {
    /// Everyone at this moment: of the run if there is one, else those observed.
    pub(super) fn ground(&self) -> Ground<'_> {
        match &self.run {
            Some(run) => Ground::Run(run),
            None => Ground::Quiet(&self.quiet),
        }
    }

    /// The people of the run; nobody where there is none.
    pub(super) fn people_of_run(&self) -> AtHand<'_> {
        match &self.run {
            Some(run) => run.people(),
            None => AtHand::of(Box::new(Vec::new), &self.quiet.setup, self.quiet.now, None),
        }
    }

    pub(super) fn show(&mut self, room: Room) {
        // Before everybody was read for the first time nobody is known; the screen says that it waits.
        if self.is_blank() && matches!(room, Room::People | Room::Journeys) {
            return;
        }
        let update = match room {
            Room::Live => return,
            Room::Data => self.data(),
            Room::People => Ok(Update::People(Arc::new(self.ground().crowd().people(&self.filter)))),
            Room::Segments => Ok(Update::Segments(Arc::new(self.shelf.list(&self.people_of_run())))),
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
        self.run.is_none() && self.reading.is_some() && self.quiet.frame.is_none()
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
        // Who was only recorded is on no journey.
        let people: Vec<_> = self.run.iter().flat_map(|run| run.traffic().profiles()).collect();
        Update::Journeys(Arc::new(Journeys::of(
            &graphs,
            &versions,
            &counts,
            people.into_iter(),
            &setup.stages,
            running,
        )))
    }

    pub(super) fn person(&mut self, id: ProfileId) {
        let card = self.ground().crowd().card(id, &self.shelf.plans());
        self.say(match card {
            Some(card) => Update::Person(Arc::new(card)),
            None => {
                Update::Toast(Problem::new("no-such-person", format!("there is nobody with the id {id}")))
            }
        });
    }
}
