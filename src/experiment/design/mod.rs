//! The definition of an experiment: its variants, who takes part, what is measured and how it will be read.

mod assign;
mod change;
mod check;
mod draw;
mod outlook;
mod phase;
mod reach;
pub mod sheet;
mod size;

pub use assign::{Assignment, NotAssigned};
pub use change::{Change, Safety, diff};
pub use draw::Draw;
pub use outlook::{Asked, Intake, Outlook, Reach, Step};
pub use phase::{Version, phases};
pub use reach::{Sending, Targeting};
pub use size::{Outcome, Sizing};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::analysis::Role;
use super::bucket::HashVersion;
use super::metric::{Better, Metric};
use super::{ready, text};
use crate::model::{Decimal, Problem, Span, Time};
use crate::stats::{Difference, Engine, Plan, Tail, sequential};

/// One arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its share of the traffic; the same for all where none is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// The experience its people are sent; none where the shop's own tool has the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experience: Option<String>,
    /// Whether its people are sent nothing. They are kept and never exported.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold_back: bool,
}

/// A part of a layer. Experiments with parts that do not overlap never share a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// The layer's name: what GrowthBook calls a namespace.
    pub name: String,
    /// Where the part begins, in [0, 1).
    pub from: f64,
    /// Where it ends, not included.
    pub to: f64,
}

/// People kept out of every experiment that names the same holdout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdout {
    /// Its name, the seed of the draw.
    pub name: String,
    /// The share of people kept out.
    pub share: f64,
}

/// A metric that must not get worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardrailMetric {
    /// The metric's name.
    pub metric: String,
    /// How much worse, as a fraction of the control's mean, is still acceptable; without one nothing can be called safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
}

/// What is measured, by role. Names refer to metric definitions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// What decides.
    #[serde(default)]
    pub primary: Vec<String>,
    /// What explains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary: Vec<String>,
    /// What must not get worse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guardrails: Vec<GuardrailMetric>,
    /// What this experiment changes about a metric, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, Override>,
}

impl Metrics {
    /// Every name, primary ones first, then secondary ones and guardrails.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let guardrails = self.guardrails.iter().map(|guardrail| &guardrail.metric);
        self.primary.iter().chain(&self.secondary).chain(guardrails).map(String::as_str)
    }
}

/// What an experiment changes about a metric.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Override {
    /// Which way it should move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
    /// How long after exposure (and delay) events count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// How long after exposure counting begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// A unit's value above this counts as this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winsorise: Option<Decimal>,
    /// The share of non-zero values, all arms pooled, beyond which a unit's value counts as the value there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winsorise_share: Option<Decimal>,
}

impl Override {
    fn of(&self, metric: &Metric) -> Metric {
        Metric {
            better: self.better.unwrap_or(metric.better),
            window: self.window.or(metric.window),
            delay: self.delay.or(metric.delay),
            winsorise: self.winsorise.or(metric.winsorise),
            winsorise_share: self.winsorise_share.or(metric.winsorise_share),
            ..metric.clone()
        }
    }
}

/// Which engine reads the experiment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineName {
    /// Valid at every look.
    #[default]
    Sequential,
    /// One look at the end, nothing shown before.
    Fixed,
}

/// How the experiment will be read, declared before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnalysisPlan {
    /// Which engine.
    pub engine: EngineName,
    /// N* of the sequential engine; planned_n, else 5000, where none is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuning: Option<f64>,
    /// One minus the coverage.
    pub alpha: f64,
    /// Which alternatives count: `two`, or only a treatment that is `greater` or `less`.
    #[serde(skip_serializing_if = "is_two")]
    pub sided: Tail,
    /// Whether metrics are adjusted for what the same people did before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cuped: bool,
}

fn is_two(tail: &Tail) -> bool {
    *tail == Tail::Two
}

impl Default for AnalysisPlan {
    fn default() -> Self {
        Self { engine: EngineName::Sequential, tuning: None, alpha: 0.05, sided: Tail::Two, cuped: false }
    }
}

