//! Experiments: the list, and each one's read-out.

mod checks;
mod cuped;
mod denominator;
mod finding;
mod read_out;
#[cfg(test)]
mod tests;

pub use checks::{checks, denominators, start, strangers};
pub use denominator::denominator;
pub(super) use finding::direction;
pub use finding::finding;
pub use read_out::{About, Look};

use serde::{Deserialize, Serialize};

use super::figures;
use super::uplift::GuardrailVerdict;
use crate::experiment::beside::Denominator;
use crate::experiment::closer::Closer;
use crate::experiment::{Better, Numbers};
use crate::model::Time;
use crate::stats::Reading;

/// What is said of a design that is not adjusted for what people did before.
pub const NOT_ADJUSTED: &str = "Not adjusted for what people did before (CUPED): the design does not ask for it ([analysis] cuped = true).";

/// The Experiments screen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Experiments {
    /// A sentence a client understands.
    pub sentence: String,
    /// The experiments, running ones first.
    pub rows: Vec<Experiment>,
}

impl Experiments {
    /// The screen of these read-outs, in the order they are given.
    #[must_use]
    pub fn of(rows: Vec<Experiment>) -> Self {
        let running = rows.iter().filter(|row| row.state.starts_with("running")).count() as u64;
        let imported = rows.iter().filter(|row| row.state == "imported").count() as u64;
        let ended = rows.iter().filter(|row| row.state.starts_with("ended")).count() as u64;
        let planned = rows.len() as u64 - running - ended - imported;
        let counts = [
            (running, "is running", "are running"),
            (ended, "has ended", "have ended"),
            (imported, "was imported", "were imported"),
            (planned, "has nothing measured", "have nothing measured"),
        ];
        let said: Vec<String> = counts
            .into_iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| format!("{} {}", figures::count(n), if n == 1 { one } else { many }))
            .collect();
        Self { sentence: finding::list(&said), rows }
    }
}

/// One experiment's read-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Its name, as the command line takes it.
    pub name: String,
    /// What it is about: `Cart recovery: bundle against 10 % off`.
    pub title: String,
    /// `running, day 6 of 14`, `finished`, `imported`.
    pub state: String,
    /// What to do.
    pub advice: Advice,
    /// Why, in a sentence: `keep running: 4 days to the planned power`.
    pub sentence: String,
    /// How intervals are made: `always valid 95 %`.
    pub method: String,
    /// Checks of the data, each with its outcome.
    pub health: Vec<Health>,
    /// Units exposed.
    pub exposed: u64,
    /// Units whose window has elapsed; the same as exposed where there is no window.
    pub matured: u64,
    /// Units seen in more than one variant, excluded.
    pub excluded: u64,
    /// The point the numbers stand for; none for values given by an import.
    pub as_of: Option<Time>,
    /// A short hash of definitions and data, to be quoted with the result.
    pub receipt: String,
    /// The arms: the control first.
    pub arms: Vec<ArmCount>,
    /// The metrics, primary ones first.
    pub metrics: Vec<Metric>,
    /// Further remarks, each a sentence: CUPED, what is missing.
    pub notes: Vec<String>,
    /// What lies behind the numbers: balance, novelty, parts of the people, the course so far.
    #[serde(default)]
    pub closer: Closer,
}

/// What to do with an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// Go with the treatment.
    Ship,
    /// End it: something is harmed.
    Stop,
    /// Wait.
    KeepRunning,
    /// The planned number is reached and nothing is shown.
    Inconclusive,
    /// No advice: the data are not sound, or nothing was planned.
    None,
}

/// One check of the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `sample ratio`, `two arms`, `outliers`.
    pub name: String,
    /// How it came out.
    pub state: HealthState,
    /// With which numbers, and what that means.
    pub detail: String,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthState {
    /// Sound.
    Fine,
    /// To be looked at.
    Doubtful,
    /// Results are withheld for it.
    Broken,
}

/// Units in one arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmCount {
    /// The variant.
    pub variant: String,
    /// Units measured.
    pub n: u64,
}

/// What a metric's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A plain number per unit.
    Plain,
    /// A share, printed in per cent.
    Share,
    /// An amount; the metric's `currency` says of what.
    Money,
    /// A rate, printed per 1,000.
    PerThousand,
}

/// What a metric is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// What decides.
    Primary,
    /// What explains.
    Secondary,
    /// What must not get worse.
    Guardrail,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name: `orders per person`.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// Which way it should move.
    #[serde(default)]
    pub better: Better,
    /// What its numbers are.
    pub unit: Unit,
    /// The sign or code of its currency: `€`.
    pub currency: Option<String>,
    /// The control's mean; none while it is withheld.
    pub control: Option<f64>,
    /// Each treatment against the control.
    pub comparisons: Vec<Comparison>,
}

/// One treatment against the control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The treatment.
    pub variant: String,
    /// Its mean; none while it is withheld.
    pub mean: Option<f64>,
    /// The difference in the metric's own unit.
    pub absolute: Reading,
    /// The relative difference as a fraction.
    pub relative: Reading,
    /// The p-value adjusted for the number of comparisons, if a test was made.
    pub p_adjusted: Option<f64>,
    /// What is to be believed of it, where the Bayesian engine reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub belief: Option<Belief>,
    /// The denominator of a ratio compared on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<Denominator>,
    /// The verdict, if the metric is a guardrail.
    pub guardrail: Option<GuardrailVerdict>,
}

/// What is to be believed of a treatment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Belief {
    /// The probability that it is better than the control.
    pub chance_to_win: f64,
    /// What choosing it costs on average, as a fraction of the control's mean.
    pub risk_treatment: f64,
    /// What keeping the control costs on average, likewise.
    pub risk_control: f64,
}

impl Belief {
    fn of(numbers: &Numbers) -> Option<Self> {
        Some(Self {
            chance_to_win: numbers.chance_to_win?,
            risk_treatment: numbers.risk_treatment?,
            risk_control: numbers.risk_control?,
        })
    }

    /// `better with 97 %, risk 0.12 %`.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "better with {}, risk {}",
            figures::chance(self.chance_to_win),
            figures::loss(self.risk_treatment)
        )
    }
}
