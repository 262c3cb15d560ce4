//! The running test: sentence, estimate and interval over time, truth, attributed beside incremental.

use serde::{Deserialize, Serialize};

use crate::experiment::collect::Collected;
use crate::experiment::health::{self, ArmTraffic, Health};
use crate::experiment::{Design, Metric, Tally};
use crate::model::{Span, Time};
use crate::rule::Point;
use crate::sim;
use crate::stats::compare::{self, Plan};
use crate::stats::{Difference, Reading, Why};
use crate::traffic::profile::Seen;
use crate::traffic::{Profile, Setup, Source, Traffic};

/// The uplift panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uplift {
    /// `cart recovery: bundle against 10 % off`.
    pub title: String,
    /// A sentence a client understands: `Bundle brings more orders. Decide on day 10.`
    pub sentence: String,
    /// The day of the test, from 1.
    pub day: u32,
    /// Planned days.
    pub days: u32,
    /// The primary metric: `orders per person`.
    pub metric: String,
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
    /// Orders credited to the last delivered and clicked message, per day.
    pub attributed_per_day: f64,
    /// Orders that would not have happened, per day.
    pub incremental_per_day: Reading,
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
    /// Mean of the metric.
    pub mean: f64,
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

/// Sequential readings are withheld under this many conversions per arm.
const FEWEST_CONVERSIONS: u64 = 25;

/// A message is credited with what follows its click for this long.
const CREDIT: Span = Span::days(5);

/// A test that runs in traffic.
pub struct Running<'a, S: Source> {
    /// The traffic.
    pub traffic: &'a Traffic<S>,
    /// The experiment, as an index into the library.
    pub experiment: u32,
    /// What the world says, if it has been asked.
    pub truth: Option<&'a sim::Truth>,
}

/// One metric over both arms.
struct Measured {
    control: Collected,
    treatment: Collected,
}

impl<S: Source> Running<'_, S> {
    fn setup(&self) -> &Setup {
        self.traffic.setup()
    }

    fn design(&self) -> Option<&Design> {
        self.setup().library.experiments.get(self.experiment as usize)
    }

    fn metric(&self, name: &str) -> Option<&Metric> {
        self.setup().metrics.iter().find(|metric| metric.name == name)
    }

    fn exposed(&self) -> impl Iterator<Item = (&Profile, u8, Time)> {
        self.traffic.profiles().filter_map(|profile| {
            let exposure = profile.exposures.iter().find(|e| e.experiment == self.experiment)?;
            Some((profile, exposure.variant, exposure.at))
        })
    }

    fn measure(&self, metric: &Metric) -> Measured {
        let point = Point::before(self.traffic.now());
        let words = &self.setup().words;
        let mut measured =
            Measured { control: Collected::new(metric.kind), treatment: Collected::new(metric.kind) };
        for (profile, variant, at) in self.exposed() {
            let mut tally = Tally::new(metric, at, point);
            let from = profile.history.partition_point(|happening| happening.at < at);
            for happening in &profile.history[from..] {
                tally.see(words.word(happening.name), &Seen { happening, words });
            }
            let arm = if variant == 0 { &mut measured.control } else { &mut measured.treatment };
            arm.push(&tally.finish(), None);
        }
        measured
    }

    fn health(&self, design: &Design) -> Health {
        let mut arms: Vec<ArmTraffic> = design
            .variants
            .iter()
            .zip(design.weights())
            .map(|(variant, weight)| ArmTraffic {
                variant: variant.name.clone(),
                weight,
                exposed: 0,
                excluded: 0,
            })
            .collect();
        for (_, variant, _) in self.exposed() {
            if let Some(arm) = arms.get_mut(usize::from(variant)) {
                arm.exposed += 1;
            }
        }
        health::check(&arms)
    }

    /// One more point of the trend, if there is enough to say anything.
    #[must_use]
    pub fn trend_point(&self) -> Option<TrendPoint> {
        let design = self.design()?;
        let metric = self.metric(design.metrics.primary.first()?)?;
        let estimate = read(&self.measure(metric), &design.plan(), Difference::RelativeLog);
        let estimate = estimate.estimate()?;
        Some(TrendPoint {
            day: (self.traffic.now() - design.start?).as_days(),
            value: estimate.value,
            low: estimate.low,
            high: estimate.high,
        })
    }

    /// The panel, with the trend gathered so far.
    #[must_use]
    pub fn panel(&self, trend: &[TrendPoint]) -> Option<Uplift> {
        let design = self.design()?;
        let metric = self.metric(design.metrics.primary.first()?)?;
        let (start, now) = (design.start.unwrap_or(self.traffic.now()), self.traffic.now());
        let elapsed = (now - start).as_days().max(0.0);
        let health = self.health(design);
        let measured = self.measure(metric);
        let plan = design.plan();
        let relative = health.gate(read(&measured, &plan, Difference::RelativeLog));
        let absolute = health.gate(read(&measured, &plan, Difference::Absolute));
        let exposed = self.exposed().count() as u64;
        let treatment = design.variants.get(1)?.name.clone();
        let truth = self.truth.and_then(|truth| {
            let (value, relative) = (truth.relative()?, &relative);
            let inside = relative.estimate().map(|e| e.low <= value && value <= e.high);
            Some(Truth { relative: value, absolute: truth.absolute(), inside })
        });
        let decide_on = decision_day(design, exposed, elapsed);
        Some(Uplift {
            title: design.name.clone(),
            sentence: sentence(&treatment, metric, &health, &relative, decide_on, elapsed),
            day: elapsed as u32 + 1,
            days: design.planned_days,
            metric: format!("{} per person", metric.name),
            method: method(&plan),
            relative,
            incremental_per_day: per_day(&absolute, measured.treatment.n(), elapsed),
            absolute,
            truth,
            trend: trend.to_vec(),
            control: arm(&design.variants.first()?.name, &measured.control),
            treatment: arm(&treatment, &measured.treatment),
            srm_p: health.srm_p(),
            exposed,
            matured: measured.control.n() + measured.treatment.n(),
            excluded: 0,
            guardrails: self.guardrails(design),
            attributed_per_day: self.attributed() as f64 / elapsed.max(1.0),
        })
    }

    fn guardrails(&self, design: &Design) -> Vec<Guardrail> {
        design
            .metrics
            .guardrails
            .iter()
            .filter_map(|guardrail| {
                let metric = self.metric(&guardrail.metric)?;
                let reading = read(&self.measure(metric), &design.plan(), Difference::RelativeLog);
                Some(Guardrail {
                    metric: metric.name.clone(),
                    verdict: judge(&reading, metric.better.sign(), guardrail.margin),
                })
            })
            .collect()
    }

    /// Orders of the treatment's people credited to the last message that was delivered and clicked.
    fn attributed(&self) -> usize {
        let ordered = self.traffic.codes().ordered;
        self.exposed()
            .filter(|(_, variant, _)| *variant != 0)
            .map(|(profile, _, exposed)| {
                profile
                    .history
                    .iter()
                    .filter(|happening| happening.name == ordered && happening.at >= exposed)
                    .filter(|order| credited(profile, order.at))
                    .count()
            })
            .sum()
    }
}

