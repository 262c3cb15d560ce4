//! A person as they may be looked at for a purpose: a trait whose source does not allow it is unknown.

use super::state::State;
use crate::model::consent::{Purpose, Purposes};
use crate::model::{Datum, Time};
use crate::rule::plan::{BandAsk, MeasureAsk};
use crate::rule::{Plan, Point, Through, Truth};

/// A person as rules that decide something for these purposes see them.
#[derive(Debug, Clone, Copy)]
pub struct Limited<'a, S> {
    state: &'a S,
    purposes: Purposes,
}

impl<'a, S: State> Limited<'a, S> {
    /// Looked at for these purposes, all of them at once.
    #[must_use]
    pub fn new(state: &'a S, purposes: Purposes) -> Self {
        Self { state, purposes }
    }

    fn may(&self, name: &str) -> bool {
        self.state.uses(name).cover(self.purposes)
    }
}

/// Whether a rule holds for a person when it decides something for a purpose.
pub fn holds<S: State>(plan: &Plan, state: &S, purpose: Purpose, point: Point) -> Truth {
    if state.is_limited() {
        plan.holds(&Limited::new(state, Purposes::NONE.with(purpose)), point)
    } else {
        plan.holds(state, point)
    }
}

/// The value of a trait where it may be used for a purpose, as merge tags take it.
pub fn value<'a, S: State>(state: &'a S, purpose: Purpose, name: &str) -> Datum<'a> {
    if state.uses(name).cover(Purposes::NONE.with(purpose)) { state.attribute(name) } else { Datum::Missing }
}

/// What a rule asks for and may not use, in words to end a sentence with; empty where there is nothing of the kind.
pub(super) fn withheld<S: State>(plan: &Plan, state: &S, purpose: Purpose) -> String {
    if !state.is_limited() {
        return String::new();
    }
    let wanted = Purposes::NONE.with(purpose);
    let missing = |name: &&str| !state.uses(name).cover(wanted) && !state.attribute(name).is_missing();
    let names: Vec<&str> = plan.traits().into_iter().filter(missing).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "; {} comes from a source that is not for {} and counts as unknown",
        names.join(", "),
        purpose.name()
    )
}

impl<S: State> Through for Limited<'_, S> {
    type Under = S;

    fn under(&self) -> &S {
        self.state
    }

    fn attribute(&self, name: &str) -> Datum<'_> {
        if self.may(name) { self.state.attribute(name) } else { Datum::Missing }
    }

    fn attribute_since(&self, name: &str) -> Option<Time> {
        if self.may(name) { self.state.attribute_since(name) } else { None }
    }

    fn band(&self, ask: &BandAsk, point: Point) -> Option<u32> {
        let hidden = matches!(&ask.measure, MeasureAsk::Trait(name) if !self.may(name));
        if hidden { None } else { self.state.band(ask, point) }
    }
}
