//! What is to come for the people of a lane, in the order it comes.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::model::Time;
use crate::traffic::source::Stimulus;

/// What is to come for a person.
#[derive(Debug, Clone)]
pub(super) enum Next {
    SessionEnd,
    Stimulus(Stimulus),
    Wake(Wake),
}

/// A passage to be looked at again. Of several at one moment the journey of higher priority goes first, then the message
/// held for longer, then the older passage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wake {
    pub(super) passage: u32,
    pub(super) priority: i32,
    pub(super) since: Time,
}

/// One thing that is to come, and when.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) at: Time,
    rank: u8,
    pub(super) person: u32,
    sequence: u64,
    pub(super) next: Next,
}

impl Queued {
    /// What of one moment comes first: facts, then what they release, in the order of people and arrival.
    fn order(&self) -> (Time, u8, u32, Reverse<i32>, Time, u32, u64) {
        let (priority, since, passage) = match &self.next {
            Next::Wake(wake) => (wake.priority, wake.since, wake.passage),
            Next::SessionEnd | Next::Stimulus(_) => (0, self.at, 0),
        };
        (self.at, self.rank, self.person, Reverse(priority), since, passage, self.sequence)
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

/// What is to come for the people of a lane.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Queued>>,
    sequence: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at: Time, person: u32, next: Next) {
        let rank = match next {
            Next::SessionEnd => 0,
            Next::Stimulus(Stimulus::Event(_) | Stimulus::Outcome { .. }) => 1,
            Next::Stimulus(Stimulus::Placement(_) | Stimulus::Own(_)) => 2,
            Next::Wake(_) => 3,
        };
        self.sequence += 1;
        self.heap.push(Reverse(Queued { at, rank, person, sequence: self.sequence, next }));
    }

    /// The next that is due before a moment.
    pub(super) fn pop_until(&mut self, to: Time) -> Option<Queued> {
        let due = self.heap.peek().is_some_and(|Reverse(queued)| queued.at < to);
        if due { self.heap.pop().map(|Reverse(queued)| queued) } else { None }
    }
}
