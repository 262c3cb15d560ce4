//! The trend of an estimate with its interval, in braille, with labels on both axes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row::{Row, clip};
use crate::panel::figures;
use crate::panel::uplift::TrendPoint;
use crate::tui::theme::{Role, Theme};

/// Cells reserved for the labels of the upright axis, its line included.
const LABEL: u16 = 7;

/// What a chart shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trend<'a> {
    /// The estimate and its interval over time, oldest first.
    pub(crate) points: &'a [TrendPoint],
    /// The newest estimate.
    pub(crate) estimate: Option<f64>,
    /// What a simulated world knows.
    pub(crate) truth: Option<f64>,
    /// Estimates of single days, by day.
    pub(crate) daily: &'a [(f64, f64)],
}

impl Trend<'_> {
    /// Draws the chart; too small an area stays empty.
    pub(crate) fn draw(self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        if area.width < LABEL + 12 || area.height < 4 || self.points.is_empty() {
            return;
        }
        let plot = Rect { x: area.x + LABEL, width: area.width - LABEL, height: area.height - 1, ..area };
        let Some(scale) = self.scale(plot) else { return };
        self.rulers(&scale, buffer, theme);
        self.days(&scale, buffer, theme);
        self.curves(&scale, buffer, theme);
        self.upright_axis(&scale, area, buffer, theme);
        self.day_axis(&scale, area, buffer, theme);
    }

    /// The range worth seeing: the widest intervals of the first days would flatten everything after them.
    fn scale(&self, plot: Rect) -> Option<Scale> {
        let first = self.points.first()?.day;
        let last = self.points.last()?.day;
        let settled = first + (last - first) * 0.3;
        let mut low = self.truth.unwrap_or(0.0).min(0.0);
        let mut high = self.truth.unwrap_or(0.0).max(0.0);
        for point in self.points.iter().filter(|point| point.day >= settled) {
            for value in [point.value, point.low, point.high].into_iter().filter(|value| value.is_finite()) {
                low = low.min(value);
                high = high.max(value);
            }
        }
        if high - low < 0.02 {
            (low, high) = (low - 0.01, high + 0.01);
        }
        let margin = (high - low) * 0.04;
        let first =
            self.daily.iter().map(|(day, _)| *day).filter(|day| day.is_finite()).fold(first, f64::min);
        let days = (first.min(last), if last > first { last } else { first + 1.0 });
        (low.is_finite() && high.is_finite() && days.1.is_finite()).then_some(Scale {
            plot,
            low: low - margin,
            high: high + margin,
            days,
        })
    }

    /// Zero as a line, the truth as a broken one.
    fn rulers(&self, scale: &Scale, buffer: &mut Buffer, theme: Theme) {
        let mut rule = |value: f64, symbol: &str, role: Role| {
            if let Some(y) = scale.row(value) {
                for x in scale.plot.left()..scale.plot.right() {
                    buffer[(x, y)].set_symbol(symbol).set_style(theme.style(role));
                }
            }
        };
        rule(0.0, "─", Role::Border);
        if let Some(truth) = self.truth {
            rule(truth, "╌", Role::Truth);
        }
    }

    /// Single days as marks, behind the curves; one off the scale stands at its edge.
    fn days(&self, scale: &Scale, buffer: &mut Buffer, theme: Theme) {
        for (day, value) in self.daily.iter().filter(|(_, value)| value.is_finite()) {
            let held = value.clamp(scale.low, scale.high);
            if let Some((x, y)) = scale.column(*day).zip(scale.row(held)) {
                let mark = if *value > held {
                    "^"
                } else if *value < held {
                    "v"
                } else {
                    "x"
                };
                buffer[(x, y)].set_symbol(mark).set_style(theme.style(Role::Held));
            }
        }
    }

    fn curves(&self, scale: &Scale, buffer: &mut Buffer, theme: Theme) {
        let mut dots = Dots::new(scale.plot);
        let ends =
            |pick: fn(&TrendPoint) -> f64| self.points.iter().map(move |point| (point.day, pick(point)));
        dots.curve(scale, ends(|point| point.low), Layer::Interval);
        dots.curve(scale, ends(|point| point.high), Layer::Interval);
        dots.curve(scale, ends(|point| point.value), Layer::Estimate);
        dots.draw(buffer, theme);
    }

    fn upright_axis(&self, scale: &Scale, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let axis = scale.plot.x - 1;
        for y in scale.plot.top()..scale.plot.bottom() {
            buffer[(axis, y)].set_symbol("│").set_style(theme.style(Role::Border));
        }
        let mut taken: Vec<u16> = Vec::new();
        let marks = [
            (self.estimate, Role::Loud, " estimate"),
            (self.truth, Role::Truth, " truth"),
            (Some(0.0), Role::Muted, ""),
            (Some(scale.high), Role::Muted, ""),
            (Some(scale.low), Role::Muted, ""),
        ];
        for (value, role, word) in marks {
            let Some((value, y)) = value.and_then(|value| Some((value, scale.row(value)?))) else { continue };
            if taken.contains(&y) {
                continue;
            }
            taken.push(y);
            let text = clip(&figures::signed(value * 100.0, 0), usize::from(LABEL - 2));
            let label = Row::new(theme).right(role, text, usize::from(LABEL - 2)).fit(usize::from(LABEL - 2));
            buffer.set_line(area.x, y, &label, LABEL - 2);
            buffer[(axis, y)].set_symbol("┤").set_style(theme.style(Role::Border));
            let wide = word.len() as u16;
            if wide > 0 && scale.plot.width > wide + 12 {
                buffer.set_string(scale.plot.right() - wide, y, word, theme.style(role));
            }
        }
    }

    fn day_axis(&self, scale: &Scale, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let y = area.bottom() - 1;
        let (first, last) = scale.days;
        let days = (last - first).max(1.0);
        let step = (days / f64::from(scale.plot.width / 8).max(1.0)).ceil().max(1.0);
        let mut free_from = scale.plot.left();
        let mut day = first.floor();
        while day <= last {
            let label = format!("d{:.0}", day + 1.0);
            if let Some(x) = scale.column(day)
                && x >= free_from
                && x + label.len() as u16 <= scale.plot.right()
            {
                buffer.set_string(x, y, &label, theme.style(Role::Muted));
                free_from = x + label.len() as u16 + 2;
            }
            day += step;
        }
    }
}

