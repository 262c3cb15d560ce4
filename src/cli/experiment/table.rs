//! The metrics of `segue experiment analyze`: what the console's read-out shows, a line for each comparison.

use crate::experiment::analysis::{ArmComparison, ArmMean, MetricAnalysis};
use crate::experiment::{Analysis, MetricKind, Numbers};
use crate::model::privacy::plain;
use crate::panel::experiments::denominator;
use crate::panel::figures;
use crate::stats::{Difference, Engine, Estimate, Plan, Reading};

/// Whether the numbers were asked for as peers print them.
fn as_peers_do(plan: Plan) -> bool {
    plan.difference == Difference::RelativeDelta && !matches!(plan.engine, Engine::Bayesian { .. })
}

/// What the numbers are of.
pub(super) fn scale(plan: Plan) -> &'static str {
    match as_peers_do(plan) {
        true => {
            "relative differences by the delta method as peers print them; what is said above rests on the absolute ones"
        }
        false => "absolute differences with the relative change beside",
    }
}

/// Every metric with its arms, an empty line before each.
pub(super) fn lines(analysis: &Analysis, plan: Plan) -> Vec<String> {
    let arms = analysis.metrics.iter().flat_map(|metric| &metric.arms);
    let width = arms.map(|arm| arm.variant.chars().count()).max().unwrap_or(0).min(32);
    let mut lines = Vec::new();
    for metric in &analysis.metrics {
        lines.push(String::new());
        lines.extend(Table { analysis, metric, plan, width }.lines());
    }
    lines
}

struct Table<'a> {
    analysis: &'a Analysis,
    metric: &'a MetricAnalysis,
    plan: Plan,
    width: usize,
}

impl Table<'_> {
    fn lines(&self) -> Vec<String> {
        let kind = match self.metric.kind {
            MetricKind::Proportion => "proportion",
            MetricKind::Mean => "mean",
            MetricKind::Ratio => "ratio",
        };
        let mut lines = vec![format!("{}  {kind}", plain(&self.metric.metric))];
        lines.extend(self.metric.arms.first().map(|control| format!("{}  control", self.arm(control))));
        let gap = " ".repeat(self.width + 26);
        for (treatment, comparison) in self.metric.arms.iter().skip(1).zip(&self.metric.comparisons) {
            lines.push(format!("{}  {}", self.arm(treatment), self.judged(comparison)));
            if let Some(unadjusted) = &comparison.unadjusted {
                let shown = match self.plan.difference {
                    Difference::RelativeDelta => self.by_delta(unadjusted),
                    Difference::Absolute | Difference::RelativeLog => self.absolute(unadjusted),
                };
                lines.extend(shown.map(|shown| format!("{gap}{shown}{}  unadjusted", p(unadjusted))));
            }
            lines.extend(comparison.denominator.map(|found| format!("{gap}{}", denominator(&found))));
        }
        lines
    }

    fn arm(&self, arm: &ArmMean) -> String {
        let mean = match (arm.mean, self.metric.kind) {
            (None, _) => "–".to_owned(),
            (Some(mean), MetricKind::Proportion) => format!("{} %", figures::fixed(mean * 100.0, 2)),
            (Some(mean), _) => figures::mean(mean),
        };
        format!(
            "  {:<width$} {:>11} {mean:>9}",
            plain(&arm.variant),
            figures::count(arm.n),
            width = self.width
        )
    }

    fn judged(&self, comparison: &ArmComparison) -> String {
        if let Some(withheld) = &comparison.withheld {
            return format!("withheld: {}", withheld.reason);
        }
        let numbers = &comparison.numbers;
        let family =
            comparison.p_adjusted.map(|adjusted| format!("  adjusted p {}", figures::p_value(adjusted)));
        let sure = format!("{}{}", self.sure(numbers), family.unwrap_or_default());
        if as_peers_do(self.plan) {
            return self
                .by_delta(numbers)
                .map_or_else(|| "withheld".to_owned(), |shown| format!("{shown}{sure}"));
        }
        let shown = match &comparison.readings.absolute {
            Reading::Estimate(found) => self.difference(found),
            Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
        };
        let exact = if comparison.exact { " by Fisher, the interval by Newcombe" } else { "" };
        let relative = match &comparison.readings.relative {
            Reading::Estimate(found) => {
                format!("relative {} {}", figures::change(found.value), figures::change_interval(found))
            }
            Reading::Withheld(why) => format!("relative withheld: {}", why.sentence()),
        };
        format!("{shown}{sure}{exact}  {relative}")
    }

    /// How sure one may be of an effect.
    fn sure(&self, numbers: &Numbers) -> String {
        match (numbers.chance_to_win, numbers.risk_treatment) {
            (Some(chance), Some(lost)) => {
                let lost = match self.analysis.difference {
                    "absolute" => figures::fixed(lost, figures::places_for(lost)),
                    _ => figures::loss(lost),
                };
                format!("  better with {}, risk {lost}", figures::chance(chance))
            }
            _ => p(numbers),
        }
    }

    /// `+7.66 points [+6.99 … +8.32]`: of a proportion the difference is in percentage points.
    fn difference(&self, found: &Estimate) -> String {
        self.bounded(found.value, found.low, found.high)
    }

    fn absolute(&self, found: &Numbers) -> Option<String> {
        let (low, high) = ends(found);
        Some(self.bounded(found.uplift_absolute?, low, high))
    }

    fn bounded(&self, value: f64, low: f64, high: f64) -> String {
        let (factor, unit) = match self.metric.kind {
            MetricKind::Proportion => (100.0, " points"),
            MetricKind::Mean | MetricKind::Ratio => (1.0, ""),
        };
        let places = if factor > 1.0 { 2 } else { figures::places_for(value) };
        let signed = |x: f64| figures::signed(x * factor, places);
        format!("{}{unit} [{} … {}]", signed(value), signed(low), signed(high))
    }

    /// `+72.20 % [+65.70 … +78.80]`.
    fn by_delta(&self, found: &Numbers) -> Option<String> {
        let (low, high) = ends(found);
        let signed = |x: f64| figures::signed(x * 100.0, 2);
        Some(format!("{} % [{} … {}]", signed(found.uplift?), signed(low), signed(high)))
    }
}

/// An end the alternative leaves open is none in the numbers.
fn ends(found: &Numbers) -> (f64, f64) {
    (found.ci_low.unwrap_or(f64::NEG_INFINITY), found.ci_high.unwrap_or(f64::INFINITY))
}

fn p(numbers: &Numbers) -> String {
    format!("  p {}", numbers.p_value.map_or_else(|| "–".to_owned(), figures::p_value))
}
