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

    /// How many buckets it has.
    fn buckets(self) -> u32 {
        match self {
            Self::V1 => 1_000,
            Self::V2 => 10_000,
        }
    }

    /// Where a bucket of that number begins in [0, 1).
    pub(super) fn start(self, bucket: u32) -> f64 {
        f64::from(bucket) / f64::from(self.buckets())
    }

    /// Every bucket's number.
    pub(super) fn each(self) -> std::ops::Range<u32> {
        0..self.buckets()
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
    version.start(bucket(["", seed], value, version))
}

/// The number of a value's bucket, for a seed in two parts that need not be joined first.
fn bucket([prefix, seed]: [&str; 2], value: &str, version: HashVersion) -> u32 {
    let hash = match version {
        HashVersion::V1 => fnv1a(fnv1a(fnv1a(BASIS, value), prefix), seed),
        HashVersion::V2 => fnv1a_digits(fnv1a(fnv1a(fnv1a(BASIS, prefix), seed), value)),
    };
    hash % version.buckets()
}

/// A seed, hashed as far as it goes without a value.
#[derive(Debug, Clone)]
pub struct Seeded {
    seed: [String; 2],
    state: u32,
    version: HashVersion,
}

impl Seeded {
    /// The seed of an experiment.
    #[must_use]
    pub fn new(seed: &str, version: HashVersion) -> Self {
        Self::of("", seed, version)
    }

    /// The seed of a holdout: marked, so that a holdout and an experiment of the same name draw differently.
    #[must_use]
    pub fn holdout(name: &str) -> Self {
        Self::of(HOLDOUT, name, HashVersion::V2)
    }

    /// The seed of a namespace: version 1, with two underscores and the name.
    #[must_use]
    pub fn namespace(name: &str) -> Self {
        Self::of(NAMESPACE, name, HashVersion::V1)
    }

    fn of(prefix: &str, seed: &str, version: HashVersion) -> Self {
        let state = fnv1a(fnv1a(BASIS, prefix), seed);
        Self { seed: [prefix.to_owned(), seed.to_owned()], state, version }
    }

    /// The number of a value's bucket.
    #[must_use]
    #[inline]
    pub fn bucket(&self, value: &str) -> u32 {
        match self.version {
            HashVersion::V1 => {
                let [prefix, seed] = &self.seed;
                bucket([prefix, seed], value, HashVersion::V1)
            }
            HashVersion::V2 => fnv1a_digits(fnv1a(self.state, value)) % HashVersion::V2.buckets(),
        }
    }

    /// The bucket of a value in [0, 1), as [`hash`] gives it.
    #[must_use]
    pub fn hash(&self, value: &str) -> f64 {
        self.version.start(self.bucket(value))
    }
}

/// What FNV-1a begins with.
const BASIS: u32 = 0x811c_9dc5;
const HOLDOUT: &str = "holdout:";
const NAMESPACE: &str = "__";

/// FNV-1a, 32 bits, over UTF-16 code units as JavaScript's `charCodeAt` gives them, not over bytes; from a state on.
#[inline]
fn fnv1a(state: u32, part: &str) -> u32 {
    let mut hash = state;
    for byte in part.bytes() {
        if !byte.is_ascii() {
            return fnv1a_utf16(state, part);
        }
        // Of plain text the bytes are the code units.
        hash = fold(hash, u32::from(byte));
    }
    hash
}

#[cold]
fn fnv1a_utf16(state: u32, part: &str) -> u32 {
    part.encode_utf16().fold(state, |state, unit| fold(state, u32::from(unit)))
}

const fn fold(state: u32, unit: u32) -> u32 {
    (state ^ unit).wrapping_mul(0x0100_0193)
}

