//! Where a sample ratio mismatch comes from: the split within each value of each dimension (Fabijan et al. 2019, KDD, section
//! 5.2, "segment analysis").

use super::correction;
use super::reading::Why;
use super::srm::{self, Share};

/// The first exposures of one value of a dimension, arm by arm in the order of the weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The dimension, such as `browser`.
    pub dimension: String,
    /// Its value, such as `Safari`.
    pub value: String,
    /// Units per arm.
    pub units: Vec<u64>,
}

/// How uneven one value of a dimension is.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The dimension.
    pub dimension: String,
    /// Its value.
    pub value: String,
    /// Units of all arms.
    pub units: u64,
    /// χ² of the split within.
    pub chi_square: f64,
    /// Its p-value.
    pub p_value: f64,
    /// Its p-value among everything looked at (Holm).
    pub p_adjusted: f64,
    /// Units more (or fewer) than expected in the arm that is furthest off, and which arm that is.
    pub excess: (usize, f64),
}

impl Finding {
    /// Whether this value is uneven beyond chance.
    #[must_use]
    pub fn is_uneven(&self) -> bool {
        self.p_adjusted < srm::THRESHOLD
    }
}

/// The values of all dimensions, the most uneven first. Values too small to say anything are left out. If few values carry the
/// mismatch the fault is theirs; if all do, it lies in the assignment itself.
///
/// # Errors
/// [`Why::NoData`] where no value is large enough, and a reason where weights do not fit.
pub fn rank(cells: &[Cell], weights: &[f64]) -> Result<Vec<Finding>, Why> {
    if cells.iter().any(|cell| cell.units.len() != weights.len()) {
        return Err(Why::Other { reason: "every value needs one count per arm".to_owned() });
    }
    let mut found: Vec<Finding> = cells.iter().filter_map(|cell| one(cell, weights)).collect();
    if found.is_empty() {
        return Err(Why::NoData);
    }
    let p_values: Vec<f64> = found.iter().map(|finding| finding.p_value).collect();
    for (finding, adjusted) in found.iter_mut().zip(correction::holm(&p_values)) {
        finding.p_adjusted = adjusted;
    }
    found.sort_by(|a, b| {
        let least = a.p_value.total_cmp(&b.p_value).then(b.chi_square.total_cmp(&a.chi_square));
        least.then_with(|| (&a.dimension, &a.value).cmp(&(&b.dimension, &b.value)))
    });
    Ok(found)
}

fn one(cell: &Cell, weights: &[f64]) -> Option<Finding> {
    let shares: Vec<Share<'_>> = cell
        .units
        .iter()
        .zip(weights)
        .map(|(&units, &weight)| Share { variant: &cell.value, units, weight })
        .collect();
    let ratio = srm::check(&shares).ok()?;
    let units: u64 = cell.units.iter().sum();
    let total: f64 = weights.iter().sum();
    let off = |(arm, (&observed, weight)): (usize, (&u64, &f64))| {
        (arm, observed as f64 - weight / total * units as f64)
    };
    let excess = cell
        .units
        .iter()
        .zip(weights)
        .enumerate()
        .map(off)
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()).then(b.0.cmp(&a.0)))?;
    Some(Finding {
        dimension: cell.dimension.clone(),
        value: cell.value.clone(),
        units,
        chi_square: ratio.chi_square,
        p_value: ratio.p_value,
        p_adjusted: ratio.p_value,
        excess,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(dimension: &str, value: &str, units: [u64; 2]) -> Cell {
        Cell { dimension: dimension.to_owned(), value: value.to_owned(), units: units.to_vec() }
    }

    #[test]
    fn the_browser_that_loses_people_comes_first() {
        let cells = [
            cell("country", "DE", [5000, 4700]),
            cell("browser", "Chrome", [4000, 4010]),
            cell("browser", "Safari", [1000, 690]),
            cell("browser", "Lynx", [1, 2]),
        ];
        let found = rank(&cells, &[0.5, 0.5]).unwrap();
        let order: Vec<&str> = found.iter().map(|finding| finding.value.as_str()).collect();
        assert_eq!(order, ["Safari", "DE", "Chrome"], "Lynx is too small to say anything");
        assert!(found[0].is_uneven() && !found[2].is_uneven());
        assert_eq!(found[0].excess, (0, 155.0));
        assert_eq!(rank(&cells[3..], &[0.5, 0.5]), Err(Why::NoData));
        assert!(rank(&cells, &[1.0]).is_err());
    }
}
