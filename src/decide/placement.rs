//! What a placement shows a person: whoever competes for it goes through the gates, what is left is ranked, one wins.

use super::library::Library;
use super::message::Verdict;
use super::moment::Moment;
use super::place::{Arm, Candidate, MOST_CANDIDATES, MOST_TESTS};
use super::ranking;
use super::state::State;
use super::test::Given;
use super::trace::{Gate, Trace};
use crate::contact::policy::Ranking;
use crate::rule::Point;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// The content, as an index into the library.
    pub content: u32,
    /// The journey it is shown for, if it is.
    pub journey: Option<u32>,
    /// The experiment and variant it is shown under, if it is part of one.
    pub variant: Option<(u32, u8)>,
    /// The probability with which it was chosen.
    pub propensity: f64,
}

/// A person counts in an experiment from this decision on: its arms would have given them different content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposed {
    /// The experiment, as an index into the library.
    pub experiment: u32,
    /// The variant they are in.
    pub variant: u8,
    /// The probability with which it was given.
    pub propensity: f64,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Decision {
    /// What is shown; nothing if nobody asks for the placement, or every candidate is stopped by a gate.
    pub shown: Option<Shown>,
    exposures: [Option<Exposed>; MOST_TESTS],
}

impl Decision {
    /// The experiments in which the person counts from here on, whichever arm they are in.
    pub fn exposures(&self) -> impl Iterator<Item = Exposed> {
        self.exposures.into_iter().flatten()
    }
}

/// Decides one placement.
pub fn placement<S: State, T: Trace>(
    library: &Library,
    placement: &str,
    state: &S,
    point: Point,
    trace: &mut T,
) -> Decision {
    let mut decision = Decision::default();
    match library.place(placement) {
        Some(place) => {
            let moment = Moment::new(library, state, point);
            Contest::new(&moment, &place.name, &place.candidates, place.ranking).decide(&mut decision, trace);
        }
        None => trace.note(Gate::Ranking, false, || format!("nothing is made for “{placement}”")),
    }
    decision
}

/// Decides between candidates from anywhere: experiences made for a placement, and what journeys want to show there. Ties
/// go by name, then by journey, so the answer does not depend on the order of the candidates; a split divides in their order.
/// Of more than [`MOST_CANDIDATES`] the first are looked at.
pub fn arbitrate<S: State, T: Trace>(
    library: &Library,
    place: &str,
    candidates: &[Candidate],
    ranking: Ranking,
    state: &S,
    point: Point,
    trace: &mut T,
) -> Decision {
    let mut decision = Decision::default();
    let moment = Moment::new(library, state, point);
    Contest::new(&moment, place, candidates, ranking).decide(&mut decision, trace);
    decision
}

/// A test at the placement, and the person's variant in it.
#[derive(Clone, Copy)]
struct Running {
    experiment: u32,
    given: Option<Given>,
}

struct Contest<'a, S> {
    moment: &'a Moment<'a, S>,
    place: &'a str,
    candidates: &'a [Candidate],
    ranking: Ranking,
    /// The candidates that the gates let through, as bits.
    passed: [u64; MOST_CANDIDATES / 64],
    tests: [Option<Running>; MOST_TESTS],
}

impl<'a, S: State> Contest<'a, S> {
    fn new(moment: &'a Moment<'a, S>, place: &'a str, candidates: &'a [Candidate], ranking: Ranking) -> Self {
        let candidates = candidates.get(..MOST_CANDIDATES).unwrap_or(candidates);
        let (passed, tests) = ([0; MOST_CANDIDATES / 64], [None; MOST_TESTS]);
        Self { moment, place, candidates, ranking, passed, tests }
    }

    /// Fills an empty decision in, which is larger than it is cheap to pass around.
    fn decide<T: Trace>(&mut self, decision: &mut Decision, trace: &mut T) {
        self.gates(trace);
        decision.shown = self.winner();
        if T::WATCHES {
            self.tell(decision.shown, trace);
        }
        self.expose(decision, trace);
    }

    fn gates<T: Trace>(&mut self, trace: &mut T) {
        for (index, candidate) in self.candidates.iter().enumerate() {
            let moment = self.moment;
            if self.in_test(candidate, trace)
                && matches!(moment.message(candidate.content, candidate.journey, trace), Verdict::Pass)
            {
                self.passed[index / 64] |= 1 << (index % 64);
            } else {
                trace.note(Gate::Ranking, false, || format!("{}: stopped by a gate", self.words(candidate)));
            }
        }
    }

    /// Whether the test a candidate is part of, if any, takes the person in, whichever arm that is.
    fn in_test<T: Trace>(&mut self, candidate: &Candidate, trace: &mut T) -> bool {
        match self.arm(candidate) {
            Arm::None => true,
            Arm::Unbound => false,
            Arm::Of(experiment, _) => {
                for slot in &mut self.tests {
                    match slot {
                        Some(known) if known.experiment == experiment => return known.given.is_some(),
                        Some(_) => {}
                        None => {
                            let given = self.moment.given(experiment, trace);
                            *slot = Some(Running { experiment, given });
                            return given.is_some();
                        }
                    }
                }
                false
            }
        }
    }

    fn arm(&self, candidate: &Candidate) -> Arm {
        self.moment.library.contents.get(candidate.content as usize).map_or(Arm::None, |what| what.arm)
    }

    fn has_passed(&self, index: usize) -> bool {
        self.passed[index / 64] >> (index % 64) & 1 == 1
    }

