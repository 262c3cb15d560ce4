//! What the builder's rows may be filled with, and why a rule holds for one person.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::segments::{Ground, Shelf};
use crate::model::ProfileId;
use crate::panel::crowd::AtHand;
use crate::panel::segments::complete::{Completion, Completions};
use crate::panel::segments::offers::{Explained, Offer, Offers};
use crate::rule::complete::{Present, SuggestionKind, ValueOf, complete};
use crate::rule::rows::About;
use crate::rule::{Noun, Subject, print};
use crate::work::port::Update;

const SEASONS: [&str; 4] = ["spring", "summer", "autumn", "winter"];

impl Shelf {
    /// What a cell may be filled with.
    pub(super) fn offers(&self, about: Option<About>, at_hand: &AtHand<'_>) -> Update {
        let names = |names: Vec<String>| names.iter().map(|name| named(name, None)).collect();
        let rows = match &about {
            Some(About::Segment) => self
                .plans()
                .iter()
                .map(|plan| named(plan.name, plan.members.map(|members| members.count())))
                .collect(),
            Some(About::Stage) => names(self.names(Noun::Stage)),
            Some(About::Intent) => names(self.names(Noun::Intent)),
            Some(About::List) => names(self.names(Noun::List)),
            Some(About::Season) => SEASONS.iter().map(|season| named(season, None)).collect(),
            _ => self.known().rows(self.ground(), about.as_ref(), at_hand).to_vec(),
        };
        Update::Offers(Arc::new(Offers { about, rows }))
    }

    /// What may come next in a rule being written, at a byte of its text.
    pub(super) fn complete(
        &self,
        name: Option<&str>,
        text: &str,
        cursor: usize,
        ticket: u64,
        at_hand: &AtHand<'_>,
    ) -> Update {
        let counts: RefCell<HashMap<String, u64>> = RefCell::default();
        let values = |of: ValueOf<'_>| {
            let rows = self.known().values(self.ground(), of, at_hand);
            let counted = rows.iter().filter_map(|row| Some((row.text.clone(), row.count?)));
            counts.borrow_mut().extend(counted);
            rows.iter().map(|row| Present { label: row.label.clone(), text: row.text.clone() }).collect()
        };
        let found = self.with_names(name, |names| complete(text, cursor, names, &values));
        let attributes = self.known().rows(self.ground(), None, at_hand);
        let known = |kind: &str, label: &str| {
            attributes.iter().find(|row| row.kind == kind && row.label == label).and_then(|row| row.count)
        };
        let counts = counts.into_inner();
        let rows = found.into_iter().map(|found| Completion {
            count: match found.kind {
                SuggestionKind::Trait => known("trait", &found.label),
                SuggestionKind::Event => known("event", &found.label),
                SuggestionKind::Value => counts.get(&found.insert).copied(),
                SuggestionKind::Set => self.size_of(&found.label),
                _ => None,
            },
            kind: found.kind,
            label: found.label,
            insert: found.insert,
            replace: found.replace,
        });
        let mut rows: Vec<Completion> = rows.collect();
        let written =
            rows.first().and_then(|first| text.get(first.replace.start..cursor)).unwrap_or_default();
        let wanted = written.trim_start_matches(['"', '`']).to_lowercase();
        // What begins with what is written stays first, and words of the language stay behind names.
        rows.sort_by_cached_key(|row| {
            let kind = match row.kind {
                SuggestionKind::Operator | SuggestionKind::Word => 1,
                _ => 0,
            };
            let begins = row.label.to_lowercase().starts_with(&wanted);
            (!begins, kind, Reverse(row.count.unwrap_or(0)))
        });
        Update::Completions(Arc::new(Completions { ticket, rows }))
    }

    fn names(&self, noun: Noun<'_>) -> Vec<String> {
        self.with_catalog(|catalog| catalog.names(noun))
    }

    /// Why a rule holds for a person or does not; none where it cannot be read or nobody has the id.
    pub(super) fn explain(
        &self,
        name: Option<&str>,
        text: &str,
        id: ProfileId,
        at_hand: &AtHand<'_>,
    ) -> Option<Update> {
        let plan = self.check(name, text).ok()?;
        let explanation = match self.ground() {
            Ground::Observed { frame, point } => {
                let person = frame.people().person_of(id.0)?;
                let subject: &dyn Subject = &frame.subject(person);
                plan.explain(subject, *point)
            }
            Ground::Run(_) => at_hand.explain(&plan, id)?,
        };
        Some(Update::Explained(Arc::new(Explained::of(id, &explanation))))
    }
}

fn named(name: &str, count: Option<u64>) -> Offer {
    Offer {
        kind: "value".to_owned(),
        label: name.to_owned(),
        text: print::text(name),
        count,
        ..Offer::default()
    }
}
