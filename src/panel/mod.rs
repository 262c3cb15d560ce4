//! Finished view data: a sentence, the numbers behind it and how precisely to print them. A screen or a report adds
//! only layout; nothing here reads a store or a clock.

pub mod csat;
pub mod fatigue;
pub mod figures;
pub mod live;
pub mod privacy;
pub mod ticker;
pub mod uplift;
pub mod whereabouts;

pub use csat::Csat;
pub use fatigue::Fatigue;
pub use live::{Live, Origin, Stamp, Tick};
pub use uplift::Uplift;
pub use whereabouts::Whereabouts;
