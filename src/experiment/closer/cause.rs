//! Where a split that is off is off: every value of every dimension, the most uneven first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::experiment::health::ArmTraffic;
use crate::stats::Why;
use crate::stats::srm_cause::{self, Cell, Finding};

/// How many values are told.
const TOLD: usize = 12;

/// Where a split is off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// What it looks like.
    pub sentence: String,
    /// The most uneven values of all dimensions.
    pub values: Vec<Uneven>,
    /// Why nothing can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Why>,
}

/// One value of a dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uneven {
    /// `country`, `device`, `channel`, `day`.
    pub dimension: String,
    /// The value.
    pub value: String,
    /// Units of all arms.
    pub units: u64,
    /// Its p-value among everything looked at.
    pub p_adjusted: f64,
    /// The arm that is furthest off.
    pub variant: String,
    /// Units more than expected in it, or fewer.
    pub excess: f64,
    /// Whether it is uneven beyond chance.
    pub uneven: bool,
}

/// First exposures by dimension and value, arm by arm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    cells: BTreeMap<(&'static str, String), Vec<u64>>,
}

impl Census {
    /// Counts a unit of an arm out of so many.
    pub fn count(&mut self, dimension: &'static str, value: &str, arm: usize, arms: usize) {
        let cell = self.cells.entry((dimension, value.to_owned())).or_insert_with(|| vec![0; arms]);
        if let Some(units) = cell.get_mut(arm) {
            *units += 1;
        }
    }
}

impl Cause {
    /// What a census says about the split of these arms.
    #[must_use]
    pub fn of(census: &Census, arms: &[ArmTraffic]) -> Self {
        let cells: Vec<Cell> = census
            .cells
            .iter()
            .map(|((dimension, value), units)| Cell {
                dimension: (*dimension).to_owned(),
                value: value.clone(),
                units: units.clone(),
            })
            .collect();
        if cells.is_empty() {
            let reason = "no country, device, channel or day is known of anybody".to_owned();
            return Self::unsaid(Why::Other { reason });
        }
        let weights: Vec<f64> = arms.iter().map(|arm| arm.weight).collect();
        match srm_cause::rank(&cells, &weights) {
            Err(why) => Self::unsaid(why),
            Ok(found) => Self {
                sentence: sentence(&found),
                values: found.iter().take(TOLD).map(|finding| uneven(finding, arms)).collect(),
                withheld: None,
            },
        }
    }
}

impl Cause {
    /// Nothing, and why.
    #[must_use]
    pub fn unsaid(why: Why) -> Self {
        let sentence = format!("Where it comes from cannot be said: {}.", why.sentence());
        Self { sentence, values: Vec::new(), withheld: Some(why) }
    }

    /// Nothing of values an import gave: its rows say which arm somebody was in, and not where or when.
    #[must_use]
    pub fn of_given() -> Self {
        let reason = "an imported test has no country, device, channel or day with its units; look where its rows come from";
        Self::unsaid(Why::Other { reason: reason.to_owned() })
    }
}

/// Few uneven values name a culprit; where nearly all are, it is the assignment itself.
fn sentence(found: &[Finding]) -> String {
    let uneven: Vec<&Finding> = found.iter().filter(|finding| finding.is_uneven()).collect();
    let Some(first) = uneven.first() else {
        return "No country, device, channel or day stands out: look at the assignment itself.".to_owned();
    };
    let alike = found.iter().filter(|other| other.dimension == first.dimension).count();
    let off = uneven.iter().filter(|other| other.dimension == first.dimension).count();
    if alike > 1 && off == alike {
        return format!("Every {} is uneven: look at the assignment itself.", first.dimension);
    }
    format!("It stands out in {} {}: begin there.", first.dimension, first.value)
}

fn uneven(finding: &Finding, arms: &[ArmTraffic]) -> Uneven {
    let (arm, excess) = finding.excess;
    Uneven {
        dimension: finding.dimension.clone(),
        value: finding.value.clone(),
        units: finding.units,
        p_adjusted: finding.p_adjusted,
        variant: arms.get(arm).map(|arm| arm.variant.clone()).unwrap_or_default(),
        excess,
        uneven: finding.is_uneven(),
    }
}
