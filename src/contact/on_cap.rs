//! What happens to a message that finds no room.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What happens to a message that meets a full cap. Written `skip`, `hold`, `exit` or `retry 3`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnCap {
    /// It is not sent and the journey goes on.
    #[default]
    Skip,
    /// It waits for the first free moment and is then decided again.
    Hold,
    /// The person leaves the journey.
    Exit,
    /// It is decided again after a whole window, so many times at most, and then skipped.
    Retry(u8),
}

impl fmt::Display for OnCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skip => f.pad("skip"),
            Self::Hold => f.pad("hold"),
            Self::Exit => f.pad("exit"),
            Self::Retry(times) => write!(f, "retry {times}"),
        }
    }
}

impl FromStr for OnCap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "skip" => Ok(Self::Skip),
            "hold" => Ok(Self::Hold),
            "exit" => Ok(Self::Exit),
            other => other
                .strip_prefix("retry ")
                .and_then(|times| times.trim().parse().ok())
                .filter(|times| *times > 0)
                .map(Self::Retry)
                .ok_or_else(|| {
                    format!("`{other}` is no answer to a full cap; write skip, hold, exit or retry 3")
                }),
        }
    }
}

impl Serialize for OnCap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OnCap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_it_prints() {
        for then in [OnCap::Skip, OnCap::Hold, OnCap::Exit, OnCap::Retry(3)] {
            assert_eq!(then.to_string().parse(), Ok(then));
        }
        for wrong in ["retry", "retry 0", "retry 300", "wait", ""] {
            assert!(wrong.parse::<OnCap>().is_err(), "{wrong}");
        }
    }
}
