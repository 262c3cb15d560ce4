//! Arms compared, metric by metric: what `experiment analyze --json` prints and what panels read.

use serde::{Deserialize, Serialize};

use super::beside::{Denominator, RelativeChange};
use super::collect::Collected;
use super::design::Design;
use super::health::{self, ArmTraffic, Health};
use super::metric::{Better, MetricKind};
use super::numbers::Numbers;
use crate::model::Time;
use crate::stats::{
    Caution, Difference, Engine, Plan, Prior, Reading, Summary, Why, bayes, compare, correction, skew,
};

/// The smallest number of conversions per arm at which a sequential reading of a proportion is shown.
pub const MINIMUM_CONVERSIONS: u64 = 25;
/// The smallest number of values above zero per arm at which a sequential reading of a mean is shown.
pub const MINIMUM_NONZERO: u64 = 100;

/// Below this many conversions, or failures, in an arm the normal approximation of a proportion is rough (the usual rule of
/// thumb, as for χ²).
const ROUGH: u64 = 5;

/// What is said of a small arm of a skewed metric, where an interval is shown all the same.
const LOPSIDED: &str = "few large values decide the smaller arm, so the interval misses more often than it says; a more even split helps";

/// Why nothing is said of one that is too skewed for its engine.
const TOO_LOPSIDED: &str =
    "few values decide the smaller arm: a more even split, more people or a cut at a share of values helps";

/// What is said of a Bayesian reading before its end.
pub const LOOKED_AT: &str = "credible intervals and chances hold for one look: deciding at whichever look pleases finds what is not there \
                             more often than they say";

/// Why nothing is said of a relative change of few amounts.
const UNCERTAIN_BASE: &str =
    "the means are too uncertain to be divided; the absolute difference is beside it";

/// Why nothing is said of a relative change of small counts.
const EXACT_BESIDE: &str = "counts are small, so only the difference is read, exactly";

/// What is said of one that is always valid.
const ROUGH_BASE: &str = "the means are uncertain to be divided by, so the relative interval is rough";

/// What a metric is for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It decides; Holm over primary metrics × treatment arms.
    Primary,
    /// It explains; Benjamini–Hochberg over its own family.
    Secondary,
    /// It must not get worse; uncorrected.
    Guardrail {
        /// The tolerated worsening as a fraction of the control's mean.
        margin: Option<f64>,
    },
}

/// A metric as measured in every arm.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricEvidence {
    /// The metric's name.
    pub metric: String,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// What it is for.
    pub role: Role,
    /// Which way it should move.
    pub better: Better,
    /// The covariate collected beside the values, if any.
    pub covariate: Option<String>,
    /// One entry per arm, the control first.
    pub arms: Vec<Collected>,
}

/// Everything measured of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The experiment's name.
    pub experiment: String,
    /// The point the numbers stand for.
    pub as_of: Time,
    /// The arms, the control first.
    pub arms: Vec<ArmTraffic>,
    /// Units excluded for having several variants.
    pub excluded: u64,
    /// The metrics in the order they are shown.
    pub metrics: Vec<MetricEvidence>,
}

/// How evidence is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Engine, level and scale.
    pub plan: Plan,
    /// Whether means are adjusted for their covariate where there is one.
    pub cuped: bool,
    /// Whether the experiment is over: a fixed plan shows nothing before.
    pub ended: bool,
    /// How much worse a primary metric may be, as a fraction of the control's mean, where not being worse is enough.
    pub margin: Option<f64>,
}

impl Settings {
    /// As a design declares it; `ended` is true once its planned end has come.
    #[must_use]
    pub fn of(design: &Design, ended: bool) -> Self {
        Self { plan: design.plan(), cuped: false, ended, margin: design.criteria.margin }
    }

    /// Whether it is read before its end by an engine that does not allow for it.
    #[must_use]
    pub fn is_peeked_at(&self) -> bool {
        matches!(self.plan.engine, Engine::Bayesian { .. }) && !self.ended
    }

    /// Whether it may be read many times before it is decided, so that what holds for one look has to say so.
    #[must_use]
    pub fn is_looked_at_often(&self) -> bool {
        self.plan.engine.allows_many_looks() || self.is_peeked_at()
    }

    /// The same without what was believed before: for harm, which a prior would hide, and for parts, which borrow from each other
    /// instead.
    #[must_use]
    pub fn without_prior(&self) -> Self {
        let engine = match self.plan.engine {
            Engine::Bayesian { risk, .. } => Engine::Bayesian { prior: Prior::default(), risk },
            other => other,
        };
        Self { plan: Plan { engine, ..self.plan }, ..*self }
    }

