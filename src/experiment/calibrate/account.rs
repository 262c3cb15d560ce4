//! What the tallies mean: rates against what is allowed.

use serde::Serialize;

use super::claims::{Promise, Saving};
use super::cover::Cover;
use super::{Cell, Settings, Tally};

/// How often an interval missed the truth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Misses {
    /// Experiments in which it was shown.
    pub shown: u64,
    /// Of them, those that called a gain.
    pub low: u64,
    /// Those that called a loss.
    pub high: u64,
    /// Those that called either at some look.
    pub either: u64,
}

impl Misses {
    /// An interval against a truth of zero.
    pub(super) fn see(&mut self, low: f64, high: f64) {
        self.shown += 1;
        self.low += u64::from(low > 0.0);
        self.high += u64::from(high < 0.0);
        self.either += u64::from(low > 0.0 || high < 0.0);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.shown += other.shown;
        self.low += other.low;
        self.high += other.high;
        self.either += other.either;
    }

    /// The share of false alarms; none where nothing was shown.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.shown > 0).then(|| self.either as f64 / self.shown as f64)
    }

    /// Whether the rate is within what was allowed, Monte-Carlo error besides.
    #[must_use]
    pub fn keeps(&self, alpha: f64) -> bool {
        self.rate().is_none_or(|rate| rate <= allowed(alpha, self.shown))
    }
}

/// More are expected than this: the normal law tells how many chance may add.
const MANY: f64 = 50.0;
/// The tail beyond three errors of the normal law.
const THREE_ERRORS: f64 = 1.35e-3;

/// The largest share of `n` experiments that chance leaves to what happens with probability `p`: three Monte-Carlo errors more, by the
/// binomial law itself where few are expected.
#[must_use]
pub fn allowed(p: f64, n: u64) -> f64 {
    let all = n.max(1) as f64;
    if all * p > MANY {
        return p + 3.0 * (p * (1.0 - p) / all).sqrt();
    }
    let (mut count, mut at) = (0.0, (all * (1.0 - p).ln()).exp());
    let mut up_to = at;
    while up_to < 1.0 - THREE_ERRORS && count < all {
        at *= (all - count) / (count + 1.0) * p / (1.0 - p);
        count += 1.0;
        up_to += at;
    }
    count / all
}

/// How often each reading of one kind of experiment missed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Readings {
    /// The absolute interval at the planned end, as panels read it.
    pub fixed: Misses,
    /// The relative interval on the log-ratio scale.
    pub log_ratio: Misses,
    /// The relative interval by the delta method, which panels never show: told, and not held to account.
    pub delta: Misses,
    /// The flat-prior credible interval, which has no level to keep: told, and not held to account.
    pub credible: Misses,
    /// The always-valid interval at any look at which it is shown.
    pub always: Misses,
    /// The fixed interval misread at every look at which the always-valid one is shown: what peeking does.
    pub peeking: Misses,
}

impl Readings {
    pub(super) fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.fixed, &other.fixed),
            (&mut self.log_ratio, &other.log_ratio),
            (&mut self.delta, &other.delta),
            (&mut self.credible, &other.credible),
            (&mut self.always, &other.always),
            (&mut self.peeking, &other.peeking),
        ];
        pairs.into_iter().for_each(|(mine, more)| mine.add(more));
    }

    /// What does not keep its level, with how often it missed and how often it may.
    fn faults(&self, alpha: f64) -> Vec<String> {
        let held =
            [("one look", self.fixed), ("log ratio", self.log_ratio), ("always, all looks", self.always)];
        let missed =
            held.into_iter().filter(|(_, misses)| !misses.keeps(alpha)).filter_map(|(name, misses)| {
                let (rate, most) = (100.0 * misses.rate()?, 100.0 * allowed(alpha, misses.shown));
                Some(format!("{name} {rate:.2} % of at most {most:.2} %"))
            });
        missed.collect()
    }
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    Fails,
    /// Nothing was shown that could miss.
    NothingShown,
}

