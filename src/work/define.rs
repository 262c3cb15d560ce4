//! Definitions held against the workspace before they are kept: what their rules, entries and designs name must be there.

mod excerpt;
pub mod names;
mod written;

pub use excerpt::with_excerpt;
pub use names::{Against, Found};
