//! What there is to write rules with: traits and events with how many have them, and the values there are. Looked up once and
//! kept, because every key pressed in a rule asks for it again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::segments::Ground;
use crate::model::Span;
use crate::panel::crowd::AtHand;
use crate::panel::segments::offers::{self, Offer};
use crate::rule::complete::ValueOf;
use crate::rule::rows::About;

/// What was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Wanted {
    Attributes,
    Trait(String),
    Property(String, String),
    ItemProperty(String, String),
}

/// What is kept of what was looked up.
#[derive(Default)]
pub(super) struct Known {
    kept: RefCell<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The day it was looked up on, in a run's own time: there people go on doing things.
    day: i64,
    rows: HashMap<Wanted, Arc<Vec<Offer>>>,
}

impl Known {
    /// Forgets everything: there are other people now.
    pub(super) fn forget(&self) {
        self.kept.borrow_mut().rows.clear();
    }

    /// What a row can be about, or the values of a trait or a property.
    pub(super) fn rows(
        &self,
        ground: &Ground,
        about: Option<&About>,
        at_hand: &AtHand<'_>,
    ) -> Arc<Vec<Offer>> {
        let wanted = match about {
            None => Wanted::Attributes,
            Some(About::Trait(name)) => Wanted::Trait(name.clone()),
            Some(About::Property(event, name)) => Wanted::Property(event.clone(), name.clone()),
            Some(_) => return Arc::default(),
        };
        self.look(wanted, ground, at_hand, || match ground {
            Ground::Observed { frame, .. } => offers::observed(frame, about),
            Ground::Run(_) => offers::running(at_hand, about),
        })
    }

    /// The values of something, as the completion of a rule asks for them.
    pub(super) fn values(&self, ground: &Ground, of: ValueOf<'_>, at_hand: &AtHand<'_>) -> Arc<Vec<Offer>> {
        match of {
            ValueOf::Trait(name) => self.rows(ground, Some(&About::Trait(name.to_owned())), at_hand),
            ValueOf::Property(event, name) => {
                self.rows(ground, Some(&About::Property(event.to_owned(), name.to_owned())), at_hand)
            }
            ValueOf::ItemProperty(event, name) => {
                let wanted = Wanted::ItemProperty(event.to_owned(), name.to_owned());
                self.look(wanted, ground, at_hand, || match ground {
                    Ground::Observed { frame, .. } => offers::of_items(frame, event, name),
                    Ground::Run(_) => Vec::new(),
                })
            }
        }
    }

    fn look(
        &self,
        wanted: Wanted,
        ground: &Ground,
        at_hand: &AtHand<'_>,
        look: impl FnOnce() -> Vec<Offer>,
    ) -> Arc<Vec<Offer>> {
        let day = match ground {
            Ground::Observed { .. } => 0,
            Ground::Run(_) => at_hand.now.0.div_euclid(Span::days(1).0),
        };
        let mut kept = self.kept.borrow_mut();
        if kept.day != day {
            *kept = Kept { day, rows: HashMap::new() };
        }
        Arc::clone(kept.rows.entry(wanted).or_insert_with(|| Arc::new(look())))
    }
}
