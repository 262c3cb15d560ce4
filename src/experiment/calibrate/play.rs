//! Experiments played and read.

use std::ops::Range;

use rand::rngs::Xoshiro256PlusPlus;

use super::account::{Misses, Readings};
use super::draw::{Binomials, gaussians};
use super::{Cell, Outcome, Settings};
use crate::experiment::analysis::{MINIMUM_CONVERSIONS, MINIMUM_NONZERO};
use crate::model::{Draw, Seed};
use crate::stats::skew::{self, Shape};
use crate::stats::{Comparison, Difference, Engine, Moments, Plan, Prior, Reading, Summary};
use crate::stats::{bayes, compare, srm, student};

/// Counts over runs of one cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Experiments played.
    pub runs: u64,
    /// How often each reading missed.
    pub seen: Readings,
    /// Splits that health calls broken.
    pub broken_splits: u64,
    /// The always-valid half-width at the planned end over the fixed one, run by run.
    pub widths: Vec<f32>,
}

impl Tally {
    /// Both together; parts in the order of their runs give the same bytes however they were cut.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.seen.add(&other.seen);
        self.broken_splits += other.broken_splits;
        self.widths.extend(other.widths);
        self
    }
}

/// One arm so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Side {
    n: u64,
    nonzero: u64,
    money: Shape,
}

impl Side {
    pub(super) fn summary(&self, outcome: Outcome) -> Summary {
        match outcome {
            Outcome::Binary => Summary::Proportion { n: self.n, successes: self.nonzero },
            Outcome::Money => Summary::Mean(self.money.moments),
        }
    }

    fn shape(&self, outcome: Outcome) -> Shape {
        match outcome {
            Outcome::Binary => Shape::of_flags(self.n, self.nonzero),
            Outcome::Money => self.money,
        }
    }
}

/// What a cell's experiments are drawn from.
pub(super) struct Dice {
    outcome: Outcome,
    pub(super) to_treatment: Binomials,
    bring: Binomials,
}

impl Dice {
    pub(super) fn new(cell: &Cell, most: usize) -> Self {
        let (to_treatment, bring) = (Binomials::new(cell.treatment, most), Binomials::new(cell.rate, most));
        Self { outcome: cell.outcome, to_treatment, bring }
    }

    pub(super) fn arrive(&self, side: &mut Side, n: usize, stream: &mut Xoshiro256PlusPlus) {
        let nonzero = self.bring.draw(n, stream);
        side.n += n as u64;
        side.nonzero += nonzero as u64;
        if self.outcome == Outcome::Money {
            for pair in 0..nonzero.div_ceil(2) {
                let (one, two) = gaussians(stream);
                side.money.push((3.0 + one).exp());
                if 2 * pair + 1 < nonzero {
                    side.money.push((3.0 + two).exp());
                }
            }
            let moments = Moments { n: (n - nonzero) as u64, ..Moments::default() };
            side.money = side.money.merge(Shape { moments, cubes: 0.0 });
        }
    }
}

/// Plays these runs of a cell. A run depends on the seed, the cell and its number alone.
#[must_use]
pub fn play(cell: &Cell, settings: &Settings, runs: Range<u32>) -> Tally {
    let step = (settings.people / settings.looks.max(1)).clamp(1, 1000) as usize;
    let dice = Dice::new(cell, step);
    let purpose = Draw::of("calibrate").and(cell.rate.to_bits()).and(cell.treatment.to_bits());
    let purpose = purpose.and(u64::from(cell.outcome == Outcome::Money));
    let mut tally = Tally::default();
    for run in runs {
        let mut stream = Seed(settings.seed).stream(u64::from(run), purpose, 0);
        one(cell, settings, &dice, step, &mut stream, &mut tally);
    }
    tally
}

