//! Segue: a local-first terminal console for personalization and experimentation.

pub mod cli;
pub mod experiment;
pub mod model;
pub mod panel;
pub mod rule;
pub mod stats;
