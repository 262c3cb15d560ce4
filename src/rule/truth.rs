//! Three-valued truth: what is unknown stays unknown until a rule says what to make of it.

use serde::Serialize;

/// Whether a condition holds. Ordered so that `and` is the minimum and `or` the maximum (Kleene's strong logic).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// It does not hold.
    False,
    /// A value it needs is missing.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// Every truth.
    pub const ALL: [Self; 3] = [Self::False, Self::Unknown, Self::True];

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// What it means at the top of a rule: unknown is not true.
    #[must_use]
    pub fn is_true(self) -> bool {
        self == Self::True
    }

    /// As a word: `yes`, `no`, `unknown`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::False => "no",
            Self::Unknown => "unknown",
            Self::True => "yes",
        }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn de_morgan_holds_for_every_pair() {
        for a in Truth::ALL {
            for b in Truth::ALL {
                assert_eq!(!a.and(b), (!a).or(!b));
                assert_eq!(!a.or(b), (!a).and(!b));
                assert_eq!(a.and(b), b.and(a));
                assert_eq!(!!a, a);
            }
        }
        assert!(!Truth::Unknown.is_true() && !(!Truth::Unknown).is_true());
    }
}
