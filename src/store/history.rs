//! What the engine decided and how people passed through journeys, streamed like every other fact.

use std::ops::ControlFlow;

use super::Store;
use super::error::Result;
use super::read::{Window, text};
use crate::model::{BatchId, Time};

/// The engine's answer to one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionView<'a> {
    /// The row's id.
    pub id: i64,
    /// The batch that brought it.
    pub batch: BatchId,
    /// For whom.
    pub identity: i64,
    /// When.
    pub at: Time,
    /// The term of the placement.
    pub placement: i64,
    /// The term of the experience; `None` is the fallback.
    pub experience: Option<i64>,
    /// The terms of the experiment and variant that chose it.
    pub variant: Option<(i64, i64)>,
    /// The probability with which it was chosen.
    pub propensity: f64,
    /// The trace of gates, as JSON.
    pub trace: &'a str,
}

/// One passage through a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrollmentView<'a> {
    /// The row's id.
    pub id: i64,
    /// The batch that brought it.
    pub batch: BatchId,
    /// Who.
    pub identity: i64,
    /// The term of the journey.
    pub journey: i64,
    /// Its version.
    pub version: u32,
    /// Since when.
    pub entered: Time,
    /// The term of the step they stand at, or left from.
    pub step: i64,
    /// When they left.
    pub exited: Option<Time>,
    /// How they left, or empty.
    pub outcome: &'a str,
}

impl Store {
    /// Visits every visible decision.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_decision(
        &self,
        window: &Window,
        mut visit: impl FnMut(&DecisionView<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let sql =
            "SELECT id, batch, at, identity, placement, experience, experiment, variant, propensity, trace
                   FROM decision";
        self.ledger(sql, window, |row, batch, at, _| {
            let (experiment, variant): (Option<i64>, Option<i64>) = (row.get(6)?, row.get(7)?);
            Ok(visit(&DecisionView {
                id: row.get(0)?,
                batch,
                identity: row.get(3)?,
                at,
                placement: row.get(4)?,
                experience: row.get(5)?,
                variant: experiment.zip(variant),
                propensity: row.get(8)?,
                trace: text(row, 9)?,
            }))
        })
    }

    /// Visits every visible enrollment that began in the window.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_enrollment(
        &self,
        window: &Window,
        mut visit: impl FnMut(&EnrollmentView<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let sql =
            "SELECT id, batch, entered, identity, journey, version, step, exited, outcome FROM enrollment";
        self.ledger(sql, window, |row, batch, entered, _| {
            Ok(visit(&EnrollmentView {
                id: row.get(0)?,
                batch,
                identity: row.get(3)?,
                journey: row.get(4)?,
                version: row.get(5)?,
                entered,
                step: row.get(6)?,
                exited: row.get::<_, Option<i64>>(7)?.map(Time),
                outcome: text(row, 8)?,
            }))
        })
    }
}
