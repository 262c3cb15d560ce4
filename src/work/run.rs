//! A run: a world at work in traffic, read out as the live panels.

use std::collections::{BTreeMap, VecDeque};

use jiff::tz::TimeZone;

use super::observed::Observed;
use crate::decide::library::Source;
use crate::experiment::analysis::Role;
use crate::experiment::closer::{Ahead, Closer, Cohorts, Trend};
use crate::experiment::{Crossing, Evidence, crossings};
use crate::model::definition::{ContentHash, Definition, Kind};
use crate::model::{Problem, Seed, Span, Time};
use crate::panel::crowd::AtHand;
use crate::panel::experiments::{About, Experiment, Look};
use crate::panel::uplift::{Running, TrendPoint};
use crate::panel::{Csat, Fatigue, Live, Origin, Stamp, Tick, Uplift, Whereabouts, figures, ticker};
use crate::rule::OpenCatalog;
use crate::rule::diagnostic::nearest;
use crate::sim::truth::Question;
use crate::sim::{Behaviour, MOST_DAYS, MOST_PEOPLE, Truth, World, people, truth};
use crate::survey::benchmark::Benchmarks;
use crate::traffic::source::Source as Arrivals;
use crate::traffic::{Profile, Setup, Traffic, compile};

/// The trend gets a point this often.
const TREND_STEP: Span = Span::hours(3);

/// Lines the ticker keeps.
const TICKER_LINES: usize = 200;

/// How far back the ticker reaches. Nobody reads what scrolled by long ago, and a trace for every decision of a fortnight
/// costs more than the decisions.
const TICKER_SPAN: Span = Span::hours(2);

/// More threads than this help nobody.
const MOST_THREADS: usize = 256;

/// What a run starts from.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The workspace's name, for the stamp.
    pub workspace: String,
    /// Every definition.
    pub definitions: Vec<Definition>,
    /// The seed.
    pub seed: Seed,
    /// How many people, if not as many as the world says.
    pub people: Option<u32>,
    /// Threads to use.
    pub threads: usize,
}

/// Everything a run is made of before it begins.
#[derive(Debug, Clone)]
pub struct Prepared {
    workspace: String,
    setup: Setup,
    behaviour: Behaviour,
    people: Vec<Profile>,
    threads: usize,
    zone: TimeZone,
    benchmarks: Benchmarks,
    hashes: Vec<(String, ContentHash)>,
    basis: ContentHash,
}

/// A run in progress.
pub struct Run {
    workspace: String,
    seed: Seed,
    world: World,
    traffic: Traffic<Behaviour>,
    threads: usize,
    zone: TimeZone,
    benchmarks: Benchmarks,
    trend: Vec<TrendPoint>,
    /// The primary metrics of each experiment, once a day so far.
    looks: BTreeMap<u32, Vec<Evidence>>,
    next_trend: Option<Time>,
    truth: Option<Truth>,
    ticker: VecDeque<Tick>,
    /// The hash of every experiment's definition, by name.
    hashes: Vec<(String, ContentHash)>,
    /// The hash over every definition.
    basis: ContentHash,
    /// The first time each effect was proven, by experiment.
    crossed: Vec<(u32, Crossing)>,
}

