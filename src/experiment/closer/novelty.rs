//! Effects by day since exposure: whether what is new wears off.

use serde::{Deserialize, Serialize};

use crate::experiment::analysis::Settings;
use crate::stats::novelty::{self, Day};
use crate::stats::{Caution, Reading, Why};

/// The effect by day since exposure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wear {
    /// The metric.
    pub metric: String,
    /// The treatment.
    pub variant: String,
    /// The absolute effect of each day.
    pub days: Vec<Daily>,
    /// How much it changes per day.
    pub slope: Reading,
    /// Whether days and slope hold for one look, although they are looked at often.
    #[serde(default)]
    pub read_once: bool,
    /// What it looks like.
    pub sentence: String,
}

/// One day since exposure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Daily {
    /// Zero is the day of exposure itself.
    pub day: u32,
    /// The effect of that day.
    pub effect: Reading,
}

/// What is said of days under a plan that looks often.
const READ_ONCE: &str = "Days are read as if looked at once and are not corrected for their number";

fn mark(reading: &mut Reading) {
    if let Reading::Estimate(estimate) = reading {
        estimate.cautions.push(Caution::Other(READ_ONCE.to_lowercase()));
    }
}

impl Wear {
    /// What these days say.
    #[must_use]
    pub fn of(metric: &str, variant: &str, days: &[Day], settings: &Settings) -> Self {
        let mut found = novelty::by_day(days, settings.plan.alpha);
        let often = settings.is_looked_at_often();
        if often {
            found.days.iter_mut().map(|(_, reading)| reading).chain([&mut found.slope]).for_each(mark);
        }
        let sentence = if found.wears_off() {
            "The effect wears off with the days since exposure.".to_owned()
        } else if found.grows() {
            "The effect grows with the days since exposure.".to_owned()
        } else {
            match &found.slope {
                Reading::Estimate(_) => "The effect neither wears off nor grows beyond chance.".to_owned(),
                Reading::Withheld(why) => format!("Whether it wears off cannot be said: {}.", why.sentence()),
            }
        };
        Self {
            metric: metric.to_owned(),
            variant: variant.to_owned(),
            days: found.days.into_iter().map(|(day, effect)| Daily { day, effect }).collect(),
            slope: found.slope,
            read_once: often,
            sentence: if often { format!("{sentence} {READ_ONCE}.") } else { sentence },
        }
    }

    /// Nothing, and why.
    #[must_use]
    pub fn withheld(metric: &str, variant: &str, why: Why) -> Self {
        Self {
            metric: metric.to_owned(),
            variant: variant.to_owned(),
            days: Vec::new(),
            sentence: format!("Whether it wears off cannot be said: {}.", why.sentence()),
            slope: Reading::Withheld(why),
            read_once: false,
        }
    }
}