/// One cell, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// The kind of experiment.
    pub cell: Cell,
    /// Experiments played.
    pub runs: u64,
    /// How often each reading missed.
    #[serde(flatten)]
    pub seen: Readings,
    /// The share of splits that health calls broken.
    pub broken_splits: f64,
    /// The median of the always-valid half-width over the fixed one at the planned end.
    pub width: Option<f64>,
    /// Whether what is shown keeps its level.
    pub verdict: Verdict,
    /// What does not, each with its figure and its limit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// An engine that never rejects keeps every level; its intervals may be at most so much wider than the fixed ones at N*.
pub const WIDEST: f64 = 1.7;

impl Account {
    /// Judges a cell.
    #[must_use]
    pub fn of(cell: Cell, settings: &Settings, mut tally: Tally) -> Self {
        let alpha = settings.alpha;
        let middle = tally.widths.len() / 2;
        tally.widths.sort_unstable_by(f32::total_cmp);
        let width = tally.widths.get(middle).map(|width| f64::from(*width));
        let most = allowed(crate::stats::srm::THRESHOLD, tally.runs);
        let broken_splits = tally.broken_splits as f64 / tally.runs.max(1) as f64;
        let mut faults = tally.seen.faults(alpha);
        if let Some(width) = width.filter(|width| *width > WIDEST) {
            faults.push(format!("width {width:.2} of at most {WIDEST:.2}"));
        }
        if broken_splits > most {
            let [seen, most] = [broken_splits, most].map(|share| 100.0 * share);
            faults.push(format!("splits called broken {seen:.2} % of at most {most:.2} %"));
        }
        let verdict = match (faults.is_empty(), tally.seen.fixed.shown + tally.seen.always.shown) {
            (false, _) => Verdict::Fails,
            (true, 0) => Verdict::NothingShown,
            (true, _) => Verdict::Holds,
        };
        Self { cell, runs: tally.runs, seen: tally.seen, broken_splits, width, verdict, faults }
    }
}

/// Everything that was checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How experiments were played.
    pub settings: Settings,
    /// The cells.
    pub cells: Vec<Account>,
    /// Power promised and kept.
    pub power: Vec<Promise>,
    /// Variance reduction promised and kept.
    pub cuped: Vec<Saving>,
    /// How often intervals hold an effect that is there.
    pub coverage: Vec<Cover>,
    /// Whether everything holds.
    pub holds: bool,
}

impl Report {
    /// Puts the checks together.
    #[must_use]
    pub fn new(
        settings: Settings,
        cells: Vec<Account>,
        (power, cuped, coverage): (Vec<Promise>, Vec<Saving>, Vec<Cover>),
    ) -> Self {
        let holds = cells.iter().all(|cell| cell.verdict != Verdict::Fails)
            && power.iter().all(|promise| promise.holds)
            && cuped.iter().all(|saving| saving.holds)
            && coverage.iter().all(|cover| cover.holds);
        Self { settings, cells, power, cuped, coverage, holds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::calibrate::Outcome;

    #[test]
    fn few_alarms_are_judged_by_the_law_of_few() {
        // One in a thousand, 200 times: two happen by chance in one of 57 such rows, three in one of 870.
        assert!((allowed(0.001, 200) - 2.0 / 200.0).abs() < 1e-12, "{}", allowed(0.001, 200));
        assert!((allowed(0.05, 10_000) - 0.056_54).abs() < 1e-5);
        assert!(allowed(0.05, 0) <= 1.0);
    }

    #[test]
    fn a_row_that_fails_names_its_figure_and_its_limit() {
        let cell = Cell { outcome: Outcome::Binary, rate: 0.02, treatment: 0.5 };
        let missed = Misses { shown: 200, low: 15, high: 15, either: 30 };
        let tally = Tally {
            runs: 200,
            broken_splits: 5,
            seen: Readings { fixed: missed, ..Readings::default() },
            ..Tally::default()
        };
        let found = Account::of(cell, &Settings::new(200, 7), tally);
        assert_eq!(found.verdict, Verdict::Fails);
        assert_eq!(
            found.faults,
            ["one look 15.00 % of at most 10.00 %", "splits called broken 2.50 % of at most 1.00 %"]
        );
    }
}
