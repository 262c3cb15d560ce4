//! What a workspace says about an experiment: who it is for, how often they come, and what its metrics look like without it, by
//! the time before, or by its own control once that tells.

use std::collections::HashMap;

use super::assign::{of_rule, of_segment, picture};
use super::own::{Basis, Own};
use super::wave;
use crate::experiment::before::{self, Stretch};
use crate::experiment::design::{Asked, Intake, Outcome, Outlook, Reach};
use crate::experiment::{Better, Design, Metric, MetricKind, Tally};
use crate::frame::{Bitmap, Frame};
use crate::model::definition::Kind;
use crate::model::{Person, Span, Time};
use crate::rule::{Occurrence, Point};
use crate::stats::{Pair, Why};
use crate::store::Store;
use crate::work::frame::Picture;

/// How long people are watched for a metric without a window.
const USUAL: Span = Span::days(14);

/// Weeks that are looked back for how many people come.
const WEEKS: i64 = 12;

/// A metric before the experiment.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The metric.
    pub metric: Metric,
    /// How long a person is watched.
    pub window: Span,
    /// People it was taken over.
    pub people: u64,
    /// Who they are.
    pub basis: Basis,
    /// How well what they did before tells it, where it will be adjusted for; zero elsewhere.
    pub rho: f64,
    /// What it looks like, and what can be expected of it.
    pub outlook: Result<(Outcome, Outlook), Why>,
}

/// A design held against the workspace.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The design.
    pub design: Design,
    /// The moment the workspace is read at.
    pub at: Time,
    /// Who there is.
    pub reach: Reach,
    /// People who take part as planned.
    pub units: f64,
    /// The metrics, in the order of their roles.
    pub metrics: Vec<Expected>,
}

/// Holds a design against the workspace.
///
/// # Errors
/// A metric or segment it names is not known, or the workspace cannot be read.
pub fn plan(store: &Store, design: &Design, as_of: Option<Time>) -> anyhow::Result<Planned> {
    Foresight::new(store, as_of)?.plan(store, design, Curve::Steps)
}

/// Whether, and how, the growth of power is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// Step by step, with what each step can see.
    Steps,
    /// Not at all.
    Without,
}

/// A workspace that designs are held against one after the other, as when one is being written: what was read of people stays
/// known as long as a design asks the same of them.
#[derive(Debug)]
pub struct Foresight {
    picture: Picture,
    at: Time,
    defined: Vec<Metric>,
    people: HashMap<String, (Bitmap, Reach)>,
    seen: HashMap<String, Seen>,
    /// What tests that run say themselves, by name.
    own: HashMap<String, Option<Own>>,
}

/// A metric over people: its values, over how many and whom, and how well the past tells it.
#[derive(Debug, Clone)]
struct Seen {
    pair: Pair,
    people: u64,
    basis: Basis,
    rho: f64,
}

/// More than this is forgotten: somebody who types asks the same of people again and again, and never comes back to all of it.
const REMEMBERED: usize = 64;

