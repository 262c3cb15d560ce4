//! Segue: a local-first terminal console for personalization and experimentation.

pub mod model;
