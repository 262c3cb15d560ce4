//! The narrow view of one person that a rule needs. The frame implements it for observed people, the traffic loop for
//! people who are living through a journey, a test for anyone.

use std::ops::ControlFlow;

use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Datum, Time};

/// The moment a rule is asked at. Events at exactly `at` count only if they were recorded before the point
/// (`inclusive`): an import is read as of just before `at`, the engine after everything recorded so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The instant.
    pub at: Time,
    /// Whether facts of this very millisecond are already recorded.
    pub inclusive: bool,
}

impl Point {
    /// Just before `at`: what `--as-of` means.
    #[must_use]
    pub fn before(at: Time) -> Self {
        Self { at, inclusive: false }
    }

    /// After everything recorded up to `at`: where the engine stands.
    #[must_use]
    pub fn after(at: Time) -> Self {
        Self { at, inclusive: true }
    }

    /// Whether something that happened at `at` lies before the point.
    #[must_use]
    pub fn sees(&self, at: Time) -> bool {
        at < self.at || (self.inclusive && at == self.at)
    }
}

/// One event of a person, seen by a rule.
pub trait Occurrence {
    /// When it happened.
    fn at(&self) -> Time;
    /// Where it happened.
    fn channel(&self) -> Channel;
    /// A property of the event.
    fn property(&self, name: &str) -> Datum<'_>;
    /// How many items (order lines) it has.
    fn items(&self) -> usize {
        0
    }
    /// A property of one item.
    fn item(&self, _index: usize, _name: &str) -> Datum<'_> {
        Datum::Missing
    }
}

/// One person, as far as a rule may look.
pub trait Subject {
    /// A trait's value at the point.
    fn attribute(&self, name: &str) -> Datum<'_>;
    /// Visits the person's events of one name, oldest first, all times; the rule applies windows and the point.
    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>);
    /// The most restrictive consent over the person's identities of this channel.
    fn consent(&self, channel: Channel, purpose: Purpose, point: Point) -> ConsentState;
    /// The lifecycle stage by name; `None` if no stage rule matched.
    fn lifecycle(&self) -> Option<&str>;
    /// The intent of the running session; `None` outside a session.
    fn intent(&self) -> Option<&str>;
    /// Whether the person is in a list segment.
    fn in_list(&self, list: &str) -> bool;
}
