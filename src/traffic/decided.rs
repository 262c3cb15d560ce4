//! What a run decided for a person and how likely that was: what comparing policies afterwards has to know of every choice,
//! whether somebody watched or not.

use super::profile::Profile;
use crate::decide::Shown;
use crate::journey::StepIndex;
use crate::model::Time;

/// Where a decision was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// By a placement.
    Place(&'static str),
    /// By a step of a journey.
    Step {
        /// The journey, as an index into the library.
        journey: u32,
        /// The step.
        step: StepIndex,
    },
}

/// One decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decided {
    /// When.
    pub at: Time,
    /// By whom it was asked for.
    pub asked: Asked,
    /// What was chosen, as an index into the library; nothing, or at a split the variant alone.
    pub content: Option<u32>,
    /// The experiment and variant it was chosen under.
    pub variant: Option<(u32, u8)>,
    /// The probability with which it was chosen.
    pub propensity: f64,
}

impl Decided {
    /// The answer to a placement. That nothing is shown is certain once every gate is closed.
    #[must_use]
    pub fn placement(at: Time, place: &'static str, shown: Option<Shown>) -> Self {
        Self {
            at,
            asked: Asked::Place(place),
            content: shown.map(|shown| shown.content),
            variant: shown.and_then(|shown| shown.variant),
            propensity: shown.map_or(1.0, |shown| shown.propensity),
        }
    }
}

impl Profile {
    /// Notes that a journey's message went out: as likely as the variants that led to it on this passage.
    pub(super) fn decide_message(&mut self, passage: u32, content: u32, at: Time) {
        let Some(inside) = self.passages.get(passage as usize).map(|passage| &passage.enrollment) else {
            return;
        };
        let (journey, entered) = (inside.journey, inside.entered);
        let of_passage = |known: &&Decided| {
            let here = matches!(known.asked, Asked::Step { journey: own, .. } if own == journey);
            here && known.at >= entered && known.content.is_none()
        };
        // A test that is passed twice gives the same variant again: only its first answer was a draw.
        let (mut seen, mut propensity, mut variant) = (Vec::new(), 1.0, None);
        for known in self.decisions.iter().filter(of_passage) {
            variant = known.variant.or(variant);
            if let Some((experiment, _)) = known.variant
                && !seen.contains(&experiment)
            {
                seen.push(experiment);
                propensity *= known.propensity;
            }
        }
        let asked = Asked::Step { journey, step: inside.at };
        self.decisions.push(Decided { at, asked, content: Some(content), variant, propensity });
    }
}
