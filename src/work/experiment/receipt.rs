//! Receipts: what a result was computed from, so that it can be computed again.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{self, Origin};
use crate::model::definition::{ContentHash, Definition, Kind};
use crate::model::{Problem, Time};
use crate::stats::Plan;
use crate::store::Store;

/// A definition a result was computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// What it defines.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The hash of its text.
    pub hash: String,
}

impl Used {
    pub(super) fn of(definition: &Definition) -> Self {
        Self {
            kind: definition.kind,
            name: definition.name.clone(),
            version: definition.version,
            hash: definition.hash().to_string(),
        }
    }

    pub(super) fn reference(&self) -> Option<(Kind, String, ContentHash)> {
        Some((self.kind, self.name.clone(), hash(&self.hash)?))
    }
}

fn hash(text: &str) -> Option<ContentHash> {
    let mut bytes = [0_u8; 32];
    if text.len() != 64 {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(ContentHash(bytes))
}

/// Everything a result rests on, and the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The experiment, or the holdout.
    pub experiment: String,
    /// Which kind it is.
    pub origin: Origin,
    /// The point the data stand for.
    pub as_of: Time,
    /// When a holdout's period began.
    pub since: Option<Time>,
    /// The phase.
    pub phase: Option<u32>,
    /// Units exposed.
    pub rows: u64,
    /// Of them, excluded for having several variants.
    pub excluded: u64,
    /// The definitions it was computed with.
    pub definitions: Vec<Used>,
    /// How effects are judged.
    pub plan: Plan,
    /// Whether means are adjusted.
    pub cuped: bool,
    /// What they are adjusted for.
    pub covariate: Option<String>,
    /// How an import's units were meant to be shared out, where that was said.
    pub weights: Option<String>,
    /// The metrics.
    pub metrics: Vec<String>,
    /// The seeds people were assigned by.
    pub seeds: Vec<String>,
    /// The hash of every unit's variant, moment and values.
    pub data: String,
    /// What was found.
    pub result: Value,
    /// The version of this program.
    pub program: String,
}

impl Receipt {
    pub(super) fn told(self, definitions: Vec<Used>, covariate: Option<String>, data: ContentHash) -> Self {
        Self { definitions, covariate, data: data.to_string(), ..self }
    }

    /// As it is written to a file.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn text(&self) -> serde_json::Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }

    /// Reads a receipt's text.
    ///
    /// # Errors
    /// It is no receipt.
    pub fn read(text: &str) -> Result<Self, Problem> {
        serde_json::from_str(text).map_err(|error| {
            Problem::new("receipt-unreadable", format!("this is no receipt: {error}"))
                .help("write one with: segue experiment analyze NAME --receipt FILE")
        })
    }
}

/// The hash of an import's rows as they are kept.
pub(super) fn of_units(store: &Store, name: &str) -> anyhow::Result<ContentHash> {
    let (mut hashes, mut text) = (Vec::new(), String::new());
    let fold = |text: &mut String, hashes: &mut Vec<u8>| {
        hashes.extend(ContentHash::of(text.as_bytes()).0);
        text.clear();
    };
    store.for_each_unit(name, |row| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}\u{1f}{}", row.unit, row.variant);
        for value in row.values {
            let _ = match value {
                Some(value) => write!(text, "\u{1f}{value}"),
                None => write!(text, "\u{1f}"),
            };
        }
        text.push('\n');
        if text.len() > 1 << 20 {
            fold(&mut text, &mut hashes);
        }
    })?;
    fold(&mut text, &mut hashes);
    Ok(ContentHash::of(&hashes))
}

/// One thing that is not as the receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// What, by its place in the receipt.
    pub what: String,
    /// As the receipt says.
    pub receipt: String,
    /// As it is now.
    pub now: String,
}

/// Computes a receipt's result again; nothing differs where it holds.
///
/// # Errors
/// The experiment is not there any more, or the workspace cannot be read.
pub fn verify(store: &Store, receipt: &Receipt) -> anyhow::Result<Vec<Differs>> {
    let now = answer::answer(store, &answer::request_of(receipt)?)?.receipt;
    // Both sides are read from text, so that a number's last digit is rounded alike.
    let mut sides =
        [receipt, &now].map(|side| serde_json::to_string(side).and_then(|text| serde_json::from_str(&text)));
    let [Ok(said), Ok(found)] = &mut sides else { anyhow::bail!("the receipt cannot be compared") };
    if receipt.origin == Origin::Imported {
        // Values given by an import have no time of their own.
        for side in [&mut *said, &mut *found] {
            forget(side, "as_of");
            side.get_mut("result").into_iter().for_each(|result| forget(result, "as_of"));
        }
    }
    let mut differs = Vec::new();
    compare("", said, found, &mut differs);
    Ok(differs)
}

fn forget(value: &mut Value, key: &str) {
    if let Value::Object(object) = value {
        object.remove(key);
    }
}

fn compare(path: &str, said: &Value, now: &Value, differs: &mut Vec<Differs>) {
    let within = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (said, now) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let side =
                    |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or(Value::Null);
                compare(&within(key), &side(a), &side(b), differs);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&within(&called(a).unwrap_or_else(|| index.to_string())), a, b, differs);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            differs.push(Differs { what: path.to_owned(), receipt: a.to_string(), now: b.to_string() });
        }
    }
}

/// What an entry of a list is called, so that a place reads `result.metrics.orders.comparisons.bundle.uplift`.
fn called(entry: &Value) -> Option<String> {
    ["metric", "variant", "name"].into_iter().find_map(|key| entry.get(key)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_named_by_its_place() {
        let said = json!({ "rows": 10, "metrics": [{ "metric": "orders", "uplift": 0.1 }], "gone": 1 });
        let now = json!({ "rows": 12, "metrics": [{ "metric": "orders", "uplift": 0.2 }] });
        let mut differs = Vec::new();
        compare("", &said, &now, &mut differs);
        let places: Vec<&str> = differs.iter().map(|differs| differs.what.as_str()).collect();
        assert_eq!(places, ["gone", "metrics.orders.uplift", "rows"]);
        assert_eq!((differs[1].receipt.as_str(), differs[1].now.as_str()), ("0.1", "0.2"));
        assert_eq!(Receipt::read("{}").unwrap_err().code, "receipt-unreadable");
    }

    #[test]
    fn hashes_read_back() {
        let of = ContentHash::of(b"cart");
        assert_eq!(hash(&of.to_string()), Some(of));
        assert_eq!(hash("xyz"), None);
        assert_eq!(hash(&"ü".repeat(32)), None);
    }
}
