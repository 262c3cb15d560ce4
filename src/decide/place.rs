//! A placement made ready: who competes for it, and under which tests.

use crate::contact::policy::Ranking;
use crate::model::Span;
use crate::rule::Plan;

/// Candidates one placement may have.
pub const MOST_CANDIDATES: usize = 256;
/// Tests that may run at one placement at a time.
pub const MOST_TESTS: usize = 4;

/// A place or moment that asks for an experience.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Who competes for it.
    pub candidates: Vec<Candidate>,
    /// How they are ordered.
    pub ranking: Ranking,
    /// The tests its candidates are part of.
    pub tests: Vec<u32>,
}

impl Place {
    /// A placement nobody competes for yet.
    #[must_use]
    pub fn new(name: &str, ranking: Ranking) -> Self {
        Self { name: name.to_owned(), candidates: Vec::new(), ranking, tests: Vec::new() }
    }
}

/// Who competes for a placement: an experience, on its own or for a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The content, as an index into the library.
    pub content: u32,
    /// The journey that asks for it, as an index into the library.
    pub journey: Option<u32>,
    /// Higher goes first.
    pub priority: i32,
}

/// The part of a test a content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arm {
    /// Of none.
    None,
    /// Of a test that is not tied to it yet.
    Unbound,
    /// Of this variant, or of every variant alike.
    Of(u32, Option<u8>),
}

/// One of several things of which a person is promised one only. Words are codes of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen between.
    pub of: u32,
    /// What this one is.
    pub is: u32,
    /// How long the promise holds.
    pub lasts: Span,
}

/// What a content is worth more or less in a context.
#[derive(Debug, Clone)]
pub(super) struct Boost {
    pub(super) plan: Plan,
    pub(super) by: f64,
}
