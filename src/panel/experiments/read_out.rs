//! Evidence and settings become a finished read-out.

use super::checks::looked_at;
use super::{
    Advice, ArmCount, Belief, Comparison, Experiment, Metric, Role, Unit, checks, cuped, denominators,
    finding,
};
use crate::experiment::analysis::{self, Evidence, MetricEvidence};
use crate::experiment::closer::Closer;
use crate::experiment::{
    Analysis, Collected, Crossing, Decision, MetricKind, Progress, Settings, Verdict, analyse, crossings,
    health, verdict, verdicts,
};
use crate::model::Problem;
use crate::model::definition::ContentHash;
use crate::panel::{figures, uplift};
use crate::stats::{Engine, Reading, Why};

/// What is known of an experiment beside what was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name, as the command line takes it.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// The hash of its definition, and of its file where it was imported.
    pub definition: ContentHash,
    /// The sign or code of the currency of amounts.
    pub currency: Option<String>,
    /// Metrics that are amounts of it.
    pub amounts: Vec<String>,
    /// Rows that were rejected before anybody could count them.
    pub rejected: u64,
}

/// An experiment looked at once.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Which experiment.
    pub about: &'a About,
    /// What was measured.
    pub evidence: &'a Evidence,
    /// How it is read.
    pub settings: &'a Settings,
}

impl Experiment {
    /// The read-out of an experiment that runs, with the first times its effects were proven.
    #[must_use]
    pub fn running(look: &Look<'_>, progress: &Progress, crossed: &[Crossing]) -> Self {
        let verdicts = verdicts(look.evidence, look.settings, progress, crossed);
        let day = (progress.days as u32).saturating_add(1);
        let state = if progress.days >= f64::from(progress.planned_days) {
            format!("ended after {} days", progress.planned_days)
        } else {
            format!("running, day {day} of {}", progress.planned_days)
        };
        let mut notes: Vec<String> = crossed.iter().map(crossing_note).collect();
        notes.extend(corrections(look));
        let mut experiment = look.read_out(state, notes);
        experiment.as_of = Some(look.evidence.as_of);
        experiment.advice = advice(&verdicts);
        experiment.sentence = decisions(look, &verdicts, &experiment.sentence, crossed);
        experiment
    }

    /// The read-out of a finished experiment whose values an import gave. Nothing was planned here, so nothing is advised.
    #[must_use]
    pub fn imported(look: &Look<'_>) -> Self {
        let given =
            "Values were given per unit by an import: there is no window, trend, novelty or segment to show.";
        let mut notes = vec![given.to_owned()];
        notes.extend(corrections(look));
        look.read_out("imported".to_owned(), notes)
    }

    /// A design of which nothing was measured, and why it cannot be if it is faulty.
    #[must_use]
    pub fn planned(
        about: &About,
        settings: &Settings,
        variants: &[String],
        problem: Option<&Problem>,
    ) -> Self {
        let sentence = match problem {
            Some(problem) => format!("It cannot run: {}.", problem.message),
            None => "Nobody has met it yet.".to_owned(),
        };
        Self {
            name: about.name.clone(),
            title: about.title.clone(),
            state: if problem.is_some() { "faulty" } else { "not running" }.to_owned(),
            advice: Advice::None,
            sentence,
            method: uplift::method(&settings.plan),
            health: Vec::new(),
            exposed: 0,
            matured: 0,
            excluded: 0,
            as_of: None,
            receipt: about.definition.short(),
            arms: variants.iter().map(|variant| ArmCount { variant: variant.clone(), n: 0 }).collect(),
            metrics: Vec::new(),
            notes: Vec::new(),
            closer: Closer::default(),
        }
    }
}

