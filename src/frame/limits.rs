//! Traits whose source limits what they may be used for.

use std::collections::BTreeMap;

use super::people::People;
use crate::model::consent::{Purpose, Purposes};
use crate::model::{Datum, Person};

/// For one trait, the purposes each person's value is withheld from, as bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Limits(pub(super) Vec<u8>);

/// The limits by trait; nothing for traits that may be used for everything.
pub(super) type ByTrait = BTreeMap<String, Limits>;

impl People {
    /// What a person's value of a trait may be used for.
    #[must_use]
    pub fn uses(&self, person: Person, name: &str) -> Purposes {
        let withheld = self.limits.get(name).and_then(|limits| limits.0.get(person.index()));
        withheld.map_or(Purposes::ALL, |withheld| Purposes::from_bits(!withheld))
    }

    /// A person's value of a trait where its source allows a purpose; nothing where it does not.
    #[must_use]
    pub fn datum_for(&self, person: Person, name: &str, purpose: Purpose) -> Datum<'_> {
        let allowed = self.uses(person, name).cover(Purposes::NONE.with(purpose));
        if allowed { self.datum(person, name) } else { Datum::Missing }
    }

    /// The traits that some people's values may not be used for everything, in order.
    pub fn limited_traits(&self) -> impl Iterator<Item = &str> {
        self.limits.keys().map(String::as_str)
    }
}
