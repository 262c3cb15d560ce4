//! Where each person's events are: what the view of one person needs and the columnar evaluator does not.

use super::bitmap::Bitmap;
use super::table::Table;
use std::sync::Arc;

/// A chunk's number and a row in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u32);

impl Place {
    pub(super) fn chunk(self) -> usize {
        (self.0 >> 16) as usize
    }
    pub(super) fn row(self) -> usize {
        (self.0 & 0xffff) as usize
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
        let each = |visit: &mut dyn FnMut(u32, u32, &super::table::Chunk)| {
            for (number, &(table, chunk)) in (0_u32..).zip(&index.chunks) {
                if let Some(chunk) =
                    tables.get(table as usize).and_then(|table| table.chunks.get(chunk as usize))
                {
                    for (row, &person) in (0_u32..).zip(&chunk.people).filter(|(_, person)| wanted(**person))
                    {
                        visit(person, (number << 16) | row, chunk);
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
        let mut keyed = vec![(0_i64, 0_i64, Place(0)); sum as usize];
        each(&mut |person, place, chunk| {
            let row = (place & 0xffff) as usize;
            let Some(at) = next.get_mut(person as usize) else { return };
            if let Some(key) = keyed.get_mut(*at as usize) {
                *key = (chunk.at.get(row), chunk.sequence.get(row), Place(place));
            }
            *at += 1;
        });
        for bounds in starts.windows(2) {
            if let [start, end] = *bounds
                && let Some(own) = keyed.get_mut(start as usize..end as usize)
            {
                own.sort_unstable_by_key(|&(at, sequence, place)| (at, sequence, place.0));
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
