//! A directed graph on a cell grid: boxes in columns by their distance from the start, ways as right-angled lines.
//!
//! ```text
//! ╭ wait 2 h ─╮   ╭ still in cart? ╮ yes ╭ test: offer ╮
//! ┤ 412 here  ├───┤ 3,708 seen     ├┬────┤ 88 here     ├
//! ╰───────────╯   ╰────────────────╯│    ╰─────────────╯
//!                                   ╰ no ● exit
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::row::clip;
use crate::panel::privacy::plain;
use crate::tui::theme::{Role, Theme};

/// One node.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// In the upper border.
    pub(crate) title: String,
    /// Inside.
    pub(crate) figure: String,
    /// In the lower border, if there is something to say.
    pub(crate) note: String,
    /// Whether it ends a path and is drawn as a dot.
    pub(crate) end: bool,
}

/// One way from a node to another, with what it says.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) label: String,
}

/// Where every node is.
#[derive(Debug, Clone)]
pub(crate) struct Placed<'a> {
    nodes: &'a [Node],
    ways: &'a [Way],
    cells: Vec<(usize, usize)>,
    lefts: Vec<usize>,
    widths: Vec<usize>,
}

const ROW_HEIGHT: i32 = 4;
const WIDEST: usize = 24;

impl<'a> Placed<'a> {
    /// Places the nodes: column by the longest way from a start, row by the order of the ways.
    pub(crate) fn new(nodes: &'a [Node], ways: &'a [Way]) -> Self {
        let columns = columns(nodes.len(), ways);
        let rows = rows(nodes.len(), ways, &columns);
        let count = columns.iter().max().map_or(0, |last| last + 1);
        let (mut lefts, mut widths, mut x) = (Vec::new(), Vec::new(), 0);
        for column in 0..count {
            let inside = (0..nodes.len()).filter(|node| columns[*node] == column);
            let width = inside.map(|node| width_of(&nodes[node])).max().unwrap_or(0);
            let label = ways
                .iter()
                .filter(|way| way.from < nodes.len() && columns[way.from] == column)
                .map(|way| way.label.width().min(10))
                .max()
                .unwrap_or(0);
            lefts.push(x);
            widths.push(width);
            x += width + 2 + if label > 0 { label + 1 } else { 0 };
        }
        Self { nodes, ways, cells: columns.into_iter().zip(rows).collect(), lefts, widths }
    }

    /// The node reached from another by an arrow key.
    pub(crate) fn neighbour(&self, node: usize, dx: i8, dy: i8) -> Option<usize> {
        if dx > 0 {
            return self.ways.iter().find(|way| way.from == node && self.is_forward(way)).map(|way| way.to);
        }
        if dx < 0 {
            return self.ways.iter().find(|way| way.to == node && self.is_forward(way)).map(|way| way.from);
        }
        let (column, row) = *self.cells.get(node)?;
        let others = self.cells.iter().enumerate().filter(|(_, cell)| cell.1.cmp(&row) as i8 == dy);
        others.min_by_key(|(_, cell)| (cell.1.abs_diff(row), cell.0.abs_diff(column))).map(|(other, _)| other)
    }

    fn is_forward(&self, way: &Way) -> bool {
        match (self.cells.get(way.from), self.cells.get(way.to)) {
            (Some(from), Some(to)) => to.0 > from.0,
            _ => false,
        }
    }

    /// Draws what of the graph lies around the selected node.
    pub(crate) fn draw(&self, selected: Option<usize>, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let (shift_x, shift_y) = self.shift(selected, area);
        let mut lines = Lines::default();
        for way in self.ways.iter().filter(|way| self.is_forward(way)) {
            self.way(way, &mut lines);
        }
        let mut paper = Paper { area, shift_x, shift_y, buffer, theme };
        lines.draw(&mut paper);
        for way in self.ways.iter().filter(|way| self.is_forward(way)) {
            self.label(way, &mut paper);
        }
        for (index, node) in self.nodes.iter().enumerate() {
            self.node(index, node, selected == Some(index), &mut paper);
        }
        let right = self.lefts.last().zip(self.widths.last()).map_or(0, |(left, width)| left + width) as i32;
        for (hidden, x, mark) in
            [(shift_x > 0, 0, "◂"), (right - shift_x > i32::from(area.width), i32::from(area.width) - 1, "▸")]
        {
            if hidden {
                paper.text(x + shift_x, 1 + shift_y, mark, Role::Held);
            }
        }
    }