/// FNV-1a over the decimal digits of a number, which are never written down. Eight digits follow the head, which nearly
/// every number has: the state after it is looked up, so that each digit waits for the one before only.
#[inline]
fn fnv1a_digits(number: u32) -> u32 {
    let (head, rest) = (number / 100_000_000, number % 100_000_000);
    match HEADS.get(head as usize) {
        Some(&state) if head > 0 => fnv1a_four(fnv1a_four(state, rest / 10_000), rest % 10_000),
        _ => fnv1a_few_digits(number),
    }
}

/// Numbers of at most eight digits.
#[cold]
fn fnv1a_few_digits(number: u32) -> u32 {
    let mut power = 10_u32.pow(number.checked_ilog10().unwrap_or(0));
    let mut state = BASIS;
    while power > 0 {
        state = fold(state, b'0' as u32 + number / power % 10);
        power /= 10;
    }
    state
}

/// Four digits, leading zeros too. A thousandth of the number, in parts of 2³², has the next digit as its whole; the
/// thousandth is rounded up by too little to reach the digit after.
#[inline]
fn fnv1a_four(mut state: u32, number: u32) -> u32 {
    let mut part = u64::from(number) * 4_294_968;
    for _ in 0..4 {
        state = fold(state, b'0' as u32 + (part >> 32) as u32);
        part = (part & 0xffff_ffff) * 10;
    }
    state
}

/// The state after what comes before the last eight digits of a number, up to the 42 of 4,294,967,295.
static HEADS: [u32; 43] = {
    let mut heads = [BASIS; 43];
    let mut head = 1;
    while head < heads.len() {
        let tens = head as u32 / 10;
        let before = if tens > 0 { fold(BASIS, b'0' as u32 + tens) } else { BASIS };
        heads[head] = fold(before, b'0' as u32 + head as u32 % 10);
        head += 1;
    }
    heads
};

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
    HashVersion::V2.start(bucket([HOLDOUT, holdout], value, HashVersion::V2)) < share
}

/// Whether a value falls into a part of a namespace: version 1, seeded with two underscores and the name.
#[must_use]
pub fn in_namespace(value: &str, namespace: &str, part: &Range<f64>) -> bool {
    part.contains(&HashVersion::V1.start(bucket([NAMESPACE, namespace], value, HashVersion::V1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the specification has it: the digits written down and hashed as text.
    fn written(number: u32) -> u32 {
        fnv1a(BASIS, &number.to_string())
    }

    #[test]
    fn digits_are_hashed_as_if_they_were_written_down() {
        let powers = (0..10).map(|power| 10_u32.pow(power));
        let edges =
            powers.flat_map(|power| [power - 1, power, power + 1, power.wrapping_mul(9), power * 2 + 7]);
        let parts = (0..10_000)
            .flat_map(|part| [part, part * 10_000, 100_000_000 + part, 4_200_000_000 + part * 9_000]);
        let scattered = (0..200_000_u32).map(|n| n.wrapping_mul(2_654_435_761));
        for number in edges.chain(parts).chain(scattered).chain([0, u32::MAX]) {
            assert_eq!(fnv1a_digits(number), written(number), "{number}");
        }
    }

    #[test]
    fn a_seed_made_ready_gives_the_same_buckets() {
        let values = ["", "17", "anne@example.com", "日本", "u00000000001", "😀"];
        for value in values {
            for version in [HashVersion::V1, HashVersion::V2] {
                for seed in ["look", "", "größe", "holdout:x"] {
                    let seeded = Seeded::new(seed, version).hash(value);
                    assert_eq!(seeded.to_bits(), hash(seed, value, version).to_bits(), "{seed} {value}");
                }
            }
            for name in ["global", "ü"] {
                let share = Seeded::holdout(name).hash(value);
                assert!(
                    !held_out(value, name, share) && held_out(value, name, share + 1e-9),
                    "{name} {value}"
                );
                let place = Seeded::namespace(name).hash(value);
                assert!(in_namespace(value, name, &(place..place + 1e-9)), "{name} {value}");
            }
        }
    }
}
