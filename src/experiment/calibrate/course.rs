//! Tests without an effect, many side by side, look by look: what looking does to an ordinary interval, and what it does not do to
//! the always-valid one. Both are read by the engine that reads real tests.

use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::play::{Dice, Side, enough};
use super::{Cell, Outcome, Settings};
use crate::model::{Draw, Seed};
use crate::stats::{Comparison, Difference, Engine, Plan, Tail, compare};

/// What is played: conversions of a tenth of the people, split evenly.
pub const CELL: Cell = Cell { outcome: Outcome::Binary, rate: 0.1, treatment: 0.5 };

/// Many tests in progress.
pub struct Course {
    settings: Settings,
    dice: Dice,
    step: usize,
    tests: Vec<Test>,
    shares: Vec<Share>,
}

impl std::fmt::Debug for Course {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Course").field("settings", &self.settings).field("look", &self.look()).finish()
    }
}

/// One test so far.
struct Test {
    stream: Xoshiro256PlusPlus,
    control: Side,
    treatment: Side,
    /// Whether the ordinary interval excludes zero at this look.
    alarmed_now: bool,
    /// The look at which the ordinary interval first excluded zero.
    naive: Option<u32>,
    /// The look at which the always-valid interval first did.
    always: Option<u32>,
}

/// How many tests had cried wolf at a look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The look, from 1.
    pub look: u32,
    /// People in each test by then.
    pub people: u32,
    /// Tests with enough conversions to be read at all.
    pub read: u32,
    /// Tests in which the ordinary interval excluded zero at this or an earlier look.
    pub naive: u32,
    /// Tests in which the always-valid interval did.
    pub always: u32,
    /// Tests in which the ordinary interval excludes zero at this very look.
    pub this_look: u32,
}

/// One look at one test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Glance {
    /// The look, from 1.
    pub look: u32,
    /// Treatment minus control.
    pub difference: f64,
    /// The ordinary interval.
    pub fixed: (f64, f64),
    /// The always-valid interval.
    pub always: (f64, f64),
    /// The ordinary p-value.
    pub p_fixed: f64,
    /// The always-valid one.
    pub p_always: f64,
}

/// Where a test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing was called.
    Quiet,
    /// The ordinary interval called something before, and does not now.
    CalledBefore,
    /// It does now.
    CallsNow,
    /// The always-valid interval called something.
    AlwaysCalled,
}

impl Course {
    /// Tests that nobody has looked at yet: `runs` of them.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let step = (settings.people / settings.looks.max(1)).clamp(1, 1000) as usize;
        let tests = (0..settings.runs).map(|test| Test::new(&settings, test)).collect();
        Self { dice: Dice::new(&CELL, step), step, tests, shares: Vec::new(), settings }
    }

    /// How it is played.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Looks so far.
    #[must_use]
    pub fn look(&self) -> u32 {
        self.shares.len() as u32
    }

    /// Whether every look was taken.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.look() >= self.settings.looks
    }

    /// Lets people arrive in every test and looks at all of them.
    pub fn advance(&mut self) {
        if self.is_over() {
            return;
        }
        let look = self.look() + 1;
        let (dice, step, settings) = (&self.dice, self.step, &self.settings);
        let mut share = Share {
            look,
            people: look.saturating_mul(step as u32),
            read: 0,
            naive: 0,
            always: 0,
            this_look: 0,
        };
        for test in &mut self.tests {
            if let Some(glance) = test.advance(dice, step, settings, look) {
                share.read += 1;
                test.note(look, &glance);
            }
            share.naive += u32::from(test.naive.is_some());
            share.always += u32::from(test.always.is_some());
            share.this_look += u32::from(test.alarmed_now);
        }
        self.shares.push(share);
    }

    /// The looks so far.
    #[must_use]
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// Where each test stands.
    pub fn standings(&self) -> impl Iterator<Item = Standing> {
        self.tests.iter().map(|test| match test {
            Test { always: Some(_), .. } => Standing::AlwaysCalled,
            Test { alarmed_now: true, .. } => Standing::CallsNow,
            Test { naive: Some(_), .. } => Standing::CalledBefore,
            _ => Standing::Quiet,
        })
    }

    /// The first test the ordinary interval called; the very first one as long as there is none.
    #[must_use]
    pub fn first_called(&self) -> u32 {
        let called = (0..).zip(&self.tests).filter_map(|(number, test)| Some((test.naive?, number)));
        called.min().map_or(0, |(_, number)| number)
    }

    /// Every look at a test so far, played again from its own draws.
    #[must_use]
    pub fn path(&self, number: u32) -> Vec<Glance> {
        let mut test = Test::new(&self.settings, number);
        let looks = 1..=self.look();
        looks.filter_map(|look| test.advance(&self.dice, self.step, &self.settings, look)).collect()
    }
}

