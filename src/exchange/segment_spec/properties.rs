//! Properties, traits and products of a message as the flat JSON of a fact.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Object;
use super::bad::Bad;
use crate::exchange::fault::quoted;
use crate::exchange::json_text::{push_decimal, push_string};
use crate::model::Decimal;
use crate::model::decimal::DecimalError;
use crate::model::fact::{FactChunk, Slice};

/// Properties that are amounts. A finer number in one of these would make sums wrong, so the message is rejected; any
/// other finer number (a coordinate, a score) is kept as text.
const AMOUNTS: [&str; 10] =
    ["price", "revenue", "total", "subtotal", "value", "tax", "shipping", "discount", "quantity", "amount"];

/// Nesting beyond this is no property any more.
const DEEPEST: usize = 8;

/// Writes properties flat: nested objects become names with dots.
pub(super) struct Writer<'a> {
    pub(super) misfits: &'a mut BTreeMap<String, u64>,
    pub(super) skip: &'static str,
    pub(super) any: bool,
}

impl Writer<'_> {
    pub(super) fn fields(
        &mut self,
        prefix: &str,
        object: &Object,
        depth: usize,
        out: &mut String,
    ) -> Result<(), Bad> {
        let skip = if prefix.is_empty() { self.skip } else { "" };
        for (key, value) in object.iter().filter(|(key, _)| skip.is_empty() || *key != skip) {
            self.value(&format!("{prefix}{key}"), value, depth, out)?;
        }
        Ok(())
    }

    pub(super) fn value(
        &mut self,
        name: &str,
        value: &Value,
        depth: usize,
        out: &mut String,
    ) -> Result<(), Bad> {
        match value {
            Value::Null => return Ok(()),
            Value::Object(inner) if depth < DEEPEST => {
                return self.fields(&format!("{name}."), inner, depth + 1, out);
            }
            _ => {}
        }
        push_string(out, name);
        out.push(':');
        match value {
            Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Value::Number(number) => self.number(name, number, out)?,
            Value::String(text) => push_string(out, text),
            Value::Array(list) if list.iter().all(|entry| !entry.is_object() && !entry.is_array()) => {
                out.push_str(&value.to_string());
            }
            // A list of objects that is not the order's lines, or a very deep object, is kept readable as text.
            other => push_string(out, &other.to_string()),
        }
        out.push(',');
        self.any = true;
        Ok(())
    }

    fn number(&mut self, name: &str, number: &serde_json::Number, out: &mut String) -> Result<(), Bad> {
        let text = match number.as_f64() {
            // Only the shortest decimal text of a float is what the author wrote.
            Some(float) if number.is_f64() => format!("{float}"),
            _ => number.to_string(),
        };
        match Decimal::parse(text.as_bytes()) {
            Ok(decimal) => push_decimal(out, decimal),
            Err(error) => {
                let last = name.rsplit('.').next().unwrap_or(name);
                if AMOUNTS.contains(&last) {
                    let said = match error {
                        DecimalError::TooFine => {
                            format!("{} has more than four decimal places", quoted(&text))
                        }
                        _ => format!("{} is beyond ±922,337,203,685,477.5807", quoted(&text)),
                    };
                    let help = "round it to four places; amounts are kept exactly";
                    return Err(Bad::in_field(name, "number-too-fine", said, help));
                }
                *self.misfits.entry(name.to_owned()).or_insert(0) += 1;
                push_string(out, &text);
            }
        }
        Ok(())
    }
}

/// The products of an order, one flat object each.
pub(super) fn items(
    products: &[Value],
    misfits: &mut BTreeMap<String, u64>,
    chunk: &mut FactChunk,
) -> Result<Slice, Bad> {
    if products.is_empty() {
        return Ok(0..0);
    }
    let start = chunk.text.len() as u32;
    for (index, product) in products.iter().enumerate() {
        let Value::Object(fields) = product else {
            let said = format!("{} is no product", quoted(&product.to_string()));
            return Err(Bad::in_field(
                "products",
                "item-not-object",
                said,
                "write each product as an object",
            ));
        };
        chunk.text.push(if index == 0 { '[' } else { ',' });
        chunk.text.push('{');
        let mut writer = Writer { misfits, skip: "", any: false };
        writer.fields("", fields, 0, &mut chunk.text)?;
        if writer.any {
            chunk.text.pop();
        }
        chunk.text.push('}');
    }
    chunk.text.push(']');
    Ok(start..chunk.text.len() as u32)
}

/// A field that is an object where it is there.
pub(super) fn object_in<'a>(message: &'a Object, field: &str) -> Result<Option<&'a Object>, Bad> {
    match message.get(field) {
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => {
            let said = format!("{field} is no object");
            Err(Bad::in_field(field, "message-field", said, "write it as {\"name\": value, …}"))
        }
    }
}