impl Foresight {
    /// Reads a workspace.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn new(store: &Store, as_of: Option<Time>) -> anyhow::Result<Self> {
        let mut defined = Vec::new();
        for stored in store.definitions(Kind::Metric)? {
            defined.extend(Metric::read(&stored.definition.text).ok());
        }
        let (picture, at) = picture(store, as_of)?;
        Ok(Self { picture, at, defined, people: HashMap::new(), seen: HashMap::new(), own: HashMap::new() })
    }

    /// The moment it stands for.
    #[must_use]
    pub fn at(&self) -> Time {
        self.at
    }

    /// People there are.
    #[must_use]
    pub fn everybody(&self) -> u64 {
        self.picture.frame().people().len() as u64
    }

    /// The metrics defined here.
    #[must_use]
    pub fn defined(&self) -> &[Metric] {
        &self.defined
    }

    /// Holds a design against the workspace it was read from.
    ///
    /// # Errors
    /// A metric or segment it names is not known, or the workspace cannot be read.
    pub fn plan(&mut self, store: &Store, design: &Design, curve: Curve) -> anyhow::Result<Planned> {
        let metrics =
            design.measured(&self.defined).map_err(|problems| wave::several(&design.name, problems))?;
        let who = format!("{:?} {:?} {:?}", design.hash_attribute, design.fallback, design.targeting);
        if [self.people.len(), self.seen.len(), self.own.len()].iter().any(|known| *known > REMEMBERED) {
            self.people.clear();
            self.seen.clear();
            self.own.clear();
        }
        if !self.people.contains_key(&who) {
            let people = eligible(&self.picture, design)?;
            let reach = reach(self.picture.frame(), &people, self.at);
            self.people.insert(who.clone(), (people, reach));
        }
        if !self.own.contains_key(&design.name) {
            let own = Own::of(store, self.picture.frame(), design, self.at)?;
            self.own.insert(design.name.clone(), own);
        }
        let Self { picture, at, people, seen, own, .. } = self;
        let Some((people, reach)) = people.get(&who) else { anyhow::bail!("nobody was looked up") };
        let own = own.get(&design.name).and_then(Option::as_ref);
        let about = About { picture, design, people, reach, own, at: *at };
        let deciding = design.metrics.primary.len();
        let mut expected = Vec::new();
        for (index, metric) in metrics.into_iter().enumerate() {
            let how = (design.intake(), design.planned_days, design.analysis.cuped);
            let name = own.map(|_| &design.name);
            let key = format!("{who} {metric:?} {how:?} {name:?}");
            let known = seen.entry(key).or_insert_with(|| about.seen(&metric)).clone();
            expected.push(about.foreseen(metric, &known, index < deciding && curve == Curve::Steps));
        }
        Ok(Planned {
            metrics: expected,
            design: design.clone(),
            at: *at,
            reach: reach.clone(),
            units: design.units(reach, design.planned_weeks()),
        })
    }
}

/// Who it is for and can be assigned.
fn eligible(picture: &Picture, design: &Design) -> anyhow::Result<Bitmap> {
    let people = picture.frame().people();
    let mut eligible = Bitmap::from_fn(people.len(), |row| {
        design.hashed(|namespace| people.identity_in(Person(row as u32), namespace)).is_some()
    });
    if let Some(targeting) = &design.targeting {
        if let Some(segment) = &targeting.segment {
            eligible.and(&of_segment(picture, segment)?);
        }
        if let Some(rule) = &targeting.rule {
            eligible.and(&of_rule(picture, rule, &design.name)?);
        }
    }
    Ok(eligible)
}

/// How many of these people there are, and how many different ones did something in the newest weeks.
pub(crate) fn reach(frame: &Frame, people: &Bitmap, at: Time) -> Reach {
    let newest: Vec<Option<Time>> = people
        .rows()
        .map(|row| frame.history(Person(row as u32)).next_back().map(|event| event.at()))
        .collect();
    let oldest = people
        .rows()
        .filter_map(|row| frame.history(Person(row as u32)).next().map(|event| event.at()))
        .min();
    let history = oldest.map_or(0, |oldest| (at - oldest).0 / Span::days(7).0).clamp(0, WEEKS);
    let within = |weeks: i64| {
        let from = at.back(Span::days(7 * weeks));
        newest.iter().filter(|newest| newest.is_some_and(|newest| newest >= from)).count() as u64
    };
    Reach { known: people.count(), by_week: (1..=history).map(within).collect() }
}

/// What a metric is asked of.
struct About<'a> {
    picture: &'a Picture,
    design: &'a Design,
    people: &'a Bitmap,
    reach: &'a Reach,
    /// What the test says itself, where it runs.
    own: Option<&'a Own>,
    at: Time,
}

