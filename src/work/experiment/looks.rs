//! An experiment as it stood at one look after the other, and what each day's newcomers say by themselves.
//!
//! Looks lie on a grid that depends on the start alone: every day for six weeks, every week from then on. So the first look at
//! which an effect was proven stays the same look however long the experiment goes on.

use super::units::{Unit, Units};
use crate::experiment::closer::Cohorts;
use crate::experiment::{Collected, Crossing, Design, Evidence, Metric, Settings, UnitValue, crossings};
use crate::model::{Span, Time};
use crate::rule::Point;
use crate::stats::Engine;

/// So many days have a look each.
const DAILY: i64 = 42;
/// From then on so many days lie between two.
const WEEK: i64 = 7;
/// No experiment has more looks than this: ten years of them.
const MOST: usize = 600;

/// An experiment's past.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The first times primary effects were proven.
    pub(super) crossed: Vec<Crossing>,
    /// The primary metrics at each look, oldest first.
    pub(super) looks: Vec<Evidence>,
    /// The primary metrics of those first exposed between two looks, as they stand at the point.
    pub(super) cohorts: Cohorts,
}

/// The moments of the looks before a point.
fn grid(start: Time, point: Point) -> Vec<Time> {
    let day = |day: i64| start + Span::days(day);
    let days = (1..=DAILY).chain((1..).map(|week| DAILY + week * WEEK));
    days.map(day).take_while(|at| *at < Time::MAX && *at <= point.at).take(MOST).collect()
}

/// Looks back.
///
/// # Errors
/// A metric is not known.
pub(super) fn past(
    units: &Units<'_>,
    start: Time,
    point: Point,
    settings: &Settings,
) -> anyhow::Result<Past> {
    if settings.plan.engine == Engine::Fixed {
        return Ok(Past { cohorts: cohorts(units, start, point), ..Past::default() });
    }
    let grid = grid(start, point);
    let looks = match units.metrics[..primaries(units.design)].iter().all(is_settled_once) {
        true => settled(units, &grid, point),
        false => grid.iter().map(|at| look(units, *at)).collect::<anyhow::Result<_>>()?,
    };
    let mut crossed: Vec<Crossing> = Vec::new();
    // What a posterior was convinced of once is no proof: it would be found by looking often enough.
    let proves = settings.plan.engine.allows_many_looks();
    for evidence in looks.iter().filter(|_| proves) {
        for crossing in crossings(evidence, settings) {
            let same =
                |known: &Crossing| known.metric == crossing.metric && known.variant == crossing.variant;
            if !crossed.iter().any(same) {
                crossed.push(crossing);
            }
        }
    }
    Ok(Past { crossed, looks, cohorts: cohorts(units, start, point) })
}

/// The primary metrics of a design come first among all it measures.
fn primaries(design: &Design) -> usize {
    design.metrics.primary.len()
}

/// Whether a unit's value is the same at every look once its window has elapsed, and stands by itself.
fn is_settled_once(metric: &Metric) -> bool {
    metric.window.is_some() && metric.winsorise_share.is_none()
}

/// A look by itself: every unit measured as of then.
fn look(units: &Units<'_>, at: Time) -> anyhow::Result<Evidence> {
    let (mut evidence, _) = units.evidence(Point::before(at))?;
    evidence.metrics.truncate(primaries(units.design));
    Ok(evidence)
}

/// What joins the count at one look.
#[derive(Debug, Clone)]
struct Joining {
    /// Exposed and excluded, by arm.
    traffic: Vec<(u64, u64)>,
    /// Units whose window elapsed since the look before, by metric and arm.
    matured: Vec<Vec<Collected>>,
    /// The same of units that are in two arms from a later look on: they count here only, and again at the next look.
    passing: Vec<Vec<Collected>>,
}

impl Joining {
    fn nothing(metrics: &[Metric], arms: usize) -> Self {
        let empty: Vec<Vec<Collected>> =
            metrics.iter().map(|metric| vec![Collected::new(metric.kind); arms]).collect();
        Self { traffic: vec![(0, 0); arms], matured: empty.clone(), passing: empty }
    }

    fn merge(&mut self, other: Self) {
        for (mine, more) in self.traffic.iter_mut().zip(other.traffic) {
            *mine = (mine.0 + more.0, mine.1 + more.1);
        }
        let pairs = [(&mut self.matured, other.matured), (&mut self.passing, other.passing)];
        for (mine, more) in pairs {
            merge(mine, more);
        }
    }
}

