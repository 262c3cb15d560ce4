//! Segments: named sets of people, who is in them and why; how they change, overlap and differ from everybody else;
//! lifecycle stages and intents; funnels.

pub mod against;
pub mod breakdown;
pub mod change;
pub mod definition;
pub mod funnel;
pub mod library;
pub mod membership;
pub mod overlap;
pub mod place;
pub mod ready;
pub mod resolve;
pub mod stages;

pub use change::Change;
pub use definition::{Body, Segment};
pub use funnel::Funnel;
pub use library::Library;
pub use membership::{ClauseCount, Membership};
pub use overlap::Overlap;
pub use stages::Stages;
