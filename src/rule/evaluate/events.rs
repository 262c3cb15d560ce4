//! Events of one name, or of any.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::tally::{Tally, commonest, count_holds, distinct_key, settled_at};
use crate::model::{Datum, Time, Value};
use crate::rule::plan::{Asked, Check, Condition, EventAsk, Which};
use crate::rule::subject::{Moment, Occurrence, Subject};
use crate::rule::tree::{End, Figure, Window};
use crate::rule::truth::Truth;

impl EventAsk {
    /// Whether the clause holds for a person at a point.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, moment: Moment<'_>) -> Truth {
        match &self.question {
            Asked::Count(operator, n) => {
                let enough = settled_at(*operator, *n);
                let mut count = 0_u64;
                self.visit(subject, moment, &mut |_| {
                    count += 1;
                    if count >= enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                Truth::from(count_holds(count, *operator, *n))
            }
            Asked::Figure(Figure::Distinct, property, operator, n) => {
                Truth::from(count_holds(self.distinct(subject, moment, property), *operator, *n))
            }
            Asked::Figure(figure, property, operator, n) => {
                self.tally(subject, moment, property).holds(*figure, *operator, *n)
            }
            Asked::When(end, window) => match self.moment(subject, moment, *end) {
                Some(at) => Truth::from(window.holds_value(at, moment)),
                None => Truth::Unknown,
            },
            Asked::MostFrequent(property, check) => {
                let value = self.most_frequent(subject, moment, property);
                check.test(value.as_ref().map_or(Datum::Missing, Value::datum), moment)
            }
            Asked::Of(end, property, check) => self.of(subject, moment, *end, property, check),
        }
    }

    /// Visits the events that count, oldest first.
    pub fn visit(
        &self,
        subject: &dyn Subject,
        moment: Moment<'_>,
        found: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>,
    ) {
        visit(&self.event, self.condition.as_ref(), self.window, subject, moment, found);
    }

    pub(in crate::rule) fn count(&self, subject: &dyn Subject, moment: Moment<'_>) -> u64 {
        let mut count = 0;
        self.visit(subject, moment, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        count
    }

    pub(in crate::rule) fn distinct(&self, subject: &dyn Subject, moment: Moment<'_>, property: &str) -> u64 {
        let mut values = HashSet::new();
        self.visit(subject, moment, &mut |event| {
            values.extend(distinct_key(event.property(property)));
            ControlFlow::Continue(())
        });
        values.len() as u64
    }

    pub(in crate::rule) fn tally(&self, subject: &dyn Subject, moment: Moment<'_>, property: &str) -> Tally {
        let mut tally = Tally::default();
        self.visit(subject, moment, &mut |event| {
            if let Datum::Number(number) = event.property(property) {
                tally.add(number.scaled());
            }
            ControlFlow::Continue(())
        });
        tally
    }

    pub(in crate::rule) fn moment(
        &self,
        subject: &dyn Subject,
        moment: Moment<'_>,
        end: End,
    ) -> Option<Time> {
        let mut found = None;
        self.visit(subject, moment, &mut |event| {
            found = Some(event.at());
            if end == End::First { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found
    }

    fn of(
        &self,
        subject: &dyn Subject,
        moment: Moment<'_>,
        end: End,
        property: &str,
        check: &Check,
    ) -> Truth {
        let mut truth = None;
        self.visit(subject, moment, &mut |event| {
            truth = Some(check.test(event.property(property), moment));
            if end == End::First { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        truth.unwrap_or(Truth::Unknown)
    }

    pub(in crate::rule) fn most_frequent(
        &self,
        subject: &dyn Subject,
        moment: Moment<'_>,
        property: &str,
    ) -> Option<Value> {
        let mut values = Vec::new();
        self.visit(subject, moment, &mut |event| {
            values.extend(owned(event.property(property)));
            ControlFlow::Continue(())
        });
        commonest(values.iter().map(Value::datum))
    }
}

/// A value of one's own; none of what is missing.
#[must_use]
pub fn owned(datum: Datum<'_>) -> Option<Value> {
    Some(match datum {
        Datum::Missing => return None,
        Datum::Flag(flag) => Value::Flag(flag),
        Datum::Number(number) => Value::Number(number),
        Datum::Time(time) => Value::Time(time),
        Datum::Text(text) => Value::Text(text.to_owned()),
        Datum::List(list) => Value::List(list.to_vec()),
    })
}

/// Visits the events of a person that a condition and a window leave, oldest first.
pub(super) fn visit(
    event: &Which,
    condition: Option<&Condition>,
    window: Window,
    subject: &dyn Subject,
    moment: Moment<'_>,
    found: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>,
) {
    let range = window.range_in(moment);
    let mut look = |event: &dyn Occurrence| {
        let at = event.at().0;
        if at >= range.end {
            return ControlFlow::Break(());
        }
        let counts =
            at >= range.start && condition.is_none_or(|condition| condition.test(event, moment).is_true());
        if counts { found(event) } else { ControlFlow::Continue(()) }
    };
    match event {
        Which::One(name) => subject.events(name, &mut look),
        Which::Any => subject.every_event(&mut look),
    }
}
