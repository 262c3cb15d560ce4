//! Experiments.
pub mod bucket;
pub mod collect;
pub mod design;
pub mod health;
pub mod measure;
pub mod metric;
mod text;
pub use bucket::HashVersion;
pub use collect::Collected;
pub use design::{Assignment, Design, NotAssigned};
pub use measure::{Tally, UnitValue};
pub use metric::{Better, Metric, MetricKind};
