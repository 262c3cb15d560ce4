//! The names people use in rules, gathered from everyone at hand: traits, events and their properties, stages.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ValueType;
use crate::rule::{Catalog, Known, Noun, Resolved};
use crate::segment::Stages;
use crate::traffic::{Profile, Property, Vocabulary};

/// What may be named.
#[derive(Debug, Clone, Default)]
pub struct Names {
    traits: BTreeMap<String, ValueType>,
    events: BTreeMap<String, BTreeMap<String, ValueType>>,
    stages: Vec<String>,
    intents: Vec<String>,
}

impl Names {
    /// Gathers the names.
    pub fn of<'a>(people: impl Iterator<Item = &'a Profile>, words: &Vocabulary, stages: &Stages) -> Self {
        let mut names = Self {
            stages: stages.lifecycles().map(str::to_owned).collect(),
            intents: stages.intents().map(str::to_owned).collect(),
            ..Self::default()
        };
        let mut seen: BTreeSet<(u32, u32, ValueType)> = BTreeSet::new();
        let mut events: BTreeSet<u32> = BTreeSet::new();
        for profile in people {
            for (name, value) in &profile.traits {
                if !names.traits.contains_key(&**name) {
                    names.traits.insert(name.to_string(), value.value_type());
                }
            }
            for happening in &profile.history {
                events.insert(happening.name);
                for (property, value) in &happening.properties {
                    seen.insert((happening.name, *property, type_of(value)));
                }
            }
        }
        for event in events {
            names.events.entry(words.word(event).to_owned()).or_default();
        }
        for (event, property, kind) in seen {
            let properties = names.events.entry(words.word(event).to_owned()).or_default();
            properties.insert(words.word(property).to_owned(), kind);
        }
        names
    }
}

fn type_of(value: &Property) -> ValueType {
    match value {
        Property::Number(_) => ValueType::Number,
        Property::Flag(_) => ValueType::Flag,
        Property::Time(_) => ValueType::Time,
        Property::List(_) => ValueType::List,
        Property::Word(_) | Property::Own(_) => ValueType::Text,
    }
}

impl Catalog for Names {
    fn attribute(&self, name: &str) -> Known {
        self.traits.get(name).map_or(Known::No, |kind| Known::Typed(*kind))
    }

    fn event(&self, name: &str) -> bool {
        self.events.contains_key(name)
    }

    fn property(&self, event: &str, name: &str) -> Known {
        let kind = self.events.get(event).and_then(|properties| properties.get(name));
        kind.map_or(Known::No, |kind| Known::Typed(*kind))
    }

    fn item_property(&self, _event: &str, _name: &str) -> Known {
        Known::Open
    }

    /// Segments are laid over these names where they are resolved.
    fn segment(&self, _name: &str) -> Resolved {
        Resolved::Unknown
    }

    fn list(&self, _name: &str) -> bool {
        false
    }

    fn stage(&self, name: &str) -> bool {
        self.stages.iter().any(|known| known == name)
    }

    fn intent(&self, name: &str) -> bool {
        self.intents.iter().any(|known| known == name)
    }

    fn names(&self, noun: Noun<'_>) -> Vec<String> {
        match noun {
            Noun::Trait => self.traits.keys().cloned().collect(),
            Noun::Event => self.events.keys().cloned().collect(),
            Noun::Property(event) => {
                self.events.get(event).map(|p| p.keys().cloned().collect()).unwrap_or_default()
            }
            Noun::ItemProperty(_) | Noun::List | Noun::Segment => Vec::new(),
            Noun::Stage => self.stages.clone(),
            Noun::Intent => self.intents.clone(),
        }
    }
}
