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
    /// Takes note of a gate. The words are made only if somebody watches.
    fn note(&mut self, gate: Gate, passed: bool, detail: impl FnOnce() -> String);
}

impl Trace for () {
    fn note(&mut self, _: Gate, _: bool, _: impl FnOnce() -> String) {}
}

impl Trace for Vec<GateNote> {
    fn note(&mut self, gate: Gate, passed: bool, detail: impl FnOnce() -> String) {
        self.push(GateNote { gate, passed, detail: detail() });
    }
}
