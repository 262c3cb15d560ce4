//! Messages of journeys: asked for, sent or held, and their lines in the ledger.

use super::Lane;
use crate::contact::cap::Sent;
use crate::contact::policy::OnCap;
use crate::contact::pressure;
use crate::decide::{self, GateNote, Verdict};
use crate::journey::{Answer, StepIndex};
use crate::model::Time;
use crate::model::message::HeldReason;
use crate::rule::Point;
use crate::traffic::profile::{MessageLog, View};
use crate::traffic::record::What;
use crate::traffic::run::Engine;
use crate::traffic::source::Happened;

impl Lane {
    pub(super) fn send(
        &mut self,
        engine: &Engine<'_>,
        person: u32,
        passage: u32,
        step: StepIndex,
        at: Time,
    ) -> Answer {
        let profile = &self.profiles[person as usize];
        let journey = profile.passages[passage as usize].enrollment.journey;
        let Some(content) = engine.routes[journey as usize].content(step) else { return Answer::Skipped };
        let view = View { profile, words: engine.words };
        let point = Point::after(at);
        let (verdict, why) = engine.observed(
            |trace| decide::message(engine.library, content, Some(journey), &view, point, trace),
            || decide::message(engine.library, content, Some(journey), &view, point, &mut ()),
        );
        match verdict {
            Verdict::Pass => {
                self.go(engine, person, passage, content, at, why);
                Answer::Done
            }
            Verdict::Held { reason, until, then } => {
                let until = until.filter(|_| matches!(then, OnCap::Hold | OnCap::Retry(_)));
                self.hold(engine, person, passage, content, at, (reason, until), why);
                match (then, until) {
                    (OnCap::Hold, Some(until)) => Answer::HeldUntil(until),
                    (OnCap::Retry(times), Some(at)) => Answer::RetryAt { at, times },
                    (OnCap::Exit, _) => Answer::Leave,
                    _ => Answer::Skipped,
                }
            }
        }
    }

    fn go(
        &mut self,
        engine: &Engine<'_>,
        person: u32,
        passage: u32,
        content: u32,
        at: Time,
        why: Vec<GateNote>,
    ) {
        let index = self.log(engine, person, passage, content, at);
        let profile = &mut self.profiles[person as usize];
        let pressure = pressure::at(&engine.library.policy.pressure, &profile.sends, at);
        let log = &mut profile.messages[index as usize];
        log.sent = Some(at);
        log.pressure = pressure as f32;
        let (channel, journey) = (log.channel, log.journey);
        profile.decide_message(passage, content, at);
        if !engine.library.contents[content as usize].is_on_site() {
            profile.sends.push(Sent::new(at, channel, content, journey));
        }
        profile.passages[passage as usize].held = None;
        self.promise(engine, person, content, at);
        self.watch(engine, person, at, What::Sent { content }, why);
        let log = self.profiles[person as usize].messages[index as usize].clone();
        self.react(engine, person, at, Happened::Sent(index, &log));
    }

    #[expect(clippy::too_many_arguments, reason = "one hold is told by all of these")]
    fn hold(
        &mut self,
        engine: &Engine<'_>,
        person: u32,
        passage: u32,
        content: u32,
        at: Time,
        (reason, until): (HeldReason, Option<Time>),
        why: Vec<GateNote>,
    ) {
        let index = self.log(engine, person, passage, content, at);
        let profile = &mut self.profiles[person as usize];
        profile.messages[index as usize].held = Some(reason);
        profile.passages[passage as usize].held = until.map(|_| index);
        self.watch(engine, person, at, What::Held { content, reason, until }, why);
    }

    /// The message's line in the ledger: the one held for this passage, or a new one.
    fn log(&mut self, engine: &Engine<'_>, person: u32, passage: u32, content: u32, at: Time) -> u32 {
        let profile = &mut self.profiles[person as usize];
        let waiting = &profile.passages[passage as usize];
        if let Some(held) = waiting.held {
            return held;
        }
        let journey = Some(waiting.enrollment.journey);
        let what = &engine.library.contents[content as usize];
        profile.messages.push(MessageLog {
            at,
            content,
            journey,
            channel: what.channel,
            purpose: what.purpose,
            held: None,
            sent: None,
            delivered: None,
            opened: None,
            clicked: None,
            unsubscribed: None,
            pressure: 0.0,
            observed: false,
        });
        profile.messages.len() as u32 - 1
    }
}
