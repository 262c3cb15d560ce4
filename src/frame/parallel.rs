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
