//! The one read-out of an experiment, whichever kind it is, with what is needed to compute it again.

use serde::{Deserialize, Serialize};

use super::measured::{Asked, Measured};
use super::receipt::{self, Receipt, Used};
use super::{Given, holdout};
use crate::exchange::Weights;
use crate::experiment::closer::Closer;
use crate::experiment::{Analysis, Crossing, Evidence, Progress, Settings, Verdict, analyse, verdicts};
use crate::model::definition::{ContentHash, Kind};
use crate::model::{Problem, Time};
use crate::panel::experiments::{Health, HealthState, checks, denominators, finding, start, strangers};
use crate::panel::figures;
use crate::stats::{Difference, Plan};
use crate::store::Store;

/// Which experiment, and how it is to be read. What is not said is taken from its plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// Its name, or the holdout's.
    pub name: String,
    /// Whether the name is a holdout's.
    pub holdout: bool,
    /// The point; just after the newest event if not said.
    pub as_of: Option<Time>,
    /// The phase; the newest with exposures if not said.
    pub phase: Option<u32>,
    /// When a holdout's period began; with the first exposure of an experiment that names it, if not said.
    pub since: Option<Time>,
    /// The metrics of a holdout; those that decide in the experiments that name it, if none is said.
    pub metrics: Vec<String>,
    /// Changes to the plan.
    pub plan: PlanChange,
    /// Whether to adjust, and for an import by which covariate.
    pub cuped: Option<Option<String>>,
    /// How an import's units were meant to be shared out.
    pub weights: Option<Weights>,
    /// The hashes of the definitions to read with; the newest ones if nothing is said.
    pub definitions: Option<Vec<(Kind, String, ContentHash)>>,
}

/// What is asked for instead of the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanChange {
    /// Another engine.
    pub engine: Option<crate::stats::Engine>,
    /// Another level.
    pub alpha: Option<f64>,
    /// Another scale.
    pub difference: Option<Difference>,
}

impl PlanChange {
    /// The plan with these changes.
    #[must_use]
    pub fn of(&self, plan: Plan) -> Plan {
        let engine = self.engine.unwrap_or(plan.engine);
        let changed = Plan { engine, alpha: self.alpha.unwrap_or(plan.alpha), ..plan };
        // Unasked, the scale is the one that decides, which depends on the engine.
        match self.difference {
            Some(difference) => changed.on(difference),
            None => Settings { plan: changed, ..Settings::finished() }.deciding().plan,
        }
    }
}

/// What is known of an experiment that was assigned here.
#[derive(Debug, Clone)]
pub struct Course {
    /// The phase, and how many there are.
    pub phase: (u32, u32),
    /// When the phase began.
    pub start: Time,
    /// How far it has come.
    pub progress: Progress,
    /// What to do about each treatment.
    pub verdicts: Vec<Verdict>,
    /// When primary effects were first proven.
    pub crossed: Vec<Crossing>,
    /// Whether it is read otherwise than its plan says.
    pub departs: bool,
}

/// A read-out.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was found, in a sentence: on the scale that decides, whichever the numbers are asked for on.
    pub found: String,
    /// Arms compared, metric by metric.
    pub analysis: Analysis,
    /// Checks of the data.
    pub checks: Vec<Health>,
    /// What means are adjusted for, in words.
    pub covariate: Option<String>,
    /// How it runs; none for an import.
    pub course: Option<Course>,
    /// What lies behind the numbers, read by the plan; none for a holdout.
    pub closer: Option<Closer>,
    /// What it takes to compute it again.
    pub receipt: Receipt,
}

/// Reads an experiment out.
///
/// # Errors
/// There is nothing of this name, nothing was measured of it, or the workspace cannot be read.
pub fn answer(store: &Store, request: &Request) -> anyhow::Result<Answer> {
    if request.holdout {
        return of_holdout(store, request);
    }
    let imported = store.experiments()?.iter().any(|(_, experiment)| experiment.name == request.name);
    if imported { of_import(store, request) } else { of_design(store, request) }
}

fn of_import(store: &Store, request: &Request) -> anyhow::Result<Answer> {
    let given = Given::load(store, &request.name, request.weights.as_ref())?;
    let covariate = request.cuped.as_ref().map(|asked| given.covariate(asked.as_deref())).transpose()?;
    let finished = Settings::finished();
    let settings = Settings { plan: request.plan.of(finished.plan), cuped: covariate.is_some(), ..finished };
    let evidence = given.evidence(covariate);
    let analysis = analyse(&evidence, &settings);
    let found = found(&evidence, &settings);
    let covariate = covariate.map(str::to_owned);
    let receipt = receipt(Origin::Imported, request, &settings, &evidence, &analysis)?.told(
        Vec::new(),
        covariate.clone(),
        receipt::of_units(store, &request.name)?,
    );
    let closer = given.closer(&evidence);
    let mut checks = checks(&evidence, given.rejected());
    checks.extend(denominators(&analysis));
    checks.extend(start(&closer));
    Ok(Answer { found, analysis, checks, covariate, course: None, closer: Some(closer), receipt })
}

