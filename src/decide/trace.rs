//! The trace of a decision: the same code observed. With `()` as the observer nothing is recorded and nothing costs.

/// The gates, in the order they are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gate {
    /// Is there an address on the channel?
    Identity,
    /// Was the purpose allowed?
    Consent,
    /// Is there a do-not-contact entry?
    Suppression,
    /// Is the person held out, or in another test of the layer?
    Holdout,
    /// Does the experience's own rule hold?
    Eligibility,
    /// Is there room under every cap?
    Caps,
    /// Is it an hour to send?
    QuietHours,
    /// Is there fatigue budget left?
    Fatigue,
    /// Who goes first?
    Ranking,
    /// Which variant?
    Variant,
}

impl Gate {
    /// Every gate, in order.
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::Consent,
        Self::Suppression,
        Self::Holdout,
        Self::Eligibility,
        Self::Caps,
        Self::QuietHours,
        Self::Fatigue,
        Self::Ranking,
        Self::Variant,
    ];

    /// The word a why view shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Consent => "consent",
            Self::Suppression => "do not contact",
            Self::Holdout => "holdout",
            Self::Eligibility => "eligibility",
            Self::Caps => "caps",
            Self::QuietHours => "quiet hours",
            Self::Fatigue => "fatigue budget",
            Self::Ranking => "ranking",
            Self::Variant => "variant",
        }
    }
}

/// One gate and the values it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateNote {
    /// The gate.
    pub gate: Gate,
    /// Whether it was passed.
    pub passed: bool,
    /// What it saw.
    pub detail: String,
}

/// Who watches a decision.
pub trait Trace {
    /// Whether anybody does: what only words are made of need not be looked up for nobody.
    const WATCHES: bool = true;
    /// Takes note of a gate. The words are made only if somebody watches.
    fn note(&mut self, gate: Gate, passed: bool, detail: impl FnOnce() -> String);
}

impl Trace for () {
    const WATCHES: bool = false;
    fn note(&mut self, _: Gate, _: bool, _: impl FnOnce() -> String) {}
}

impl Trace for Vec<GateNote> {
    fn note(&mut self, gate: Gate, passed: bool, detail: impl FnOnce() -> String) {
        self.push(GateNote { gate, passed, detail: detail() });
    }
}

/// Counts the gates that closed, without a word: where candidates are lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    closed: [u64; Gate::ALL.len()],
}

impl Losses {
    /// How often a gate closed.
    #[must_use]
    pub fn at(&self, gate: Gate) -> u64 {
        self.closed.get(gate as usize).copied().unwrap_or(0)
    }

    /// The last gate that closed in the order they are passed: what stopped the candidate that came furthest.
    #[must_use]
    pub fn furthest(&self) -> Option<Gate> {
        Gate::ALL.into_iter().rev().find(|gate| self.at(*gate) > 0)
    }

    /// Adds what another decision lost.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.closed.iter_mut().zip(other.closed) {
            *sum += more;
        }
    }
}

impl Trace for Losses {
    fn note(&mut self, gate: Gate, passed: bool, _: impl FnOnce() -> String) {
        // Losing the ranking is no gate that closed.
        if !passed
            && gate != Gate::Ranking
            && let Some(count) = self.closed.get_mut(gate as usize)
        {
            *count += 1;
        }
    }
}
