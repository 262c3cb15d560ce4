//! Journeys: a versioned graph of steps, and the pure transition that moves one person through it.

pub mod draft;
pub mod entry;
pub mod graph;
pub mod step;

pub use draft::Draft;
pub use graph::{Graph, StepIndex, StepKind};
pub use step::{Answer, Ask, Effect, Ending, Enrollment, Input, step};
