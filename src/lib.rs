//! Segue: a local-first terminal console for personalization and experimentation.

pub mod cli;
pub mod config;
pub mod exchange;
pub mod model;
pub mod panel;
pub mod rule;
pub mod stats;
pub mod store;
pub mod work;
