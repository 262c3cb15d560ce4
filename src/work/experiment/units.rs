//! Exposed people over a frame, and what is measured of them.

use xxhash_rust::xxh3::xxh3_128;

use super::exposure::Exposure;
use super::pass::each_group;
use super::wave;
use crate::experiment::analysis::MetricEvidence;
use crate::experiment::before::{self, Stretch};
use crate::experiment::health::ArmTraffic;
use crate::experiment::scan::{Ask, Cohort};
use crate::experiment::{Collected, Design, Evidence, Metric, Recorder, UnitValue};
use crate::frame::Frame;
use crate::model::definition::ContentHash;
use crate::model::{Person, Time};
use crate::rule::Point;
use crate::stats::Pair;
use crate::stats::winsor::Cuts;

/// One exposed person.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) person: Person,
    pub(super) arm: usize,
    pub(super) at: Time,
    /// Since when they are known in a second variant, if they are.
    pub(super) mixed: Option<Time>,
}

impl Unit {
    /// A person by their exposures, oldest first: in the first of the design's variants they saw, and mixed from the moment they are
    /// known in another, whether the design has that one or not. None who saw none of the design's.
    fn of(exposures: &[Exposure], variants: usize) -> Option<Self> {
        let first = exposures.iter().find(|exposure| exposure.variant < variants)?;
        let mixed = exposures.iter().find(|exposure| exposure.variant != first.variant);
        Some(Self {
            person: first.person,
            arm: first.variant,
            at: first.at,
            mixed: mixed.map(|exposure| exposure.at.max(first.at)),
        })
    }

    /// Whether they were exposed by a point.
    pub(super) fn is_exposed(&self, point: Point) -> bool {
        point.sees(self.at)
    }

    /// Whether they were exposed by a point and in one arm only.
    pub(super) fn is_sound(&self, point: Point) -> bool {
        self.is_exposed(point) && !self.mixed.is_some_and(|at| point.sees(at))
    }
}

/// Exposed people over a frame.
pub(super) struct Units<'f> {
    pub(super) frame: &'f Frame,
    pub(super) design: &'f Design,
    pub(super) metrics: &'f [Metric],
    pub(super) units: Vec<Unit>,
    /// People who were seen only in variants the design does not have.
    pub(super) strangers: u64,
    cohort: Cohort<'f>,
    /// What was known before, by metric and unit; none where a metric is not adjusted.
    before: Vec<Option<Vec<f64>>>,
    /// What that is, in words.
    labels: Vec<Option<String>>,
}

impl<'f> Units<'f> {
    /// Of exposures by person and time.
    pub(super) fn new(
        frame: &'f Frame,
        design: &'f Design,
        metrics: &'f [Metric],
        exposures: &[Exposure],
    ) -> Self {
        let (mut units, mut strangers) = (Vec::new(), 0);
        for of_one in exposures.chunk_by(|a, b| a.person == b.person) {
            match Unit::of(of_one, design.variants.len()) {
                Some(unit) => units.push(unit),
                None => strangers += 1,
            }
        }
        let cohort = Cohort::new(frame, units.iter().map(|unit| (unit.person, unit.at)).collect());
        let (before, labels) = (vec![None; metrics.len()], vec![None; metrics.len()]);
        Self { frame, design, metrics, units, strangers, cohort, before, labels }
    }