    /// A finished experiment read once, by its absolute differences.
    #[must_use]
    pub fn finished() -> Self {
        let plan = Plan::new(Engine::Fixed).on(Difference::Absolute);
        Self { plan, cuped: false, ended: true, margin: None }
    }

    /// The same on the scale that decides: tests and p-values are on the absolute difference, while a prior and the risk one may run
    /// are on the relative change.
    #[must_use]
    pub fn deciding(&self) -> Self {
        let scale = match self.plan.engine {
            Engine::Fixed | Engine::Sequential { .. } => Difference::Absolute,
            Engine::Bayesian { .. } => Difference::RelativeDelta,
        };
        Self { plan: self.plan.on(scale), ..*self }
    }

    /// Whether numbers are asked for as the peers print them: relative, tested and bounded by the delta method.
    #[must_use]
    pub fn is_as_peers_do(&self) -> bool {
        let tested = !matches!(self.plan.engine, Engine::Bayesian { .. });
        tested && self.plan.difference == Difference::RelativeDelta
    }
}

/// An analysis, in the words and order of its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// The experiment's name.
    pub experiment: String,
    /// The point the numbers stand for.
    pub as_of: Time,
    /// `fixed`, `sequential` or `bayesian`.
    pub engine: &'static str,
    /// One minus the coverage of the intervals.
    pub alpha: f64,
    /// The scale of intervals, standard errors and p-values: `absolute`, or `relative` by the delta method where that is asked for and
    /// where a prior is on it.
    pub difference: &'static str,
    /// χ² p-value of the split; none while arms are too small.
    pub srm_p: Option<f64>,
    /// Units excluded for having several variants.
    pub units_excluded: u64,
    /// What to mind of all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<&'static str>,
    /// The metrics.
    pub metrics: Vec<MetricAnalysis>,
    /// What the split means; for people, not for JSON.
    #[serde(skip)]
    pub health: Health,
}

/// One metric's arms and comparisons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricAnalysis {
    /// The metric's name.
    pub metric: String,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// The covariate the comparisons are adjusted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covariate: Option<String>,
    /// The arms, the control first.
    pub arms: Vec<ArmMean>,
    /// Each treatment against the control.
    pub comparisons: Vec<ArmComparison>,
}

/// An arm's size and mean as measured, without adjustment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmMean {
    /// The variant's name.
    pub variant: String,
    /// Units measured.
    pub n: u64,
    /// The mean; none where nothing was measured.
    pub mean: Option<f64>,
}

/// A treatment against the control: every number, or the reason there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmComparison {
    /// The treatment's name.
    pub variant: String,
    /// The numbers, each null where there is none.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// The p-value within its family; none for guardrails, and for the Bayesian engine, which corrects nothing.
    pub p_adjusted: Option<f64>,
    /// The relative change beside an absolute difference; none where the numbers are relative themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative: Option<RelativeChange>,
    /// Whether the interval is Newcombe's and the p-value Fisher's, because counts are small.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
    /// The denominator of a ratio compared on its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<Denominator>,
    /// Why there are no numbers.
    pub withheld: Option<Withheld>,
    /// The same comparison without adjustment, beside an adjusted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unadjusted: Option<Numbers>,
    /// The same effect as panels show it: what is said of it everywhere comes from here.
    #[serde(skip)]
    pub readings: Readings,
}

impl ArmComparison {
    /// Whether an effect is shown, and is the one wanted: by the adjusted p-value, guardrails by their own, or by a posterior that is
    /// convinced.
    #[must_use]
    pub fn improved(&self, plan: &Plan, better: Better) -> Option<bool> {
        if let Engine::Bayesian { risk, .. } = plan.engine {
            return self.numbers.believed_better(plan.alpha, risk);
        }
        let p = self.p_adjusted.or(self.numbers.p_value)?;
        let effect = self.numbers.uplift_absolute? * better.sign();
        (p <= plan.alpha && effect != 0.0).then_some(effect > 0.0)
    }
}

/// A reason in a form for machines and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Withheld {
    /// A stable short name.
    pub code: &'static str,
    /// The reason as a clause.
    pub reason: String,
}

impl From<&Why> for Withheld {
    fn from(why: &Why) -> Self {
        Self { code: why.code(), reason: why.sentence() }
    }
}

