//! Estimates, tests and intervals. Values in, readings out; every formula names its source.

pub mod reading;

pub use reading::{Caution, Estimate, Reading, Why};
