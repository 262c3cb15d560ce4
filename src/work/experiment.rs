//! Experiments of a workspace: which there are, and what imported ones have to say.

pub mod answer;
pub mod assign;
mod closer;
pub mod exposure;
pub mod holdout;
mod looks;
pub mod measured;
pub mod outlook;
pub mod own;
mod pass;
pub mod receipt;
mod units;
pub mod wave;

use self::measured::{Asked, Measured};
use crate::exchange::{ExperimentColumns, Weights};
use crate::experiment::closer::{Cause, Closer, Start};
use crate::experiment::given::{GivenDesign, GivenUnits, is_given};
use crate::experiment::{Design, Evidence, Metric, MetricKind, Settings};
use crate::experiment::{health, viewed};
use crate::frame::Frame;
use crate::model::definition::{ContentHash, Kind};
use crate::model::event::names::EXPERIMENT_VIEWED;
use crate::model::{Decimal, Problem, Time};
use crate::panel::Experiments;
use crate::panel::experiments::{self, About, Experiment, Look};
use crate::stats::Why;
use crate::store::{self, Batch, ImportedExperiment, Store, StoredDefinition};
use crate::work::frame::load_frame;

/// What an experiment of the workspace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Its units and their values were imported.
    Imported,
    /// It is a design that assigns and measures where traffic flows.
    Designed,
}

/// What is said of adjusting an import that brought nothing to adjust for.
const NO_COVARIATE: &str =
    "Not adjusted by CUPED: the import gave no covariate, a number known of people before the test.";

/// One experiment as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What it is.
    pub origin: Origin,
    /// Its arms, the control first, with their units where they are known.
    pub arms: Vec<(String, Option<u64>)>,
    /// Its metrics.
    pub metrics: Vec<String>,
    /// Its covariates.
    pub covariates: Vec<String>,
    /// How it stands, if it is a design.
    pub run: Option<RunState>,
}

/// How a design stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunState {
    /// `not started`, `running` or `ended`; `faulty` where its definition cannot be read.
    pub state: &'static str,
    /// The phase, and how many there are.
    pub phase: u32,
    /// The day it is in, counting from one, of how many planned.
    pub day: Option<(u32, u32)>,
    /// People exposed in this phase.
    pub exposed: u64,
}

/// Every experiment of a workspace: imported ones in the order they came, then designs by name.
///
/// # Errors
/// When the workspace cannot be read.
pub fn list(store: &Store) -> anyhow::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for (_, experiment) in store.experiments()? {
        let units = store.units_by_variant(&experiment.name)?;
        let named = |covariate: bool| {
            let metrics = experiment.metrics.iter().filter(move |metric| metric.covariate == covariate);
            metrics.map(|metric| metric.name.clone()).collect()
        };
        let (metrics, covariates) = (named(false), named(true));
        let arms = experiment.variants.into_iter().enumerate();
        listed.push(Listed {
            name: experiment.name,
            origin: Origin::Imported,
            arms: arms.map(|(code, arm)| (arm, Some(units.get(code).copied().unwrap_or(0)))).collect(),
            metrics,
            covariates,
            run: None,
        });
    }
    let newest = store.newest_event()?;
    let designs = designs(store)?;
    let told = match designs.is_empty() {
        true => None,
        false => told(store)?,
    };
    for stored in designs {
        let design = Design::read(&stored.definition.text).ok();
        let run = run(store, &stored, design.as_ref(), newest, told.as_ref())?;
        let met = |name: &str| run.1.iter().find(|(variant, _)| variant == name).map(|(_, people)| *people);
        let metrics = design.iter().flat_map(|design| design.metrics.names().map(str::to_owned));
        listed.push(Listed {
            name: stored.definition.name.clone(),
            origin: Origin::Designed,
            metrics: metrics.collect(),
            arms: design
                .iter()
                .flat_map(|design| &design.variants)
                .map(|arm| (arm.name.clone(), met(&arm.name)))
                .collect(),
            covariates: Vec::new(),
            run: Some(run.0),
        });
    }
    Ok(listed)
}

/// The frame, where its events tell of people who saw experiments.
fn told(store: &Store) -> anyhow::Result<Option<Frame>> {
    let any = store.terms("event")?.iter().any(|(_, name)| name == EXPERIMENT_VIEWED);
    Ok(if any { Some(load_frame(store, None)?).filter(viewed::tells) } else { None })
}

