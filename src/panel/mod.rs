//! Finished view data: a sentence, the numbers behind it and how precisely to print them. A screen or a report adds
//! only layout; nothing here reads a store or a clock.

pub mod answers;
pub mod audience;
pub mod contact;
pub mod crowd;
pub mod csat;
pub mod data;
pub mod designs;
pub mod experiments;
pub mod fatigue;
pub mod figures;
pub mod jobs;
pub mod journeys;
pub mod lesson;
pub mod live;
pub mod people;
pub mod privacy;
pub mod segments;
mod spent;
pub mod ticker;
pub mod uplift;
pub mod whereabouts;

pub use answers::Answers;
pub use csat::Csat;
pub use data::Data;
pub use experiments::Experiments;
pub use fatigue::Fatigue;
pub use jobs::Jobs;
pub use journeys::Journeys;
pub use live::{Live, Origin, Stamp, Tick};
pub use people::{People, PersonCard};
pub use segments::{SegmentVerdict, Segments};
pub use uplift::Uplift;
pub use whereabouts::Whereabouts;
