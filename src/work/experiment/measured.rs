//! A design read out over what was observed since people were assigned to it: exposures and events in, evidence out.

use super::closer::{Stand, closer};
use super::exposure::{self, Exposure};
use super::looks;
use super::units::Units;
use super::wave::{self, Standing};
use crate::experiment::closer::Closer;
use crate::experiment::measure::CurrencySeen;
use crate::experiment::{Collected, Crossing, Design, Evidence, Metric, Progress, Settings};
use crate::frame::Frame;
use crate::model::definition::{ContentHash, Definition, Kind};
use crate::model::{Problem, Span, Time};
use crate::panel::experiments::{self, About, Experiment, Look};
use crate::panel::figures;
use crate::rule::Point;
use crate::store::Store;
use crate::work::frame::load_frame;

/// What is asked of a design.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The point; just after the newest event if not said.
    pub as_of: Option<Time>,
    /// The phase; the newest with exposures if not said.
    pub phase: Option<u32>,
    /// Whether to adjust for what came before; as the design says if not said.
    pub cuped: Option<bool>,
    /// The hashes of the definitions to read with; the newest ones if nothing is said.
    pub definitions: Option<Vec<(Kind, String, ContentHash)>>,
}

/// A design and what was measured of it.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The design.
    pub design: Design,
    /// The definitions it was read with, the experiment's first.
    pub definitions: Vec<Definition>,
    /// The phase.
    pub phase: u32,
    /// How many phases there are.
    pub phases: u32,
    /// The point it stands for.
    pub point: Point,
    /// When the phase began: the first exposure.
    pub start: Time,
    /// What was measured.
    pub evidence: Evidence,
    /// How it is read.
    pub settings: Settings,
    /// How far it has come.
    pub progress: Progress,
    /// The first times primary effects were proven, looking back day by day.
    pub crossed: Vec<Crossing>,
    /// What lies behind the numbers.
    pub closer: Closer,
    /// The metrics, in the order of their roles.
    pub metrics: Vec<Metric>,
    /// The days before the start each metric is adjusted for, in their order.
    pub before: Vec<Option<i64>>,
    /// The seeds people were assigned by.
    pub seeds: Vec<String>,
    /// People who were seen only in variants the design does not have.
    pub strangers: u64,
    /// The hash of every unit's variant, moment and values.
    pub data: ContentHash,
}

impl Measured {
    /// Measures a design.
    ///
    /// # Errors
    /// There is none of this name, nobody was assigned to it, a metric is not known, or the workspace cannot be read.
    pub fn load(store: &Store, name: &str, asked: &Asked) -> anyhow::Result<Self> {
        // Everything is loaded and the point cuts: who somebody is may have been learned later than what they did.
        Self::over(store, &load_frame(store, None)?, name, asked)
    }

    /// Measures a design over a frame of everything there is.
    ///
    /// # Errors
    /// As for [`Measured::load`].
    pub fn over(store: &Store, frame: &Frame, name: &str, asked: &Asked) -> anyhow::Result<Self> {
        let mut standing = Standing::of(store, name)?;
        let phase = phase(&standing, asked.phase)?;
        let definition = match definition_asked(store, asked, Kind::Experiment, name)? {
            Some(definition) => definition,
            None => standing.version_of(phase).unwrap_or(&standing.stored).definition.clone(),
        };
        standing.design = Design::read(&definition.text).map_err(|problems| wave::several(name, problems))?;
        let exposures = exposure::all(store, &standing, phase, frame, asked.as_of)?;
        let Some(start) = exposures.iter().map(|exposure| exposure.at).min() else {
            return Err(nobody(name, phase).into());
        };
        let point = point_of(frame, asked.as_of, start);
        let (metrics, used) = metrics(store, &standing.design, asked)?;
        let units = Units::new(frame, &standing.design, &metrics, &exposures);
        let cuped = asked.cuped.unwrap_or(standing.design.analysis.cuped);
        let before = if cuped { units.lengths(start) } else { vec![None; metrics.len()] };
        let units = units.adjusted(start, &before);
        let (evidence, data) = units.evidence(point)?;
        let progress = progress(&standing.design, start, point, &evidence);
        let ended = progress.days >= f64::from(progress.planned_days);
        let settings = Settings { cuped, ..Settings::of(&standing.design, ended) };
        let past = looks::past(&units, start, point, &settings)?;
        let stand = Stand {
            design: &standing.design,
            evidence: &evidence,
            settings: &settings,
            progress: &progress,
            start,
            point,
        };
        let closer = closer(store, &units, &stand, &past)?;
        let seeds: std::collections::BTreeSet<String> =
            standing.of_phase(phase).map(|(_, wave)| wave.seed.clone()).collect();
        Ok(Self {
            metrics: metrics.clone(),
            definitions: std::iter::once(definition).chain(used).collect(),
            phase,
            phases: standing.phase,
            point,
            start,
            evidence,
            settings,
            progress,
            crossed: past.crossed,
            closer,
            before,
            seeds: seeds.into_iter().collect(),
            strangers: units.strangers,
            data,
            design: standing.design,
        })
    }

