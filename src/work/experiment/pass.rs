//! One pass over a frame's columns on several threads, the answers in the order of the units.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::experiment::UnitValue;
use crate::experiment::scan::{Ask, Cohort, Found, Scan};
use crate::work::frame::threads;

/// What is made of each group of units: the number of its first unit, and their values, one unit after the other with as many
/// values each as there are asks. The number of threads cannot be seen in the answer.
pub(super) fn each_group<T: Send>(
    cohort: &Cohort<'_>,
    asks: &[Ask<'_>],
    make: impl Fn(usize, &[UnitValue]) -> T + Sync,
) -> Vec<T> {
    let scan = Scan::new(cohort, asks);
    let found: Vec<Found> = scanned(&scan);
    let done = shared(cohort.groups(), |group, done: &mut Vec<(usize, T)>| {
        done.push((group, make(cohort.group(group).start, &scan.values(group, &found))));
    });
    let mut done: Vec<(usize, T)> = done.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(group, _)| *group);
    done.into_iter().map(|(_, made)| made).collect()
}

fn scanned(scan: &Scan<'_>) -> Vec<Found> {
    shared(scan.chunks(), |chunk, found: &mut Option<Found>| {
        scan.look(chunk, found.get_or_insert_with(|| scan.nothing()));
    })
    .into_iter()
    .flatten()
    .collect()
}

/// Lets threads take numbers into states of their own.
fn shared<S: Default + Send>(count: usize, take: impl Fn(usize, &mut S) + Sync) -> Vec<S> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut state = S::default();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return state;
            }
            take(at, &mut state);
        }
    };
    let workers = threads().min(count).max(1);
    if workers == 1 {
        return vec![work()];
    }
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut all = vec![work()];
        for other in others {
            match other.join() {
                Ok(state) => all.push(state),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}