/// How a design stands at the newest event, with the people of each variant in its phase.
fn run(
    store: &Store,
    stored: &StoredDefinition,
    design: Option<&Design>,
    newest: Option<Time>,
    told: Option<&Frame>,
) -> anyhow::Result<(RunState, Vec<(String, u64)>)> {
    let Some(design) = design else {
        return Ok((RunState { state: "faulty", phase: 1, day: None, exposed: 0 }, Vec::new()));
    };
    let standing = wave::Standing::of(store, &stored.definition.name)?;
    let phase = standing.phase;
    let (start, people) = match told {
        Some(frame) => met(store, &standing, frame)?,
        None => assigned(&standing),
    };
    let Some(start) = start else {
        return Ok((RunState { state: "not started", phase, day: None, exposed: 0 }, Vec::new()));
    };
    let days = newest.map_or(0.0, |newest| (newest - start).as_days()).max(0.0);
    let ended = days >= f64::from(design.planned_days);
    let state = RunState {
        state: if ended { "ended" } else { "running" },
        phase,
        day: Some(((days as u32).saturating_add(1).min(design.planned_days), design.planned_days)),
        exposed: people.iter().map(|(_, people)| people).sum(),
    };
    Ok((state, people))
}

/// When a phase began and who was assigned in it, as the assignments say.
fn assigned(standing: &wave::Standing) -> (Option<Time>, Vec<(String, u64)>) {
    let variants = &standing.design.variants;
    let mut people: Vec<(String, u64)> = variants.iter().map(|variant| (variant.name.clone(), 0)).collect();
    for (_, wave) in standing.of_phase(standing.phase) {
        for (variant, added) in &wave.joined {
            people.iter_mut().filter(|(name, _)| name == variant).for_each(|(_, people)| *people += added);
        }
    }
    (standing.of_phase(standing.phase).map(|(_, wave)| wave.at).min(), people)
}

/// When the first was exposed, and how many people each variant has.
type Met = (Option<Time>, Vec<(String, u64)>);

/// The same where events tell of people as well.
fn met(store: &Store, standing: &wave::Standing, frame: &Frame) -> anyhow::Result<Met> {
    let first = exposure::first(store, standing, standing.phase, frame)?;
    let of = |arm: usize| first.values().filter(|(variant, _)| *variant == arm).count() as u64;
    let variants = standing.design.variants.iter().enumerate();
    let people = variants.map(|(arm, variant)| (variant.name.clone(), of(arm))).collect();
    let ours = first.values().filter(|(variant, _)| *variant < standing.design.variants.len());
    Ok((ours.map(|(_, at)| *at).min(), people))
}

fn designs(store: &Store) -> store::Result<Vec<StoredDefinition>> {
    let mut designs = store.definitions(Kind::Experiment)?;
    designs.retain(|stored| !is_given(&stored.definition.text));
    Ok(designs)
}

/// An imported experiment with its rows at hand.
#[derive(Debug)]
pub struct Given {
    name: String,
    covariates: Vec<String>,
    batch: Batch,
    units: GivenUnits,
}

impl Given {
    /// Loads an imported experiment; weights said here count before those of its import.
    ///
    /// # Errors
    /// A problem where there is none of this name, or weights do not fit its arms; the workspace cannot be read.
    pub fn load(store: &Store, name: &str, weights: Option<&Weights>) -> anyhow::Result<Self> {
        let found = store.experiments()?.into_iter().find(|(_, experiment)| experiment.name == name);
        let Some((id, experiment)) = found else { return Err(unknown(store, name)?.into()) };
        let batch = store.batch(id)?;
        let said = batch.mapping.as_deref().and_then(|text| toml::from_str::<ExperimentColumns>(text).ok());
        let weights = weights.cloned().or(said.map(|columns| columns.weights)).unwrap_or_default();
        let weights = if weights.is_empty() { None } else { Some(weights.of(&experiment.variants)?) };
        let metrics = experiment.metrics.iter().filter(|metric| !metric.covariate).count();
        let design = design(&experiment, weights);
        let covariates = design.covariates.clone();
        let mut units = GivenUnits::new(design);
        store.for_each_unit(name, |row| {
            if let Some(variant) = experiment.variants.get(row.variant as usize) {
                let (values, known) = row.values.split_at(metrics.min(row.values.len()));
                units.push(row.unit, variant, values, known);
            }
        })?;
        Ok(Self { name: experiment.name, covariates, batch, units })
    }

