//! A set of rows, one bit each.

/// A set of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    /// No row of `len`.
    #[must_use]
    pub fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// Every row of `len`.
    #[must_use]
    pub fn all(len: usize) -> Self {
        let mut all = Self { words: vec![u64::MAX; len.div_ceil(64)], len };
        all.trim();
        all
    }

    /// The rows for which something holds.
    #[must_use]
    pub fn from_fn(len: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let word = |index: usize| {
            let first = index * 64;
            (first..len.min(first + 64)).fold(0, |word, row| word | (u64::from(holds(row)) << (row - first)))
        };
        Self { words: (0..len.div_ceil(64)).map(word).collect(), len }
    }

    /// From words of 64 rows each.
    pub(super) fn from_words(words: Vec<u64>, len: usize) -> Self {
        let mut set = Self { words, len };
        set.words.resize(len.div_ceil(64), 0);
        set.trim();
        set
    }

    /// The words, 64 rows each.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many rows there are, in the set or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a row is in the set.
    #[must_use]
    pub fn has(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Puts a row into the set.
    pub fn set(&mut self, row: usize) {
        if row < self.len
            && let Some(word) = self.words.get_mut(row / 64)
        {
            *word |= 1 << (row % 64);
        }
    }

    /// Puts a row into the set or takes it out.
    pub fn put(&mut self, row: usize, inside: bool) {
        if row < self.len
            && let Some(word) = self.words.get_mut(row / 64)
        {
            let bit = 1 << (row % 64);
            *word = if inside { *word | bit } else { *word & !bit };
        }
    }

    /// How many rows are in the set.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Keeps the rows that are in both.
    pub fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// Adds the rows of the other.
    pub fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    /// Takes the rows of the other out.
    pub fn and_not(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// Visits the rows of the set from one to another, ascending.
    pub(super) fn each_within(&self, range: std::ops::Range<usize>, mut visit: impl FnMut(usize)) {
        let last = range.end.div_ceil(64).min(self.words.len());
        for (index, &word) in self.words.iter().enumerate().take(last).skip(range.start / 64) {
            let first = index * 64;
            let mut rest = word;
            if first < range.start {
                rest &= u64::MAX << (range.start - first);
            }
            if first + 64 > range.end {
                rest &= u64::MAX >> (first + 64 - range.end);
            }
            while rest != 0 {
                visit(first + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
    }

    /// The rows that are not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut other = Self { words: self.words.iter().map(|word| !word).collect(), len: self.len };
        other.trim();
        other
    }

    /// The rows of the set, ascending.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    index * 64 + bit
                })
            })
        })
    }

    fn trim(&mut self) {
        if !self.len.is_multiple_of(64)
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << (self.len % 64)) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_behave_at_word_edges() {
        for len in [0, 1, 63, 64, 65, 130] {
            let thirds = Bitmap::from_fn(len, |row| row % 3 == 0);
            assert_eq!(thirds.rows().collect::<Vec<_>>(), (0..len).step_by(3).collect::<Vec<_>>());
            assert_eq!(thirds.count() as usize, len.div_ceil(3));
            assert_eq!(thirds.complement().count() + thirds.count(), len as u64);
            assert_eq!(Bitmap::all(len).count(), len as u64);
            let mut both = thirds.clone();
            both.and(&thirds.complement());
            assert_eq!(both, Bitmap::none(len));
            both.or(&thirds);
            both.or(&thirds.complement());
            assert_eq!(both, Bitmap::all(len));
            both.and_not(&thirds);
            assert_eq!(both, thirds.complement());
            for range in [0..len, len / 3..len / 2, len / 2..len, len..len] {
                let mut found = Vec::new();
                thirds.each_within(range.clone(), |row| found.push(row));
                assert_eq!(found, range.filter(|row| row % 3 == 0).collect::<Vec<_>>());
            }
            both.set(len);
            assert!(!both.has(len));
        }
    }
}
