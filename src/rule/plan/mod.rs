//! A checked rule: names resolved, values typed, ready to be asked. Cheap to clone and to share between threads.

mod ask;
mod check;

use std::sync::Arc;

use super::diagnostic::Span;

pub use ask::{
    Ask, Asked, BandAsk, Condition, EventAsk, GapAsk, MeasureAsk, SequenceAsk, SessionAsk, StepAsk, Which,
};
pub use check::{Check, Constant, Version};

/// A rule ready to be asked.
#[derive(Debug, Clone)]
pub struct Plan(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    step: Step,
    text: String,
    leaves: usize,
    looks_back: bool,
}

impl Plan {
    pub(crate) fn new(mut step: Step, text: String) -> Self {
        let mut leaves = 0;
        number(&mut step, &mut leaves);
        let looks_back = looks_back(&step);
        Self(Arc::new(Checked { step, text, leaves, looks_back }))
    }

    /// Whether it asks, itself or through a segment, what has been so for some time.
    #[must_use]
    pub fn looks_back(&self) -> bool {
        self.0.looks_back
    }

    /// The whole condition.
    #[must_use]
    pub fn step(&self) -> &Step {
        &self.0.step
    }

    /// The canonical text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// How many clauses it has, those of referenced segments not counted.
    #[must_use]
    pub fn clauses(&self) -> usize {
        self.0.leaves
    }

    /// The clauses in the order of the text.
    #[must_use]
    pub fn leaves(&self) -> Vec<&Leaf> {
        let mut leaves = Vec::with_capacity(self.0.leaves);
        collect(&self.0.step, &mut leaves);
        leaves
    }

    /// The traits it asks for, itself or through segments, each once and in order.
    #[must_use]
    pub fn traits(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.name_traits(&mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    fn name_traits<'a>(&'a self, names: &mut Vec<&'a str>) {
        for leaf in self.leaves() {
            match &leaf.ask {
                Ask::Trait { name, .. } => names.push(name),
                Ask::Band(BandAsk { measure: MeasureAsk::Trait(name), .. }) => names.push(name),
                Ask::Been { plan, .. } | Ask::Segment { plan, .. } => plan.name_traits(names),
                _ => {}
            }
        }
    }

    /// People in the named list.
    #[must_use]
    pub fn list(name: &str) -> Self {
        let text = format!("in list {}", super::lex::quote(name));
        Self::new(Step::leaf(Ask::List(name.to_owned()), text.clone(), 0..text.len()), text)
    }

    /// People in at least one of the named plans.
    #[must_use]
    pub fn union(parts: &[(String, Plan)]) -> Self {
        Self::combined(parts, " or ", Step::Any)
    }

    /// People in all of the named plans.
    #[must_use]
    pub fn intersection(parts: &[(String, Plan)]) -> Self {
        Self::combined(parts, " and ", Step::All)
    }

    /// People in the first of the named plans and certainly in none of the others; being unknown to them is being out.
    #[must_use]
    pub fn difference(first: &(String, Plan), others: &[(String, Plan)]) -> Self {
        let reference = |part: &(String, Plan)| reference(&part.0, &part.1);
        let text = std::iter::once(format!("in segment {}", super::lex::quote(&first.0)))
            .chain(others.iter().map(|part| format!("not in segment {}", super::lex::quote(&part.0))))
            .collect::<Vec<_>>()
            .join(" and ");
        let steps = std::iter::once(reference(first))
            .chain(others.iter().map(|part| Step::Not(Box::new(reference(part)))))
            .collect();
        Self::new(Step::All(steps), text)
    }

    fn combined(parts: &[(String, Plan)], between: &str, join: impl Fn(Vec<Step>) -> Step) -> Self {
        let text = parts
            .iter()
            .map(|(name, _)| format!("in segment {}", super::lex::quote(name)))
            .collect::<Vec<_>>()
            .join(between);
        Self::new(join(parts.iter().map(|(name, plan)| reference(name, plan)).collect()), text)
    }
}

fn reference(name: &str, plan: &Plan) -> Step {
    let ask = Ask::Segment { name: name.to_owned(), plan: plan.clone() };
    Step::leaf(ask, format!("in segment {}", super::lex::quote(name)), 0..0)
}

fn looks_back(step: &Step) -> bool {
    match step {
        Step::All(parts) | Step::Any(parts) => parts.iter().any(looks_back),
        Step::Not(part) => looks_back(part),
        Step::Leaf(leaf) => match &leaf.ask {
            Ask::Been { .. } => true,
            Ask::Segment { plan, .. } => plan.looks_back(),
            _ => false,
        },
    }
}

fn number(step: &mut Step, next: &mut usize) {
    match step {
        Step::All(parts) | Step::Any(parts) => parts.iter_mut().for_each(|part| number(part, next)),
        Step::Not(part) => number(part, next),
        Step::Leaf(leaf) => {
            leaf.index = *next;
            *next += 1;
        }
    }
}

fn collect<'a>(step: &'a Step, leaves: &mut Vec<&'a Leaf>) {
    match step {
        Step::All(parts) | Step::Any(parts) => parts.iter().for_each(|part| collect(part, leaves)),
        Step::Not(part) => collect(part, leaves),
        Step::Leaf(leaf) => leaves.push(leaf),
    }
}

/// A part of a plan.
#[derive(Debug)]
pub enum Step {
    /// Every part holds.
    All(Vec<Step>),
    /// At least one part holds.
    Any(Vec<Step>),
    /// The part does not hold.
    Not(Box<Step>),
    /// A clause.
    Leaf(Box<Leaf>),
}

impl Step {
    /// Where the part begins in the text it was checked from, in bytes.
    #[must_use]
    pub fn start(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.first().map_or(0, Self::start),
            Self::Not(part) => part.start(),
            Self::Leaf(leaf) => leaf.span.start,
        }
    }

    /// The parts that must all hold; itself where it is no conjunction.
    #[must_use]
    pub fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) => parts.iter().collect(),
            other => vec![other],
        }
    }

    pub(crate) fn leaf(ask: Ask, text: String, span: Span) -> Self {
        let calendar = ask.is_calendar();
        Self::Leaf(Box::new(Leaf { index: 0, text, span, ask, calendar }))
    }
}

/// A clause with its text.
#[derive(Debug)]
pub struct Leaf {
    /// Its number among the clauses of the plan, in the order of the text.
    pub index: usize,
    /// Its canonical text.
    pub text: String,
    /// Where it stands in the text it was checked from.
    pub span: Span,
    /// What it asks.
    pub ask: Ask,
    /// Whether it depends on the person's zone.
    pub calendar: bool,
}
