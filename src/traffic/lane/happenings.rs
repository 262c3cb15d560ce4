//! What people do and what becomes of their messages: events, visits, outcomes, and the stage and intent they put people in.

use super::Lane;
use super::queue::Next;
use crate::journey::Input;
use crate::journey::graph::Entry;
use crate::model::{Channel, Time};
use crate::rule::Point;
use crate::segment::stages::SESSION_GAP;
use crate::traffic::outcome::{self, Outcome};
use crate::traffic::profile::{Happening, Session, View};
use crate::traffic::record::What;
use crate::traffic::run::Engine;

impl Lane {
    pub(super) fn happen(&mut self, engine: &Engine<'_>, person: u32, happening: Happening) {
        let (at, name, channel) = (happening.at, happening.name, happening.channel);
        let profile = &mut self.profiles[person as usize];
        profile.history.push(happening);
        profile.changed = true;
        self.events += 1;
        if matches!(channel, Channel::Web | Channel::App) {
            self.visit(engine, person, at);
        }
        if name == engine.codes.ordered {
            self.watch(engine, person, at, What::Ordered, Vec::new());
        }
        let event = engine.words.word(name);
        for passage in 0..self.profiles[person as usize].passages.len() {
            let inside = &self.profiles[person as usize].passages[passage].enrollment;
            if inside.is_inside() && engine.routes[inside.journey as usize].listens(event) {
                self.step(engine, person, passage as u32, Input::Happened(event), at);
            }
        }
        for (journey, route) in engine.routes.iter().enumerate() {
            if matches!(&route.graph.entry, Entry::Event(name) if name == event) {
                self.admit_on_event(engine, person, journey as u32, Point::after(at));
            }
        }
        self.look(engine, person, Point::after(at));
    }

    /// Keeps the running visit and its intent.
    fn visit(&mut self, engine: &Engine<'_>, person: u32, at: Time) {
        let profile = &mut self.profiles[person as usize];
        let start = match profile.session {
            Some(session) => session.start,
            None => {
                self.queue.push(at + SESSION_GAP, person, Next::SessionEnd);
                at
            }
        };
        profile.session = Some(Session { start, last: at });
        let view = View { profile, words: engine.words };
        let intent =
            engine.stages.intent(&view, start, Point::after(at)).and_then(|name| engine.shared(name));
        self.profiles[person as usize].intent = intent;
    }

    /// A visit ends the gap after its latest event, and its intent with it. One end waits for each running visit.
    pub(super) fn end_session(&mut self, person: u32, at: Time) {
        let profile = &mut self.profiles[person as usize];
        match profile.session {
            Some(session) if session.last + SESSION_GAP > at => {
                self.queue.push(session.last + SESSION_GAP, person, Next::SessionEnd);
            }
            _ => {
                profile.session = None;
                profile.intent = None;
            }
        }
    }

    pub(super) fn outcome(&mut self, engine: &Engine<'_>, person: u32, at: Time, outcome: Outcome) {
        let profile = &mut self.profiles[person as usize];
        let Some(content) = profile.messages.get(outcome.message as usize).map(|log| log.content) else {
            return;
        };
        let word = engine.content_words.get(content as usize).copied().unwrap_or_default();
        let happening = outcome::take(profile, &engine.codes, word, at, outcome);
        if let Some(score) = outcome.score {
            self.watch(engine, person, at, What::Answered { content, score }, Vec::new());
        }
        if let Some(happening) = happening {
            if happening.name == engine.codes.unsubscribed {
                self.watch(engine, person, at, What::Unsubscribed, Vec::new());
            }
            self.happen(engine, person, happening);
        }
    }

    pub(super) fn stage(&mut self, engine: &Engine<'_>, person: u32, at: Time) {
        let profile = &self.profiles[person as usize];
        let view = View { profile, words: engine.words };
        let stage = engine.stages.lifecycle(&view, Point::after(at)).and_then(|name| engine.shared(name));
        let profile = &mut self.profiles[person as usize];
        if profile.lifecycle != stage || profile.lifecycle_since.is_none() {
            profile.lifecycle_since = Some(at);
        }
        profile.lifecycle = stage;
        profile.changed = false;
    }
}
