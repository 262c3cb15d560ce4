//! Where a message happened, as far as it says.

use serde_json::Value;

use super::Object;
use super::who::id_text;
use crate::model::Channel;

/// Parts of the names of libraries that run in an application.
const OF_APPS: [&str; 10] = [
    "ios",
    "android",
    "react-native",
    "reactnative",
    "flutter",
    "swift",
    "kotlin",
    "cordova",
    "xamarin",
    "unity",
];

/// The channel a message names, itself or in its context; else the one its library and its context are of. A device says
/// nothing of it: a telephone's browser is still the web.
pub(super) fn channel(message: &Object) -> Channel {
    let context = message.get("context");
    named(message.get("channel"))
        .or_else(|| named(context?.get("channel")))
        .or_else(|| of_library(context))
        .or_else(|| of_kind(message))
        .or_else(|| of_context(context?))
        .unwrap_or(Channel::Unknown)
}

/// The channel of this name. That a server told of it leaves open where it happened.
fn named(value: Option<&Value>) -> Option<Channel> {
    let said = id_text(value).filter(|said| !said.eq_ignore_ascii_case("server"))?;
    said.parse().ok().filter(|channel| *channel != Channel::Unknown)
}

fn of_library(context: Option<&Value>) -> Option<Channel> {
    let name = context?.get("library")?.get("name")?.as_str()?.to_ascii_lowercase();
    let is = |part: &str| name.contains(part);
    if OF_APPS.iter().any(|part| is(part)) {
        return Some(Channel::App);
    }
    let in_browsers =
        name == "analytics.js" || ["javascript", "analytics-next", "browser"].iter().any(|part| is(part));
    in_browsers.then_some(Channel::Web)
}

fn of_kind(message: &Object) -> Option<Channel> {
    match message.get("type")?.as_str()? {
        "screen" => Some(Channel::App),
        "page" => Some(Channel::Web),
        _ => None,
    }
}

fn of_context(context: &Value) -> Option<Channel> {
    let says = |name: &str| context.get(name).is_some_and(|value| !value.is_null());
    let browser = |agent: &Value| agent.as_str().is_some_and(|agent| agent.starts_with("Mozilla/"));
    if context.get("page").is_some_and(|page| page.get("url").or(page.get("path")).is_some()) {
        Some(Channel::Web)
    } else if says("app") {
        Some(Channel::App)
    } else {
        context.get("userAgent").is_some_and(browser).then_some(Channel::Web)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Channel {
        channel(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap())
    }

    #[test]
    fn what_is_said_outright_comes_first_and_a_device_says_nothing() {
        for (text, expected) in [
            (r#"{"type":"track","channel":"mobile","context":{"channel":"web"}}"#, Channel::App),
            (r#"{"type":"track","channel":"browser"}"#, Channel::Web),
            (r#"{"type":"track","context":{"channel":"web","device":{"type":"mobile"}}}"#, Channel::Web),
            (r#"{"type":"screen","context":{"channel":"web"}}"#, Channel::Web),
            (r#"{"type":"track","channel":"server","context":{"channel":"app"}}"#, Channel::App),
            (r#"{"type":"track","channel":"server"}"#, Channel::Unknown),
            (
                r#"{"type":"track","channel":"the moon","context":{"library":{"name":"analytics-ios"}}}"#,
                Channel::App,
            ),
            (
                r#"{"type":"track","context":{"library":{"name":"RudderLabs JavaScript SDK"},"app":{"name":"x"}}}"#,
                Channel::Web,
            ),
            (
                r#"{"type":"track","context":{"library":{"name":"analytics.js"},"app":{"name":"x"}}}"#,
                Channel::Web,
            ),
            (
                r#"{"type":"track","context":{"library":{"name":"com.rudderstack.android.sdk.core"}}}"#,
                Channel::App,
            ),
            (
                r#"{"type":"track","context":{"app":{"name":"Shop","version":"2.1"},"device":{"type":"ios"}}}"#,
                Channel::App,
            ),
            (r#"{"type":"track","context":{"page":{"url":"https://shop.example/"}}}"#, Channel::Web),
            (r#"{"type":"track","context":{"userAgent":"Mozilla/5.0 (iPhone) Mobile"}}"#, Channel::Web),
            (r#"{"type":"track","context":{"userAgent":"okhttp/4.9"}}"#, Channel::Unknown),
            (r#"{"type":"track","context":{"device":{"type":"mobile"}}}"#, Channel::Unknown),
            (r#"{"type":"screen"}"#, Channel::App),
            (r#"{"type":"page","context":7}"#, Channel::Web),
            (r#"{"type":"track"}"#, Channel::Unknown),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
