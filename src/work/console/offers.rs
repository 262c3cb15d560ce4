//! What the builder's rows may be filled with, and why a rule holds for one person.

use std::sync::Arc;

use super::segments::{Ground, Shelf};
use crate::model::{Person, ProfileId};
use crate::panel::crowd::Crowd;
use crate::panel::segments::offers::{self, Explained, Offer, Offers};
use crate::rule::rows::About;
use crate::rule::{Noun, Subject, print};
use crate::work::port::Update;

const SEASONS: [&str; 4] = ["spring", "summer", "autumn", "winter"];

impl Shelf {
    /// What a cell may be filled with.
    pub(super) fn offers(&self, about: Option<About>, crowd: &Crowd<'_>) -> Update {
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
            _ => match self.ground() {
                Ground::Observed { frame, .. } => offers::observed(frame, about.as_ref()),
                Ground::Run(_) => offers::running(crowd, about.as_ref()),
            },
        };
        Update::Offers(Arc::new(Offers { about, rows }))
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
        crowd: &Crowd<'_>,
    ) -> Option<Update> {
        let plan = self.check(name, text).ok()?;
        let explanation = match self.ground() {
            Ground::Observed { frame, point } => {
                let person = (0..frame.people().len() as u32)
                    .map(Person)
                    .find(|person| frame.people().profile(*person) == id)?;
                let subject: &dyn Subject = &frame.subject(person);
                plan.explain(subject, *point)
            }
            Ground::Run(_) => crowd.explain(&plan, id)?,
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
