//! The house stays livable: who may import whom, who may touch what, how large things may grow.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod house;
mod lex;
mod paths;
mod rooms;
mod sizes;
mod touch;
mod words;
