//! Sequences of events over everybody at once: the moments of each step side by side, then person after person.

use super::Bitmap;
use super::evaluate::{Pick, Scan, Verdicts};
use crate::rule::evaluate::sequence::{Between, When, passes};
use crate::rule::plan::{SequenceAsk, StepAsk};
use crate::rule::tree::Window;

/// The moments of one step, of everybody: by person, then by time.
struct Moments {
    people: Vec<u32>,
    when: Vec<When>,
    next: usize,
}

impl Moments {
    fn of(scan: &Scan<'_>, step: &StepAsk, window: Window) -> Self {
        let pick = Pick { event: &step.event, condition: step.condition.as_ref(), window };
        let mut found: Vec<(u32, When)> = Vec::new();
        scan.fold(&pick, |selected| selected.when(), |chunk| found.extend(chunk));
        found.sort_unstable();
        let (people, when) = found.into_iter().unzip();
        Self { people, when, next: 0 }
    }

    /// The moments of a person, asked for in ascending order of people.
    fn take(&mut self, person: u32) -> std::ops::Range<usize> {
        let rest = self.people.get(self.next..).unwrap_or(&[]);
        let start = self.next + rest.partition_point(|known| *known < person);
        let own = self.people.get(start..).unwrap_or(&[]);
        let end = start + own.partition_point(|known| *known == person);
        self.next = end;
        start..end
    }

    fn get(&self, range: std::ops::Range<usize>) -> &[When] {
        self.when.get(range).unwrap_or(&[])
    }
}

impl Scan<'_> {
    /// For whom some passage of events goes through all steps.
    pub(super) fn sequence(&self, ask: &SequenceAsk) -> Verdicts {
        let mut first = Moments::of(self, &ask.first, ask.window);
        let mut steps: Vec<(Moments, Option<Moments>, Option<i64>)> = ask
            .then
            .iter()
            .map(|(step, gap)| {
                let without = gap.without.as_ref().map(|step| Moments::of(self, step, ask.window));
                (Moments::of(self, step, ask.window), without, gap.within.map(|span| span.0))
            })
            .collect();
        let taking = ask.taking.map(|span| span.0);
        let mut yes = Bitmap::none(self.people());
        while let Some(&person) = first.people.get(first.next) {
            let own = first.take(person);
            let ranges: Vec<_> = steps
                .iter_mut()
                .map(|(step, without, _)| (step.take(person), without.as_mut().map(|bars| bars.take(person))))
                .collect();
            if ranges.iter().any(|(range, _)| range.is_empty()) {
                continue;
            }
            let then: Vec<(&[When], Between<'_>)> = steps
                .iter()
                .zip(ranges)
                .map(|((step, without, within), (range, bars))| {
                    let barred = match (without, bars) {
                        (Some(without), Some(bars)) => without.get(bars),
                        _ => &[],
                    };
                    (step.get(range), Between { within: *within, barred })
                })
                .collect();
            if passes(first.get(own), &then, taking) {
                yes.set(person as usize);
            }
        }
        Verdicts::known(yes)
    }
}
