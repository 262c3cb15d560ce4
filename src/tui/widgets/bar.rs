//! Bars and sparks made of block eighths.

/// A horizontal bar: the fraction of so many cells, to an eighth of a cell.
pub(crate) fn bar(fraction: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if !fraction.is_finite() || fraction <= 0.0 {
        return String::new();
    }
    let eighths = (fraction.min(1.0) * width as f64 * 8.0).round() as usize;
    // A value that is not zero is never drawn as nothing.
    let eighths = eighths.max(1);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// A gauge of fixed width, filled and empty part.
pub(crate) fn gauge(fraction: f64, width: usize) -> String {
    let filled =
        if fraction.is_finite() { (fraction.clamp(0.0, 1.0) * width as f64).round() as usize } else { 0 };
    format!("{}{}", "█".repeat(filled), "░".repeat(width - filled))
}

/// A small trend over the last `width` values, scaled between the smallest and the largest of them; a day without a
/// value is a dot.
pub(crate) fn spark(values: &[Option<f64>], width: usize) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = &values[values.len().saturating_sub(width)..];
    let known = || shown.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    shown
        .iter()
        .map(|value| match value {
            Some(value) if value.is_finite() => {
                let place = if high > low { (value - low) / (high - low) } else { 0.5 };
                LEVELS[((place * 7.0).round() as usize).min(7)]
            }
            _ => '·',
        })
        .collect()
}

/// An interval drawn on a scale: `├────●────┤`, with `│` at zero where nothing else is.
pub(crate) fn whisker(low: f64, value: f64, high: f64, scale: (f64, f64), width: usize) -> String {
    let mut cells = vec![' '; width];
    let Some(place) = scale_of(scale, width) else { return cells.into_iter().collect() };
    let mark = |cells: &mut [char], at: f64, c: char| {
        if let Some(cell) = place(at).and_then(|index| cells.get_mut(index)) {
            *cell = c;
        }
    };
    mark(&mut cells, 0.0, '│');
    let (from, to) = (place(low.max(scale.0)), place(high.min(scale.1)));
    if let (Some(from), Some(to)) = (from, to) {
        for cell in cells.iter_mut().take(to + 1).skip(from) {
            *cell = '─';
        }
    }
    mark(&mut cells, low, '├');
    mark(&mut cells, high, '┤');
    mark(&mut cells, value, '●');
    cells.into_iter().collect()
}

/// Where a value lies among the cells of a scale; none outside it.
fn scale_of((low, high): (f64, f64), width: usize) -> Option<impl Fn(f64) -> Option<usize>> {
    let usable = low.is_finite() && high.is_finite() && high > low && width > 0;
    usable.then_some(move |at: f64| {
        (at >= low && at <= high)
            .then(|| (((at - low) / (high - low) * (width - 1) as f64).round() as usize).min(width - 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_exact_to_an_eighth_and_never_vanish() {
        assert_eq!(bar(0.5, 4), "██");
        assert_eq!(bar(0.53125, 4), "██▏");
        assert_eq!(bar(0.0001, 4), "▏");
        assert_eq!(bar(0.0, 4), "");
        assert_eq!(bar(f64::NAN, 4), "");
        assert_eq!(bar(7.0, 2), "██");
        assert_eq!(gauge(0.5, 4), "██░░");
    }

    #[test]
    fn sparks_show_the_last_days_and_say_where_nothing_is_known() {
        assert_eq!(spark(&[Some(0.0), Some(9.0), None, Some(0.0), Some(1.0)], 4), "█·▁▂");
        assert_eq!(spark(&[Some(5.0), Some(5.0)], 8), "▅▅");
        assert_eq!(spark(&[], 8), "");
    }

    #[test]
    fn whiskers_stay_on_their_scale() {
        assert_eq!(whisker(-1.0, 0.0, 1.0, (-2.0, 2.0), 9), "  ├─●─┤  ");
        assert_eq!(whisker(f64::NEG_INFINITY, 1.0, f64::INFINITY, (-2.0, 2.0), 5), "───●─");
        assert_eq!(whisker(1.0, 1.5, 2.0, (-2.0, 2.0), 9), "    │ ├●┤");
        assert_eq!(whisker(0.0, 0.0, 0.0, (0.0, 0.0), 3), "   ");
    }
}
