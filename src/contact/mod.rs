//! Who may be reached, how often and when: consent, do-not-contact, caps, quiet hours, pressure.

pub mod cap;
pub mod consent;
pub mod policy;
pub mod pressure;
pub mod quiet;
pub mod suppression;
pub use crate::model::zone;

pub use cap::{CapVerdict, Sent};
pub use policy::Policy;
