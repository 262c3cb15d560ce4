//! The pure transition of one person through one journey: what happened in, effects out. It asks for decisions by an
//! effect and is told the answer; it never decides, sends or waits itself.

use super::graph::{Graph, StepIndex, StepKind, Trigger};
use crate::model::{Draw, Seed, Span, Time};
use crate::rule::{Point, Subject};

/// One person's passage through one journey version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollment {
    /// The journey, as an index into the library.
    pub journey: u32,
    /// The how-manieth passage of this person, from 0.
    pub number: u32,
    /// When they came in.
    pub entered: Time,
    /// Where they are.
    pub at: StepIndex,
    /// What they are waiting for.
    pub state: State,
    /// How many steps they have come to, loops included.
    pub arrivals: u32,
    /// The variant of each test they came through, as (step, arm).
    pub arms: Vec<(StepIndex, u8)>,
    /// How often the message of this step has been tried again.
    pub retries: u8,
}

/// What a person inside a journey is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A moment.
    Waiting {
        /// Which.
        until: Time,
    },
    /// The answer of a decision.
    Asking,
    /// Room for a message, to be decided again then.
    Held {
        /// When there is room.
        until: Time,
        /// Since when it has been held.
        since: Time,
    },
    /// Nothing: they are out.
    Out(Ending),
}

/// How a passage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The last step was done.
    Completed,
    /// The goal was reached.
    Goal,
    /// An exit rule, by its index.
    Rule(u16),
    /// An exit step.
    Left(StepIndex),
    /// A full cap said so.
    Cap,
}

/// What happens to a person inside a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// They have just come in.
    Entered,
    /// A moment they may be waiting for has come.
    Due,
    /// An event of theirs was recorded.
    Happened(&'a str),
    /// The hourly look.
    Tick,
    /// A decision was made.
    Answered(Answer),
}

/// The answer to an [`Ask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Sent, shown or asked.
    Done,
    /// Not sent, and the journey goes on.
    Skipped,
    /// To be decided again at a moment.
    HeldUntil(Time),
    /// To be decided again at a moment, unless it has been so often already.
    RetryAt {
        /// When.
        at: Time,
        /// How often at most.
        times: u8,
    },
    /// Not sent, and the person must leave.
    Leave,
    /// Assigned to an arm of the test, by its index in the step.
    Arm(u8),
    /// Not part of the test.
    NotInTest,
}

/// What a step asks to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Show or send the step's experience.
    Experience,
    /// Ask the step's survey.
    Survey,
    /// Assign an arm of the step's test.
    Test,
}

/// What a transition wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Come back with [`Input::Due`].
    WakeAt(Time),
    /// Decide, and come back with [`Input::Answered`].
    Ask(StepIndex, Ask),
    /// The person came to a step.
    Arrived(StepIndex),
    /// The passage is over.
    Ended(Ending),
}

/// What draws by lot may depend on: the run's seed and the person's stable number.
#[derive(Debug, Clone, Copy)]
pub struct Lot {
    /// The run's seed.
    pub seed: Seed,
    /// The person's number, which no other state changes.
    pub unit: u64,
}

/// Moves one person on. Pure: equal inputs give equal effects.
#[must_use]
pub fn step<S: Subject>(
    graph: &Graph,
    enrollment: &Enrollment,
    input: Input<'_>,
    subject: &S,
    point: Point,
    lot: Lot,
) -> (Enrollment, Vec<Effect>) {
    let mut mover = Mover { graph, enrollment: enrollment.clone(), effects: Vec::new(), subject, point, lot };
    mover.take(input);
    (mover.enrollment, mover.effects)
}

struct Mover<'a, S: Subject> {
    graph: &'a Graph,
    enrollment: Enrollment,
    effects: Vec<Effect>,
    subject: &'a S,
    point: Point,
    lot: Lot,
}

impl Enrollment {
    /// A person at the door of a journey; [`Input::Entered`] lets them in.
    #[must_use]
    pub fn new(journey: u32, number: u32, entered: Time) -> Self {
        Self {
            journey,
            number,
            entered,
            at: StepIndex(0),
            state: State::Asking,
            arrivals: 0,
            arms: Vec::new(),
            retries: 0,
        }
    }

    /// Whether they are still inside.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        !matches!(self.state, State::Out(_))
    }
}