impl About<'_> {
    /// How long a person is watched for a metric, its delay included.
    fn watched(metric: &Metric) -> Span {
        let window = metric.window.unwrap_or(USUAL);
        Span(window.0.saturating_add(metric.delay.unwrap_or(Span::ZERO).0))
    }

    fn seen(&self, metric: &Metric) -> Seen {
        let Self { picture, design, people, at, .. } = *self;
        let watched = Self::watched(metric);
        let from = match design.intake() {
            Intake::AtOnce => at.back(watched),
            Intake::AsTheyCome => at.back(watched).back(Span::days(i64::from(design.planned_days))),
        };
        let exposed = |person| match design.intake() {
            Intake::AtOnce => Some(from),
            // Who comes by is exposed when they come.
            Intake::AsTheyCome => picture
                .frame()
                .history(person)
                .map(|event| event.at())
                .find(|seen| *seen >= from && *seen + watched <= at),
        };
        let before = || moments(picture.frame(), metric, people, exposed, at);
        let own = self.own.map(|own| (own.basis(), own.moments(picture.frame(), metric, at)));
        let ((pair, found), basis) = match own {
            Some((basis, (pair, found))) if outcome(metric.kind, &pair).is_ok() => ((pair, found), basis),
            _ => (before(), Basis::Before),
        };
        let adjusted = design.analysis.cuped && before::adjusts(metric);
        let rho = if adjusted { foretold(picture.frame(), metric, people, at).unwrap_or(0.0) } else { 0.0 };
        Seen { pair, people: found, basis, rho }
    }

    fn foreseen(&self, metric: Metric, seen: &Seen, curve: bool) -> Expected {
        let watched = Self::watched(&metric);
        let (lower, rho) = (metric.better == Better::Lower, seen.rho);
        let outlook = outcome(metric.kind, &seen.pair).map(|outcome| {
            let asked = Asked { outcome, rho, window: watched, lower, curve };
            (outcome, self.design.outlook(&asked, self.reach))
        });
        Expected { metric, window: watched, people: seen.people, basis: seen.basis, rho, outlook }
    }
}

/// How well what people did before tells a metric over the newest stretch of its window: the best correlation of the lengths
/// that are tried.
pub(crate) fn foretold(frame: &Frame, metric: &Metric, people: &Bitmap, at: Time) -> Option<f64> {
    let rehearsals = before::DAYS.map(|days| {
        let (late, early) = Stretch::rehearsal(metric, at, days);
        let value = |stretch: &Stretch, person: Person| {
            let mut tally = Tally::new(&stretch.metric, stretch.from, stretch.point);
            frame.history(person).for_each(|event| tally.see(event.name(), &event));
            before::known(&tally.finish())
        };
        let mut pair = Pair::default();
        for person in people.rows().map(|row| Person(row as u32)) {
            pair.push(value(&late, person), value(&early, person));
        }
        (days, pair)
    });
    before::best(rehearsals).map(|(_, correlation)| correlation)
}

/// A metric over people as if they had been exposed then: its values, or numerators and denominators.
pub(crate) fn moments(
    frame: &Frame,
    metric: &Metric,
    people: &Bitmap,
    exposed: impl Fn(Person) -> Option<Time>,
    at: Time,
) -> (Pair, u64) {
    let mut pair = Pair::default();
    for person in people.rows().map(|row| Person(row as u32)) {
        let Some(from) = exposed(person) else { continue };
        let mut tally = Tally::new(metric, from, Point::before(at));
        for event in frame.history(person) {
            tally.see(event.name(), &event);
        }
        let value = tally.finish();
        pair.push(value.numerator(), value.denominator());
    }
    (pair, pair.n())
}

/// What a metric looks like, where there is enough to tell.
pub(crate) fn outcome(kind: MetricKind, pair: &Pair) -> Result<Outcome, Why> {
    let n = pair.n();
    if n < 2 {
        return Err(Why::TooFew {
            what: "people with the whole window behind them".to_owned(),
            have: n,
            need: 2,
        });
    }
    if kind == MetricKind::Proportion {
        few(pair.y.sum().round() as u64)?;
    }
    Outcome::of(kind, pair)
}

/// Fewer than so many tell nothing about how often something happens.
const FEW: u64 = 5;

fn few(have: u64) -> Result<(), Why> {
    if have >= FEW {
        Ok(())
    } else {
        Err(Why::TooFew { what: "people who did it before".to_owned(), have, need: FEW })
    }
}
