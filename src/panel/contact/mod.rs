//! What people see of decisions and of the contact policy: fatigue in full, what lies ahead, other policies, who gets what,
//! where people are lost, and why.

pub mod compare;
pub mod cost;
pub mod fatigue;
pub mod forecast;
pub mod gates;
pub mod grid;
mod scene;
pub mod why;

pub use compare::Comparison;
pub use fatigue::FatigueInFull;
pub use forecast::Forecast;
pub use gates::GateLosses;
pub use grid::Grid;
pub use scene::{About, Scene};
