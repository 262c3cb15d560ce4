//! Evidence gathered unit by unit from measured events: traffic by arm and every metric of the design.

use super::analysis::{Evidence, MetricEvidence, Role};
use super::collect::Collected;
use super::design::Design;
use super::health::ArmTraffic;
use super::measure::UnitValue;
use super::metric::Metric;
use crate::model::{Problem, Time};

/// Evidence in the making. Feed units in a fixed order, or merge recorders of fixed chunks in a fixed order.
#[derive(Debug, Clone)]
pub struct Recorder<'d> {
    design: &'d Design,
    metrics: Vec<(Metric, Role)>,
    arms: Vec<ArmTraffic>,
    collected: Vec<Vec<Collected>>,
    /// Units of metrics that are cut: where the cut lies is known only once all are there.
    uncut: Vec<Vec<Uncut>>,
}

/// A unit's value before the cut, its arm and what was known before.
type Uncut = (u32, UnitValue, Option<f64>);

impl<'d> Recorder<'d> {
    /// Of no unit yet. The metrics are those the design names, in its order: primary, secondary, guardrails.
    ///
    /// # Errors
    /// A problem for every metric that is named, not defined and no ready one.
    pub fn new(design: &'d Design, defined: &[Metric]) -> Result<Self, Vec<Problem>> {
        let measured = design.measured(defined)?;
        let metrics: Vec<(Metric, Role)> =
            measured.into_iter().zip(design.roles()).map(|(metric, (_, role))| (metric, role)).collect();
        let traffic = design.variants.iter().zip(design.weights()).map(|(variant, weight)| ArmTraffic {
            variant: variant.name.clone(),
            weight,
            exposed: 0,
            excluded: 0,
        });
        let collected = metrics
            .iter()
            .map(|(metric, _)| vec![Collected::new(metric.kind); design.variants.len()])
            .collect();
        let uncut = vec![Vec::new(); metrics.len()];
        Ok(Self { design, arms: traffic.collect(), metrics, collected, uncut })
    }

