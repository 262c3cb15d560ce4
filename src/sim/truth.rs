//! What the world itself says the effect is: two full re-runs with every exposed unit forced to one arm, everything else
//! and every draw equal.

use super::behaviour::Behaviour;
use crate::experiment::{Metric, Tally};
use crate::model::Time;
use crate::rule::Point;
use crate::traffic::profile::Seen;
use crate::traffic::{Profile, Setup, Traffic};

/// The effect on one metric, averaged over the units this run exposes until `until`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    /// Units exposed.
    pub exposed: u64,
    /// Mean if everyone had been given the control.
    pub control: f64,
    /// Mean if everyone had been given the treatment.
    pub treatment: f64,
}

impl Truth {
    /// Treatment minus control.
    #[must_use]
    pub fn absolute(&self) -> f64 {
        self.treatment - self.control
    }

    /// Relative change; `None` where the control never happens.
    #[must_use]
    pub fn relative(&self) -> Option<f64> {
        (self.control > 0.0).then(|| self.treatment / self.control - 1.0)
    }
}

/// What the truth is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The experiment, as an index into the library.
    pub experiment: u32,
    /// The treatment, as an index into its variants; the control is the first.
    pub treatment: u8,
    /// The metric.
    pub metric: &'a Metric,
    /// Units exposed before this moment are averaged over.
    pub until: Time,
}

/// Runs the world twice and compares. `people` are everyone as they are at `start`.
#[must_use]
pub fn truth(
    setup: &Setup,
    behaviour: &Behaviour,
    people: &[Profile],
    start: Time,
    question: Question<'_>,
    threads: usize,
) -> Truth {
    let arm = |variant: u8| {
        let setup = Setup { forced: Some((question.experiment, variant)), ..setup.clone() };
        let mut traffic = Traffic::new(setup, behaviour.clone(), people.to_vec(), start);
        let window = question.metric.window.unwrap_or_default();
        let delay = question.metric.delay.unwrap_or_default();
        traffic.advance(question.until + window + delay, threads, false);
        mean(&traffic, question)
    };
    let ((exposed, control), (_, treatment)) = (arm(0), arm(question.treatment));
    Truth { exposed, control, treatment }
}

fn mean(traffic: &Traffic<Behaviour>, question: Question<'_>) -> (u64, f64) {
    let point = Point::before(traffic.now());
    let (mut units, mut sum) = (0_u64, 0.0);
    for profile in traffic.profiles() {
        let exposure = profile.exposures.iter().find(|exposure| exposure.experiment == question.experiment);
        let Some(exposure) = exposure.filter(|exposure| exposure.at < question.until) else { continue };
        let mut tally = Tally::new(question.metric, exposure.at, point);
        let words = &traffic.setup().words;
        for happening in &profile.history {
            tally.see(words.word(happening.name), &Seen { happening, words });
        }
        units += 1;
        sum += tally.finish().numerator();
    }
    (units, if units == 0 { 0.0 } else { sum / units as f64 })
}
