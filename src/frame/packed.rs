//! Whole numbers in as few bytes each as their range allows: the difference to the smallest, in one, two, four or eight
//! bytes, or nothing at all where all are equal.

use super::bits::{Interval, pack};

/// A column of whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub(super) base: i64,
    pub(super) width: Width,
    pub(super) len: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Width {
    Same,
    One(Box<[u8]>),
    Two(Box<[u16]>),
    Four(Box<[u32]>),
    Eight(Box<[i64]>),
}

impl Packed {
    /// The numbers, packed.
    #[must_use]
    pub fn new(values: &[i64]) -> Self {
        let base = values.iter().copied().min().unwrap_or(0);
        let top = values.iter().copied().max().unwrap_or(0);
        let off = |value: i64| value.wrapping_sub(base).cast_unsigned();
        let width = match top.checked_sub(base) {
            Some(0) => Width::Same,
            Some(range) if range <= i64::from(u8::MAX) => {
                Width::One(values.iter().map(|&value| off(value) as u8).collect())
            }
            Some(range) if range <= i64::from(u16::MAX) => {
                Width::Two(values.iter().map(|&value| off(value) as u16).collect())
            }
            Some(range) if range <= i64::from(u32::MAX) => {
                Width::Four(values.iter().map(|&value| off(value) as u32).collect())
            }
            _ => Width::Eight(values.into()),
        };
        Self { base, width, len: values.len() }
    }

    /// How many numbers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of a row; 0 beyond the last.
    #[must_use]
    pub fn get(&self, row: usize) -> i64 {
        let off = |found: Option<i64>| found.map_or(0, |off| self.base.wrapping_add(off));
        match &self.width {
            Width::Same => self.base,
            Width::One(offs) => off(offs.get(row).map(|&off| i64::from(off))),
            Width::Two(offs) => off(offs.get(row).map(|&off| i64::from(off))),
            Width::Four(offs) => off(offs.get(row).map(|&off| i64::from(off))),
            Width::Eight(values) => values.get(row).copied().unwrap_or(0),
        }
    }

    /// Every number in order, with the width looked at once.
    pub fn each(&self, mut visit: impl FnMut(usize, i64)) {
        let base = self.base;
        match &self.width {
            Width::Same => (0..self.len).for_each(|row| visit(row, base)),
            Width::One(offs) => {
                offs.iter().enumerate().for_each(|(row, &off)| visit(row, base.wrapping_add(i64::from(off))))
            }
            Width::Two(offs) => {
                offs.iter().enumerate().for_each(|(row, &off)| visit(row, base.wrapping_add(i64::from(off))))
            }
            Width::Four(offs) => {
                offs.iter().enumerate().for_each(|(row, &off)| visit(row, base.wrapping_add(i64::from(off))))
            }
            Width::Eight(values) => values.iter().enumerate().for_each(|(row, &value)| visit(row, value)),
        }
    }

    /// The smallest and the largest number there may be.
    #[must_use]
    pub fn bounds(&self) -> (i64, i64) {
        let top = |range: i64| self.base.saturating_add(range);
        match self.width {
            Width::Same => (self.base, self.base),
            Width::One(_) => (self.base, top(i64::from(u8::MAX))),
            Width::Two(_) => (self.base, top(i64::from(u16::MAX))),
            Width::Four(_) => (self.base, top(i64::from(u32::MAX))),
            Width::Eight(_) => (i64::MIN, i64::MAX),
        }
    }

    /// How many of the first rows are below a bound, in a column that ascends.
    pub(super) fn below(&self, bound: i64) -> usize {
        let base = self.base;
        let at = |off: i64| base.wrapping_add(off) < bound;
        match &self.width {
            Width::Same => {
                if base < bound {
                    self.len
                } else {
                    0
                }
            }
            Width::One(offs) => offs.partition_point(|&off| at(i64::from(off))),
            Width::Two(offs) => offs.partition_point(|&off| at(i64::from(off))),
            Width::Four(offs) => offs.partition_point(|&off| at(i64::from(off))),
            Width::Eight(values) => values.partition_point(|&value| value < bound),
        }
    }

