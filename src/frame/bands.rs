//! The bands people are in: everybody in the order of a measure, cut into parts of equal size.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Frame;
use super::evaluate::{Pick, Scan};
use crate::model::{Datum, Person};
use crate::rule::Point;
use crate::rule::evaluate::Tally;
use crate::rule::plan::{BandAsk, MeasureAsk, StepAsk};
use crate::rule::tree::{End, Figure, Window};

/// How many answers are kept.
const KEPT: usize = 64;

/// Everybody's band, 0 for people without a measure.
type Answer = Arc<[u32]>;

/// The answers so far: of one measure, number of bands and point.
#[derive(Debug, Default)]
pub(super) struct Bands(Mutex<HashMap<(String, u32, i64, bool), Answer>>);

/// A measure: a number, or a sum with the count it is to be divided by, so that means compare exactly.
#[derive(Debug, Clone, Copy)]
struct Measured {
    sum: i128,
    count: u64,
}

impl Measured {
    fn plain(sum: i128) -> Self {
        Self { sum, count: 1 }
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.sum * i128::from(other.count)).cmp(&(other.sum * i128::from(self.count)))
    }
}

impl Frame {
    /// Everybody's band at a point, from 1 for the lowest; 0 for people who are not measured. Of people with the same
    /// measure the older profile comes first, and where the parts cannot be equal the lower ones are larger.
    pub(super) fn bands(&self, ask: &BandAsk, point: Point) -> Answer {
        let key = (ask.key.clone(), ask.bands, point.at.0, point.inclusive);
        if let Some(known) = self.bands.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(known);
        }
        let answer: Answer = cut(self, ask, point).into();
        let mut kept = self.bands.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&answer));
        answer
    }
}

fn cut(frame: &Frame, ask: &BandAsk, point: Point) -> Vec<u32> {
    let people = frame.people();
    let measures = measures(&Scan::new(frame, point, 1), &ask.measure);
    let mut order: Vec<(Measured, i64, u32)> = (0..)
        .zip(measures)
        .filter_map(|(row, measured)| Some((measured?, people.profile(Person(row)).0, row)))
        .collect();
    order.sort_unstable_by(|a, b| a.0.order(&b.0).then(a.1.cmp(&b.1)));
    let (each, more) = (order.len() / ask.bands as usize, order.len() % ask.bands as usize);
    let larger = more * (each + 1);
    let mut bands = vec![0; people.len()];
    for (place, (_, _, row)) in order.into_iter().enumerate() {
        let band = if place < larger { place / (each + 1) } else { more + (place - larger) / each.max(1) };
        if let Some(own) = bands.get_mut(row as usize) {
            *own = band as u32 + 1;
        }
    }
    bands
}

fn measures(scan: &Scan<'_>, measure: &MeasureAsk) -> Vec<Option<Measured>> {
    match measure {
        MeasureAsk::Trait(name) => {
            let people = scan.frame.people();
            (0..people.len() as u32)
                .map(|row| match people.datum(Person(row), name) {
                    Datum::Number(number) => Some(Measured::plain(i128::from(number.scaled()))),
                    Datum::Time(time) => Some(Measured::plain(i128::from(time.0))),
                    _ => None,
                })
                .collect()
        }
        MeasureAsk::Count(step, window) => {
            let counts = scan.counts(&pick(step, *window));
            counts.into_iter().map(|n| (n > 0).then(|| Measured::plain(i128::from(n)))).collect()
        }
        MeasureAsk::When(step, window, end) => {
            let moments = scan.moments(&pick(step, *window), *end);
            moments.into_iter().map(|at| at.map(|at| Measured::plain(i128::from(at)))).collect()
        }
        MeasureAsk::Figure(step, window, figure, property) => {
            let pick = pick(step, *window);
            let figures: Vec<Option<Measured>> = if *figure == Figure::Distinct {
                let counts = scan.distincts(&pick, property);
                counts.into_iter().map(|n| Some(Measured::plain(i128::from(n)))).collect()
            } else {
                scan.tallies(&pick, property).into_iter().map(|tally| measured(*figure, &tally)).collect()
            };
            // Whoever has none of the events is not measured.
            let present = scan.moments(&pick, End::Last);
            figures.into_iter().zip(present).map(|(figure, present)| present.and(figure)).collect()
        }
    }
}

fn pick(step: &StepAsk, window: Window) -> Pick<'_> {
    Pick { event: &step.event, condition: step.condition.as_ref(), window }
}

fn measured(figure: Figure, tally: &Tally) -> Option<Measured> {
    match figure {
        Figure::Sum => Some(Measured::plain(tally.sum)),
        _ if tally.count == 0 => None,
        Figure::Min => Some(Measured::plain(i128::from(tally.min))),
        Figure::Max => Some(Measured::plain(i128::from(tally.max))),
        Figure::Average | Figure::Distinct => Some(Measured { sum: tally.sum, count: tally.count }),
    }
}
