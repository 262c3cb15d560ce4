//! What is believed of an effect before the data.

use serde::{Deserialize, Serialize};

/// What was believed of the relative change before the data. gbstats' default is improper; GrowthBook's proper one is N(0, 0.3²).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prior {
    /// Mean of the relative change.
    pub mean: f64,
    /// Its standard deviation; unused while the prior is improper.
    pub sd: f64,
    /// Whether the prior counts; an improper one is flat.
    pub proper: bool,
}

impl Default for Prior {
    fn default() -> Self {
        Self { mean: 0.0, sd: 0.3, proper: false }
    }
}

impl Prior {
    /// Normal around a mean.
    #[must_use]
    pub fn normal(mean: f64, sd: f64) -> Self {
        Self { mean, sd, proper: true }
    }

    /// The share of an estimate with this error that is kept beside the prior: 1 where the prior is flat.
    #[must_use]
    pub fn kept(&self, standard_error: f64) -> f64 {
        let (before, noise) = (self.sd * self.sd, standard_error * standard_error);
        if self.proper { before / (before + noise) } else { 1.0 }
    }
}
