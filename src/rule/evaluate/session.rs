//! Visits: runs of events on the web or in the app with less than half an hour between them.
//!
//! An event of which nobody says where it happened (an order from a shop's own export, as a rule) belongs to the visit that is
//! running when it happens and says of it what it knows; it neither begins a visit nor keeps one going. Where an event's
//! name alone says where it happens (a product is looked at on the site), the import has said so. Events on other channels,
//! such as an e-mail that is opened, are no part of a visit.

use std::ops::ControlFlow;

use super::events::owned;
use super::tally::count_holds;
use crate::model::{Channel, Datum, Span, Time, Value};
use crate::rule::plan::SessionAsk;
use crate::rule::subject::{Moment, Occurrence, Subject};
use crate::rule::tree::Sessions;
use crate::rule::truth::Truth;

/// A pause of this length ends a session.
pub const GAP: Span = Span::minutes(30);

/// A session with what its events say: of each property the latest value.
#[derive(Debug, Clone)]
pub(in crate::rule) struct Session<'a> {
    start: Time,
    last: Time,
    channel: Channel,
    names: &'a [String],
    values: Vec<Option<Value>>,
}

impl Occurrence for Session<'_> {
    fn at(&self) -> Time {
        self.start
    }
    fn channel(&self) -> Channel {
        self.channel
    }
    fn property(&self, name: &str) -> Datum<'_> {
        let place = self.names.iter().position(|known| known == name);
        let value = place.and_then(|place| self.values.get(place)).and_then(Option::as_ref);
        value.map_or(Datum::Missing, Value::datum)
    }
}

impl Session<'_> {
    fn runs_at(&self, at: Time) -> bool {
        at - self.last < GAP
    }

    fn hear(&mut self, event: &dyn Occurrence) {
        for (name, value) in self.names.iter().zip(&mut self.values) {
            if let Some(said) = owned(event.property(name)) {
                *value = Some(said);
            }
        }
    }

    /// When it began.
    pub(in crate::rule) fn start(&self) -> Time {
        self.start
    }
}

impl SessionAsk {
    /// Whether the person's sessions are as asked.
    #[must_use]
    pub fn holds(&self, subject: &dyn Subject, moment: Moment<'_>) -> Truth {
        let (count, last) = self.look(subject, moment);
        match self.which {
            Sessions::Count(operator, n) => Truth::from(count_holds(count, operator, n)),
            Sessions::Last => last.map_or(Truth::Unknown, |session| self.fits(&session, moment)),
        }
    }

    fn fits(&self, session: &Session<'_>, moment: Moment<'_>) -> Truth {
        self.condition.as_ref().map_or(Truth::True, |condition| condition.test(session, moment))
    }

    /// How many sessions of the window fit, and the last of the window.
    pub(in crate::rule) fn look<'a>(
        &'a self,
        subject: &dyn Subject,
        moment: Moment<'_>,
    ) -> (u64, Option<Session<'a>>) {
        let range = self.window.range_in(moment);
        let (mut count, mut last) = (0, None);
        let mut running: Option<Session<'a>> = None;
        let mut close = |session: Session<'a>| {
            if range.contains(&session.start.0) {
                count += u64::from(self.fits(&session, moment).is_true());
                last = Some(session);
            }
        };
        subject.every_event(&mut |event| {
            if !moment.point.sees(event.at()) {
                return ControlFlow::Break(());
            }
            let visiting = match event.channel() {
                Channel::Web | Channel::App => true,
                Channel::Unknown => false,
                _ => return ControlFlow::Continue(()),
            };
            match &mut running {
                Some(session) if session.runs_at(event.at()) => {
                    session.hear(event);
                    if visiting {
                        session.last = event.at();
                    }
                }
                _ if !visiting => {}
                _ => {
                    let mut begun = Session {
                        start: event.at(),
                        last: event.at(),
                        channel: event.channel(),
                        names: &self.properties,
                        values: vec![None; self.properties.len()],
                    };
                    begun.hear(event);
                    if let Some(over) = running.replace(begun) {
                        close(over);
                    }
                }
            }
            ControlFlow::Continue(())
        });
        if let Some(over) = running {
            close(over);
        }
        (count, last)
    }
}
