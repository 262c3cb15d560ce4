//! One person against a plan. Clauses that must compare events with each other take notes; all others allocate nothing.

mod events;
mod passage;
mod past;
pub mod sequence;
pub mod session;
mod tally;

use super::calendar::season;
use super::plan::{Ask, Condition, Leaf, Plan, Step};
use super::subject::{Moment, Occurrence, Point, Subject};
use super::truth::Truth;
use crate::model::Datum;

pub use events::owned;
pub use passage::{place, viewed};
pub use past::{Past, looks};
pub use tally::{Tally, commonest, count_holds, distinct_key};

impl Plan {
    /// Whether the rule holds for a person at a point. Unknown is for the caller to read as not true.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, point: Point) -> Truth {
        step(self.step(), subject, point)
    }
}

impl Step {
    /// Whether this part alone holds for a person at a point.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, point: Point) -> Truth {
        step(self, subject, point)
    }
}

#[inline]
fn step(part: &Step, subject: &dyn Subject, point: Point) -> Truth {
    match part {
        Step::Leaf(leaf) => leaf.holds(subject, point),
        _ => joint(part, subject, point),
    }
}

fn joint(part: &Step, subject: &dyn Subject, point: Point) -> Truth {
    match part {
        Step::All(parts) => {
            let mut truth = Truth::True;
            for part in parts {
                truth = truth.and(step(part, subject, point));
                if truth == Truth::False {
                    break;
                }
            }
            truth
        }
        Step::Any(parts) => {
            let mut truth = Truth::False;
            for part in parts {
                truth = truth.or(step(part, subject, point));
                if truth == Truth::True {
                    break;
                }
            }
            truth
        }
        Step::Not(part) => !step(part, subject, point),
        Step::Leaf(leaf) => leaf.holds(subject, point),
    }
}

impl Leaf {
    /// Whether the clause holds for a person at a point.
    #[must_use]
    #[inline]
    pub fn holds(&self, subject: &dyn Subject, point: Point) -> Truth {
        if self.calendar {
            self.holds_at_home(subject, point)
        } else {
            self.ask.holds(subject, Moment::utc(point))
        }
    }

    fn holds_at_home(&self, subject: &dyn Subject, point: Point) -> Truth {
        let (zone, _) = subject.home();
        self.ask.holds(subject, Moment { point, zone: &zone })
    }
}

impl Ask {
    /// Whether it holds for a person at a moment.
    #[must_use]
    #[inline]
    pub fn holds(&self, subject: &dyn Subject, moment: Moment<'_>) -> Truth {
        // Traits are what most decisions ask for: they are not to wait for the choice between all others.
        if let Self::Trait { name, check } = self {
            return check.test(subject.attribute(name), moment);
        }
        self.holds_in_full(subject, moment)
    }

    fn holds_in_full(&self, subject: &dyn Subject, moment: Moment<'_>) -> Truth {
        let point = moment.point;
        match self {
            Self::Everyone => Truth::True,
            Self::Trait { name, check } => check.test(subject.attribute(name), moment),
            Self::Lifecycle(check) => check.test(named(subject.lifecycle()), moment),
            Self::Intent(check) => check.test(named(subject.intent()), moment),
            Self::Season(check) => check.test(season_of(subject, moment), moment),
            Self::Events(ask) => ask.holds(subject, moment),
            Self::Sequence(ask) => Truth::from(ask.holds(subject, moment)),
            Self::Session(ask) => ask.holds(subject, moment),
            Self::Band(ask) => ask.holds(subject.band(ask, point)),
            Self::Been { plan, span } => past::been(plan, *span, subject, point),
            Self::Consent { channel, purpose, states, negated } => {
                Truth::from(states.contains(&subject.consent(*channel, *purpose, point)) != *negated)
            }
            Self::Suppressed { channel, reasons, negated } => {
                Truth::from(passage::suppressed(subject, *channel, reasons, point) != *negated)
            }
            Self::Segment { plan, .. } => Truth::from(plan.holds(subject, point).is_true()),
            Self::List(list) => Truth::from(subject.in_list(list)),
            Self::InJourney { name, step } => passage::inside(subject, name, step.as_deref(), point),
            Self::Passed { name, end, window } => passage::passed(subject, name, *end, *window, moment),
            Self::Experiment { name, variant } => {
                passage::counts(&subject.experiment(name, point), variant.as_deref())
            }
            Self::Bucket { salt, operator, share } => match subject.cut_by() {
                Some(key) => Truth::from(operator.accepts(place(salt, key).cmp(share))),
                None => Truth::Unknown,
            },
        }
    }
}

pub(super) fn named(name: Option<&str>) -> Datum<'_> {
    name.map_or(Datum::Missing, Datum::Text)
}

/// The season where the person lives; missing where no country is known.
#[must_use]
pub fn season_of(subject: &dyn Subject, moment: Moment<'_>) -> Datum<'static> {
    let country = ["country", "address.country"].into_iter().find_map(|name| match subject.attribute(name) {
        Datum::Text(country) if !country.trim().is_empty() => Some(country),
        _ => None,
    });
    country.map_or(Datum::Missing, |country| Datum::Text(season(country, moment)))
}

impl Condition {
    /// Whether an event satisfies the condition.
    #[must_use]
    pub fn test(&self, event: &dyn Occurrence, moment: Moment<'_>) -> Truth {
        self.within(event, None, moment)
    }

    fn within(&self, event: &dyn Occurrence, item: Option<usize>, moment: Moment<'_>) -> Truth {
        match self {
            Self::All(parts) => {
                parts.iter().fold(Truth::True, |truth, part| truth.and(part.within(event, item, moment)))
            }
            Self::Any(parts) => {
                parts.iter().fold(Truth::False, |truth, part| truth.or(part.within(event, item, moment)))
            }
            Self::Not(part) => !part.within(event, item, moment),
            Self::Property(name, check) => check.test(
                match item {
                    Some(index) => event.item(index, name),
                    None => event.property(name),
                },
                moment,
            ),
            Self::Channel { channels, negated } => {
                Truth::from(channels.contains(&event.channel()) != *negated)
            }
            Self::AnyItem(part) => (0..event.items())
                .map(|index| part.within(event, Some(index), moment))
                .fold(Truth::False, Truth::or),
        }
    }
}