    /// The length before the start that tells most of each metric.
    pub(super) fn lengths(&self, start: Time) -> Vec<Option<i64>> {
        let of = |metric: &Metric| {
            if !before::adjusts(metric) {
                return None;
            }
            let stretches: Vec<(Stretch, Stretch)> =
                before::DAYS.map(|days| Stretch::rehearsal(metric, start, days)).into();
            let asks: Vec<Ask<'_>> =
                stretches.iter().flat_map(|(outcome, known)| [outcome.ask(), known.ask()]).collect();
            let pairs = each_group(&self.cohort, &asks, |_, values| {
                let mut pairs = [Pair::default(); before::DAYS.len()];
                for unit in values.chunks_exact(asks.len()) {
                    for (pair, two) in pairs.iter_mut().zip(unit.chunks_exact(2)) {
                        pair.push(before::known(&two[0]), before::known(&two[1]));
                    }
                }
                pairs
            });
            let whole = pairs.into_iter().fold([Pair::default(); before::DAYS.len()], |mut whole, part| {
                whole.iter_mut().zip(part).for_each(|(whole, part)| *whole = whole.merge(part));
                whole
            });
            before::best(before::DAYS.into_iter().zip(whole)).map(|(days, _)| days)
        };
        self.metrics.iter().map(of).collect()
    }

    /// The same, with what was known so many days before the start beside each metric.
    pub(super) fn adjusted(mut self, start: Time, lengths: &[Option<i64>]) -> Self {
        let stretches: Vec<Option<Stretch>> = self
            .metrics
            .iter()
            .zip(lengths)
            .map(|(metric, days)| days.map(|days| Stretch::covariate(metric, start, days)))
            .collect();
        for (known, stretch) in self.before.iter_mut().zip(&stretches) {
            let Some(stretch) = stretch else { continue };
            let of = each_group(&self.cohort, &[stretch.ask()], |_, values| {
                values.iter().map(before::known).collect::<Vec<f64>>()
            });
            *known = Some(of.into_iter().flatten().collect());
        }
        let label = |(metric, days): (&Metric, &Option<i64>)| {
            days.map(|days| format!("{} in the {days} days before", metric.name))
        };
        self.labels = self.metrics.iter().zip(lengths).map(label).collect();
        self
    }

    /// What these stretches hold of each unit, group by group: unit by unit, and stretch by stretch.
    pub(super) fn over<T: Send>(
        &self,
        asks: &[Ask<'_>],
        make: impl Fn(&[Unit], &[UnitValue]) -> T + Sync,
    ) -> Vec<T> {
        each_group(&self.cohort, asks, |from, values| {
            let units = values.len() / asks.len().max(1);
            make(self.units.get(from..from + units).unwrap_or_default(), values)
        })
    }

    /// What was known of a unit before, by metric.
    pub(super) fn before(&self, unit: usize) -> impl Iterator<Item = Option<f64>> {
        self.before.iter().map(move |known| known.as_ref().and_then(|known| known.get(unit).copied()))
    }

    /// Every metric at a point.
    pub(super) fn asks(&self, point: Point) -> Vec<Ask<'f>> {
        self.metrics.iter().map(|metric| Ask { metric, from: None, point }).collect()
    }

    /// Every metric of every unit at a point, group by group: the number of the first unit, and their values, unit by unit.
    pub(super) fn measured<T: Send>(
        &self,
        point: Point,
        make: impl Fn(usize, &[UnitValue]) -> T + Sync,
    ) -> Vec<T> {
        each_group(&self.cohort, &self.asks(point), make)
    }

    /// What was measured up to a point, and the hash of it.
    pub(super) fn evidence(&self, point: Point) -> anyhow::Result<(Evidence, ContentHash)> {
        let empty = Recorder::new(self.design, self.metrics)
            .map_err(|problems| wave::several(&self.design.name, problems))?;
        let width = self.metrics.len();
        let parts = self.measured(point, |from, values| {
            let mut recorder = empty.clone();
            let mut bytes = Vec::new();
            for (index, values) in values.chunks_exact(width.max(1)).enumerate() {
                self.record(from + index, values, point, &mut recorder, &mut bytes);
            }
            (recorder, xxh3_128(&bytes))
        });
        let mut whole = empty.clone();
        let mut hashes = Vec::new();
        for (recorder, hash) in parts {
            whole = whole.merge(recorder);
            hashes.extend(hash.to_le_bytes());
        }
        let mut evidence = whole.evidence(point.at, None);
        evidence
            .metrics
            .iter_mut()
            .zip(&self.labels)
            .for_each(|(metric, label)| metric.covariate.clone_from(label));
        Ok((evidence, ContentHash::of(&hashes)))
    }