fn credited(profile: &Profile, order: Time) -> bool {
    profile.messages.iter().any(|log| {
        log.delivered.is_some() && log.clicked.is_some_and(|at| at <= order && order - at <= CREDIT)
    })
}

/// The reading of two arms, withheld where the sequential engine has too little.
fn read(measured: &Measured, plan: &Plan, difference: Difference) -> Reading {
    let fewest = measured.control.nonzero().min(measured.treatment.nonzero());
    if fewest < FEWEST_CONVERSIONS {
        let what = "conversions per arm".to_owned();
        return Reading::Withheld(Why::TooFew { what, have: fewest, need: FEWEST_CONVERSIONS });
    }
    match (measured.control.summary(), measured.treatment.summary()) {
        (Ok(control), Ok(treatment)) => {
            compare::reading(&control, &treatment, &plan.on(difference), Vec::new())
        }
        (Err(why), _) | (_, Err(why)) => Reading::Withheld(why),
    }
}

/// Safe if the interval excludes worse than the margin, harmed if it excludes zero on the bad side.
fn judge(reading: &Reading, better: f64, margin: Option<f64>) -> GuardrailVerdict {
    let Some(estimate) = reading.estimate() else { return GuardrailVerdict::CantTellYet };
    let (worst, best) =
        if better > 0.0 { (estimate.low, estimate.high) } else { (-estimate.high, -estimate.low) };
    if best < 0.0 {
        GuardrailVerdict::Harmed
    } else if margin.is_some_and(|margin| worst > -margin) {
        GuardrailVerdict::Safe
    } else {
        GuardrailVerdict::CantTellYet
    }
}

fn arm(name: &str, collected: &Collected) -> Arm {
    let mean = collected.summary().ok().and_then(|summary| summary.mean()).unwrap_or(0.0);
    Arm { name: name.to_owned(), n: collected.n(), mean }
}

fn per_day(absolute: &Reading, treated: u64, elapsed: f64) -> Reading {
    match absolute {
        Reading::Withheld(why) => Reading::Withheld(why.clone()),
        Reading::Estimate(estimate) => {
            let scale = treated as f64 / elapsed.max(1.0);
            let mut scaled = estimate.clone();
            scaled.value *= scale;
            scaled.low *= scale;
            scaled.high *= scale;
            scaled.standard_error = scaled.standard_error.map(|error| error * scale);
            Reading::Estimate(scaled)
        }
    }
}

fn method(plan: &Plan) -> String {
    let name = match plan.engine {
        compare::Engine::Fixed => "fixed",
        compare::Engine::Sequential { .. } => "always valid",
    };
    format!("{:.0} % {name}", (1.0 - plan.alpha) * 100.0)
}

/// The day both the planned number is reached, at the speed so far, and the minimum of whole weeks is over.
fn decision_day(design: &Design, exposed: u64, elapsed: f64) -> u32 {
    let least = design.minimum_weeks * 7;
    let speed = exposed as f64 / elapsed.max(0.5);
    let needed =
        design.planned_n.map_or(f64::from(design.planned_days), |n| (n as f64 / speed.max(1.0)).ceil());
    least.max(needed.min(f64::from(design.planned_days)) as u32)
}

fn sentence(
    treatment: &str,
    metric: &Metric,
    health: &Health,
    relative: &Reading,
    decide_on: u32,
    elapsed: f64,
) -> String {
    if health.broken.is_some() {
        return health.sentence();
    }
    let when = if elapsed >= f64::from(decide_on) {
        "It is time to decide.".to_owned()
    } else {
        format!("Decide on day {decide_on}.")
    };
    let mut name = treatment.chars();
    let name: String = name.next().map(|c| c.to_uppercase().chain(name).collect()).unwrap_or_default();
    match relative {
        Reading::Withheld(why) => format!("Too early to say anything: {}. {when}", why.sentence()),
        Reading::Estimate(estimate) if estimate.low > 0.0 => {
            format!("{name} brings more {}. {when}", metric.name)
        }
        Reading::Estimate(estimate) if estimate.high < 0.0 => {
            format!("{name} brings fewer {}. {when}", metric.name)
        }
        Reading::Estimate(_) => format!("{name} against control: can't tell yet. {when}"),
    }
}
