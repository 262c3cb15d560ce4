//! What a closer look at a design needs of the frame: what people did before, where they are, on which day since exposure they did
//! something, and which part of the people they belong to.

use super::measured::{EFFORT, Unit, Units};
use crate::experiment::before::{self, Stretch};
use crate::experiment::closer::{Ahead, Cause, Census, Closer, Cut, MeasuredPart, Parts, Start, Trend, Wear};
use crate::experiment::closer::{closed, primary};
use crate::experiment::{Collected, Design, Evidence, Metric, Progress, Settings, Tally, health};
use crate::frame::{Bitmap, Frame};
use crate::model::definition::Kind;
use crate::model::value::Datum;
use crate::model::{Channel, Span, Time};
use crate::rule::{Occurrence, Point};
use crate::segment::{Library, Membership, Segment, Stages};
use crate::stats::novelty::Day;
use crate::stats::{Moments, Why};
use crate::store::Store;
use crate::work::frame::{stages_of, threads};

/// Days before the start the arms are compared on.
const BEFORE: i64 = 30;
/// Days since exposure that are looked at, unless the metric's window is shorter.
const DAYS: u32 = 14;
/// Segments that are looked at, by name.
const SEGMENTS: usize = 12;

/// How a design stands at a point.
pub(super) struct Stand<'a> {
    pub(super) design: &'a Design,
    pub(super) evidence: &'a Evidence,
    pub(super) settings: &'a Settings,
    pub(super) progress: &'a Progress,
    pub(super) start: Time,
    pub(super) point: Point,
}

/// A named set of people among the exposed.
struct Part {
    name: String,
    units: Vec<usize>,
}

/// Looks closer at a design.
///
/// # Errors
/// The workspace cannot be read.
pub(super) fn closer(
    store: &Store,
    units: &Units<'_>,
    stand: &Stand<'_>,
    looks: &[Evidence],
) -> anyhow::Result<Closer> {
    let broken = health::check(&stand.evidence.arms).broken;
    let off = matches!(broken, Some(Why::SampleRatio { .. } | Why::ZeroWeightArm { .. }));
    let (lifecycle, segments) = match closed(stand.evidence, stand.settings) {
        Some(_) => (Vec::new(), Vec::new()),
        None => (stages(store, units, stand)?, overlapping(store, units, stand)?),
    };
    let mut parts = effects(units, stand, Cut::Lifecycle, &lifecycle);
    if !segments.is_empty() {
        parts.extend(effects(units, stand, Cut::Segments, &segments));
    }
    let trend = Trend::of(looks, stand.start, stand.settings);
    let shown = trend.iter().any(|trend| trend.withheld.is_none());
    let days = if shown { units.daily(stand.start, stand.point)? } else { Vec::new() };
    Ok(Closer {
        balance: balance(units, stand),
        sample_ratio_cause: off.then(|| Cause::of(&census(units, stand), &stand.evidence.arms)),
        novelty: novelty(units, stand),
        segments: parts,
        days_left: Ahead::of(stand.evidence, stand.settings, &stand.design.criteria, stand.progress),
        trend: trend.into_iter().map(|trend| trend.with_days(&days, stand.start, stand.settings)).collect(),
    })
}

/// Units exposed by the point and in one arm only.
fn sound<'u>(units: &'u Units<'_>, point: Point) -> impl Iterator<Item = (usize, &'u Unit)> {
    let seen = move |at: Time| point.sees(at);
    units.units.iter().enumerate().filter(move |(_, unit)| seen(unit.at) && !unit.mixed.is_some_and(seen))
}

fn balance(units: &Units<'_>, stand: &Stand<'_>) -> Vec<Start> {
    let arms = stand.evidence.arms.len();
    let of = |metric: &Metric| {
        let stretch = Stretch::covariate(metric, stand.start, BEFORE);
        let mut moments = vec![Moments::default(); arms];
        for (_, unit) in sound(units, stand.point) {
            moments[unit.arm].push(units.over(unit.person, &stretch));
        }
        (format!("{} in the {BEFORE} days before", metric.name), moments)
    };
    let known: Vec<(String, Vec<Moments>)> =
        units.metrics.iter().filter(|metric| before::adjusts(metric)).map(of).collect();
    let variants: Vec<String> = stand.evidence.arms.iter().map(|arm| arm.variant.clone()).collect();
    Start::of(&known, &variants)
}

