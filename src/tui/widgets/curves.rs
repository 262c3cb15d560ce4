//! Curves over two axes, each with its name at its end.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Rect};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Widget};

use crate::tui::theme::{Role, Theme};

/// One curve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Curve<'a> {
    /// Its name, written at its end; nothing for a ruler.
    pub(crate) name: &'a str,
    pub(crate) points: &'a [(f64, f64)],
    pub(crate) role: Role,
    /// Single dots instead of a line, so that it is told from the others without colour.
    pub(crate) dotted: bool,
}

/// An axis.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Labels, evenly from the low end to the high one.
    pub(crate) labels: Vec<String>,
}

/// Curves and their axes.
#[derive(Debug, Clone)]
pub(crate) struct Curves<'a> {
    pub(crate) curves: Vec<Curve<'a>>,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
}

impl Curves<'_> {
    /// Draws them; too small an area stays empty.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let sound = |scale: &Scale| scale.low.is_finite() && scale.high.is_finite() && scale.high > scale.low;
        if area.width < 20 || area.height < 5 || !sound(&self.x) || !sound(&self.y) {
            return;
        }
        let muted = theme.style(Role::Muted);
        let axis = |scale: &Scale| {
            let labels: Vec<Span<'static>> =
                scale.labels.iter().map(|label| Span::styled(label.clone(), muted)).collect();
            Axis::default().bounds([scale.low, scale.high]).labels(labels).style(theme.style(Role::Border))
        };
        let datasets = self.curves.iter().map(|curve| {
            let kind = if curve.dotted { GraphType::Scatter } else { GraphType::Line };
            Dataset::default()
                .data(curve.points)
                .graph_type(kind)
                .marker(Marker::Braille)
                .style(theme.style(curve.role))
        });
        Chart::new(datasets.collect())
            .x_axis(axis(&self.x))
            .y_axis(axis(&self.y).labels_alignment(Alignment::Right))
            .legend_position(None)
            .render(area, buffer);
        self.names(self.plot(area), buffer, theme);
    }

    /// Where the curves are: beside the labels and the axis on the left, above both below.
    fn plot(&self, area: Rect) -> Rect {
        let widest = self.y.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0) as u16;
        let left = (widest.min(area.width / 3) + 1).min(area.width);
        Rect { x: area.x + left, width: area.width - left, height: area.height.saturating_sub(2), ..area }
    }

    /// The names at the right ends, each on a row of its own.
    fn names(&self, plot: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut taken: Vec<u16> = Vec::new();
        for curve in self.curves.iter().filter(|curve| !curve.name.is_empty()) {
            let Some((x, y)) = curve.points.last() else { continue };
            let (across, up) = (
                (x - self.x.low) / (self.x.high - self.x.low),
                (self.y.high - y) / (self.y.high - self.y.low),
            );
            let down = (up.clamp(0.0, 1.0) * f64::from(plot.height.saturating_sub(1))).round() as u16;
            let Some(row) = free(down, plot.height, &taken) else { continue };
            taken.push(row);
            let wide = curve.name.chars().count() as u16;
            let end =
                plot.x + (across.clamp(0.0, 1.0) * f64::from(plot.width.saturating_sub(1))).round() as u16;
            let at = end.saturating_add(1).min(plot.right().saturating_sub(wide)).max(plot.x);
            // What lies below would lend its colour to the name.
            (at..plot.right().min(at + wide)).for_each(|x| buffer[(x, plot.y + row)].reset());
            let line = Line::styled(curve.name.to_owned(), theme.style(curve.role));
            buffer.set_line(at, plot.y + row, &line, plot.right().saturating_sub(at));
        }
    }
}

/// The row itself, else the nearest that no other name has.
fn free(wanted: u16, rows: u16, taken: &[u16]) -> Option<u16> {
    let near = (0..rows).flat_map(|off| [wanted.checked_sub(off), wanted.checked_add(off)]).flatten();
    near.filter(|row| *row < rows).find(|row| !taken.contains(row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ThemeName;

    #[test]
    fn any_size_and_any_numbers_are_survived_and_names_do_not_cover_each_other() {
        let odd = [(f64::NAN, 1.0), (1e300, f64::INFINITY)];
        let flat = [(0.0, 0.5), (1.0, 0.5)];
        let scale = |low, high| Scale { low, high, labels: vec!["0".to_owned(), "100 %".to_owned()] };
        for points in [&odd[..], &flat[..], &[]] {
            for (low, high) in [(0.0, 1.0), (1.0, 1.0), (f64::NAN, 1.0)] {
                for (width, height) in [(0, 0), (3, 9), (30, 3), (30, 6), (90, 20)] {
                    let area = Rect::new(0, 0, width, height);
                    let mut buffer = Buffer::empty(area);
                    let curve = |name| Curve { name, points, role: Role::Ink, dotted: name == "b" };
                    let curves = vec![curve("a"), curve("b")];
                    Curves { curves, x: scale(low, high), y: scale(0.0, 1.0) }.draw(
                        area,
                        &mut buffer,
                        Theme::new(ThemeName::Mono),
                    );
                }
            }
        }
        assert_eq!(free(2, 4, &[2]), Some(1));
        assert_eq!(free(0, 1, &[0]), None);
    }
}
