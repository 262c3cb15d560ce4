//! What is shown or sent: content with merge tags and a fallback, on a channel, for a purpose.

pub mod content;
pub mod definition;

pub use content::{Rendered, render};
pub use definition::{Experience, Form};