/// First exposures before exclusions, by what was known of each at that moment.
fn census(units: &Units<'_>, stand: &Stand<'_>) -> Census {
    let mut census = Census::default();
    let arms = stand.evidence.arms.len();
    for unit in units.units.iter().filter(|unit| stand.point.sees(unit.at)) {
        let mut count = |dimension, value: &str| census.count(dimension, value, unit.arm, arms);
        if let Datum::Text(country) = units.frame.people().datum(unit.person, "country") {
            count("country", country);
        }
        let met = || units.frame.history(unit.person).rev().filter(|event| event.at() <= unit.at);
        let told = met().find_map(|event| match event.property("device") {
            Datum::Text(device) => Some(device.to_owned()),
            _ => None,
        });
        let device = match (told, units.frame.people().datum(unit.person, "device")) {
            (Some(device), _) => Some(device),
            (None, Datum::Text(device)) => Some(device.to_owned()),
            (None, _) => None,
        };
        device.iter().for_each(|device| count("device", device));
        let on_site = met().map(|event| event.channel()).find(|channel| *channel != Channel::Unknown);
        on_site.iter().for_each(|channel| count("channel", channel.name()));
        count("day", unit.at.to_string().get(..10).unwrap_or_default());
    }
    census
}

fn novelty(units: &Units<'_>, stand: &Stand<'_>) -> Vec<Wear> {
    let closed = closed(stand.evidence, stand.settings).or_else(|| {
        let effort = units.units.len() as u64 * u64::from(DAYS);
        let reason = "there are too many people to look at each of their days here".to_owned();
        (effort > EFFORT).then_some(Why::Other { reason })
    });
    let mut days: Vec<Option<Vec<Vec<Moments>>>> = Vec::new();
    let one = |(metric, arm): (usize, usize)| {
        let name = &stand.evidence.metrics[metric].metric;
        let variant = &stand.evidence.arms[arm].variant;
        if let Some(why) = &closed {
            return Wear::withheld(name, variant, why.clone());
        }
        days.resize(days.len().max(metric + 1), None);
        let by_arm = days[metric].get_or_insert_with(|| daily(units, stand, &units.metrics[metric]));
        let of = |(day, arms): (usize, &Vec<Moments>)| Day {
            day: day as u32,
            control: arms[0],
            treatment: arms[arm],
        };
        let of: Vec<Day> = by_arm.iter().enumerate().map(of).collect();
        match units.metrics[metric].denominator {
            Some(_) => {
                let reason = "a ratio has no value of a single day".to_owned();
                Wear::withheld(name, variant, Why::Other { reason })
            }
            None => Wear::of(name, variant, &of, stand.settings.plan.alpha),
        }
    };
    primary(stand.evidence).map(one).collect()
}

/// Day by day since exposure, the moments of each arm over the units for whom that day has passed.
fn daily(units: &Units<'_>, stand: &Stand<'_>, metric: &Metric) -> Vec<Vec<Moments>> {
    let window =
        metric.window.map_or(DAYS, |window| (window.0 / Span::DAY.0).clamp(1, i64::from(DAYS)) as u32);
    let delay = metric.delay.unwrap_or(Span::ZERO);
    let of_day = |day: u32| Metric {
        delay: Some(Span(delay.0 + i64::from(day) * Span::DAY.0)),
        window: Some(Span::DAY),
        ..metric.clone()
    };
    let metrics: Vec<Metric> = (0..window).map(of_day).collect();
    let mut days = vec![vec![Moments::default(); stand.evidence.arms.len()]; metrics.len()];
    for (_, unit) in sound(units, stand.point) {
        let mut tallies: Vec<Tally<'_>> =
            metrics.iter().map(|metric| Tally::new(metric, unit.at, stand.point)).collect();
        for event in units.frame.history(unit.person) {
            tallies.iter_mut().for_each(|tally| tally.see(event.name(), &event));
        }
        for (arms, tally) in days.iter_mut().zip(tallies) {
            let value = tally.finish();
            if value.matured {
                arms[unit.arm].push(value.numerator());
            }
        }
    }
    days
}

