//! How time passes: the clock, its pace, and what is told as it goes.

use std::sync::Arc;

use super::Desk;
use crate::model::Span;
use crate::panel::Live;
use crate::work::console::clock::Clock;
use crate::work::port::{ClockState, Update};

impl Desk {
    pub(super) fn flow(&mut self) {
        let Some(run) = &mut self.run else { return };
        let target = self.clock.target(run.now());
        if target > run.now() {
            run.advance(target);
            self.publish();
        }
    }

    pub(super) fn publish(&mut self) {
        let Some(run) = &self.run else { return };
        self.say(Update::Live(Arc::new(run.panels())));
        self.tell_clock();
    }

    pub(super) fn tell_clock(&mut self) {
        let (now, events) = match &self.run {
            Some(run) => (run.now(), run.traffic().events()),
            None => (self.quiet.now, 0),
        };
        let flows = self.run.is_some();
        let state = ClockState {
            flows,
            paused: self.clock.paused,
            speed: self.clock.speed,
            now,
            events_per_second: if flows { self.rate.at(events) } else { None },
        };
        self.say(Update::Clock(state));
    }

    pub(super) fn pace(&mut self, change: impl FnOnce(&mut Clock)) {
        // What was due before the change still belongs to the old pace.
        self.flow();
        change(&mut self.clock);
        self.tell_clock();
    }

    /// Runs on until a panel says something else, at most two weeks.
    pub(super) fn next_moment(&mut self) {
        let Some(run) = &mut self.run else { return };
        let before = sentences(&run.panels());
        for _ in 0..14 * 4 {
            if self.leaving.is_cancelled() {
                return;
            }
            run.advance(run.now() + Span::hours(6));
            let after = sentences(&run.panels());
            if let Some((_, said)) = before.iter().zip(&after).find(|(before, after)| before != after) {
                let note = Update::Note(said.clone());
                self.clock.restart();
                self.publish();
                self.say(note);
                return;
            }
        }
        self.clock.restart();
        self.publish();
        self.say(Update::Note("Nothing changed within two weeks.".to_owned()));
    }
}

fn sentences(live: &Live) -> [String; 3] {
    let uplift = live.uplift.sentence.split(" Decide on").next().unwrap_or("").to_owned();
    [uplift, live.fatigue.sentence.clone(), live.csat.sentence.clone()]
}
