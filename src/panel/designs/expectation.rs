//! What can be expected of a design, in words and as a curve.

use serde::{Deserialize, Serialize};

use crate::experiment::Design;
use crate::experiment::analysis::LOOKED_AT;
use crate::experiment::design::{Intake, Outlook, Sizing};
use crate::panel::figures;
use crate::stats::{Engine, Why};

/// What can be expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// How long it takes and what it sees, in a sentence.
    pub sentence: String,
    /// Who takes part, in a sentence.
    pub takes_part: String,
    /// What decides, in a sentence.
    pub decides: String,
    /// What to mind of how it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mind: Option<String>,
    /// The metrics, in the order of their roles.
    pub metrics: Vec<ExpectedMetric>,
    /// How the chance of seeing the change that is wanted grows with people; none where no change is named or nothing is known.
    pub curve: Option<PowerCurve>,
}

/// A metric without the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedMetric {
    /// Its name.
    pub name: String,
    /// What it is now: `9.1 % now`.
    pub now: String,
    /// Where the test itself says that, in words; none where it is said by the time before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<String>,
    /// The smallest relative change that is seen as planned; none where that cannot be said.
    pub sees: Option<f64>,
    /// Why it cannot.
    pub withheld: Option<String>,
}

/// The chance of seeing a change, by people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PowerCurve {
    /// The relative change.
    pub effect: f64,
    /// The chance that is wanted.
    pub wanted: f64,
    /// People in all arms, and the chance with them.
    pub points: Vec<(f64, f64)>,
    /// People as planned.
    pub planned: f64,
    /// People needed; none where no number is enough.
    pub needed: Option<f64>,
}

/// Where a test that runs says its metrics' level and spread itself: `the test's own control, 504 people so far`.
#[must_use]
pub fn own(all_arms: bool, people: u64) -> String {
    let who = if all_arms { "the test's own arms taken together" } else { "the test's own control" };
    format!("{who}, {} so far", figures::plural(people, "person", "people"))
}

/// Which level and spread come from where, as long as the time before does not say all of it.
#[must_use]
pub fn sources(metrics: &[ExpectedMetric]) -> String {
    let known: Vec<&ExpectedMetric> = metrics.iter().filter(|metric| !metric.now.is_empty()).collect();
    let mut from: Vec<(&str, Vec<&str>)> = Vec::new();
    for metric in &known {
        let own = metric.own.as_deref().unwrap_or("the time before");
        match from.iter_mut().find(|(known, _)| *known == own) {
            Some((_, names)) => names.push(&metric.name),
            None => from.push((own, vec![&metric.name])),
        }
    }
    if known.iter().all(|metric| metric.own.is_none()) {
        return String::new();
    }
    let said: Vec<String> = match from.as_slice() {
        [(own, _)] => vec![(*own).to_owned()],
        several => several.iter().map(|(own, names)| format!("{} from {own}", names.join(", "))).collect(),
    };
    format!("levels and spreads: {}; people: ", said.join("; "))
}

/// What decides, which follows from the roles of metrics and is fixed before anybody is exposed.
#[must_use]
pub fn decides(design: &Design) -> String {
    let proven = match design.plan().engine {
        Engine::Fixed | Engine::Sequential { .. } => "a primary metric proven better".to_owned(),
        Engine::Bayesian { risk, .. } => format!(
            "a primary metric credibly better at a risk of at most {} of the control",
            figures::loss(risk)
        ),
    };
    format!(
        "ship: {proven}, guardrails safe, split sound, whole weeks over; stop: a primary metric or a guardrail harmed; \
         inconclusive: everything planned was seen"
    )
}

/// What to mind of a plan that does not allow for looking before its end.
#[must_use]
pub fn peeking(design: &Design) -> Option<String> {
    match design.plan().engine {
        Engine::Fixed | Engine::Sequential { .. } => None,
        Engine::Bayesian { .. } => Some(format!("{LOOKED_AT}.")),
    }
}

/// Points of a curve.
const POINTS: u32 = 24;

