//! Edits that can be taken back, letters typed into one place together.

/// Edits that are remembered.
const MOST: usize = 300;

/// What was before, and what was taken back.
#[derive(Debug, Clone)]
pub(crate) struct History<T, P> {
    past: Vec<T>,
    future: Vec<T>,
    /// The place edited last, whose letters are taken back together.
    burst: Option<P>,
}

impl<T, P> Default for History<T, P> {
    fn default() -> Self {
        Self { past: Vec::new(), future: Vec::new(), burst: None }
    }
}

impl<T: Clone, P: PartialEq> History<T, P> {
    /// Something is about to be edited at a place.
    pub(crate) fn note(&mut self, now: &T, place: P) {
        if self.burst.as_ref() != Some(&place) {
            self.past.push(now.clone());
            if self.past.len() > MOST {
                self.past.remove(0);
            }
        }
        self.burst = Some(place);
        self.future.clear();
    }

    /// What is edited next is taken back by itself, wherever it is.
    pub(crate) fn part(&mut self) {
        self.burst = None;
    }

    /// Takes the last edit back, or does it again; says whether there was one.
    pub(crate) fn turn(&mut self, now: &mut T, back: bool) -> bool {
        let (from, to) = match back {
            true => (&mut self.past, &mut self.future),
            false => (&mut self.future, &mut self.past),
        };
        self.burst = None;
        match from.pop() {
            Some(state) => {
                to.push(std::mem::replace(now, state));
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_one_place_go_together_and_places_apart() {
        let mut history = History::default();
        let mut now = 0;
        for (place, next) in [('a', 1), ('a', 2), ('b', 3)] {
            history.note(&now, place);
            now = next;
        }
        assert!(history.turn(&mut now, true) && now == 2);
        assert!(history.turn(&mut now, true) && now == 0);
        assert!(!history.turn(&mut now, true));
        assert!(history.turn(&mut now, false) && now == 2);
        history.note(&now, 'c');
        now = 9;
        assert!(!history.turn(&mut now, false) && now == 9);
    }
}
