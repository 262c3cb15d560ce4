//! One decision with everything it depends on, so that it can be taken again with something changed.

use std::borrow::Cow;

use super::Subject;
use crate::decide::{self, Candidate, Context, Library, Trace, Verdict, Visitor};
use crate::model::Time;
use crate::model::message::HeldReason;
use crate::rule::Point;
use crate::traffic::profile::View;
use crate::traffic::{Profile, Vocabulary};

/// Everything a decision depends on.
#[derive(Clone)]
pub(super) struct Case<'a> {
    pub(super) library: Cow<'a, Library>,
    pub(super) profile: Cow<'a, Profile>,
    pub(super) words: &'a Vocabulary,
    pub(super) context: &'a Context,
    pub(super) subject: &'a Subject,
    /// The journey a message was decided for.
    pub(super) journey: Option<u32>,
    pub(super) point: Point,
    /// Candidates of the placement whose priority is another one than written.
    pub(super) priorities: Vec<(u32, i32)>,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Outcome {
    /// The message may go.
    Goes,
    /// It may not.
    Held { reason: HeldReason, until: Option<Time> },
    /// This content is shown.
    Shown { content: u32, propensity: f64 },
    /// Nothing is shown.
    Nothing,
}

impl Outcome {
    /// Whether it is another outcome, however it came about.
    pub(super) fn differs(self, other: Self) -> bool {
        match (self, other) {
            (Self::Held { .. }, Self::Held { .. }) => false,
            (Self::Shown { content, .. }, Self::Shown { content: other, .. }) => content != other,
            _ => self != other,
        }
    }
}

impl Case<'_> {
    /// Takes the decision.
    pub(super) fn decide<T: Trace>(&self, trace: &mut T) -> Outcome {
        let view = View { profile: &self.profile, words: self.words };
        let visitor = Visitor { state: &view, context: self.context };
        let library = self.library.as_ref();
        match self.subject {
            Subject::Everything => Outcome::Nothing,
            Subject::Message(name) => {
                let Some(content) = library.content(name) else { return Outcome::Nothing };
                match decide::message(library, content, self.journey, &visitor, self.point, trace) {
                    Verdict::Pass => Outcome::Goes,
                    Verdict::Held { reason, until, .. } => Outcome::Held { reason, until },
                }
            }
            Subject::Placement(name) => {
                let Some(place) = library.place(name) else { return Outcome::Nothing };
                let candidates: Vec<Candidate> = self.candidates();
                let decision =
                    decide::arbitrate(library, name, &candidates, place.ranking, &visitor, self.point, trace);
                decision.shown.map_or(Outcome::Nothing, |shown| Outcome::Shown {
                    content: shown.content,
                    propensity: shown.propensity,
                })
            }
        }
    }

    /// Who competes for the placement, with the priorities of this case.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let Subject::Placement(name) = self.subject else { return Vec::new() };
        let Some(place) = self.library.place(name) else { return Vec::new() };
        let with_own = |candidate: &Candidate| {
            let own = self.priorities.iter().find(|(content, _)| *content == candidate.content);
            Candidate { priority: own.map_or(candidate.priority, |(_, priority)| *priority), ..*candidate }
        };
        place.candidates.iter().map(with_own).collect()
    }

    /// The contents the decision is about.
    pub(super) fn contents(&self) -> Vec<u32> {
        match self.subject {
            Subject::Message(name) => self.library.content(name).into_iter().collect(),
            Subject::Placement(_) => self.candidates().iter().map(|candidate| candidate.content).collect(),
            Subject::Everything => Vec::new(),
        }
    }
}
