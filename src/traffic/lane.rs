//! A fixed number of people and their queue. Lanes share nothing, so they run on any number of threads with the same
//! result.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::decided::{Asked, Decided};
use super::outcome::{self, Outcome};
use super::profile::{Exposure, Happening, MessageLog, Passage, Profile, Session, View};
use super::record::{Record, What};
use super::run::Engine;
use super::source::{Happened, Stimulus};
use crate::contact::cap::Sent;
use crate::contact::policy::OnCap;
use crate::contact::pressure;
use crate::decide::{self, Exposed, GateNote, Limited, Shown, Verdict};
use crate::journey::entry::{self, Admission};
use crate::journey::graph::Entry;
use crate::journey::step::State;
use crate::journey::{Answer, Ask, Effect, Ending, Enrollment, Input, StepIndex};
use crate::model::message::HeldReason;
use crate::model::{Channel, Span, Time};
use crate::rule::Point;
use crate::segment::stages::SESSION_GAP;

/// People in one lane. Part of the definition of a run: another number would merge sums in another order.
pub(super) const PEOPLE: usize = 256;

/// What passed a journey's steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passages begun.
    pub entered: u64,
    /// Entries ignored because the person was inside.
    pub already_inside: u64,
    /// Passages that reached the goal.
    pub goal: u64,
    /// Passages that ended otherwise.
    pub out: u64,
    /// Arrivals by step.
    pub seen: Vec<u64>,
    /// Passages that ended at each step, by the goal or otherwise.
    pub ended: Vec<u64>,
}

