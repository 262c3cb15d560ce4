//! How often each interval holds a truth that is not zero: effects are played that are really there.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use serde::Serialize;

use super::Settings;
use super::account::Misses;
use super::draw::{Binomials, gaussians};
use crate::experiment::analysis::MINIMUM_CONVERSIONS;
use crate::model::{Draw, Seed};
use crate::stats::adjusted_ratio::{Across, AdjustedRatio};
use crate::stats::margin::{self, Margin};
use crate::stats::{Difference, Engine, Pair, Plan, Ratio, Reading, Spread, Summary, compare, wilson};

/// An interval, with the kind of number it is around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interval {
    /// The difference of two shares.
    Shares,
    /// The same where counts are so small that it is read exactly.
    FewShares,
    /// The relative difference of two shares.
    SharesRelative,
    /// The difference of two means.
    Means,
    /// The relative difference of two means.
    MeansRelative,
    /// The difference of two ratios of sums.
    Ratios,
    /// The relative difference of two ratios of sums.
    RatiosRelative,
    /// The difference of two means adjusted for what was before.
    AdjustedMeans,
    /// The difference of two ratios adjusted for the same ratios before.
    AdjustedRatios,
    /// What is left of a relative margin.
    Margin,
    /// The always-valid difference of two shares, at a hundred looks.
    Always,
    /// The always-valid relative difference of two shares, at a hundred looks.
    AlwaysRelative,
    /// A single share.
    Share,
}

/// Every interval.
pub const INTERVALS: [Interval; 13] = [
    Interval::Shares,
    Interval::FewShares,
    Interval::SharesRelative,
    Interval::Means,
    Interval::MeansRelative,
    Interval::Ratios,
    Interval::RatiosRelative,
    Interval::AdjustedMeans,
    Interval::AdjustedRatios,
    Interval::Margin,
    Interval::Always,
    Interval::AlwaysRelative,
    Interval::Share,
];

/// How often an interval missed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cover {
    /// Which.
    pub interval: Interval,
    /// Its misses, above and below the truth.
    pub misses: Misses,
    /// Whether it missed no more often than it says, three Monte-Carlo errors besides.
    pub holds: bool,
}

/// Coverage is cheap to play, so that it is played so many times as often: a shortfall of a third of a point shows.
const OFTENER: u32 = 4;

/// People per arm where values are drawn one by one.
const PER_ARM: usize = 400;
/// The treatment does so much better.
const EFFECT: f64 = 0.1;
/// The ratio of the control.
const RATIO: f64 = 0.8;
/// A margin of the control's share.
const MARGIN: f64 = 0.2;

/// Plays experiments with an effect and counts how often the interval does not hold it.
#[must_use]
pub fn cover(settings: &Settings, interval: Interval) -> Cover {
    let mut misses = Misses::default();
    let purpose = Draw::of("calibrate coverage").and(interval as u64);
    let dice = Dice::new(settings);
    for run in 0..OFTENER * settings.runs {
        let mut stream = Seed(settings.seed).stream(u64::from(run), purpose, 0);
        if let Some(off) = dice.play(settings, interval, &mut stream) {
            misses.shown += 1;
            misses.low += u64::from(off == Off::Above);
            misses.high += u64::from(off == Off::Below);
            misses.either += u64::from(off != Off::Held);
        }
    }
    Cover { interval, misses, holds: misses.shown > 0 && misses.keeps(settings.alpha) }
}

/// Where an interval lies beside the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Off {
    Held,
    Above,
    Below,
}

fn against(truth: f64, low: f64, high: f64) -> Off {
    if low > truth {
        Off::Above
    } else if high < truth {
        Off::Below
    } else {
        Off::Held
    }
}

/// The share of the control, and of a treatment.
struct Shares {
    truth: [f64; 2],
    binomials: [Binomials; 2],
    step: usize,
}

impl Shares {
    fn new(share: f64, step: usize) -> Self {
        let truth = [share, share * (1.0 + EFFECT)];
        Self { truth, binomials: truth.map(|share| Binomials::new(share, step)), step }
    }

