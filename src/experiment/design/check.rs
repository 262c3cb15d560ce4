//! What can be wrong with a design.

use super::{Believed, Design, EngineName};
use crate::model::Problem;
use crate::stats::Tail;

/// Ten years: nothing that is planned for longer is ever read.
const MOST_DAYS: u32 = 3_650;

impl Design {
    /// What is wrong with the design, if anything.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() {
            problems.push(Problem::new("experiment-name", "an experiment needs a name"));
        }
        self.check_variants(&mut problems);
        self.check_sending(&mut problems);
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

    fn check_sending(&self, problems: &mut Vec<Problem>) {
        let sent = self.variants.iter().filter(|variant| !variant.hold_back).count();
        if sent == 0 && !self.variants.is_empty() {
            problems.push(
                Problem::new("experiment-hold-back", "every variant is held back, so nobody gets anything")
                    .help("leave hold_back out of the variant that is sent"),
            );
        }
        if self.variants.iter().filter(|variant| variant.hold_back).count() > 1 {
            problems.push(
                Problem::new("experiment-hold-back", "two variants are held back and get the same: nothing")
                    .help("hold back one variant, the control, with the weights of both"),
            );
        }
        for variant in
            self.variants.iter().filter(|variant| variant.hold_back && variant.experience.is_some())
        {
            problems.push(
                Problem::new(
                    "experiment-hold-back",
                    format!("variant {} is held back and names an experience", variant.name),
                )
                .help("take one of the two away"),
            );
        }
        problems.extend(self.targeting.iter().flat_map(super::Targeting::problems));
        problems.extend(self.send.iter().flat_map(super::Sending::problems));
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
        let mut names: Vec<&str> = self.metrics.names().collect();
        for name in self.metrics.overrides.keys().filter(|name| !names.contains(&name.as_str())) {
            problems.push(
                Problem::new("experiment-override", format!("{name} is changed and measured nowhere"))
                    .help("name it among the metrics, or correct the name under [metrics.overrides]"),
            );
        }
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
            .map(|guardrail| guardrail.margin)
            .chain([self.criteria.margin])
            .flatten()
            .any(|margin| !(margin > 0.0 && margin.is_finite()))
        {
            problems.push(
                Problem::new("experiment-margin", "a margin must be above zero")
                    .help("margin = 0.05 accepts up to 5 % worse"),
            );
        }
    }

    fn check_belief(&self, problems: &mut Vec<Problem>) {
        let fits = |prior: &Believed| prior.mean.is_finite() && prior.sd > 0.0 && prior.sd.is_finite();
        if self.analysis.prior.is_some_and(|prior| !fits(&prior)) {
            problems.push(
                Problem::new("experiment-prior", "the spread of a prior must be above zero")
                    .help("prior = { mean = 0.0, sd = 0.3 } expects no change, give or take 30 %; leave it out for a flat one"),
            );
        }
        if self.criteria.risk.is_some_and(|risk| !(risk > 0.0 && risk < 1.0)) {
            problems.push(
                Problem::new("experiment-risk", "a risk lies between 0 and 1, usually 0.0025")
                    .help("risk = 0.0025 ships what is expected to lose at most 0.25 % of the control"),
            );
        }
        if self.analysis.engine == EngineName::Bayesian && self.analysis.sided != Tail::Two {
            problems.push(
                Problem::new("experiment-sided", "a credible interval has two sides")
                    .help("leave sided out, or read it by the fixed or the sequential engine"),
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
        self.check_belief(problems);
        if self.criteria.effect.is_some_and(|effect| !(effect > 0.0 && effect.is_finite())) {
            problems.push(
                Problem::new("experiment-effect", "the effect worth acting on must be above zero")
                    .help("effect = 0.1 is a change of 10 %, in the direction the metric should move"),
            );
        }
        if !(self.criteria.power > 0.0 && self.criteria.power < 1.0) {
            problems.push(
                Problem::new("experiment-power", "power lies between 0 and 1, usually 0.8")
                    .help("it is the probability with which an effect of the size wanted is seen"),
            );
        }
        if self.planned_days == 0 {
            problems.push(Problem::new("experiment-days", "planned_days must be at least 1"));
        }
        if self.planned_days > MOST_DAYS || self.minimum_weeks > MOST_DAYS / 7 {
            problems.push(
                Problem::new(
                    "experiment-days",
                    format!("an experiment of more than {MOST_DAYS} days is never read"),
                )
                .help("write planned_days = 14 and minimum_weeks = 1, or as long as it shall really run"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::design::tests::TEXT;

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
        assert_eq!(codes("planned_n = 4000", "planned_days = 4000000000"), ["experiment-days"]);
        assert_eq!(codes("planned_n = 4000", "minimum_weeks = 4000000000"), ["experiment-days"]);
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
        assert_eq!(codes("planned_n = 4000", "criteria = { effect = 0.0 }"), ["experiment-effect"]);
        assert_eq!(codes("planned_n = 4000", "criteria = { power = 1.0 }"), ["experiment-power"]);
        assert_eq!(codes("planned_n = 4000", "targeting = { }"), ["experiment-targeting"]);
        assert_eq!(codes("planned_n = 4000", "send = { channel = \"web\" }"), ["experiment-send"]);
        assert_eq!(
            codes("name = \"bundle\"", "name = \"bundle\"\nhold_back = true\nexperience = \"x\""),
            ["experiment-hold-back"]
        );
        assert_eq!(
            codes(
                "primary = [\"orders\"]",
                "primary = [\"orders\"]\noverrides = { visits = { window = \"7d\" } }"
            ),
            ["experiment-override"]
        );
        assert_eq!(codes("planned_n = 4000", "hash_version = 3"), ["experiment-syntax"]);
        let weights = "name = \"bundle\"\nweight = 0.2";
        let text = TEXT
            .replace("name = \"10 % off\"", "name = \"a\"\nweight = 0.2")
            .replace("name = \"bundle\"", weights);
        assert_eq!(Design::read(&text).unwrap_err()[0].message, "the weights sum to 0.4, not to 1");
    }
}