impl Prepared {
    /// Compiles the definitions and makes the people. `observed` are people with a history of their own, taken as
    /// they were when the world starts; the world makes up the rest.
    ///
    /// # Errors
    /// Everything wrong in the definitions.
    pub fn new(plan: Plan, observed: Observed) -> Result<Self, Vec<Problem>> {
        let text = plan.definitions.iter().rev().find(|definition| definition.kind == Kind::World);
        let Some(text) = text else {
            return Err(vec![
                Problem::new("no-world", "there is no world to run")
                    .help("keep one with `segue define world.toml --kind world`"),
            ]);
        };
        let world = World::parse(&text.text)
            .map_err(|problem| vec![problem.in_file(format!("world “{}”", text.name))])?;
        let mut setup = compile(&plan.definitions, &OpenCatalog, plan.seed)?;
        check_names(&world, &setup)?;
        check_scales(&world, &setup)?;
        let wanted = plan.people.unwrap_or(world.people);
        if wanted > MOST_PEOPLE {
            return Err(vec![
                Problem::new("run-people", format!("a run of {} people", figures::count(u64::from(wanted))))
                    .help(format!("at most {} fit", figures::count(u64::from(MOST_PEOPLE))))
                    .in_column("people"),
            ]);
        }
        let mut observed = observed.before(world.start);
        // What reached people before counts towards caps and pressure; satisfaction is measured by the run's own answers.
        observed.recall(&mut setup.library);
        observed.people.iter_mut().for_each(|profile| profile.answers.clear());
        setup.words = observed.words;
        let mut people: Vec<Profile> = observed.people.into_iter().take(wanted as usize).collect();
        let after = people.iter().map(|profile| profile.id.0).max().unwrap_or(0);
        let missing = wanted.saturating_sub(people.len() as u32);
        let behaviour = Behaviour::new(world, plan.seed, &setup.library, &mut setup.words);
        people.extend(people::make(behaviour.world(), plan.seed, &mut setup.words, after, missing));
        let experiments = plan.definitions.iter().filter(|definition| definition.kind == Kind::Experiment);
        Ok(Self {
            hashes: experiments.map(|definition| (definition.name.clone(), definition.hash())).collect(),
            basis: hash_over(&plan.definitions),
            workspace: plan.workspace,
            setup,
            behaviour,
            people,
            threads: plan.threads.clamp(1, MOST_THREADS),
            zone: TimeZone::UTC,
            benchmarks: Benchmarks::shipped()
                .map_err(|e| vec![Problem::new("benchmarks", e.message().to_owned())])?,
        })
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &World {
        self.behaviour.world()
    }

    /// A moment the run may be asked to come to.
    ///
    /// # Errors
    /// It is before the world begins or further than any run goes.
    pub fn within(&self, to: Time) -> Result<Time, Problem> {
        let world = self.world();
        let (first, last) = (world.start, latest(world));
        if (first..=last).contains(&to) {
            return Ok(to);
        }
        let what = if to < first { "is before the world begins" } else { "is further than a run goes" };
        Err(Problem::new("run-moment", format!("{to} {what}"))
            .help(format!("ask for a moment from {first} to {last}, {MOST_DAYS} days later"))
            .in_file(format!("world “{}”", world.name)))
    }

    /// The truth about the first experiment's primary metric, over everyone exposed within its planned days.
    #[must_use]
    pub fn truth(&self) -> Option<Truth> {
        let design = self.setup.library.experiments().first()?;
        let metric = design.metrics.primary.first()?;
        let metric = self.setup.metrics.iter().find(|known| known.name == *metric)?;
        let until = design.start? + Span::days(i64::from(design.planned_days));
        let until = until.min(latest(self.behaviour.world()));
        let question = Question { experiment: 0, treatment: 1, metric, until };
        let start = self.behaviour.world().start;
        Some(truth(&self.setup, &self.behaviour, &self.people, start, question, self.threads))
    }

    /// Begins.
    #[must_use]
    pub fn begin(self) -> Run {
        let world = self.behaviour.world().clone();
        // What a test did before the world begins is not in it, however long ago that was.
        let next_trend = self.setup.library.experiments().first().and_then(|design| design.start);
        let next_trend = next_trend.map(|start| start.max(world.start));
        Run {
            workspace: self.workspace,
            seed: self.setup.seed,
            traffic: Traffic::new(self.setup, self.behaviour, self.people, world.start),
            world,
            threads: self.threads,
            zone: self.zone,
            benchmarks: self.benchmarks,
            trend: Vec::new(),
            looks: BTreeMap::new(),
            next_trend,
            truth: None,
            ticker: VecDeque::new(),
            hashes: self.hashes,
            basis: self.basis,
            crossed: Vec::new(),
        }
    }
}

/// The moment a run of these definitions starts at, if they hold a world that reads.
#[must_use]
pub fn start_of(definitions: &[Definition]) -> Option<Time> {
    let text = definitions.iter().rev().find(|definition| definition.kind == Kind::World)?;
    World::parse(&text.text).ok().map(|world| world.start)
}

/// One hash over all definitions, in whatever order they come.
fn hash_over(definitions: &[Definition]) -> ContentHash {
    let mut lines: Vec<String> = definitions
        .iter()
        .map(|definition| format!("{} {} {}\n", definition.kind, definition.hash(), definition.name))
        .collect();
    lines.sort_unstable();
    ContentHash::of(lines.concat().as_bytes())
}

/// The last moment a run of this world may come to.
fn latest(world: &World) -> Time {
    world.start + Span::days(i64::from(MOST_DAYS))
}

/// Points a world answers with that the survey does not have.
fn check_scales(world: &World, setup: &Setup) -> Result<(), Vec<Problem>> {
    let too_many = world.satisfactions.iter().filter_map(|satisfaction| {
        let content = setup.library.contents.get(setup.library.content(&satisfaction.survey)? as usize)?;
        let Source::Survey(survey) = &content.source else { return None };
        let (points, scale) = (satisfaction.scores.len(), survey.scale);
        (points > usize::from(scale)).then(|| {
            Problem::new(
                "world-scores",
                format!("the scores of “{}” are {points} points, its scale has {scale}", survey.name),
            )
            .help("write one share for each point of the scale")
            .in_file(format!("world “{}”", world.name))
        })
    });
    let problems: Vec<Problem> = too_many.collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// A world that reacts to something nobody sends is misspelt.
fn check_names(world: &World, setup: &Setup) -> Result<(), Vec<Problem>> {
    let reactions = world.reactions.iter().map(|reaction| ("reaction", &reaction.experience));
    let satisfactions = world.satisfactions.iter().map(|satisfaction| ("satisfaction", &satisfaction.survey));
    let problems: Vec<Problem> = reactions
        .chain(satisfactions)
        .filter(|(_, name)| setup.library.content(name).is_none())
        .map(|(table, name)| {
            let near = nearest(name, setup.library.contents.iter().map(|content| content.name.clone()));
            Problem::new("world-content", format!("a {table} is to “{name}”, which is not defined"))
                .help(near.map_or_else(
                    || "define it first, or take the table out".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                ))
                .in_file(format!("world “{}”", world.name))
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

impl Run {
    /// The world.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The traffic.
    #[must_use]
    pub fn traffic(&self) -> &Traffic<Behaviour> {
        &self.traffic
    }

    /// The point the run has come to.
    #[must_use]
    pub fn now(&self) -> Time {
        self.traffic.now()
    }

    /// Everyone in it at this moment.
    #[must_use]
    pub fn people(&self) -> AtHand<'_> {
        let gather = Box::new(|| self.traffic.profiles().collect());
        AtHand::of(gather, self.traffic.setup(), self.now(), Some(self.world.currency.as_str()))
    }

    /// What the run's panels are stamped with.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::Simulated { seed: self.seed.0 }
    }

    /// Lets the run know what the world says.
    pub fn tell_truth(&mut self, truth: Truth) {
        self.truth = Some(truth);
    }

    /// Shows the truth of a kept picture until the world itself has been asked. Only a picture of this very run, at this
    /// very moment, knows it: of the same seed, people, definitions and day.
    pub fn expect_truth(&mut self, known: &Live) {
        let same = known.stamp.definitions.is_some() && known.stamp == self.stamp();
        let Some(shown) = known.uplift.truth.filter(|_| same && self.truth.is_none()) else { return };
        let control = shown.absolute / shown.relative;
        if control.is_finite() {
            self.truth = Some(Truth { exposed: 0, control, treatment: control + shown.absolute });
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            workspace: self.workspace.clone(),
            origin: self.origin(),
            as_of: self.now(),
            people: self.traffic.profiles().count() as u64,
            events: self.traffic.events(),
            definitions: Some(self.basis.to_string()),
        }
    }

    /// Runs on to a moment. What is done in the last hours before it goes into the ticker.
    pub fn advance(&mut self, to: Time) {
        while let Some(next) = self.next_trend.filter(|next| *next <= to) {
            self.step(next, to);
            self.look();
            self.next_trend = Some(next + TREND_STEP);
        }
        self.step(to, to);
    }

    /// Takes a point of the trend, and remembers which effects are proven for the first time.
    fn look(&mut self) {
        for experiment in 0..self.traffic.setup().library.experiments().len() as u32 {
            let Ok(look) = Running::look(&self.traffic, experiment) else { continue };
            let looks = self.looks.entry(experiment).or_default();
            let newest = looks.last().map(|look| look.as_of + Span::DAY);
            if newest.is_none_or(|next| look.evidence().as_of >= next) {
                let mut seen = look.evidence().clone();
                seen.metrics.retain(|metric| metric.role == Role::Primary);
                looks.push(seen);
            }
            if experiment == 0 {
                self.trend.extend(look.trend_point());
            }
            for crossing in crossings(look.evidence(), look.settings()) {
                let known = |(of, known): &(u32, Crossing)| {
                    *of == experiment && known.metric == crossing.metric && known.variant == crossing.variant
                };
                if !self.crossed.iter().any(known) {
                    self.crossed.push((experiment, crossing));
                }
            }
        }
    }

    /// The read-outs of the run's experiments at this moment, in the order of the library.
    #[must_use]
    pub fn experiments(&self) -> Vec<Experiment> {
        let setup = self.traffic.setup();
        let amounts: Vec<String> = setup
            .metrics
            .iter()
            .filter(|metric| metric.is_amount())
            .map(|metric| metric.name.clone())
            .collect();
        let read_out = |experiment: u32| {
            let running = Running::look(&self.traffic, experiment).ok()?;
            let name = &running.design().name;
            let hash = self.hashes.iter().rev().find(|(known, _)| known == name).map(|(_, hash)| *hash);
            let about = About {
                name: name.clone(),
                title: name.clone(),
                definition: hash.unwrap_or_else(|| ContentHash::of(name.as_bytes())),
                currency: Some(figures::currency_sign(&self.world.currency)),
                amounts: amounts.clone(),
                rejected: 0,
            };
            let crossed: Vec<Crossing> = self
                .crossed
                .iter()
                .filter(|(of, _)| *of == experiment)
                .map(|(_, crossing)| crossing.clone())
                .collect();
            let look = Look { about: &about, evidence: running.evidence(), settings: running.settings() };
            let mut shown = Experiment::running(&look, &running.progress(), &crossed);
            shown.closer = self.closer(experiment, &running, &crossed);
            Some(shown)
        };
        (0..setup.library.experiments().len() as u32).filter_map(read_out).collect()
    }

    /// The course of an experiment so far and how far it has come.
    fn closer<S: Arrivals>(&self, experiment: u32, running: &Running<'_, S>, crossed: &[Crossing]) -> Closer {
        let (evidence, settings) = (running.evidence(), running.settings());
        let start = running.design().start.unwrap_or(self.world.start);
        let mut looks = self.looks.get(&experiment).cloned().unwrap_or_default();
        // Today is a look of its own unless one was just taken.
        looks.retain(|look| look.as_of < evidence.as_of);
        looks.push(evidence.clone());
        let mut trend = Trend::of(&looks, &Cohorts::default(), start, settings);
        for trend in &mut trend {
            let ours = |known: &&Crossing| known.metric == trend.metric && known.variant == trend.variant;
            trend.first_crossed_at = crossed.iter().find(ours).map(|crossing| crossing.at);
        }
        let criteria = &running.design().criteria;
        let days_left = Ahead::of(evidence, settings, criteria, &running.progress());
        Closer { trend, days_left, ..Closer::default() }
    }

    fn step(&mut self, to: Time, target: Time) {
        let quiet = to.min(target.back(TICKER_SPAN));
        if quiet > self.now() {
            self.traffic.advance(quiet, self.threads, false);
        }
        if to <= self.now() {
            return;
        }
        let records = self.traffic.advance(to, self.threads, true);
        let setup = self.traffic.setup();
        let graphs: Vec<&crate::journey::Graph> = setup.routes.iter().map(|route| &route.graph).collect();
        let lines: Vec<Tick> = records
            .iter()
            .filter_map(|record| ticker::line(record, &setup.library, &graphs, &self.zone))
            .collect();
        for line in lines {
            if self.ticker.len() == TICKER_LINES {
                self.ticker.pop_back();
            }
            self.ticker.push_front(line);
        }
        // However many steps led here, the ticker shows the same.
        let oldest = to.back(TICKER_SPAN);
        self.ticker.retain(|line| line.at >= oldest);
    }

    /// The live panels at this moment.
    #[must_use]
    pub fn panels(&self) -> Live {
        let setup = self.traffic.setup();
        let graphs: Vec<&crate::journey::Graph> = setup.routes.iter().map(|route| &route.graph).collect();
        let people = || self.traffic.profiles();
        let uplift = Running::look(&self.traffic, 0)
            .ok()
            .and_then(|look| look.panel(&self.trend, self.truth.as_ref(), &self.world.currency));
        Live {
            stamp: self.stamp(),
            uplift: uplift.unwrap_or_else(Uplift::none),
            fatigue: Fatigue::of(people(), &setup.library.policy, self.now()),
            csat: Csat::of(people(), &setup.library, &self.benchmarks, "internet retail", self.now()),
            whereabouts: Whereabouts::of(people(), &setup.stages, &graphs, &self.traffic.counts()),
            ticker: self.ticker.iter().cloned().collect(),
            reading: false,
        }
    }
}