/// People by their stage just before they were exposed.
fn stages(store: &Store, units: &Units<'_>, stand: &Stand<'_>) -> anyhow::Result<Vec<Part>> {
    let stages: Stages = stages_of(store, units.frame)?;
    let mut parts: Vec<Part> =
        stages.lifecycles().map(|name| Part { name: name.to_owned(), units: Vec::new() }).collect();
    parts.push(Part { name: "no stage".to_owned(), units: Vec::new() });
    let last = parts.len() - 1;
    for (index, unit) in sound(units, stand.point) {
        let stage = stages.lifecycle(&units.frame.subject(unit.person), Point::before(unit.at));
        let place = stage.and_then(|stage| parts.iter().position(|part| part.name == stage)).unwrap_or(last);
        parts[place].units.push(index);
    }
    parts.retain(|part| !part.units.is_empty());
    Ok(parts)
}

/// People by the segments they were in at the start.
fn overlapping(store: &Store, units: &Units<'_>, stand: &Stand<'_>) -> anyhow::Result<Vec<Part>> {
    let mut segments: Vec<Segment> = Vec::new();
    for stored in store.definitions(Kind::Segment)? {
        // One that cannot be read has no people; the Segments screen says why.
        segments.extend(Segment::parse(Some(&stored.definition.name), &stored.definition.text).ok());
    }
    if segments.is_empty() {
        return Ok(Vec::new());
    }
    let point = Point::before(stand.start);
    let frame: Frame = crate::segment::library::with_lists(units.frame, &segments);
    let stages = stages_of(store, &frame)?;
    let library = Library::new(&stages.label(&frame, point, threads()), segments);
    let of = |segment: &Segment| {
        let plan = library.plan(&segment.name)?.as_ref().ok()?;
        let membership = Membership::of(library.frame(), plan, point, threads());
        let members: &Bitmap = membership.members();
        let units: Vec<usize> = sound(units, stand.point)
            .filter(|(_, unit)| members.has(unit.person.index()))
            .map(|(index, _)| index)
            .collect();
        (!units.is_empty()).then(|| Part { name: segment.name.clone(), units })
    };
    Ok(library.segments().filter_map(of).take(SEGMENTS).collect())
}

/// Every primary effect within every part.
fn effects(units: &Units<'_>, stand: &Stand<'_>, cut: Cut, parts: &[Part]) -> Vec<Parts> {
    let closed = closed(stand.evidence, stand.settings);
    let arms = stand.evidence.arms.len();
    let measured: Vec<Vec<Vec<Collected>>> =
        parts.iter().map(|part| within(units, stand.point, part, arms)).collect();
    let one = |(metric, arm): (usize, usize)| {
        let name = &stand.evidence.metrics[metric].metric;
        let variant = &stand.evidence.arms[arm].variant;
        if let Some(why) = &closed {
            return Parts::withheld(name, variant, cut, why.clone());
        }
        let of = |(part, measured): (&Part, &Vec<Vec<Collected>>)| {
            (part.name.clone(), measured[metric][0], measured[metric][arm])
        };
        let of: Vec<MeasuredPart> = parts.iter().zip(&measured).map(of).collect();
        Parts::of(name, variant, cut, &of, stand.settings.plan.alpha)
    };
    primary(stand.evidence).map(one).collect()
}

/// Every metric in every arm of a part. What is cut at a share is cut there by the part's own values.
fn within(units: &Units<'_>, point: Point, part: &Part, arms: usize) -> Vec<Vec<Collected>> {
    let values: Vec<(usize, Vec<_>)> = part
        .units
        .iter()
        .map(|&index| (units.units[index].arm, units.values(&units.units[index], point)))
        .collect();
    let of = |(index, metric): (usize, &Metric)| {
        let cuts = metric.cuts(values.iter().map(|(_, values)| &values[index]));
        let mut collected = vec![Collected::new(metric.kind); arms];
        for (arm, values) in &values {
            let value = cuts.map_or(values[index], |cuts| values[index].within(&cuts));
            collected[*arm].push(&value, None);
        }
        collected
    };
    units.metrics.iter().enumerate().map(of).collect()
}
