//! A design made ready to draw by: what does not depend on the person is worked out once, so that a draw hashes one value
//! and compares whole numbers.

use std::ops::Range;

use super::{Design, NotAssigned};
use crate::experiment::bucket::Seeded;

/// A design made ready to draw by. It places everybody as [`Design::place`] does.
#[derive(Debug, Clone)]
pub struct Draw {
    holdout: Option<(Seeded, f64)>,
    layer: Option<(Seeded, Range<f64>)>,
    seed: Seeded,
    /// The variants, whose buckets follow each other.
    arms: Vec<Arm>,
}

/// The buckets of a variant, the first and the one after the last, and the probability with which it is drawn.
#[derive(Debug, Clone, Copy)]
struct Arm {
    from: u32,
    to: u32,
    chance: f64,
}

impl Draw {
    /// Makes a design ready.
    #[must_use]
    pub fn new(design: &Design) -> Self {
        let arms = design.ranges().zip(design.weights()).map(|(range, weight)| {
            // Buckets begin at ever greater numbers, so those that begin in a range are neighbours.
            let from = buckets_before(design, range.start);
            Arm { from, to: buckets_before(design, range.end).max(from), chance: weight * design.coverage }
        });
        let arms = arms.collect();
        Self {
            holdout: design.holdout.as_ref().map(|known| (Seeded::holdout(&known.name), known.share)),
            layer: design.layer.as_ref().map(|layer| (Seeded::namespace(&layer.name), layer.from..layer.to)),
            seed: Seeded::new(design.seed(), design.hash_version),
            arms,
        }
    }

    /// The variant a value is assigned, or why it is not: holdout, layer, coverage, in that order. Allocates nothing.
    ///
    /// # Errors
    /// The first gate that closed.
    #[inline]
    pub fn place(&self, value: &str) -> Result<usize, NotAssigned> {
        if value.is_empty() {
            return Err(NotAssigned::NoIdentity);
        }
        if let Some((seed, share)) = &self.holdout
            && seed.hash(value) < *share
        {
            return Err(NotAssigned::HeldOut);
        }
        if let Some((seed, part)) = &self.layer
            && !part.contains(&seed.hash(value))
        {
            return Err(NotAssigned::OtherLayerPart);
        }
        let bucket = self.seed.bucket(value);
        // Which variant it is no processor can guess: counting those that end before is quicker than asking one by one.
        let variant: usize = self.arms.iter().map(|arm| usize::from(arm.to <= bucket)).sum();
        match self.arms.get(variant) {
            Some(arm) if arm.from <= bucket => Ok(variant),
            _ => Err(NotAssigned::NotCovered),
        }
    }

    /// The probability with which a variant is drawn; 0 of one there is not.
    #[must_use]
    #[inline]
    pub fn chance(&self, variant: usize) -> f64 {
        self.arms.get(variant).map_or(0.0, |arm| arm.chance)
    }
}

/// How many buckets begin before a place in [0, 1).
fn buckets_before(design: &Design, place: f64) -> u32 {
    let version = design.hash_version;
    version.each().filter(|bucket| version.start(*bucket) < place).count() as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::experiment::bucket::HashVersion;
    use crate::experiment::design::tests::TEXT;
    use crate::experiment::design::{Holdout, Layer, Variant};

    fn designs() -> impl Strategy<Value = Design> {
        let share = || prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64, Just(0.1), Just(0.3)];
        let weights = proptest::collection::vec(proptest::option::of(share()), 1..5);
        let layer = proptest::option::of((share(), share()));
        (weights, share(), any::<bool>(), proptest::option::of(share()), layer, "[a-zü😀:_]{0,6}").prop_map(
            |(weights, coverage, old, holdout, layer, seed)| {
                let mut design = Design::read(TEXT).unwrap();
                let arm = |(index, weight)| Variant {
                    name: format!("v{index}"),
                    weight,
                    experience: None,
                    hold_back: false,
                };
                design.variants = weights.into_iter().enumerate().map(arm).collect();
                design.coverage = coverage;
                design.hash_version = if old { HashVersion::V1 } else { HashVersion::V2 };
                design.holdout = holdout.map(|share| Holdout { name: "global".to_owned(), share });
                design.layer = layer.map(|(from, to)| Layer { name: seed.clone(), from, to });
                design.seed = Some(seed);
                design
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_design_made_ready_places_everybody_as_it_does_itself(
            design in designs(),
            values in proptest::collection::vec("[a-z0-9@é😀]{0,12}", 60),
        ) {
            let draw = Draw::new(&design);
            for value in &values {
                let placed = design.place(value);
                prop_assert_eq!(draw.place(value), placed.map(|placed| placed.variant), "{}", value);
            }
            for (variant, weight) in design.weights().enumerate() {
                prop_assert_eq!(draw.chance(variant).to_bits(), (weight * design.coverage).to_bits());
            }
            prop_assert_eq!(draw.chance(design.variants.len()).to_bits(), 0.0_f64.to_bits());
        }
    }
}
