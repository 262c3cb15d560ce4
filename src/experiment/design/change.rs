//! What a change to a running experiment does to it. A safe change leaves every number gathered so far meaning the same; after an
//! unsafe one, units from before and after it cannot be put together, so a new phase begins.

use serde::Serialize;

use super::{Design, EngineName, Metrics, Variant};

/// What a change does to the numbers gathered so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// They mean the same as before.
    Safe,
    /// They cannot be put together with what comes.
    Unsafe,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What was changed, as the definition calls it.
    pub what: String,
    /// What that does.
    pub safety: Safety,
    /// Why, in a sentence.
    pub why: String,
}

impl std::fmt::Display for Change {
    /// `UNSAFE  weights: some people change their variant …`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.safety == Safety::Safe { "safe" } else { "UNSAFE" };
        write!(f, "{mark:<6} {}: {}", self.what, self.why)
    }
}

/// Everything that differs between two versions of a design, in the order of the definition.
#[must_use]
pub fn diff(old: &Design, new: &Design) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.words(old, new);
    changes.assignment(old, new);
    changes.variants(&old.variants, &new.variants);
    changes.weights(old, new);
    changes.people(old, new);
    changes.length(old, new);
    changes.metrics(&old.metrics, &new.metrics);
    changes.plan(old, new);
    changes.0
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn note(&mut self, differs: bool, what: impl Into<String>, safety: Safety, why: &str) {
        if differs {
            self.0.push(Change { what: what.into(), safety, why: why.to_owned() });
        }
    }

    fn words(&mut self, old: &Design, new: &Design) {
        self.note(
            old.hypothesis != new.hypothesis,
            "hypothesis",
            Safety::Safe,
            "words change no number; the version that was believed at the start is kept",
        );
    }

    fn assignment(&mut self, old: &Design, new: &Design) {
        let why = "people are assigned anew, so one person may meet two variants";
        self.note(old.hash_attribute != new.hash_attribute, "hash_attribute", Safety::Unsafe, why);
        self.note(old.fallback != new.fallback, "fallback", Safety::Unsafe, why);
        self.note(old.seed() != new.seed(), "seed", Safety::Unsafe, why);
        self.note(old.hash_version != new.hash_version, "hash_version", Safety::Unsafe, why);
        self.note(
            new.coverage > old.coverage,
            "coverage",
            Safety::Safe,
            "raising it moves nobody: those who took part keep their variant",
        );
        self.note(
            new.coverage < old.coverage,
            "coverage",
            Safety::Unsafe,
            "people who took part leave it, and what they do later no longer belongs to their variant",
        );
    }

    fn variants(&mut self, old: &[Variant], new: &[Variant]) {
        let known = |list: &[Variant], name: &str| list.iter().any(|variant| variant.name == name);
        let taken = old.iter().filter(|variant| !known(new, &variant.name));
        for variant in taken {
            let why = "its people move to other variants, which they meet with what they saw before";
            self.note(true, format!("variant {} taken out", variant.name), Safety::Unsafe, why);
        }
        for variant in new.iter().filter(|variant| !known(old, &variant.name)) {
            let why = "its people come from other variants, which they met before";
            self.note(true, format!("variant {} added", variant.name), Safety::Unsafe, why);
        }
        let same_order = old.iter().map(|variant| &variant.name).eq(new.iter().map(|variant| &variant.name));
        let same_names = old.len() == new.len() && old.iter().all(|variant| known(new, &variant.name));
        self.note(
            same_names && !same_order,
            "order of variants",
            Safety::Unsafe,
            "the first is the control and the order decides the buckets, so people are assigned anew",
        );
        for variant in new {
            let before = old.iter().find(|before| before.name == variant.name);
            let Some(before) = before else { continue };
            let other = before.experience != variant.experience || before.hold_back != variant.hold_back;
            let why = "people before and after it meet different things under one name";
            self.note(other, format!("what variant {} gets", variant.name), Safety::Unsafe, why);
        }
    }

    fn weights(&mut self, old: &Design, new: &Design) {
        let differ = old.variants.len() == new.variants.len()
            && old.weights().zip(new.weights()).any(|(a, b)| (a - b).abs() > 1e-12);
        self.note(
            differ,
            "weights",
            Safety::Unsafe,
            "some people change their variant, and days of different shares put together mislead (Simpson's paradox)",
        );
    }

    fn people(&mut self, old: &Design, new: &Design) {
        let why = "it becomes an experiment on other people, so its effect is another one";
        self.note(old.targeting != new.targeting, "targeting", Safety::Unsafe, why);
        let why = "other people take part, some of them fresh from another experiment of the layer";
        self.note(old.layer != new.layer, "layer", Safety::Unsafe, why);
        let why = "people are kept out who took part, or take part who were kept out";
        self.note(old.holdout != new.holdout, "holdout", Safety::Unsafe, why);
        let why = "consent and caps are asked of another kind of message, so other people take part";
        let asked = |design: &Design| {
            design.send.as_ref().map(|send| (send.channel, send.purpose, send.categories.clone()))
        };
        self.note(asked(old) != asked(new), "send", Safety::Unsafe, why);
        let fields = |design: &Design| design.send.as_ref().map(|send| send.fields.clone());
        let only_fields = asked(old) == asked(new) && fields(old) != fields(new);
        self.note(
            only_fields,
            "send.fields",
            Safety::Safe,
            "columns of the export are nothing people see by themselves",
        );
    }

    fn length(&mut self, old: &Design, new: &Design) {
        let why = "what was gathered before the new start would count or not count after the fact";
        self.note(old.start != new.start, "start", Safety::Unsafe, why);
        let longer =
            new.planned_days > old.planned_days || new.planned_n.unwrap_or(0) > old.planned_n.unwrap_or(0);
        let differs = old.planned_days != new.planned_days || old.planned_n != new.planned_n;
        let tuned = old.tuning().to_bits() != new.tuning().to_bits();
        match new.analysis.engine {
            EngineName::Sequential if !tuned => self.note(
                differs,
                "planned length",
                Safety::Safe,
                "an always-valid interval holds at every look, however long it runs",
            ),
            // The tuning follows from the planned number: it is told there.
            EngineName::Sequential => {}
            EngineName::Bayesian => self.note(
                differs,
                "planned length",
                Safety::Safe,
                "a credible interval reads the same however long it was meant to run, and keeps no error rate either way",
            ),
            EngineName::Fixed => self.note(
                differs,
                "planned length",
                Safety::Unsafe,
                if longer {
                    "running a fixed plan on until it says something finds effects that are not there"
                } else {
                    "ending a fixed plan early because of what it shows finds effects that are not there"
                },
            ),
        }
        let why = "more whole weeks only make a decision later";
        self.note(new.minimum_weeks > old.minimum_weeks, "minimum_weeks", Safety::Safe, why);
        let why = "deciding before the weeks that were fixed beforehand is a criterion changed after a look";
        self.note(new.minimum_weeks < old.minimum_weeks, "minimum_weeks", Safety::Unsafe, why);
    }

    fn metrics(&mut self, old: &Metrics, new: &Metrics) {
        let why = "what decides was fixed before the start; choosing it after a look finds what is not there";
        self.note(old.primary != new.primary, "primary metrics", Safety::Unsafe, why);
        let why = "secondary metrics explain and decide nothing; they are computed from what is there";
        self.note(old.secondary != new.secondary, "secondary metrics", Safety::Safe, why);
        for guardrail in &new.guardrails {
            let before = old.guardrails.iter().find(|before| before.metric == guardrail.metric);
            let what = format!("guardrail {}", guardrail.metric);
            match before {
                None => self.note(true, what, Safety::Safe, "one more guardrail only makes shipping harder"),
                Some(before) => self.note(
                    before.margin != guardrail.margin,
                    format!("margin of {what}"),
                    Safety::Unsafe,
                    "how much worse is acceptable was fixed before the start",
                ),
            }
        }
        let gone = |guardrail: &&super::GuardrailMetric| {
            !new.guardrails.iter().any(|after| after.metric == guardrail.metric)
        };
        for guardrail in old.guardrails.iter().filter(gone) {
            let why = "a guardrail dropped after a look may be the one that was about to be harmed";
            self.note(true, format!("guardrail {} taken out", guardrail.metric), Safety::Unsafe, why);
        }
        self.overrides(old, new);
    }

    fn overrides(&mut self, old: &Metrics, new: &Metrics) {
        let names: std::collections::BTreeSet<&String> =
            old.overrides.keys().chain(new.overrides.keys()).collect();
        for name in names.into_iter().filter(|name| old.overrides.get(*name) != new.overrides.get(*name)) {
            let explains = new.secondary.contains(name);
            let (safety, why) = match explains {
                true => (
                    Safety::Safe,
                    "secondary metrics explain and decide nothing; they are computed from what is there",
                ),
                false => (
                    Safety::Unsafe,
                    "window, delay and direction of what decides were fixed before the start",
                ),
            };
            self.note(true, format!("how {name} is measured"), safety, why);
        }
    }

    fn plan(&mut self, old: &Design, new: &Design) {
        let (a, b) = (&old.analysis, &new.analysis);
        let why = "how it is judged was fixed before the start, and its error rate holds for that plan alone";
        self.note(a.engine != b.engine, "engine", Safety::Unsafe, why);
        self.note(a.alpha.to_bits() != b.alpha.to_bits(), "alpha", Safety::Unsafe, why);
        self.note(a.sided != b.sided, "sided", Safety::Unsafe, why);
        let sequential = b.engine == EngineName::Sequential && a.engine == b.engine;
        let tuned = sequential && old.tuning().to_bits() != new.tuning().to_bits();
        let why = "the always-valid interval holds for one tuning chosen beforehand; it follows from planned_n, so write \
                   [analysis] tuning = … to keep it while planning longer";
        self.note(tuned, "tuning", Safety::Unsafe, why);
        let why = "what was believed before the data cannot be chosen after them";
        self.note(a.prior != b.prior, "prior", Safety::Unsafe, why);
        let why = "adjusting after having seen both answers is choosing one of them";
        self.note(a.cuped != b.cuped, "cuped", Safety::Unsafe, why);
        let why = "what was worth acting on was fixed before the start";
        self.note(old.criteria != new.criteria, "criteria", Safety::Unsafe, why);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::TEXT;
    use super::*;

    fn changes(edit: impl Fn(&mut Design)) -> Vec<(String, Safety)> {
        let old = Design::read(TEXT).unwrap();
        let mut new = old.clone();
        edit(&mut new);
        let found = diff(&old, &new);
        assert!(found.iter().all(|change| !change.why.is_empty()));
        found.into_iter().map(|change| (change.what, change.safety)).collect()
    }

    #[track_caller]
    fn one(edit: impl Fn(&mut Design), what: &str, safety: Safety) {
        assert_eq!(changes(edit), [(what.to_owned(), safety)]);
    }

    #[test]
    fn nothing_changed_is_nothing_to_say() {
        assert_eq!(changes(|_| {}), []);
        one(|d| d.hypothesis = "another".to_owned(), "hypothesis", Safety::Safe);
    }

    #[test]
    fn coverage_may_rise_and_not_fall() {
        let old = Design { coverage: 0.5, ..Design::read(TEXT).unwrap() };
        let found = |coverage| diff(&old, &Design { coverage, ..old.clone() }).remove(0).safety;
        assert_eq!((found(0.6), found(0.4)), (Safety::Safe, Safety::Unsafe));
    }

    #[test]
    fn who_gets_what_is_never_changed_on_the_way() {
        one(|d| d.seed = Some("other".to_owned()), "seed", Safety::Unsafe);
        one(|d| d.variants[1].weight = Some(0.4), "weights", Safety::Unsafe);
        one(|d| d.variants[1].experience = Some("e".to_owned()), "what variant bundle gets", Safety::Unsafe);
        one(|d| d.variants.reverse(), "order of variants", Safety::Unsafe);
        let added =
            |d: &mut Design| d.variants.push(Variant { name: "c".to_owned(), ..d.variants[0].clone() });
        one(added, "variant c added", Safety::Unsafe);
        let rule = super::super::Targeting { segment: Some("VIP".to_owned()), rule: None };
        one(|d| d.targeting = Some(rule.clone()), "targeting", Safety::Unsafe);
    }

    #[test]
    fn an_always_valid_test_may_run_longer_and_a_fixed_one_not() {
        one(|d| d.planned_days = 28, "planned length", Safety::Safe);
        one(|d| d.planned_n = Some(8_000), "tuning", Safety::Unsafe);
        let tuned = |d: &mut Design| {
            d.planned_n = Some(8_000);
            d.analysis.tuning = Some(4_000.0);
        };
        one(tuned, "planned length", Safety::Safe);
        let mut fixed = Design::read(TEXT).unwrap();
        fixed.analysis.engine = EngineName::Fixed;
        let longer = Design { planned_days: 28, ..fixed.clone() };
        assert_eq!(diff(&fixed, &longer)[0].safety, Safety::Unsafe);
    }

    #[test]
    fn what_decides_is_fixed_and_what_explains_is_free() {
        one(|d| d.metrics.secondary.clear(), "secondary metrics", Safety::Safe);
        one(|d| d.metrics.primary[0] = "visits".to_owned(), "primary metrics", Safety::Unsafe);
        one(|d| d.metrics.guardrails.clear(), "guardrail unsubscribes taken out", Safety::Unsafe);
        one(
            |d| d.metrics.guardrails[0].margin = Some(0.2),
            "margin of guardrail unsubscribes",
            Safety::Unsafe,
        );
        one(|d| d.criteria.power = 0.9, "criteria", Safety::Unsafe);
        one(|d| d.criteria.risk = Some(0.01), "criteria", Safety::Unsafe);
        let prior = Some(super::super::Believed { mean: 0.0, sd: 0.3 });
        one(|d| d.analysis.prior = prior, "prior", Safety::Unsafe);
        one(|d| d.minimum_weeks = 2, "minimum_weeks", Safety::Safe);
        one(|d| d.analysis.cuped = true, "cuped", Safety::Unsafe);
    }
}
