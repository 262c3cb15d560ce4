//! The rule language of segments, conditions and goals: text ⇄ tree ⇄ checked plan.

pub mod subject;

pub use subject::{Occurrence, Point, Subject};
