//! How the people of a rule are spread: over stages, channels and countries, over the other segments, and against everybody
//! else.

use super::verdict::Lines;
use crate::panel::figures;
use crate::panel::segments::{SegmentVerdict, StandsOut};
use crate::segment::against::Feature;
use crate::stats::reading::Estimate;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::row::{Row, wrap};

/// Parts of a cut that are shown.
const PARTS: usize = 6;

/// What there is to say while people have not been looked at.
fn waiting(verdict: &SegmentVerdict, only_observed: bool, width: usize, view: &View) -> Lines {
    let said = match (verdict.count, verdict.whole && only_observed) {
        (None, _) => "Not known while the rule cannot be read.",
        (Some(_), false) => "Being looked at …",
        (Some(_), true) => "Not told of people in a run: their state changes while one looks.",
    };
    let rows = wrap(said, width).into_iter().map(|line| view.row().muted(line)).collect();
    Lines { rows, ..Lines::default() }
}

/// By lifecycle, intent, channel, country and device.
pub(super) fn cuts(verdict: &SegmentVerdict, at: usize, width: usize, view: &View) -> Lines {
    let (Some(count), false) = (verdict.count, verdict.breakdowns.is_empty()) else {
        return waiting(verdict, true, width, view);
    };
    let mut lines = Lines::default();
    let label = width.saturating_sub(8 + 6 + 10 + 2).clamp(8, 18);
    let room = width.saturating_sub(label + 8 + 6 + 10);
    for cut in &verdict.breakdowns {
        if !lines.rows.is_empty() {
            lines.push(view.row());
        }
        let head = view.row().cell(Role::Title, cut.by.name(), label).right(Role::Muted, "here", 14);
        lines.push(head.gap(room).right(Role::Muted, "everyone", 10));
        let known: Vec<_> = cut.parts.iter().filter(|part| part.inside > 0).collect();
        for part in known.iter().take(PARTS) {
            let share = |n: u64, of: u64| if of == 0 { 0.0 } else { n as f64 / of as f64 };
            let (here, everyone) = (share(part.inside, count), share(part.everyone, verdict.people));
            let row = view.row().cell(Role::Text, &part.label, label);
            let row = row.right(Role::Text, figures::count(part.inside), 8);
            let row = row.right(Role::Loud, percent(here), 6).gap(1);
            let row = row.cell(Role::Ink, bar(here, room.saturating_sub(1)), room.saturating_sub(1));
            lines.push(row.right(Role::Muted, percent(everyone), 10));
        }
        if known.len() > PARTS {
            lines.push(view.row().muted(format!("and {} more", known.len() - PARTS)));
        }
    }
    lines.top = at;
    lines
}

/// How many are in which other segment.
pub(super) fn overlaps(verdict: &SegmentVerdict, at: usize, width: usize, view: &View) -> Lines {
    let (Some(count), true) = (verdict.count, verdict.whole || !verdict.overlaps.is_empty()) else {
        return waiting(verdict, false, width, view);
    };
    let mut lines = Lines::default();
    if verdict.overlaps.is_empty() {
        lines.push(view.row().muted("There is no other segment to compare with."));
        return lines;
    }
    let name = width.saturating_sub(9 + 7 + 9).clamp(8, 24);
    let room = width.saturating_sub(name + 9 + 7 + 1);
    let head = view.row().cell(Role::Muted, "also in", name);
    lines.push(head.right(Role::Muted, "people", 9).right(Role::Muted, "share", 7));
    for (other, shared) in &verdict.overlaps {
        let share = if count == 0 { 0.0 } else { *shared as f64 / count as f64 };
        let role = if *shared == 0 { Role::Muted } else { Role::Text };
        let row = view.row().cell(role, other, name).right(role, figures::count(*shared), 9);
        let row = row.right(if *shared == 0 { role } else { Role::Loud }, figures::percent(share), 7).gap(1);
        lines.push(row.put(Role::Ink, bar(share, room)));
    }
    lines.top = at;
    lines
}

/// The features that can be selected, in the order they are shown.
pub(super) fn features(stands_out: &StandsOut) -> impl Iterator<Item = &Feature> {
    stands_out.more.iter().chain(&stands_out.less)
}

