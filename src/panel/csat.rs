//! Customer satisfaction by moment.

use serde::{Deserialize, Serialize};

use crate::stats::Reading;

/// The CSAT panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Csat {
    /// A sentence a client understands.
    pub sentence: String,
    /// Answers in all.
    pub answers: u64,
    /// Surveys delivered.
    pub asked: u64,
    /// How the score is made: `top 2 of 5`.
    pub scale: String,
    /// The ideal band as shares, low and high.
    pub ideal: (f64, f64),
    /// One line of context, labelled as another scale.
    pub context: String,
    /// The moments, in the order they are shown.
    pub moments: Vec<Moment>,
}

impl Csat {
    /// Nobody was asked yet.
    #[must_use]
    pub fn none() -> Self {
        Self {
            sentence: String::new(),
            answers: 0,
            asked: 0,
            scale: String::new(),
            ideal: (0.75, 0.85),
            context: String::new(),
            moments: Vec::new(),
        }
    }
}

/// Satisfaction after one kind of moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// `purchase`, `delivery`, `support`.
    pub name: String,
    /// Surveys delivered.
    pub asked: u64,
    /// Answers, one per person per moment.
    pub answers: u64,
    /// Top-box share with its Wilson interval; withheld under 30 answers.
    pub score: Reading,
    /// Daily shares, oldest first; `None` where a day has no answer.
    pub trend: Vec<Option<f64>>,
}
