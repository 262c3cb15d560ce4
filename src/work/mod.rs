//! Long work, in one vocabulary for every front end: it reports [`Progress`], stops when its [`Cancel`] says so, and owns
//! the clocks and threads. Here the rooms that do not know each other are joined.

pub mod allowed;
pub mod answers;
pub mod calibrate;
pub mod cancel;
mod columns;
pub mod console;
pub mod contact;
pub mod define;
pub mod doctor;
pub mod experiment;
pub mod frame;
pub mod free_names;
pub mod import;
pub mod ledger;
pub mod lesson;
mod met;
pub mod names;
pub mod observed;
pub mod one;
pub mod port;
pub mod progress;
pub mod reach;
pub mod run;
pub mod sample;
pub mod segment_history;
pub mod uses;

pub use cancel::Cancel;
pub use progress::Progress;
