//! Everybody's place, or why they have none.

use std::collections::{BTreeMap, HashMap};

use super::sending::Sending;
use crate::decide::{self, Verdict};
use crate::experiment::{Design, NotAssigned};
use crate::frame::Bitmap;
use crate::model::message::HeldReason;
use crate::model::{Identity, Person, Time};
use crate::rule::Point;
use crate::traffic::profile::View;
use crate::work::frame::Picture;
use crate::work::observed::Observed;

/// One assigned person.
pub(super) struct Unit {
    pub(super) person: Person,
    pub(super) identity: Identity,
    pub(super) arm: usize,
    /// Whether they were in it before.
    pub(super) before: bool,
    /// Whether they are written to in this wave, if their variant writes at all.
    pub(super) written: bool,
}

/// Everybody's place, or why they have none.
#[derive(Default)]
pub(super) struct Split {
    pub(super) units: Vec<Unit>,
    pub(super) left_out: BTreeMap<String, u64>,
    /// People assigned before whom a repeated message does not reach, by the reason. They stay where they are.
    pub(super) not_again: BTreeMap<String, u64>,
    pub(super) quiet_until: Option<Time>,
}

impl Split {
    pub(super) fn of(
        picture: &Picture,
        members: &Bitmap,
        design: &Design,
        sending: &Sending,
        observed: &Observed,
        at: Time,
        known: &HashMap<Person, (usize, Time)>,
    ) -> Self {
        let people = picture.frame().people();
        let mut split = Self::default();
        let repeat = design.send.as_ref().is_some_and(|send| send.repeat);
        for row in members.rows() {
            let (person, Some(profile)) = (Person(row as u32), observed.people.get(row)) else { continue };
            let view = View { profile, words: &observed.words };
            let before = known.get(&person).map(|(arm, _)| *arm);
            // What the first message did to caps differs by variant, so no gate may move who is in already.
            let held = if before.is_none() || repeat { split.held(sending, &view, at) } else { None };
            if let (None, Some(reason)) = (before, held) {
                split.leave_out(reason.to_owned());
                continue;
            }
            let value = hashed(design, |namespace| people.identity_in(person, namespace));
            let placed = match (before, &value) {
                (Some(arm), _) => Ok(arm),
                (None, Some((_, value))) => design.place(value).map(|assigned| assigned.variant),
                (None, None) => Err(NotAssigned::NoIdentity),
            };
            match (placed, value) {
                (Ok(arm), Some((namespace, value))) => {
                    let identity = Identity::new(namespace, value);
                    let writes = sending.content(arm).is_some();
                    let written = before.is_none() || (repeat && writes && held.is_none());
                    if let (Some(reason), true) = (held, writes) {
                        *split.not_again.entry(reason.to_owned()).or_default() += 1;
                    }
                    split.units.push(Unit { person, identity, arm, before: before.is_some(), written });
                }
                (Ok(_), None) => split.leave_out(not_assigned(design, NotAssigned::NoIdentity)),
                (Err(reason), _) => split.leave_out(not_assigned(design, reason)),
            }
        }
        split
    }

    fn leave_out(&mut self, reason: String) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    /// The first gate closed to any variant's message. Every variant is asked for everybody, so that who is left out does not
    /// depend on the variant. A quiet hour is no reason: the list is sent by hand, and the hour is told.
    fn held(&mut self, sending: &Sending, view: &View<'_>, at: Time) -> Option<&'static str> {
        for content in sending.contents.iter().flatten() {
            let asked =
                |at| decide::message(&sending.library, *content, None, view, Point::after(at), &mut ());
            let verdict = match asked(at) {
                Verdict::Held { reason: HeldReason::QuietHours, until: Some(until), .. } => {
                    self.quiet_until = Some(self.quiet_until.map_or(until, |known| known.max(until)));
                    asked(until)
                }
                verdict => verdict,
            };
            match verdict {
                Verdict::Pass | Verdict::Held { reason: HeldReason::QuietHours, .. } => {}
                Verdict::Held { reason, .. } => return Some(reason.name()),
            }
        }
        None
    }

    pub(super) fn counts(&self, design: &Design, counts: impl Fn(&Unit) -> bool) -> Vec<(String, u64)> {
        let of = |arm: usize| self.units.iter().filter(|unit| unit.arm == arm && counts(unit)).count() as u64;
        design.variants.iter().enumerate().map(|(arm, variant)| (variant.name.clone(), of(arm))).collect()
    }
}

/// The namespace and value that are hashed for somebody.
fn hashed<'a>(design: &'a Design, of: impl Fn(&str) -> Option<&'a str>) -> Option<(&'a str, &'a str)> {
    let namespaces = std::iter::once(design.hash_attribute.as_str()).chain(design.fallback.as_deref());
    namespaces.filter_map(|namespace| Some((namespace, of(namespace)?))).find(|(_, value)| !value.is_empty())
}

fn not_assigned(design: &Design, reason: NotAssigned) -> String {
    match reason {
        NotAssigned::NoIdentity => format!("no {} to assign by", design.hash_attribute),
        NotAssigned::HeldOut => {
            format!("held out by {}", design.holdout.as_ref().map_or("", |holdout| holdout.name.as_str()))
        }
        NotAssigned::OtherLayerPart => {
            format!(
                "in another part of layer {}",
                design.layer.as_ref().map_or("", |layer| layer.name.as_str())
            )
        }
        NotAssigned::NotCovered => "not covered".to_owned(),
    }
}
