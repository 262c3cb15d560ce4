//! Worlds: people who browse, add, buy, open, click, unsubscribe and answer, with draws that depend on nothing but the
//! seed and the person, and a truth that is known.

pub mod behaviour;
pub mod people;
pub mod truth;
pub mod world;

pub use behaviour::Behaviour;
pub use truth::{Truth, truth};
pub use world::World;
