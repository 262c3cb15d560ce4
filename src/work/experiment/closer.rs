//! What a closer look at a design needs of the frame: what people did before, where they are, on which day since exposure they did
//! something, and which part of the people they belong to.

use super::looks::Past;
use super::units::{Unit, Units};
use crate::experiment::before::{self, Stretch};
use crate::experiment::closer::{Ahead, Cause, Census, Closer, Cut, MeasuredPart, Parts, Start, Trend, Wear};
use crate::experiment::closer::{Within, closed, primary};
use crate::experiment::scan::Ask;
use crate::experiment::{Collected, Design, Evidence, Metric, Progress, Settings, health};
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
    past: &Past,
) -> anyhow::Result<Closer> {
    let broken = health::check(&stand.evidence.arms).broken;
    let off = matches!(broken, Some(Why::SampleRatio { .. } | Why::ZeroWeightArm { .. }));
    let (lifecycle, segments) = match closed(stand.evidence, stand.settings) {
        Some(_) => (Vec::new(), Vec::new()),
        None => (stages(store, units, stand)?, overlapping(store, units, stand)?),
    };
    let (stages, named) = within(units, stand, &lifecycle, &segments);
    let mut parts = effects(stand, Cut::Lifecycle, &stages);
    if !segments.is_empty() {
        parts.extend(effects(stand, Cut::Segments, &named));
    }
    Ok(Closer {
        balance: balance(units, stand),
        sample_ratio_cause: off.then(|| Cause::of(&census(units, stand), &stand.evidence.arms)),
        novelty: novelty(units, stand),
        segments: parts,
        days_left: Ahead::of(stand.evidence, stand.settings, &stand.design.criteria, stand.progress),
        trend: trend(stand, past),
    })
}

/// Everything seen so far with today as the last look, and when each effect was first proven.
fn trend(stand: &Stand<'_>, past: &Past) -> Vec<Trend> {
    let looks: Vec<Evidence> = past.looks.iter().chain([stand.evidence]).cloned().collect();
    let mut trends = Trend::of(&looks, &past.cohorts, stand.start, stand.settings);
    for trend in &mut trends {
        let ours =
            past.crossed.iter().find(|known| known.metric == trend.metric && known.variant == trend.variant);
        trend.first_crossed_at = ours.map(|crossing| crossing.at);
    }
    trends
}

/// Units exposed by the point and in one arm only.
fn sound<'u>(units: &'u Units<'_>, point: Point) -> impl Iterator<Item = (usize, &'u Unit)> {
    units.units.iter().enumerate().filter(move |(_, unit)| unit.is_sound(point))
}

fn balance(units: &Units<'_>, stand: &Stand<'_>) -> Vec<Start> {
    let arms = stand.evidence.arms.len();
    let metrics: Vec<&Metric> = units.metrics.iter().filter(|metric| before::adjusts(metric)).collect();
    let stretches: Vec<Stretch> =
        metrics.iter().map(|metric| Stretch::covariate(metric, stand.start, BEFORE)).collect();
    let asks: Vec<Ask<'_>> = stretches.iter().map(Stretch::ask).collect();
    let moments = moments(units, stand.point, &asks, arms);
    let name = |metric: &&Metric| format!("{} in the {BEFORE} days before", metric.name);
    let known: Vec<(String, Vec<Moments>)> = metrics.iter().map(name).zip(moments).collect();
    let variants: Vec<String> = stand.evidence.arms.iter().map(|arm| arm.variant.clone()).collect();
    Start::of(&known, &variants)
}

/// The moments of each ask in each arm, over sound units whose stretch has passed.
fn moments(units: &Units<'_>, point: Point, asks: &[Ask<'_>], arms: usize) -> Vec<Vec<Moments>> {
    let empty = || vec![vec![Moments::default(); arms]; asks.len()];
    let parts = units.over(asks, |of, values| {
        let mut moments = empty();
        let sound = of.iter().zip(values.chunks_exact(asks.len().max(1)));
        for (unit, values) in sound.filter(|(unit, _)| unit.is_sound(point)) {
            for (moments, value) in moments.iter_mut().zip(values).filter(|(_, value)| value.matured) {
                moments[unit.arm].push(value.numerator());
            }
        }
        moments
    });
    parts.into_iter().fold(empty(), |mut whole, part| {
        for (whole, part) in whole.iter_mut().flatten().zip(part.into_iter().flatten()) {
            *whole = whole.merge(part);
        }
        whole
    })
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
    let closed = closed(stand.evidence, stand.settings);
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
            None => Wear::of(name, variant, &of, stand.settings),
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
    let asks: Vec<Ask<'_>> =
        metrics.iter().map(|metric| Ask { metric, from: None, point: stand.point }).collect();
    moments(units, stand.point, &asks, stand.evidence.arms.len())
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
fn effects(stand: &Stand<'_>, cut: Cut, parts: &[Counted]) -> Vec<Parts> {
    let closed = closed(stand.evidence, stand.settings);
    let one = |(metric, arm): (usize, usize)| {
        let within = Within { evidence: stand.evidence, settings: stand.settings, metric, arm };
        if let Some(why) = &closed {
            return Parts::withheld(&within, cut, why.clone());
        }
        let of: Vec<MeasuredPart> =
            parts.iter().map(|(part, measured)| (part.clone(), measured[metric].clone())).collect();
        Parts::of(&within, cut, &of)
    };
    primary(stand.evidence).map(one).collect()
}

/// A named part with every metric in every arm of it.
type Counted = (String, Vec<Vec<Collected>>);

/// Every metric in every arm of every part, from one measurement. What is cut at a share is cut where everybody's values are.
fn within(
    units: &Units<'_>,
    stand: &Stand<'_>,
    stages: &[Part],
    segments: &[Part],
) -> (Vec<Counted>, Vec<Counted>) {
    let arms = stand.evidence.arms.len();
    let member = |part: &Part| {
        let mut member = Bitmap::none(units.units.len());
        part.units.iter().for_each(|&index| member.set(index));
        member
    };
    let members: Vec<Bitmap> = stages.iter().chain(segments).map(member).collect();
    if members.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let cuts = units.cuts(stand.point);
    let empty = || {
        let metric = |metric: &Metric| vec![Collected::new(metric.kind); arms];
        vec![units.metrics.iter().map(metric).collect::<Vec<_>>(); members.len()]
    };
    let found = units.measured(stand.point, |from, values| {
        let mut parts = empty();
        for (index, values) in values.chunks_exact(units.metrics.len().max(1)).enumerate() {
            let unit = from + index;
            let arm = units.units[unit].arm;
            for (_, part) in members.iter().zip(&mut parts).filter(|(member, _)| member.has(unit)) {
                for (place, before) in units.before(unit).enumerate() {
                    let value = cuts[place].map_or(values[place], |cuts| values[place].within(&cuts));
                    part[place][arm].push(&value, before);
                }
            }
        }
        parts
    });
    let whole = found.into_iter().fold(empty(), |mut whole, part| {
        let pairs = whole.iter_mut().flatten().flatten().zip(part.into_iter().flatten().flatten());
        pairs.for_each(|(whole, part)| *whole = whole.merge(part));
        whole
    });
    let mut named = stages.iter().chain(segments).map(|part| part.name.clone()).zip(whole);
    (named.by_ref().take(stages.len()).collect(), named.collect())
}
