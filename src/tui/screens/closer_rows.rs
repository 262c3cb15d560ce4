//! What lies behind a test's numbers: where a bad split comes from, the course so far, novelty, parts of the people, what is missing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::View;
use super::live::moved;
use crate::experiment::Better;
use crate::experiment::closer::{Cause, Closer, Cut, Look, Parts, Trend, Wear};
use crate::panel::experiments::{Experiment, Unit};
use crate::panel::figures;
use crate::panel::uplift::TrendPoint;
use crate::stats::{Estimate, Reading};
use crate::tui::theme::Role;
use crate::tui::widgets::bar::whisker;
use crate::tui::widgets::chart::Trend as Course;
use crate::tui::widgets::row::{Row, wrap};

/// The looks of a trend that are shown.
const LOOKS: usize = 8;

/// One line of a section: what it is about, and its effect.
struct Line<'a> {
    name: String,
    reading: &'a Reading,
    beside: String,
}

/// Every section that has something to say.
pub(super) fn rows(experiment: &Experiment, width: usize, view: &View) -> Vec<Row> {
    let closer = &experiment.closer;
    let mut rows = Vec::new();
    for trend in &closer.trend {
        rows.extend(course(trend, kind(experiment, &trend.metric).1, width, view));
    }
    for wear in &closer.novelty {
        rows.extend(novelty(wear, kind(experiment, &wear.metric), width, view));
    }
    for parts in &closer.segments {
        rows.extend(segments(parts, kind(experiment, &parts.metric), width, view));
    }
    rows.extend(before(closer, width, view));
    rows.extend(ahead(closer, width, view));
    rows
}

/// Where a split that is off is off.
pub(super) fn cause(cause: &Cause, width: usize, view: &View) -> Vec<Row> {
    let mut rows: Vec<Row> =
        wrap(&cause.sentence, width).into_iter().map(|line| view.row().put(Role::Error, line)).collect();
    for value in cause.values.iter().take(5) {
        let role = if value.uneven { Role::Error } else { Role::Muted };
        let row = view.row().gap(2).cell(role, format!("{} {}", value.dimension, value.value), 24);
        let off = format!(
            "{} {} of {}",
            figures::signed(value.excess, 0),
            value.variant,
            figures::count(value.units)
        );
        rows.push(row.gap(1).text(off).gap(2).muted(format!("p {}", figures::p_value(value.p_adjusted))));
    }
    rows
}

fn title(title: String, width: usize, view: &View) -> [Row; 2] {
    [view.row(), view.row().put(Role::Title, crate::tui::widgets::row::clip(&title, width))]
}

fn said(role: Role, text: &str, width: usize, view: &View) -> Vec<Row> {
    wrap(text, width).into_iter().map(|line| view.row().put(role, line)).collect()
}

fn course(trend: &Trend, better: Better, width: usize, view: &View) -> Vec<Row> {
    let mut rows = title(format!("Course of {}, {}", trend.metric, trend.variant), width, view).to_vec();
    if let Some(why) = &trend.withheld {
        rows.extend(said(Role::Held, &format!("withheld: {}", why.sentence()), width, view));
        return rows;
    }
    let drawn = chart(trend, width, view);
    if !drawn.is_empty() {
        rows.extend(drawn);
        return rows;
    }
    let shown = trend.looks.len().saturating_sub(LOOKS);
    let places = |day: f64| usize::from((day - day.round()).abs() > 0.05);
    let line = |look: &Look| format!("day {}", figures::fixed(look.day, places(look.day)));
    let lines: Vec<Line<'_>> = trend.looks[shown..]
        .iter()
        .map(|look| Line { name: line(look), reading: &look.relative, beside: String::new() })
        .collect();
    rows.extend(table(&lines, Scale::Relative, better, width, view));
    rows
}

