//! Where each person's events are: what the view of one person needs and the columnar evaluator does not.

use super::bitmap::Bitmap;
use super::table::Table;
use std::sync::Arc;

/// A chunk's number, in two halves so that a place takes six bytes, and a row in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    high: u16,
    low: u16,
    row: u16,
}

impl Place {
    fn new(chunk: u32, row: u16) -> Self {
        Self { high: (chunk >> 16) as u16, low: chunk as u16, row }
    }

    pub(super) fn chunk(self) -> usize {
        usize::from(self.high) << 16 | usize::from(self.low)
    }

    pub(super) fn row(self) -> usize {
        usize::from(self.row)
    }
}

/// Every person's events, oldest first.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The table and the chunk within it, for each chunk's number.
    pub(super) chunks: Vec<(u32, u32)>,
    starts: Vec<u32>,
    places: Vec<Place>,
}

impl Index {
    pub(super) fn new(tables: &[Arc<Table>], people: usize) -> Self {
        Self::wanted(tables, people, &|_| true)
    }

    /// Of some people only.
    pub(super) fn of_some(tables: &[Arc<Table>], people: usize, wanted: &Bitmap) -> Self {
        Self::wanted(tables, people, &|person| wanted.has(person as usize))
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.starts.as_slice()) + size_of_val(self.places.as_slice())
    }

    fn wanted(tables: &[Arc<Table>], people: usize, wanted: &impl Fn(u32) -> bool) -> Self {
        let mut index = Self { chunks: Vec::new(), starts: vec![0; people + 1], places: Vec::new() };
        for (number, table) in (0_u32..).zip(tables) {
            index.chunks.extend((0..table.chunks.len() as u32).map(|chunk| (number, chunk)));
        }
        let each = |visit: &mut dyn FnMut(u32, Place, &super::table::Chunk)| {
            for (number, &(table, chunk)) in (0_u32..).zip(&index.chunks) {
                if let Some(chunk) =
                    tables.get(table as usize).and_then(|table| table.chunks.get(chunk as usize))
                {
                    for (row, &person) in
                        (0_u16..=u16::MAX).zip(&chunk.people).filter(|(_, person)| wanted(**person))
                    {
                        visit(person, Place::new(number, row), chunk);
                    }
                }
            }
        };
        let mut starts = vec![0_u32; people + 1];
        each(&mut |person, _, _| {
            if let Some(count) = starts.get_mut(person as usize + 1) {
                *count += 1;
            }
        });
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut keyed = vec![(0_i64, 0_i64, Place::default()); sum as usize];
        each(&mut |person, place, chunk| {
            let row = place.row();
            let Some(at) = next.get_mut(person as usize) else { return };
            if let Some(key) = keyed.get_mut(*at as usize) {
                *key = (chunk.at.get(row), chunk.sequence.get(row), place);
            }
            *at += 1;
        });
        for bounds in starts.windows(2) {
            if let [start, end] = *bounds
                && let Some(own) = keyed.get_mut(start as usize..end as usize)
            {
                own.sort_unstable();
            }
        }
        index.places = keyed.into_iter().map(|(_, _, place)| place).collect();
        index.starts = starts;
        index
    }

    /// A person's events, oldest first.
    pub(super) fn of(&self, person: usize) -> &[Place] {
        let (Some(&start), Some(&end)) = (self.starts.get(person), self.starts.get(person + 1)) else {
            return &[];
        };
        self.places.get(start as usize..end as usize).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_of_any_chunk() {
        assert_eq!(size_of::<Place>(), 6);
        for chunk in [0, 1, 65_535, 65_536, 200_000, u32::MAX] {
            let place = Place::new(chunk, u16::MAX);
            assert_eq!((place.chunk(), place.row()), (chunk as usize, 65_535));
        }
        assert!(Place::new(65_536, 0) > Place::new(65_535, 9));
    }
}