    /// A bit for each row whose number lies in an interval.
    pub(super) fn in_interval(&self, interval: Interval) -> Vec<u64> {
        let same = |all: bool| vec![if all { u64::MAX } else { 0 }; self.len.div_ceil(64)];
        let top = match &self.width {
            Width::Same => return same(interval.holds(self.base)),
            Width::One(_) => u64::from(u8::MAX),
            Width::Two(_) => u64::from(u16::MAX),
            Width::Four(_) => u64::from(u32::MAX),
            Width::Eight(values) => return pack(values, |value| interval.holds(value)),
        };
        let (low, width, inside) = match interval.from(self.base).within(top) {
            Ok(bounds) => bounds,
            Err(all) => return same(all),
        };
        match &self.width {
            Width::One(offs) => {
                let (low, width) = (low as u8, width as u8);
                pack(offs, |off| (off.wrapping_sub(low) <= width) == inside)
            }
            Width::Two(offs) => {
                let (low, width) = (low as u16, width as u16);
                pack(offs, |off| (off.wrapping_sub(low) <= width) == inside)
            }
            Width::Four(offs) => {
                let (low, width) = (low as u32, width as u32);
                pack(offs, |off| (off.wrapping_sub(low) <= width) == inside)
            }
            Width::Same | Width::Eight(_) => same(inside),
        }
    }

    /// A bit for each row whose number is a marked code.
    pub(super) fn marked(&self, marks: &[bool]) -> Vec<u64> {
        let mark = |code: i64| usize::try_from(code).is_ok_and(|code| marks.get(code) == Some(&true));
        let mut places = marks.iter().enumerate().filter(|(_, mark)| **mark).map(|(code, _)| code as i64);
        match (places.next(), places.next()) {
            (None, _) => return vec![0; self.len.div_ceil(64)],
            (Some(code), None) => return self.in_interval(Interval { low: code, high: code, inside: true }),
            _ => {}
        }
        let table = |size: i64| -> Vec<bool> { (0..size).map(|off| mark(self.base + off)).collect() };
        match &self.width {
            Width::Same => vec![if mark(self.base) { u64::MAX } else { 0 }; self.len.div_ceil(64)],
            Width::One(offs) => {
                let table = table(1 << 8);
                pack(offs, |off| table.get(usize::from(off)) == Some(&true))
            }
            Width::Two(offs) if self.len > 1 << 12 => {
                let table = table(1 << 16);
                pack(offs, |off| table.get(usize::from(off)) == Some(&true))
            }
            Width::Two(offs) => pack(offs, |off| mark(self.base + i64::from(off))),
            Width::Four(offs) => pack(offs, |off| mark(self.base + i64::from(off))),
            Width::Eight(values) => pack(values, mark),
        }
    }

    /// How many bytes the numbers take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.len
            * match self.width {
                Width::Same => 0,
                Width::One(_) => 1,
                Width::Two(_) => 2,
                Width::Four(_) => 4,
                Width::Eight(_) => 8,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_range_decides_the_width() {
        let bytes = |values: &[i64]| Packed::new(values).bytes() / values.len();
        assert_eq!(bytes(&[7, 7]), 0);
        assert_eq!(bytes(&[1_000_000, 1_000_255]), 1);
        assert_eq!(bytes(&[0, 256]), 2);
        assert_eq!(bytes(&[-1, i64::from(u16::MAX)]), 4);
        assert_eq!(bytes(&[0, i64::from(u32::MAX) + 1]), 8);
        assert_eq!(bytes(&[i64::MIN, i64::MAX]), 8);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_come_back(values in proptest::collection::vec(any::<i64>(), 0..50), shift in 0_u32..63) {
            let values: Vec<i64> = values.iter().map(|value| value >> shift).collect();
            let packed = Packed::new(&values);
            let mut seen = Vec::new();
            packed.each(|row, value| { assert_eq!(row, seen.len()); seen.push(value) });
            prop_assert_eq!(&seen, &values);
            prop_assert!(values.iter().enumerate().all(|(row, &value)| packed.get(row) == value));
        }
    }
}