impl<S: Subject> Mover<'_, S> {
    fn take(&mut self, input: Input<'_>) {
        if matches!(self.enrollment.state, State::Out(_)) {
            return;
        }
        match input {
            Input::Entered => {
                if !self.leave_if_asked(None) {
                    self.arrive(Some(StepIndex(0)));
                }
            }
            Input::Happened(event) => {
                if self.graph.goal.as_ref().is_some_and(|goal| self.fires(goal, Some(event))) {
                    self.end(Ending::Goal);
                } else {
                    self.leave_if_asked(Some(event));
                }
            }
            Input::Tick => {
                self.leave_if_asked(None);
            }
            Input::Due => self.due(),
            Input::Answered(answer) => self.answered(answer),
        }
    }

    fn leave_if_asked(&mut self, event: Option<&str>) -> bool {
        let fired = self.graph.exits.iter().position(|exit| self.fires(exit, event));
        if let Some(index) = fired {
            self.end(Ending::Rule(index as u16));
        }
        fired.is_some()
    }

    fn fires(&self, trigger: &Trigger, event: Option<&str>) -> bool {
        let event_fits = match &trigger.event {
            Some(name) => event == Some(name.as_str()),
            None => true,
        };
        event_fits && trigger.plan.as_ref().is_none_or(|plan| plan.holds(self.subject, self.point).is_true())
    }

    /// An exit rule that came true since the last look acts before anything is sent.
    fn due(&mut self) {
        match self.enrollment.state {
            State::Waiting { until } if until <= self.point.at => {
                if self.leave_if_asked(None) {
                    return;
                }
                let next = match &self.graph.step(self.enrollment.at).kind {
                    StepKind::Wait { next, .. } => *next,
                    _ => None,
                };
                self.arrive(next);
            }
            State::Held { until, since } if self.release(until, since) <= self.point.at => {
                if self.leave_if_asked(None) {
                    return;
                }
                if until <= self.point.at {
                    self.ask();
                } else {
                    self.answered(Answer::Skipped);
                }
            }
            // A wake that belongs to an earlier wait.
            _ => {}
        }
    }

    fn answered(&mut self, answer: Answer) {
        let at = self.enrollment.at;
        let next = match &self.graph.step(at).kind {
            StepKind::Experience { next, .. } | StepKind::Survey { next, .. } => *next,
            StepKind::Test { arms, next, .. } => {
                if let Answer::Arm(arm) = answer {
                    self.enrollment.arms.push((at, arm));
                    let to = arms.get(usize::from(arm)).map(|(_, to)| *to);
                    return self.arrive(to);
                }
                *next
            }
            _ => return,
        };
        match answer {
            Answer::HeldUntil(until) => {
                let since = match self.enrollment.state {
                    State::Held { since, .. } => since,
                    _ => self.point.at,
                };
                if self.release(until, since) <= self.point.at {
                    return self.arrive(next);
                }
                self.enrollment.state = State::Held { until, since };
                self.effects.push(Effect::WakeAt(self.release(until, since)));
            }
            Answer::RetryAt { at, times } => {
                if self.enrollment.retries >= times {
                    return self.arrive(next);
                }
                self.enrollment.retries += 1;
                // Each try is held for itself: a whole window may be longer than anything else is held.
                self.enrollment.state = State::Held { until: at, since: at };
                self.effects.push(Effect::WakeAt(at));
            }
            Answer::Leave => self.end(Ending::Cap),
            _ => self.arrive(next),
        }
    }

    /// Goes on until something has to be waited for. The graph has no circle without a wait, so this ends.
    fn arrive(&mut self, to: Option<StepIndex>) {
        let mut at = to;
        loop {
            let Some(index) = at else { return self.end(Ending::Completed) };
            self.enrollment.at = index;
            self.enrollment.arrivals += 1;
            self.enrollment.retries = 0;
            self.effects.push(Effect::Arrived(index));
            at =
                match &self.graph.step(index).kind {
                    StepKind::Wait { span, spread, .. } => {
                        let until = self.point.at + *span + self.drawn(index, *spread);
                        self.enrollment.state = State::Waiting { until };
                        self.effects.push(Effect::WakeAt(until));
                        return;
                    }
                    StepKind::Condition { plan, yes, no } => {
                        if plan.holds(self.subject, self.point).is_true() { *yes } else { *no }
                    }
                    StepKind::Split { arms } => {
                        let x = self.lot.seed.uniform(self.lot.unit, self.purpose(index), self.occurrence());
                        arms.iter().find(|(upto, _)| x < *upto).or(arms.last()).map(|(_, to)| *to)
                    }
                    StepKind::Test { .. } | StepKind::Experience { .. } | StepKind::Survey { .. } => {
                        return self.ask();
                    }
                    StepKind::Exit { .. } => return self.end(Ending::Left(index)),
                };
        }
    }

    fn ask(&mut self) {
        let at = self.enrollment.at;
        let ask = match self.graph.step(at).kind {
            StepKind::Test { .. } => Ask::Test,
            StepKind::Survey { .. } => Ask::Survey,
            _ => Ask::Experience,
        };
        if !matches!(self.enrollment.state, State::Held { .. }) {
            self.enrollment.state = State::Asking;
        }
        self.effects.push(Effect::Ask(at, ask));
    }

    /// When a held message is looked at again: as soon as there is room, or when it has been held for long enough.
    fn release(&self, until: Time, since: Time) -> Time {
        until.min(since + self.graph.max_hold)
    }

    fn end(&mut self, ending: Ending) {
        self.enrollment.state = State::Out(ending);
        self.effects.push(Effect::Ended(ending));
    }

    fn drawn(&self, index: StepIndex, spread: Span) -> Span {
        if spread.0 <= 0 {
            return Span::ZERO;
        }
        let x = self.lot.seed.uniform(self.lot.unit, self.purpose(index), self.occurrence());
        Span((x * spread.0 as f64) as i64)
    }

    fn purpose(&self, index: StepIndex) -> Draw {
        Draw::of(&self.graph.name).and(u64::from(index.0))
    }

    /// Loops draw anew on every round; the number of arrivals tells rounds apart.
    fn occurrence(&self) -> u64 {
        (u64::from(self.enrollment.number) << 32) | u64::from(self.enrollment.arrivals)
    }
}
