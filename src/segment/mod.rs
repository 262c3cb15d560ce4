//! Segments: named sets of people, who is in them and why; lifecycle stages and intents; funnels.

pub mod definition;
pub mod funnel;
pub mod library;
pub mod membership;
pub mod place;
pub mod resolve;
pub mod stages;

pub use definition::{Body, Segment};
pub use funnel::Funnel;
pub use library::Library;
pub use membership::{ClauseCount, Membership};
pub use stages::Stages;