    /// Some more people in each arm.
    fn grow(&self, arms: &mut [(u64, u64); 2], stream: &mut Xoshiro256PlusPlus) {
        for (arm, binomials) in arms.iter_mut().zip(&self.binomials) {
            arm.0 += self.step as u64;
            arm.1 += binomials.draw(self.step, stream) as u64;
        }
    }

    fn truth(&self, relative: bool) -> f64 {
        let [control, treatment] = self.truth;
        if relative { treatment / control - 1.0 } else { treatment - control }
    }
}

fn summaries(arms: &[(u64, u64); 2]) -> [Summary; 2] {
    arms.map(|(n, successes)| Summary::Proportion { n, successes })
}

struct Dice {
    common: Shares,
    rare: Shares,
}

impl Dice {
    fn new(settings: &Settings) -> Self {
        let step = (settings.people / 2 / settings.looks.max(1)).clamp(1, 1000) as usize;
        Self { common: Shares::new(0.1, step), rare: Shares::new(0.04, 100) }
    }

    fn play(&self, settings: &Settings, interval: Interval, stream: &mut Xoshiro256PlusPlus) -> Option<Off> {
        let once = Plan { alpha: settings.alpha, ..Plan::new(Engine::Fixed).on(Difference::Absolute) };
        let relative = once.on(Difference::RelativeLog);
        let ended = |stream: &mut Xoshiro256PlusPlus| {
            let mut arms = [(0, 0); 2];
            (0..settings.looks).for_each(|_| self.common.grow(&mut arms, stream));
            arms
        };
        match interval {
            Interval::Shares => read(&summaries(&ended(stream)), &once, self.common.truth(false)),
            Interval::SharesRelative => read(&summaries(&ended(stream)), &relative, self.common.truth(true)),
            Interval::FewShares => {
                let mut arms = [(0, 0); 2];
                self.rare.grow(&mut arms, stream);
                read(&summaries(&arms), &once, self.rare.truth(false))
            }
            Interval::Share => {
                let (n, successes) = ended(stream)[0];
                let (low, high) = wilson::interval(successes, n, settings.alpha)?;
                Some(against(self.common.truth[0], low, high))
            }
            Interval::Margin => {
                let arms = summaries(&ended(stream));
                let [control, treatment] = self.common.truth;
                let left = margin::left_of(&arms[0], &arms[1], Margin::Relative(MARGIN), &once, true).ok()?;
                Some(against(treatment - control * (1.0 - MARGIN), left.0, left.1))
            }
            Interval::Always => self.always(settings, stream, false),
            Interval::AlwaysRelative => self.always(settings, stream, true),
            Interval::Means | Interval::MeansRelative => {
                let arms = [1.0, 1.0 + EFFECT].map(|mean| Summary::Mean(means(mean, stream).y));
                let truth = if interval == Interval::Means { MEAN * EFFECT } else { EFFECT };
                read(&arms, if interval == Interval::Means { &once } else { &relative }, truth)
            }
            Interval::AdjustedMeans => {
                let arms = [1.0, 1.0 + EFFECT]
                    .map(|mean| Summary::Adjusted { pair: means(mean, stream), spread: Spread::Sample });
                read(&arms, &once, MEAN * EFFECT)
            }
            Interval::Ratios | Interval::RatiosRelative => {
                let (numerator, denominator) = (Spread::Sample, Spread::Sample);
                let arms = [1.0, 1.0 + EFFECT].map(|lift| {
                    Summary::Ratio(Ratio { pair: ratios(lift, stream).now, numerator, denominator })
                });
                let truth = if interval == Interval::Ratios { RATIO * EFFECT } else { EFFECT };
                read(&arms, if interval == Interval::Ratios { &once } else { &relative }, truth)
            }
            Interval::AdjustedRatios => {
                let arms = [1.0, 1.0 + EFFECT].map(|lift| Summary::AdjustedRatio(ratios(lift, stream)));
                read(&arms, &once, RATIO * EFFECT)
            }
        }
    }