/// The course as a chart, where there is room and enough to draw: everybody so far with the interval around it, and single days.
fn chart(trend: &Trend, width: usize, view: &View) -> Vec<Row> {
    let point = |look: &Look| {
        let estimate = look.relative.estimate()?;
        Some(TrendPoint { day: look.day, value: estimate.value, low: estimate.low, high: estimate.high })
    };
    let points: Vec<TrendPoint> = trend.looks.iter().filter_map(point).collect();
    let (true, [.., last]) = (points.len() > 2 && width >= 50, &points[..]) else { return Vec::new() };
    let daily: Vec<(f64, f64)> =
        trend.daily.iter().filter_map(|look| Some((look.day, look.relative.estimate()?.value))).collect();
    let area = Rect::new(0, 0, width.min(100) as u16, if view.full { 12 } else { 9 });
    let mut buffer = Buffer::empty(area);
    let chart = Course { points: &points, estimate: Some(last.value), truth: None, daily: &daily };
    chart.draw(area, &mut buffer, view.theme);
    let mut rows: Vec<Row> = (0..area.height).map(|y| Row::drawn(view.theme, &buffer, y)).collect();
    let mut text = "line: everybody so far, % against the control; dots: its interval".to_owned();
    if !daily.is_empty() {
        text.push_str("; x: those of one day alone, uncorrected (^ v beyond the edge)");
    }
    rows.extend(said(Role::Muted, &text, width, view));
    rows
}

fn novelty(wear: &Wear, (unit, better): (Unit, Better), width: usize, view: &View) -> Vec<Row> {
    let mut rows = title(format!("Since exposure: {}, {}", wear.metric, wear.variant), width, view).to_vec();
    rows.extend(said(Role::Text, &wear.sentence, width, view));
    let lines: Vec<Line<'_>> = wear
        .days
        .iter()
        .filter(|day| day.effect.estimate().is_some())
        .map(|day| Line { name: format!("day {}", day.day), reading: &day.effect, beside: String::new() })
        .collect();
    rows.extend(table(&lines, Scale::Absolute(unit), better, width, view));
    rows
}

fn segments(parts: &Parts, (unit, better): (Unit, Better), width: usize, view: &View) -> Vec<Row> {
    let by = match parts.cut {
        Cut::Lifecycle => "By stage",
        Cut::Segments => "By segment, exploratory",
    };
    let mut rows = title(format!("{by}: {}, {}", parts.metric, parts.variant), width, view).to_vec();
    if let Some(why) = &parts.withheld {
        let what = if parts.rows.is_empty() { "withheld" } else { "not drawn together" };
        rows.extend(said(Role::Held, &format!("{what}: {}", why.sentence()), width, view));
    }
    let lines: Vec<Line<'_>> = parts
        .rows
        .iter()
        .map(|part| Line {
            name: part.name.clone(),
            reading: part.shrunk.as_ref().unwrap_or(&part.own),
            beside: figures::count(part.control_n + part.treatment_n),
        })
        .collect();
    rows.extend(table(&lines, Scale::Absolute(unit), better, width, view));
    match (parts.cut, parts.p_homogeneous) {
        (Cut::Lifecycle, Some(p)) => {
            let once = if parts.read_once { " Read as if looked at once." } else { "" };
            let text =
                format!("Stages borrow from one another; all the same: p {}.{once}", figures::p_value(p));
            rows.extend(said(Role::Muted, &text, width, view));
        }
        (Cut::Segments, _) if !lines.is_empty() => {
            let text = "Segments overlap and are uncorrected: a hint for the next test, no finding.";
            rows.extend(said(Role::Muted, text, width, view));
        }
        _ => {}
    }
    rows
}

fn before(closer: &Closer, width: usize, view: &View) -> Vec<Row> {
    if closer.balance.is_empty() {
        return Vec::new();
    }
    let mut rows = title("Before the start".to_owned(), width, view).to_vec();
    for start in &closer.balance {
        let (role, text) = match (&start.withheld, start.standardised, start.p_adjusted) {
            (None, Some(by), Some(p)) => {
                let role = if start.failed { Role::Error } else { Role::Muted };
                let by = figures::signed(by, 2);
                (role, format!("{}, {}: {by} sd, p {}", start.covariate, start.variant, figures::p_value(p)))
            }
            (Some(why), ..) => {
                (Role::Held, format!("{}, {}: {}", start.covariate, start.variant, why.sentence()))
            }
            _ => continue,
        };
        rows.extend(said(role, &text, width, view));
    }
    rows
}

