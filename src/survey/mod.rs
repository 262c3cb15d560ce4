//! Surveys after key moments, and satisfaction as a share with its uncertainty.

pub mod benchmark;
pub mod definition;
pub mod satisfaction;

pub use definition::Survey;
