//! Whether an experiment's numbers may be believed at all, and what that means in a sentence.

use crate::stats::srm::{self, SampleRatio, Share};
use crate::stats::{Reading, Why};

/// An arm's traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmTraffic {
    /// The variant's name.
    pub variant: String,
    /// Its share of the traffic by design; shares need not sum to one.
    pub weight: f64,
    /// First exposures, before exclusions.
    pub exposed: u64,
    /// Of them, units excluded for having several variants.
    pub excluded: u64,
}

/// The split of an experiment, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// The test of the split, or why there is none.
    pub split: Result<SampleRatio, Why>,
    /// Why every comparison is withheld, if the experiment is broken.
    pub broken: Option<Why>,
}

/// Checks the split, units in arms of weight zero and exclusions that differ by arm.
#[must_use]
pub fn check(arms: &[ArmTraffic]) -> Health {
    let split = srm::check(&shares(arms, |arm| (arm.exposed, arm.weight)));
    let broken = match &split {
        Ok(ratio) if ratio.failed() => Some(Why::SampleRatio { p: ratio.p_value }),
        Err(why @ Why::ZeroWeightArm { .. }) => Some(why.clone()),
        Ok(_) | Err(_) => uneven_exclusions(arms),
    };
    Health { split, broken }
}

fn uneven_exclusions(arms: &[ArmTraffic]) -> Option<Why> {
    let excluded = srm::check(&shares(arms, |arm| (arm.excluded, arm.exposed as f64))).ok()?;
    excluded.failed().then(|| Why::Other {
        reason: format!(
            "units were excluded more often from one arm than another (p = {:.2e})",
            excluded.p_value
        ),
    })
}

fn shares(arms: &[ArmTraffic], of: impl Fn(&ArmTraffic) -> (u64, f64)) -> Vec<Share<'_>> {
    arms.iter()
        .map(|arm| {
            let (units, weight) = of(arm);
            Share { variant: &arm.variant, units, weight }
        })
        .collect()
}

impl Health {
    /// The p-value of the split, where it was tested.
    #[must_use]
    pub fn srm_p(&self) -> Option<f64> {
        self.split.as_ref().ok().map(|ratio| ratio.p_value)
    }

    /// What it means, for the screen beside the number.
    #[must_use]
    pub fn sentence(&self) -> String {
        match (&self.broken, &self.split) {
            (Some(Why::SampleRatio { p }), _) => format!(
                "The arms are not the sizes they should be: a fair assignment gives a split this uneven {}. Something \
                 loses or doubles people on one side, so no comparison is shown.",
                once_in(*p)
            ),
            (Some(why), _) => format!("No comparison is shown: {}.", why.sentence()),
            (None, Ok(ratio)) if ratio.p_value < 0.05 => format!(
                "The split is a little uneven: a fair assignment gives one like it {}. That is above the alarm at 1 in \
                 1,000, so comparisons are shown; check that no arm loses people.",
                once_in(ratio.p_value)
            ),
            (None, Ok(_)) => "The arms are the sizes they should be.".to_owned(),
            (None, Err(why)) => format!("The split cannot be checked yet: {}.", why.sentence()),
        }
    }

    /// What to do about a broken experiment, for where an advice stands beside the check that says what is wrong.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        self.broken.as_ref().map(|why| match why {
            Why::ZeroWeightArm { .. } => {
                "Mend the assignment, then start again: what was gathered so far cannot be read."
            }
            Why::SampleRatio { .. } => {
                "Find what loses or doubles people, mend it, then start again: what was gathered so far cannot be read."
            }
            _ => "Mend what shows people two variants, then start again: what was gathered so far cannot be read.",
        })
    }

    /// The reading, or the reason nothing may be shown.
    #[must_use]
    pub fn gate(&self, reading: Reading) -> Reading {
        match &self.broken {
            Some(why) => Reading::Withheld(why.clone()),
            None => reading,
        }
    }
}

/// `once in 116 times`; beyond a million the exact number says nothing.
fn once_in(p: f64) -> String {
    let times = (1.0 / p).round();
    if times > 1e6 {
        "less than once in a million times".to_owned()
    } else {
        format!("once in {times} times")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(variant: &str, weight: f64, exposed: u64, excluded: u64) -> ArmTraffic {
        ArmTraffic { variant: variant.to_owned(), weight, exposed, excluded }
    }

    #[test]
    fn a_little_uneven_is_said_and_shown() {
        let health = check(&[arm("gate_30", 1.0, 44_700, 0), arm("gate_40", 1.0, 45_489, 0)]);
        assert!((health.srm_p().unwrap() - 0.0086).abs() < 1e-4);
        assert_eq!(health.broken, None);
        assert!(health.sentence().contains("once in 116 times"), "{}", health.sentence());
    }

    #[test]
    fn broken_splits_withhold() {
        let health = check(&[arm("a", 1.0, 40_000, 0), arm("b", 1.0, 41_500, 0)]);
        assert!(matches!(health.broken, Some(Why::SampleRatio { .. })));
        assert!(health.sentence().starts_with("The arms are not the sizes they should be"));
        let leak = check(&[arm("a", 1.0, 500, 0), arm("off", 0.0, 1, 0), arm("b", 1.0, 500, 0)]);
        assert_eq!(leak.broken, Some(Why::ZeroWeightArm { variant: "off".to_owned() }));
        let excluded = check(&[arm("a", 1.0, 5000, 10), arm("b", 1.0, 5000, 100)]);
        assert!(matches!(excluded.broken, Some(Why::Other { .. })));
        assert_eq!(check(&[arm("a", 1.0, 3, 0), arm("b", 1.0, 3, 0)]).broken, None);
    }
}
