//! Segments as they are typed, checked and kept.

use std::sync::Arc;

use super::{Desk, first, now, problem_of};
use crate::model::definition::Kind;
use crate::segment::Segment;
use crate::segment::definition::Body;
use crate::work::port::{Room, Update};

impl Desk {
    pub(super) fn check(&mut self, name: Option<&str>, text: &str, ticket: u64) {
        let verdict = self.with_crowd(|crowd| self.shelf.verdict(name, text, ticket, crowd));
        self.say(Update::SegmentVerdict(Arc::new(verdict)));
    }

    pub(super) fn save(&mut self, name: &str, text: &str) {
        let result = self.store_segment(name, text);
        match result {
            Ok(version) => {
                self.say(Update::SegmentSaved { name: name.to_owned(), version });
                self.show(Room::Segments);
            }
            Err(error) => self.say(Update::Toast(problem_of(&error))),
        }
    }

    pub(super) fn store_segment(&mut self, name: &str, text: &str) -> anyhow::Result<u32> {
        self.shelve()?;
        self.shelf.may_be_rule(name)?;
        if let Err(found) = self.shelf.check(Some(name), text) {
            anyhow::bail!(first(found.iter().map(|d| d.problem(text)).collect()));
        }
        let Some(store) = &mut self.store else { anyhow::bail!("no workspace is open") };
        let known = store.definition(Kind::Segment, name)?;
        let mut segment = match known {
            Some(stored) => Segment::parse(Some(name), &stored.definition.text)?,
            None => Segment::of_rule(name, text),
        };
        segment.body = Body::Rule(text.to_owned());
        let stored = store.define(Kind::Segment, name, &segment.to_text(), now())?;
        self.shelve()?;
        Ok(stored.definition.version)
    }

    /// Takes the workspace's segments as they are now: the command line may have kept others meanwhile.
    pub(super) fn shelve(&mut self) -> anyhow::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        let stored = store.definitions(Kind::Segment)?;
        self.shelf.fill(&stored.iter().map(|stored| &stored.definition).collect::<Vec<_>>());
        Ok(())
    }
}
