//! Connected components of identity edges, whatever order they arrive in.

use crate::model::{Person, ProfileId};

/// Which person each identity belongs to. Identities are slots: positions in a list ordered from the oldest on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map {
    person_of: Vec<Option<Person>>,
    profiles: Vec<ProfileId>,
    starts: Vec<u32>,
    slots: Vec<u32>,
}

/// Stitches identities into people.
///
/// `ids` are the identities' numbers, ascending, so the first of a component is its oldest. `counts` says whether an
/// identity stands for anybody: a blocked value (`null`, zeros) or one that no visible fact mentions does not, and edges
/// to it join nobody. `edges` are pairs of slots; their order and direction do not matter. People are numbered by their
/// oldest identity.
#[must_use]
pub fn stitch(ids: &[i64], counts: impl Fn(u32) -> bool, edges: &[(u32, u32)]) -> Map {
    let mut forest = Forest::new(ids.len());
    for &(a, b) in edges {
        if a as usize >= ids.len() || b as usize >= ids.len() || !counts(a) || !counts(b) {
            continue;
        }
        forest.join(a, b);
    }
    let mut map = Map { person_of: vec![None; ids.len()], ..Map::default() };
    for (slot, id) in (0_u32..).zip(ids) {
        if !counts(slot) {
            continue;
        }
        // A root is the smallest slot of its component, so it is met before every other.
        let root = forest.root(slot);
        let person = if root == slot {
            map.profiles.push(ProfileId(*id));
            Some(Person((map.profiles.len() - 1) as u32))
        } else {
            map.person_of.get(root as usize).copied().flatten()
        };
        if let Some(place) = map.person_of.get_mut(slot as usize) {
            *place = person;
        }
    }
    map.gather();
    map
}

impl Map {
    /// The person of an identity's slot; `None` for one that stands for nobody.
    #[must_use]
    pub fn person(&self, slot: u32) -> Option<Person> {
        self.person_of.get(slot as usize).copied().flatten()
    }

    /// How many people there are.
    #[must_use]
    pub fn people(&self) -> usize {
        self.profiles.len()
    }

    /// A person's public id: that of their oldest identity.
    #[must_use]
    pub fn profile(&self, person: Person) -> Option<ProfileId> {
        self.profiles.get(person.index()).copied()
    }

    /// The person with a public id.
    #[must_use]
    pub fn person_of_profile(&self, profile: ProfileId) -> Option<Person> {
        self.profiles.binary_search(&profile).ok().map(|index| Person(index as u32))
    }

