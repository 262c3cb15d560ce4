//! Whether the engine keeps its own error rates: experiments without an effect are played from moments and read by the same
//! code that reads real ones.
//!
//! Over a [`grid`] of shares, splits and outcomes, each experiment is looked at a hundred times and once at its end. [`play()`]
//! answers a range of runs and nothing else, so any number of threads gives the same [`Tally`] when parts are put together in
//! order; [`account`] says what it means. [`claims`] checks what planning and variance reduction promise, [`cover`] how often
//! intervals hold an effect that is there; [`course`] lets the same be watched, look by look.

pub mod account;
pub mod claims;
pub mod course;
pub mod cover;
mod draw;
mod play;

use serde::Serialize;

pub use account::{Account, Misses, Readings, Report, Verdict, allowed};
pub use play::{Tally, play};

/// What a unit brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It converts or not.
    Binary,
    /// It spends nothing, or a lognormal amount.
    Money,
}

/// A kind of experiment without an effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cell {
    /// What a unit brings.
    pub outcome: Outcome,
    /// The share of units that bring anything.
    pub rate: f64,
    /// The treatment's share of the traffic.
    pub treatment: f64,
}

/// How experiments are played.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settings {
    /// Experiments per cell.
    pub runs: u32,
    /// The seed.
    pub seed: u64,
    /// People in an experiment, which is what its boundary is tuned to.
    pub people: u32,
    /// Looks, evenly spread.
    pub looks: u32,
    /// One minus the coverage asked for.
    pub alpha: f64,
}

impl Settings {
    /// 10,000 people, 100 looks, 5 %.
    #[must_use]
    pub fn new(runs: u32, seed: u64) -> Self {
        Self { runs, seed, people: 10_000, looks: 100, alpha: 0.05 }
    }
}

/// Shares of 0.5, 2, 5 and 20 %, split evenly and 90 to 10, as conversions and as money.
#[must_use]
pub fn grid() -> Vec<Cell> {
    let mut cells = Vec::new();
    for outcome in [Outcome::Binary, Outcome::Money] {
        for treatment in [0.5, 0.1] {
            cells.extend([0.005, 0.02, 0.05, 0.2].map(|rate| Cell { outcome, rate, treatment }));
        }
    }
    cells
}
