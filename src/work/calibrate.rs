//! The engine's own error rates, played on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Cancel;
use crate::experiment::calibrate::{Account, Cell, Report, Settings, Tally, claims, cover, grid, play};
use crate::stats::Why;

/// Runs that one thread plays in a row; fixed, so that parts are put together alike on any number of threads.
const PART: u32 = 250;

/// What a thread takes next.
#[derive(Clone, Copy)]
enum Part {
    Runs { cell: usize, from: u32 },
    Promise(usize),
    Saving(usize),
    Cover(usize),
}

/// What came of it.
enum Done {
    Runs(usize, Box<Tally>),
    Promise(Result<claims::Promise, Why>),
    Saving(claims::Saving),
    Cover(cover::Cover),
}

/// Plays the whole grid. None where it was cancelled.
///
/// # Errors
/// What the calculator withholds of a plan, which is a fault.
pub fn validate(settings: &Settings, threads: usize, cancel: &Cancel) -> Result<Option<Report>, Why> {
    let (cells, promises) = (grid(), claims::promises());
    let starts = (0..settings.runs).step_by(PART as usize);
    let mut parts: Vec<Part> =
        (0..cells.len()).flat_map(|cell| starts.clone().map(move |from| Part::Runs { cell, from })).collect();
    parts.extend((0..promises.len()).map(Part::Promise));
    parts.extend((0..claims::CORRELATIONS.len()).map(Part::Saving));
    parts.extend((0..cover::INTERVALS.len()).map(Part::Cover));
    let work = |part: Part| match part {
        Part::Runs { cell, from } => {
            let to = from.saturating_add(PART).min(settings.runs);
            Done::Runs(cell, Box::new(play(&cells[cell], settings, from..to)))
        }
        Part::Promise(at) => {
            let (looks, baseline, treatment) = promises[at];
            Done::Promise(claims::promise(settings, looks, baseline, treatment))
        }
        Part::Saving(at) => Done::Saving(claims::saving(settings, claims::CORRELATIONS[at])),
        Part::Cover(at) => Done::Cover(cover::cover(settings, cover::INTERVALS[at])),
    };
    let done = in_order(&parts, threads, cancel, work);
    if cancel.is_cancelled() {
        return Ok(None);
    }
    report(settings, &cells, done).map(Some)
}

fn report(settings: &Settings, cells: &[Cell], done: Vec<Done>) -> Result<Report, Why> {
    let mut tallies = vec![Tally::default(); cells.len()];
    let (mut power, mut cuped, mut coverage) = (Vec::new(), Vec::new(), Vec::new());
    for part in done {
        match part {
            Done::Runs(cell, tally) => tallies[cell] = std::mem::take(&mut tallies[cell]).merge(*tally),
            Done::Promise(promise) => power.push(promise?),
            Done::Saving(saving) => cuped.push(saving),
            Done::Cover(cover) => coverage.push(cover),
        }
    }
    let accounts = cells.iter().zip(tallies).map(|(cell, tally)| Account::of(*cell, settings, tally));
    Ok(Report::new(*settings, accounts.collect(), (power, cuped, coverage)))
}

/// Works the parts off on several threads; the answers come back in the order of the parts.
fn in_order<T: Send>(
    parts: &[Part],
    threads: usize,
    cancel: &Cancel,
    work: impl Fn(Part) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut own = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            match parts.get(at) {
                Some(part) if !cancel.is_cancelled() => own.push((at, work(*part))),
                _ => return own,
            }
        }
    };
    let mut found: Vec<(usize, T)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(take)).collect();
        let mut all = take();
        for other in others {
            match other.join() {
                Ok(own) => all.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    found.sort_unstable_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, answer)| answer).collect()
}
