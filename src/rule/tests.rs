//! The language as a whole: what reads as what, what is refused and how, and what holds.

mod evaluation;
mod faults;
mod grammar;
mod people;
