//! An estimate with its uncertainty and cautions, or withheld with the reason. Never a placeholder number.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::model::Time;

/// A number that can be trusted as far as it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate, in the unit of the quantity (a share, a difference, a relative change as a fraction).
    pub value: f64,
    /// Lower end of the interval; −∞ for one-sided intervals, which JSON carries as null.
    #[serde(with = "open_end::low")]
    pub low: f64,
    /// Upper end of the interval; +∞ for one-sided intervals, which JSON carries as null.
    #[serde(with = "open_end::high")]
    pub high: f64,
    /// Standard error, where the method has one.
    pub standard_error: Option<f64>,
    /// Two-sided (or as declared) p-value against no effect, where a test was made.
    pub p_value: Option<f64>,
    /// Coverage of the interval, such as 0.95.
    pub level: f64,
    /// What the reader must know beside the number.
    pub cautions: Vec<Caution>,
}

/// A remark that goes with a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caution {
    /// Not randomised: an association.
    Association,
    /// Uncorrected for the number of comparisons.
    Uncorrected,
    /// Counts are small; an exact method was used.
    SmallCounts,
    /// Some units have not been observed for the whole window yet.
    Maturing,
    /// Units seen in more than one variant were excluded.
    MultipleExposures,
    /// One unit carries a large part of the total.
    Outlier,
    /// Anything else, in words.
    Other(String),
}

/// Why there is no number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Why {
    /// Fewer than the minimum. `what` is the plural of the thing counted.
    TooFew {
        /// What is counted: `conversions per arm`, `answers`.
        what: String,
        /// How many there are.
        have: u64,
        /// How many are needed.
        need: u64,
    },
    /// An arm has no units.
    EmptyArm {
        /// Its name.
        variant: String,
    },
    /// Units are being watched, and no window of theirs has closed yet.
    WindowsOpen {
        /// The arm, where another one is further.
        variant: Option<String>,
        /// When the first of them closes, where that is known.
        first: Option<Time>,
    },
    /// Every unit has the same value.
    NoVariance,
    /// Every unit of an arm has the same value, and the arms differ.
    NoSpread,
    /// A relative change of a mean that is not positive.
    MeanNotPositive,
    /// The arms are not the sizes they should be.
    SampleRatio {
        /// The χ² p-value.
        p: f64,
    },
    /// Units landed in an arm of weight zero.
    ZeroWeightArm {
        /// Its name.
        variant: String,
    },
    /// A fixed-horizon plan shows nothing before its end.
    FixedPlanRunning,
    /// Nothing was measured yet.
    NoData,
    /// Two currencies were summed.
    MixedCurrencies,
    /// Anything else, in words.
    Other {
        /// The reason, a clause without a full stop.
        reason: String,
    },
}

impl Why {
    /// A stable short name, for machines: `too-few`, `empty-arm`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "too-few",
            Self::EmptyArm { .. } => "empty-arm",
            Self::WindowsOpen { .. } => "windows-open",
            Self::NoVariance | Self::NoSpread => "no-variance",
            Self::MeanNotPositive => "mean-not-positive",
            Self::SampleRatio { .. } => "sample-ratio",
            Self::ZeroWeightArm { .. } => "zero-weight-arm",
            Self::FixedPlanRunning => "fixed-plan-running",
            Self::NoData => "no-data",
            Self::MixedCurrencies => "mixed-currencies",
            Self::Other { .. } => "other",
        }
    }

    /// The reason as a clause: `fewer than 25 conversions per arm (12 so far)`.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::TooFew { what, have, need } => format!("fewer than {need} {what} ({have} so far)"),
            Self::EmptyArm { variant } => format!("nobody is in {variant}"),
            Self::WindowsOpen { variant, first } => {
                let arm = variant.as_ref().map(|variant| format!(" in {variant}")).unwrap_or_default();
                let when = first.map(|first| format!("; the first closes on {}", first.long(&TimeZone::UTC)));
                format!("no window has closed yet{arm}{}", when.unwrap_or_default())
            }
            Self::NoVariance => "every unit has the same value".to_owned(),
            Self::NoSpread => {
                "each arm has one value throughout, so how sure the difference is cannot be told".to_owned()
            }
            Self::MeanNotPositive => "a relative change needs a positive mean".to_owned(),
            // Below this the digits say nothing, and far below there are none left.
            Self::SampleRatio { p } if *p < 1e-9 => {
                "the arms are not the sizes they should be (sample ratio p < 1e-9)".to_owned()
            }
            Self::SampleRatio { p } => {
                format!("the arms are not the sizes they should be (sample ratio p = {p:.2e})")
            }
            Self::ZeroWeightArm { variant } => format!("units landed in {variant}, whose weight is zero"),
            Self::FixedPlanRunning => "a fixed plan shows its verdict at its end".to_owned(),
            Self::NoData => "nothing was measured yet".to_owned(),
            Self::MixedCurrencies => "amounts are in two currencies".to_owned(),
            Self::Other { reason } => reason.clone(),
        }
    }
}

/// An estimate or a reason why not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// The number.
    Estimate(Estimate),
    /// The reason there is none.
    Withheld(Why),
}

impl Reading {
    /// The estimate, if there is one.
    #[must_use]
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Self::Estimate(estimate) => Some(estimate),
            Self::Withheld(_) => None,
        }
    }
}

/// Interval ends in formats without infinity: an open end is written as none and read back as the infinity of its side.
pub(super) mod open_end {
    macro_rules! side {
        ($name:ident, $open:expr) => {
            pub(in crate::stats) mod $name {
                use serde::{Deserialize, Deserializer, Serialize, Serializer};

                pub(in crate::stats) fn serialize<S: Serializer>(
                    end: &f64,
                    serializer: S,
                ) -> Result<S::Ok, S::Error> {
                    end.is_finite().then_some(*end).serialize(serializer)
                }

                pub(in crate::stats) fn deserialize<'de, D: Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<f64, D::Error> {
                    Ok(Option::deserialize(deserializer)?.unwrap_or($open))
                }
            }
        };
    }
    side!(low, f64::NEG_INFINITY);
    side!(high, f64::INFINITY);
}
