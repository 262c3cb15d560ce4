//! An experiment at a split: who is in it, in which arm, and whether this is the moment they count from.

use super::library::Library;
use super::message::{Verdict, message};
use super::state::State;
use super::trace::{Gate, Trace};
use crate::contact::policy::OnCap;
use crate::rule::Point;

/// The answer at a split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assigned {
    /// The variant, as an index into the design's variants.
    pub variant: u8,
    /// The probability with which it was given.
    pub propensity: f64,
    /// Whether the unit is exposed: some arm's message would pass, whichever arm it is in.
    pub exposed: bool,
}

/// Assigns a person at a split. `contents` is everything some variant would send next. Consent, suppression, caps and quiet hours are asked for every arm, so that who counts
/// does not depend on the arm. `None`: not part of the experiment.
pub fn test<S: State, T: Trace>(
    library: &Library,
    experiment: u32,
    contents: &[u32],
    journey: u32,
    state: &S,
    point: Point,
    trace: &mut T,
) -> Option<Assigned> {
    let design = library.experiments.get(experiment as usize)?;
    if let Some(start) = design.start.filter(|start| point.at < *start) {
        trace.note(Gate::Holdout, false, || format!("“{}” starts {start}", design.name));
        return None;
    }
    let Some(value) = design.hashed(|namespace| state.identity(namespace)) else {
        trace.note(Gate::Identity, false, || format!("no {} to assign by", design.hash_attribute));
        return None;
    };
    let assignment = match design.place(value) {
        Ok(assignment) => assignment,
        Err(reason) => {
            trace.note(Gate::Holdout, false, || format!("{value} is outside “{}”: {reason:?}", design.name));
            return None;
        }
    };
    // Waiting for quiet hours or for room only delays: a message that may go later reaches the person all the same.
    let passes = |content: &u32| {
        matches!(
            message(library, *content, Some(journey), state, point, &mut ()),
            Verdict::Pass | Verdict::Held { then: OnCap::Hold, until: Some(_), .. }
        )
    };
    let exposed = contents.iter().any(passes);
    let variant = assignment.variant as u8;
    let propensity = design.weights().nth(assignment.variant).unwrap_or(0.0) * design.coverage;
    trace.note(Gate::Variant, true, || {
        let name = design.variants.get(assignment.variant).map_or("", |variant| variant.name.as_str());
        let counted = if exposed { "counted from here" } else { "not counted: no arm's message would pass" };
        format!("{value} hashes to {:.4}: {name} ({counted})", assignment.bucket)
    });
    Some(Assigned { variant, propensity, exposed })
}
