//! Journeys, experiments, suppression, bands and the random cut.

use std::ops::ControlFlow;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::consent::SuppressionReason;
use crate::model::event::names::EXPERIMENT_VIEWED;
use crate::model::{Channel, Datum, Decimal};
use crate::rule::plan::BandAsk;
use crate::rule::subject::{Moment, Point, Subject, Told};
use crate::rule::tree::{End, Window};
use crate::rule::truth::Truth;

pub(super) fn suppressed(
    subject: &dyn Subject,
    channel: Channel,
    reasons: &[SuppressionReason],
    point: Point,
) -> bool {
    let asked = if reasons.is_empty() { &SuppressionReason::ALL } else { reasons };
    asked.iter().any(|reason| subject.suppressed(channel, *reason, point))
}

pub(super) fn inside(subject: &dyn Subject, name: &str, step: Option<&str>, point: Point) -> Truth {
    match subject.journey(name, point) {
        Told::Unknown => Truth::Unknown,
        Told::No => Truth::False,
        Told::Yes(passage) if !passage.inside && passage.left.is_none_or(|left| point.sees(left)) => {
            Truth::False
        }
        Told::Yes(passage) => match (step, passage.step) {
            (None, _) => Truth::True,
            (Some(_), None) => Truth::Unknown,
            (Some(asked), Some(found)) => Truth::from(asked == found),
        },
    }
}

pub(super) fn passed(
    subject: &dyn Subject,
    name: &str,
    end: End,
    window: Window,
    moment: Moment<'_>,
) -> Truth {
    let range = window.range_in(moment);
    match subject.journey(name, moment.point) {
        Told::Unknown => Truth::Unknown,
        Told::No => Truth::False,
        Told::Yes(passage) => {
            let at = if end == End::First { Some(passage.entered) } else { passage.left };
            match at {
                Some(at) => Truth::from(range.contains(&at.0)),
                None if passage.inside => Truth::False,
                None => Truth::Unknown,
            }
        }
    }
}

pub(super) fn counts(told: &Told<String>, variant: Option<&str>) -> Truth {
    match told {
        Told::Unknown => Truth::Unknown,
        Told::No => Truth::False,
        Told::Yes(found) => Truth::from(variant.is_none_or(|asked| asked == found)),
    }
}

/// The variant of an experiment that a person was shown first, as the events tell it.
#[must_use]
pub fn viewed(subject: &dyn Subject, experiment: &str, point: Point) -> Option<String> {
    let mut variant = None;
    subject.events(EXPERIMENT_VIEWED, &mut |event| {
        if !point.sees(event.at()) {
            return ControlFlow::Break(());
        }
        let is = |name: &str| event.property(name) == Datum::Text(experiment);
        if !is("experiment_name") && !is("experiment_id") {
            return ControlFlow::Continue(());
        }
        variant =
            ["variation_name", "variation_id"].into_iter().find_map(|name| match event.property(name) {
                Datum::Missing => None,
                found => Some(found.to_string()),
            });
        variant.get_or_insert_with(String::new);
        ControlFlow::Break(())
    });
    variant
}

/// A person's place in a random cut, from 0 up to but not including 100, in steps of a ten-thousandth.
#[must_use]
pub fn place(salt: &str, key: &str) -> Decimal {
    let mut bytes = Vec::with_capacity(salt.len() + key.len() + 1);
    bytes.extend_from_slice(salt.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(key.as_bytes());
    Decimal::from_scaled(((u128::from(xxh3_64(&bytes)) * 1_000_000) >> 64) as i64)
}

impl BandAsk {
    /// Whether a band is as asked; of nobody's band nothing is known.
    #[must_use]
    pub fn holds(&self, band: Option<u32>) -> Truth {
        let Some(band) = band.and_then(|band| Decimal::from_int(i64::from(band))) else {
            return Truth::Unknown;
        };
        Truth::from(self.operator.accepts(band.cmp(&self.n)))
    }
}
