//! A design being written: what there is to pick from, what is wrong with it, what can be expected of it, and what a change does
//! to an experiment that runs.

pub mod expectation;

use serde::{Deserialize, Serialize};

pub use expectation::{Expectation, ExpectedMetric, PowerCurve};

use crate::experiment::design::Change;
use crate::model::Problem;

/// A design opened to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Its name; none for a new one.
    pub name: Option<String>,
    /// The version it begins from.
    pub version: Option<u32>,
    /// Its text as it is kept.
    pub text: String,
    /// What its fields may be filled with.
    pub picks: Picks,
}

/// What there is to pick from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picks {
    /// Segments, with their members where they are known.
    pub segments: Vec<(String, Option<u64>)>,
    /// Metrics defined here, then the ready ones.
    pub metrics: Vec<String>,
    /// Experiences.
    pub experiences: Vec<String>,
    /// Identity namespaces.
    pub namespaces: Vec<String>,
    /// Layers other experiments name.
    pub layers: Vec<String>,
    /// Holdouts other experiments name.
    pub holdouts: Vec<String>,
}

/// What is to be said of a design as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The question it answers.
    pub ticket: u64,
    /// Everything that keeps it from being kept.
    pub problems: Vec<Problem>,
    /// What a change does, where people were assigned already.
    pub running: Option<Running>,
    /// What can be expected; none while it is worked out, or where problems stand before it.
    pub expectation: Option<Expectation>,
    /// Which people it speaks of.
    pub basis: String,
}

/// What a new version does to an experiment that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Running {
    /// Everything that is different, each with whether it is safe and why.
    pub changes: Vec<Change>,
    /// The phase with the new version.
    pub phase: u32,
    /// Whether it begins with it.
    pub begins: bool,
}

impl Running {
    /// What saving does, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self.begins {
            true => format!(
                "Saving begins phase {}: people assigned so far are read apart from those to come.",
                self.phase
            ),
            false => format!("Saving is safe: phase {} goes on.", self.phase),
        }
    }
}
