//! What a cell of the builder's rows may be filled with, with how many have it; and why a rule holds for one person.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::choices::{self, ChoiceKind};
use crate::frame::Frame;
use crate::frame::private::is_private;
use crate::model::{ProfileId, Value, ValueType};
use crate::panel::crowd::AtHand;
use crate::rule::complete::{ValueOf, operators};
use crate::rule::rows::About;
use crate::rule::{Explanation, Truth, print};
use crate::traffic::profile::Property;

/// Values offered at once.
const MOST: usize = 200;

/// Something a cell may be filled with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What it is, in a word.
    pub kind: String,
    /// How it is called.
    pub label: String,
    /// How it stands in a rule.
    pub text: String,
    /// How many people or events have it, where that is known.
    pub count: Option<u64>,
    /// The tests that fit, of something that can be asked about.
    pub operators: Vec<String>,
    /// The type of its values, where it is known.
    pub value_type: Option<ValueType>,
}

/// An answer to `Command::LoadOffers`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offers {
    /// Whose values they are; none where they are what a row can be about.
    pub about: Option<About>,
    /// What is offered, the commonest first.
    pub rows: Vec<Offer>,
}

/// Why a rule holds for somebody or not, part by part. An answer to `Command::ExplainPerson`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The person.
    pub id: ProfileId,
    /// The parts, each below what it is a part of.
    pub lines: Vec<ExplainedLine>,
}

/// One part of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedLine {
    /// How deep it stands.
    pub depth: usize,
    /// The verdict; none where it is unknown.
    pub holds: Option<bool>,
    /// What was asked.
    pub asked: String,
    /// What was seen.
    pub seen: Option<String>,
    /// Whether what was seen points at a person.
    pub personal: bool,
}

impl Explained {
    /// An explanation as lines.
    #[must_use]
    pub fn of(id: ProfileId, explanation: &Explanation) -> Self {
        let mut lines = Vec::new();
        tell(explanation, 0, &mut lines);
        Self { id, lines }
    }
}

fn tell(explanation: &Explanation, depth: usize, lines: &mut Vec<ExplainedLine>) {
    let asked = &explanation.asked;
    let mut words = asked.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.' || c == '-'));
    lines.push(ExplainedLine {
        depth,
        holds: match explanation.truth {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown => None,
        },
        asked: asked.clone(),
        seen: explanation.seen.clone(),
        // A word inside a text may look like a private name too: then it is rather covered than shown.
        personal: words.any(is_private),
    });
    explanation.parts.iter().for_each(|part| tell(part, depth + 1, lines));
}

/// What rows can be about besides what people and events bring along.
fn always() -> impl Iterator<Item = Offer> {
    let lasting = [
        ("lifecycle present", "lifecycle"),
        ("intent present", "intent"),
        ("season = \"winter\"", "season"),
        ("in segment \"\"", "in segment"),
        ("in list \"\"", "in list"),
    ];
    lasting.into_iter().map(|(text, label)| Offer {
        kind: "set".to_owned(),
        label: label.to_owned(),
        text: text.to_owned(),
        operators: ["=", "!=", "in (", "not in (", "missing", "present"].map(str::to_owned).to_vec(),
        ..Offer::default()
    })
}

/// What rows of imported people can be about, or the values there are.
#[must_use]
pub fn observed(frame: &Frame, about: Option<&About>) -> Vec<Offer> {
    let of = match about {
        None => {
            let choices = choices::choices(frame).into_iter().map(|choice| Offer {
                kind: if choice.kind == ChoiceKind::Event { "event" } else { "trait" }.to_owned(),
                label: choice.name,
                text: choice.text,
                count: Some(choice.count),
                operators: choice.operators,
                value_type: choice.value_type,
            });
            return choices.chain(always()).collect();
        }
        Some(About::Trait(name)) => ValueOf::Trait(name),
        Some(About::Property(event, name)) => ValueOf::Property(event, name),
        Some(_) => return Vec::new(),
    };
    let value = |found: choices::ValueChoice| value(found.value, found.text, found.count);
    choices::values(frame, of, MOST).into_iter().map(value).collect()
}

