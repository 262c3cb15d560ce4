//! Where everything is: pure functions from a size to rectangles, used for drawing and for finding what was clicked.

use ratatui::layout::{Position, Rect};

use super::port::Room;
use crate::panel::figures;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Breakpoint {
    /// Key numbers only.
    Tiny,
    /// One panel at a time.
    Narrow,
    /// Panels side by side, without detail.
    Regular,
    /// Everything.
    Wide,
}

impl Breakpoint {
    /// The breakpoint of a terminal's size.
    pub(crate) fn of(width: u16, height: u16) -> Self {
        match (width, height) {
            (..50, _) | (_, ..14) => Self::Tiny,
            (..80, _) | (_, ..20) => Self::Narrow,
            (..110, _) | (_, ..30) => Self::Regular,
            _ => Self::Wide,
        }
    }
}

/// The parts of the screen every room has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) size: Breakpoint,
    pub(crate) header: Rect,
    pub(crate) tabs: Vec<(Room, Rect)>,
    pub(crate) tab_row: Rect,
    pub(crate) body: Rect,
    pub(crate) footer: Rect,
    /// Where the tour's card is, empty while there is no tour.
    pub(crate) card: Rect,
}

/// Rows of the tour's card where it has a place of its own.
const CARD: u16 = 5;

/// Rows a room needs beside a card of its own.
const LEFT_BY_A_CARD: u16 = 12;

impl Plan {
    /// The plan of a terminal's size.
    pub(crate) fn of(area: Rect) -> Self {
        let size = Breakpoint::of(area.width, area.height);
        let (header, rest) = take_top(area, 1);
        let (tab_row, rest) = take_top(rest, u16::from(size > Breakpoint::Tiny));
        let (body, footer) = take_top(rest, rest.height.saturating_sub(1));
        Self { size, header, tabs: tabs(tab_row), tab_row, body, footer, card: Rect::ZERO }
    }

    /// The same with a card: below the room where there is space, in its lower right corner otherwise.
    pub(crate) fn with_card(mut self, lines_of: impl Fn(usize) -> usize) -> Self {
        if self.size >= Breakpoint::Regular {
            let lines = lines_of(usize::from(self.body.width.saturating_sub(4)));
            let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(3).max(CARD);
            if self.body.height >= height.saturating_add(LEFT_BY_A_CARD) {
                (self.body, self.card) = take_top(self.body, self.body.height - height);
                return self;
            }
        }
        let width = 58.min(self.body.width);
        let lines = u16::try_from(lines_of(usize::from(width.saturating_sub(4)))).unwrap_or(u16::MAX);
        let height = lines.saturating_add(4).min(self.body.height);
        self.card = Rect { x: self.body.right() - width, y: self.body.bottom() - height, width, height };
        self
    }

    /// Whether a card leaves so little of the room that only the panel it talks about is shown.
    pub(crate) fn card_leaves_one_pane(&self) -> bool {
        !self.card.is_empty() && self.size == Breakpoint::Regular
    }

    /// The tab at a place.
    pub(crate) fn tab_at(&self, at: Position) -> Option<Room> {
        self.tabs.iter().find(|(_, area)| area.contains(at)).map(|(room, _)| *room)
    }
}

/// One tab after another, closer together where there is little room; what does not fit is left away.
fn tabs(row: Rect) -> Vec<(Room, Rect)> {
    let gap = match row.width {
        110.. => 3,
        80.. => 2,
        _ => 1,
    };
    let mut x = row.x.saturating_add(1);
    let mut placed = Vec::new();
    for room in Room::ALL {
        let width = tab_label(room, row.width).chars().count() as u16;
        if row.height == 0 || x.saturating_add(width) > row.right() {
            break;
        }
        placed.push((room, Rect { x, y: row.y, width, height: 1 }));
        x = x.saturating_add(width).saturating_add(gap);
    }
    placed
}

