//! What the arms did before the start: a randomised test differs there by chance alone.

use serde::{Deserialize, Serialize};

use crate::stats::balance::{self, Before};
use crate::stats::{Moments, Why};

/// One quantity before the start, in one treatment against the control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// What it is: `orders in the 30 days before`.
    pub covariate: String,
    /// The treatment.
    pub variant: String,
    /// The difference in pooled standard deviations.
    pub standardised: Option<f64>,
    /// The p-value among all that were looked at.
    pub p_adjusted: Option<f64>,
    /// Whether the assignment is not to be believed.
    pub failed: bool,
    /// Why nothing can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Why>,
}

impl Start {
    /// Every quantity in every treatment; `known` holds for each its name and its moments by arm, the control first.
    #[must_use]
    pub fn of(known: &[(String, Vec<Moments>)], variants: &[String]) -> Vec<Self> {
        let mut pairs: Vec<Before> = Vec::new();
        for (covariate, arms) in known {
            let Some((control, treatments)) = arms.split_first() else { continue };
            pairs.extend(treatments.iter().zip(variants.iter().skip(1)).map(|(treatment, variant)| Before {
                covariate: covariate.clone(),
                variant: variant.clone(),
                control: *control,
                treatment: *treatment,
            }));
        }
        let found = balance::check(&pairs);
        let one = |pair: &Before| {
            let same = |known: &&balance::Balance| {
                known.covariate == pair.covariate && known.variant == pair.variant
            };
            let balance = found.iter().find(same);
            Self {
                covariate: pair.covariate.clone(),
                variant: pair.variant.clone(),
                standardised: balance.map(|balance| balance.standardised),
                p_adjusted: balance.map(|balance| balance.p_adjusted),
                failed: balance.is_some_and(balance::Balance::failed),
                withheld: balance.is_none().then(|| Why::Other {
                    reason: "nobody, or too few, are known to have done it before".to_owned(),
                }),
            }
        };
        pairs.iter().map(one).collect()
    }
}
