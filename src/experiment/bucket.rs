//! Bucketing as GrowthBook's SDKs do it (specification 0.8.0), so that what is rehearsed here is assigned the same by them.
//! Nothing on the way from a value to its bucket allocates.

use std::ops::Range;

/// How a value becomes a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum HashVersion {
    /// A thousand buckets; correlated between similar seeds, kept for namespaces and old tests.
    V1,
    /// Ten thousand buckets, hashed twice.
    #[default]
    V2,
}

impl HashVersion {
    /// The version of this number; none for any other.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

impl From<HashVersion> for u8 {
    fn from(version: HashVersion) -> Self {
        version.number()
    }
}

impl TryFrom<u8> for HashVersion {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        Self::new(u64::from(number)).ok_or_else(|| format!("hash version {number} is not known; use 1 or 2"))
    }
}

/// The bucket of a value in [0, 1).
#[must_use]
pub fn hash(seed: &str, value: &str, version: HashVersion) -> f64 {
    hash_seeded(["", seed], value, version)
}

/// As [`hash`], with a seed in two parts that need not be joined first.
fn hash_seeded(seed: [&str; 2], value: &str, version: HashVersion) -> f64 {
    let [prefix, seed] = seed;
    match version {
        HashVersion::V1 => f64::from(fnv1a([value, prefix, seed]) % 1_000) / 1_000.0,
        HashVersion::V2 => {
            let mut digits = [0; 10];
            let again = fnv1a([decimal(fnv1a([prefix, seed, value]), &mut digits), "", ""]);
            f64::from(again % 10_000) / 10_000.0
        }
    }
}

/// FNV-1a, 32 bits, over UTF-16 code units as JavaScript's `charCodeAt` gives them, not over bytes.
fn fnv1a(parts: [&str; 3]) -> u32 {
    let take = |hash: u32, unit: u32| (hash ^ unit).wrapping_mul(0x0100_0193);
    parts.iter().fold(0x811c_9dc5, |hash, part| {
        if part.is_ascii() {
            // Of plain text the bytes are the code units.
            part.bytes().fold(hash, |hash, byte| take(hash, u32::from(byte)))
        } else {
            part.encode_utf16().fold(hash, |hash, unit| take(hash, u32::from(unit)))
        }
    })
}

/// The decimal digits of a number, written into a buffer that holds the longest one.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &str {
    let mut start = digits.len();
    while start > 0 {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    std::str::from_utf8(&digits[start..]).unwrap_or("")
}

/// The same weight for each of `count` variants.
#[must_use]
pub fn equal_weights(count: usize) -> Vec<f64> {
    vec![1.0 / count as f64; count]
}

/// The half-open range of buckets of each variant. Coverage is cut to [0, 1] and shortens every range from its end, so that
/// raising it moves nobody. Weights of another number than `count`, or that do not sum to one within a hundredth, are replaced
/// by equal ones.
pub fn ranges(count: usize, coverage: f64, weights: Option<&[f64]>) -> impl Iterator<Item = Range<f64>> {
    let coverage = coverage.clamp(0.0, 1.0);
    let weights = weights.filter(|weights| {
        weights.len() == count
            && (0.99..=1.01).contains(&weights.iter().fold(0.0, |sum, weight| sum + weight))
    });
    let mut start = 0.0;
    (0..count).map(move |index| {
        let weight = weights.map_or(1.0 / count as f64, |weights| weights[index]);
        let from = start;
        start += weight;
        from..from + coverage * weight
    })
}

/// The first variant whose range holds the bucket.
#[must_use]
pub fn choose(bucket: f64, mut ranges: impl Iterator<Item = Range<f64>>) -> Option<usize> {
    ranges.position(|range| range.contains(&bucket))
}

/// Whether a value is among the share a holdout keeps out. The seed is marked, so that a holdout and an experiment of the same
/// name draw differently.
#[must_use]
pub fn held_out(value: &str, holdout: &str, share: f64) -> bool {
    hash_seeded(["holdout:", holdout], value, HashVersion::V2) < share
}

/// Whether a value falls into a part of a namespace: version 1, seeded with two underscores and the name.
#[must_use]
pub fn in_namespace(value: &str, namespace: &str, part: &Range<f64>) -> bool {
    part.contains(&hash_seeded(["__", namespace], value, HashVersion::V1))
}