impl Counts {
    /// Adds another lane's counts.
    pub fn add(&mut self, other: &Self) {
        self.entered += other.entered;
        self.already_inside += other.already_inside;
        self.goal += other.goal;
        self.out += other.out;
        for (sums, others) in [(&mut self.seen, &other.seen), (&mut self.ended, &other.ended)] {
            sums.resize(sums.len().max(others.len()), 0);
            for (sum, more) in sums.iter_mut().zip(others) {
                *sum += more;
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Next {
    SessionEnd,
    Stimulus(Stimulus),
    Wake(Wake),
}

/// A passage to be looked at again. Of several at one moment the journey of higher priority goes first, then the message
/// held for longer, then the older passage.
#[derive(Debug, Clone, Copy)]
struct Wake {
    passage: u32,
    priority: i32,
    since: Time,
}

#[derive(Debug, Clone)]
struct Queued {
    at: Time,
    rank: u8,
    person: u32,
    sequence: u64,
    next: Next,
}

impl Queued {
    /// What of one moment comes first: facts, then what they release, in the order of people and arrival.
    fn order(&self) -> (Time, u8, u32, Reverse<i32>, Time, u32, u64) {
        let (priority, since, passage) = match &self.next {
            Next::Wake(wake) => (wake.priority, wake.since, wake.passage),
            Next::SessionEnd | Next::Stimulus(_) => (0, self.at, 0),
        };
        (self.at, self.rank, self.person, Reverse(priority), since, passage, self.sequence)
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

#[derive(Debug, Clone, Default)]
struct Queue {
    heap: BinaryHeap<Reverse<Queued>>,
    sequence: u64,
}

impl Queue {
    fn push(&mut self, at: Time, person: u32, next: Next) {
        let rank = match next {
            Next::SessionEnd => 0,
            Next::Stimulus(Stimulus::Event(_) | Stimulus::Outcome { .. }) => 1,
            Next::Stimulus(Stimulus::Placement(_) | Stimulus::Own(_)) => 2,
            Next::Wake(_) => 3,
        };
        self.sequence += 1;
        self.heap.push(Reverse(Queued { at, rank, person, sequence: self.sequence, next }));
    }

    fn pop_until(&mut self, to: Time) -> Option<Queued> {
        let due = self.heap.peek().is_some_and(|Reverse(queued)| queued.at < to);
        if due { self.heap.pop().map(|Reverse(queued)| queued) } else { None }
    }
}

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

    fn happen(&mut self, engine: &Engine<'_>, person: u32, happening: Happening) {
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
    fn end_session(&mut self, person: u32, at: Time) {
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

    fn outcome(&mut self, engine: &Engine<'_>, person: u32, at: Time, outcome: Outcome) {
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

    fn place(&mut self, engine: &Engine<'_>, person: u32, at: Time, place: &'static str) {
        let view = View { profile: &self.profiles[person as usize], words: engine.words };
        let (decision, why) = engine.observed(
            |trace| decide::placement(engine.library, place, &view, Point::after(at), trace),
            || decide::placement(engine.library, place, &view, Point::after(at), &mut ()),
        );
        for Exposed { experiment, variant, propensity } in decision.exposures() {
            self.profiles[person as usize].expose(Exposure { experiment, variant, at, propensity });
        }
        self.profiles[person as usize].decisions.push(Decided::placement(at, place, decision.shown));
        let content = decision.shown.map(|shown| shown.content);
        if let Some(Shown { content, propensity, .. }) = decision.shown {
            self.promise(engine, person, content, at);
            self.watch(engine, person, at, What::Shown { content, propensity }, why);
        }
        self.react(engine, person, at, Happened::Shown(place, content));
    }

    /// What is shown or sent may promise something that holds elsewhere too.
    fn promise(&mut self, engine: &Engine<'_>, person: u32, content: u32, at: Time) {
        if let Some(choice) = engine.library.contents[content as usize].choice() {
            self.profiles[person as usize].promise(choice, at);
        }
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

    fn stage(&mut self, engine: &Engine<'_>, person: u32, at: Time) {
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

    /// Asks every entry rule: those who are inside too may leave the segment and come back to it.
    fn look(&mut self, engine: &Engine<'_>, person: u32, point: Point) {
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

    fn admit_on_event(&mut self, engine: &Engine<'_>, person: u32, journey: u32, point: Point) {
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
    fn step(&mut self, engine: &Engine<'_>, person: u32, passage: u32, input: Input<'_>, at: Time) {
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

    fn assign(
        &mut self,
        engine: &Engine<'_>,
        person: u32,
        passage: u32,
        step: StepIndex,
        at: Time,
    ) -> Answer {
        let profile = &self.profiles[person as usize];
        let journey = profile.passages[passage as usize].enrollment.journey;
        let Some(test) = engine.routes[journey as usize].test(step) else { return Answer::NotInTest };
        let view = View { profile, words: engine.words };
        let point = Point::after(at);
        let (assigned, why) = engine.observed(
            |trace| {
                decide::test(engine.library, test.experiment, &test.contents, journey, &view, point, trace)
            },
            || decide::test(engine.library, test.experiment, &test.contents, journey, &view, point, &mut ()),
        );
        let Some(mut assigned) = assigned else { return Answer::NotInTest };
        let profile = &mut self.profiles[person as usize];
        let first = !profile.exposures.iter().any(|exposure| exposure.experiment == test.experiment);
        if let Some((experiment, variant)) = engine.forced
            && experiment == test.experiment
            && (assigned.exposed || !first)
        {
            assigned.variant = variant;
        }
        if assigned.exposed && first {
            profile.expose(Exposure {
                experiment: test.experiment,
                variant: assigned.variant,
                at,
                propensity: assigned.propensity,
            });
        }
        let (variant, exposed) = (assigned.variant, assigned.exposed);
        let propensity = assigned.propensity;
        let (asked, given) = (Asked::Step { journey, step }, Some((test.experiment, variant)));
        profile.decisions.push(Decided { at, asked, content: None, variant: given, propensity });
        let what = What::Assigned { experiment: test.experiment, variant, exposed, propensity };
        self.watch(engine, person, at, what, why);
        test.arms.get(usize::from(variant)).map_or(Answer::NotInTest, |arm| Answer::Arm(*arm))
    }

    fn send(&mut self, engine: &Engine<'_>, person: u32, passage: u32, step: StepIndex, at: Time) -> Answer {
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

    fn watch(&mut self, engine: &Engine<'_>, person: u32, at: Time, what: What, why: Vec<GateNote>) {
        if !engine.watched {
            return;
        }
        let profile = &self.profiles[person as usize];
        let name = profile.name().map(Arc::from);
        self.records.push(Record { at, profile: profile.id, name, what, why });
    }
}
