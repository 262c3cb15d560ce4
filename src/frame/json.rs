//! Reads the JSON of properties, traits and items straight into the caller's hands, without building a tree of it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{Decimal, Value};

/// A value of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Read<'a> {
    Null,
    Flag(bool),
    Number(Decimal),
    Text(&'a str),
    List(Vec<Value>),
    /// A number beyond four places or the range.
    Unfit,
}

/// Reads one object; names of nested objects are joined with dots. Says whether the text was JSON.
pub(super) fn object(text: &str, found: &mut dyn FnMut(&str, Read<'_>)) -> bool {
    if text.is_empty() {
        return true;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    Object { prefix: "", found }.deserialize(&mut reader).is_ok()
}

/// Reads an array of objects, each value with the number of its object. Says how many there were and whether the text was
/// JSON.
pub(super) fn objects(text: &str, found: &mut dyn FnMut(u32, &str, Read<'_>)) -> (u32, bool) {
    if text.is_empty() {
        return (0, true);
    }
    let mut count = 0;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Objects { count: &mut count, found }.deserialize(&mut reader).is_ok();
    (count, read)
}

struct Objects<'f> {
    count: &'f mut u32,
    found: &'f mut dyn FnMut(u32, &str, Read<'_>),
}

impl<'de> DeserializeSeed<'de> for Objects<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let index = *self.count;
            let mut forward = |name: &str, value: Read<'_>| (self.found)(index, name, value);
            if seq.next_element_seed(Object { prefix: "", found: &mut forward })?.is_none() {
                return Ok(());
            }
            *self.count += 1;
        }
    }
}

struct Object<'f> {
    prefix: &'f str,
    found: &'f mut dyn FnMut(&str, Read<'_>),
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key_seed(KeySeed)? {
            let name: Cow<'_, str> =
                if self.prefix.is_empty() { key } else { format!("{}.{key}", self.prefix).into() };
            map.next_value_seed(Member { name: &name, found: &mut *self.found })?;
        }
        Ok(())
    }
}

struct Key<'a>(Cow<'a, str>);
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}

struct Member<'f> {
    name: &'f str,
    found: &'f mut dyn FnMut(&str, Read<'_>),
}

impl Member<'_> {
    fn tell<E>(self, value: Read<'_>) -> Result<(), E> {
        (self.found)(self.name, value);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.tell(Read::Null)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.tell(Read::Flag(flag))
    }
    fn visit_i64<E>(self, n: i64) -> Result<(), E> {
        self.tell(Decimal::from_int(n).map_or(Read::Unfit, Read::Number))
    }
    fn visit_u64<E>(self, n: u64) -> Result<(), E> {
        self.tell(i64::try_from(n).ok().and_then(Decimal::from_int).map_or(Read::Unfit, Read::Number))
    }
    fn visit_f64<E>(self, x: f64) -> Result<(), E> {
        self.tell(exact(x).map_or(Read::Unfit, Read::Number))
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.tell(Read::Text(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut list = Vec::new();
        while let Some(element) = seq.next_element::<serde_json::Value>()? {
            list.extend(scalar(&element));
        }
        self.tell(Read::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        if self.name.matches('.').count() > 8 {
            // Deeper than any rule would name it.
            let mut map = map;
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        Object { prefix: self.name, found: self.found }.visit_map(map)
    }
}

/// The decimal an author wrote, from the float a JSON reader made of it.
fn exact(x: f64) -> Option<Decimal> {
    let scaled = (x * 1e4).round();
    // Below 2⁵³ every decimal of four places has its own float, so dividing back proves it.
    if scaled.abs() < 9e15 && (scaled / 1e4).to_bits() == x.to_bits() {
        return Some(Decimal::from_scaled(scaled as i64));
    }
    x.to_string().parse().ok()
}

fn scalar(value: &serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::Bool(flag) => Some(Value::Flag(*flag)),
        serde_json::Value::Number(number) => {
            Some(number.to_string().parse().map_or_else(|_| Value::Text(number.to_string()), Value::Number))
        }
        serde_json::Value::String(text) => Some(Value::Text(text.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, bool) {
        let mut seen = Vec::new();
        let ok = object(text, &mut |name, value| seen.push(format!("{name}={value:?}")));
        (seen, ok)
    }

    #[test]
    fn values_arrive_typed_and_flattened() {
        let (seen, ok) = read(
            r#"{"a":1,"b":12.34,"c":"x","d":null,"e":true,"f":{"g":{"h":-0.001}},"i":[1,"z"],"j":1.00001,"k":1e30}"#,
        );
        assert!(ok);
        assert_eq!(
            seen,
            [
                "a=Number(Decimal(10000))",
                "b=Number(Decimal(123400))",
                "c=Text(\"x\")",
                "d=Null",
                "e=Flag(true)",
                "f.g.h=Number(Decimal(-10))",
                "i=List([Number(Decimal(10000)), Text(\"z\")])",
                "j=Unfit",
                "k=Unfit",
            ]
        );
        assert!(read("").1 && !read("{").1 && !read("[]").1);
    }

    #[test]
    fn items_arrive_with_their_number() {
        let mut seen = Vec::new();
        let counted = objects(r#"[{"a":1},{},{"a":"x","b":2}]"#, &mut |index, name, _| {
            seen.push(format!("{index}{name}"))
        });
        assert_eq!(counted, (3, true));
        assert_eq!(seen, ["0a", "2a", "2b"]);
        assert_eq!(objects("", &mut |_, _, _| {}), (0, true));
        assert!(!objects("[1]", &mut |_, _, _| {}).1);
    }

    #[test]
    fn floats_keep_what_was_written() {
        for text in ["0.1", "0.3", "12.99", "999999999.9999", "-7.25", "123456789012.3456"] {
            assert_eq!(exact(text.parse().unwrap()), Some(text.parse().unwrap()), "{text}");
        }
        assert_eq!(exact(0.00001), None);
        assert_eq!(exact(f64::NAN), None);
    }
}