/// What is wanted of it, fixed before it starts. When it ships or stops follows from the roles of its metrics: ship where a
/// primary metric is proven better, or with a margin every one not worse by it, every guardrail safe, the split sound and the whole weeks over; stop where a primary
/// metric or a guardrail is harmed; inconclusive once everything planned was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Criteria {
    /// The smallest relative change of the primary metric worth acting on, as a fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<f64>,
    /// The probability with which an effect of that size is to be seen.
    pub power: f64,
    /// How much worse every primary metric may be, as a fraction of the control's mean, for the treatment to ship all the same:
    /// for changes that are wanted for another reason and must only not harm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
}

impl Default for Criteria {
    fn default() -> Self {
        Self { effect: None, power: 0.8, margin: None }
    }
}

fn is_usual(criteria: &Criteria) -> bool {
    *criteria == Criteria::default()
}

/// An experiment as a person writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Its name, unique.
    pub name: String,
    /// What is believed and why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hypothesis: String,
    /// The identity namespace whose value is hashed.
    #[serde(default = "user_id")]
    pub hash_attribute: String,
    /// The namespace hashed where a person has no value of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// The seed; the name where none is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// How a value becomes a bucket.
    #[serde(default)]
    pub hash_version: HashVersion,
    /// The share of people who take part.
    #[serde(default = "everyone")]
    pub coverage: f64,
    /// When it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Time>,
    /// How long it should run.
    #[serde(default = "two_weeks")]
    pub planned_days: u32,
    /// How many units it should have in all arms together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_n: Option<u64>,
    /// Whole weeks it must run at least, so that every weekday counts alike.
    #[serde(default = "one")]
    pub minimum_weeks: u32,
    /// The arms; the first is the control.
    pub variants: Vec<Variant>,
    /// The layer it lives in.
    #[serde(default, alias = "namespace", skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layer>,
    /// Who is kept out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<Holdout>,
    /// Who it is for; everybody where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targeting: Option<Targeting>,
    /// How its messages go out, where a variant names no experience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Sending>,
    /// What is measured.
    #[serde(default)]
    pub metrics: Metrics,
    /// How it will be read.
    #[serde(default)]
    pub analysis: AnalysisPlan,
    /// What is wanted of it.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub criteria: Criteria,
}

fn user_id() -> String {
    "user_id".to_owned()
}

fn everyone() -> f64 {
    1.0
}

fn two_weeks() -> u32 {
    14
}

fn one() -> u32 {
    1
}