    /// The covariate to adjust for: the one that is asked for, else the only one.
    ///
    /// # Errors
    /// There is none, none of this name, or more than one to choose from.
    pub fn covariate(&self, asked: Option<&str>) -> Result<&str, Problem> {
        let listed = || quoted(&self.covariates);
        match (asked, self.covariates.as_slice()) {
            (_, []) => Err(Problem::new("cuped-none", format!("{} has no covariate to adjust for", self.name))
                .help("take it back and import it again with --covariate COLUMN: a number known before the experiment")),
            (None, [only]) => Ok(only),
            (None, _) => Err(Problem::new("cuped-which", format!("{} has several covariates", self.name))
                .help(format!("name one, such as --cuped {}; there are: {}", self.covariates[0], listed()))),
            (Some(asked), known) => known.iter().find(|name| *name == asked).map(String::as_str).ok_or_else(|| {
                Problem::new("cuped-unknown", format!("{} has no covariate `{asked}`", self.name))
                    .help(format!("{}there are: {}", did_you_mean(asked, known), listed()))
            }),
        }
    }

    /// What its rows say, with what is known of a covariate beside the values. Values given by an import have no time of their
    /// own, so they stand for the moment they came in.
    #[must_use]
    pub fn evidence(&self, covariate: Option<&str>) -> Evidence {
        self.units.evidence(self.as_of(), covariate)
    }

    /// Rows of the file that were rejected and are no unit of it.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.batch.accounting.rejected
    }

    /// When the values came in.
    #[must_use]
    pub fn as_of(&self) -> Time {
        self.batch.completed.unwrap_or(self.batch.started)
    }

    /// Its read-out on the Experiments screen. Unadjusted, unless a covariate is asked for; what the first covariate would gain is
    /// noted either way.
    #[must_use]
    pub fn read_out(&self, settings: &Settings, covariate: Option<&str>) -> Experiment {
        let evidence = self.evidence(covariate.or(self.covariates.first().map(String::as_str)));
        let closer = self.closer(&evidence);
        let settings = Settings { cuped: covariate.is_some(), ..*settings };
        let file = self.batch.sha256.map(|hash| hash.to_string()).unwrap_or_default();
        let definition = format!("{}\n{file}", self.batch.mapping.as_deref().unwrap_or_default());
        let about = About {
            name: self.name.clone(),
            title: self.name.clone(),
            definition: ContentHash::of(definition.as_bytes()),
            currency: None,
            amounts: Vec::new(),
            rejected: self.rejected(),
        };
        let mut experiment =
            Experiment::imported(&Look { about: &about, evidence: &evidence, settings: &settings });
        experiment.health.extend(experiments::start(&closer));
        if self.covariates.is_empty() {
            experiment.notes.push(NO_COVARIATE.to_owned());
        }
        experiment.closer = closer;
        experiment
    }

    /// What lies behind the numbers, as far as values without a time of their own tell: whether the arms had been alike.
    #[must_use]
    pub fn closer(&self, evidence: &Evidence) -> Closer {
        let variants: Vec<String> = evidence.arms.iter().map(|arm| arm.variant.clone()).collect();
        let broken = health::check(&evidence.arms).broken;
        let off = matches!(broken, Some(Why::SampleRatio { .. } | Why::ZeroWeightArm { .. }));
        Closer {
            balance: Start::of(&self.units.known(), &variants),
            sample_ratio_cause: off.then(Cause::of_given),
            ..Closer::default()
        }
    }
}

fn design(experiment: &ImportedExperiment, weights: Option<Vec<(String, Decimal)>>) -> GivenDesign {
    let of = |kind| match kind {
        store::MetricKind::Proportion => MetricKind::Proportion,
        store::MetricKind::Mean => MetricKind::Mean,
    };
    let control = experiment.variants.get(experiment.control as usize).cloned().unwrap_or_default();
    let (covariates, metrics): (Vec<_>, Vec<_>) =
        experiment.metrics.iter().partition(|metric| metric.covariate);
    GivenDesign {
        name: experiment.name.clone(),
        control,
        weights: weights
            .map(|weights| weights.into_iter().map(|(arm, weight)| (arm, weight.to_f64())).collect()),
        metrics: metrics.into_iter().map(|metric| Metric::given(&metric.name, of(metric.kind))).collect(),
        covariates: covariates.into_iter().map(|covariate| covariate.name.clone()).collect(),
    }
}