/// A treatment's effect for a panel, on both scales.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// Relative, interval on the log-ratio scale.
    pub relative: Reading,
    /// Absolute, in the metric's unit.
    pub absolute: Reading,
}

/// Compares every treatment with the control on every metric.
#[must_use]
pub fn analyse(evidence: &Evidence, settings: &Settings) -> Analysis {
    let health = health::check(&evidence.arms);
    let mut metrics: Vec<MetricAnalysis> =
        evidence.metrics.iter().map(|metric| analyse_metric(evidence, metric, settings, &health)).collect();
    correct(evidence, &mut metrics);
    Analysis {
        experiment: evidence.experiment.clone(),
        as_of: evidence.as_of,
        engine: match settings.plan.engine {
            Engine::Fixed => "fixed",
            Engine::Sequential { .. } => "sequential",
            Engine::Bayesian { .. } => "bayesian",
        },
        alpha: settings.plan.alpha,
        difference: match settings.plan.difference {
            Difference::Absolute | Difference::RelativeLog => "absolute",
            Difference::RelativeDelta => "relative",
        },
        srm_p: health.srm_p(),
        units_excluded: evidence.excluded,
        cautions: settings.is_peeked_at().then_some(LOOKED_AT).into_iter().collect(),
        metrics,
        health,
    }
}

/// The effect of the treatment in arm `arm` on a metric, as a panel shows it.
#[must_use]
pub fn readings(evidence: &Evidence, metric: &MetricEvidence, arm: usize, settings: &Settings) -> Readings {
    read(evidence, metric, arm, settings, &health::check(&evidence.arms))
}

fn read(
    evidence: &Evidence,
    metric: &MetricEvidence,
    arm: usize,
    settings: &Settings,
    health: &Health,
) -> Readings {
    let on = |difference| {
        let on = Settings { plan: settings.plan.on(difference), ..*settings };
        let (control, treatment) = match arms(evidence, metric, arm, &on, health) {
            Ok(arms) => arms,
            Err(why) => return Reading::Withheld(why),
        };
        let exact = compare::is_exact(&control, &treatment, &on.plan);
        let exact_beside = compare::is_exact(&control, &treatment, &on.plan.on(Difference::Absolute));
        if exact_beside && on.plan.difference != Difference::Absolute {
            return Reading::Withheld(Why::Other { reason: EXACT_BESIDE.to_owned() });
        }
        let cautions = cautions(evidence, metric, arm, &on, exact);
        if let Engine::Bayesian { prior, .. } = on.plan.engine {
            return bayes::reading(&control, &treatment, on.plan.alpha, on.plan.difference, &prior, cautions);
        }
        mind_the_base(compare::reading(&control, &treatment, &on.plan, cautions), metric.kind, &on.plan)
    };
    Readings { relative: on(Difference::RelativeLog), absolute: on(Difference::Absolute) }
}

/// Control and treatment of a metric ready to be compared.
///
/// # Errors
/// Why nothing may be said.
pub(super) fn compared(
    evidence: &Evidence,
    metric: &MetricEvidence,
    arm: usize,
    settings: &Settings,
) -> Result<(Summary, Summary), Why> {
    arms(evidence, metric, arm, settings, &health::check(&evidence.arms))
}

/// A relative change of a mean that is itself too uncertain: a fixed interval would miss more often than it says, an always-valid
/// one does not and says that it is rough.
fn mind_the_base(mut reading: Reading, kind: MetricKind, plan: &Plan) -> Reading {
    let (Reading::Estimate(estimate), MetricKind::Mean, Difference::RelativeLog) =
        (&mut reading, kind, plan.difference)
    else {
        return reading;
    };
    if estimate.standard_error.is_none_or(|error| error <= skew::WIDEST_RATIO) {
        return reading;
    }
    match plan.engine {
        Engine::Fixed | Engine::Bayesian { .. } => {
            Reading::Withheld(Why::Other { reason: UNCERTAIN_BASE.to_owned() })
        }
        Engine::Sequential { .. } => {
            estimate.cautions.push(Caution::Other(ROUGH_BASE.to_owned()));
            reading
        }
    }
}

/// Whether few values of the smaller arm decide: its difference from the control is more lopsided than this.
fn is_lopsided(metric: &MetricEvidence, arm: usize, bound: f64) -> bool {
    metric.kind != MetricKind::Ratio
        && matches!((metric.arms.first(), metric.arms.get(arm)), (Some(control), Some(treatment))
            if skew::is_beyond(&control.shape(), &treatment.shape(), bound))
}