fn ahead(closer: &Closer, width: usize, view: &View) -> Vec<Row> {
    if closer.days_left.is_empty() {
        return Vec::new();
    }
    let mut rows = title("How far".to_owned(), width, view).to_vec();
    for ahead in &closer.days_left {
        let what = format!("{}, {}", ahead.metric, ahead.variant);
        let text = match (&ahead.withheld, ahead.effect, ahead.power_now) {
            (Some(why), ..) => format!("{what}: withheld: {}", why.sentence()),
            (None, Some(effect), Some(power)) => {
                let sees = format!(
                    "{what}: {} is seen with {} by now",
                    figures::change(effect),
                    figures::percent(power)
                );
                match (ahead.more_units, ahead.days) {
                    (Some(0.0), _) => format!("{sees}, as planned."),
                    (Some(more), Some(days)) => format!(
                        "{sees}; {} more people, {} at this pace.",
                        figures::count(more.ceil() as u64),
                        figures::plural(days.ceil() as u64, "day", "days")
                    ),
                    _ => format!("{sees}."),
                }
            }
            _ => continue,
        };
        rows.extend(said(Role::Text, &text, width, view));
    }
    rows
}

#[derive(Clone, Copy)]
enum Scale {
    Relative,
    Absolute(Unit),
}

impl Scale {
    fn factor(self) -> f64 {
        match self {
            Self::Relative | Self::Absolute(Unit::Share) => 100.0,
            Self::Absolute(Unit::PerThousand) => 1_000.0,
            Self::Absolute(_) => 1.0,
        }
    }

    fn text(self, estimate: &Estimate) -> String {
        if let Self::Relative = self {
            return format!("{} {}", figures::change(estimate.value), figures::change_interval(estimate));
        }
        let factor = self.factor();
        let scaled = Estimate {
            value: estimate.value * factor,
            low: estimate.low * factor,
            high: estimate.high * factor,
            ..estimate.clone()
        };
        let places = if factor > 1.0 { 1 } else { figures::places_for(scaled.value) };
        let points = if matches!(self, Self::Absolute(Unit::Share)) { " pt" } else { "" };
        format!(
            "{} {}{points}",
            figures::signed(scaled.value, places),
            figures::signed_interval(&scaled, places)
        )
    }
}

/// Lines under one scale, each with its interval drawn where there is room.
fn table(lines: &[Line<'_>], scale: Scale, better: Better, width: usize, view: &View) -> Vec<Row> {
    let estimates = lines.iter().filter_map(|line| line.reading.estimate());
    let ends = estimates.flat_map(|estimate| [estimate.low, estimate.high]).filter(|end| end.is_finite());
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
    let name = if width < 60 { 10 } else { 18 };
    let drawn = if width < 60 { 0 } else { (width - 56).min(40) };
    let row = |line: &Line<'_>| {
        let row = view.row().cell(Role::Text, &line.name, name);
        let row = if line.beside.is_empty() { row } else { row.right(Role::Muted, &line.beside, 7) };
        match line.reading {
            Reading::Withheld(why) => row.gap(1).put(Role::Held, why.sentence()),
            Reading::Estimate(estimate) => {
                let role = moved(estimate.low, estimate.high, better).0;
                let row = match drawn {
                    0 => row,
                    drawn => {
                        let interval =
                            whisker(estimate.low, estimate.value, estimate.high, (low, high), drawn);
                        row.gap(1).put(role, interval)
                    }
                };
                row.gap(1).put(role, scale.text(estimate))
            }
        }
    };
    lines.iter().map(row).collect()
}

/// What a metric's numbers are and which way they should move; names on the screen may say more than the metric's own.
fn kind(experiment: &Experiment, metric: &str) -> (Unit, Better) {
    let found = experiment.metrics.iter().find(|known| known.name.starts_with(metric));
    found.map_or((Unit::Plain, Better::Higher), |metric| (metric.unit, metric.better))
}
