//! An experiment at a split: who is in it, in which arm, and whether this is the moment they count from.

use super::library::Library;
use super::message::{Verdict, message};
use super::state::State;
use super::trace::{Gate, Trace};
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

/// Assigns a person at a split. `contents` is what each variant would send, in the design's order; a variant that
/// sends nothing has none. Consent, suppression, caps and quiet hours are asked for every arm, so that who counts
/// does not depend on the arm. `None`: not part of the experiment.
pub fn test<S: State, T: Trace>(
    library: &Library,
    experiment: u32,
    contents: &[Option<u32>],
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
    let value = std::iter::once(&design.hash_attribute)
        .chain(&design.fallback)
        .find_map(|namespace| state.identity(namespace));
    let Some(value) = value else {
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
    let passes = |content: &Option<u32>| {
        // Quiet hours only delay: a message that would go out after them reaches the person all the same.
        content.is_some_and(|content| {
            matches!(
                message(library, content, Some(journey), state, point, &mut ()),
                Verdict::Pass
                    | Verdict::Held { reason: crate::model::message::HeldReason::QuietHours, .. }
                    | Verdict::Held { then: crate::contact::policy::OnCap::Hold, until: Some(_), .. }
            )
        })
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