    /// How many rows of cells the graph takes.
    pub(crate) fn height(&self) -> u16 {
        let rows = self.cells.iter().map(|(_, row)| row + 1).max().unwrap_or(0);
        u16::try_from(rows).unwrap_or(u16::MAX).saturating_mul(ROW_HEIGHT as u16)
    }

    /// How far the picture is moved so that the selected node is in sight.
    fn shift(&self, selected: Option<usize>, area: Rect) -> (i32, i32) {
        let Some((column, row)) = selected.and_then(|node| self.cells.get(node)).copied() else {
            return (0, 0);
        };
        let right = (self.lefts[column] + self.widths[column] + 4) as i32;
        let bottom = (row as i32 + 1) * ROW_HEIGHT;
        ((right - i32::from(area.width)).max(0), (bottom - i32::from(area.height)).max(0))
    }

    fn left(&self, node: usize) -> i32 {
        self.lefts[self.cells[node].0] as i32
    }

    fn middle(&self, node: usize) -> i32 {
        self.cells[node].1 as i32 * ROW_HEIGHT + 1
    }

    fn way(&self, way: &Way, lines: &mut Lines) {
        let from_x = self.left(way.from) + width_of(&self.nodes[way.from]) as i32;
        let (from_y, to_y) = (self.middle(way.from), self.middle(way.to));
        let turn = self.left(way.from) + self.widths[self.cells[way.from].0] as i32;
        let straight = from_y == to_y;
        lines.across(from_x, turn, from_y, (true, straight));
        lines.down(turn, from_y, to_y);
        lines.across(turn, self.left(way.to) - 1, to_y, (straight, true));
    }

    fn label(&self, way: &Way, paper: &mut Paper<'_>) {
        if way.label.is_empty() {
            return;
        }
        let x = self.left(way.from) + self.widths[self.cells[way.from].0] as i32 + 1;
        let label = format!(" {} ", clip(&plain(&way.label), 10));
        paper.text(x, self.middle(way.to), &label, Role::Held);
    }

    fn node(&self, index: usize, node: &Node, selected: bool, paper: &mut Paper<'_>) {
        let (x, y, width) = (self.left(index), self.middle(index), width_of(node));
        let role = if selected { Role::Focus } else { Role::Border };
        if node.end {
            let words = format!("● {}", clip(&plain(&node.title), WIDEST));
            paper.text(x, y, &words, if selected { Role::Focus } else { Role::Text });
            return paper.text(x + 2, y + 1, &node.figure, Role::Muted);
        }
        let inner = width - 2;
        let border = |text: &str| {
            let text =
                if text.is_empty() { String::new() } else { format!(" {} ", clip(&plain(text), WIDEST)) };
            let fill = inner.saturating_sub(text.width());
            (text, "─".repeat(fill))
        };
        let (title, fill) = border(&node.title);
        paper.text(x, y - 1, "╭", role);
        paper.text(x + 1, y - 1, &title, if selected { Role::Focus } else { Role::Text });
        paper.text(x + 1 + title.width() as i32, y - 1, &format!("{fill}╮"), role);
        let figure = clip(&node.figure, inner.saturating_sub(2));
        let fill = " ".repeat(inner.saturating_sub(figure.width() + 1));
        let side = |open: bool, joined: bool| match (open, joined) {
            (true, true) => "┤",
            (false, true) => "├",
            _ => "│",
        };
        let (entered, left) = self.joined(index);
        paper.text(x, y, side(true, entered), role);
        paper.text(x + 1, y, &format!(" {figure}{fill}"), Role::Loud);
        paper.text(x + width as i32 - 1, y, side(false, left), role);
        let (note, fill) = border(&node.note);
        paper.text(x, y + 1, "╰", role);
        paper.text(x + 1, y + 1, &note, Role::Held);
        paper.text(x + 1 + note.width() as i32, y + 1, &format!("{fill}╯"), role);
    }