    fn always(&self, settings: &Settings, stream: &mut Xoshiro256PlusPlus, relative: bool) -> Option<Off> {
        let engine = Engine::Sequential { tuning: f64::from(settings.people) };
        let difference = if relative { Difference::RelativeLog } else { Difference::Absolute };
        let plan = Plan { alpha: settings.alpha, ..Plan::new(engine).on(difference) };
        let (mut arms, mut seen) = ([(0, 0); 2], None);
        for _ in 0..settings.looks {
            self.common.grow(&mut arms, stream);
            if arms.iter().any(|(_, successes)| *successes < MINIMUM_CONVERSIONS) {
                continue;
            }
            let off = read(&summaries(&arms), &plan, self.common.truth(relative));
            if seen.is_none_or(|seen| seen == Off::Held) {
                seen = off.or(seen);
            }
        }
        seen
    }
}

/// The reading a panel shows, against the truth.
fn read([control, treatment]: &[Summary; 2], plan: &Plan, truth: f64) -> Option<Off> {
    match compare::reading(control, treatment, plan, Vec::new()) {
        Reading::Estimate(estimate) => Some(against(truth, estimate.low, estimate.high)),
        Reading::Withheld(_) => None,
    }
}

/// The mean of `exp(z / 2)`.
const MEAN: f64 = 1.133_148_453_066_826_3;

/// Skewed values, and a covariate that tells about half of them.
fn means(lift: f64, stream: &mut Xoshiro256PlusPlus) -> Pair {
    let mut pair = Pair::default();
    for _ in 0..PER_ARM {
        let (known, noise) = gaussians(stream);
        pair.push(lift * (0.5 * (0.7 * known + 0.51_f64.sqrt() * noise)).exp(), known);
    }
    pair
}

/// Visits of one, two or three pages and what was bought in them, now and before, by people of whom some always buy more.
fn ratios(lift: f64, stream: &mut Xoshiro256PlusPlus) -> AdjustedRatio {
    let mut units: Vec<[f64; 4]> = Vec::with_capacity(PER_ARM);
    for _ in 0..PER_ARM {
        let (person, _) = gaussians(stream);
        let (now, before) = gaussians(stream);
        let mut pages = || 1.0 + (3.0 * stream.random::<f64>()).floor();
        let (x, x_before) = (pages(), pages());
        let bought = |lift: f64, pages: f64, noise: f64| lift * pages * (RATIO + 0.2 * person) + 0.3 * noise;
        units.push([bought(lift, x, now), x, bought(1.0, x_before, before), x_before]);
    }
    let pair = |one: usize, other: usize| {
        let mut pair = Pair::default();
        units.iter().for_each(|unit| pair.push(unit[one], unit[other]));
        pair
    };
    let across = Across {
        y_y: pair(0, 2).products,
        y_x: pair(0, 3).products,
        x_y: pair(1, 2).products,
        x_x: pair(1, 3).products,
    };
    AdjustedRatio { now: pair(0, 1), before: pair(2, 3), across }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Moments;

    #[test]
    fn the_mean_is_what_is_drawn() {
        let mut stream = Seed(1).stream(1, Draw::of("means"), 0);
        let whole = (0..200).fold(Moments::default(), |whole, _| whole.merge(means(1.0, &mut stream).y));
        assert!((whole.mean - MEAN).abs() < 0.01, "{}", whole.mean);
        let ratio = ratios(1.0, &mut stream).now;
        assert!((ratio.y.mean / ratio.x.mean - RATIO).abs() < 0.1);
    }

    #[test]
    fn every_interval_holds_a_real_effect_as_often_as_it_says() {
        let settings = Settings { looks: 20, people: 4000, ..Settings::new(1500, 11) };
        for interval in INTERVALS {
            let found = cover(&settings, interval);
            assert!(found.holds && found.misses.shown > 1000, "{found:?}");
            // None is so wide that it never misses, but the always-valid ones may be nearly so.
            let always = matches!(interval, Interval::Always | Interval::AlwaysRelative);
            assert!(always || found.misses.rate() > Some(0.01), "{found:?}");
        }
    }
}
