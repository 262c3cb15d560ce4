//! The fields of one JSON object, read with their names in every complaint.

use std::cell::RefCell;

use serde_json::{Map, Value};

use crate::model::Problem;

/// Beyond this whole numbers are not exact.
const LARGEST_COUNT: f64 = 9_007_199_254_740_992.0;
/// So much of a text is quoted back.
const QUOTED: usize = 40;

/// An object whose fields are asked for by name; what nobody asked for is known in the end.
pub(super) struct Fields<'j> {
    object: &'j Map<String, Value>,
    /// Where the object is, such as `variants[1].`, put before names.
    place: String,
    asked: RefCell<Vec<&'static str>>,
}

type Read<T> = Result<T, Box<Problem>>;

impl<'j> Fields<'j> {
    pub(super) fn new(object: &'j Map<String, Value>, place: String) -> Self {
        Self { object, place, asked: RefCell::new(vec!["id"]) }
    }

    /// The field's value; null is as good as nothing.
    pub(super) fn get(&self, name: &'static str) -> Option<&'j Value> {
        self.asked.borrow_mut().push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// The field's place and name.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.place)
    }

    pub(super) fn number(&self, name: &'static str) -> Read<Option<f64>> {
        self.get(name).map(|value| self.finite(value, name)).transpose()
    }

    pub(super) fn required(&self, name: &'static str) -> Read<f64> {
        self.number(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn count(&self, name: &'static str) -> Read<Option<u64>> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        whole(number).map(Some).ok_or_else(|| {
            problem(
                "not-a-count",
                format!("{} must be a whole number from zero, not {number}", self.name(name)),
            )
        })
    }

    pub(super) fn flag(&self, name: &'static str) -> Read<Option<bool>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(problem("not-a-flag", format!("{} must be true or false", self.name(name)))),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, name: &'static str, words: &[(&str, T)]) -> Read<Option<T>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let found = value.as_str().and_then(|said| words.iter().find(|(word, _)| *word == said));
        if let Some((_, meaning)) = found {
            return Ok(Some(*meaning));
        }
        let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("{} must be one of {}", self.name(name), list.join(", "));
        let said = value.as_str().map_or_else(|| kind(value).to_owned(), quoted);
        Err(Box::new(Problem::new("unknown-word", format!("{message}, not {said}"))))
    }

    pub(super) fn text(&self, name: &'static str) -> Read<Option<String>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= super::LONGEST_ID => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(problem("not-a-name", format!("{} must be a short text", self.name(name)))),
        }
    }

    pub(super) fn list(&self, name: &'static str) -> Read<Option<&'j [Value]>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(_) => Err(problem("not-a-list", format!("{} must be a list", self.name(name)))),
        }
    }

    pub(super) fn inner(&self, name: &'static str) -> Read<Option<Fields<'j>>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Fields::new(object, format!("{}{name}.", self.place)))),
            Some(_) => Err(problem("not-an-object", format!("{} must be an object", self.name(name)))),
        }
    }

    /// Numbers of a list; each must be finite.
    pub(super) fn numbers(&self, name: &'static str) -> Read<Option<Vec<f64>>> {
        let Some(list) = self.list(name)? else { return Ok(None) };
        list.iter().map(|value| self.finite(value, name)).collect::<Read<Vec<f64>>>().map(Some)
    }

    pub(super) fn missing(&self, name: &str) -> Box<Problem> {
        problem("missing-field", format!("{} is missing", self.name(name)))
    }

    /// Remarks on the fields that nobody asked for.
    pub(super) fn ignored(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        let strange = self.object.keys().filter(|key| !asked.contains(&key.as_str()));
        strange
            .take(8)
            .map(|key| format!("ignored-field: {}{} means nothing here", self.place, quoted(key)))
            .collect()
    }

    fn finite(&self, value: &Value, name: &str) -> Read<f64> {
        let number = value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| {
            problem(
                "not-a-number",
                format!("{} must be a finite number, not {}", self.name(name), kind(value)),
            )
        })
    }
}

/// A whole number from zero that is still exact.
pub(super) fn whole(number: f64) -> Option<u64> {
    ((0.0..=LARGEST_COUNT).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

pub(super) fn problem(code: &'static str, message: String) -> Box<Problem> {
    Box::new(Problem::new(code, message))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A text in quotes, cut where it is long, without control characters.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(QUOTED).collect();
    let more = if text.chars().count() > QUOTED { "…" } else { "" };
    format!("\"{shown}{more}\"")
}