struct Scale {
    plot: Rect,
    low: f64,
    high: f64,
    days: (f64, f64),
}

impl Scale {
    /// The height of a value in dots from the top, four to a row; none off the scale.
    fn dot_row(&self, value: f64) -> Option<u16> {
        let dots = f64::from(self.plot.height) * 4.0 - 1.0;
        (value.is_finite() && value >= self.low && value <= self.high)
            .then(|| ((self.high - value) / (self.high - self.low) * dots).round() as u16)
    }

    fn row(&self, value: f64) -> Option<u16> {
        self.dot_row(value).map(|dot| self.plot.y + dot / 4)
    }

    /// The place of a day in dots from the left, two to a cell.
    fn dot_column(&self, day: f64) -> Option<u16> {
        let (first, last) = self.days;
        let dots = f64::from(self.plot.width) * 2.0 - 1.0;
        (day >= first && day <= last).then(|| ((day - first) / (last - first) * dots).round() as u16)
    }

    fn column(&self, day: f64) -> Option<u16> {
        self.dot_column(day).map(|dot| self.plot.x + dot / 2)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Interval,
    Estimate,
}

/// A grid of braille cells; the estimate's dots win a cell's style.
struct Dots {
    plot: Rect,
    cells: Vec<(u8, bool)>,
}

impl Dots {
    fn new(plot: Rect) -> Self {
        Self { plot, cells: vec![(0, false); usize::from(plot.width) * usize::from(plot.height)] }
    }

    fn set(&mut self, x: u16, y: u16, layer: Layer) {
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let index = usize::from(y / 4) * usize::from(self.plot.width) + usize::from(x / 2);
        if x / 2 < self.plot.width
            && let Some((bits, loud)) = self.cells.get_mut(index)
        {
            *bits |= BITS[usize::from(x % 2)][usize::from(y % 4)];
            *loud |= layer == Layer::Estimate;
        }
    }

    /// Joins the points that lie on the scale; a point off it breaks the curve.
    fn curve(&mut self, scale: &Scale, points: impl Iterator<Item = (f64, f64)>, layer: Layer) {
        let mut before: Option<(u16, u16)> = None;
        for (day, value) in points {
            let here = scale.dot_column(day).zip(scale.dot_row(value));
            if let Some((x, y)) = here {
                let (from_x, from_y) = before.unwrap_or((x, y));
                self.join(from_x, from_y, x, y, layer);
            }
            before = here;
        }
    }

    fn join(&mut self, from_x: u16, from_y: u16, x: u16, y: u16, layer: Layer) {
        let steps = from_x.abs_diff(x).max(from_y.abs_diff(y)).max(1);
        for step in 0..=steps {
            let part = f64::from(step) / f64::from(steps);
            let between =
                |a: u16, b: u16| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u16;
            // The interval is drawn with every other dot, so that it is told from the estimate without colour.
            if layer == Layer::Estimate || between(from_x, x) % 2 == 0 {
                self.set(between(from_x, x), between(from_y, y), layer);
            }
        }
    }

    fn draw(&self, buffer: &mut Buffer, theme: Theme) {
        for (index, (bits, loud)) in self.cells.iter().enumerate().filter(|(_, (bits, _))| *bits != 0) {
            let x = self.plot.x + (index % usize::from(self.plot.width)) as u16;
            let y = self.plot.y + (index / usize::from(self.plot.width)) as u16;
            let symbol = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or('•');
            let style = theme.style(if *loud { Role::Loud } else { Role::Ink });
            let cell = &mut buffer[(x, y)];
            // What lies below would lend its colour to the dots.
            cell.reset();
            cell.set_char(symbol).set_style(style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ThemeName;

    #[test]
    fn any_size_and_any_numbers_are_survived() {
        let point = |day, value, low, high| TrendPoint { day, value, low, high };
        let odd = [
            point(0.0, f64::NAN, f64::NEG_INFINITY, f64::INFINITY),
            point(f64::INFINITY, 0.1, 0.0, 0.2),
            point(2.0, 1e300, -1e300, 1e300),
        ];
        let normal = [point(0.0, 0.5, -1.0, 9.0), point(3.0, 0.3, 0.0, 0.9)];
        for points in [&odd[..], &odd[..1], &normal[..], &normal[..1], &[]] {
            for width in 0..40 {
                for height in 0..12 {
                    let area = Rect::new(0, 0, width, height);
                    let mut buffer = Buffer::empty(area);
                    let daily = [(1.0, 0.4), (f64::NAN, 9e300), (2.0, -9.0)];
                    let trend = Trend { points, estimate: Some(0.3), truth: Some(0.35), daily: &daily };
                    trend.draw(area, &mut buffer, Theme::new(ThemeName::Mono));
                }
            }
        }
    }
}
