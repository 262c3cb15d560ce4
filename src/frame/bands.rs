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

/// Everybody's band, 0 for people without a measure. There are a hundred bands at most.
type Answer = Arc<[u8]>;

/// The answers so far: of one measure, number of bands and point.
#[derive(Debug, Default)]
pub(super) struct Bands(Mutex<HashMap<(String, u32, i64, bool), Answer>>);

/// A sum with the count it is to be divided by, so that means compare exactly.
#[derive(Debug, Clone, Copy)]
struct Mean {
    sum: i128,
    count: u64,
}

impl Mean {
    fn order(&self, other: &Self) -> Ordering {
        (self.sum * i128::from(other.count)).cmp(&(other.sum * i128::from(self.count)))
    }
}

/// The measures of those who have one, with their rows, which ascend.
enum Measures {
    Numbers(Vec<(i64, u32)>),
    Means(Vec<(Mean, u32)>),
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

fn cut(frame: &Frame, ask: &BandAsk, point: Point, threads: usize) -> Vec<u8> {
    let people = frame.people().len();
    let mut bands = vec![0; people];
    // Profiles ascend with their rows, so that of equals the one that was known first comes first.
    match measures(&Scan::new(frame, point, threads), &ask.measure) {
        Measures::Numbers(measured) => match keys(&measured, people) {
            Some((mut keys, bits)) => {
                let firsts = firsts(keys.len(), ask.bands as usize);
                part(&mut keys, 0, &firsts);
                let row = |key: &u64| (key & ((1 << bits) - 1)) as usize;
                give(&mut bands, &firsts, keys.iter().map(row));
            }
            None => ordered(measured, i64::cmp, ask, &mut bands),
        },
        Measures::Means(measured) => ordered(measured, Mean::order, ask, &mut bands),
    }
    bands
}

/// Bands from everybody's order.
fn ordered<T>(
    mut measured: Vec<(T, u32)>,
    order: impl Fn(&T, &T) -> Ordering,
    ask: &BandAsk,
    bands: &mut [u8],
) {
    measured.sort_unstable_by(|a, b| order(&a.0, &b.0).then(a.1.cmp(&b.1)));
    let firsts = firsts(measured.len(), ask.bands as usize);
    give(bands, &firsts, measured.iter().map(|(_, row)| *row as usize));
}

/// Gives people their bands. They come band by band.
fn give(bands: &mut [u8], firsts: &[usize], mut rows: impl Iterator<Item = usize>) {
    let ends = firsts.iter().skip(1).copied().chain(std::iter::once(usize::MAX));
    for ((band, first), end) in (1..).zip(firsts).zip(ends) {
        for row in rows.by_ref().take(end - first) {
            if let Some(own) = bands.get_mut(row) {
                *own = band;
            }
        }
    }
}

/// The place at which each band begins among so many people. Fewer people than bands are spread over all of them, so that the
/// highest tenth of 60 is found by percentiles as well; as many or more are cut as `NTILE` of SQL:2003 cuts them.
fn firsts(people: usize, bands: usize) -> Vec<usize> {
    if people < bands {
        return (0..bands).map(|band| band * people / bands).collect();
    }
    let (each, more) = (people / bands, people % bands);
    (0..bands).map(|band| band * each + band.min(more)).collect()
}

/// Measure and row as one number that orders as both do, and how many bits the row has of it; none where they do not fit
/// 64 bits together.
fn keys(measured: &[(i64, u32)], people: usize) -> Option<(Vec<u64>, u32)> {
    let low = measured.iter().map(|(number, _)| *number).min()?;
    let high = measured.iter().map(|(number, _)| *number).max()?;
    let bits = usize::BITS - people.leading_zeros();
    if high.abs_diff(low).leading_zeros() < bits {
        return None;
    }
    let key = |&(number, row): &(i64, u32)| number.abs_diff(low) << bits | u64::from(row);
    Some((measured.iter().map(key).collect(), bits))
}

/// Brings numbers into such an order that each place in `firsts`, counted from `before`, has nothing larger before it and
/// nothing smaller behind it. Only the borders have to be found, not everybody's order.
fn part(keys: &mut [u64], before: usize, firsts: &[usize]) {
    let middle = firsts.len() / 2;
    let Some(&first) = firsts.get(middle) else { return };
    let (lower, upper) = (firsts.get(..middle).unwrap_or(&[]), firsts.get(middle + 1..).unwrap_or(&[]));
    match first.checked_sub(before) {
        // Two bands that begin at one place: the border is there already.
        None => part(keys, before, upper),
        Some(place) if place >= keys.len() => part(keys, before, lower),
        Some(place) => {
            let (below, _, above) = keys.select_nth_unstable(place);
            part(below, before, lower);
            part(above, first + 1, upper);
        }
    }
}

fn measures(scan: &Scan<'_>, measure: &MeasureAsk) -> Measures {
    match measure {
        MeasureAsk::Trait(name) => {
            let people = scan.frame.people();
            let number = |row: u32| match people.datum(Person(row), name) {
                Datum::Number(number) => Some((number.scaled(), row)),
                Datum::Time(time) => Some((time.0, row)),
                _ => None,
            };
            Measures::Numbers((0..people.len() as u32).filter_map(number).collect())
        }
        MeasureAsk::Count(step, window) => {
            let counts = scan.counts(&pick(step, *window));
            let counted = (0..).zip(counts).filter(|(_, n)| *n > 0);
            Measures::Numbers(counted.map(|(row, n)| (i64::from(n), row)).collect())
        }
        MeasureAsk::When(step, window, end) => {
            let moments = scan.moments(&pick(step, *window), *end);
            let known = (0..).zip(moments).filter(|(_, at)| *at != never(*end));
            Measures::Numbers(known.map(|(row, at)| (at, row)).collect())
        }
        MeasureAsk::Figure(step, window, figure, property) => {
            figures(scan, &pick(step, *window), *figure, property)
        }
    }
}

/// The figures of those who have any of the events.
fn figures(scan: &Scan<'_>, pick: &Pick<'_>, figure: Figure, property: &str) -> Measures {
    let present = scan.present(pick);
    let rows = || present.rows().map(|row| row as u32);
    if figure == Figure::Distinct {
        let counts = scan.distincts(pick, property);
        let number = |row: u32| Some((i64::from(*counts.get(row as usize)?), row));
        return Measures::Numbers(rows().filter_map(number).collect());
    }
    if figure == Figure::Sum
        && let Some(sums) = scan.sums(pick, property)
    {
        return Measures::Numbers(rows().filter_map(|row| Some((*sums.get(row as usize)?, row))).collect());
    }
    let tallies = scan.tallies(pick, property);
    let mean = |row: u32| Some((measured(figure, tallies.get(row as usize)?)?, row));
    Measures::Means(rows().filter_map(mean).collect())
}

fn pick(step: &StepAsk, window: Window) -> Pick<'_> {
    Pick { event: &step.event, condition: step.condition.as_ref(), window }
}

fn measured(figure: Figure, tally: &Tally) -> Option<Mean> {
    let plain = |sum: i128| Mean { sum, count: 1 };
    match figure {
        Figure::Sum => Some(plain(tally.sum)),
        _ if tally.count == 0 => None,
        Figure::Min => Some(plain(i128::from(tally.min))),
        Figure::Max => Some(plain(i128::from(tally.max))),
        Figure::Average | Figure::Distinct => Some(Mean { sum: tally.sum, count: tally.count }),
    }
}
