//! What surrounds a message: the device, system, language, zone and place its context tells, under the names rules use.
//!
//! | property | said by the context's |
//! |---|---|
//! | `device` | `device.type`, else what `userAgentData` or `userAgent` gives away: `mobile`, `tablet` or `desktop` |
//! | `os` | `os.name` |
//! | `locale` | `locale` |
//! | `timezone` | `timezone` |
//! | `country`, `region`, `city` | `location`, else `geo` (or `geo.city.name` and its like where these are objects) |
//!
//! A message's own properties of these names come first; what is no text or empty is not said.

use serde_json::Value;

use super::Object;

/// What the context says, in the order of the table.
pub(super) fn setting(message: &Object) -> impl Iterator<Item = (&'static str, String)> {
    let context = message.get("context").and_then(Value::as_object);
    let at = move |path: &[&str]| {
        let (first, rest) = path.split_first()?;
        let value = rest.iter().try_fold(context?.get(*first)?, |value, key| value.get(key))?;
        let text = value.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let place = move |name: &str| {
        at(&["location", name]).or_else(|| at(&["geo", name])).or_else(|| at(&["geo", name, "name"]))
    };
    let device = at(&["device", "type"])
        .map(|kind| class(&kind))
        .or_else(|| mobile(context?).then(|| "mobile".to_owned()))
        .or_else(|| of_agent(&at(&["userAgent"])?).map(str::to_owned));
    let said = [
        ("device", device),
        ("os", at(&["os", "name"])),
        ("locale", at(&["locale"])),
        ("timezone", at(&["timezone"])),
        ("country", place("country")),
        ("region", place("region")),
        ("city", place("city")),
    ];
    said.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)))
}

/// Libraries in applications call a device by its system.
fn class(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.as_str() {
        "ios" | "android" | "iphone" | "phone" | "smartphone" => "mobile".to_owned(),
        "ipad" => "tablet".to_owned(),
        "pc" | "computer" | "laptop" => "desktop".to_owned(),
        _ => kind,
    }
}

/// A browser that says it is on a telephone; one that says it is not may still be on a tablet.
fn mobile(context: &Object) -> bool {
    context.get("userAgentData").and_then(|data| data.get("mobile")) == Some(&Value::Bool(true))
}

/// The class of device a browser's own description gives away.
fn of_agent(agent: &str) -> Option<&'static str> {
    let has = |word: &str| agent.contains(word);
    if !agent.starts_with("Mozilla/") {
        None
    } else if has("iPad") || has("Tablet") || (has("Android") && !has("Mobile")) {
        Some("tablet")
    } else if has("Mobi") {
        Some("mobile")
    } else if has("Windows NT") || has("Macintosh") || has("X11") || has("CrOS") {
        Some("desktop")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(context: &str) -> String {
        let message = format!(r#"{{"context":{context}}}"#);
        let message: Value = serde_json::from_str(&message).unwrap();
        let said: Vec<String> =
            setting(message.as_object().unwrap()).map(|(name, value)| format!("{name}={value}")).collect();
        said.join(" ")
    }

    #[test]
    fn the_context_speaks_under_the_names_of_rules() {
        for (context, expected) in [
            (
                r#"{"device":{"type":"Android"},"os":{"name":"Android"},"locale":"de-DE","timezone":"Europe/Berlin","location":{"country":"DE","city":"Berlin","latitude":52.5}}"#,
                "device=mobile os=Android locale=de-DE timezone=Europe/Berlin country=DE city=Berlin",
            ),
            (
                r#"{"device":{"type":"tablet"},"geo":{"country":"AT","region":"9"}}"#,
                "device=tablet country=AT region=9",
            ),
            (r#"{"geo":{"city":{"name":"Wien"}},"location":{"country":" "}}"#, "city=Wien"),
            (
                r#"{"userAgent":"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1"}"#,
                "device=mobile",
            ),
            (r#"{"userAgent":"Mozilla/5.0 (Linux; Android 13; SM-X200) Safari/537.36"}"#, "device=tablet"),
            (
                r#"{"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64)","userAgentData":{"mobile":false}}"#,
                "device=desktop",
            ),
            (r#"{"userAgentData":{"mobile":true}}"#, "device=mobile"),
            (r#"{"userAgent":"okhttp/4.9","locale":7,"device":"mobile","os":null}"#, ""),
            ("7", ""),
        ] {
            assert_eq!(said(context), expected, "{context}");
        }
        assert_eq!(setting(&Object::new()).count(), 0);
    }
}
