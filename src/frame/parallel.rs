//! Work on several threads whose number cannot be seen in the answer.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Maps items on several threads; the answers come back in the order of the items.
pub(super) fn parallel<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    map: &(impl Fn(&I) -> T + Sync),
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return own };
            own.push((index, map(item)));
        }
    };
    let mut found: Vec<(usize, T)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(own) => all.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    found.sort_unstable_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, answer)| answer).collect()
}

/// Lets several threads take items into states of their own, for the caller to put together. Which thread takes which item
/// is chance, so putting together must not depend on it.
pub(super) fn gather<I: Sync, S: Send>(
    items: &[I],
    threads: usize,
    start: &(impl Fn() -> S + Sync),
    take: &(impl Fn(&mut S, &I) + Sync),
) -> Vec<S> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut state = start();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            take(&mut state, item);
        }
        state
    };
    if threads <= 1 || items.len() <= 1 {
        return vec![work()];
    }
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(items.len())).map(|_| scope.spawn(work)).collect();
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
