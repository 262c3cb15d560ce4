//! An experiment: who is in it, in which arm, and at a split, whether this is the moment they count from.

use super::library::Library;
use super::limited::Limited;
use super::message::Verdict;
use super::moment::Moment;
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

/// Where a person landed in an experiment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    pub(super) variant: u8,
    pub(super) propensity: f64,
}

/// Assigns a person at a split. `contents` is everything some variant would send next. Consent, suppression, caps and quiet
/// hours are asked for every arm, so that who counts does not depend on the arm. `None`: not part of the experiment.
pub fn test<S: State, T: Trace>(
    library: &Library,
    experiment: u32,
    contents: &[u32],
    journey: u32,
    state: &S,
    point: Point,
    trace: &mut T,
) -> Option<Assigned> {
    let moment = Moment::new(library, state, point);
    let given = moment.given(experiment, trace)?;
    // Waiting for quiet hours or for room only delays: a message that may go later reaches the person all the same.
    let passes = |content: &u32| {
        matches!(
            moment.message(*content, Some(journey), &mut ()),
            Verdict::Pass | Verdict::Held { then: OnCap::Hold | OnCap::Retry(_), until: Some(_), .. }
        )
    };
    let exposed = contents.iter().any(passes);
    let counted = if exposed { "counted from here" } else { "not counted: no arm's message would pass" };
    trace.note(Gate::Variant, true, || moment.words(experiment, given, counted));
    Some(Assigned { variant: given.variant, propensity: given.propensity, exposed })
}

impl<S: State> Moment<'_, S> {
    /// The variant a person has, or gets: one already given is kept, whatever became of the identity it was drawn by.
    #[inline]
    pub(super) fn given<T: Trace>(&self, experiment: u32, trace: &mut T) -> Option<Given> {
        let design = self.library.experiments.get(experiment as usize)?;
        let draw = self.library.draws.get(experiment as usize)?;
        if let Some(start) = design.start.filter(|start| self.point.at < *start) {
            trace.note(Gate::Holdout, false, || format!("“{}” starts {start}", design.name));
            return None;
        }
        if let Some(variant) = self.state.variant(experiment) {
            return Some(Given { variant, propensity: draw.chance(usize::from(variant)) });
        }
        let state = self.state;
        let Some(value) = design.hashed(|namespace| state.identity(namespace)) else {
            trace.note(Gate::Identity, false, || format!("no {} to assign by", design.hash_attribute));
            return None;
        };
        if let Some(target) = self.library.target(experiment)
            && !target
                .holds(&Limited::new(self.state, self.library.purposes_of(experiment)), self.point)
                .is_true()
        {
            trace.note(Gate::Holdout, false, || {
                format!("“{}” is for those of whom {} is true; they are not", design.name, target.text())
            });
            return None;
        }
        let variant = match draw.place(value) {
            Ok(variant) => variant,
            Err(reason) => {
                trace.note(Gate::Holdout, false, || {
                    format!("{value} is outside “{}”: {reason:?}", design.name)
                });
                return None;
            }
        };
        Some(Given { variant: variant as u8, propensity: draw.chance(variant) })
    }

    /// The variant in words.
    pub(super) fn words(&self, experiment: u32, given: Given, counted: &str) -> String {
        let Some(design) = self.library.experiments.get(experiment as usize) else { return String::new() };
        let name = design.variants.get(usize::from(given.variant));
        let name = name.map_or("", |variant| variant.name.as_str());
        if self.state.variant(experiment).is_some() {
            return format!("{name}, kept from before ({counted})");
        }
        let value = design.hashed(|namespace| self.state.identity(namespace)).unwrap_or_default();
        let bucket = design.assign(value).map_or(0.0, |assignment| assignment.bucket);
        format!("{value} hashes to {bucket:.4}: {name} ({counted})")
    }
}