impl Design {
    /// Reads a design's TOML text and checks what it says.
    ///
    /// # Errors
    /// Every problem found.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        let design: Self = text::read(text, "experiment-syntax")?;
        let problems = design.problems();
        if problems.is_empty() { Ok(design) } else { Err(problems) }
    }

    /// The value that is hashed for a person: that of the hash attribute, else of the fallback. `of` looks a namespace up.
    #[must_use]
    #[inline]
    pub fn hashed<'a>(&self, of: impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
        let known = |namespace: &str| of(namespace).filter(|value| !value.is_empty());
        known(&self.hash_attribute).or_else(|| self.fallback.as_deref().and_then(known))
    }

    /// What is hashed before the value.
    #[must_use]
    pub fn seed(&self) -> &str {
        self.seed.as_deref().unwrap_or(&self.name)
    }

    /// Every variant's weight, equal ones where none are written.
    pub fn weights(&self) -> impl Iterator<Item = f64> {
        let equal = 1.0 / self.variants.len() as f64;
        self.variants.iter().map(move |variant| variant.weight.unwrap_or(equal))
    }

    /// How comparisons of this experiment are judged, relative on the log scale.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let engine = match self.analysis.engine {
            EngineName::Fixed => Engine::Fixed,
            EngineName::Sequential => Engine::Sequential { tuning: self.tuning() },
        };
        Plan {
            engine,
            alpha: self.analysis.alpha,
            difference: Difference::RelativeLog,
            tail: self.analysis.sided,
        }
    }

    /// The metrics as this experiment measures them, in the order of their roles: those defined here, else the ready ones,
    /// with what the design changes about them.
    ///
    /// # Errors
    /// A problem for every name that is neither defined nor ready.
    pub fn measured(&self, defined: &[Metric]) -> Result<Vec<Metric>, Vec<Problem>> {
        let (mut metrics, mut problems) = (Vec::new(), Vec::new());
        for name in self.metrics.names() {
            let known = defined.iter().find(|metric| metric.name == name).cloned();
            match known.or_else(|| ready::metric(name)) {
                Some(metric) => metrics.push(match self.metrics.overrides.get(name) {
                    Some(change) => change.of(&metric),
                    None => metric,
                }),
                None => problems.push(ready::unknown(name, defined).in_file(&self.name)),
            }
        }
        problems.extend(metrics.iter().flat_map(Metric::problems).map(|problem| problem.in_file(&self.name)));
        if problems.is_empty() { Ok(metrics) } else { Err(problems) }
    }

    /// The metrics it names with what each is for, in the order they are measured: primary, secondary, guardrails.
    pub fn roles(&self) -> impl Iterator<Item = (&str, Role)> {
        let metrics = &self.metrics;
        let primary = metrics.primary.iter().map(|name| (name.as_str(), Role::Primary));
        let secondary = metrics.secondary.iter().map(|name| (name.as_str(), Role::Secondary));
        let guardrails = metrics
            .guardrails
            .iter()
            .map(|guardrail| (guardrail.metric.as_str(), Role::Guardrail { margin: guardrail.margin }));
        primary.chain(secondary).chain(guardrails)
    }

    /// N* of the sequential engine.
    fn tuning(&self) -> f64 {
        let planned = self.planned_n.map(|n| n as f64);
        self.analysis.tuning.or(planned).unwrap_or(sequential::DEFAULT_TUNING)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(super) const TEXT: &str = r#"
name = "cart-recovery"
hypothesis = "A bundle is worth more than a discount"
start = "2026-05-01"
planned_n = 4000

[[variants]]
name = "10 % off"

[[variants]]
name = "bundle"

[metrics]
primary = ["orders"]
secondary = ["revenue"]
guardrails = [{ metric = "unsubscribes", margin = 0.1 }]
"#;

    #[test]
    fn defaults_and_round_trip() {
        let design = Design::read(TEXT).unwrap();
        assert_eq!((design.hash_attribute.as_str(), design.hash_version), ("user_id", HashVersion::V2));
        assert_eq!(design.plan().engine, Engine::Sequential { tuning: 4000.0 });
        assert_eq!(Design::read(&toml::to_string(&design).unwrap()), Ok(design));
    }

    #[test]
    fn metrics_are_those_defined_then_the_ready_ones_with_what_the_design_changes() {
        let text = TEXT.replace("[\"revenue\"]", "[\"conversion\"]").replace(
            "guardrails =",
            "overrides = { conversion = { window = \"7d\", delay = \"1h\" } }\nguardrails =",
        );
        let design = Design::read(&text).unwrap();
        let defined = ["orders", "unsubscribes"]
            .map(|name| Metric::given(name, crate::experiment::MetricKind::Proportion));
        let found = design.measured(&defined).unwrap();
        let names: Vec<&str> = found.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(names, ["orders", "conversion", "unsubscribes"]);
        assert_eq!((found[1].window, found[1].delay), (Some(Span::days(7)), Some(Span::hours(1))));
        let problem = design.measured(&defined[..1]).unwrap_err().remove(0);
        assert_eq!(problem.code, "experiment-metric-unknown");
    }

    #[test]
    fn the_fallback_is_hashed_where_the_attribute_is_unknown() {
        let mut design = Design::read(TEXT).unwrap();
        let anne = |namespace: &str| (namespace == "email").then_some("anne@example.com");
        assert_eq!(design.hashed(anne), None);
        design.fallback = Some("email".to_owned());
        assert_eq!(design.hashed(anne), Some("anne@example.com"));
    }
}
