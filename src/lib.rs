//! Segue: a local-first terminal console for personalization and experimentation.

pub mod cli;
pub mod model;
pub mod panel;
pub mod rule;
pub mod stats;
pub mod tui;
