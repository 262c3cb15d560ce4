//! Who the rule being written means, under several headings: the people themselves, how they are spread, where else they
//! are, what sets them apart, and how it was before.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draft::Draft;
use super::{past, sample, spread};
use crate::panel::privacy::plain;
use crate::panel::segments::history::History;
use crate::panel::segments::offers::Explained;
use crate::panel::segments::{SamplePerson, SegmentVerdict};
use crate::tui::layout::{Breakpoint, take_top};
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::{Row, wrap};

/// A heading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Tab {
    /// How many, against the saved version, and some of them.
    #[default]
    People,
    /// By lifecycle, intent, channel, country and device.
    Spread,
    /// How many are in which other segment.
    Overlap,
    /// What is commoner among them than among everybody else.
    Apart,
    /// Earlier versions and sizes.
    Past,
}

impl Tab {
    pub(super) const ALL: [Self; 5] = [Self::People, Self::Spread, Self::Overlap, Self::Apart, Self::Past];

    fn title(self) -> &'static str {
        match self {
            Self::People => "People",
            Self::Spread => "Spread",
            Self::Overlap => "Overlap",
            Self::Apart => "Stands out",
            Self::Past => "History",
        }
    }

    /// The same where there is little room.
    fn short(self) -> &'static str {
        if self == Self::Apart { "Apart" } else { self.title() }
    }

    /// The heading so many to the right, round and round.
    pub(super) fn beside(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let all = Self::ALL.len() as isize;
        let to = (at as isize + by).rem_euclid(all) as usize;
        Self::ALL.get(to).copied().unwrap_or_default()
    }
}

/// What is looked at, and why the rule holds for somebody.
#[derive(Debug, Clone, Default)]
pub(super) struct Who {
    pub(super) tab: Tab,
    /// The selected line of what can be selected, else the line scrolled to.
    pub(super) at: usize,
    pub(super) explained: Option<Arc<Explained>>,
}

impl Who {
    /// Turns to a heading.
    pub(super) fn turn(&mut self, by: isize) {
        *self = Self { tab: self.tab.beside(by), ..Self::default() };
    }
}

/// What a heading shows.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) rows: Vec<Row>,
    /// The selected line, where lines can be selected; it is always seen.
    pub(super) selected: Option<usize>,
    /// The first line seen, where none is selected.
    pub(super) top: usize,
    /// So many lines at the top are always seen.
    pub(super) pinned: usize,
}

impl Lines {
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }
}

/// Everybody a verdict shows: of the draft, then who comes and who goes.
pub(super) fn shown(verdict: &SegmentVerdict) -> impl Iterator<Item = &SamplePerson> {
    verdict.sample.iter().chain(&verdict.joiners).chain(&verdict.leavers)
}

/// Draws the panel.
pub(super) fn draw(
    draft: &Draft,
    (who, history): (&Who, Option<&History>),
    area: Rect,
    buffer: &mut Buffer,
    view: &View,
    focused: bool,
) {
    let verdict = draft.verdict.as_deref();
    let note = match (draft.current(), verdict) {
        (None, _) => "counting …",
        (Some(current), _) if current.count.is_some() && !current.whole => "looking closer …",
        _ => "",
    };
    let inner = view.frame(Frame { title: "Who", about: "", note, focused }, area, buffer);
    if who.tab == Tab::Past {
        let rest = strip(who.tab, inner, buffer, view);
        return past::draw(history, who.at, rest, buffer, view);
    }
    let Some(verdict) = verdict else {
        return view.teach("Nobody is counted yet.", "the count follows what you type", inner, buffer);
    };
    let rest = strip(who.tab, inner, buffer, view);
    let width = usize::from(rest.width);
    let lines = match (&who.explained, who.tab) {
        (Some(explained), _) => explanation(explained, who.at, width, view),
        (None, Tab::Spread) => spread::cuts(verdict, who.at, width, view),
        (None, Tab::Overlap) => spread::overlaps(verdict, who.at, width, view),
        (None, Tab::Apart) => spread::apart(verdict, who.at, focused, width, view),
        (None, Tab::People | Tab::Past) => sample::people(verdict, who.at, focused, width, view),
    };
    scrolled(lines, rest, buffer);
}

