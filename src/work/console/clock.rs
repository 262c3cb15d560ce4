//! The virtual clock: real time in, virtual time out.

use std::time::{Duration, Instant};

use crate::model::{Span, Time};
use crate::work::port::Speed;

/// The clock of a run that is looked at.
#[derive(Debug)]
pub(super) struct Clock {
    pub(super) paused: bool,
    pub(super) speed: Speed,
    last: Instant,
    /// Virtual milliseconds that were due and not run yet.
    owed: f64,
}

/// The run moves in steps of at least this much virtual time at full speed.
const FASTEST_STEP: Span = Span::hours(3);

/// At any other speed a step is never longer than this, so that a slow machine falls behind instead of freezing.
const LONGEST_STEP: Span = Span::hours(12);

impl Clock {
    pub(super) fn new() -> Self {
        Self { paused: false, speed: Speed::Times(3_600), last: Instant::now(), owed: 0.0 }
    }

    /// Where the run should be now.
    pub(super) fn target(&mut self, now: Time) -> Time {
        let passed = self.last.elapsed();
        self.last = Instant::now();
        if self.paused {
            return now;
        }
        match self.speed {
            Speed::Fastest => now + FASTEST_STEP,
            Speed::Times(times) => {
                self.owed += passed.as_secs_f64() * 1_000.0 * f64::from(times);
                let step = Span((self.owed as i64).min(LONGEST_STEP.0));
                self.owed = (self.owed - step.0 as f64).min(LONGEST_STEP.0 as f64);
                now + step
            }
        }
    }

    /// Time that passed while the run was moved on by other means is not owed any more.
    pub(super) fn restart(&mut self) {
        self.last = Instant::now();
        self.owed = 0.0;
    }

    /// How long nothing needs to be done.
    pub(super) fn rest(&self) -> Duration {
        match (self.paused, self.speed) {
            (true, _) => Duration::from_secs(3600),
            (false, Speed::Fastest) => Duration::ZERO,
            (false, Speed::Times(_)) => Duration::from_millis(200),
        }
    }
}

/// Events per second of real time, over the last seconds.
#[derive(Debug)]
pub(super) struct Rate {
    since: Instant,
    events: u64,
    rate: Option<f64>,
}

impl Rate {
    pub(super) fn new(events: u64) -> Self {
        Self { since: Instant::now(), events, rate: None }
    }

    pub(super) fn at(&mut self, events: u64) -> Option<f64> {
        let passed = self.since.elapsed().as_secs_f64();
        if passed >= 1.0 {
            self.rate = Some((events - self.events) as f64 / passed);
            self.since = Instant::now();
            self.events = events;
        }
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restarted_clock_owes_nothing() {
        let mut clock = Clock::new();
        clock.last = Instant::now() - Duration::from_secs(60);
        clock.owed = 5_000_000.0;
        clock.restart();
        let moved = clock.target(Time(0));
        assert!(moved < Time(Span::HOUR.0), "{moved}");
    }
}
