//! Places among the rows of a set.

use super::bitmap::Bitmap;

/// Which of a set's rows, counted from its first, a row is.
pub(super) struct Ranks {
    /// Each word of the set, and how many rows lie before it.
    words: Vec<(u64, u32)>,
    len: usize,
}

impl Ranks {
    pub(super) fn new(set: &Bitmap) -> Self {
        let mut before = 0;
        let words = set
            .words()
            .iter()
            .map(|&word| {
                let own = (word, before);
                before += word.count_ones();
                own
            })
            .collect();
        Self { words, len: before as usize }
    }

    /// How many rows are in the set.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The place of a row; none for a row that is not in the set.
    pub(super) fn of(&self, row: u32) -> Option<u32> {
        let &(word, before) = self.words.get(row as usize / 64)?;
        let bit = row % 64;
        (word >> bit & 1 == 1).then(|| before + (word & ((1 << bit) - 1)).count_ones())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_from_the_first_of_the_set() {
        let set = Bitmap::from_fn(200, |row| row % 3 == 0 || row == 64);
        let ranks = Ranks::new(&set);
        let found: Vec<u32> = (0..210).filter_map(|row| ranks.of(row)).collect();
        assert_eq!(found, (0..ranks.len() as u32).collect::<Vec<_>>());
        assert_eq!(ranks.len() as u64, set.count());
    }
}