impl Test {
    fn new(settings: &Settings, number: u32) -> Self {
        let purpose = Draw::of("a test without an effect, looked at");
        Self {
            stream: Seed(settings.seed).stream(u64::from(number), purpose, 0),
            control: Side::default(),
            treatment: Side::default(),
            alarmed_now: false,
            naive: None,
            always: None,
        }
    }

    /// Lets people arrive and reads both intervals; nothing while there are too few to be read.
    fn advance(&mut self, dice: &Dice, step: usize, settings: &Settings, look: u32) -> Option<Glance> {
        let to_treatment = dice.to_treatment.draw(step, &mut self.stream);
        dice.arrive(&mut self.treatment, to_treatment, &mut self.stream);
        dice.arrive(&mut self.control, step - to_treatment, &mut self.stream);
        self.alarmed_now = false;
        if !enough(CELL.outcome, &self.control, &self.treatment) {
            return None;
        }
        let (control, treatment) = (self.control.summary(CELL.outcome), self.treatment.summary(CELL.outcome));
        let by = |engine| -> Option<Comparison> {
            let plan =
                Plan { engine, alpha: settings.alpha, difference: Difference::Absolute, tail: Tail::Two };
            compare(&control, &treatment, &plan).ok()
        };
        let fixed = by(Engine::Fixed)?;
        let always = by(Engine::Sequential { tuning: f64::from(settings.people) })?;
        Some(Glance {
            look,
            difference: fixed.uplift_absolute,
            fixed: (fixed.ci_low, fixed.ci_high),
            always: (always.ci_low, always.ci_high),
            p_fixed: fixed.p_value,
            p_always: always.p_value,
        })
    }

    fn note(&mut self, look: u32, glance: &Glance) {
        let excludes = |(low, high): (f64, f64)| low > 0.0 || high < 0.0;
        self.alarmed_now = excludes(glance.fixed);
        if self.alarmed_now {
            self.naive.get_or_insert(look);
        }
        if excludes(glance.always) {
            self.always.get_or_insert(look);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(runs: u32, seed: u64) -> Course {
        let mut course = Course::new(Settings::new(runs, seed));
        while !course.is_over() {
            course.advance();
        }
        course
    }

    #[test]
    fn looking_every_day_cries_wolf_and_the_always_valid_interval_keeps_its_promise() {
        let course = played(400, 7);
        let last = course.shares().last().unwrap();
        let share = |n: u32| f64::from(n) / 400.0;
        assert!(share(last.naive) > 0.2, "{last:?}");
        assert!(share(last.always) < 0.05, "{last:?}");
        assert!(share(last.this_look) < 0.09, "one look keeps its level: {last:?}");
        assert!(course.shares().windows(2).all(|two| two[0].naive <= two[1].naive));
        assert!(last.always > 0, "an interval that never calls anything would prove nothing");
    }

    #[test]
    fn a_test_played_again_is_the_same_test() {
        let course = played(60, 3);
        let number = course.first_called();
        let path = course.path(number);
        let first = path.iter().find(|glance| glance.fixed.0 > 0.0 || glance.fixed.1 < 0.0).unwrap();
        assert_eq!(Some(first.look), course.tests[number as usize].naive);
        assert_eq!(path.last().unwrap().look, 100);
        let again = played(60, 3);
        assert_eq!((again.shares(), again.path(number)), (course.shares(), path));
        assert_ne!(played(60, 4).shares(), course.shares());
    }

    #[test]
    fn the_wider_interval_holds_the_narrower_one() {
        let mut course = Course::new(Settings::new(3, 1));
        (0..50).for_each(|_| course.advance());
        for glance in (0..3).flat_map(|number| course.path(number)) {
            assert!(glance.always.0 <= glance.fixed.0 && glance.fixed.1 <= glance.always.1);
            assert!(glance.p_fixed <= glance.p_always);
        }
    }
}
