//! Which people several sets share.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::frame::Bitmap;

/// The most sets that can be laid over each other at once.
pub const MOST: usize = 64;

/// Several sets of people, laid over each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// How many are in each set.
    pub sizes: Vec<u64>,
    /// How many are in both, for every pair of sets; on the diagonal how many are in the one.
    pub matrix: Vec<Vec<u64>>,
    /// Everybody by exactly which sets they are in, the largest first; whoever is in none is left out.
    pub intersections: Vec<Intersection>,
    /// How many are in no set.
    pub none: u64,
}

/// People who are in exactly these sets and in no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Intersection {
    /// The sets, by their place.
    pub sets: Vec<usize>,
    /// How many people.
    pub count: u64,
}

impl Overlap {
    /// Lays the first [`MOST`] sets over each other.
    #[must_use]
    pub fn of(sets: &[&Bitmap]) -> Self {
        let sets = sets.get(..sets.len().min(MOST)).unwrap_or(sets);
        let people = sets.iter().map(|set| set.len()).max().unwrap_or(0);
        let mut inside = vec![0_u64; people];
        for (place, set) in sets.iter().enumerate() {
            for row in set.rows() {
                if let Some(mask) = inside.get_mut(row) {
                    *mask |= 1 << place;
                }
            }
        }
        let mut by_mask: BTreeMap<u64, u64> = BTreeMap::new();
        for mask in inside {
            *by_mask.entry(mask).or_default() += 1;
        }
        let none = by_mask.remove(&0).unwrap_or(0);
        let places = |mask: u64| (0..sets.len()).filter(|place| mask >> place & 1 == 1).collect::<Vec<_>>();
        let mut intersections: Vec<Intersection> =
            by_mask.iter().map(|(&mask, &count)| Intersection { sets: places(mask), count }).collect();
        intersections.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.sets.cmp(&b.sets)));
        let both = |one: usize, other: usize| {
            let pair = (1_u64 << one) | (1 << other);
            by_mask.iter().filter(|(mask, _)| *mask & pair == pair).map(|(_, count)| count).sum()
        };
        let matrix: Vec<Vec<u64>> =
            (0..sets.len()).map(|one| (0..sets.len()).map(|other| both(one, other)).collect()).collect();
        Self { sizes: sets.iter().map(|set| set.count()).collect(), matrix, intersections, none }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_exact_intersections_add_up() {
        let twos = Bitmap::from_fn(100, |row| row % 2 == 0);
        let threes = Bitmap::from_fn(100, |row| row % 3 == 0);
        let fives = Bitmap::from_fn(100, |row| row % 5 == 0);
        let overlap = Overlap::of(&[&twos, &threes, &fives]);
        assert_eq!(overlap.sizes, [50, 34, 20]);
        assert_eq!(overlap.matrix, [[50, 17, 10], [17, 34, 7], [10, 7, 20]]);
        let all = overlap.intersections.iter().find(|found| found.sets == [0, 1, 2]).unwrap();
        assert_eq!(all.count, 4, "0, 30, 60, 90");
        let counted: u64 = overlap.intersections.iter().map(|found| found.count).sum();
        assert_eq!(counted + overlap.none, 100);
        assert!(overlap.intersections.is_sorted_by(|a, b| a.count >= b.count));
    }

    #[test]
    fn no_sets_share_nothing() {
        assert_eq!(Overlap::of(&[]).intersections, []);
    }
}