/// What the reader of a treatment's effect must know beside it; an exact reading of small counts is not rough.
fn cautions(
    evidence: &Evidence,
    metric: &MetricEvidence,
    arm: usize,
    settings: &Settings,
    exact: bool,
) -> Vec<Caution> {
    let compared = || metric.arms.first().into_iter().chain(metric.arms.get(arm));
    let rough = !exact && compared().filter_map(Collected::rarer).any(|units| units < ROUGH);
    let lopsided = !exact && is_lopsided(metric, arm, skew::LARGEST);
    let checks = [
        (compared().any(|arm| arm.pending() > 0), Caution::Maturing),
        (evidence.excluded > 0, Caution::MultipleExposures),
        (matches!(metric.role, Role::Guardrail { .. }), Caution::Uncorrected),
        (compared().any(Collected::hangs_on_one_unit), Caution::Outlier),
        (
            rough,
            Caution::Other(format!("fewer than {ROUGH} on one side of an arm, so the interval is rough")),
        ),
        (lopsided, Caution::Other(LOPSIDED.to_owned())),
        (settings.is_peeked_at(), Caution::Other(LOOKED_AT.to_owned())),
    ];
    checks.into_iter().filter(|(applies, _)| *applies).map(|(_, caution)| caution).collect()
}

fn analyse_metric(
    evidence: &Evidence,
    metric: &MetricEvidence,
    settings: &Settings,
    health: &Health,
) -> MetricAnalysis {
    let arms = evidence.arms.iter().zip(&metric.arms).map(|(arm, collected)| ArmMean {
        variant: arm.variant.clone(),
        n: collected.n(),
        mean: collected.summary().ok().and_then(|summary| summary.mean()),
    });
    let comparisons =
        (1..evidence.arms.len()).map(|arm| compare_arm(evidence, metric, arm, settings, health));
    MetricAnalysis {
        metric: metric.metric.clone(),
        kind: metric.kind,
        covariate: metric.covariate.clone().filter(|_| adjusts(metric, settings)),
        arms: arms.collect(),
        comparisons: comparisons.collect(),
    }
}

/// What is compared with its control.
struct Pairing<'a> {
    evidence: &'a Evidence,
    metric: &'a MetricEvidence,
    arm: usize,
    health: &'a Health,
}

impl Pairing<'_> {
    /// The numbers and the readings they are taken from. As peers print them, and by a posterior on the scale of its prior, they are
    /// computed on that scale instead.
    fn numbers(&self, settings: &Settings) -> (Result<Numbers, Why>, Readings) {
        let Self { evidence, metric, arm, health } = *self;
        let readings = read(evidence, metric, arm, settings, health);
        let apart = matches!(settings.plan.engine, Engine::Bayesian { .. }) || settings.is_as_peers_do();
        let found = if apart {
            arms(evidence, metric, arm, settings, health).and_then(|(control, treatment)| {
                Numbers::of(&control, &treatment, &settings.plan, metric.better)
            })
        } else {
            Numbers::shown(&readings)
        };
        (found, readings)
    }

    /// The denominator of a ratio compared on its own, unless that would be peeking or the arms cannot be compared at all.
    fn denominator(&self, settings: &Settings) -> Option<Denominator> {
        if self.health.broken.is_some() || (settings.plan.engine == Engine::Fixed && !settings.ended) {
            return None;
        }
        let of = |arm: usize| self.metric.arms.get(arm)?.summary().ok();
        Denominator::between(&of(0)?, &of(self.arm)?)
    }
}

fn compare_arm(
    evidence: &Evidence,
    metric: &MetricEvidence,
    arm: usize,
    settings: &Settings,
    health: &Health,
) -> ArmComparison {
    let pairing = Pairing { evidence, metric, arm, health };
    let (found, readings) = pairing.numbers(settings);
    let plain = Settings { cuped: false, ..*settings };
    let unadjusted = adjusts(metric, settings).then(|| pairing.numbers(&plain).0.ok()).flatten();
    let absolute = settings.plan.difference != Difference::RelativeDelta;
    let exact =
        readings.absolute.estimate().is_some_and(|found| found.cautions.contains(&Caution::SmallCounts));
    ArmComparison {
        variant: evidence.arms[arm].variant.clone(),
        numbers: found.as_ref().copied().unwrap_or_default(),
        p_adjusted: None,
        relative: (absolute && found.is_ok()).then(|| RelativeChange::of(&readings.relative)),
        exact: absolute && exact,
        denominator: pairing.denominator(settings),
        withheld: found.as_ref().err().map(Withheld::from),
        unadjusted,
        readings,
    }
}