impl PowerCurve {
    /// The curve of a sizing: from nobody to past what is planned and what is needed.
    #[must_use]
    pub fn of(sizing: &Sizing, effect: f64, planned: f64, needed: Option<f64>) -> Option<Self> {
        // What is needed is in view as long as what is planned is not squeezed against the edge.
        let far =
            needed.map_or(planned * 4.0, |needed| (needed * 1.25).min(planned * 25.0).max(planned * 1.25));
        if !(far.is_finite() && far > 8.0) {
            return None;
        }
        let at = |step: u32| {
            let units = far * f64::from(step) / f64::from(POINTS);
            sizing.power_at(effect, units).ok().map(|power| (units, power))
        };
        let points: Vec<(f64, f64)> = (1..=POINTS).filter_map(at).collect();
        let wanted = sizing.power;
        (points.len() > 2).then_some(Self { effect, wanted, points, planned, needed })
    }

    /// The chance with people as planned, read off the curve.
    #[must_use]
    pub fn at_planned(&self) -> Option<f64> {
        let after = self.points.iter().position(|(units, _)| *units >= self.planned)?;
        let (x, y) = self.points[after];
        let Some((x0, y0)) = after.checked_sub(1).map(|before| self.points[before]) else { return Some(y) };
        Some(if x > x0 { y0 + (y - y0) * (self.planned - x0) / (x - x0) } else { y })
    }
}

/// How long the first metric takes and what it sees.
#[must_use]
pub fn sentence(first: Option<(&str, Result<&Outlook, &Why>)>, intake: Intake) -> String {
    let Some((name, outlook)) = first else { return "There is nothing to measure.".to_owned() };
    let outlook = match outlook {
        Ok(found) => found,
        Err(why) => return format!("What {name} can show cannot be told: {}.", why.sentence()),
    };
    let sees = match &outlook.detectable {
        Ok(effect) => {
            format!("as planned it sees a change of {name} by {} or more", figures::percent(*effect))
        }
        Err(why) => format!("as planned it sees no change of {name}: {}", why.sentence()),
    };
    match (outlook.wanted, &outlook.needed, &outlook.weeks) {
        (Some(wanted), Some(Ok(needed)), Some(weeks)) => {
            let people = figures::count(needed.ceil() as u64);
            let wanted = figures::percent(wanted.abs());
            match weeks {
                Some(weeks) => format!(
                    "A change by {wanted} needs {people} people and {}; {sees}.",
                    figures::plural(u64::from(*weeks), "week", "weeks")
                ),
                None => {
                    let more = match intake {
                        Intake::AtOnce => "more than there are",
                        Intake::AsTheyCome => "more than come within two years",
                    };
                    format!("A change by {wanted} needs {people} people, {more}; {sees}.")
                }
            }
        }
        (Some(wanted), Some(Err(why)), _) => {
            format!(
                "A change by {} cannot be planned for: {}; {sees}.",
                figures::percent(wanted),
                why.sentence()
            )
        }
        _ => format!(
            "{}{}; name the effect worth acting on under [criteria] to see how long it takes.",
            sees[..1].to_uppercase(),
            &sees[1..]
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::design::Outcome;

    #[test]
    fn the_curve_passes_the_plan_and_the_need_and_never_falls() {
        let sizing = Sizing::even(Outcome::Proportion { baseline: 0.1 });
        let needed = sizing.needed(0.2).unwrap();
        for planned in [2_000.0, 20_000.0] {
            let curve = PowerCurve::of(&sizing, 0.2, planned, Some(needed)).unwrap();
            assert!(curve.points.last().unwrap().0 > planned.max(needed));
            assert!(curve.points.windows(2).all(|two| two[0].1 <= two[1].1));
            let read = curve.at_planned().unwrap();
            assert!((read - sizing.power_at(0.2, planned).unwrap()).abs() < 0.03, "{read}");
        }
        assert_eq!(PowerCurve::of(&sizing, 0.2, 0.0, None), None);
    }
}
