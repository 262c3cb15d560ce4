//! Experiments: who gets what, what is measured of them, and what may be said about it.

pub mod bucket;
