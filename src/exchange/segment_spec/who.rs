//! Who a message is about.

use serde_json::Value;

use super::Object;
use super::bad::Bad;
use crate::exchange::plan::usable;
use crate::model::Identity;
use crate::model::fact::{FactChunk, Slice};

/// The identities a message carries, the surest first.
pub(super) struct Who(pub(super) Vec<Identity>);

impl Who {
    pub(super) fn of(message: &Object) -> Self {
        let inner = |outer: &str| message.get(outer).and_then(|value| value.get("email"));
        let context = message.get("context").and_then(|context| context.get("traits"));
        let said = [
            ("user_id", id_text(message.get("userId"))),
            (
                "email",
                id_text(inner("traits")).or_else(|| id_text(context.and_then(|traits| traits.get("email")))),
            ),
            ("anonymous_id", id_text(message.get("anonymousId"))),
        ];
        Self(
            said.into_iter()
                .filter_map(|(namespace, value)| value.map(|value| (namespace, value)))
                .filter(|(namespace, value)| usable(namespace, value))
                .map(|(namespace, value)| Identity::new(namespace, &value))
                .collect(),
        )
    }

    pub(super) fn main(&self) -> Option<&Identity> {
        self.0.first()
    }

    /// What is wrong where it carries none.
    pub(super) fn nobody(&self) -> Bad {
        Bad::in_field(
            "userId",
            "identity-missing",
            "the message says nothing about who it is",
            "give it a userId or an anonymousId; placeholders such as 0, null or anonymous are not taken",
        )
    }
}

/// The text of an id, which may be written as a number.
pub(super) fn id_text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// Writes an identity into a chunk.
pub(super) fn push_identity(identity: Option<&Identity>, chunk: &mut FactChunk) -> Option<(u32, Slice)> {
    identity.map(|identity| (chunk.namespace(&identity.namespace), chunk.push_str(&identity.value)))
}
