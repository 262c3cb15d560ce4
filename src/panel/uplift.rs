//! The running test: sentence, estimate and interval over time, truth, attributed beside incremental.

use serde::{Deserialize, Serialize};

use crate::experiment::analysis::{self, MetricEvidence, Role};
use crate::experiment::health::{self, Health};
use crate::experiment::{
    Collected, Design, Evidence, Guardrail as Judged, MetricKind, Progress, Settings, verdict,
};
use crate::model::consent::Purpose;
use crate::model::{Problem, Span, Time};
use crate::panel::experiments::Unit;
use crate::panel::figures;
use crate::sim;
use crate::stats::{Engine, Plan, Reading, Why};
use crate::traffic::evidence::{evidence, exposed};
use crate::traffic::{Profile, Source, Traffic};

/// The uplift panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uplift {
    /// `cart recovery: bundle against 10 % off`.
    pub title: String,
    /// A sentence a client understands: `Bundle brings more orders. Decide on day 10.`
    pub sentence: String,
    /// The day of the test, from 1, at most the last planned one.
    pub day: u32,
    /// Planned days.
    pub days: u32,
    /// Whether the planned days are over.
    pub ended: bool,
    /// The primary metric: `orders per person`.
    pub metric: String,
    /// What the arms' means are.
    pub unit: Unit,
    /// The sign or code of the currency of amounts: `€`.
    pub currency: Option<String>,
    /// `always valid 95 %` or `fixed 95 %`.
    pub method: String,
    /// Relative uplift as a fraction.
    pub relative: Reading,
    /// Absolute difference in the metric's unit.
    pub absolute: Reading,
    /// What the world itself says, if simulated.
    pub truth: Option<Truth>,
    /// The relative estimate and its interval over time, oldest first.
    pub trend: Vec<TrendPoint>,
    /// The control arm.
    pub control: Arm,
    /// The treatment arm.
    pub treatment: Arm,
    /// χ² p-value of the split; none while arms are too small.
    pub srm_p: Option<f64>,
    /// Units exposed.
    pub exposed: u64,
    /// Units whose window has elapsed.
    pub matured: u64,
    /// Units seen in more than one variant, excluded.
    pub excluded: u64,
    /// Guardrail metrics and their verdicts.
    pub guardrails: Vec<Guardrail>,
    /// Orders credited to the last delivered and clicked message, per day; none where nobody was treated.
    pub attributed_per_day: Option<f64>,
    /// Orders that would not have happened, per day.
    pub incremental_per_day: Reading,
}

impl Uplift {
    /// No test is running: no title, and every reading withheld.
    #[must_use]
    pub fn none() -> Self {
        let arm = || Arm { name: String::new(), n: 0, mean: None };
        Self {
            title: String::new(),
            sentence: String::new(),
            day: 0,
            days: 0,
            ended: false,
            metric: String::new(),
            unit: Unit::Plain,
            currency: None,
            method: String::new(),
            relative: Reading::Withheld(Why::NoData),
            absolute: Reading::Withheld(Why::NoData),
            truth: None,
            trend: Vec::new(),
            control: arm(),
            treatment: arm(),
            srm_p: None,
            exposed: 0,
            matured: 0,
            excluded: 0,
            guardrails: Vec::new(),
            attributed_per_day: None,
            incremental_per_day: Reading::Withheld(Why::NoData),
        }
    }

    /// How far it has come: `day 6 of 14`, `ended, day 14 of 14`.
    #[must_use]
    pub fn progress(&self) -> String {
        let ended = if self.ended { "ended, " } else { "" };
        format!("{ended}day {} of {}", self.day, self.days)
    }

    /// An arm's mean in the metric's own unit: `9.1 %`, `€5.61`, `0.0909`; why there is none where nobody is measured.
    #[must_use]
    pub fn mean(&self, arm: &Arm) -> String {
        let Some(mean) = arm.mean else { return "nobody measured yet".to_owned() };
        let currency = self.currency.as_deref().unwrap_or_default();
        match self.unit {
            Unit::Share => format!("{} %", figures::fixed(mean * 100.0, 2)),
            Unit::PerThousand => format!("{} per 1,000", figures::fixed(mean * 1_000.0, 1)),
            Unit::Money => format!("{currency}{}", figures::fixed(mean, 2)),
            // Both means with as many places as the control's three figures need.
            Unit::Plain => figures::fixed(mean, figures::places_for(self.control.mean.unwrap_or(mean))),
        }
    }

    /// Orders credited to messages a day, or why there is no such number.
    #[must_use]
    pub fn attributed(&self) -> String {
        match self.attributed_per_day {
            Some(orders) => format!("{} orders a day", figures::fixed(orders, 0)),
            None => "withheld: nobody was treated yet".to_owned(),
        }
    }