    fn joined(&self, node: usize) -> (bool, bool) {
        let mut forward = self.ways.iter().filter(|way| self.is_forward(way));
        let entered = forward.clone().any(|way| way.to == node);
        (entered, forward.any(|way| way.from == node))
    }
}

fn width_of(node: &Node) -> usize {
    let words = [&node.title, &node.figure, &node.note].map(|text| text.width().min(WIDEST));
    words.into_iter().max().unwrap_or(0) + if node.end { 2 } else { 4 }
}

/// The longest way from a start; ways that close a circle count once.
fn columns(nodes: usize, ways: &[Way]) -> Vec<usize> {
    let mut columns = vec![0_usize; nodes];
    let forward: Vec<&Way> = ways.iter().filter(|way| way.from < nodes && way.to < nodes).collect();
    let back = circles(nodes, &forward);
    for _ in 0..nodes {
        for (_, way) in forward.iter().enumerate().filter(|(index, _)| !back[*index]) {
            let next = columns[way.from] + 1;
            columns[way.to] = columns[way.to].max(next);
        }
    }
    columns
}

/// Which ways lead back to a node that is still being followed.
fn circles(nodes: usize, ways: &[&Way]) -> Vec<bool> {
    let mut back = vec![false; ways.len()];
    let mut state = vec![0_u8; nodes];
    for start in 0..nodes {
        if state[start] != 0 {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        state[start] = 1;
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let found = ways.iter().enumerate().skip(*next).find(|(_, way)| way.from == node);
            match found {
                None => {
                    state[node] = 2;
                    path.pop();
                }
                Some((index, way)) => {
                    *next = index + 1;
                    match state[way.to] {
                        0 => {
                            state[way.to] = 1;
                            path.push((way.to, 0));
                        }
                        1 => back[index] = true,
                        _ => {}
                    }
                }
            }
        }
    }
    back
}

/// The first way goes straight on, every other one to the next free row.
fn rows(nodes: usize, ways: &[Way], columns: &[usize]) -> Vec<usize> {
    let mut rows: Vec<Option<usize>> = vec![None; nodes];
    let mut order: Vec<usize> = (0..nodes).collect();
    order.sort_by_key(|node| columns[*node]);
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for node in order {
        let wanted = ways
            .iter()
            .filter(|way| way.to == node && way.from < nodes)
            .filter_map(|way| rows[way.from])
            .min()
            .unwrap_or(0);
        let row = (wanted..).find(|row| !taken.contains(&(columns[node], *row))).unwrap_or(wanted);
        taken.push((columns[node], row));
        rows[node] = Some(row);
    }
    rows.into_iter().map(Option::unwrap_or_default).collect()
}

/// Lines with their directions, so that crossings and corners come out right.
#[derive(Default)]
struct Lines {
    cells: std::collections::BTreeMap<(i32, i32), u8>,
}

const UP: u8 = 1;
const RIGHT: u8 = 2;
const DOWN: u8 = 4;
const LEFT: u8 = 8;

impl Lines {
    fn add(&mut self, x: i32, y: i32, ends: u8) {
        *self.cells.entry((y, x)).or_default() |= ends;
    }

    /// A line from left to right, either end open towards what comes there.
    fn across(&mut self, from: i32, to: i32, y: i32, (left, right): (bool, bool)) {
        for x in from..=to {
            let ends = if x > from || left { LEFT } else { 0 } | if x < to || right { RIGHT } else { 0 };
            self.add(x, y, ends);
        }
    }

