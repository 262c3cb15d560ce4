//! A design read out over what was observed since people were assigned to it: exposures and events in, evidence out.

use super::closer::{Stand, closer};
use super::exposure::{self, Exposure};
use super::wave::{self, Standing};
use crate::experiment::before::{self, Stretch};
use crate::experiment::closer::Closer;
use crate::experiment::measure::CurrencySeen;
use crate::experiment::{
    Collected, Crossing, Design, Evidence, Metric, Progress, Recorder, Settings, Tally, UnitValue, crossings,
};
use crate::frame::Frame;
use crate::model::definition::{ContentHash, Definition, Kind};
use crate::model::{Person, Problem, Span, Time};
use crate::panel::experiments::{self, About, Experiment, Look};
use crate::panel::figures;
use crate::rule::Point;
use crate::stats::{Engine, Pair};
use crate::store::Store;
use crate::work::frame::{load_frame, threads};

/// Units per chunk: chunks are merged in their order, so the sums are the same for any number of threads.
const CHUNK: usize = 8_192;

/// At most so many looks back are taken for when an effect was first proven.
const LOOKS: i64 = 42;
/// And at most so many units are measured for them all together.
pub(super) const EFFORT: u64 = 4_000_000;

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
        let (mut evidence, data) = units.evidence(point)?;
        label(&mut evidence, &before);
        let progress = progress(&standing.design, start, point, &evidence);
        let ended = progress.days >= f64::from(progress.planned_days);
        let settings = Settings { cuped, ..Settings::of(&standing.design, ended) };
        let (crossed, mut looks) = units.crossed(start, point, &settings)?;
        looks.push(evidence.clone());
        let stand = Stand {
            design: &standing.design,
            evidence: &evidence,
            settings: &settings,
            progress: &progress,
            start,
            point,
        };
        let closer = closer(store, &units, &stand, &looks)?;
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
            crossed,
            closer,
            before,
            seeds: seeds.into_iter().collect(),
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
        experiment.health.extend(experiments::start(&self.closer));
        experiment.closer = self.closer.clone();
        experiment
    }

    /// What the numbers are adjusted for, in words; none where they are not.
    #[must_use]
    pub fn covariate(&self) -> Option<&'static str> {
        self.before.iter().any(Option::is_some).then_some("what the same people did before")
    }
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
    let newest = standing.waves.iter().map(|(_, wave)| wave.phase).max().unwrap_or(standing.phase);
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
        1 => format!("nobody was assigned to `{name}` here yet"),
        phase => format!("nobody was assigned to `{name}` in phase {phase} yet"),
    };
    Problem::new("experiment-not-measured", what)
        .help("assign people to it: segue experiment assign NAME --segment S --out DIR")
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

fn label(evidence: &mut Evidence, before: &[Option<i64>]) {
    for (metric, days) in evidence.metrics.iter_mut().zip(before) {
        metric.covariate = days.map(|days| format!("{} in the {days} days before", metric.metric));
    }
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

/// One exposed person.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) person: Person,
    pub(super) arm: usize,
    pub(super) at: Time,
    /// Since when they are known in a second variant, if they are.
    pub(super) mixed: Option<Time>,
    /// What was known before, by metric.
    before: Vec<Option<f64>>,
}

/// Exposed people over a frame.
pub(super) struct Units<'f> {
    pub(super) frame: &'f Frame,
    design: &'f Design,
    pub(super) metrics: &'f [Metric],
    pub(super) units: Vec<Unit>,
}

impl<'f> Units<'f> {
    pub(super) fn new(
        frame: &'f Frame,
        design: &'f Design,
        metrics: &'f [Metric],
        exposures: &[Exposure],
    ) -> Self {
        let mut units: Vec<Unit> = Vec::new();
        for exposure in exposures.iter().filter(|exposure| exposure.variant < design.variants.len()) {
            match units.last_mut().filter(|unit| unit.person == exposure.person) {
                Some(unit) if unit.arm != exposure.variant => {
                    unit.mixed.get_or_insert(exposure.at);
                }
                Some(_) => {}
                None => units.push(Unit {
                    person: exposure.person,
                    arm: exposure.variant,
                    at: exposure.at,
                    mixed: None,
                    before: vec![None; metrics.len()],
                }),
            }
        }
        Self { frame, design, metrics, units }
    }

    /// The length before the start that tells most of each metric.
    fn lengths(&self, start: Time) -> Vec<Option<i64>> {
        let of = |metric: &Metric| {
            if !before::adjusts(metric) {
                return None;
            }
            let rehearsals = before::DAYS.map(|days| {
                let (outcome, covariate) = Stretch::rehearsal(metric, start, days);
                let mut pair = Pair::default();
                for unit in &self.units {
                    let [y, x] = [&outcome, &covariate].map(|stretch| self.over(unit.person, stretch));
                    pair.push(y, x);
                }
                (days, pair)
            });
            before::best(rehearsals).map(|(days, _)| days)
        };
        self.metrics.iter().map(of).collect()
    }

    fn adjusted(mut self, start: Time, lengths: &[Option<i64>]) -> Self {
        for (index, (metric, days)) in self.metrics.iter().zip(lengths).enumerate() {
            let Some(days) = days else { continue };
            let stretch = Stretch::covariate(metric, start, *days);
            let values: Vec<f64> = self.units.iter().map(|unit| self.over(unit.person, &stretch)).collect();
            for (unit, value) in self.units.iter_mut().zip(values) {
                unit.before[index] = Some(value);
            }
        }
        self
    }

