//! Worlds: people who browse, add, buy, open, click, unsubscribe and answer, with draws that depend on nothing but the
//! seed and the person, and a truth that is known.

pub mod behaviour;
mod check;
pub mod people;
pub mod truth;
pub mod world;

pub use behaviour::Behaviour;
pub use check::{MOST_DAYS, MOST_PEOPLE};
pub use truth::{Truth, truth};
pub use world::World;
