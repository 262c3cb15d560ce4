//! The definition of an experiment: its variants, who takes part, what is measured and how it will be read.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::bucket::{self, HashVersion};
use super::text;
use crate::model::{Problem, Time};
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
}

impl Default for AnalysisPlan {
    fn default() -> Self {
        Self { engine: EngineName::Sequential, tuning: None, alpha: 0.05 }
    }
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
    /// What is measured.
    #[serde(default)]
    pub metrics: Metrics,
    /// How it will be read.
    #[serde(default)]
    pub analysis: AnalysisPlan,
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
    /// Reads a design's TOML text and checks what it says.
    ///
    /// # Errors
    /// Every problem found.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        let design: Self = text::read(text, "experiment-syntax")?;
        let problems = design.problems();
        if problems.is_empty() { Ok(design) } else { Err(problems) }
    }

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
            && bucket::hash(&holdout.name, value, HashVersion::V2) < holdout.share
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

    /// The buckets of each variant. The sum is within a hundredth of one, or [`Design::problems`] says so, and the weights
    /// hold as they are written.
    fn ranges(&self) -> impl Iterator<Item = Range<f64>> {
        let coverage = self.coverage.clamp(0.0, 1.0);
        self.weights().scan(0.0, move |start, weight| {
            let from = *start;
            *start += weight;
            Some(from..from + coverage * weight)
        })
    }

    /// How comparisons of this experiment are judged, relative on the log scale.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let engine = match self.analysis.engine {
            EngineName::Fixed => Engine::Fixed,
            EngineName::Sequential => Engine::Sequential { tuning: self.tuning() },
        };
        Plan { engine, alpha: self.analysis.alpha, difference: Difference::RelativeLog, tail: Tail::Two }
    }

    fn tuning(&self) -> f64 {
        let planned = self.planned_n.map(|n| n as f64);
        self.analysis.tuning.or(planned).unwrap_or(sequential::DEFAULT_TUNING)
    }

    /// What is wrong with the design, if anything.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() {
            problems.push(Problem::new("experiment-name", "an experiment needs a name"));
        }
        self.check_variants(&mut problems);
        self.check_traffic(&mut problems);
        self.check_metrics(&mut problems);
        self.check_plan(&mut problems);
        problems
    }

    fn check_variants(&self, problems: &mut Vec<Problem>) {
        if self.variants.len() < 2 {
            problems.push(
                Problem::new("experiment-variants", "an experiment needs at least two variants")
                    .help("write [[variants]] for the control first, then for each treatment"),
            );
        }
        for (index, variant) in self.variants.iter().enumerate() {
            let twice = self.variants[..index].iter().any(|other| other.name == variant.name);
            if twice || variant.name.trim().is_empty() {
                problems.push(Problem::new(
                    "experiment-variant-name",
                    format!("variant {} needs a name of its own, not `{}`", index + 1, variant.name),
                ));
            }
        }
        let written = self.variants.iter().filter(|variant| variant.weight.is_some()).count();
        let sum: f64 = self.weights().sum();
        if written != 0 && written != self.variants.len() {
            problems.push(
                Problem::new("experiment-weights", "some variants have a weight and some have none")
                    .help("write a weight for every variant, or for none to split evenly"),
            );
        } else if self.weights().any(|weight| !(0.0..=1.0).contains(&weight)) || !(0.99..=1.01).contains(&sum)
        {
            problems.push(
                Problem::new("experiment-weights", format!("the weights sum to {sum}, not to 1"))
                    .help("weights are shares such as 0.5 and 0.5; use coverage to let fewer people in"),
            );
        }
    }

    fn check_traffic(&self, problems: &mut Vec<Problem>) {
        if !(0.0..=1.0).contains(&self.coverage) {
            problems.push(Problem::new("experiment-coverage", "coverage is a share between 0 and 1"));
        }
        if self.hash_attribute.trim().is_empty() {
            problems.push(
                Problem::new("experiment-hash-attribute", "the hash attribute is empty")
                    .help("name an identity namespace such as user_id"),
            );
        }
        if let Some(layer) = &self.layer
            && !(layer.from >= 0.0 && layer.from < layer.to && layer.to <= 1.0)
        {
            problems.push(
                Problem::new(
                    "experiment-layer",
                    format!("the part of layer {} is no range within 0 and 1", layer.name),
                )
                .help("write from = 0.0 and to = 0.5"),
            );
        }
        if let Some(holdout) = &self.holdout
            && !(0.0..1.0).contains(&holdout.share)
        {
            problems.push(Problem::new("experiment-holdout", "a holdout's share lies between 0 and below 1"));
        }
    }

    fn check_metrics(&self, problems: &mut Vec<Problem>) {
        if self.metrics.primary.is_empty() {
            problems.push(
                Problem::new("experiment-primary", "an experiment needs a primary metric")
                    .help("write primary = [\"orders\"] under [metrics]"),
            );
        }
        let guardrails = self.metrics.guardrails.iter().map(|guardrail| &guardrail.metric);
        let mut names: Vec<&String> =
            self.metrics.primary.iter().chain(&self.metrics.secondary).chain(guardrails).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            problems.push(Problem::new(
                "experiment-metric-twice",
                format!("metric {} has two roles; give it one", twice[0]),
            ));
        }
        if self
            .metrics
            .guardrails
            .iter()
            .any(|guardrail| guardrail.margin.is_some_and(|margin| margin.is_nan() || margin <= 0.0))
        {
            problems.push(
                Problem::new("experiment-margin", "a guardrail's margin must be above zero")
                    .help("margin = 0.05 accepts up to 5 % worse"),
            );
        }
    }

    fn check_plan(&self, problems: &mut Vec<Problem>) {
        if !(self.analysis.alpha > 0.0 && self.analysis.alpha < 0.5) {
            problems.push(Problem::new("experiment-alpha", "alpha lies between 0 and 0.5, usually 0.05"));
        }
        if !(self.tuning() > 0.0 && self.tuning().is_finite()) {
            problems.push(
                Problem::new("experiment-tuning", "the tuning of the sequential engine must be above zero")
                    .help("it is the total number of units at which the interval is tightest"),
            );
        }
        if self.planned_days == 0 {
            problems.push(Problem::new("experiment-days", "planned_days must be at least 1"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
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

    #[test]
    fn faults_are_named() {
        let codes = |from: &str, to: &str| {
            let problems = Design::read(&TEXT.replace(from, to)).unwrap_err();
            problems.iter().map(|problem| problem.code).collect::<Vec<_>>()
        };
        assert_eq!(codes("name = \"bundle\"", "name = \"10 % off\""), ["experiment-variant-name"]);
        assert_eq!(codes("name = \"bundle\"", "name = \"bundle\"\nweight = 0.5"), ["experiment-weights"]);
        assert_eq!(codes("[\"orders\"]", "[]"), ["experiment-primary"]);
        assert_eq!(codes("[\"revenue\"]", "[\"orders\"]"), ["experiment-metric-twice"]);
        assert_eq!(codes("margin = 0.1", "margin = -0.1"), ["experiment-margin"]);
        assert_eq!(codes("planned_n = 4000", "planned_n = 0"), ["experiment-tuning"]);
        assert_eq!(codes("planned_n = 4000", "planned_days = 0"), ["experiment-days"]);
        assert_eq!(codes("planned_n = 4000", "coverage = 1.5"), ["experiment-coverage"]);
        assert_eq!(
            codes("planned_n = 4000", "layer = { name = \"l\", from = 0.5, to = 0.5 }"),
            ["experiment-layer"]
        );
        assert_eq!(
            codes("planned_n = 4000", "holdout = { name = \"h\", share = 1.0 }"),
            ["experiment-holdout"]
        );
        assert_eq!(codes("planned_n = 4000", "analysis = { alpha = 0.7 }"), ["experiment-alpha"]);
        assert_eq!(codes("planned_n = 4000", "hash_version = 3"), ["experiment-syntax"]);
        let weights = "name = \"bundle\"\nweight = 0.2";
        let text = TEXT
            .replace("name = \"10 % off\"", "name = \"a\"\nweight = 0.2")
            .replace("name = \"bundle\"", weights);
        assert_eq!(Design::read(&text).unwrap_err()[0].message, "the weights sum to 0.4, not to 1");
    }
}
