//! The engine's laws: journeys, holds, exposure, limits, threads, truth.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "engine/ahead.rs"]
mod ahead;
#[path = "engine/capped.rs"]
mod capped;
#[path = "engine/contact.rs"]
mod contact;
#[path = "engine/holdouts.rs"]
mod holdouts;
#[path = "engine/journeys.rs"]
mod journeys;
#[path = "engine/lab.rs"]
mod lab;
#[path = "engine/limits.rs"]
mod limits;
#[path = "engine/runs.rs"]
mod runs;
#[path = "engine/texts.rs"]
mod texts;
