//! Who joined and who left between two sets of people.

use crate::frame::{Bitmap, Frame};
use crate::model::Person;

/// What is different between a set of people before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// In both.
    pub stayed: u64,
    /// In the later one only.
    pub joined: u64,
    /// In the earlier one only.
    pub left: u64,
    /// The first few who joined.
    pub joiners: Vec<Person>,
    /// The first few who left.
    pub leavers: Vec<Person>,
}

impl Change {
    /// Between two sets over the same people, with at most so many samples of each kind.
    #[must_use]
    pub fn between(before: &Bitmap, after: &Bitmap, samples: usize) -> Self {
        let (mut stayed, mut joined, mut left) = (before.clone(), before.complement(), after.complement());
        stayed.and(after);
        joined.and(after);
        left.and(before);
        let first = |set: &Bitmap| set.rows().take(samples).map(|row| Person(row as u32)).collect();
        Self {
            stayed: stayed.count(),
            joined: joined.count(),
            left: left.count(),
            joiners: first(&joined),
            leavers: first(&left),
        }
    }
}

/// The members of one picture as people of a later one: whoever was merged since then is one person there.
#[must_use]
pub fn carried(from: &Frame, members: &Bitmap, to: &Frame) -> Bitmap {
    let mut carried = Bitmap::none(to.people().len());
    for row in members.rows() {
        let oldest = from.people().profile(Person(row as u32)).0;
        if let Some(person) = to.people().person_of(oldest) {
            carried.set(person.index());
        }
    }
    carried
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Builder;
    use crate::model::Time;

    #[test]
    fn joiners_leavers_and_those_who_stayed() {
        let before = Bitmap::from_fn(6, |row| row < 4);
        let after = Bitmap::from_fn(6, |row| row >= 2);
        let change = Change::between(&before, &after, 1);
        assert_eq!((change.stayed, change.joined, change.left), (2, 2, 2));
        assert_eq!((change.joiners, change.leavers), (vec![Person(4)], vec![Person(0)]));
    }

    #[test]
    fn people_are_followed_through_a_merge() {
        let frame = |merged: bool| {
            let mut builder = Builder::new();
            for id in [7, 8, 9] {
                builder.identity(id, "user_id", &format!("u{id}"));
                builder.identify(id, Time(0), "{}");
            }
            if merged {
                builder.link(7, 9);
            }
            builder.finish(1)
        };
        let (from, to) = (frame(false), frame(true));
        assert_eq!(to.people().len(), 2);
        let carried = carried(&from, &Bitmap::from_fn(3, |row| row == 2), &to);
        let rows: Vec<usize> = carried.rows().collect();
        assert_eq!(rows, [0], "the third person is the first one now");
    }
}
