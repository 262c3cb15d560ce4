//! Named sets of people, and the stages people are in.

pub mod stages;

pub use stages::Stages;