/// What is commoner among them than among everybody else.
pub(super) fn apart(verdict: &SegmentVerdict, at: usize, focused: bool, width: usize, view: &View) -> Lines {
    let Some(found) = verdict.stands_out.as_ref().filter(|_| verdict.count.is_some()) else {
        return waiting(verdict, verdict.breakdowns.is_empty(), width, view);
    };
    let mut lines = Lines::default();
    let said = match (found.inside, found.outside) {
        (0, _) => "Nobody is in: there is nobody to compare.".to_owned(),
        (_, 0) => "Everybody is in: there is nobody to compare with.".to_owned(),
        _ if found.more.is_empty() && found.less.is_empty() => format!(
            "Nothing stands out among {}; of {} too few people have it to tell.",
            figures::plural(found.looked_at, "trait and event", "traits and events"),
            figures::count(found.withheld)
        ),
        _ => "How many times as common here as among everybody else: a difference, not a cause.".to_owned(),
    };
    lines.rows.extend(wrap(&said, width).into_iter().map(|line| view.row().muted(line)));
    let all = features(found).count();
    let mut place = 0;
    for (title, features) in [("commoner here", &found.more), ("rarer here", &found.less)] {
        if features.is_empty() {
            continue;
        }
        lines.push(view.row());
        let head = view.row().cell(Role::Title, title, width.saturating_sub(30));
        lines.push(head.right(Role::Muted, "here", 7).right(Role::Muted, "else", 7).right(
            Role::Muted,
            "times",
            16,
        ));
        for feature in features {
            let selected = focused && place == at.min(all - 1);
            if selected {
                lines.selected = Some(lines.rows.len() + 1);
            }
            lines.rows.extend(feature_rows(feature, found, selected, width, view));
            place += 1;
        }
    }
    lines
}

/// From here on it says no more than that hardly anybody else has it.
const MANY_TIMES: f64 = 100.0;

/// And up to here no more than that hardly anybody has it.
const FEW_TIMES: f64 = 0.1;

/// How many times as common, with its interval, as exactly as can be told at a glance.
fn times(ratio: &Estimate) -> String {
    if ratio.low > MANY_TIMES {
        return "over 100".to_owned();
    }
    if ratio.high < FEW_TIMES {
        return "under 0.1".to_owned();
    }
    let places = usize::from(ratio.high < 10.0);
    format!("{} {}", figures::fixed(ratio.value, places), figures::interval(ratio, places))
}

/// A share that is not nothing is never shown as nothing.
fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.0005 { "<0.1 %".to_owned() } else { figures::percent(share) }
}

fn feature_rows(feature: &Feature, found: &StandsOut, selected: bool, width: usize, view: &View) -> Vec<Row> {
    let share = |n: u64, of: u64| if of == 0 { "–".to_owned() } else { percent(n as f64 / of as f64) };
    let times = feature.ratio.estimate().map_or_else(|| "–".to_owned(), times);
    let name = width.saturating_sub(30);
    let figures_of = |row: Row| {
        row.right(Role::Loud, share(feature.inside, found.inside), 7)
            .right(Role::Text, share(feature.outside, found.outside), 7)
            .right(Role::Muted, &times, 16)
    };
    let long = feature.rule.chars().count() > name;
    let mut rows = Vec::new();
    if long {
        rows.push(view.row().text(&feature.rule));
        rows.push(figures_of(view.row().gap(name)));
    } else {
        rows.push(figures_of(view.row().cell(Role::Text, &feature.rule, name)));
    }
    if selected {
        rows = rows.into_iter().map(|row| row.to(width).all(Role::Selected)).collect();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: f64, low: f64, high: f64) -> String {
        let cautions = Vec::new();
        times(&Estimate { value, low, high, standard_error: None, p_value: None, level: 0.95, cautions })
    }

    #[test]
    fn a_ratio_is_told_as_exactly_as_it_is_known_and_fits_its_column() {
        assert_eq!(said(5.52, 5.2, 5.9), "5.5 [5.2 … 5.9]");
        assert_eq!(said(34.2, 29.7, 39.1), "34 [30 … 39]");
        assert_eq!(said(190_758.3, 11_931.0, 3e6), "over 100");
        assert_eq!(said(0.02, 0.01, 0.05), "under 0.1");
    }

    #[test]
    fn a_share_that_is_not_nothing_is_never_shown_as_nothing() {
        assert_eq!(
            (percent(0.0), percent(0.000_3), percent(0.02)),
            ("0 %".into(), "<0.1 %".into(), "2.0 %".into())
        );
    }
}
