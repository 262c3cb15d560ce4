//! The running test: a sentence, the estimate with its interval, the truth, the trend, and what stands beside it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::experiment::Better;
use crate::panel::figures;
use crate::panel::uplift::{GuardrailVerdict, Truth, Uplift};
use crate::stats::{Caution, Reading};
use crate::tui::layout::take_top;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::chart::Trend;
use crate::tui::widgets::frame::{Frame, Stack};
use crate::tui::widgets::row::{Row, wrap};

/// Rows a chart needs to say anything.
const CHART: usize = 4;

/// Draws the panel.
pub(super) fn draw(uplift: &Uplift, area: Rect, buffer: &mut Buffer, view: &View, focused: bool) {
    let note = uplift.progress();
    let about = uplift.title.as_str();
    let note = if about.is_empty() { "" } else { note.as_str() };
    let inner = view.frame(Frame { title: "Uplift", about, note, focused }, area, buffer);
    if about.is_empty() {
        return view.teach(
            "No test is running.",
            "5 shows the journeys a test can be put into",
            inner,
            buffer,
        );
    }
    let width = usize::from(inner.width);
    let head = head(uplift, width, view);
    let tail = tail(uplift, width, view);
    let height = usize::from(inner.height);
    let wanted_tail = tail.len().min(height.saturating_sub(head.len() + CHART));
    let tail_height =
        if height >= head.len() + CHART { wanted_tail } else { height.saturating_sub(head.len()) };
    let (top, rest) = take_top(inner, head.len() as u16);
    let (chart, bottom) = take_top(rest, rest.height.saturating_sub(tail_height as u16));
    head.draw(top, buffer);
    let estimate = uplift.relative.estimate().map(|estimate| estimate.value);
    let truth = uplift.truth.map(|truth| truth.relative);
    Trend { points: &uplift.trend, estimate, truth, daily: &[] }.draw(chart, buffer, view.theme);
    tail.draw(bottom, buffer);
}

/// What must be read: the sentence and the number.
fn head(uplift: &Uplift, width: usize, view: &View) -> Stack {
    let mut stack = Stack::default();
    for line in wrap(&uplift.sentence, width).into_iter().take(2) {
        stack.push(0, view.row().put(Role::Loud, line));
    }
    let number = headline(uplift, view);
    match uplift.truth {
        Some(truth) => {
            let truth = truth_row(&truth, view);
            if number.width() + 2 + truth.width() <= width {
                stack.push(0, number.gap(2).then(truth));
            } else {
                stack.push(0, number);
                stack.push(1, truth);
            }
        }
        None => stack.push(0, number),
    }
    stack
}

fn headline(uplift: &Uplift, view: &View) -> Row {
    let row = view.row().text(&uplift.metric).gap(2);
    match &uplift.relative {
        Reading::Withheld(why) => row.put(Role::Held, format!("withheld: {}", why.sentence())),
        Reading::Estimate(estimate) => {
            let (role, mark) = direction(estimate.low, estimate.high);
            row.put(role, mark)
                .put(Role::Loud, figures::change(estimate.value))
                .gap(2)
                .text(figures::change_interval(estimate))
        }
    }
}

/// What an interval says of the direction: the sign is in the mark, not in the colour alone.
fn direction(low: f64, high: f64) -> (Role, &'static str) {
    match (low, high) {
        (low, _) if low > 0.0 => (Role::Up, "▲ "),
        (_, high) if high < 0.0 => (Role::Down, "▼ "),
        _ => (Role::Held, ""),
    }
}

/// The same of a metric that should move one way: the mark says where it goes, the colour whether that is good.
pub(crate) fn moved(low: f64, high: f64, better: Better) -> (Role, &'static str) {
    let (role, mark) = direction(low, high);
    let role = match (better, role) {
        (Better::Lower, Role::Up) => Role::Down,
        (Better::Lower, Role::Down) => Role::Up,
        (_, role) => role,
    };
    (role, mark)
}

fn truth_row(truth: &Truth, view: &View) -> Row {
    let inside = match truth.inside {
        Some(true) => " inside",
        Some(false) => " outside",
        None => "",
    };
    view.row().put(Role::Truth, format!("truth {}{inside}", figures::change(truth.relative)))
}

/// What stands beside the number, least important last.
fn tail(uplift: &Uplift, width: usize, view: &View) -> Stack {
    let mut stack = Stack::default();
    stack.push(1, arms(uplift, view));
    stack.push(3, health(uplift, width, view));
    stack.push(4, guardrails(uplift, view));
    stack.push(2, attribution(uplift, width, view));
    if view.full {
        stack.push(5, view.row());
        for line in explanation(uplift) {
            for line in wrap(&line, width) {
                stack.push(6, view.row().muted(line));
            }
        }
    }
    stack
}

