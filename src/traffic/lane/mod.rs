//! A fixed number of people and their queue. Lanes share nothing, so they run on any number of threads with the same
//! result.

mod counts;
mod decisions;
mod happenings;
mod messages;
mod passages;
mod queue;

use std::sync::Arc;

use self::queue::{Next, Queue, Queued};
use super::outcome::Outcome;
use super::profile::Profile;
use super::record::{Record, What};
use super::run::Engine;
use super::source::{Happened, Stimulus};
use crate::decide::GateNote;
use crate::journey::{Input, entry};
use crate::model::{Span, Time};
use crate::rule::Point;

pub use self::counts::Counts;

/// People in one lane. Part of the definition of a run: another number would merge sums in another order.
pub(super) const PEOPLE: usize = 256;

/// A fixed number of people and what is to come for them.
#[derive(Debug, Clone)]
pub struct Lane {
    /// The people.
    pub profiles: Vec<Profile>,
    /// What passed each journey.
    pub counts: Vec<Counts>,
    /// Events recorded by this run.
    pub events: u64,
    /// What was done since somebody last took it.
    pub records: Vec<Record>,
    queue: Queue,
    next_tick: Time,
}

impl Lane {
    pub(super) fn new(profiles: Vec<Profile>, start: Time) -> Self {
        let hour = Span::HOUR.0;
        Self {
            profiles,
            counts: Vec::new(),
            events: 0,
            records: Vec::new(),
            queue: Queue::default(),
            next_tick: Time((start.0.div_euclid(hour) + 1) * hour),
        }
    }

    /// Lets the source and the journeys see everyone once, before anything happens.
    pub(super) fn begin(&mut self, engine: &Engine<'_>, at: Time) {
        self.counts = engine
            .routes
            .iter()
            .map(|route| {
                let none = vec![0; route.graph.steps.len()];
                Counts { seen: none.clone(), ended: none, ..Counts::default() }
            })
            .collect();
        for person in 0..self.profiles.len() as u32 {
            let profile = &mut self.profiles[person as usize];
            profile.entries.resize(engine.routes.len(), entry::Passages::default());
            self.stage(engine, person, at);
            self.react(engine, person, at, Happened::Began);
            self.look(engine, person, Point::after(at));
        }
    }

    /// Runs everything before `to`.
    pub(super) fn advance(&mut self, engine: &Engine<'_>, to: Time) {
        loop {
            let until = to.min(self.next_tick + Span(1));
            while let Some(queued) = self.queue.pop_until(until) {
                self.take(engine, queued);
            }
            if self.next_tick >= to {
                return;
            }
            self.tick(engine, self.next_tick);
            self.next_tick = self.next_tick + Span::HOUR;
        }
    }

    fn take(&mut self, engine: &Engine<'_>, queued: Queued) {
        let (person, at) = (queued.person, queued.at);
        match queued.next {
            Next::SessionEnd => self.end_session(person, at),
            Next::Stimulus(Stimulus::Event(mut happening)) => {
                // A source that emits what is past by now learns of it only now; histories stay in order.
                happening.at = at;
                self.happen(engine, person, happening);
            }
            Next::Stimulus(Stimulus::Outcome { message, state, score }) => {
                self.outcome(engine, person, at, Outcome { message, state, score });
            }
            Next::Stimulus(Stimulus::Placement(place)) => self.place(engine, person, at, place),
            Next::Stimulus(Stimulus::Own(token)) => self.react(engine, person, at, Happened::Own(token)),
            Next::Wake(wake) => self.step(engine, person, wake.passage, Input::Due, at),
        }
    }

    fn react(&mut self, engine: &Engine<'_>, person: u32, at: Time, happened: Happened<'_>) {
        let Self { profiles, queue, .. } = self;
        let mut emit = |when: Time, stimulus| queue.push(when.max(at), person, Next::Stimulus(stimulus));
        engine.source.react(&profiles[person as usize], at, happened, &mut emit);
    }

    fn tick(&mut self, engine: &Engine<'_>, at: Time) {
        let daily = at.0 % Span::DAY.0 == 0;
        for person in 0..self.profiles.len() as u32 {
            if daily || self.profiles[person as usize].changed {
                self.stage(engine, person, at);
            }
            for passage in 0..self.profiles[person as usize].passages.len() {
                let inside = &self.profiles[person as usize].passages[passage].enrollment;
                if inside.is_inside() && engine.routes[inside.journey as usize].looks_hourly() {
                    self.step(engine, person, passage as u32, Input::Tick, at);
                }
            }
            self.look(engine, person, Point::after(at));
        }
    }

    fn watch(&mut self, engine: &Engine<'_>, person: u32, at: Time, what: What, why: Vec<GateNote>) {
        if !engine.watched {
            return;
        }
        let profile = &self.profiles[person as usize];
        let name = profile.name().map(Arc::from);
        self.records.push(Record { at, profile: profile.id, name, what, why });
    }
}
