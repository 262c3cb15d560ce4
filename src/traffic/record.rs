//! What the loop did, for whoever watches: the ticker, the why view, the ledger of a run.

use std::sync::Arc;

use crate::decide::GateNote;
use crate::journey::{Ending, StepIndex};
use crate::model::message::HeldReason;
use crate::model::{ProfileId, Time};

/// One thing that was done or decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When.
    pub at: Time,
    /// Whose.
    pub profile: ProfileId,
    /// The person's name, if known.
    pub name: Option<Arc<str>>,
    /// What.
    pub what: What,
    /// The gates a decision went through.
    pub why: Vec<GateNote>,
}

/// What was done or decided. Indices are into the library, steps into the journey.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// Came into a journey.
    Entered {
        /// The journey.
        journey: u32,
    },
    /// Waits at a step.
    Waits {
        /// The journey.
        journey: u32,
        /// Where.
        step: StepIndex,
        /// Until when.
        until: Time,
    },
    /// Was assigned a variant.
    Assigned {
        /// The experiment.
        experiment: u32,
        /// The variant.
        variant: u8,
        /// Whether it counts from here.
        exposed: bool,
        /// The probability with which it was given.
        propensity: f64,
    },
    /// Was sent, shown or asked something.
    Sent {
        /// What.
        content: u32,
    },
    /// Something was held.
    Held {
        /// What.
        content: u32,
        /// Why.
        reason: HeldReason,
        /// Until when, if it waits.
        until: Option<Time>,
    },
    /// A placement was filled.
    Shown {
        /// What.
        content: u32,
        /// The probability with which it was chosen.
        propensity: f64,
    },
    /// Left a journey.
    Left {
        /// The journey.
        journey: u32,
        /// How.
        ending: Ending,
    },
    /// Placed an order.
    Ordered,
    /// Unsubscribed.
    Unsubscribed,
    /// Answered a survey.
    Answered {
        /// Which.
        content: u32,
        /// With which point.
        score: u8,
    },
}
