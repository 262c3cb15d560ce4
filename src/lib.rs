//! Segue: a local-first terminal console for personalization and experimentation.

pub mod cli;
pub mod config;
pub mod contact;
pub mod decide;
pub mod exchange;
pub mod experience;
pub mod experiment;
pub mod frame;
pub mod identity;
pub mod journey;
pub mod model;
pub mod panel;
pub mod report;
pub mod rule;
pub mod segment;
pub mod sim;
pub mod stats;
pub mod store;
pub mod survey;
pub mod traffic;
pub mod tui;
pub mod work;
