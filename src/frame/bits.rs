//! Predicates over whole slices, without a branch per row: a byte for each row first, which compilers turn into vector
//! instructions, then eight of them at a time into bits.

use crate::rule::tree::Operator;

/// Every eighth bit of a product with this lands in the highest byte.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// A bit for each value for which something holds.
pub(super) fn pack<T: Copy>(values: &[T], holds: impl Fn(T) -> bool) -> Vec<u64> {
    let (whole, rest) = values.as_chunks::<64>();
    let mut words = Vec::with_capacity(values.len().div_ceil(64));
    for chunk in whole {
        let mut bytes = [0_u8; 64];
        for (byte, &value) in bytes.iter_mut().zip(chunk) {
            *byte = u8::from(holds(value));
        }
        words.push(word(&bytes));
    }
    if !rest.is_empty() {
        let mut bytes = [0_u8; 64];
        for (byte, &value) in bytes.iter_mut().zip(rest) {
            *byte = u8::from(holds(value));
        }
        words.push(word(&bytes));
    }
    words
}

fn word(bytes: &[u8; 64]) -> u64 {
    let (eights, _) = bytes.as_chunks::<8>();
    eights
        .iter()
        .rev()
        .fold(0, |word, eight| (word << 8) | (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56))
}

/// Whole numbers from one to another, or all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) inside: bool,
}

impl Interval {
    /// The numbers that a comparison accepts.
    pub(super) fn of(operator: Operator, n: i64) -> Self {
        let (low, high) = match operator {
            Operator::Equal | Operator::Unequal => (n, n),
            Operator::Less => match n.checked_sub(1) {
                Some(high) => (i64::MIN, high),
                None => return Self::NONE,
            },
            Operator::LessOrEqual => (i64::MIN, n),
            Operator::Greater => match n.checked_add(1) {
                Some(low) => (low, i64::MAX),
                None => return Self::NONE,
            },
            Operator::GreaterOrEqual => (n, i64::MAX),
        };
        Self { low, high, inside: operator != Operator::Unequal }
    }

    const NONE: Self = Self { low: 1, high: 0, inside: true };

    /// The numbers whose multiples lie in it.
    pub(super) fn divided(self, by: i64) -> Self {
        let up = self.low.div_euclid(by) + i64::from(self.low.rem_euclid(by) != 0);
        Self { low: up, high: self.high.div_euclid(by), inside: self.inside }
    }

    /// The same, seen from a number.
    pub(super) fn from(self, base: i64) -> Self {
        let off = |bound: i64| bound.saturating_sub(base);
        Self { low: off(self.low), high: off(self.high), inside: self.inside }
    }

    /// Whether a number is one of them.
    pub(super) fn holds(self, value: i64) -> bool {
        (self.low <= value && value <= self.high) == self.inside
    }

    /// The same over numbers that are never below 0 nor above a top: from, width and which side; none where all of them
    /// are on one side.
    pub(super) fn within(self, top: u64) -> Result<(u64, u64, bool), bool> {
        let high = match u64::try_from(self.high) {
            Ok(high) => high.min(top),
            Err(_) => return Err(!self.inside),
        };
        let low = u64::try_from(self.low).unwrap_or(0);
        if low > high {
            return Err(!self.inside);
        }
        if low == 0 && high == top {
            return Err(self.inside);
        }
        Ok((low, high - low, self.inside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_row_has_its_bit() {
        for len in [0, 1, 8, 63, 64, 65, 200] {
            let values: Vec<u32> = (0..len).collect();
            let words = pack(&values, |value| value % 3 == 1);
            for &value in &values {
                let bit = words[value as usize / 64] >> (value % 64) & 1;
                assert_eq!(bit == 1, value % 3 == 1, "{value} of {len}");
            }
            assert_eq!(words.iter().map(|word| word.count_ones()).sum::<u32>(), (len + 1) / 3);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_interval_is_its_comparison(n in any::<i64>(), near in -2_i64..=2, shift in 0_u32..63, by in 1_i64..20) {
            let n = n >> shift;
            for operator in Operator::ALL {
                let interval = Interval::of(operator, n);
                for value in [n.saturating_add(near), i64::MIN, -1, 0, 1, i64::MAX] {
                    prop_assert_eq!(interval.holds(value), operator.accepts(value.cmp(&n)));
                }
                let value = n.div_euclid(by).saturating_add(near);
                if let Some(product) = value.checked_mul(by) {
                    prop_assert_eq!(interval.divided(by).holds(value), operator.accepts(product.cmp(&n)));
                }
                for value in [0_u64, 1, 254, 255] {
                    let said = match interval.within(255) {
                        Ok((low, width, inside)) => (value.wrapping_sub(low) <= width) == inside,
                        Err(all) => all,
                    };
                    prop_assert_eq!(said, operator.accepts((value as i64).cmp(&n)));
                }
            }
        }
    }
}
