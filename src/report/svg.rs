//! Panels as pictures: plain SVG without scripts or outside references.

use std::fmt::Write;

use crate::panel::figures;
use crate::panel::uplift::{TrendPoint, Truth};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 52.0;
const BOTTOM: f64 = 24.0;

/// The relative estimate and its band over days, with zero and the truth as lines.
#[must_use]
pub fn trend(points: &[TrendPoint], days: u32, truth: Option<&Truth>) -> String {
    let Some(last) = points.last() else { return String::new() };
    // Early bands can be endless; the last one and the truth decide the scale, a little room is left around them.
    let top = points.iter().rev().take(24).map(|p| p.high).fold(last.high, f64::max).clamp(0.1, 2.0);
    let bottom = points.iter().rev().take(24).map(|p| p.low).fold(last.low, f64::min).clamp(-1.0, -0.05);
    // A test that was looked at after its planned end runs on past it.
    let span = f64::from(days.max(1)).max(last.day.ceil());
    let x = |day: f64| LEFT + (WIDTH - LEFT - 8.0) * day / span;
    let y = |value: f64| {
        let share = (value.clamp(bottom, top) - bottom) / (top - bottom);
        8.0 + (HEIGHT - BOTTOM - 8.0) * (1.0 - share)
    };
    let mut band = String::new();
    for point in points {
        let _ = write!(band, "{:.1},{:.1} ", x(point.day), y(point.high));
    }
    for point in points.iter().rev() {
        let _ = write!(band, "{:.1},{:.1} ", x(point.day), y(point.low));
    }
    let line: String =
        points.iter().map(|point| format!("{:.1},{:.1} ", x(point.day), y(point.value))).collect();
    let mut svg =
        format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"uplift over time\">");
    let _ = write!(
        svg,
        "<polygon class=\"band\" points=\"{band}\"/><polyline class=\"line\" points=\"{line}\"/>"
    );
    for (value, class) in [(top, "tick"), (0.0, "zero"), (bottom, "tick")] {
        level(&mut svg, y(value), class, &figures::change(value));
    }
    if let Some(truth) = truth {
        level(&mut svg, y(truth.relative), "truth", &format!("{} truth", figures::change(truth.relative)));
    }
    if span > f64::from(days) {
        let end = x(f64::from(days));
        let _ = write!(
            svg,
            "<line class=\"zero\" x1=\"{end:.1}\" x2=\"{end:.1}\" y1=\"8\" y2=\"{:.1}\"/>\
             <text class=\"axis\" x=\"{:.1}\" y=\"18\" text-anchor=\"end\">planned end</text>",
            HEIGHT - BOTTOM,
            end - 4.0
        );
    }
    let span = span as u32;
    let step = (span / 8).max(2);
    for day in (step..=span).step_by(step as usize) {
        let _ = write!(
            svg,
            "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">day {day}</text>",
            x(f64::from(day)),
            HEIGHT - 6.0
        );
    }
    svg.push_str("</svg>");
    svg
}

fn level(svg: &mut String, y: f64, class: &str, label: &str) {
    let _ = write!(
        svg,
        "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
         <text class=\"axis {class}\" x=\"0\" y=\"{:.1}\">{label}</text>",
        y + 4.0
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(days: u32) -> Vec<TrendPoint> {
        (1..=days).map(|day| TrendPoint { day: f64::from(day), value: 0.3, low: 0.1, high: 0.5 }).collect()
    }

    #[test]
    fn a_trend_past_the_planned_end_stays_in_the_picture() {
        let svg = trend(&points(18), 14, None);
        let line = svg.split("class=\"line\" points=\"").nth(1).unwrap_or_default();
        let xs = line.split('"').next().unwrap_or_default().split_whitespace();
        let last: f64 = xs.last().and_then(|point| point.split(',').next()?.parse().ok()).unwrap_or(f64::MAX);
        assert!(last <= WIDTH, "{last}");
        assert!(svg.contains("planned end") && svg.contains("day 18"));
        assert!(!trend(&points(6), 14, None).contains("planned end"));
    }
}
