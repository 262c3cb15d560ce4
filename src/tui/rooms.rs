//! All rooms together: which one a name means, and which one an update belongs to.

use std::sync::Arc;

use super::port::{Room, Update};
use super::screens::data::DataScreen;
use super::screens::experiments::ExperimentsScreen;
use super::screens::jobs::JobsScreen;
use super::screens::journeys::JourneysScreen;
use super::screens::live::LiveScreen;
use super::screens::people::PeopleScreen;
use super::screens::segments::SegmentsScreen;
use super::screens::{Effect, Screen};
use crate::model::Problem;
use crate::panel::Live;

/// The rooms.
#[derive(Debug)]
pub(crate) struct Rooms {
    pub(crate) live: LiveScreen,
    pub(crate) data: DataScreen,
    pub(crate) people: PeopleScreen,
    pub(crate) segments: SegmentsScreen,
    pub(crate) journeys: JourneysScreen,
    pub(crate) experiments: ExperimentsScreen,
    pub(crate) jobs: JobsScreen,
}

impl Rooms {
    /// The rooms before anything but the first picture is known.
    pub(crate) fn new(first: Arc<Live>) -> Self {
        Self {
            live: LiveScreen::new(first),
            data: DataScreen::default(),
            people: PeopleScreen::default(),
            segments: SegmentsScreen::default(),
            journeys: JourneysScreen::default(),
            experiments: ExperimentsScreen::default(),
            jobs: JobsScreen::default(),
        }
    }

    /// A room.
    pub(crate) fn get(&self, room: Room) -> &dyn Screen {
        match room {
            Room::Live => &self.live,
            Room::Data => &self.data,
            Room::People => &self.people,
            Room::Segments => &self.segments,
            Room::Journeys => &self.journeys,
            Room::Experiments => &self.experiments,
            Room::Jobs => &self.jobs,
        }
    }

    /// A room, to be changed.
    pub(crate) fn get_mut(&mut self, room: Room) -> &mut dyn Screen {
        match room {
            Room::Live => &mut self.live,
            Room::Data => &mut self.data,
            Room::People => &mut self.people,
            Room::Segments => &mut self.segments,
            Room::Journeys => &mut self.journeys,
            Room::Experiments => &mut self.experiments,
            Room::Jobs => &mut self.jobs,
        }
    }

    /// Everything with a name, for the palette: its room, its kind, its name and a hint.
    pub(crate) fn things(&self, mask: bool) -> Vec<(Room, &'static str, String, String)> {
        let mut things = Vec::new();
        let mut add = |room, kind, names: Vec<(String, String)>| {
            things.extend(names.into_iter().map(|(name, hint)| (room, kind, name, hint)));
        };
        add(Room::Segments, "segment", self.segments.names());
        add(Room::Journeys, "journey", self.journeys.names());
        add(Room::Experiments, "experiment", self.experiments.names());
        add(Room::People, "person", self.people.names(mask));
        things
    }

    /// Hands an update to the room it belongs to.
    pub(crate) fn receive(&mut self, update: Update) -> Vec<Effect> {
        match update {
            Update::Live(live) => self.live.receive(live),
            Update::Contact(page) => self.live.receive_contact(page),
            Update::Data(data) => self.data.receive(data),
            Update::People(people) => return self.people.receive(people),
            Update::Person(card) => self.people.receive_card(card),
            Update::Segments(segments) => self.segments.receive(segments),
            Update::SegmentVerdict(verdict) => self.segments.judge(verdict),
            Update::Completions(found) => self.segments.complete(found),
            Update::Offers(offers) => self.segments.offer(offers),
            Update::Explained(explained) => self.segments.explain(explained),
            Update::SegmentSaved { name, version } => return self.segments.saved(&name, version),
            Update::SegmentHistory(history) => self.segments.remember(history),
            Update::DesignOpened(opened) => {
                return self.experiments.open_design(Arc::unwrap_or_clone(opened));
            }
            Update::DesignJudged(verdict) => self.experiments.judge_design(verdict),
            Update::DesignSaved { name, version } => self.experiments.design_saved(&name, version),
            Update::Calculated { ticket, answer } => self.experiments.calculated(ticket, answer),
            Update::Journeys(journeys) => self.journeys.receive(journeys),
            Update::Experiments(experiments) => self.experiments.receive(experiments),
            Update::Answers(answers) => self.experiments.receive_answers(answers),
            Update::Jobs(jobs) => self.jobs.receive(jobs),
            Update::Failed(room, problem) => self.fail(room, problem),
            Update::Clock(_) | Update::Toast(_) | Update::Note(_) | Update::Lesson(..) | Update::Why(..) => {}
        }
        Vec::new()
    }

    /// A room that cannot be filled says why; the live panels keep their last picture.
    fn fail(&mut self, room: Room, problem: Problem) {
        match room {
            Room::Live => {}
            Room::Data => self.data.fail(problem),
            Room::People => self.people.fail(problem),
            Room::Segments => self.segments.fail(problem),
            Room::Journeys => self.journeys.fail(problem),
            Room::Experiments => self.experiments.fail(problem),
            Room::Jobs => self.jobs.fail(problem),
        }
    }
}
