//! The engine asked directly: limits recounted by hand, the behaviour of the field's tools, placements, edge cases, and that
//! a decision allocates nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "decide/allocations.rs"]
mod allocations;
#[path = "decide/edges.rs"]
mod edges;
#[path = "decide/peers.rs"]
mod peers;
#[path = "decide/placements.rs"]
mod placements;
#[path = "decide/recount.rs"]
mod recount;
#[path = "decide/shop.rs"]
mod shop;
#[path = "decide/states.rs"]
mod states;
#[path = "decide/whys.rs"]
mod whys;
