//! The bands people are in: everybody in the order of a measure, cut into parts of equal size.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Frame;
use super::evaluate::{Pick, Scan};
use super::figures::never;
use crate::model::{Datum, Person};
use crate::rule::Point;
use crate::rule::evaluate::Tally;
use crate::rule::plan::{BandAsk, MeasureAsk, StepAsk};
use crate::rule::tree::{Figure, Window};

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

impl Bands {
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Frame {
    /// Everybody's band at a point, from 1 for the lowest; 0 for people who are not measured. Of people with the same
    /// measure the older profile comes first, and where the parts cannot be equal the lower ones are larger.
    pub(super) fn bands(&self, ask: &BandAsk, point: Point, threads: usize) -> Answer {
        let key = (ask.key.clone(), ask.bands, point.at.0, point.inclusive);
        if let Some(known) = self.bands.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(known);
        }
        let answer: Answer = cut(self, ask, point, threads).into();
        let mut kept = self.bands.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&answer));
        answer
    }
}

fn cut(frame: &Frame, ask: &BandAsk, point: Point, threads: usize) -> Vec<u32> {
    let people = frame.people();
    let measures = measures(&Scan::new(frame, point, threads), &ask.measure);
    // Profiles ascend with their rows, so that of equals the one that was known first comes first.
    if let Some(bands) = packed(&measures, ask.bands as usize) {
        return bands;
    }
    let mut order: Vec<(Measured, u32)> =
        (0..).zip(measures).filter_map(|(row, measured)| Some((measured?, row))).collect();
    order.sort_unstable_by(|a, b| a.0.order(&b.0).then(a.1.cmp(&b.1)));
    let mut bands = vec![0; people.len()];
    let firsts = firsts(order.len(), ask.bands as usize);
    for (place, (_, row)) in order.into_iter().enumerate() {
        if let Some(own) = bands.get_mut(row as usize) {
            *own = firsts.partition_point(|first| *first <= place) as u32;
        }
    }
    bands
}

/// The place at which each band begins among so many people.
fn firsts(people: usize, bands: usize) -> Vec<usize> {
    let (each, more) = (people / bands, people % bands);
    (0..bands).map(|band| band * each + band.min(more)).collect()
}

/// The bands where a measure and a row fit a number of 64 bits together: only the people at the borders have to be found,
/// not everybody's order.
fn packed(measures: &[Option<Measured>], bands: usize) -> Option<Vec<u32>> {
    let sums = || measures.iter().flatten().map(|measured| measured.sum);
    if measures.iter().flatten().any(|measured| measured.count != 1) || bands > 64 {
        return None;
    }
    let (low, high) = (sums().min()?, sums().max()?);
    let range = u64::try_from(high.checked_sub(low)?).ok()?;
    let bits = usize::BITS - measures.len().leading_zeros();
    if range.leading_zeros() < bits {
        return None;
    }
    let key = |row: usize, measured: &Measured| ((measured.sum - low) as u64) << bits | row as u64;
    let mut keys: Vec<u64> = measures
        .iter()
        .enumerate()
        .filter_map(|(row, measured)| Some(key(row, measured.as_ref()?)))
        .collect();
    let mut borders = Vec::with_capacity(bands);
    let mut rest = keys.as_mut_slice();
    let mut passed = 0;
    for first in firsts(rest.len(), bands) {
        if first - passed >= rest.len() {
            borders.push(u64::MAX);
            continue;
        }
        let (_, border, above) = rest.select_nth_unstable(first - passed);
        borders.push(*border);
        // The border itself is the first of its band; the next one lies above it.
        passed = first + 1;
        rest = above;
    }
    Some(
        measures
            .iter()
            .enumerate()
            .map(|(row, measured)| match measured {
                Some(measured) => {
                    let own = key(row, measured);
                    borders.iter().map(|&border| u32::from(border <= own)).sum()
                }
                None => 0,
            })
            .collect(),
    )
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
            let known = |at: i64| (at != never(*end)).then(|| Measured::plain(i128::from(at)));
            moments.into_iter().map(known).collect()
        }
        MeasureAsk::Figure(step, window, figure, property) => {
            let pick = pick(step, *window);
            let figures: Vec<Option<Measured>> = if *figure == Figure::Distinct {
                let counts = scan.distincts(&pick, property);
                counts.into_iter().map(|n| Some(Measured::plain(i128::from(n)))).collect()
            } else if let Some(sums) = (*figure == Figure::Sum).then(|| scan.sums(&pick, property)).flatten()
            {
                sums.into_iter().map(|sum| Some(Measured::plain(i128::from(sum)))).collect()
            } else {
                scan.tallies(&pick, property).into_iter().map(|tally| measured(*figure, &tally)).collect()
            };
            // Whoever has none of the events is not measured.
            let present = scan.present(&pick);
            let measured = |(row, figure): (usize, Option<Measured>)| figure.filter(|_| present.has(row));
            figures.into_iter().enumerate().map(measured).collect()
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