/// What a tab says: its number and title, the title shortened where there is little room.
pub(crate) fn tab_label(room: Room, width: u16) -> String {
    if width >= 72 {
        format!("{} {}", room.number(), room.title())
    } else {
        format!("{} {}", room.number(), room.title().chars().take(4).collect::<String>())
    }
}

/// The first rows and the rest.
pub(crate) fn take_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let rest = Rect { y: area.y + height, height: area.height - height, ..area };
    (Rect { height, ..area }, rest)
}

/// The first columns and the rest.
pub(crate) fn take_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let rest = Rect { x: area.x + width, width: area.width - width, ..area };
    (Rect { width, ..area }, rest)
}

/// A part of a length in hundredths.
pub(crate) fn part(length: u16, hundredths: u32) -> u16 {
    (u32::from(length) * hundredths / 100) as u16
}

/// The areas of a room's panes: all of them as the room splits its body, or one pane alone where there is little room
/// or a pane is zoomed. A pane that is not shown has an empty area.
pub(crate) fn panes(
    body: Rect,
    size: Breakpoint,
    zoomed: bool,
    focus: usize,
    count: usize,
    split: impl Fn(Rect) -> Vec<Rect>,
) -> Vec<Rect> {
    if size >= Breakpoint::Regular && !zoomed {
        return split(body);
    }
    let strip = u16::from(size == Breakpoint::Narrow && count > 1);
    let (_, alone) = take_top(body, strip);
    (0..count).map(|pane| if pane == focus { alone } else { Rect::ZERO }).collect()
}

/// A window in the middle of an area, never larger than it.
pub(crate) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// What a virtual clock's speed is called: `1×`, `10 min/s`, `1 h/s`, `fastest`.
pub(crate) fn speed_label(speed: super::port::Speed) -> String {
    match speed.per_second() {
        u32::MAX => "fastest".to_owned(),
        times if times >= 86_400 && times.is_multiple_of(86_400) => format!("{} d/s", times / 86_400),
        times if times >= 3_600 && times.is_multiple_of(3_600) => format!("{} h/s", times / 3_600),
        times if times >= 60 && times.is_multiple_of(60) => format!("{} min/s", times / 60),
        times => format!("{}×", figures::count(u64::from(times))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::port::Speed;

    #[test]
    fn nothing_is_ever_planned_outside_the_terminal() {
        for width in 0..=160 {
            for height in 0..=50 {
                let area = Rect::new(0, 0, width, height);
                let plan = Plan::of(area);
                let parts = [plan.header, plan.tab_row, plan.body, plan.footer];
                for part in parts.iter().chain(plan.tabs.iter().map(|(_, tab)| tab)) {
                    assert_eq!(part.intersection(area), *part, "{width}x{height} {part:?}");
                }
                assert_eq!(parts.iter().map(|part| part.height).sum::<u16>(), height);
            }
        }
    }

    #[test]
    fn breakpoints_are_where_the_design_puts_them() {
        assert_eq!(Breakpoint::of(120, 36), Breakpoint::Wide);
        assert_eq!(Breakpoint::of(80, 24), Breakpoint::Regular);
        assert_eq!(Breakpoint::of(60, 24), Breakpoint::Narrow);
        assert_eq!(Breakpoint::of(40, 12), Breakpoint::Tiny);
        assert_eq!(Breakpoint::of(120, 13), Breakpoint::Tiny);
    }

    #[test]
    fn every_tab_is_reachable_by_mouse_at_eighty_columns() {
        let plan = Plan::of(Rect::new(0, 0, 80, 24));
        assert_eq!(plan.tabs.len(), Room::ALL.len());
        let (room, area) = plan.tabs[6];
        assert_eq!(plan.tab_at(area.as_position()), Some(room));
        assert_eq!(plan.tab_at(Position::new(0, 0)), None);
    }

    #[test]
    fn speeds_have_names() {
        let names: Vec<String> = Speed::STEPS.into_iter().map(speed_label).collect();
        assert_eq!(names, ["1×", "1 min/s", "10 min/s", "1 h/s", "6 h/s", "1 d/s", "fastest"]);
    }
}
