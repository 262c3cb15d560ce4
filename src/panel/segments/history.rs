//! How a segment was before: its versions over today's people, and its size from date to date.

use serde::{Deserialize, Serialize};

use crate::model::Time;

/// An answer to `Command::LoadHistory`; it comes again each time more is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The segment.
    pub name: String,
    /// Every version, the oldest first, asked of today's people.
    pub versions: Vec<Stand>,
    /// The newest version at earlier moments, the oldest first.
    pub sizes: Vec<Stand>,
    /// Whether more is being worked out.
    pub unfinished: bool,
    /// Why there is nothing more.
    pub problem: Option<String>,
}

/// The segment at one moment or in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// The moment, or when the version was kept.
    pub at: Time,
    /// The version; none for a moment.
    pub version: Option<u32>,
    /// How many were in it.
    pub count: Option<u64>,
    /// Why that is not known.
    pub withheld: Option<String>,
    /// How many were in it and not in the one before.
    pub joined: Option<u64>,
    /// How many were in the one before and not in it.
    pub left: Option<u64>,
}