    /// A line between two rows, corners at its ends.
    fn down(&mut self, x: i32, from: i32, to: i32) {
        let (top, bottom) = (from.min(to), from.max(to));
        for y in top..=bottom {
            let ends = if y > top { UP } else { 0 } | if y < bottom { DOWN } else { 0 };
            self.add(x, y, ends);
        }
    }

    fn draw(&self, paper: &mut Paper<'_>) {
        for (&(y, x), &ends) in &self.cells {
            paper.text(x, y, symbol(ends), Role::Border);
        }
    }
}

fn symbol(ends: u8) -> &'static str {
    const SYMBOLS: [&str; 16] =
        [" ", "╵", "╶", "╰", "╷", "│", "╭", "├", "╴", "╯", "─", "┴", "╮", "┤", "┬", "┼"];
    SYMBOLS[usize::from(ends & 15)]
}

struct Paper<'b> {
    area: Rect,
    shift_x: i32,
    shift_y: i32,
    buffer: &'b mut Buffer,
    theme: Theme,
}

impl Paper<'_> {
    fn text(&mut self, x: i32, y: i32, text: &str, role: Role) {
        let (x, y) = (x - self.shift_x + i32::from(self.area.x), y - self.shift_y + i32::from(self.area.y));
        if y < i32::from(self.area.top()) || y >= i32::from(self.area.bottom()) {
            return;
        }
        let mut at = x;
        for c in plain(text).chars() {
            if at >= i32::from(self.area.left()) && at < i32::from(self.area.right()) {
                self.buffer[(at as u16, y as u16)].set_char(c).set_style(self.theme.style(role));
            }
            at += unicode_width::UnicodeWidthChar::width(c).unwrap_or(1) as i32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ThemeName;

    fn node(title: &str) -> Node {
        Node { title: title.to_owned(), figure: "1 here".to_owned(), note: String::new(), end: false }
    }

    fn way(from: usize, to: usize, label: &str) -> Way {
        Way { from, to, label: label.to_owned() }
    }

    fn drawn(nodes: &[Node], ways: &[Way]) -> Vec<String> {
        let area = Rect::new(0, 0, 60, 8);
        let mut buffer = Buffer::empty(area);
        Placed::new(nodes, ways).draw(None, area, &mut buffer, Theme::new(ThemeName::Mono));
        area.rows()
            .map(|row| {
                row.positions()
                    .map(|at| buffer[at].symbol().to_owned())
                    .collect::<String>()
                    .trim_end()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn a_fork_is_drawn_with_its_labels_and_joins_again() {
        let nodes = [node("a?"), node("b"), node("c"), node("d")];
        let ways = [way(0, 1, "yes"), way(0, 2, "no"), way(1, 3, ""), way(2, 3, "")];
        assert_eq!(
            drawn(&nodes, &ways),
            [
                "╭ a? ────╮      ╭ b ─────╮  ╭ d ─────╮",
                "│ 1 here ├┬ yes ┤ 1 here ├┬─┤ 1 here │",
                "╰────────╯│     ╰────────╯│ ╰────────╯",
                "          │               │",
                "          │     ╭ c ─────╮│",
                "          ╰ no ─┤ 1 here ├╯",
                "                ╰────────╯",
                "",
            ]
        );
    }

    #[test]
    fn circles_and_ways_to_nowhere_are_survived() {
        let nodes = [node("a"), node("b"), node("c")];
        let ways = [way(0, 1, ""), way(1, 2, ""), way(2, 0, ""), way(2, 2, ""), way(2, 9, ""), way(9, 0, "")];
        let placed = Placed::new(&nodes, &ways);
        assert_eq!(placed.neighbour(0, 1, 0), Some(1));
        assert_eq!(placed.neighbour(1, -1, 0), Some(0));
        assert_eq!(placed.neighbour(2, 1, 0), None);
        assert!(drawn(&nodes, &ways)[1].contains("1 here"));
        assert!(drawn(&[], &[]).iter().all(String::is_empty));
    }
}
