//! Segments as they are typed, checked and kept.

use std::sync::Arc;
use std::time::Duration;

use super::inbox::Inbox;
use super::{Desk, first, now, problem_of};
use crate::model::definition::Kind;
use crate::panel::SegmentVerdict;
use crate::segment::definition::Body;
use crate::segment::{Segment, ready};
use crate::store::Store;
use crate::work::port::{Like, Room, Update};

/// How long nobody must have asked anything before people are looked at closely.
pub(super) const PAUSE: Duration = Duration::from_millis(40);

/// A rule that was counted and whose people are still to be looked at.
pub(super) struct Look {
    name: Option<String>,
    text: String,
    ticket: u64,
    /// The verdict with everything but what sets its people apart, which takes longest.
    whole: Option<SegmentVerdict>,
}

impl Desk {
    /// Counts a rule at once; who its people are is told when nothing more is typed.
    pub(super) fn check(&mut self, name: Option<String>, text: String, ticket: u64) {
        let verdict = self.shelf.verdict(name.as_deref(), &text, ticket, false, &self.people_of_run());
        self.look = verdict.count.map(|_| Look { name, text, ticket, whole: None });
        self.say(Update::SegmentVerdict(Arc::new(verdict)));
    }

    /// Goes on with the closer look by one step. Whatever is asked meanwhile ends it: who typed on waits for another answer.
    pub(super) fn look_closer(&mut self, inbox: &mut Inbox<'_>) {
        // What people can be cut by is still being gathered aside.
        if !self.shelf.can_cut() || inbox.has_more() {
            return;
        }
        let Some(look) = self.look.take() else { return };
        let name = look.name.as_deref();
        let Some(mut whole) = look.whole else {
            let verdict = self.shelf.verdict(name, &look.text, look.ticket, true, &self.people_of_run());
            self.say(Update::SegmentVerdict(Arc::new(verdict.clone())));
            self.look = Some(Look { whole: Some(verdict), ..look });
            return;
        };
        whole.stands_out = self.shelf.stands_out(name, &look.text, &mut || inbox.has_more());
        if whole.stands_out.is_some() {
            self.say(Update::SegmentVerdict(Arc::new(whole)));
        } else if inbox.has_more() {
            // Another question may have nothing to do with the rule: then this one is still open.
            self.look = Some(Look { whole: Some(whole), ..look });
        }
    }

    pub(super) fn save(&mut self, name: &str, text: &str, like: &Like) {
        let result = self.store_segment(name, text, like);
        self.saved(name, result);
    }

    pub(super) fn save_definition(&mut self, name: &str, text: &str) {
        let result = self.store_definition(name, text);
        self.saved(name, result);
    }

    fn saved(&mut self, name: &str, result: anyhow::Result<u32>) {
        match result {
            Ok(version) => {
                self.say(Update::SegmentSaved { name: name.to_owned(), version });
                self.show(Room::Segments);
            }
            Err(error) => self.say(Update::Toast(problem_of(&error))),
        }
    }

    fn store_segment(&mut self, name: &str, text: &str, like: &Like) -> anyhow::Result<u32> {
        self.shelve()?;
        self.shelf.may_be_rule(name)?;
        if let Err(found) = self.shelf.check(Some(name), text) {
            anyhow::bail!(first(found.iter().map(|d| d.problem(text)).collect()));
        }
        let Some(store) = &mut self.store else { anyhow::bail!("no workspace is open") };
        let known = match store.definition(Kind::Segment, name)? {
            Some(stored) => Some(Segment::parse(Some(name), &stored.definition.text)?),
            None => model_of(store, like)?,
        };
        let mut segment = Segment::of_rule(name, text);
        known.into_iter().for_each(|known| segment.inherit(known));
        let stored = store.define(Kind::Segment, name, &segment.to_text(), now())?;
        self.shelve()?;
        Ok(stored.definition.version)
    }

    /// Keeps a definition as it was written. Its rule, if it has one, must be one that can be asked.
    fn store_definition(&mut self, name: &str, text: &str) -> anyhow::Result<u32> {
        self.shelve()?;
        let segment = Segment::parse(Some(name), text)?;
        if let Body::Rule(rule) = &segment.body
            && let Err(found) = self.shelf.check(Some(name), rule)
        {
            anyhow::bail!(first(found.iter().map(|d| d.problem(rule)).collect()));
        }
        let Some(store) = &mut self.store else { anyhow::bail!("no workspace is open") };
        let stored = store.define(Kind::Segment, name, text, now())?;
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

/// The segment a new one takes over from.
fn model_of(store: &Store, like: &Like) -> anyhow::Result<Option<Segment>> {
    Ok(match like {
        Like::Nothing => None,
        Like::Segment(name) => {
            let stored = store.definition(Kind::Segment, name)?;
            stored.and_then(|stored| Segment::parse(Some(name), &stored.definition.text).ok())
        }
        Like::Ready(name) => {
            ready::all().into_iter().map(|ready| ready.segment).find(|segment| segment.name == *name)
        }
    })
}
