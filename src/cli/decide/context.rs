//! What a request says, from JSON: nested objects become names with dots.

use serde_json::Value as Json;

use crate::decide::Context;
use crate::model::{Decimal, Value};

/// Reads an object of fields.
///
/// # Errors
/// In words, where it is no object or a number is beyond what is exact.
pub(super) fn read(text: &str) -> Result<Context, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
    let Json::Object(_) = &json else {
        return Err("write an object such as {\"device\": \"mobile\"}".to_owned());
    };
    let mut fields = Vec::new();
    flatten("", &json, &mut fields)?;
    Ok(Context::new(fields))
}

fn flatten(name: &str, json: &Json, fields: &mut Vec<(String, Value)>) -> Result<(), String> {
    if let Json::Object(object) = json {
        for (key, json) in object {
            let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            flatten(&inner, json, fields)?;
        }
    } else if let Some(value) = value(json)? {
        fields.push((name.to_owned(), value));
    }
    Ok(())
}

/// Nothing for null: the field was not sent.
fn value(json: &Json) -> Result<Option<Value>, String> {
    Ok(Some(match json {
        Json::Null | Json::Object(_) => return Ok(None),
        Json::Bool(flag) => Value::Flag(*flag),
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => {
            let exact = Decimal::parse(number.to_string().as_bytes());
            Value::Number(exact.map_err(|_| format!("{number} is not exact with four decimals"))?)
        }
        Json::Array(list) => {
            let values: Result<Vec<Option<Value>>, String> = list.iter().map(value).collect();
            Value::List(values?.into_iter().flatten().collect())
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Datum;

    #[test]
    fn objects_become_names_with_dots_and_null_is_nothing() {
        let context =
            read(r#"{"device": "mobile", "cart": {"value": 49.5, "empty": false}, "geo": null}"#).unwrap();
        assert_eq!(context.get("device"), Datum::Text("mobile"));
        assert_eq!(context.get("cart.value").to_string(), "49.5");
        assert_eq!(context.get("cart.empty"), Datum::Flag(false));
        assert!(context.get("geo").is_missing() && context.get("cart").is_missing());
        for wrong in ["", "[1]", "7", "{\"n\": 1e99}"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
