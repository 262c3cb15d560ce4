//! Recipients: a segment's people in a file for somebody else, limited to those who may be contacted for what it is for.

pub mod address;
pub mod gate;
pub mod write;

pub use gate::{Gate, LeftOut, Selection, select, within_limits};
pub use write::{Form, Written, save, write};
