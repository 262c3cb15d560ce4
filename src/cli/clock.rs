//! The wall clock, read at the edge and handed inwards as an argument.

use jiff::Timestamp;

use crate::model::Time;

/// This moment.
#[must_use]
pub fn now() -> Time {
    Time::from_timestamp(Timestamp::now())
}