fn merge(mine: &mut [Vec<Collected>], more: Vec<Vec<Collected>>) {
    for (mine, more) in mine.iter_mut().flatten().zip(more.into_iter().flatten()) {
        *mine = mine.merge(more);
    }
}

/// All looks from one measurement: a unit whose window has elapsed brings the same value to every later look.
fn settled(units: &Units<'_>, grid: &[Time], point: Point) -> Vec<Evidence> {
    let metrics = &units.metrics[..primaries(units.design)];
    let arms = units.design.variants.len();
    let nothing = || vec![Joining::nothing(metrics, arms); grid.len()];
    let width = units.metrics.len();
    let parts = units.measured(point, |from, values| {
        let mut joining = nothing();
        for (index, values) in values.chunks_exact(width.max(1)).enumerate() {
            join(units, from + index, values, grid, &mut joining);
        }
        joining
    });
    let mut joining = nothing();
    for part in parts {
        joining.iter_mut().zip(part).for_each(|(mine, more)| mine.merge(more));
    }
    let mut evidence = Vec::with_capacity(grid.len());
    let mut so_far = Joining::nothing(metrics, arms);
    for (at, one) in grid.iter().zip(joining) {
        so_far.merge(Joining { passing: Joining::nothing(metrics, arms).passing, ..one.clone() });
        let mut counted = so_far.matured.clone();
        merge(&mut counted, one.passing);
        evidence.push(units.told(*at, &so_far.traffic, counted));
    }
    evidence
}

/// The first look that has a moment behind it.
fn first_after(grid: &[Time], moment: Time) -> usize {
    grid.partition_point(|at| !Point::before(*at).sees(moment))
}

fn join(units: &Units<'_>, index: usize, values: &[UnitValue], grid: &[Time], joining: &mut [Joining]) {
    let unit = &units.units[index];
    let mixed = unit.mixed.map_or(grid.len(), |at| first_after(grid, at));
    if let Some(look) = joining.get_mut(first_after(grid, unit.at)) {
        look.traffic[unit.arm].0 += 1;
    }
    if let Some(look) = joining.get_mut(mixed) {
        look.traffic[unit.arm].1 += 1;
    }
    let known: Vec<Option<f64>> = units.before(index).collect();
    for (place, metric) in units.metrics.iter().enumerate().take(primaries(units.design)) {
        let (_, to) = metric.stretch(unit.at);
        let elapsed = grid.partition_point(|at| *at < to);
        let (value, before) = (&values[place], known.get(place).copied().flatten());
        if unit.mixed.is_none() {
            if let Some(look) = joining.get_mut(elapsed) {
                look.matured[place][unit.arm].push(value, before);
            }
        } else {
            for look in joining.iter_mut().take(mixed).skip(elapsed) {
                look.passing[place][unit.arm].push(value, before);
            }
        }
    }
}

/// Who was first exposed between two looks, with what is known of them at the point.
fn cohorts(units: &Units<'_>, start: Time, point: Point) -> Cohorts {
    let grid = grid(start, point);
    let metrics = &units.metrics[..primaries(units.design)];
    let (arms, width) = (units.design.variants.len(), units.metrics.len());
    let cuts = units.cuts(point);
    let nothing = || -> Vec<Vec<Vec<Collected>>> {
        let empty = metrics.iter().map(|metric| vec![Collected::new(metric.kind); arms]).collect();
        vec![empty; grid.len() + 1]
    };
    let of = |unit: &Unit| first_after(&grid, unit.at).min(grid.len());
    let parts = units.measured(point, |from, values| {
        let mut days = nothing();
        for (index, values) in values.chunks_exact(width.max(1)).enumerate() {
            let unit = &units.units[from + index];
            if !unit.is_sound(point) {
                continue;
            }
            for (place, before) in units.before(from + index).enumerate().take(metrics.len()) {
                let value = cuts[place].map_or(values[place], |cuts| values[place].within(&cuts));
                days[of(unit)][place][unit.arm].push(&value, before);
            }
        }
        days
    });
    let mut days = nothing();
    for part in parts {
        days.iter_mut().zip(part).for_each(|(mine, more)| merge(mine, more));
    }
    Cohorts { until: grid.into_iter().chain([point.at]).collect(), measured: days }
}