/// The problem of a name that is no imported experiment's.
fn unknown(store: &Store, name: &str) -> store::Result<Problem> {
    let known: Vec<String> =
        store.experiments()?.into_iter().map(|(_, experiment)| experiment.name).collect();
    if designs(store)?.iter().any(|stored| stored.definition.name == name) {
        return Ok(Problem::new(
            "experiment-not-measured",
            format!("nothing was measured of `{name}` here yet"),
        )
        .help("assign people to it: segue experiment assign NAME --segment S --out DIR"));
    }
    let problem = Problem::new("experiment-unknown", format!("there is no experiment `{name}`"));
    let known: Vec<String> =
        known.into_iter().chain(designs(store)?.into_iter().map(|stored| stored.definition.name)).collect();
    Ok(match known.as_slice() {
        [] => problem.help("none was imported yet; begin with `segue import F.csv --as experiment`"),
        known => problem.help(format!("{}there are: {}", did_you_mean(name, known), quoted(known))),
    })
}

fn did_you_mean(asked: &str, known: &[String]) -> String {
    let likeness = |name: &String| strsim::jaro_winkler(&name.to_lowercase(), &asked.to_lowercase());
    let near = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match near.filter(|name| likeness(name) > 0.8) {
        Some(name) => format!("did you mean `{name}`? "),
        None => String::new(),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The Experiments screen: what runs, as the run itself reads it, then what was imported, then designs nobody has met yet.
///
/// # Errors
/// When the workspace cannot be read.
pub fn experiments(store: &Store, running: Vec<Experiment>) -> anyhow::Result<Experiments> {
    let names: Vec<String> = running.iter().map(|row| row.name.clone()).collect();
    Ok(beside(running, &stored(store, &names)?))
}

/// What runs, with what a workspace holds beside it.
#[must_use]
pub fn beside(running: Vec<Experiment>, stored: &[Experiment]) -> Experiments {
    Experiments::of(running.into_iter().chain(stored.iter().cloned()).collect())
}

/// The read-outs of a workspace, without the designs that run just now: imported ones, then designs.
///
/// # Errors
/// When the workspace cannot be read.
pub fn stored(store: &Store, running: &[String]) -> anyhow::Result<Vec<Experiment>> {
    let mut rows = Vec::new();
    for (_, experiment) in store.experiments()? {
        let given = Given::load(store, &experiment.name, None)?;
        rows.push(given.read_out(&Settings::finished(), None));
    }
    let assigned: std::collections::BTreeSet<String> =
        wave::all(store)?.into_iter().map(|(_, wave)| wave.experiment).collect();
    let designs = designs(store)?;
    let mut frame = match designs.is_empty() {
        true => None,
        false => told(store)?,
    };
    let told = frame.is_some();
    for stored in designs {
        let known = rows.iter().any(|row: &Experiment| row.name == stored.definition.name);
        if known || running.contains(&stored.definition.name) {
            continue;
        }
        let measured = match told || assigned.contains(&stored.definition.name) {
            true => {
                let frame = match &frame {
                    Some(frame) => frame,
                    None => frame.insert(load_frame(store, None)?),
                };
                Measured::over(store, frame, &stored.definition.name, &Asked::default()).ok()
            }
            false => None,
        };
        // What cannot be read out any more is shown with its fault, as a design.
        rows.push(measured.map_or_else(|| planned(&stored), |measured| measured.read_out()));
    }
    Ok(rows)
}

fn planned(stored: &StoredDefinition) -> Experiment {
    let name = stored.definition.name.clone();
    let about = About {
        title: name.clone(),
        name,
        definition: stored.definition.hash(),
        currency: None,
        amounts: Vec::new(),
        rejected: 0,
    };
    match Design::read(&stored.definition.text) {
        Ok(design) => {
            let variants: Vec<String> = design.variants.iter().map(|variant| variant.name.clone()).collect();
            Experiment::planned(&about, &Settings::of(&design, false), &variants, None)
        }
        Err(problems) => Experiment::planned(&about, &Settings::finished(), &[], problems.first()),
    }
}