    pub(super) fn over(&self, person: Person, stretch: &Stretch) -> f64 {
        let mut tally = Tally::new(&stretch.metric, stretch.from, stretch.point);
        for event in self.frame.history(person) {
            tally.see(event.name(), &event);
        }
        before::known(&tally.finish())
    }

    pub(super) fn values(&self, unit: &Unit, point: Point) -> Vec<UnitValue> {
        let mut tallies: Vec<Tally<'_>> =
            self.metrics.iter().map(|metric| Tally::new(metric, unit.at, point)).collect();
        for event in self.frame.history(unit.person) {
            tallies.iter_mut().for_each(|tally| tally.see(event.name(), &event));
        }
        tallies.into_iter().map(Tally::finish).collect()
    }

    /// What was measured up to a point, and the hash of it.
    pub(super) fn evidence(&self, point: Point) -> anyhow::Result<(Evidence, ContentHash)> {
        let chunks: Vec<&[Unit]> = self.units.chunks(CHUNK).collect();
        let workers = threads().min(chunks.len()).max(1);
        let empty = || {
            Recorder::new(self.design, self.metrics)
                .map_err(|problems| wave::several(&self.design.name, problems))
        };
        empty()?;
        let mut gathered: Vec<(usize, Recorder<'_>, Vec<u8>)> = std::thread::scope(|scope| {
            let mine = |worker: usize| {
                let chunks = &chunks;
                scope.spawn(move || {
                    let of = chunks.iter().enumerate().skip(worker).step_by(workers);
                    of.filter_map(|(index, chunk)| {
                        let mut recorder = Recorder::new(self.design, self.metrics).ok()?;
                        let bytes = self.chunk(chunk, point, &mut recorder);
                        Some((index, recorder, bytes))
                    })
                    .collect::<Vec<_>>()
                })
            };
            let handles: Vec<_> = (0..workers).map(mine).collect();
            handles.into_iter().filter_map(|handle| handle.join().ok()).flatten().collect()
        });
        anyhow::ensure!(gathered.len() == chunks.len(), "measuring {} broke off", self.design.name);
        gathered.sort_by_key(|(index, ..)| *index);
        let mut whole = empty()?;
        let mut hashes = Vec::new();
        for (_, recorder, bytes) in gathered {
            whole = whole.merge(recorder);
            hashes.extend(ContentHash::of(&bytes).0);
        }
        Ok((whole.evidence(point.at, None), ContentHash::of(&hashes)))
    }

    /// What was measured up to a point of those who were first exposed on each day, with the day's end. Whole days only, and
    /// none where nobody was.
    pub(super) fn daily(&self, start: Time, point: Point) -> anyhow::Result<Vec<(Time, Evidence)>> {
        let day_of = |unit: &Unit| (unit.at - start).0.div_euclid(Span::DAY.0);
        let days = ((point.at - start).0 / Span::DAY.0).clamp(0, LOOKS);
        let mut found = Vec::new();
        for day in 0..days {
            let units: Vec<Unit> = self.units.iter().filter(|unit| day_of(unit) == day).cloned().collect();
            if !units.is_empty() {
                let (evidence, _) = Self { units, ..*self }.evidence(point)?;
                found.push((start + Span::days(day + 1), evidence));
            }
        }
        Ok(found)
    }

    fn chunk(&self, chunk: &[Unit], point: Point, recorder: &mut Recorder<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for unit in chunk.iter().filter(|unit| point.sees(unit.at)) {
            bytes.extend(self.frame.people().profile(unit.person).to_string().into_bytes());
            bytes.extend((unit.arm as u64).to_le_bytes());
            bytes.extend(unit.at.0.to_le_bytes());
            if unit.mixed.is_some_and(|at| point.sees(at)) {
                bytes.push(b'x');
                recorder.excluded(unit.arm);
                continue;
            }
            let values = self.values(unit, point);
            for (value, before) in values.iter().zip(&unit.before) {
                bytes.extend(value.numerator().to_bits().to_le_bytes());
                bytes.extend(value.denominator().to_bits().to_le_bytes());
                bytes.extend(before.unwrap_or(0.0).to_bits().to_le_bytes());
                bytes.push(u8::from(value.matured));
            }
            recorder.unit(unit.arm, values.into_iter().zip(unit.before.iter().copied()));
        }
        bytes
    }

    /// When each primary effect was first proven, had somebody looked every day: always-valid readings hold at every look.
    /// The looks come with them, oldest first.
    fn crossed(
        &self,
        start: Time,
        point: Point,
        settings: &Settings,
    ) -> anyhow::Result<(Vec<Crossing>, Vec<Evidence>)> {
        let (mut crossed, mut looks): (Vec<Crossing>, Vec<Evidence>) = Default::default();
        if settings.plan.engine == Engine::Fixed {
            return Ok((crossed, looks));
        }
        let days = ((point.at - start).0 / Span::DAY.0).max(0);
        let affordable = (EFFORT / (self.units.len() as u64).max(1)).min(LOOKS as u64) as i64;
        let step = days.checked_div(affordable).map_or(i64::MAX, |step| step.max(1));
        let mut day = step;
        while day <= days {
            let (evidence, _) = self.evidence(Point::before(start + Span::days(day)))?;
            for crossing in crossings(&evidence, settings) {
                let same =
                    |known: &Crossing| known.metric == crossing.metric && known.variant == crossing.variant;
                if !crossed.iter().any(same) {
                    crossed.push(crossing);
                }
            }
            looks.push(evidence);
            day = day.saturating_add(step);
        }
        Ok((crossed, looks))
    }
}
