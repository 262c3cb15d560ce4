//! Who feeds the loop. A world answers what happens with what people do next; a replay only says what came.

use super::profile::{Happening, MessageLog, Profile};
use crate::model::Time;
use crate::model::message::MessageState;

/// Something to come.
#[derive(Debug, Clone, PartialEq)]
pub enum Stimulus {
    /// An event of the person.
    Event(Happening),
    /// A message came further, as an index into the person's messages.
    Outcome {
        /// Which message.
        message: u32,
        /// How far.
        state: MessageState,
        /// For a survey, the point chosen.
        score: Option<u8>,
    },
    /// A placement asks what to show.
    Placement(&'static str),
    /// The source's own note to itself.
    Own(u64),
}

/// Something that has just happened.
#[derive(Debug, Clone, Copy)]
pub enum Happened<'a> {
    /// The run begins.
    Began,
    /// The source's note came due.
    Own(u64),
    /// A message went out.
    Sent(u32, &'a MessageLog),
    /// A placement was filled, or not.
    Shown(&'static str, Option<u32>),
}

/// Where a source puts what is to come.
pub trait Emit {
    /// At a moment, for the person at hand.
    fn emit(&mut self, at: Time, stimulus: Stimulus);
}

impl<F: FnMut(Time, Stimulus)> Emit for F {
    fn emit(&mut self, at: Time, stimulus: Stimulus) {
        self(at, stimulus);
    }
}

/// A feeder of the loop. It must be a pure function of its arguments and its own constants.
pub trait Source: Sync {
    /// What follows from what happened to a person.
    fn react(&self, profile: &Profile, at: Time, happened: Happened<'_>, emit: &mut dyn Emit);
}

/// Nobody does anything: what journeys, waits and limits alone bring about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stillness;

impl Source for Stillness {
    fn react(&self, _: &Profile, _: Time, _: Happened<'_>, _: &mut dyn Emit) {}
}
