//! Who may be reached, how often and when: consent, do-not-contact, caps, cool-downs, quiet hours, pressure.

pub mod audit;
pub mod cap;
mod check;
pub mod claim;
pub mod consent;
pub mod cooldown;
pub mod on_cap;
pub mod opening;
pub mod policy;
pub mod pressure;
pub mod quiet;
pub mod replay;
pub mod rules;
pub mod suppression;
pub mod window;
pub mod words;

pub use crate::model::zone;

pub use cap::{CapVerdict, Sent};
pub use policy::Policy;
pub use rules::Rules;
