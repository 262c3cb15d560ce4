//! Lifecycle stages and intents: ordered rules, the first match wins.

use crate::model::Time;
use crate::rule::{Plan, Point, Subject};

/// The compiled stages.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    lifecycle: Vec<(String, Plan)>,
    intent: Vec<(String, Plan)>,
}

impl Stages {
    /// Reads the text.
    pub fn parse(
        _text: &str,
        _catalog: &dyn crate::rule::Catalog,
    ) -> Result<Self, Vec<crate::model::Problem>> {
        Ok(Self::default())
    }
    /// The first lifecycle stage whose rule holds.
    pub fn lifecycle(&self, subject: &dyn Subject, point: Point) -> Option<&str> {
        self.lifecycle.iter().find(|(_, p)| p.holds(subject, point).is_true()).map(|(n, _)| n.as_str())
    }
    /// The first intent whose rule holds over the running session.
    pub fn intent(&self, subject: &dyn Subject, _start: Time, point: Point) -> Option<&str> {
        self.intent.iter().find(|(_, p)| p.holds(subject, point).is_true()).map(|(n, _)| n.as_str())
    }
    /// Names.
    pub fn lifecycles(&self) -> impl Iterator<Item = &str> {
        self.lifecycle.iter().map(|(n, _)| n.as_str())
    }
    /// Names.
    pub fn intents(&self) -> impl Iterator<Item = &str> {
        self.intent.iter().map(|(n, _)| n.as_str())
    }
    /// Names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lifecycles().chain(self.intents())
    }
}
