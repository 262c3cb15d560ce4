//! The running test: sentence, estimate and interval over time, truth, attributed beside incremental.

use serde::{Deserialize, Serialize};

use crate::stats::{Reading, Why};

/// The uplift panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uplift {
    /// `cart recovery: bundle against 10 % off`.
    pub title: String,
    /// A sentence a client understands: `Bundle brings more orders. Decide on day 10.`
    pub sentence: String,
    /// The day of the test, from 1.
    pub day: u32,
    /// Planned days.
    pub days: u32,
    /// The primary metric: `orders per person`.
    pub metric: String,
    /// `always valid 95 %` or `fixed 95 %`.
    pub method: String,
    /// Relative uplift as a fraction.
    pub relative: Reading,
    /// Absolute difference in the metric's unit.
    pub absolute: Reading,
    /// What the world itself says, if simulated.
    pub truth: Option<Truth>,
    /// The relative estimate and its interval over time, oldest first.
    pub trend: Vec<TrendPoint>,
    /// The control arm.
    pub control: Arm,
    /// The treatment arm.
    pub treatment: Arm,
    /// χ² p-value of the split; none while arms are too small.
    pub srm_p: Option<f64>,
    /// Units exposed.
    pub exposed: u64,
    /// Units whose window has elapsed.
    pub matured: u64,
    /// Units seen in more than one variant, excluded.
    pub excluded: u64,
    /// Guardrail metrics and their verdicts.
    pub guardrails: Vec<Guardrail>,
    /// Orders credited to the last delivered and clicked message, per day.
    pub attributed_per_day: f64,
    /// Orders that would not have happened, per day.
    pub incremental_per_day: Reading,
}

impl Uplift {
    /// No test is running: no title, and every reading withheld.
    #[must_use]
    pub fn none() -> Self {
        let arm = || Arm { name: String::new(), n: 0, mean: 0.0 };
        Self {
            title: String::new(),
            sentence: String::new(),
            day: 0,
            days: 0,
            metric: String::new(),
            method: String::new(),
            relative: Reading::Withheld(Why::NoData),
            absolute: Reading::Withheld(Why::NoData),
            truth: None,
            trend: Vec::new(),
            control: arm(),
            treatment: arm(),
            srm_p: None,
            exposed: 0,
            matured: 0,
            excluded: 0,
            guardrails: Vec::new(),
            attributed_per_day: 0.0,
            incremental_per_day: Reading::Withheld(Why::NoData),
        }
    }
}

/// The known effect of a simulated world.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Relative effect as a fraction.
    pub relative: f64,
    /// Absolute effect in the metric's unit.
    pub absolute: f64,
    /// Whether the interval shown contains it.
    pub inside: Option<bool>,
}

/// One point of the trend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrendPoint {
    /// Days since the start.
    pub day: f64,
    /// Relative estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One arm of a two-arm comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// The variant's name.
    pub name: String,
    /// Units measured.
    pub n: u64,
    /// Mean of the metric.
    pub mean: f64,
}

/// A guardrail and what can be said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guardrail {
    /// The metric.
    pub metric: String,
    /// The verdict.
    pub verdict: GuardrailVerdict,
}

/// DESIGN §4: safe, harmed, or can't tell yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardrailVerdict {
    /// The interval excludes worse than the margin.
    Safe,
    /// The interval excludes zero on the bad side.
    Harmed,
    /// Neither.
    CantTellYet,
}
