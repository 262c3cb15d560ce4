//! The denominator of a ratio in words.

use crate::experiment::beside::Denominator;
use crate::panel::figures;

/// `its denominator 0.0814 → 0.451 (+454 %), p < 0.0001: it moved, so the ratio may have changed without its numerator`.
#[must_use]
pub fn denominator(found: &Denominator) -> String {
    let places = figures::places_for(found.control_mean);
    let [control, treatment] =
        [found.control_mean, found.treatment_mean].map(|mean| figures::fixed(mean, places));
    let change = found.uplift.map(|uplift| format!(" ({})", figures::change(uplift))).unwrap_or_default();
    let p = figures::p_value(found.p_value);
    let p = if p.starts_with('<') { format!("p {p}") } else { format!("p = {p}") };
    let moved = match found.has_moved() {
        true => ": it moved, so the ratio may have changed without its numerator",
        false => "",
    };
    format!("its denominator {control} → {treatment}{change}, {p}{moved}")
}
