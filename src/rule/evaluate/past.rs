//! What has been so for some time: the rule looked at from earlier points, with what was known of the person then.

use crate::model::{Datum, Span, Time};
use crate::rule::plan::Plan;
use crate::rule::subject::{Passage, Point, Subject, Told};
use crate::rule::through::Through;
use crate::rule::truth::Truth;

/// Up to this length a look is taken every hour, beyond it every day.
const HOURLY: Span = Span::days(2);

/// The points from which it is looked: now, every hour or day back, and the beginning.
#[must_use]
pub fn looks(span: Span, point: Point) -> Vec<Point> {
    let step = if span <= HOURLY { Span::HOUR } else { Span::DAY };
    let mut looks: Vec<i64> = (0..=span.0 / step.0).map(|n| n * step.0).collect();
    if looks.last() != Some(&span.0) {
        looks.push(span.0);
    }
    looks.into_iter().map(|back| Point { at: point.at.back(Span(back)), ..point }).collect()
}

/// Whether a rule has held at every look.
pub(super) fn been(plan: &Plan, span: Span, subject: &dyn Subject, point: Point) -> Truth {
    let mut truth = Truth::True;
    for (number, look) in looks(span, point).into_iter().enumerate() {
        truth = truth.and(if number == 0 {
            plan.holds(subject, look)
        } else {
            plan.holds(&Past { subject, at: look.at }, look)
        });
        if truth == Truth::False {
            break;
        }
    }
    truth
}

/// A person as far as it is known what they were like at an earlier instant. A trait or stage that has not stood since
/// then is missing, and so is an intent; membership of a list has no history and counts as it is now.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    /// The person as they are.
    pub subject: &'a dyn Subject,
    /// The instant.
    pub at: Time,
}

impl Past<'_> {
    fn stood(&self, since: Option<Time>) -> bool {
        since.is_some_and(|since| since <= self.at)
    }
}

impl<'a> Through for Past<'a> {
    type Under = dyn Subject + 'a;

    fn under(&self) -> &Self::Under {
        self.subject
    }

    fn attribute(&self, name: &str) -> Datum<'_> {
        if self.stood(self.subject.attribute_since(name)) {
            self.subject.attribute(name)
        } else {
            Datum::Missing
        }
    }

    fn attribute_since(&self, name: &str) -> Option<Time> {
        self.subject.attribute_since(name).filter(|since| *since <= self.at)
    }

    fn lifecycle(&self) -> Option<&str> {
        if self.stood(self.subject.lifecycle_since()) { self.subject.lifecycle() } else { None }
    }

    fn lifecycle_since(&self) -> Option<Time> {
        self.subject.lifecycle_since().filter(|since| *since <= self.at)
    }

    fn intent(&self) -> Option<&str> {
        None
    }

    fn journey(&self, name: &str, point: Point) -> Told<Passage<'_>> {
        match self.subject.journey(name, point) {
            // When an ended passage ended is not known: then it may still have gone on.
            Told::Yes(passage) if !passage.inside && passage.left.is_none() => Told::Unknown,
            Told::Yes(passage) => Told::Yes(Passage { step: None, ..passage }),
            told => told,
        }
    }
}
