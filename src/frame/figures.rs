//! Counts, sums and moments of events for everybody at once. Each thread adds up the chunks it takes; what they found is
//! put together by operations that do not care for the order.

use super::bitmap::Bitmap;
use super::bits::{Interval, pack};
use super::column::Column;
use super::evaluate::{Pick, Scan};
use super::parallel::gather;
use super::selected::Selected;
use super::table::{Chunk, Table};
use crate::model::Decimal;
use crate::rule::evaluate::Tally;
use crate::rule::tree::{End, Operator};

/// So many events are worth a thread of their own.
const WORTH: usize = 1 << 18;

/// Stands for no moment at all, beyond every date a file can hold.
pub(super) fn never(end: End) -> i64 {
    match end {
        End::First => i64::MAX,
        End::Last => i64::MIN,
    }
}

/// The counts a comparison accepts.
pub(super) fn accepted(operator: Operator, n: Decimal) -> Interval {
    Interval::of(operator, n.scaled()).divided(Decimal::ONE.scaled())
}

impl Scan<'_> {
    /// Who has a number of the events that a comparison accepts.
    pub(super) fn counted(&self, pick: &Pick<'_>, operator: Operator, n: Decimal) -> Bitmap {
        let accepted = accepted(operator, n);
        // Where one event decides, who has any is all there is to know.
        let some = accepted.low == 1 && accepted.high >= i64::from(u32::MAX);
        let none = accepted.low <= 0 && accepted.high == 0;
        if some || none {
            let present = self.present(pick);
            return if some == accepted.inside { present } else { present.complement() };
        }
        within(&self.counts(pick), accepted)
    }

    /// Who has any of the events.
    pub(super) fn present(&self, pick: &Pick<'_>) -> Bitmap {
        let people = self.people();
        self.gather(
            pick,
            &|| Bitmap::none(people),
            &|set: &mut Bitmap, selected| selected.each(|person, _| set.set(person as usize)),
            |all, own| all.or(&own),
        )
    }

    /// How many of the events each person has.
    pub(super) fn counts(&self, pick: &Pick<'_>) -> Vec<u32> {
        let people = self.people();
        self.gather(
            pick,
            &|| vec![0_u32; people],
            &|counts: &mut Vec<u32>, selected| {
                selected.each(|person, _| {
                    if let Some(count) = counts.get_mut(person as usize) {
                        *count += 1;
                    }
                });
            },
            |all, own| all.iter_mut().zip(&own).for_each(|(a, b)| *a += b),
        )
    }

    /// The sum of a property's numbers for each person, where no sum can leave the range.
    pub(super) fn sums(&self, pick: &Pick<'_>, property: &str) -> Option<Vec<i64>> {
        let mut most = 0_u128;
        for (table, chunk) in self.chunks(pick) {
            let Some(place) = table.property(property) else { continue };
            let Some(codes) = chunk.column(place).and_then(Column::codes) else {
                continue;
            };
            let (low, high) = codes.bounds();
            most += chunk.len() as u128 * u128::from(low.unsigned_abs().max(high.unsigned_abs()));
        }
        i64::try_from(most).ok()?;
        let people = self.people();
        Some(self.gather(
            pick,
            &|| vec![0_i64; people],
            &|sums: &mut Vec<i64>, selected| {
                each_number(selected, property, |person, scaled| {
                    if let Some(sum) = sums.get_mut(person as usize) {
                        *sum += scaled;
                    }
                });
            },
            |all, own| all.iter_mut().zip(&own).for_each(|(a, b)| *a += b),
        ))
    }

    /// What a property's numbers amount to for each person.
    pub(super) fn tallies(&self, pick: &Pick<'_>, property: &str) -> Vec<Tally> {
        let people = self.people();
        self.gather(
            pick,
            &|| vec![Tally::default(); people],
            &|tallies: &mut Vec<Tally>, selected| {
                each_number(selected, property, |person, scaled| {
                    if let Some(tally) = tallies.get_mut(person as usize) {
                        tally.add(scaled);
                    }
                });
            },
            |all, own| all.iter_mut().zip(&own).for_each(|(a, b)| a.merge(b)),
        )
    }

    /// When each person's first or last event was; never, where there is none.
    pub(super) fn moments(&self, pick: &Pick<'_>, end: End) -> Vec<i64> {
        let people = self.people();
        let better = |a: i64, b: i64| if end == End::First { a.min(b) } else { a.max(b) };
        self.gather(
            pick,
            &|| vec![never(end); people],
            &|moments: &mut Vec<i64>, selected| {
                let at = &selected.chunk.at;
                selected.each(|person, row| {
                    if let Some(best) = moments.get_mut(person as usize) {
                        *best = better(*best, at.get(row));
                    }
                });
            },
            |all, own| all.iter_mut().zip(&own).for_each(|(a, b)| *a = better(*a, *b)),
        )
    }

    fn gather<S: Send>(
        &self,
        pick: &Pick<'_>,
        start: &(impl Fn() -> S + Sync),
        take: &(impl Fn(&mut S, &Selected<'_>) + Sync),
        mut join: impl FnMut(&mut S, S),
    ) -> S {
        let chunks = self.chunks(pick);
        let rows: usize = chunks.iter().map(|(_, chunk)| chunk.len()).sum();
        let threads = self.threads.min(rows / WORTH);
        let select = |state: &mut S, &(table, chunk): &(&Table, &Chunk)| {
            take(state, &Selected::of(table, chunk, pick, self.moment));
        };
        let mut found = gather(&chunks, threads, start, &select).into_iter();
        let mut all = found.next().unwrap_or_else(start);
        found.for_each(|own| join(&mut all, own));
        all
    }
}

fn each_number(selected: &Selected<'_>, property: &str, mut visit: impl FnMut(u32, i64)) {
    let Some((column, codes)) = selected.numbers(property) else { return };
    match column.valid() {
        None => selected.each(|person, row| visit(person, codes.get(row))),
        Some(valid) => selected.each(|person, row| {
            if valid.has(row) {
                visit(person, codes.get(row));
            }
        }),
    }
}

/// The people whose count lies in an interval.
pub(super) fn within(counts: &[u32], accepted: Interval) -> Bitmap {
    let words = match accepted.within(u64::from(u32::MAX)) {
        Ok((low, width, inside)) => {
            let (low, width) = (low as u32, width as u32);
            pack(counts, |count| (count.wrapping_sub(low) <= width) == inside)
        }
        Err(all) => vec![if all { u64::MAX } else { 0 }; counts.len().div_ceil(64)],
    };
    Bitmap::from_words(words, counts.len())
}
