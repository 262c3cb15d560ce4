//! What sources allow: a source may say for which purposes its data may be used, and that holds where data is used, not where
//! it lies.

pub mod uses;

pub use uses::{Uses, check};
