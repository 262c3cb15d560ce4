//! Sequences of events over everybody at once: first who has every step at all, then of them the moments of each step side
//! by side, then person after person.

use super::bitmap::Bitmap;
use super::evaluate::{Pick, Scan, Verdicts};
use super::parallel::parallel;
use super::rank::Ranks;
use crate::rule::evaluate::sequence::{Between, When, passes};
use crate::rule::plan::{SequenceAsk, StepAsk};
use crate::rule::tree::Window;

/// So many people are worth a thread of their own.
const WORTH: usize = 1 << 12;

/// The moments of one step, by person among those who matter, then by time.
struct Moments {
    starts: Vec<u32>,
    when: Vec<When>,
}

impl Moments {
    fn of(scan: &Scan<'_>, pick: &Pick<'_>, ranks: &Ranks) -> Self {
        let mut found: Vec<Vec<(u32, When)>> = Vec::new();
        let look = |selected: &super::selected::Selected<'_>| {
            let chunk = selected.chunk;
            let mut own = Vec::new();
            selected.each(|person, row| {
                if let Some(rank) = ranks.of(person) {
                    own.push((rank, (chunk.at.get(row), chunk.sequence.get(row))));
                }
            });
            own
        };
        scan.fold(pick, look, |chunk| found.push(chunk));
        let mut starts = vec![0_u32; ranks.len() + 1];
        for &(rank, _) in found.iter().flatten() {
            if let Some(count) = starts.get_mut(rank as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut when: Vec<When> = vec![(0, 0); sum as usize];
        for &(rank, moment) in found.iter().flatten() {
            let Some(at) = next.get_mut(rank as usize) else { continue };
            if let Some(place) = when.get_mut(*at as usize) {
                *place = moment;
            }
            *at += 1;
        }
        // Events are mostly learned in the order they happened; then there is nothing to sort.
        for bounds in starts.windows(2) {
            if let [start, end] = *bounds
                && let Some(own) = when.get_mut(start as usize..end as usize)
                && !own.is_sorted()
            {
                own.sort_unstable();
            }
        }
        Self { starts, when }
    }

    fn get(&self, rank: usize) -> &[When] {
        let (Some(&start), Some(&end)) = (self.starts.get(rank), self.starts.get(rank + 1)) else {
            return &[];
        };
        self.when.get(start as usize..end as usize).unwrap_or(&[])
    }
}

/// A step after the first: its moments, those that may not lie before it, and how long it may take.
struct Later {
    moments: Moments,
    barred: Option<Moments>,
    within: Option<i64>,
}

impl Scan<'_> {
    /// For whom some passage of events goes through all steps.
    pub(super) fn sequence(&self, ask: &SequenceAsk) -> Verdicts {
        let candidates = self.with_all_steps(ask);
        let ranks = Ranks::new(&candidates);
        let first = Moments::of(self, &pick(&ask.first, ask.window), &ranks);
        let then: Vec<Later> = ask
            .then
            .iter()
            .map(|(step, gap)| Later {
                moments: Moments::of(self, &pick(step, ask.window), &ranks),
                barred: gap.without.as_ref().map(|step| Moments::of(self, &pick(step, ask.window), &ranks)),
                within: gap.within.map(|span| span.0),
            })
            .collect();
        let taking = ask.taking.map(|span| span.0);
        let rows: Vec<(usize, usize)> = candidates.rows().enumerate().collect();
        let look = |part: &&[(usize, usize)]| -> Vec<usize> {
            let mut steps: Vec<(&[When], Between<'_>)> = Vec::with_capacity(then.len());
            let passes = |&&(rank, _): &&(usize, usize)| {
                steps.clear();
                steps.extend(then.iter().map(|later| {
                    let barred = later.barred.as_ref().map_or(&[][..], |barred| barred.get(rank));
                    (later.moments.get(rank), Between { within: later.within, barred })
                }));
                passes(first.get(rank), &steps, taking)
            };
            part.iter().filter(passes).map(|(_, row)| *row).collect()
        };
        let parts: Vec<&[(usize, usize)]> = rows.chunks(WORTH).collect();
        let threads = self.threads.min(parts.len());
        let found =
            if threads <= 1 { parts.iter().map(look).collect() } else { parallel(&parts, threads, &look) };
        let mut yes = Bitmap::none(self.people());
        found.into_iter().flatten().for_each(|row| yes.set(row));
        Verdicts::known(yes)
    }

    /// Who has an event of every step, the step with the fewest events first.
    fn with_all_steps(&self, ask: &SequenceAsk) -> Bitmap {
        let mut picks: Vec<Pick<'_>> = std::iter::once(&ask.first)
            .chain(ask.then.iter().map(|(step, _)| step))
            .map(|step| pick(step, ask.window))
            .collect();
        picks.sort_by_key(|pick| self.chunks(pick).iter().map(|(_, chunk)| chunk.len()).sum::<usize>());
        let mut all = Bitmap::all(self.people());
        for pick in picks {
            all.and(&self.present(&pick));
        }
        all
    }
}

fn pick(step: &StepAsk, window: Window) -> Pick<'_> {
    Pick { event: &step.event, condition: step.condition.as_ref(), window }
}