/// The values of a property of an event's items.
#[must_use]
pub fn of_items(frame: &Frame, event: &str, name: &str) -> Vec<Offer> {
    let found = choices::values(frame, ValueOf::ItemProperty(event, name), MOST).into_iter();
    found.map(|found| value(found.value, found.text, found.count)).collect()
}

fn value(label: String, text: String, count: u64) -> Offer {
    Offer { kind: "value".to_owned(), label, text, count: Some(count), ..Offer::default() }
}

/// What rows of people in a run can be about, or the values there are.
#[must_use]
pub fn running(crowd: &AtHand<'_>, about: Option<&About>) -> Vec<Offer> {
    match about {
        None => traits(crowd).into_iter().chain(events(crowd)).chain(always()).collect(),
        Some(About::Trait(name)) if !is_private(name) => {
            let traits = crowd.profiles.iter().flat_map(|profile| &profile.traits);
            tallied(traits.filter(|(known, _)| **known == **name).map(|(_, value)| value.clone()))
        }
        Some(About::Property(event, name)) if !is_private(name) => {
            let happenings = crowd.profiles.iter().flat_map(|profile| &profile.history);
            let named = happenings.filter(|happening| crowd.words.word(happening.name) == event);
            let values = named.flat_map(|happening| {
                happening.properties.iter().filter(|(property, _)| crowd.words.word(*property) == name)
            });
            tallied(values.filter_map(|(_, value)| match value {
                Property::Number(n) => Some(Value::Number(*n)),
                Property::Flag(flag) => Some(Value::Flag(*flag)),
                Property::Word(word) => Some(Value::Text(crowd.words.word(*word).into())),
                Property::Own(_) | Property::Time(_) | Property::List(_) => None,
            }))
        }
        Some(_) => Vec::new(),
    }
}

fn traits(crowd: &AtHand<'_>) -> Vec<Offer> {
    let mut known: HashMap<&str, (ValueType, u64)> = HashMap::new();
    for (name, value) in crowd.profiles.iter().flat_map(|profile| &profile.traits) {
        known.entry(name).or_insert((value.value_type(), 0)).1 += 1;
    }
    sorted(known.into_iter().map(|(name, (kind, count))| Offer {
        kind: "trait".to_owned(),
        label: name.to_owned(),
        text: print::name(name),
        count: Some(count),
        operators: operators(Some(kind)).iter().map(|operator| (*operator).to_owned()).collect(),
        value_type: Some(kind),
    }))
}

fn events(crowd: &AtHand<'_>) -> Vec<Offer> {
    let mut met: HashMap<u32, u64> = HashMap::new();
    for happening in crowd.profiles.iter().flat_map(|profile| &profile.history) {
        *met.entry(happening.name).or_default() += 1;
    }
    sorted(met.into_iter().map(|(name, count)| {
        let name = crowd.words.word(name);
        Offer {
            kind: "event".to_owned(),
            label: name.to_owned(),
            text: format!("did({})", print::text(name)),
            count: Some(count),
            ..Offer::default()
        }
    }))
}

/// The commonest values, of those that can be written as one.
fn tallied(values: impl Iterator<Item = Value>) -> Vec<Offer> {
    let mut met: HashMap<String, (String, u64)> = HashMap::new();
    for found in values {
        let text = match &found {
            Value::Text(text) => print::text(text),
            Value::Number(_) | Value::Flag(_) => found.to_string(),
            _ => continue,
        };
        met.entry(text).or_insert_with(|| (found.to_string(), 0)).1 += 1;
    }
    let mut offers = sorted(met.into_iter().map(|(text, (label, count))| value(label, text, count)));
    offers.truncate(MOST);
    offers
}

fn sorted(offers: impl Iterator<Item = Offer>) -> Vec<Offer> {
    let mut offers: Vec<Offer> = offers.collect();
    offers.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    offers
}