impl Look<'_> {
    /// Everything that does not depend on whether it runs.
    fn read_out(&self, state: String, mut notes: Vec<String>) -> Experiment {
        let (evidence, settings) = (self.evidence, self.settings);
        let analysis = analyse(evidence, &settings.deciding());
        notes.extend(cuped::notes(evidence, settings));
        let mut health = checks(evidence, self.about.rejected);
        health.extend(denominators(&analysis));
        health.extend(looked_at(&analysis));
        let exposed = evidence.arms.iter().map(|arm| arm.exposed).sum();
        let pending = |arm: usize| {
            evidence.metrics.first().and_then(|metric| metric.arms.get(arm)).map_or(0, Collected::pending)
        };
        let arms = evidence.arms.iter().enumerate().map(|(index, arm)| ArmCount {
            variant: arm.variant.clone(),
            n: arm.exposed.saturating_sub(arm.excluded + pending(index)),
        });
        Experiment {
            name: self.about.name.clone(),
            title: self.about.title.clone(),
            state,
            advice: Advice::None,
            sentence: finding(&analysis),
            method: uplift::method(&settings.plan),
            health,
            exposed,
            matured: exposed - (0..evidence.arms.len()).map(pending).sum::<u64>().min(exposed),
            excluded: evidence.excluded,
            as_of: None,
            receipt: self.receipt(),
            arms: arms.collect(),
            metrics: (0..evidence.metrics.len()).filter_map(|index| self.metric(&analysis, index)).collect(),
            notes,
            closer: Closer::default(),
        }
    }

    fn metric(&self, analysis: &Analysis, index: usize) -> Option<Metric> {
        let measured = self.evidence.metrics.get(index)?;
        let found = analysis.metrics.get(index)?;
        let mean = |arm: usize| found.arms.get(arm)?.mean;
        let compared = found.comparisons.iter().enumerate().map(|(treatment, comparison)| {
            let readings = comparison.readings.clone();
            Comparison {
                variant: comparison.variant.clone(),
                mean: mean(treatment + 1).filter(|_| !hidden(&readings.absolute, analysis)),
                p_adjusted: comparison.p_adjusted,
                belief: Belief::of(&comparison.numbers),
                guardrail: self.guardrail(measured, treatment + 1),
                absolute: readings.absolute,
                relative: readings.relative,
                denominator: comparison.denominator,
            }
        });
        let comparisons: Vec<Comparison> = compared.collect();
        let all_hidden = comparisons.iter().any(|comparison| hidden(&comparison.absolute, analysis));
        let unit = self.unit(measured);
        Some(Metric {
            name: name(measured, unit),
            role: role(measured),
            better: measured.better,
            unit,
            currency: self.about.currency.clone().filter(|_| unit == Unit::Money),
            control: mean(0).filter(|_| !all_hidden),
            comparisons,
        })
    }

    /// A guardrail against its margin; a primary metric against the design's, where it has one.
    fn guardrail(&self, metric: &MetricEvidence, arm: usize) -> Option<uplift::GuardrailVerdict> {
        let margin = match metric.role {
            analysis::Role::Guardrail { margin } => margin,
            analysis::Role::Primary => Some(self.settings.margin?),
            analysis::Role::Secondary => return None,
        };
        Some(verdict::guardrail(self.evidence, metric, arm, self.settings, margin).into())
    }

    fn unit(&self, metric: &MetricEvidence) -> Unit {
        match (metric.kind, metric.role) {
            (MetricKind::Proportion, analysis::Role::Guardrail { .. }) => Unit::PerThousand,
            (MetricKind::Proportion, _) => Unit::Share,
            _ if self.about.currency.is_some() && self.about.amounts.contains(&metric.metric) => Unit::Money,
            _ => Unit::Plain,
        }
    }

    /// A short hash of definitions, settings and counts: whoever quotes it can be told whether it is the same result.
    fn receipt(&self) -> String {
        let (evidence, settings) = (self.evidence, self.settings);
        let mut text = format!("{}\n{:?}\n{}\n", self.about.definition, settings.plan, settings.cuped);
        for arm in &evidence.arms {
            text.push_str(&format!("{}\t{}\t{}\n", arm.variant, arm.exposed, arm.excluded));
        }
        for metric in &evidence.metrics {
            for arm in &metric.arms {
                text.push_str(&format!("{}\t{}\t{}\n", metric.metric, arm.n(), arm.nonzero()));
            }
        }
        ContentHash::of(text.as_bytes()).short()
    }
}

/// Means are hidden where showing them would be peeking, or where the arms cannot be compared at all.
fn hidden(absolute: &Reading, analysis: &Analysis) -> bool {
    analysis.health.broken.is_some() || matches!(absolute, Reading::Withheld(Why::FixedPlanRunning))
}

