//! Segue: a local-first terminal console for personalization and experimentation.

pub mod cli;
pub mod frame;
pub mod identity;
pub mod config;
pub mod model;
pub mod panel;
pub mod rule;
pub mod segment;
pub mod stats;
pub mod store;