fn of_design(store: &Store, request: &Request) -> anyhow::Result<Answer> {
    let asked = Asked {
        as_of: request.as_of,
        phase: request.phase,
        cuped: request.cuped.as_ref().map(|_| true),
        definitions: request.definitions.clone(),
    };
    let measured = Measured::load(store, &request.name, &asked)?;
    let plan = request.plan.of(measured.settings.plan);
    let settings = Settings { plan, ..measured.settings };
    let planned = measured.settings.deciding().plan;
    let departs = plan != planned || measured.settings.cuped != measured.design.analysis.cuped;
    let analysis = analyse(&measured.evidence, &settings);
    let found = found(&measured.evidence, &settings);
    let covariate = measured.covariate().map(str::to_owned);
    let used = measured.definitions.iter().map(Used::of).collect();
    let mut receipt = receipt(Origin::Designed, request, &settings, &measured.evidence, &analysis)?.told(
        used,
        covariate.clone(),
        measured.data,
    );
    receipt.phase = Some(measured.phase);
    receipt.seeds.clone_from(&measured.seeds);
    let mut checks = checks(&measured.evidence, 0);
    checks.extend(denominators(&analysis));
    checks.extend(strangers(measured.strangers));
    checks.extend(matured(&measured.evidence));
    checks.extend(start(&measured.closer));
    let verdicts = verdicts(&measured.evidence, &settings, &measured.progress, &measured.crossed);
    let course = Course {
        phase: (measured.phase, measured.phases),
        start: measured.start,
        progress: measured.progress,
        verdicts,
        crossed: measured.crossed,
        departs,
    };
    Ok(Answer {
        found,
        analysis,
        checks,
        covariate,
        course: Some(course),
        closer: Some(measured.closer),
        receipt,
    })
}

fn of_holdout(store: &Store, request: &Request) -> anyhow::Result<Answer> {
    let held = holdout::Held::load(store, request)?;
    let settings = Settings { plan: request.plan.of(held.settings.plan), ..held.settings };
    let analysis = analyse(&held.evidence, &settings);
    let found = found(&held.evidence, &settings);
    let used = held.definitions.iter().map(Used::of).collect();
    let mut receipt =
        receipt(Origin::Holdout, request, &settings, &held.evidence, &analysis)?.told(used, None, held.data);
    receipt.since = Some(held.since);
    receipt.seeds = vec![format!("holdout:{}", request.name)];
    let mut checks = checks(&held.evidence, 0);
    checks.extend(denominators(&analysis));
    checks.extend(matured(&held.evidence));
    checks.push(Health {
        name: "who counts".to_owned(),
        state: HealthState::Fine,
        detail: format!(
            "Everybody with a {} counts since {}, whatever they were sent or not: as they were drawn, not as they were reached.",
            held.attribute, held.since
        ),
    });
    Ok(Answer { found, analysis, checks, covariate: None, course: None, closer: None, receipt })
}

fn found(evidence: &Evidence, settings: &Settings) -> String {
    finding(&analyse(evidence, &settings.deciding()))
}

/// Which kind of experiment it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Values an import gave.
    Imported,
    /// Measured since people were assigned here.
    Designed,
    /// Those held out against everybody else.
    Holdout,
}

fn receipt(
    origin: Origin,
    request: &Request,
    settings: &Settings,
    evidence: &Evidence,
    analysis: &Analysis,
) -> anyhow::Result<Receipt> {
    let units: u64 = evidence.arms.iter().map(|arm| arm.exposed).sum();
    Ok(Receipt {
        experiment: request.name.clone(),
        origin,
        as_of: evidence.as_of,
        since: None,
        phase: None,
        rows: units,
        excluded: evidence.excluded,
        definitions: Vec::new(),
        plan: settings.plan,
        cuped: settings.cuped,
        covariate: None,
        weights: request.weights.as_ref().map(ToString::to_string),
        metrics: evidence.metrics.iter().map(|metric| metric.metric.clone()).collect(),
        seeds: Vec::new(),
        data: String::new(),
        result: serde_json::to_value(analysis)?,
        program: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// How many people's windows have elapsed, for each metric of which somebody's has not.
fn matured(evidence: &Evidence) -> Option<Health> {
    let waiting: Vec<String> = evidence
        .metrics
        .iter()
        .filter_map(|metric| {
            let pending: u64 = metric.arms.iter().map(crate::experiment::Collected::pending).sum();
            let measured: u64 = metric.arms.iter().map(crate::experiment::Collected::n).sum();
            let all = figures::count(measured + pending);
            (pending > 0).then(|| format!("{} of {all} for {}", figures::count(measured), metric.metric))
        })
        .collect();
    (!waiting.is_empty()).then(|| Health {
        name: "matured".to_owned(),
        state: HealthState::Doubtful,
        detail: format!("People count once their window has elapsed: {}.", waiting.join(", ")),
    })
}

/// The request that a receipt answers.
///
/// # Errors
/// Its weights cannot be read any more.
pub fn request_of(receipt: &Receipt) -> Result<Request, Problem> {
    let weights = match &receipt.weights {
        None => None,
        Some(text) => Some(text.parse().map_err(|error| {
            Problem::new("receipt-weights", format!("the weights of the receipt: {error}"))
        })?),
    };
    let change = PlanChange {
        engine: Some(receipt.plan.engine),
        alpha: Some(receipt.plan.alpha),
        difference: Some(receipt.plan.difference),
    };
    Ok(Request {
        name: receipt.experiment.clone(),
        holdout: receipt.origin == Origin::Holdout,
        as_of: (receipt.origin != Origin::Imported).then_some(receipt.as_of),
        phase: receipt.phase,
        since: receipt.since,
        metrics: if receipt.origin == Origin::Holdout { receipt.metrics.clone() } else { Vec::new() },
        plan: change,
        cuped: receipt
            .cuped
            .then(|| receipt.covariate.clone().filter(|_| receipt.origin == Origin::Imported)),
        weights,
        definitions: Some(receipt.definitions.iter().filter_map(Used::reference).collect()),
    })
}
