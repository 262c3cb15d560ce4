//! Experiments: who gets what, what is measured of them, and what may be said about it.
//!
//! [`design`] assigns through [`bucket`], or [`viewed`] events tell who saw what; a [`metric`] says what counts, [`measure`] runs over one unit's events, [`scan`] over everybody's at once, or [`given`] takes
//! values an import brought; [`collect`] and [`record`] sum units up by arm, [`analysis`] compares the arms in [`numbers`], [`verdict`] says what to do and [`closer`] what lies behind it. [`calc`] answers from summary numbers of tests run
//! elsewhere, [`library`] has designs to start from, and [`calibrate`] plays experiments without an effect to see that all this keeps its level.

pub mod analysis;
pub mod before;
pub mod beside;
pub mod bucket;
pub mod calc;
pub mod calibrate;
pub mod closer;
pub mod collect;
pub mod design;
pub mod given;
pub mod health;
pub mod library;
pub mod measure;
pub mod metric;
pub mod numbers;
pub mod ready;
pub mod record;
pub mod scan;
mod text;
pub mod verdict;
pub mod viewed;

pub use analysis::{Analysis, Evidence, Settings, analyse};
pub use bucket::HashVersion;
pub use collect::Collected;
pub use design::{Assignment, Design, NotAssigned};
pub use measure::{Tally, UnitValue};
pub use metric::{Better, Metric, MetricKind};
pub use numbers::Numbers;
pub use record::Recorder;
pub use verdict::{Crossing, Decision, Guardrail, Progress, Verdict, crossings, verdicts};