/// The headings in a line, the one looked at in reverse video; left out where it would cost a line that counts.
fn strip(tab: Tab, area: Rect, buffer: &mut Buffer, view: &View) -> Rect {
    if area.height < 6 {
        return area;
    }
    let mut row = view.row();
    for known in Tab::ALL {
        let role = if known == tab { Role::Selected } else { Role::Muted };
        let gap = if view.size >= Breakpoint::Regular { 2 } else { 1 };
        let title = if area.width < 44 { known.short() } else { known.title() };
        row = row.put(role, title).gap(gap);
    }
    line_at(row, area, 0, buffer);
    let roomy = area.height > 12;
    take_top(area, 1 + u16::from(roomy)).1
}

/// Draws as many lines as there is room for.
pub(super) fn scrolled(lines: Lines, area: Rect, buffer: &mut Buffer) {
    let pinned = lines.pinned.min(usize::from(area.height) / 3);
    let mut rows = lines.rows.into_iter();
    for (index, row) in rows.by_ref().take(pinned).enumerate() {
        line_at(row, area, index as u16, buffer);
    }
    let (_, area) = take_top(area, pinned as u16);
    let (left, height) = (rows.len(), usize::from(area.height));
    // The line below the selected one is seen too: it may belong to it.
    let start = match lines.selected {
        Some(at) => (at.saturating_sub(pinned) + 2).saturating_sub(height),
        None => lines.top,
    };
    let start = start.min(left.saturating_sub(height));
    for (index, row) in rows.skip(start).take(height).enumerate() {
        line_at(row, area, index as u16, buffer);
    }
}

/// How far down one can walk or scroll under a heading, roughly: how wide the panel is, only its drawing knows.
pub(super) fn last_line(who: &Who, verdict: Option<&SegmentVerdict>, history: Option<&History>) -> usize {
    let Some(verdict) = verdict else { return 0 };
    let lines = match (&who.explained, who.tab) {
        (Some(explained), _) => explained.lines.len() * 2,
        (None, Tab::People) => shown(verdict).count(),
        (None, Tab::Spread) => verdict.breakdowns.iter().map(|cut| cut.parts.len().min(7) + 2).sum(),
        (None, Tab::Overlap) => verdict.overlaps.len() + 1,
        (None, Tab::Apart) => verdict.stands_out.as_ref().map_or(0, |found| spread::features(found).count()),
        (None, Tab::Past) => history.map_or(0, |known| known.versions.len() + known.sizes.len() + 4),
    };
    lines.saturating_sub(1)
}

fn explanation(explained: &Explained, at: usize, width: usize, view: &View) -> Lines {
    let mut lines = Lines::default();
    let head = view.row().put(Role::Loud, format!("{}, part by part", explained.id)).muted("   Esc closes");
    lines.push(head);
    for line in &explained.lines {
        let (role, mark) = mark(line.holds);
        let indent = line.depth.min(12) * 2;
        let asked = wrap(&plain(&line.asked), width.saturating_sub(indent + 2));
        for (place, part) in asked.into_iter().enumerate() {
            let lead = if place == 0 { mark } else { "  " };
            lines.push(view.row().gap(indent).put(role, lead).text(part));
        }
        let Some(seen) = &line.seen else { continue };
        let seen = if line.personal && view.mask { "covered: m shows it" } else { seen.as_str() };
        for part in wrap(&plain(seen), width.saturating_sub(indent + 2)) {
            lines.push(view.row().gap(indent + 2).muted(part));
        }
    }
    lines.top = at;
    lines
}

pub(super) fn mark(holds: Option<bool>) -> (Role, &'static str) {
    match holds {
        Some(true) => (Role::Up, "✔ "),
        Some(false) => (Role::Down, "✘ "),
        None => (Role::Held, "? "),
    }
}
