//! What is wrong with a message, and with which field of it.

use crate::exchange::fault::Fault;

/// A fault and the field of the message it is in.
pub(super) struct Bad {
    pub(super) fault: Fault,
    pub(super) field: Option<String>,
}

impl Bad {
    pub(super) fn of(fault: Fault) -> Self {
        Self { fault, field: None }
    }

    pub(super) fn in_field(field: &str, code: &'static str, message: impl Into<String>, help: &str) -> Self {
        Self { fault: Fault::new(code, message, help), field: Some(field.to_owned()) }
    }
}
