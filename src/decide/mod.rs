//! The engine: a request goes through the gates in order and comes out as a decision with a trace. Live traffic,
//! replay, simulation and "what would Anne get?" all come through here.

pub mod library;
pub mod message;
pub mod placement;
pub mod state;
pub mod test;
pub mod trace;

pub use library::{Content, Library};
pub use message::{Verdict, message};
pub use placement::{Shown, placement};
pub use state::State;
pub use test::{Assigned, test};
pub use trace::{Gate, GateNote, Trace};
