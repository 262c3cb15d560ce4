//! Effects by part of the people: disjoint parts borrow strength from one another, overlapping ones are exploratory.

use serde::{Deserialize, Serialize};

use crate::experiment::collect::Collected;
use crate::stats::shrink::{self, Own};
use crate::stats::{Caution, Difference, Engine, Plan, Reading, Why, compare};

/// How people are cut into parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// By the lifecycle stage at exposure: everybody is in one.
    Lifecycle,
    /// By segments at the start, which may overlap.
    Segments,
}

/// The effect in every part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// The metric.
    pub metric: String,
    /// The treatment.
    pub variant: String,
    /// How people are cut.
    pub cut: Cut,
    /// Whether it is only a hint: overlapping parts are not shrunk.
    pub exploratory: bool,
    /// The parts.
    pub rows: Vec<Part>,
    /// The p-value of all parts having the same effect.
    pub p_homogeneous: Option<f64>,
    /// Why nothing, or nothing shrunk, can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Why>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Units measured in the control.
    pub control_n: u64,
    /// And in the treatment.
    pub treatment_n: u64,
    /// The absolute effect within, on its own.
    pub own: Reading,
    /// After borrowing from the other parts.
    pub shrunk: Option<Reading>,
}

/// One part as it was measured: its name, its control and its treatment.
pub type Measured = (String, Collected, Collected);

impl Parts {
    /// The effect of a treatment in every part. Effects within are read once, uncorrected, whatever the plan says.
    #[must_use]
    pub fn of(metric: &str, variant: &str, cut: Cut, parts: &[Measured], alpha: f64) -> Self {
        let mut rows: Vec<Part> = parts.iter().map(|part| one(part, cut, alpha)).collect();
        let mut found = Self {
            metric: metric.to_owned(),
            variant: variant.to_owned(),
            cut,
            exploratory: cut == Cut::Segments,
            rows: Vec::new(),
            p_homogeneous: None,
            withheld: rows.is_empty().then_some(Why::NoData),
        };
        if cut == Cut::Lifecycle {
            match borrow(&mut rows, alpha) {
                Ok(p) => found.p_homogeneous = Some(p),
                Err(why) => found.withheld = Some(why),
            }
        }
        found.rows = rows;
        found
    }

    /// Nothing, and why.
    #[must_use]
    pub fn withheld(metric: &str, variant: &str, cut: Cut, why: Why) -> Self {
        Self { withheld: Some(why), ..Self::of(metric, variant, cut, &[], 0.05) }
    }
}

fn one((name, control, treatment): &Measured, cut: Cut, alpha: f64) -> Part {
    let plan = Plan { alpha, ..Plan::new(Engine::Fixed).on(Difference::Absolute) };
    let mut cautions = vec![Caution::Uncorrected];
    if cut == Cut::Segments {
        cautions.push(Caution::Other("exploratory: segments overlap and are not shrunk".to_owned()));
    }
    let own = match (control.summary(), treatment.summary()) {
        (Ok(control), Ok(treatment)) => compare::reading(&control, &treatment, &plan, cautions),
        (Err(why), _) | (_, Err(why)) => Reading::Withheld(why),
    };
    Part { name: name.clone(), control_n: control.n(), treatment_n: treatment.n(), own, shrunk: None }
}

/// Lets the parts that have an effect borrow from one another, and returns the p-value of there being one effect.
fn borrow(rows: &mut [Part], alpha: f64) -> Result<f64, Why> {
    let own = |part: &Part| {
        let estimate = part.own.estimate()?;
        let standard_error = estimate.standard_error.filter(|error| *error > 0.0)?;
        Some(Own { effect: estimate.value, standard_error })
    };
    let with: Vec<usize> = (0..rows.len()).filter(|&row| own(&rows[row]).is_some()).collect();
    let effects: Vec<Own> = with.iter().filter_map(|&row| own(&rows[row])).collect();
    let shrunk = shrink::shrink(&effects, alpha)?;
    for (row, reading) in with.into_iter().zip(shrunk.segments) {
        rows[row].shrunk = Some(reading);
    }
    Ok(shrunk.p_homogeneous)
}