    /// Its read-out on the Experiments screen.
    #[must_use]
    pub fn read_out(&self) -> Experiment {
        let amounts = self.metrics.iter().filter(|metric| metric.is_amount() && metric.denominator.is_none());
        let seen = self.evidence.metrics.iter().flat_map(|metric| &metric.arms).map(Collected::currency);
        let currency = match seen.fold(CurrencySeen::None, CurrencySeen::and) {
            CurrencySeen::One(currency) => Some(figures::currency_sign(currency.as_str())),
            CurrencySeen::None | CurrencySeen::Several => None,
        };
        let about = About {
            name: self.design.name.clone(),
            title: self.design.name.clone(),
            definition: self.definitions.first().map_or_else(|| ContentHash::of(b""), Definition::hash),
            currency,
            amounts: amounts.map(|metric| metric.name.clone()).collect(),
            rejected: 0,
        };
        let look = Look { about: &about, evidence: &self.evidence, settings: &self.settings };
        let mut experiment = Experiment::running(&look, &self.progress, &self.crossed);
        experiment.health.extend(experiments::strangers(self.strangers));
        experiment.health.extend(experiments::start(&self.closer));
        if !self.settings.cuped {
            experiment.notes.push(experiments::NOT_ADJUSTED.to_owned());
        }
        experiment.closer = self.closer.clone();
        experiment
    }

    /// What the numbers are adjusted for, in words; none where they are not.
    #[must_use]
    pub fn covariate(&self) -> Option<&'static str> {
        self.before.iter().any(Option::is_some).then_some("what the same people did before")
    }
}

/// What was measured of the people exposed to a design, over a frame that is at hand.
///
/// # Errors
/// A metric the design names is not known.
pub fn evidence(
    frame: &Frame,
    design: &Design,
    metrics: &[Metric],
    exposures: &[Exposure],
    point: Point,
) -> anyhow::Result<(Evidence, ContentHash)> {
    Units::new(frame, design, metrics, exposures).evidence(point)
}

/// The point asked for, else just after the newest event and the first exposure.
pub(super) fn point_of(frame: &Frame, asked: Option<Time>, start: Time) -> Point {
    Point::before(asked.unwrap_or_else(|| {
        let newest = frame.counts().newest.unwrap_or(start);
        newest.max(start) + Span(1)
    }))
}

/// The newest phase with assignments, unless one is asked for.
fn phase(standing: &Standing, asked: Option<u32>) -> Result<u32, Problem> {
    let newest = standing.waves.iter().map(|(_, wave)| wave.phase).max().unwrap_or(1);
    match asked {
        Some(phase) if phase == 0 || phase > standing.phase => {
            Err(Problem::new("experiment-phase", format!("{} has no phase {phase}", standing.design.name))
                .help(format!("it is in phase {}", standing.phase)))
        }
        asked => Ok(asked.unwrap_or(newest)),
    }
}

fn nobody(name: &str, phase: u32) -> Problem {
    let what = match phase {
        1 => format!("nobody was assigned to `{name}` here yet, and no event tells of anybody who saw it"),
        phase => format!("nobody was assigned to `{name}` in phase {phase} yet"),
    };
    Problem::new("experiment-not-measured", what).help(
        "assign people to it: segue experiment assign NAME --segment S --out DIR; or import events called \
             Experiment Viewed with its name as experiment_name and a variant's as variation_name",
    )
}

/// The definition that is asked for by its hash, if any is.
fn definition_asked(
    store: &Store,
    asked: &Asked,
    kind: Kind,
    name: &str,
) -> anyhow::Result<Option<Definition>> {
    let Some(definitions) = &asked.definitions else { return Ok(None) };
    let Some((.., hash)) = definitions.iter().find(|(of, known, _)| *of == kind && known == name) else {
        return Ok(None);
    };
    let history = store.definition_history(kind, name)?;
    Ok(history.into_iter().map(|stored| stored.definition).find(|definition| definition.hash() == *hash))
}

/// The metrics of a design in the order of its roles, and the definitions they come from.
fn metrics(store: &Store, design: &Design, asked: &Asked) -> anyhow::Result<(Vec<Metric>, Vec<Definition>)> {
    let (mut defined, mut used) = (Vec::new(), Vec::new());
    for name in design.metrics.names() {
        let newest =
            || store.definition(Kind::Metric, name).map(|stored| stored.map(|stored| stored.definition));
        let definition = match definition_asked(store, asked, Kind::Metric, name)? {
            Some(definition) => Some(definition),
            None => newest()?,
        };
        let Some(definition) = definition else { continue };
        defined.push(Metric::read(&definition.text).map_err(|problems| wave::several(name, problems))?);
        used.push(definition);
    }
    let metrics = design.measured(&defined).map_err(|problems| wave::several(&design.name, problems))?;
    Ok((metrics, used))
}

fn progress(design: &Design, start: Time, point: Point, evidence: &Evidence) -> Progress {
    Progress {
        days: (point.at - start).as_days().max(0.0),
        planned_days: design.planned_days,
        units: evidence.arms.iter().map(|arm| arm.exposed).sum(),
        planned_n: design.planned_n,
        minimum_weeks: design.minimum_weeks,
    }
}