fn name(metric: &MetricEvidence, unit: Unit) -> String {
    match unit {
        Unit::PerThousand => format!("{} per 1,000", metric.metric),
        Unit::Money if !metric.metric.ends_with(" per person") => format!("{} per person", metric.metric),
        Unit::Plain | Unit::Share | Unit::Money => metric.metric.clone(),
    }
}

fn role(metric: &MetricEvidence) -> Role {
    match metric.role {
        analysis::Role::Primary => Role::Primary,
        analysis::Role::Secondary => Role::Secondary,
        analysis::Role::Guardrail { .. } => Role::Guardrail,
    }
}

/// What to do with the experiment as a whole: whatever asks for a hand on it comes first.
fn advice(verdicts: &[Verdict]) -> Advice {
    let of = |decision: &Decision| match decision {
        Decision::Ship => Advice::Ship,
        Decision::Stop { .. } => Advice::Stop,
        Decision::KeepRunning { .. } => Advice::KeepRunning,
        Decision::Inconclusive => Advice::Inconclusive,
        Decision::Withheld { .. } => Advice::None,
    };
    let advised: Vec<Advice> = verdicts.iter().map(|verdict| of(&verdict.decision)).collect();
    let order = [Advice::Ship, Advice::Stop, Advice::KeepRunning, Advice::Inconclusive];
    order.into_iter().find(|advice| advised.contains(advice)).unwrap_or(Advice::None)
}

/// What was found, then what to do about it.
fn decisions(look: &Look<'_>, verdicts: &[Verdict], found: &str, crossed: &[Crossing]) -> String {
    let found = &format!("{found}{}", shown_before(look, crossed));
    match verdicts {
        [] => "There is no arm to compare with.".to_owned(),
        [Verdict { decision: Decision::Withheld { .. }, .. }, ..] => {
            health::check(&look.evidence.arms).remedy().unwrap_or("There is no verdict.").to_owned()
        }
        [one] => format!("{found} {}", one.sentence()),
        several => {
            let said = several.iter().map(|one| format!("{}: {}", one.variant, one.sentence()));
            format!("{found} {}", said.collect::<Vec<_>>().join(" "))
        }
    }
}

/// What was proven at an earlier look and is not shown by this one still counts, so it is said beside what is found now.
fn shown_before(look: &Look<'_>, crossed: &[Crossing]) -> String {
    let now = crossings(look.evidence, look.settings);
    let ours = |crossing: &&Crossing| {
        !now.iter().any(|other| other.metric == crossing.metric && other.variant == crossing.variant)
    };
    let before = crossed.iter().filter(ours).map(|crossing| {
        let way = if crossing.improved { "better" } else { "worse" };
        format!(" That {} of {} is {way} was shown before, and counts.", crossing.metric, crossing.variant)
    });
    before.collect()
}

fn crossing_note(crossing: &Crossing) -> String {
    format!(
        "{} of {} was first proven {} on {}.",
        crossing.metric,
        crossing.variant,
        if crossing.improved { "better" } else { "worse" },
        crossing.at.long(&jiff::tz::TimeZone::UTC)
    )
}

/// How p-values were adjusted, where there is more than one to adjust; a posterior's chances are not.
fn corrections(look: &Look<'_>) -> Option<String> {
    if let Engine::Bayesian { .. } = look.settings.plan.engine {
        let comparisons = look.evidence.metrics.len() * look.evidence.arms.len().saturating_sub(1);
        let said = "Chances and credible intervals are not corrected for the number of comparisons; guardrails are judged without the prior.";
        return (comparisons > 1).then(|| said.to_owned());
    }
    let family =
        |role: Role| look.evidence.metrics.iter().filter(|metric| self::role(metric) == role).count();
    let treatments = look.evidence.arms.len().saturating_sub(1);
    let families = [
        (family(Role::Primary) * treatments, "Holm", "primary"),
        (family(Role::Secondary) * treatments, "Benjamini–Hochberg", "secondary"),
    ];
    let mut said: Vec<String> = families
        .into_iter()
        .filter(|(comparisons, ..)| *comparisons > 1)
        .map(|(n, method, role)| format!("{method} over {} {role} comparisons", figures::count(n as u64)))
        .collect();
    if said.is_empty() {
        return None;
    }
    if family(Role::Guardrail) > 0 {
        said.push("guardrails not at all".to_owned());
    }
    Some(format!(
        "p-values are adjusted by {}; intervals are those of each comparison alone.",
        said.join(", ")
    ))
}
