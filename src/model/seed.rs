//! Counter-based randomness: a draw is a function of (seed, unit, purpose, occurrence) and of nothing else, so results
//! do not depend on the number of threads or on what else drew before.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The seed of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// A named use of randomness. Naming one hashes its name, so a loop keeps it in a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// The use with this name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(xxh3_64(name.as_bytes()))
    }

    /// A use within this one, told apart by a number.
    #[must_use]
    pub fn and(self, part: u64) -> Self {
        Self(mix(self.0 ^ mix(part)))
    }
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators", figure 16).
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Seed {
    /// 64 bits for one (unit, purpose, occurrence).
    #[must_use]
    pub fn bits(self, unit: u64, purpose: Draw, occurrence: u64) -> u64 {
        mix(mix(mix(mix(self.0) ^ unit) ^ purpose.0) ^ occurrence)
    }

    /// A uniform number in [0, 1) for one (unit, purpose, occurrence).
    #[must_use]
    pub fn uniform(self, unit: u64, purpose: Draw, occurrence: u64) -> f64 {
        (self.bits(unit, purpose, occurrence) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of probability `p` happens, for one (unit, purpose, occurrence).
    #[must_use]
    pub fn chance(self, unit: u64, purpose: Draw, occurrence: u64, p: f64) -> bool {
        self.uniform(unit, purpose, occurrence) < p
    }

    /// A whole stream for one (unit, purpose, occurrence), where one number is not enough.
    #[must_use]
    pub fn stream(self, unit: u64, purpose: Draw, occurrence: u64) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(self.bits(unit, purpose, occurrence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_do_not_depend_on_each_other_and_never_move() {
        let (seed, browse) = (Seed(7), Draw::of("browse"));
        assert_eq!(seed.bits(1, browse, 0), seed.bits(1, browse, 0));
        assert_ne!(seed.bits(1, browse, 0), seed.bits(1, browse, 1));
        assert_ne!(seed.bits(1, browse, 0), seed.bits(2, browse, 0));
        let mean = (0..100_000).map(|unit| seed.uniform(unit, browse, 0)).sum::<f64>() / 1e5;
        assert!((mean - 0.5).abs() < 0.005, "{mean}");
    }
}
