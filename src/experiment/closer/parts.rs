//! Effects by part of the people: disjoint parts borrow strength from one another, overlapping ones are exploratory.

use serde::{Deserialize, Serialize};

use crate::experiment::analysis::{Evidence, MetricEvidence, Settings, readings};
use crate::experiment::collect::Collected;
use crate::stats::shrink::{self, Own};
use crate::stats::{Caution, Reading, Why};

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
    /// Whether what is drawn together holds for one look, although it is looked at often; each part's own reading holds as the plan
    /// says.
    #[serde(default)]
    pub read_once: bool,
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

/// One part as it was measured: its name, and the metric in every arm of it.
pub type Measured = (String, Vec<Collected>);

/// What is compared within parts: which metric, and which treatment by its place.
#[derive(Debug, Clone, Copy)]
pub struct Within<'e> {
    /// Everybody's evidence.
    pub evidence: &'e Evidence,
    /// How it is read.
    pub settings: &'e Settings,
    /// The metric's place.
    pub metric: usize,
    /// The treatment's place among the arms.
    pub arm: usize,
}

impl Within<'_> {
    fn names(&self) -> (String, String) {
        let metric = self.evidence.metrics.get(self.metric).map(|metric| metric.metric.clone());
        let variant = self.evidence.arms.get(self.arm).map(|arm| arm.variant.clone());
        (metric.unwrap_or_default(), variant.unwrap_or_default())
    }
}

/// What is said of effects drawn together under a plan that looks often.
const READ_ONCE: &str = "read as if looked at once: drawn together, parts do not allow for looking often";

impl Parts {
    /// The effect of a treatment in every part, by the engine of the plan: always valid where the plan is. Parts are not corrected
    /// for their number.
    #[must_use]
    pub fn of(within: &Within<'_>, cut: Cut, parts: &[Measured]) -> Self {
        let (metric, variant) = within.names();
        let mut rows: Vec<Part> = parts.iter().filter_map(|part| one(part, cut, within)).collect();
        let mut found = Self {
            metric,
            variant,
            cut,
            exploratory: cut == Cut::Segments,
            rows: Vec::new(),
            p_homogeneous: None,
            read_once: false,
            withheld: rows.is_empty().then_some(Why::NoData),
        };
        if cut == Cut::Lifecycle && !rows.is_empty() {
            match borrow(&mut rows, within.settings) {
                Ok(p) => {
                    found.p_homogeneous = Some(p);
                    found.read_once = within.settings.is_looked_at_often();
                }
                Err(why) => found.withheld = Some(why),
            }
        }
        found.rows = rows;
        found
    }

    /// Nothing, and why.
    #[must_use]
    pub fn withheld(within: &Within<'_>, cut: Cut, why: Why) -> Self {
        Self { withheld: Some(why), ..Self::of(within, cut, &[]) }
    }
}

fn one((name, arms): &Measured, cut: Cut, within: &Within<'_>) -> Option<Part> {
    let (control, treatment) = (arms.first()?, arms.get(within.arm)?);
    let whole = within.evidence.metrics.get(within.metric)?;
    let metric = MetricEvidence { arms: arms.clone(), ..whole.clone() };
    // Parts borrow from one another, which is a prior of its own.
    let settings = within.settings.without_prior();
    let mut own = readings(within.evidence, &metric, within.arm, &settings).absolute;
    if let Reading::Estimate(estimate) = &mut own {
        estimate.cautions.push(Caution::Uncorrected);
        if cut == Cut::Segments {
            let overlap = "exploratory: segments overlap and are not shrunk".to_owned();
            estimate.cautions.push(Caution::Other(overlap));
        }
    }
    Some(Part { name: name.clone(), control_n: control.n(), treatment_n: treatment.n(), own, shrunk: None })
}

/// Lets the parts that have an effect borrow from one another, and returns the p-value of there being one effect.
fn borrow(rows: &mut [Part], settings: &Settings) -> Result<f64, Why> {
    let own = |part: &Part| {
        let estimate = part.own.estimate()?;
        let standard_error = estimate.standard_error.filter(|error| *error > 0.0)?;
        Some(Own { effect: estimate.value, standard_error })
    };
    let with: Vec<usize> = (0..rows.len()).filter(|&row| own(&rows[row]).is_some()).collect();
    if with.len() < shrink::FEWEST {
        return Err(too_few(rows, &with));
    }
    let effects: Vec<Own> = with.iter().filter_map(|&row| own(&rows[row])).collect();
    let shrunk = shrink::shrink(&effects, settings.plan.alpha)?;
    for (row, mut reading) in with.into_iter().zip(shrunk.segments) {
        if let (Reading::Estimate(estimate), true) = (&mut reading, settings.is_looked_at_often()) {
            estimate.cautions.push(Caution::Other(READ_ONCE.to_owned()));
        }
        rows[row].shrunk = Some(reading);
    }
    Ok(shrunk.p_homogeneous)
}

/// Which stages there are and which of them cannot be drawn together, each with its people.
fn too_few(rows: &[Part], with: &[usize]) -> Why {
    let named = |pick: &dyn Fn(&Part) -> bool| -> Vec<String> {
        let left = rows.iter().enumerate().filter(|(row, part)| !with.contains(row) && pick(part));
        left.map(|(_, part)| match part.control_n + part.treatment_n {
            1 => format!("{} (1 person)", part.name),
            people => format!("{} ({people} people)", part.name),
        })
        .collect()
    };
    let exact = named(&|part| part.own.estimate().is_some());
    let withheld = named(&|part| part.own.estimate().is_none());
    let told = [
        (exact, "counts are so small that they are read exactly, without a standard error, in"),
        (withheld, "nothing is told of"),
    ];
    let why: Vec<String> = told
        .into_iter()
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, what)| format!("{what} {}", names.join(", ")))
        .collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    let (have, need) = (with.len(), shrink::FEWEST);
    Why::Other {
        reason: format!(
            "it takes {need} stages with a standard error, and there is one for {have} of {}{why}",
            rows.len()
        ),
    }
}
