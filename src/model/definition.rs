//! Definitions: append-only text with a version and a content hash. What they say belongs to the rooms that read them.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A named set of profiles.
    Segment,
    /// What is shown or sent.
    Experience,
    /// What is measured.
    Metric,
    /// A test.
    Experiment,
    /// Caps and quiet hours.
    ContactPolicy,
    /// Lifecycle stages and intents.
    Stages,
    /// Questions asked after a moment.
    Survey,
    /// A graph of steps.
    Journey,
    /// A simulation scenario.
    World,
    /// How a file's columns become facts.
    Mapping,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Segment,
        Self::Experience,
        Self::Metric,
        Self::Experiment,
        Self::ContactPolicy,
        Self::Stages,
        Self::Survey,
        Self::Journey,
        Self::World,
        Self::Mapping,
    ];

    /// The canonical name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Experience => "experience",
            Self::Metric => "metric",
            Self::Experiment => "experiment",
            Self::ContactPolicy => "contact-policy",
            Self::Stages => "stages",
            Self::Survey => "survey",
            Self::Journey => "journey",
            Self::World => "world",
            Self::Mapping => "mapping",
        }
    }

    /// The kind of a canonical name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// SHA-256 of a definition's text, or of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first four bytes in hex, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.iter().take(4).map(|b| format!("{b:02x}")).collect()
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// One version of one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it defines.
    pub kind: Kind,
    /// Its name, unique within the kind.
    pub name: String,
    /// From 1, counting up.
    pub version: u32,
    /// The text as the person wrote it.
    pub text: String,
}

impl Definition {
    /// The content hash of the text.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(self.text.as_bytes())
    }
}