    /// The slots of a person's identities, oldest first.
    #[must_use]
    pub fn identities(&self, person: Person) -> &[u32] {
        let index = person.index();
        let (Some(&start), Some(&end)) = (self.starts.get(index), self.starts.get(index + 1)) else {
            return &[];
        };
        self.slots.get(start as usize..end as usize).unwrap_or(&[])
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self.person_of.as_slice())
            + size_of_val(self.profiles.as_slice())
            + size_of_val(self.starts.as_slice())
            + size_of_val(self.slots.as_slice())
    }

    /// The same map again, from the person of each slot; `None` where people are not numbered by their oldest identity.
    #[must_use]
    pub fn restore(ids: &[i64], person_of: Vec<Option<Person>>) -> Option<Self> {
        if ids.len() != person_of.len() {
            return None;
        }
        let mut profiles: Vec<ProfileId> = Vec::new();
        for (id, person) in ids.iter().zip(&person_of) {
            let Some(person) = person else { continue };
            if person.index() == profiles.len() {
                profiles.push(ProfileId(*id));
            } else if person.index() > profiles.len() {
                return None;
            }
        }
        let mut map = Self { person_of, profiles, ..Self::default() };
        map.gather();
        Some(map)
    }

    fn gather(&mut self) {
        let mut starts = vec![0_u32; self.profiles.len() + 1];
        for person in self.person_of.iter().flatten() {
            if let Some(count) = starts.get_mut(person.index() + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut slots = vec![0_u32; sum as usize];
        for (slot, person) in (0_u32..).zip(&self.person_of) {
            let Some(at) = person.and_then(|person| next.get_mut(person.index())) else { continue };
            if let Some(place) = slots.get_mut(*at as usize) {
                *place = slot;
            }
            *at += 1;
        }
        (self.starts, self.slots) = (starts, slots);
    }
}

/// Union-find whose roots are the smallest members, so that the answer cannot depend on the order of edges.
struct Forest {
    parent: Vec<u32>,
}

impl Forest {
    fn new(len: usize) -> Self {
        Self { parent: (0..len as u32).collect() }
    }

    fn parent(&self, slot: u32) -> u32 {
        self.parent.get(slot as usize).copied().unwrap_or(slot)
    }

    fn root(&mut self, slot: u32) -> u32 {
        let mut root = slot;
        while self.parent(root) != root {
            root = self.parent(root);
        }
        let mut at = slot;
        while at != root {
            let next = self.parent(at);
            if let Some(place) = self.parent.get_mut(at as usize) {
                *place = root;
            }
            at = next;
        }
        root
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        let (smaller, larger) = (a.min(b), a.max(b));
        if let Some(place) = self.parent.get_mut(larger as usize) {
            *place = smaller;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_person_is_known_by_their_oldest_identity() {
        let map = stitch(&[3, 5, 8, 9, 12], |_| true, &[(4, 1), (2, 4)]);
        assert_eq!(map.people(), 3);
        assert_eq!(map.identities(Person(1)), [1, 2, 4]);
        assert_eq!(map.profile(Person(1)), Some(ProfileId(5)));
        assert_eq!(map.person(4), Some(Person(1)));
        assert_eq!(map.person_of_profile(ProfileId(9)), Some(Person(2)));
        assert_eq!(map.person_of_profile(ProfileId(8)), None);
        assert_eq!(map.person(99), None);
    }

    #[test]
    fn an_identity_that_stands_for_nobody_joins_nobody() {
        let map = stitch(&[1, 2, 3], |slot| slot != 1, &[(0, 1), (1, 2)]);
        assert_eq!(map.people(), 2);
        assert_eq!((map.person(0), map.person(1), map.person(2)), (Some(Person(0)), None, Some(Person(1))));
    }

    fn edges() -> impl Strategy<Value = Vec<(u32, u32)>> {
        proptest::collection::vec((0_u32..20, 0_u32..20), 0..30)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn order_and_direction_do_not_matter(edges in edges().prop_shuffle(), again in any::<u64>()) {
            let ids: Vec<i64> = (1..=20).collect();
            let map = stitch(&ids, |_| true, &edges);
            let mut other: Vec<(u32, u32)> = edges.iter().map(|&(a, b)| (b, a)).collect();
            other.sort_by_key(|&(a, b)| u64::from(a * 31 + b).wrapping_mul(again | 1));
            prop_assert_eq!(&map, &stitch(&ids, |_| true, &other));
        }

        #[test]
        fn people_are_exactly_the_connected(edges in edges()) {
            let ids: Vec<i64> = (1..=20).collect();
            let map = stitch(&ids, |_| true, &edges);
            // Reachability by spreading a label until nothing changes.
            let mut label: Vec<u32> = (0..20).collect();
            loop {
                let before = label.clone();
                for &(a, b) in &edges {
                    let low = label[a as usize].min(label[b as usize]);
                    label[a as usize] = low;
                    label[b as usize] = low;
                }
                if before == label { break }
            }
            for a in 0..20_u32 {
                for b in 0..20_u32 {
                    prop_assert_eq!(map.person(a) == map.person(b), label[a as usize] == label[b as usize]);
                }
                let person = map.person(a).unwrap();
                prop_assert_eq!(map.profile(person), Some(ProfileId(ids[label[a as usize] as usize])));
                prop_assert!(map.identities(person).contains(&a));
            }
        }

        #[test]
        fn one_more_edge_only_ever_joins(edges in edges(), extra in (0_u32..20, 0_u32..20)) {
            let ids: Vec<i64> = (1..=20).collect();
            let before = stitch(&ids, |_| true, &edges);
            let mut more = edges;
            more.push(extra);
            let after = stitch(&ids, |_| true, &more);
            prop_assert!(after.people() <= before.people());
            // Taking the edge away again gives the old map back: nothing was rewritten.
            more.pop();
            prop_assert_eq!(before, stitch(&ids, |_| true, &more));
        }
    }
}
