//! What leaves the program to be read by people: panels as a self-contained page.

pub mod brief;
pub mod svg;
