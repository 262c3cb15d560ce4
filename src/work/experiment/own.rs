//! What a test that runs says itself of its metrics: a design is held against that before it is held against the time before.

use super::exposure::{self, Exposure};
use super::outlook::moments;
use super::wave::Standing;
use crate::experiment::design::EngineName;
use crate::experiment::health::ArmTraffic;
use crate::experiment::{Design, Metric, health};
use crate::frame::{Bitmap, Frame};
use crate::model::definition::Kind;
use crate::model::{Person, Time};
use crate::stats::Pair;
use crate::store::Store;
use serde::Serialize;

/// Whose values a metric's level and spread are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Of the people it is for, before the test.
    Before,
    /// Of the test's own control.
    Control,
    /// Of all its arms together: a fixed plan shows none of them apart before its end.
    AllArms,
}

/// People a test has met and what they tell of its metrics.
#[derive(Debug, Clone)]
pub(super) struct Own {
    basis: Basis,
    /// By row of the frame: when they were first exposed.
    exposed: Vec<(Person, Time)>,
}

impl Own {
    /// Of a design by its name, up to a moment; none where nobody was met, or the split is not to be believed.
    ///
    /// # Errors
    /// When the workspace cannot be read.
    pub(super) fn of(
        store: &Store,
        frame: &Frame,
        design: &Design,
        at: Time,
    ) -> anyhow::Result<Option<Self>> {
        let known = store.definition(Kind::Experiment, &design.name)?;
        if known.is_none_or(|stored| Design::read(&stored.definition.text).is_err()) {
            return Ok(None);
        }
        let mut standing = Standing::of(store, &design.name)?;
        let phase = standing.waves.iter().map(|(_, wave)| wave.phase).max().unwrap_or(1);
        let version =
            standing.version_of(phase).and_then(|stored| Design::read(&stored.definition.text).ok());
        if let Some(version) = version {
            standing.design = version;
        }
        let exposures = exposure::all(store, &standing, phase, frame, Some(at))?;
        let Some(start) = exposures.iter().map(|exposure| exposure.at).min() else { return Ok(None) };
        let plan = &standing.design;
        if health::check(&traffic(plan, &exposures)).broken.is_some() {
            return Ok(None);
        }
        let ended = (at - start).as_days() >= f64::from(plan.planned_days);
        let basis = match plan.analysis.engine {
            EngineName::Fixed if !ended => Basis::AllArms,
            _ => Basis::Control,
        };
        let exposed = once(&exposures)
            .filter(|exposure| basis == Basis::AllArms || exposure.variant == 0)
            .map(|exposure| (exposure.person, exposure.at));
        Ok(Some(Self { basis, exposed: exposed.collect() }))
    }

    /// Whose values they are.
    pub(super) fn basis(&self) -> Basis {
        self.basis
    }

    /// A metric over those whose window has closed: its values, or numerators and denominators.
    pub(super) fn moments(&self, frame: &Frame, metric: &Metric, at: Time) -> (Pair, u64) {
        let mut people = Bitmap::none(frame.people().len());
        let closed = |exposed: Time| metric.window.is_none() || metric.stretch(exposed).1 <= at;
        let of = |person: Person| {
            let place = self.exposed.binary_search_by_key(&person, |(person, _)| *person).ok()?;
            self.exposed.get(place).map(|(_, exposed)| *exposed).filter(|exposed| closed(*exposed))
        };
        self.exposed.iter().for_each(|(person, _)| people.set(person.index()));
        moments(frame, metric, &people, of, at)
    }
}

/// The first exposure of everybody who was seen in one variant of the design only.
fn once(exposures: &[Exposure]) -> impl Iterator<Item = &Exposure> {
    exposures.chunk_by(|a, b| a.person == b.person).filter_map(|of_one| {
        let first = of_one.first()?;
        of_one.iter().all(|exposure| exposure.variant == first.variant).then_some(first)
    })
}

fn traffic(design: &Design, exposures: &[Exposure]) -> Vec<ArmTraffic> {
    let first = |arm: usize| {
        let people = exposures.chunk_by(|a, b| a.person == b.person).filter_map(<[Exposure]>::first);
        people.filter(|exposure| exposure.variant == arm).count() as u64
    };
    let arms = design.variants.iter().zip(design.weights()).enumerate();
    arms.map(|(arm, (variant, weight))| ArmTraffic {
        variant: variant.name.clone(),
        weight,
        exposed: first(arm),
        excluded: 0,
    })
    .collect()
}
