//! `did "Product Added" then "Order Completed" within 1d`

use super::{Parsed, Parser};
use crate::rule::lex::Kind;
use crate::rule::tree::{Clause, EventName, Gap, Sequence, Step, Window};

/// The most steps of one sequence.
const MAX_STEPS: usize = 16;
const HELP: &str = "write did \"Product Added\" then \"Order Completed\" within 1d";

impl Parser {
    /// From `did "A" then` on.
    pub(super) fn sequence(&mut self) -> Parsed<Clause> {
        self.at += 1;
        let first = self.step()?;
        self.steps_after(first)
    }

    /// The steps after the first, each with what may lie before it, and what bounds them all.
    pub(super) fn steps_after(&mut self, first: Step) -> Parsed<Clause> {
        let mut sequence = Sequence { first, then: Vec::new(), taking: None, window: Window::Ever };
        while self.eat_word("then") {
            if sequence.then.len() + 1 >= MAX_STEPS {
                let message = format!("a sequence has at most {MAX_STEPS} steps");
                return self.stop("too-many-steps", message, "keep the steps that matter");
            }
            let step = self.step()?;
            let gap = self.gap()?;
            sequence.then.push((step, gap));
        }
        loop {
            if self.kind() == &Kind::Comma && (self.is_word_at(1, "taking") || self.is_word_at(1, "all")) {
                self.at += 1;
            }
            if self.is_word("taking") && sequence.taking.is_none() {
                self.at += 1;
                if self.eat_word("at") && !self.eat_word("most") {
                    return self.stop("taking-what", "`taking at` is followed by `most`", TAKING);
                }
                sequence.taking = Some(self.length()?);
            } else if self.is_word("all") && sequence.window == Window::Ever {
                self.at += 1;
                sequence.window = self.window()?;
                if sequence.window == Window::Ever {
                    let found = self.describe();
                    let message = format!("a window is expected and {found} was found");
                    return self.stop("missing-window", message, "say when, such as all within 30d");
                }
            } else {
                return Ok(Clause::Sequence(sequence));
            }
        }
    }

    fn gap(&mut self) -> Parsed<Gap> {
        let mut gap = Gap::default();
        loop {
            if self.is_word("within") && gap.within.is_none() {
                self.at += 1;
                gap.within = Some(self.length()?);
            } else if self.is_word("without") && gap.without.is_none() {
                self.at += 1;
                gap.without = Some(self.step()?);
                if !self.eat_word("between") {
                    let help = "write then \"Order Completed\" without \"Email Clicked\" between";
                    return self.stop("missing-between", "`without` an event ends with `between`", help);
                }
            } else {
                return Ok(gap);
            }
        }
    }

    /// `"A"`, `any event` or either with a filter in parentheses.
    fn step(&mut self) -> Parsed<Step> {
        if self.kind() == &Kind::Open {
            self.at += 1;
            let event = self.event_name()?;
            let filter = self.filter_after_where()?;
            self.expect(&Kind::Close, "`where` or `)`", HELP)?;
            return Ok(Step { event, filter });
        }
        let event = if self.is_word("any") && self.is_word_at(1, "event") {
            self.at += 2;
            EventName::Any
        } else {
            EventName::One(self.quoted("an event's name")?)
        };
        Ok(Step { event, filter: None })
    }
}

const TAKING: &str = "write taking at most 7d";
