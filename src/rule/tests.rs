//! The language as a whole: what reads as what, what is refused and how, and what holds.

mod bytes;
mod evaluation;
mod faults;
mod forms;
mod grammar;
mod people;
mod through;
