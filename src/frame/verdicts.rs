//! A truth for each person, as two sets: those for whom it holds and those for whom it does not.

use super::bitmap::Bitmap;
use crate::model::Person;
use crate::rule::Truth;

/// A truth for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    pub(super) yes: Bitmap,
    pub(super) no: Bitmap,
}

/// The opposite; what is unknown stays so.
impl std::ops::Not for Verdicts {
    type Output = Self;

    fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

impl Verdicts {
    pub(super) fn same(people: usize, truth: Truth) -> Self {
        let all_if = |wanted| if truth == wanted { Bitmap::all(people) } else { Bitmap::none(people) };
        Self { yes: all_if(Truth::True), no: all_if(Truth::False) }
    }

    /// What a truth is for each row.
    #[must_use]
    pub fn from_fn(people: usize, mut truth: impl FnMut(usize) -> Truth) -> Self {
        let (mut yes, mut no) = (Bitmap::none(people), Bitmap::none(people));
        for row in 0..people {
            match truth(row) {
                Truth::True => yes.set(row),
                Truth::False => no.set(row),
                Truth::Unknown => {}
            }
        }
        Self { yes, no }
    }

    pub(super) fn known(yes: Bitmap) -> Self {
        Self { no: yes.complement(), yes }
    }

    /// Puts a truth in where something is missing, of which nothing holds so far.
    pub(super) fn fill(&mut self, valid: &Bitmap, missing: Truth) {
        self.yes.and(valid);
        self.no.and(valid);
        match missing {
            Truth::True => self.yes.or(&valid.complement()),
            Truth::False => self.no.or(&valid.complement()),
            Truth::Unknown => {}
        }
    }

    pub(super) fn bytes(&self) -> usize {
        (self.yes.words().len() + self.no.words().len()) * 8
    }

    /// Says what holds for one person of whom nothing was said yet, or changes it.
    pub(super) fn put(&mut self, row: usize, truth: Truth) {
        self.yes.put(row, truth == Truth::True);
        self.no.put(row, truth == Truth::False);
    }

    pub(super) fn and(&mut self, other: &Self) {
        self.yes.and(&other.yes);
        self.no.or(&other.no);
    }

    pub(super) fn or(&mut self, other: &Self) {
        self.yes.or(&other.yes);
        self.no.and(&other.no);
    }

    /// What holds for a person.
    #[must_use]
    pub fn truth(&self, person: Person) -> Truth {
        self.row(person.index())
    }

    pub(super) fn row(&self, row: usize) -> Truth {
        match (self.yes.has(row), self.no.has(row)) {
            (true, _) => Truth::True,
            (_, true) => Truth::False,
            _ => Truth::Unknown,
        }
    }

    /// The people for whom it holds.
    #[must_use]
    pub fn members(&self) -> &Bitmap {
        &self.yes
    }

    /// How many people it holds for.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.yes.count()
    }

    /// How many people it is unknown for.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.yes.len() as u64 - self.yes.count() - self.no.count()
    }
}