    /// The candidates that passed and belong to the person's variants.
    #[inline]
    fn left(&self) -> impl Iterator<Item = &'a Candidate> {
        let fits = |candidate: &Candidate| match self.arm(candidate) {
            Arm::None => true,
            Arm::Unbound => false,
            Arm::Of(experiment, variant) => {
                let given = self.given(experiment).map(|given| given.variant);
                given.is_some_and(|given| variant.is_none_or(|variant| variant == given))
            }
        };
        let candidates = self.candidates.iter().enumerate();
        candidates
            .filter(move |(index, known)| self.has_passed(*index) && fits(known))
            .map(|(_, known)| known)
    }

    fn given(&self, experiment: u32) -> Option<Given> {
        let running = self.tests.iter().flatten().find(|known| known.experiment == experiment);
        running.and_then(|running| running.given)
    }

    #[inline]
    fn winner(&self) -> Option<Shown> {
        let (candidate, chance) = match self.ranking {
            Ranking::Split => ranking::split(self.moment, self.place, || self.left())?,
            Ranking::Priority => (ranking::first(self.moment, self.left())?, 1.0),
            Ranking::Value => (ranking::worthiest(self.moment, self.left())?, 1.0),
        };
        let given = match self.arm(candidate) {
            Arm::Of(experiment, _) => self.given(experiment).map(|given| (experiment, given)),
            Arm::None | Arm::Unbound => None,
        };
        Some(Shown {
            content: candidate.content,
            journey: candidate.journey,
            variant: given.map(|(experiment, given)| (experiment, given.variant)),
            propensity: chance * given.map_or(1.0, |(_, given)| given.propensity),
        })
    }

    /// Looks every arm up: who would get something else in another arm counts, whichever arm they are in.
    fn expose<T: Trace>(&mut self, decision: &mut Decision, trace: &mut T) {
        let shown = decision.shown;
        for (index, exposure) in decision.exposures.iter_mut().enumerate() {
            let Some(Running { experiment, given }) = self.tests[index] else { break };
            let Some(given) = given else { continue };
            let differs = self.differs(index, experiment, given, shown);
            if differs {
                let Given { variant, propensity, .. } = given;
                *exposure = Some(Exposed { experiment, variant, propensity });
            }
            trace.note(Gate::Variant, true, || {
                let counted =
                    if differs { "counted from here" } else { "not counted: every arm shows the same" };
                self.moment.words(experiment, given, counted)
            });
        }
    }

    /// Whether the arms of a test would show this person different things.
    fn differs(&mut self, index: usize, experiment: u32, given: Given, shown: Option<Shown>) -> bool {
        let design = self.moment.library.experiments.get(experiment as usize);
        let variants = design.map_or(0, |design| design.variants.len()) as u8;
        let under = |shown: Shown| shown.variant.is_some_and(|(known, _)| known == experiment);
        if shown.is_some_and(|shown| under(shown) && self.is_inner(shown.content)) && variants > 1 {
            // What is shown looks different in every variant itself.
            return true;
        }
        if self.passed == [0; MOST_CANDIDATES / 64] {
            // Nobody passed, so every variant shows nothing.
            return false;
        }
        let own = shown.map(|shown| (shown.content, shown.journey));
        let differs = (0..variants).filter(|variant| *variant != given.variant).any(|variant| {
            self.tests[index] = Some(Running { experiment, given: Some(Given { variant, ..given }) });
            self.winner().map(|other| (other.content, other.journey)) != own
        });
        self.tests[index] = Some(Running { experiment, given: Some(given) });
        differs
    }

    /// Whether a content looks different in each variant of its test.
    fn is_inner(&self, content: u32) -> bool {
        let arm = self.moment.library.contents.get(content as usize).map(|what| what.arm);
        matches!(arm, Some(Arm::Of(_, None)))
    }

    fn tell<T: Trace>(&self, shown: Option<Shown>, trace: &mut T) {
        let is_shown = |candidate: &Candidate| {
            shown
                .is_some_and(|shown| (shown.content, shown.journey) == (candidate.content, candidate.journey))
        };
        let passed = self.candidates.iter().enumerate().filter(|(index, _)| self.has_passed(*index));
        for (_, candidate) in passed {
            trace.note(Gate::Ranking, is_shown(candidate), || {
                let standing = match shown {
                    _ if is_shown(candidate) => "goes first".to_owned(),
                    _ if !self.left().any(|left| left == candidate) => {
                        "belongs to another variant".to_owned()
                    }
                    Some(shown) => format!("goes after “{}”", self.name(shown.content)),
                    None => "costs more than it is worth".to_owned(),
                };
                format!("{}: {standing}", self.words(candidate))
            });
        }
    }

    fn name(&self, content: u32) -> &str {
        self.moment.library.contents.get(content as usize).map_or("", |what| what.name.as_str())
    }

    fn words(&self, candidate: &Candidate) -> String {
        let journey = self.moment.journey(candidate.journey);
        let whose = if journey.is_empty() { String::new() } else { format!(" of “{journey}”") };
        let rank = match self.ranking {
            Ranking::Priority => format!("priority {}", candidate.priority),
            Ranking::Split => format!("share {}", ranking::share(self.moment.library, candidate)),
            Ranking::Value => format!("value {:.4}", ranking::value(self.moment, candidate)),
        };
        format!("“{}”{whose}, {rank}", self.name(candidate.content))
    }
}
