//! Where a message happened, as far as it says.

use serde_json::Value;

use super::Object;
use super::who::id_text;
use crate::model::Channel;

/// The channel a message names, else the one its library and its context are of.
pub(super) fn channel(message: &Object) -> Channel {
    let context = message.get("context");
    let in_context = |path: &[&str]| {
        path.iter().try_fold(context?, |value, key| value.get(key)).and_then(Value::as_str).map(str::to_owned)
    };
    if let Some(Ok(channel)) = id_text(message.get("channel")).map(|said| said.parse()) {
        return channel;
    }
    let library = in_context(&["library", "name"]).unwrap_or_default();
    if library.contains("ios") || library.contains("android") || library.contains("react-native") {
        return Channel::App;
    }
    match message.get("type").and_then(Value::as_str) {
        Some("screen") => Channel::App,
        Some("page") => Channel::Web,
        _ if library == "analytics.js" || in_context(&["page", "url"]).is_some() => Channel::Web,
        _ if in_context(&["device", "type"]).is_some() => Channel::App,
        _ => Channel::Unknown,
    }
}