    /// What the test itself brought a day, in the metric's unit, or why that is withheld.
    #[must_use]
    pub fn incremental(&self) -> String {
        let currency = self.currency.as_deref().filter(|_| self.unit == Unit::Money).unwrap_or_default();
        match &self.incremental_per_day {
            Reading::Estimate(estimate) => {
                format!("{currency}{} {}", figures::fixed(estimate.value, 0), figures::interval(estimate, 0))
            }
            Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
        }
    }
}

/// The known effect of a simulated world.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Relative effect as a fraction.
    pub relative: f64,
    /// Absolute effect in the metric's unit.
    pub absolute: f64,
    /// Whether the interval shown contains it.
    pub inside: Option<bool>,
}

/// One point of the trend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrendPoint {
    /// Days since the start.
    pub day: f64,
    /// Relative estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One arm of a two-arm comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// The variant's name.
    pub name: String,
    /// Units measured.
    pub n: u64,
    /// Mean of the metric; none while nobody is measured.
    pub mean: Option<f64>,
}

/// A guardrail and what can be said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guardrail {
    /// The metric.
    pub metric: String,
    /// The verdict.
    pub verdict: GuardrailVerdict,
}

/// DESIGN §4: safe, harmed, or can't tell yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardrailVerdict {
    /// The interval excludes worse than the margin.
    Safe,
    /// The interval excludes zero on the bad side.
    Harmed,
    /// Neither.
    CantTellYet,
}

/// A message is credited with what follows its click for this long.
const CREDIT: Span = Span::days(5);

/// A test that runs in traffic, looked at once.
pub struct Running<'a, S: Source> {
    traffic: &'a Traffic<S>,
    experiment: u32,
    design: &'a Design,
    evidence: Evidence,
    settings: Settings,
}

impl<'a, S: Source> Running<'a, S> {
    /// Looks at an experiment as of the point the traffic has come to.
    ///
    /// # Errors
    /// No such experiment, or metrics nobody defined.
    pub fn look(traffic: &'a Traffic<S>, experiment: u32) -> Result<Self, Vec<Problem>> {
        let evidence = evidence(traffic, experiment)?;
        let design = traffic.setup().library.experiments().get(experiment as usize).ok_or_else(|| {
            vec![Problem::new("experiment-unknown", format!("there is no experiment number {experiment}"))]
        })?;
        let progress = progress_of(design, &evidence, traffic.now());
        let ended = progress.days >= f64::from(design.planned_days);
        Ok(Self { traffic, experiment, design, evidence, settings: Settings::of(design, ended) })
    }

    /// What was measured.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The design.
    #[must_use]
    pub fn design(&self) -> &Design {
        self.design
    }

    /// How the evidence is read.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How far the experiment has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        progress_of(self.design, &self.evidence, self.traffic.now())
    }

    fn primary(&self) -> Option<&MetricEvidence> {
        self.evidence.metrics.first()
    }

    /// One more point of the trend, if there is enough to say anything.
    #[must_use]
    pub fn trend_point(&self) -> Option<TrendPoint> {
        let relative = analysis::readings(&self.evidence, self.primary()?, 1, &self.settings).relative;
        let estimate = relative.estimate()?;
        Some(TrendPoint {
            day: self.progress().days,
            value: estimate.value,
            low: estimate.low,
            high: estimate.high,
        })
    }

    /// What the primary metric's means are, and of which currency if they are amounts of one.
    fn unit(&self, metric: &MetricEvidence, currency: &str) -> (Unit, Option<String>) {
        let declared = &self.traffic.setup().metrics;
        let is_amount = declared.iter().any(|known| known.name == metric.metric && known.is_amount());
        match metric.kind {
            MetricKind::Proportion => (Unit::Share, None),
            _ if is_amount => (Unit::Money, Some(figures::currency_sign(currency))),
            _ => (Unit::Plain, None),
        }
    }

    /// The panel, with the trend gathered so far and what the world says, if it has been asked. Amounts are of `currency`.
    #[must_use]
    pub fn panel(&self, trend: &[TrendPoint], truth: Option<&sim::Truth>, currency: &str) -> Option<Uplift> {
        let metric = self.primary()?;
        let [control, treatment] = [metric.arms.first()?, metric.arms.get(1)?];
        let readings = analysis::readings(&self.evidence, metric, 1, &self.settings);
        let health = health::check(&self.evidence.arms);
        let progress = self.progress();
        let name = |arm: usize| self.evidence.arms.get(arm).map_or("", |arm| &arm.variant);
        let truth = truth.and_then(|truth| {
            let value = truth.relative()?;
            let inside = readings.relative.estimate().map(|e| e.low <= value && value <= e.high);
            Some(Truth { relative: value, absolute: truth.absolute(), inside })
        });
        let (unit, currency) = self.unit(metric, currency);
        let planned = self.design.planned_days;
        let treated = self.evidence.arms.get(1).is_some_and(|arm| arm.exposed > 0);
        Some(Uplift {
            title: self.design.name.clone(),
            sentence: sentence(name(1), &metric.metric, &health, &readings.relative, &progress),
            day: (progress.days as u32).saturating_add(1).min(planned),
            days: planned,
            ended: progress.days >= f64::from(planned),
            unit,
            currency,
            metric: format!("{} per person", metric.metric),
            method: method(&self.settings.plan),
            incremental_per_day: per_day(&readings.absolute, treatment.n(), progress.days),
            relative: readings.relative,
            absolute: readings.absolute,
            truth,
            trend: trend.to_vec(),
            control: arm(name(0), control),
            treatment: arm(name(1), treatment),
            srm_p: health.srm_p(),
            exposed: progress.units,
            matured: metric.arms.iter().map(Collected::n).sum(),
            excluded: self.evidence.excluded,
            guardrails: self.guardrails(),
            attributed_per_day: treated.then(|| self.attributed() as f64 / progress.days.max(1.0)),
        })
    }

    fn guardrails(&self) -> Vec<Guardrail> {
        self.evidence
            .metrics
            .iter()
            .filter_map(|metric| {
                let Role::Guardrail { margin } = metric.role else { return None };
                let judged = verdict::guardrail(&self.evidence, metric, 1, &self.settings, margin);
                Some(Guardrail { metric: metric.metric.clone(), verdict: judged.into() })
            })
            .collect()
    }

    /// Orders of the treatment's people credited to the last message that was delivered and clicked.
    fn attributed(&self) -> usize {
        let ordered = self.traffic.codes().ordered;
        exposed(self.traffic, self.experiment)
            .filter(|(_, variant, _)| *variant == 1)
            .map(|(profile, _, from)| {
                let orders = profile.history.iter().filter(|event| event.name == ordered && event.at >= from);
                orders.filter(|order| credited(profile, order.at)).count()
            })
            .sum()
    }
}