    /// Evidence of the first metrics, as it was counted: exposed and excluded by arm, and each metric in each arm.
    pub(super) fn told(&self, at: Time, traffic: &[(u64, u64)], counted: Vec<Vec<Collected>>) -> Evidence {
        let arms = self.design.variants.iter().zip(self.design.weights()).zip(traffic);
        let arms: Vec<ArmTraffic> = arms
            .map(|((variant, weight), &(exposed, excluded))| ArmTraffic {
                variant: variant.name.clone(),
                weight,
                exposed,
                excluded,
            })
            .collect();
        let waiting = |(arm, traffic): (Collected, &ArmTraffic)| {
            arm.waiting((traffic.exposed - traffic.excluded).saturating_sub(arm.n()))
        };
        let roles = self.design.roles();
        let metrics = self.metrics.iter().zip(roles).zip(&self.labels).zip(counted);
        let metrics = metrics.map(|(((metric, (_, role)), label), counted)| MetricEvidence {
            metric: metric.name.clone(),
            kind: metric.kind,
            role,
            better: metric.better,
            covariate: label.clone(),
            arms: counted.into_iter().zip(&arms).map(waiting).collect(),
        });
        Evidence {
            experiment: self.design.name.clone(),
            as_of: at,
            metrics: metrics.collect(),
            excluded: arms.iter().map(|arm| arm.excluded).sum(),
            arms,
        }
    }

    /// Where each metric is cut, over everybody in one arm only: parts of the people are cut where the whole is.
    pub(super) fn cuts(&self, point: Point) -> Vec<Option<Cuts>> {
        let cut: Vec<&Metric> =
            self.metrics.iter().filter(|metric| metric.winsorise_share.is_some()).collect();
        if cut.is_empty() {
            return vec![None; self.metrics.len()];
        }
        let asks: Vec<Ask<'_>> = cut.iter().map(|metric| Ask { metric, from: None, point }).collect();
        let values: Vec<Vec<UnitValue>> = self.over(&asks, |units, values| {
            let sound =
                units.iter().zip(values.chunks_exact(asks.len())).filter(|(unit, _)| unit.is_sound(point));
            sound.flat_map(|(_, values)| values.iter().copied()).collect()
        });
        let values: Vec<UnitValue> = values.into_iter().flatten().collect();
        let of = |metric: &Metric| {
            let place = cut.iter().position(|known| known.name == metric.name)?;
            metric.cuts(values.iter().skip(place).step_by(cut.len()))
        };
        self.metrics.iter().map(of).collect()
    }

    fn record(
        &self,
        index: usize,
        values: &[UnitValue],
        point: Point,
        recorder: &mut Recorder<'_>,
        bytes: &mut Vec<u8>,
    ) {
        let unit = &self.units[index];
        if !unit.is_exposed(point) {
            return;
        }
        bytes.extend(self.frame.people().profile(unit.person).0.to_le_bytes());
        bytes.extend((unit.arm as u32).to_le_bytes());
        bytes.extend(unit.at.0.to_le_bytes());
        if !unit.is_sound(point) {
            bytes.push(b'x');
            recorder.excluded(unit.arm);
            return;
        }
        for (value, before) in values.iter().zip(self.before(index)) {
            let numbers = [value.numerator(), value.denominator(), before.unwrap_or(0.0)];
            // What is nothing needs no bytes: most people do nothing most of the time.
            let any = numbers.iter().any(|number| *number != 0.0);
            bytes.push(u8::from(value.matured) | u8::from(any) << 1);
            if any {
                numbers.iter().for_each(|number| bytes.extend(number.to_bits().to_le_bytes()));
            }
        }
        recorder.unit(unit.arm, values.iter().copied().zip(self.before(index)));
    }
}
