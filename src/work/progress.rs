//! How far long work is.

use std::time::Duration;

/// How far a job over a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is worked on, as a person calls it.
    pub what: String,
    /// Rows done.
    pub rows: u64,
    /// Bytes of the file taken in.
    pub bytes: u64,
    /// Bytes of the file.
    pub total: u64,
    /// Time spent.
    pub elapsed: Duration,
}

impl Progress {
    /// Rows per second so far; none in the first moment.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.elapsed.as_secs_f64();
        (seconds > 0.05).then(|| self.rows as f64 / seconds)
    }

    /// The share done, from the bytes taken in.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.total == 0 { 1.0 } else { (self.bytes as f64 / self.total as f64).min(1.0) }
    }

    /// The time left at this pace; none before there is a pace.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let share = self.share();
        (share > 0.01 && self.elapsed.as_millis() > 200).then(|| self.elapsed.mul_f64((1.0 - share) / share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_the_bytes() {
        let mut progress = Progress {
            what: "events.csv".into(),
            rows: 500,
            bytes: 25,
            total: 100,
            elapsed: Duration::from_secs(10),
        };
        assert_eq!(progress.left(), Some(Duration::from_secs(30)));
        assert_eq!(progress.rate(), Some(50.0));
        progress.bytes = 0;
        assert_eq!(progress.left(), None, "no pace yet");
    }
}
