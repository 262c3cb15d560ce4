//! Which variant a person gets, if any.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Design;
use crate::experiment::bucket::{self, HashVersion};

/// Where a person landed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// Index of the variant; 0 is the control.
    pub variant: usize,
    /// The bucket in [0, 1).
    pub bucket: f64,
    /// How it was found.
    pub hash_version: HashVersion,
}

/// Why a person takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotAssigned {
    /// There is no value to hash.
    NoIdentity,
    /// Kept out by the holdout.
    HeldOut,
    /// In another part of the layer.
    OtherLayerPart,
    /// Outside the coverage.
    NotCovered,
}

impl Design {
    /// The variant a value is assigned, if any. Allocates nothing.
    #[must_use]
    pub fn assign(&self, value: &str) -> Option<Assignment> {
        self.place(value).ok()
    }

    /// The variant a value is assigned, or why it is not: holdout, layer, coverage, in that order.
    ///
    /// # Errors
    /// The first gate that closed.
    pub fn place(&self, value: &str) -> Result<Assignment, NotAssigned> {
        if value.is_empty() {
            return Err(NotAssigned::NoIdentity);
        }
        if let Some(holdout) = &self.holdout
            && bucket::held_out(value, &holdout.name, holdout.share)
        {
            return Err(NotAssigned::HeldOut);
        }
        if let Some(layer) = &self.layer
            && !bucket::in_namespace(value, &layer.name, &(layer.from..layer.to))
        {
            return Err(NotAssigned::OtherLayerPart);
        }
        let bucket = bucket::hash(self.seed(), value, self.hash_version);
        let variant = bucket::choose(bucket, self.ranges()).ok_or(NotAssigned::NotCovered)?;
        Ok(Assignment { variant, bucket, hash_version: self.hash_version })
    }

    /// The buckets of each variant. The sum is within a hundredth of one, or [`Design::problems`] says so, and the weights
    /// hold as they are written.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<f64>> {
        let coverage = self.coverage.clamp(0.0, 1.0);
        self.weights().scan(0.0, move |start, weight| {
            let from = *start;
            *start += weight;
            Some(from..from + coverage * weight)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::design::tests::TEXT;
    use crate::experiment::design::{Holdout, Layer};

    #[test]
    fn assignment_is_growthbooks() {
        let design = Design::read(TEXT).unwrap();
        for value in ["17", "anne@example.com", "日本", "p-00017"] {
            let n = bucket::hash("cart-recovery", value, HashVersion::V2);
            let want = bucket::choose(n, bucket::ranges(2, 1.0, None));
            assert_eq!(design.assign(value).map(|assignment| assignment.variant), want, "{value}");
        }
        assert_eq!(design.place(""), Err(NotAssigned::NoIdentity));
    }

    #[test]
    fn holdout_layer_and_coverage_keep_people_out_in_that_order() {
        let mut design = Design::read(TEXT).unwrap();
        let people: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
        let share = |design: &Design, want: Result<usize, NotAssigned>| {
            let hit = |value: &&String| design.place(value).map(|assignment| assignment.variant) == want;
            people.iter().filter(hit).count() as f64 / people.len() as f64
        };
        assert!((share(&design, Ok(1)) - 0.5).abs() < 0.02);
        design.coverage = 0.5;
        assert!((share(&design, Ok(0)) - 0.25).abs() < 0.02);
        assert!((share(&design, Err(NotAssigned::NotCovered)) - 0.5).abs() < 0.02);
        design.layer = Some(Layer { name: "cart".to_owned(), from: 0.0, to: 0.4 });
        assert!((share(&design, Err(NotAssigned::OtherLayerPart)) - 0.6).abs() < 0.02);
        design.holdout = Some(Holdout { name: "global".to_owned(), share: 0.1 });
        assert!((share(&design, Err(NotAssigned::HeldOut)) - 0.1).abs() < 0.02);
    }

    #[test]
    fn raising_coverage_moves_nobody() {
        let mut design = Design::read(TEXT).unwrap();
        design.coverage = 0.3;
        let before: Vec<_> = (0..2000).map(|n| design.assign(&n.to_string())).collect();
        design.coverage = 0.9;
        for (n, was) in before.into_iter().enumerate() {
            assert!(was.is_none() || was == design.assign(&n.to_string()));
        }
    }
}
