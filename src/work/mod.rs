//! Jobs: one vocabulary of long work for every front end; clocks, threads, and the joining of rooms that do not know each
//! other.

pub mod frame;
pub mod run;
pub mod sample;
