//! Passages through journeys: who enters, what moves them on, where they end.

use super::Lane;
use super::queue::{Next, Wake};
use crate::decide::Limited;
use crate::journey::entry::{self, Admission};
use crate::journey::graph::Entry;
use crate::journey::step::State;
use crate::journey::{Ask, Effect, Ending, Enrollment, Input, StepIndex};
use crate::model::Time;
use crate::rule::Point;
use crate::traffic::profile::{Passage, View};
use crate::traffic::record::What;
use crate::traffic::run::Engine;

impl Lane {
    /// Asks every entry rule: those who are inside too may leave the segment and come back to it.
    pub(super) fn look(&mut self, engine: &Engine<'_>, person: u32, point: Point) {
        for (journey, route) in engine.routes.iter().enumerate() {
            let Entry::Rule { plan, backfill } = &route.graph.entry else { continue };
            let profile = &self.profiles[person as usize];
            let known = profile.entries[journey];
            let view = View { profile, words: engine.words };
            let holds = plan.holds(&Limited::new(&view, route.purposes), point).is_true();
            let admission = entry::on_rule(route.graph.again, *backfill, known, holds);
            self.profiles[person as usize].entries[journey].held = Some(holds);
            self.admit(engine, person, journey as u32, admission, point);
        }
    }

    pub(super) fn admit_on_event(&mut self, engine: &Engine<'_>, person: u32, journey: u32, point: Point) {
        let again = engine.routes[journey as usize].graph.again;
        let admission = entry::on_event(again, self.profiles[person as usize].entries[journey as usize]);
        self.admit(engine, person, journey, admission, point);
    }

    fn admit(&mut self, engine: &Engine<'_>, person: u32, journey: u32, admission: Admission, point: Point) {
        if admission == Admission::AlreadyInside {
            self.counts[journey as usize].already_inside += 1;
        }
        if admission != Admission::Enters {
            return;
        }
        let profile = &mut self.profiles[person as usize];
        let (view, route) = (View { profile, words: engine.words }, &engine.routes[journey as usize]);
        let view = Limited::new(&view, route.purposes);
        if !route.graph.only_if.as_ref().is_none_or(|plan| plan.holds(&view, point).is_true()) {
            return;
        }
        let known = &mut profile.entries[journey as usize];
        let enrollment = Enrollment::new(journey, known.entered, point.at);
        known.entered += 1;
        known.inside = true;
        profile.passages.push(Passage { enrollment, held: None, left: None });
        let passage = profile.passages.len() as u32 - 1;
        self.counts[journey as usize].entered += 1;
        self.watch(engine, person, point.at, What::Entered { journey }, Vec::new());
        self.step(engine, person, passage, Input::Entered, point.at);
    }

    /// Takes one input through a passage and does what it asks for, until it waits.
    pub(super) fn step(
        &mut self,
        engine: &Engine<'_>,
        person: u32,
        passage: u32,
        input: Input<'_>,
        at: Time,
    ) {
        let mut input = Some(input);
        while let Some(now) = input.take() {
            let profile = &self.profiles[person as usize];
            let inside = &profile.passages[passage as usize].enrollment;
            let journey = inside.journey;
            let (view, route) = (View { profile, words: engine.words }, &engine.routes[journey as usize]);
            let (view, graph) = (Limited::new(&view, route.purposes), &route.graph);
            let (moved, effects) =
                crate::journey::step(graph, inside, now, &view, Point::after(at), engine.lot(profile.unit));
            let state = moved.state;
            let inside = &mut self.profiles[person as usize].passages[passage as usize];
            inside.enrollment = moved;
            if !matches!(state, State::Held { .. }) {
                // What was held until now has gone or was dropped; the next message is another one.
                inside.held = None;
            }
            for effect in effects {
                match effect {
                    Effect::WakeAt(when) => {
                        let since = match state {
                            State::Held { since, .. } => since,
                            _ => when,
                        };
                        let wake = Wake { passage, priority: graph.priority, since };
                        self.queue.push(when, person, Next::Wake(wake));
                    }
                    Effect::Arrived(step) => self.arrived(engine, person, journey, step, passage, at),
                    Effect::Ended(ending) => self.ended(engine, person, journey, passage, ending, at),
                    Effect::Ask(step, ask) => {
                        input = Some(Input::Answered(match ask {
                            Ask::Test => self.assign(engine, person, passage, step, at),
                            Ask::Experience | Ask::Survey => self.send(engine, person, passage, step, at),
                        }));
                    }
                }
            }
        }
    }

    fn arrived(
        &mut self,
        engine: &Engine<'_>,
        person: u32,
        journey: u32,
        step: StepIndex,
        passage: u32,
        at: Time,
    ) {
        if let Some(seen) = self.counts[journey as usize].seen.get_mut(usize::from(step.0)) {
            *seen += 1;
        }
        let inside = &self.profiles[person as usize].passages[passage as usize].enrollment;
        if let State::Waiting { until } = inside.state
            && inside.at == step
        {
            self.watch(engine, person, at, What::Waits { journey, step, until }, Vec::new());
        }
    }

    fn ended(
        &mut self,
        engine: &Engine<'_>,
        person: u32,
        journey: u32,
        passage: u32,
        ending: Ending,
        at: Time,
    ) {
        let counts = &mut self.counts[journey as usize];
        if ending == Ending::Goal {
            counts.goal += 1;
        } else {
            counts.out += 1;
        }
        let step = self.profiles[person as usize].passages[passage as usize].enrollment.at;
        if let Some(ended) = counts.ended.get_mut(usize::from(step.0)) {
            *ended += 1;
        }
        let profile = &mut self.profiles[person as usize];
        profile.entries[journey as usize].inside = false;
        let over = &mut profile.passages[passage as usize];
        (over.held, over.left) = (None, Some(at));
        self.watch(engine, person, at, What::Left { journey, ending }, Vec::new());
    }
}
