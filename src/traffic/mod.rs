//! The one loop: a queue of what comes next, each thing taken through journeys and decisions and recorded. Simulation,
//! replay and live traffic differ only in who feeds it.

pub mod compile;
pub mod decided;
pub mod evidence;
pub mod lane;
pub mod ledger;
pub mod names;
pub mod of_frame;
pub mod outcome;
pub mod past;
pub mod profile;
pub mod record;
pub mod route;
pub mod run;
pub mod source;
pub mod vocabulary;

pub use compile::{compile, compile_what_holds};
pub use ledger::Ledger;
pub use past::Recorded;
pub use profile::{Happening, MessageLog, Profile, Property};
pub use record::{Record, What};
pub use route::Route;
pub use run::{Setup, Traffic};
pub use source::{Emit, Happened, Source, Stillness, Stimulus};
pub use vocabulary::{Titles, Vocabulary};
