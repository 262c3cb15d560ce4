//! The engine: a request goes through the gates in order and comes out as a decision with a trace. Live traffic,
//! replay, simulation and "what would Anne get?" all come through here.

mod bind;
pub mod context;
pub mod library;
pub mod limited;
pub mod message;
mod moment;
pub mod over_frame;
pub mod place;
pub mod placement;
mod ranking;
pub mod state;
pub mod test;
pub mod trace;

pub use context::{Context, Visitor, WithContext};
pub use library::{Content, Library};
pub use limited::Limited;
pub use message::{Verdict, message};
pub use place::{Candidate, Choice};
pub use placement::{Decision, Exposed, Shown, arbitrate, placement};
pub use state::{Chosen, State};
pub use test::{Assigned, test};
pub use trace::{Gate, GateNote, Losses, Trace};
