//! Phases: stretches of an experiment in which every unit was treated alike.

use super::{Design, Safety, diff};

/// One version of a design and whether anybody was exposed under it.
#[derive(Debug, Clone, Copy)]
pub struct Version<'d> {
    /// What it says; none where it cannot be read any more.
    pub design: Option<&'d Design>,
    /// Whether there are exposures under it.
    pub exposed: bool,
}

/// The phase of each version, oldest first, counting from one. An unsafe change begins a new one as soon as somebody was exposed
/// in the old one; before that there is nothing to keep apart.
#[must_use]
pub fn phases(versions: &[Version<'_>]) -> Vec<u32> {
    let (mut phase, mut met) = (1, false);
    let mut previous: Option<&Design> = None;
    let mut found = Vec::with_capacity(versions.len());
    for version in versions {
        let breaks = match (previous, version.design) {
            (Some(old), Some(new)) => diff(old, new).iter().any(|change| change.safety == Safety::Unsafe),
            _ => false,
        };
        if breaks && met {
            phase += 1;
            met = false;
        }
        met |= version.exposed;
        previous = version.design.or(previous);
        found.push(phase);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::TEXT;
    use super::*;

    #[test]
    fn unsafe_changes_count_once_somebody_was_exposed() {
        let first = Design::read(TEXT).unwrap();
        let worded = Design { hypothesis: "other".to_owned(), ..first.clone() };
        let seeded = Design { seed: Some("s".to_owned()), ..first.clone() };
        let version = |design, exposed| Version { design: Some(design), exposed };
        let of = |versions: &[Version<'_>]| phases(versions);
        assert_eq!(of(&[version(&first, false), version(&seeded, true)]), [1, 1]);
        assert_eq!(of(&[version(&first, true), version(&worded, true), version(&seeded, false)]), [1, 1, 2]);
        assert_eq!(of(&[version(&first, true), version(&seeded, true), version(&first, true)]), [1, 2, 3]);
        assert_eq!(of(&[version(&first, true), version(&seeded, false), version(&first, false)]), [1, 2, 2]);
        let unreadable = Version { design: None, exposed: false };
        assert_eq!(of(&[version(&first, true), unreadable, version(&seeded, false)]), [1, 1, 2]);
    }
}
