//! Events that follow each other. Both evaluators collect the moments of each step and ask here whether a passage fits.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::events::visit;
use crate::rule::plan::{SequenceAsk, StepAsk};
use crate::rule::subject::{Moment, Subject};

/// When an event happened: the instant, then the order within it.
pub type When = (i64, i64);

/// What may lie between a step and the one before it: at most so many milliseconds, and none of these moments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Between<'a> {
    /// How long at most.
    pub within: Option<i64>,
    /// Moments of which none may lie between, ascending.
    pub barred: &'a [When],
}

/// Whether some passage goes through all steps, each strictly later than the one before. Moments ascend.
#[must_use]
pub fn passes(first: &[When], then: &[(&[When], Between<'_>)], taking: Option<i64>) -> bool {
    // The latest start of a passage that reaches each moment: the latest is the last to run out of time.
    let mut reached: Vec<(When, i64)> = first.iter().map(|when| (*when, when.0)).collect();
    for (step, between) in then {
        if reached.is_empty() {
            return false;
        }
        reached = advance(&reached, step, *between);
    }
    reached.iter().any(|(when, start)| taking.is_none_or(|taking| when.0.saturating_sub(*start) <= taking))
}

fn advance(before: &[(When, i64)], step: &[When], between: Between<'_>) -> Vec<(When, i64)> {
    let mut reached = Vec::new();
    // Candidates for the step before, of which a later one with an earlier start is never better.
    let mut open: VecDeque<(When, i64)> = VecDeque::new();
    let (mut next, mut barred) = (0, 0);
    for &when in step {
        while let Some(&candidate) = before.get(next).filter(|(earlier, _)| *earlier < when) {
            while open.back().is_some_and(|(_, start)| *start <= candidate.1) {
                open.pop_back();
            }
            open.push_back(candidate);
            next += 1;
        }
        while between.barred.get(barred).is_some_and(|bar| *bar < when) {
            barred += 1;
        }
        let bar = barred.checked_sub(1).and_then(|last| between.barred.get(last));
        let closed = |(earlier, _): &(When, i64)| {
            between.within.is_some_and(|within| when.0.saturating_sub(earlier.0) > within)
                || bar.is_some_and(|bar| earlier < bar)
        };
        while open.front().is_some_and(closed) {
            open.pop_front();
        }
        if let Some((_, start)) = open.front() {
            reached.push((when, *start));
        }
    }
    reached
}

impl SequenceAsk {
    /// Whether some passage of a person's events goes through all steps.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, moment: Moment<'_>) -> bool {
        self.passage(|step| self.moments(step, subject, moment))
    }

    /// Whether some passage fits, given the moments of each step.
    pub fn passage(&self, moments: impl Fn(&StepAsk) -> Vec<When>) -> bool {
        let first = moments(&self.first);
        if first.is_empty() {
            return false;
        }
        let mut steps = Vec::with_capacity(self.then.len());
        for (step, gap) in &self.then {
            let found = moments(step);
            if found.is_empty() {
                return false;
            }
            steps.push((found, gap.within.map(|span| span.0), gap.without.as_ref().map(&moments)));
        }
        let then: Vec<(&[When], Between<'_>)> = steps
            .iter()
            .map(|(found, within, barred)| {
                (found.as_slice(), Between { within: *within, barred: barred.as_deref().unwrap_or(&[]) })
            })
            .collect();
        passes(&first, &then, self.taking.map(|span| span.0))
    }

    /// How many steps some passage comes through, for the explanation.
    pub(in crate::rule) fn came_through(&self, subject: &dyn Subject, moment: Moment<'_>) -> usize {
        let first = self.moments(&self.first, subject, moment);
        let mut reached: Vec<(When, i64)> = first.iter().map(|when| (*when, when.0)).collect();
        for (number, (step, gap)) in self.then.iter().enumerate() {
            if reached.is_empty() {
                return number;
            }
            let found = self.moments(step, subject, moment);
            let barred =
                gap.without.as_ref().map(|step| self.moments(step, subject, moment)).unwrap_or_default();
            let between = Between { within: gap.within.map(|span| span.0), barred: &barred };
            reached = advance(&reached, &found, between);
        }
        self.then.len() + usize::from(!reached.is_empty())
    }

    fn moments(&self, step: &StepAsk, subject: &dyn Subject, moment: Moment<'_>) -> Vec<When> {
        let mut found = Vec::new();
        visit(&step.event, step.condition.as_ref(), self.window, subject, moment, &mut |event| {
            found.push((event.at().0, event.sequence()));
            ControlFlow::Continue(())
        });
        found
    }
}
