//! Whether a split is as it should be.

use serde::Serialize;
use serde_json::Value;

use super::fields::{Fields, problem, whole};
use crate::experiment::analysis::Withheld;
use crate::model::Problem;
use crate::stats::{Tail, Why, exact, srm};

/// The answer to a question about a split.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Split {
    /// The line's own id.
    pub id: Value,
    /// χ² p-value with arms − 1 degrees of freedom.
    pub p: Option<f64>,
    /// Pearson's statistic.
    pub chi_square: Option<f64>,
    /// The exact binomial p-value of two arms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_exact: Option<f64>,
    /// Whether the split is not to be believed: p below 0.001, or units in an arm of weight zero.
    pub failed: Option<bool>,
    /// What to mind.
    pub cautions: Vec<String>,
    /// Why there are no numbers.
    pub withheld: Option<Withheld>,
}

/// More arms than this are no test, and their sum might not be exact.
const MOST_ARMS: usize = 1000;

type Read<T> = Result<T, Box<Problem>>;

/// Answers a line.
pub(super) fn answer(fields: &Fields<'_>, id: Value) -> Read<Split> {
    let counts = fields.numbers("counts")?.ok_or_else(|| fields.missing("counts"))?;
    if counts.len() > MOST_ARMS {
        return Err(problem(
            "too-many-arms",
            format!("a split has at most {MOST_ARMS} arms, not {}", counts.len()),
        ));
    }
    let units = counts
        .iter()
        .map(|count| {
            whole(*count).ok_or_else(|| {
                problem("not-a-count", format!("counts are whole numbers from zero, not {count}"))
            })
        })
        .collect::<Read<Vec<u64>>>()?;
    let weights = weights(fields, units.len())?.unwrap_or_else(|| vec![1.0; units.len()]);
    let mut cautions = fields.ignored();
    let leak = units.iter().zip(&weights).any(|(units, weight)| *units > 0 && *weight <= 0.0);
    if leak {
        cautions.push("zero-weight-arm: units landed in an arm whose weight is zero".to_owned());
    }
    let found = srm::pearson(&units, &weights);
    let (total, weight) = (units.iter().sum::<u64>() as f64, weights.iter().sum::<f64>());
    let least = weights.iter().filter(|weight| **weight > 0.0).fold(f64::INFINITY, |a, b| a.min(*b));
    if found.is_some() && least / weight * total < srm::MINIMUM_EXPECTED as f64 - 1e-9 {
        cautions.push(format!(
            "small-counts: fewer than {} expected in an arm, where the approximation is rough",
            srm::MINIMUM_EXPECTED
        ));
    }
    let p_exact = match units[..] {
        [control, treatment] => {
            exact::binomial(treatment, control + treatment, weights[1] / weight, Tail::Two)
        }
        _ => None,
    };
    let why = if units.len() < 2 {
        Why::Other { reason: "a split has at least two arms".to_owned() }
    } else {
        Why::NoData
    };
    Ok(Split {
        id,
        p: found.map(|ratio| ratio.p_value),
        chi_square: found.map(|ratio| ratio.chi_square),
        p_exact,
        failed: found.map(|ratio| ratio.failed() || leak),
        cautions,
        withheld: found.is_none().then(|| Withheld::from(&why)),
    })
}

/// The shares of arms; they need not sum to one.
pub(super) fn weights(fields: &Fields<'_>, arms: usize) -> Read<Option<Vec<f64>>> {
    let Some(weights) = fields.numbers("weights")? else { return Ok(None) };
    if weights.len() != arms {
        let message = format!("{arms} arms need {arms} weights, not {}", weights.len());
        return Err(problem("bad-weights", message));
    }
    let sum: f64 = weights.iter().sum();
    if weights.iter().any(|weight| *weight < 0.0) || !(sum > 0.0 && sum.is_finite()) {
        let message = "weights are not below zero, and one at least is above it".to_owned();
        return Err(problem("bad-weights", message));
    }
    Ok(Some(weights))
}