fn one(
    cell: &Cell,
    settings: &Settings,
    dice: &Dice,
    step: usize,
    stream: &mut Xoshiro256PlusPlus,
    tally: &mut Tally,
) {
    let (mut control, mut treatment) = (Side::default(), Side::default());
    let engine = Engine::Sequential { tuning: f64::from(settings.people) };
    let plan = Plan { alpha: settings.alpha, ..Plan::new(engine).on(Difference::Absolute) };
    let z = student::normal_upper_quantile(settings.alpha / 2.0);
    let (mut always, mut peeking, mut last) = (Seen::default(), Seen::default(), None);
    for _ in 0..settings.looks {
        let to_treatment = dice.to_treatment.draw(step, stream);
        dice.arrive(&mut treatment, to_treatment, stream);
        dice.arrive(&mut control, step - to_treatment, stream);
        if !enough(cell.outcome, &control, &treatment) {
            continue;
        }
        let (a, b) = (control.summary(cell.outcome), treatment.summary(cell.outcome));
        if let Ok(found) = compare(&a, &b, &plan) {
            always.look(found.ci_low, found.ci_high);
            let half = z * found.standard_error;
            peeking.look(found.uplift_absolute - half, found.uplift_absolute + half);
            last = Some(found);
        }
    }
    tally.runs += 1;
    always.tell(&mut tally.seen.always);
    peeking.tell(&mut tally.seen.peeking);
    let units = [control.n, treatment.n];
    let split = srm::pearson(&units, &[1.0 - cell.treatment, cell.treatment]);
    tally.broken_splits += u64::from(split.is_some_and(|split| split.failed()));
    at_the_end(cell, settings, (&control, &treatment), last.as_ref(), tally);
}

/// The readings at the planned end.
fn at_the_end(
    cell: &Cell,
    settings: &Settings,
    (control, treatment): (&Side, &Side),
    always: Option<&Comparison>,
    tally: &mut Tally,
) {
    let (a, b) = (control.summary(cell.outcome), treatment.summary(cell.outcome));
    let plan = Plan { alpha: settings.alpha, ..Plan::new(Engine::Fixed) };
    let absolute = plan.on(Difference::Absolute);
    let fixed = compare::reading(&a, &b, &absolute, Vec::new());
    let bound = skew::bound(&plan.engine);
    let lopsided = skew::is_beyond(&control.shape(cell.outcome), &treatment.shape(cell.outcome), bound);
    let money = cell.outcome == Outcome::Money;
    if let Reading::Estimate(estimate) = &fixed {
        if !lopsided || compare::is_exact(&a, &b, &absolute) {
            tally.seen.fixed.see(estimate.low, estimate.high);
        }
        if let Some(always) = always {
            tally.widths.push(((always.ci_high - always.ci_low) / (estimate.high - estimate.low)) as f32);
        }
    }
    if let Ok(found) = compare(&a, &b, &plan)
        && !lopsided
        && !(money && found.standard_error > skew::WIDEST_RATIO)
    {
        tally.seen.log_ratio.see(found.ci_low, found.ci_high);
    }
    if let Ok(found) = compare(&a, &b, &plan.on(Difference::RelativeDelta)) {
        tally.seen.delta.see(found.ci_low, found.ci_high);
    }
    let flat = Prior::default();
    if let Ok(found) = bayes::posterior(&a, &b, settings.alpha, Difference::Absolute, &flat) {
        tally.seen.credible.see(found.low, found.high);
    }
}

/// The minimums of a sequential reading.
pub(super) fn enough(outcome: Outcome, control: &Side, treatment: &Side) -> bool {
    let need = match outcome {
        Outcome::Binary => MINIMUM_CONVERSIONS,
        Outcome::Money => MINIMUM_NONZERO,
    };
    control.nonzero.min(treatment.nonzero) >= need
}

/// What the looks of one experiment said.
#[derive(Default)]
struct Seen {
    shown: bool,
    low: bool,
    high: bool,
}

impl Seen {
    fn look(&mut self, low: f64, high: f64) {
        self.shown = true;
        self.low |= low > 0.0;
        self.high |= high < 0.0;
    }

    fn tell(&self, misses: &mut Misses) {
        misses.shown += u64::from(self.shown);
        misses.low += u64::from(self.low);
        misses.high += u64::from(self.high);
        misses.either += u64::from(self.low || self.high);
    }
}
