//! What a name or a text at a place would stand for: the clause is closed in some way that can be read, and the checker's own
//! questions to its catalog are listened to.

use std::cell::RefCell;

use crate::model::ValueType;
use crate::rule::catalog::{Catalog, Known, Noun, Resolved};
use crate::rule::check::check;
use crate::rule::lex::{Kind, lex};
use crate::rule::parse::parse;

/// Ways to go on after a name.
pub(super) const AFTER_NAME: &[&str] = &[" missing", ") >= 1", ") missing", "", ") >= 1 within 1d"];
/// Ways to go on after a text.
pub(super) const AFTER_TEXT: &[&str] =
    &["", ") within 1d", ") >= 1", ".x) >= 1", ".x) missing", " then \"x\"", " for 1d"];
/// Ways to go on after a test.
pub(super) const AFTER_TEST: &[&str] = &["", " for 1d"];

/// The name that is listened for.
const NAME: &str = "~";

/// What a place is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Trait,
    Property(String),
    ItemProperty(String),
    Event,
    Segment,
    List,
    Stage,
    Intent,
    ValueOfTrait(String),
    ValueOfProperty(String, String),
    ValueOfItemProperty(String, String),
}

/// A catalog that knows everything and remembers what it was asked.
#[derive(Default)]
pub(super) struct Probe {
    asked: RefCell<Vec<(Found, String)>>,
}

impl Probe {
    /// What a candidate behind a text stands for, closed in one of some ways.
    pub(super) fn ask(before: &str, candidate: &str, tails: &[&str]) -> Option<Found> {
        for tail in tails {
            let mut text = format!("{before}{candidate}{tail}");
            text.push_str(&")".repeat(open(&text)));
            let Ok(tree) = parse(&text) else { continue };
            let probe = Self::default();
            // Faults of types do not matter: what was asked does.
            let _ = check(&tree, &probe);
            if let Some(found) = probe.found() {
                return Some(found);
            }
        }
        None
    }

    /// What the name was asked as; else whose value was asked last.
    fn found(self) -> Option<Found> {
        let mut asked = self.asked.into_inner();
        if let Some(named) = asked.iter().position(|(_, name)| name == NAME) {
            return Some(asked.swap_remove(named).0);
        }
        let (of, name) = asked.into_iter().rfind(|(found, _)| {
            matches!(found, Found::Trait | Found::Property(_) | Found::ItemProperty(_))
        })?;
        Some(match of {
            Found::Property(event) => Found::ValueOfProperty(event, name),
            Found::ItemProperty(event) => Found::ValueOfItemProperty(event, name),
            _ => Found::ValueOfTrait(name),
        })
    }

    fn note(&self, found: Found, name: &str) {
        self.asked.borrow_mut().push((found, name.to_owned()));
    }
}

/// How many parentheses are open at the end of a text.
fn open(text: &str) -> usize {
    lex(text).tokens.iter().fold(0_usize, |open, token| match token.kind {
        Kind::Open => open + 1,
        Kind::Close => open.saturating_sub(1),
        _ => open,
    })
}

impl Catalog for Probe {
    fn attribute(&self, name: &str) -> Known {
        self.note(Found::Trait, name);
        Known::Open
    }
    fn event(&self, name: &str) -> bool {
        self.note(Found::Event, name);
        true
    }
    fn property(&self, event: &str, name: &str) -> Known {
        self.note(Found::Property(event.to_owned()), name);
        Known::Open
    }
    fn item_property(&self, event: &str, name: &str) -> Known {
        self.note(Found::ItemProperty(event.to_owned()), name);
        Known::Typed(ValueType::Text)
    }
    fn segment(&self, name: &str) -> Resolved {
        self.note(Found::Segment, name);
        Resolved::List
    }
    fn list(&self, name: &str) -> bool {
        self.note(Found::List, name);
        true
    }
    fn stage(&self, name: &str) -> bool {
        self.note(Found::Stage, name);
        true
    }
    fn intent(&self, name: &str) -> bool {
        self.note(Found::Intent, name);
        true
    }
    fn names(&self, _: Noun<'_>) -> Vec<String> {
        Vec::new()
    }
}
