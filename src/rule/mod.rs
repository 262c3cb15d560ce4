//! The rule language of segments, conditions and goals: text ⇄ tree ⇄ checked plan.
//!
//! ```text
//! country = "DE" and did("Order Completed") >= 2 within 30d and not in segment "Over-mailed"
//! ```

pub mod calendar;
pub mod catalog;
pub mod check;
pub mod complete;
mod date;
pub mod diagnostic;
pub mod doubts;
pub mod evaluate;
pub mod explain;
pub mod grammar;
mod lex;
pub mod parse;
pub mod plan;
pub mod print;
pub mod rows;
pub mod subject;
pub mod through;
pub mod tree;
pub mod truth;

#[cfg(test)]
mod tests;

pub use catalog::{Catalog, Known, Noun, OpenCatalog, Resolved};
pub use check::{check, compile};
pub use diagnostic::{Diagnostic, render};
pub use explain::Explanation;
pub use lex::quote;
pub use parse::parse;
pub use plan::Plan;
pub use subject::{Moment, Occurrence, Passage, Point, Subject, Told};
pub use through::Through;
pub use tree::Tree;
pub use truth::Truth;