    /// The metrics a unit must be measured on, in the order [`Recorder::unit`] takes their values.
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        self.metrics.iter().map(|(metric, _)| metric)
    }

    /// Takes an exposed unit: its variant and, per metric, its value with what was known before (none without adjustment).
    /// A variant the design does not have is ignored.
    pub fn unit(&mut self, variant: usize, values: impl IntoIterator<Item = (UnitValue, Option<f64>)>) {
        let Some(arm) = self.arms.get_mut(variant) else { return };
        arm.exposed += 1;
        for (index, (value, before)) in values.into_iter().enumerate().take(self.metrics.len()) {
            match self.metrics[index].0.winsorise_share {
                Some(_) => self.uncut[index].push((variant as u32, value, before)),
                None => self.collected[index][variant].push(&value, before),
            }
        }
    }

    /// Takes a unit that was seen in several variants: it counts as exposed in the first and is measured nowhere.
    pub fn excluded(&mut self, first_variant: usize) {
        if let Some(arm) = self.arms.get_mut(first_variant) {
            arm.exposed += 1;
            arm.excluded += 1;
        }
    }

    /// Both together; the other must be of the same design.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for (arm, more) in self.arms.iter_mut().zip(other.arms) {
            arm.exposed += more.exposed;
            arm.excluded += more.excluded;
        }
        for (mine, theirs) in self.collected.iter_mut().flatten().zip(other.collected.into_iter().flatten()) {
            *mine = mine.merge(theirs);
        }
        self.uncut.iter_mut().zip(other.uncut).for_each(|(mine, theirs)| mine.extend(theirs));
        self
    }

    /// The arms of a metric, cut where it asks for that.
    fn arms_of(&self, index: usize) -> Vec<Collected> {
        let mut arms = self.collected[index].clone();
        let uncut = &self.uncut[index];
        let cuts = self.metrics[index].0.cuts(uncut.iter().map(|(_, value, _)| value));
        for (arm, value, before) in uncut {
            let value = cuts.map_or(*value, |cuts| value.within(&cuts));
            arms[*arm as usize].push(&value, *before);
        }
        arms
    }

    /// What was gathered; `covariate` says in words what stands beside the values, if anything does.
    #[must_use]
    pub fn evidence(&self, as_of: Time, covariate: Option<&str>) -> Evidence {
        let metrics = self.metrics.iter().enumerate().map(|(index, (metric, role))| MetricEvidence {
            metric: metric.name.clone(),
            kind: metric.kind,
            role: *role,
            better: metric.better,
            covariate: covariate.map(str::to_owned),
            arms: self.arms_of(index),
        });
        Evidence {
            experiment: self.design.name.clone(),
            as_of,
            arms: self.arms.clone(),
            excluded: self.arms.iter().map(|arm| arm.excluded).sum(),
            metrics: metrics.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::metric::MetricKind;
    use crate::experiment::{Settings, analyse};
    use crate::model::Decimal;

    const TEXT: &str = "name = \"cart\"\n[[variants]]\nname = \"a\"\n[[variants]]\nname = \"b\"\n\
        [metrics]\nprimary = [\"orders\"]\nguardrails = [{ metric = \"unsubscribes\", margin = 0.1 }]\n";

    fn defined() -> Vec<Metric> {
        ["unsubscribes", "orders"].map(|name| Metric::given(name, MetricKind::Proportion)).to_vec()
    }

    fn flag(on: bool) -> (UnitValue, Option<f64>) {
        (UnitValue::given(if on { Decimal::ONE } else { Decimal::ZERO }), None)
    }

    #[test]
    fn chunks_merge_to_the_whole() {
        let (design, defined) = (Design::read(TEXT).unwrap(), defined());
        let record = |units: std::ops::Range<usize>| {
            let mut recorder = Recorder::new(&design, &defined).unwrap();
            for unit in units {
                recorder.unit(unit % 2, [flag(unit % 3 == 0), flag(unit % 7 == 0)]);
            }
            recorder
        };
        let mut merged = record(0..400).merge(record(400..1000));
        merged.excluded(0);
        let evidence = merged.evidence(Time(0), None);
        assert_eq!(evidence.excluded, 1);
        assert_eq!(evidence.arms.iter().map(|arm| arm.exposed).collect::<Vec<_>>(), [501, 500]);
        let (got, whole) = (&evidence.metrics[0].arms, &record(0..1000).collected[0]);
        assert_eq!((got[0].n(), got[0].nonzero()), (whole[0].n(), whole[0].nonzero()));
        let analysis = analyse(&evidence, &Settings::finished());
        assert!(analysis.metrics[0].comparisons[0].p_adjusted.is_some());
        assert_eq!(analysis.metrics[1].comparisons[0].p_adjusted, None, "guardrails are uncorrected");
    }

    #[test]
    fn cuts_are_pooled_over_arms_and_chunks() {
        let design = Design::read("name = \"cart\"\n[[variants]]\nname = \"a\"\n[[variants]]\nname = \"b\"\n[metrics]\nprimary = [\"spent\"]\n")
            .unwrap();
        let spent = Metric {
            winsorise_share: Some("0.5".parse().unwrap()),
            ..Metric::given("spent", MetricKind::Mean)
        };
        let metrics = [spent];
        let of = |arm: usize, amounts: &[i64]| {
            let mut recorder = Recorder::new(&design, &metrics).unwrap();
            for amount in amounts {
                recorder.unit(arm, [(UnitValue::given(Decimal::from_int(*amount).unwrap()), None)]);
            }
            recorder
        };
        // Of 10, 20 and 1000 the half lies at 20, in whichever arm they are; zeros have no say.
        let evidence = of(0, &[0, 0, 0, 10]).merge(of(1, &[0, 20, 1000])).evidence(Time(0), None);
        let sums: Vec<f64> = evidence.metrics[0].arms.iter().map(|arm| arm.shape().moments.sum()).collect();
        assert_eq!(sums, [10.0, 40.0]);
    }

    #[test]
    fn a_metric_nobody_defined_is_named() {
        let design = Design::read(TEXT).unwrap();
        let problem = Recorder::new(&design, &defined()[..1]).unwrap_err().remove(0);
        assert_eq!(
            problem.to_string(),
            "cart: metric orders is not defined\n  help: define it, or use a ready one: conversion, revenue per person, average order value, repeat purchase, \
             sessions, time on site, unsubscribe, complaint, CSAT, return rate, messages received"
        );
    }
}