impl From<Judged> for GuardrailVerdict {
    fn from(judged: Judged) -> Self {
        match judged {
            Judged::Safe => Self::Safe,
            Judged::Harmed => Self::Harmed,
            Judged::CantTellYet => Self::CantTellYet,
        }
    }
}

fn progress_of(design: &Design, evidence: &Evidence, now: Time) -> Progress {
    Progress {
        days: design.start.map_or(0.0, |start| (now - start).as_days().max(0.0)),
        planned_days: design.planned_days,
        units: evidence.arms.iter().map(|arm| arm.exposed).sum(),
        planned_n: design.planned_n,
        minimum_weeks: design.minimum_weeks,
    }
}

fn credited(profile: &Profile, order: Time) -> bool {
    profile.messages.iter().any(|log| {
        // An answer to a survey is no click on an offer.
        log.purpose != Purpose::Survey
            && log.delivered.is_some()
            && log.clicked.is_some_and(|at| at <= order && order - at <= CREDIT)
    })
}

fn arm(name: &str, collected: &Collected) -> Arm {
    let mean = collected.summary().ok().and_then(|summary| summary.mean()).filter(|_| collected.n() > 0);
    Arm { name: name.to_owned(), n: collected.n(), mean }
}

fn per_day(absolute: &Reading, treated: u64, days: f64) -> Reading {
    let mut scaled = absolute.clone();
    if let Reading::Estimate(estimate) = &mut scaled {
        let scale = treated as f64 / days.max(1.0);
        estimate.value *= scale;
        estimate.low *= scale;
        estimate.high *= scale;
        estimate.standard_error = estimate.standard_error.map(|error| error * scale);
    }
    scaled
}

/// `always valid 95 %`.
pub(super) fn method(plan: &Plan) -> String {
    let name = match plan.engine {
        Engine::Fixed => "fixed",
        Engine::Sequential { .. } => "always valid",
    };
    format!("{name} {:.0} %", (1.0 - plan.alpha) * 100.0)
}

fn sentence(
    treatment: &str,
    metric: &str,
    health: &Health,
    relative: &Reading,
    progress: &Progress,
) -> String {
    if health.broken.is_some() {
        return health.sentence();
    }
    let when = match progress.days_left() {
        0 => "It is time to decide.".to_owned(),
        left if progress.days + f64::from(left) > 3.0 * f64::from(progress.planned_days) => {
            "At this pace the planned number of people is out of reach.".to_owned()
        }
        left => format!("Decide on day {}.", (progress.days + f64::from(left)).floor() as u32),
    };
    let mut letters = treatment.chars();
    let name: String = letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default();
    match relative {
        Reading::Withheld(why) => format!("Too early to say anything: {}. {when}", why.sentence()),
        Reading::Estimate(estimate) if estimate.low > 0.0 => format!("{name} brings more {metric}. {when}"),
        Reading::Estimate(estimate) if estimate.high < 0.0 => format!("{name} brings fewer {metric}. {when}"),
        Reading::Estimate(_) => format!("{name} against control: can't tell yet. {when}"),
    }
}