fn arms(uplift: &Uplift, view: &View) -> Row {
    let arm = |row: Row, arm: &crate::panel::uplift::Arm| {
        row.muted(format!("{} ", arm.name))
            .text(uplift.mean(arm))
            .muted(format!(" of {}", figures::count(arm.n)))
    };
    arm(arm(view.row(), &uplift.control).muted(" → "), &uplift.treatment)
}

fn health(uplift: &Uplift, width: usize, view: &View) -> Row {
    let row = match uplift.srm_p {
        None => view.row().muted("split: too few to check"),
        Some(p) if p < 0.001 => {
            view.row().put(Role::Error, format!("✘ split is off: SRM p {}", figures::p_value(p)))
        }
        Some(p) => view.row().text(format!("SRM ok p {}", figures::p_value(p))),
    };
    let all = format!("matured {} of {}", figures::count(uplift.matured), figures::count(uplift.exposed));
    let row = row.gap(3).muted(all);
    let excluded = view.row().gap(3).muted(format!("in two arms {}", figures::count(uplift.excluded)));
    if uplift.excluded > 0 && row.width() + excluded.width() <= width { row.then(excluded) } else { row }
}

fn guardrails(uplift: &Uplift, view: &View) -> Row {
    let mut row = view.row().muted("guardrails: ");
    if uplift.guardrails.is_empty() {
        row = row.muted("none declared");
    }
    for (index, guardrail) in uplift.guardrails.iter().enumerate() {
        if index > 0 {
            row = row.muted(" · ");
        }
        let (role, word) = verdict(guardrail.verdict);
        row = row.text(format!("{} ", guardrail.metric)).put(role, word);
    }
    row
}

/// A guardrail's verdict in words.
pub(crate) fn verdict(verdict: GuardrailVerdict) -> (Role, &'static str) {
    match verdict {
        GuardrailVerdict::Safe => (Role::Up, "safe ✔"),
        GuardrailVerdict::Harmed => (Role::Error, "harmed ✘"),
        GuardrailVerdict::CantTellYet => (Role::Held, "can't tell yet"),
    }
}

fn attribution(uplift: &Uplift, width: usize, view: &View) -> Row {
    let row = view.row().muted("attributed ");
    let row = match uplift.attributed_per_day {
        Some(orders) => row.text(figures::fixed(orders, 0)).muted(if width >= 50 {
            " orders a day · incremental "
        } else {
            " a day · incremental "
        }),
        None => row.put(Role::Held, "withheld").muted(" · incremental "),
    };
    match &uplift.incremental_per_day {
        Reading::Withheld(_) => row.put(Role::Held, "withheld"),
        Reading::Estimate(_) => row.put(Role::Loud, uplift.incremental()),
    }
}

/// The jargon, for who asks: in the full-size panel only.
fn explanation(uplift: &Uplift) -> Vec<String> {
    let mut lines = vec![format!(
        "Interval: {}. It covers the true change in at least that share of tests, however often it is looked at, if it is always valid.",
        uplift.method
    )];
    if let Some(estimate) = uplift.absolute.estimate() {
        let places = figures::places_for(estimate.value);
        let p = estimate.p_value.map(|p| format!(", p {}", figures::p_value(p))).unwrap_or_default();
        lines.push(format!(
            "Difference per unit {} {}{p}.",
            figures::signed(estimate.value, places),
            figures::signed_interval(estimate, places)
        ));
    }
    lines.push("Attributed: orders credited to the last message delivered and clicked. Incremental: orders that would not have happened; only a test can tell.".to_owned());
    if uplift.truth.is_some() {
        lines.push(
            "Truth: the simulated world run twice more, everyone exposed given the one, then the other."
                .to_owned(),
        );
    }
    let cautions =
        uplift.relative.estimate().map(|estimate| estimate.cautions.as_slice()).unwrap_or_default();
    lines.extend(cautions.iter().map(|caution| format!("Mind: {}.", caution_words(caution))));
    lines
}

/// A caution as a clause.
pub(crate) fn caution_words(caution: &Caution) -> &str {
    match caution {
        Caution::Association => "not randomised, an association",
        Caution::Uncorrected => "not corrected for the number of comparisons",
        Caution::SmallCounts => "counts are small, an exact method was used",
        Caution::Maturing => "some have not been observed for the whole window yet",
        Caution::MultipleExposures => "people seen in more than one variant are left out",
        Caution::Outlier => "one person carries a large part of the total",
        Caution::Other(words) => words,
    }
}