/// Whether a metric's comparisons are adjusted: asked for, and every unit of every arm has the covariate.
fn adjusts(metric: &MetricEvidence, settings: &Settings) -> bool {
    settings.cuped && metric.covariate.is_some() && metric.arms.iter().all(|arm| arm.adjusted().is_some())
}

/// Control and treatment ready to be compared, or why nothing may be said.
fn arms(
    evidence: &Evidence,
    metric: &MetricEvidence,
    arm: usize,
    settings: &Settings,
    health: &Health,
) -> Result<(Summary, Summary), Why> {
    if let Some(why) = &health.broken {
        return Err(why.clone());
    }
    if settings.plan.engine == Engine::Fixed && !settings.ended {
        return Err(Why::FixedPlanRunning);
    }
    let (Some(control), Some(treatment)) = (metric.arms.first(), metric.arms.get(arm)) else {
        return Err(Why::NoData);
    };
    measured(evidence, [(0, control), (arm, treatment)])?;
    // What is looked at before its end, or as often as one likes, has to wait for the normal law.
    if settings.is_looked_at_often() {
        enough(metric.kind, control.nonzero().min(treatment.nonzero()))?;
    }
    let summary = |collected: &Collected| {
        let adjusted = adjusts(metric, settings).then(|| collected.adjusted()).flatten();
        adjusted.map_or_else(|| collected.summary(), Ok)
    };
    let (control, treatment) = (summary(control)?, summary(treatment)?);
    let exact = compare::is_exact(&control, &treatment, &settings.plan);
    if !exact && is_lopsided(metric, arm, skew::bound(&settings.plan.engine)) {
        return Err(Why::Other { reason: TOO_LOPSIDED.to_owned() });
    }
    Ok((control, treatment))
}

/// Both arms have somebody to measure: nobody is in one that is empty, and of those who are some may still be watched.
pub(super) fn measured(evidence: &Evidence, arms: [(usize, &Collected); 2]) -> Result<(), Why> {
    let all_open = arms.iter().all(|(_, collected)| collected.n() == 0 && collected.pending() > 0);
    if all_open {
        let first = arms.iter().filter_map(|(_, collected)| collected.closes()).min();
        return Err(Why::WindowsOpen { variant: None, first });
    }
    let Some((arm, collected)) = arms.into_iter().find(|(_, collected)| collected.n() == 0) else {
        return Ok(());
    };
    let variant = evidence.arms.get(arm).map_or_else(String::new, |traffic| traffic.variant.clone());
    Err(match collected.pending() {
        0 => Why::EmptyArm { variant },
        _ => Why::WindowsOpen { variant: Some(variant), first: collected.closes() },
    })
}

/// The normal approximation under an asymptotic sequence needs this much.
fn enough(kind: MetricKind, have: u64) -> Result<(), Why> {
    let (what, need) = match kind {
        MetricKind::Proportion => ("conversions per arm", MINIMUM_CONVERSIONS),
        MetricKind::Mean | MetricKind::Ratio => ("non-zero values per arm", MINIMUM_NONZERO),
    };
    if have < need { Err(Why::TooFew { what: what.to_owned(), have, need }) } else { Ok(()) }
}

/// Fills in the adjusted p-values, family by family; guardrails stay uncorrected.
fn correct(evidence: &Evidence, metrics: &mut [MetricAnalysis]) {
    correct_family(evidence, metrics, Role::Primary, correction::holm);
    correct_family(evidence, metrics, Role::Secondary, correction::benjamini_hochberg);
}

/// A comparison that is withheld still counts as a member, so that adjusted values do not jump when it appears.
fn correct_family(
    evidence: &Evidence,
    metrics: &mut [MetricAnalysis],
    role: Role,
    adjust: impl Fn(&[f64]) -> Vec<f64>,
) {
    let mut family: Vec<&mut ArmComparison> = evidence
        .metrics
        .iter()
        .zip(metrics)
        .filter(|(metric, _)| metric.role == role)
        .flat_map(|(_, analysis)| &mut analysis.comparisons)
        .collect();
    let raw: Vec<f64> = family.iter().map(|comparison| comparison.numbers.p_value.unwrap_or(1.0)).collect();
    for (comparison, adjusted) in family.iter_mut().zip(adjust(&raw)) {
        comparison.p_adjusted = comparison.numbers.p_value.map(|_| adjusted);
    }
}
