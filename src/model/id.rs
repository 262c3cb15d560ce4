//! Identities of people and things.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a person is known by somewhere: `(namespace, value)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// `email`, `user_id`, `anonymous_id`, `phone`, `device_id` or a source's own namespace.
    pub namespace: String,
    /// The value, normalised for its namespace (addresses trimmed and in lower case).
    pub value: String,
}

impl Identity {
    /// The identity, its value normalised: e-mail addresses are trimmed and lower-cased, everything else is trimmed.
    #[must_use]
    pub fn new(namespace: &str, value: &str) -> Self {
        let value = value.trim();
        let value = if namespace == "email" { value.to_lowercase() } else { value.to_owned() };
        Self { namespace: namespace.to_owned(), value }
    }

    /// Placeholders, in lower case, beside those made of zeros and dashes.
    pub const UNUSABLE: [&str; 9] =
        ["-1", "null", "none", "nil", "nan", "n/a", "undefined", "anonymous", "unknown"];

    /// Whether a value can stand for a person at all. Placeholders never do (Segment's blocked values:
    /// zeros and dashes, `-1`, `null`, `anonymous`; plus what exports write for nothing).
    #[must_use]
    pub fn is_usable(value: &str) -> bool {
        let value = value.trim();
        !value.is_empty()
            && !value.bytes().all(|b| b == b'0' || b == b'-')
            && !Self::UNUSABLE.iter().any(|blocked| value.eq_ignore_ascii_case(blocked))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.value)
    }
}

/// A person within one frame: a dense row number that means nothing outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Person(pub u32);

impl Person {
    /// The row.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!(concat!($prefix, "{:05}"), self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix($prefix).unwrap_or(text).parse().map(Self)
            }
        }
    };
}

number_id!(
    /// A person's public id: that of their oldest identity, `p-00017`. Never reused.
    ProfileId, "p-");
number_id!(
    /// One import, `b-00003`.
    BatchId, "b-");
number_id!(
    /// One stored event row.
    EventId, "e-");
number_id!(
    /// One simulation run, `r-00001`.
    RunId, "r-");
