//! A form: rows of labelled cells, one of them under the cursor. It knows where one is and how a cell is typed into; what the
//! cells say belongs to whoever lays them.

use std::ops::Range;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::line_at;
use super::input::TextInput;
use super::row::{Row, clip, wrap};
use crate::tui::keymap::Stroke;
use crate::tui::screens::View;
use crate::tui::theme::Role;

/// How a cell is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By typing.
    Typed,
    /// By typing, or from what there is.
    Picked,
    /// By one of a few words.
    Chosen(&'static [&'static str]),
}

/// A cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell<K> {
    pub(crate) key: K,
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// Columns for what it says; none takes what is left of the row.
    pub(crate) width: Option<usize>,
    /// A word before it.
    pub(crate) lead: &'static str,
    /// A unit after it.
    pub(crate) unit: &'static str,
    /// What an empty cell means.
    pub(crate) hint: String,
}

impl<K> Cell<K> {
    pub(crate) fn new(key: K, text: &str, kind: Kind) -> Self {
        Self { key, text: text.to_owned(), kind, width: None, lead: "", unit: "", hint: String::new() }
    }

    pub(crate) fn wide(mut self, columns: usize) -> Self {
        self.width = Some(columns);
        self
    }

    pub(crate) fn lead(mut self, lead: &'static str) -> Self {
        self.lead = lead;
        self
    }

    pub(crate) fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// A row of a form.
#[derive(Debug, Clone)]
pub(crate) enum Line<K> {
    /// Titles over the cells of the rows below, with the columns those have.
    Head(String, Vec<(&'static str, Option<usize>)>),
    /// Cells.
    Cells(String, Vec<Cell<K>>),
}

/// The form.
#[derive(Debug, Clone)]
pub(crate) struct Grid<K> {
    lines: Vec<Line<K>>,
    /// The row and the cell of the cursor.
    at: (usize, usize),
    input: TextInput,
}

/// The least columns of a cell that has to give way.
const LEAST: usize = 4;

/// In a form narrower than this a row that has no room goes on in the next line.
const NARROW: usize = 50;

/// What a cell that takes what is left asks for at least, before its row goes on below.
const OPEN: usize = 12;

impl<K: Copy + PartialEq> Grid<K> {
    pub(crate) fn new(lines: Vec<Line<K>>) -> Self {
        let mut grid = Self { lines, at: (0, 0), input: TextInput::line("") };
        grid.at = grid.places().first().copied().unwrap_or((0, 0));
        grid.take_up();
        grid
    }

    /// Lays the rows anew; the cursor stays in its cell.
    pub(crate) fn lay(&mut self, lines: Vec<Line<K>>) {
        let here = self.cell().map(|cell| cell.key);
        self.lines = lines;
        let found = self.places().into_iter().find(|at| self.cell_at(*at).map(|cell| cell.key) == here);
        if let Some(found) = found {
            self.at = found;
        } else {
            let places = self.places();
            let near = places.iter().rev().find(|at| **at <= self.at).or(places.first());
            self.at = near.copied().unwrap_or((0, 0));
        }
        // A blank at the end is one that is followed by the next word.
        if self.cell().is_some_and(|cell| cell.text.trim() != self.input.text().trim()) {
            self.take_up();
        }
    }

    /// The cell under the cursor.
    pub(crate) fn cell(&self) -> Option<&Cell<K>> {
        self.cell_at(self.at)
    }

    fn cell_at(&self, (row, cell): (usize, usize)) -> Option<&Cell<K>> {
        match self.lines.get(row)? {
            Line::Cells(_, cells) => cells.get(cell),
            Line::Head(..) => None,
        }
    }

    /// Every cell's place, in the order they are walked through.
    fn places(&self) -> Vec<(usize, usize)> {
        let rows = self.lines.iter().enumerate();
        rows.flat_map(|(row, line)| match line {
            Line::Cells(_, cells) => (0..cells.len()).map(|cell| (row, cell)).collect(),
            Line::Head(..) => Vec::new(),
        })
        .collect()
    }

    /// Goes so many cells on, or back.
    pub(crate) fn walk(&mut self, by: isize) {
        let places = self.places();
        let here = places.iter().position(|at| *at == self.at).unwrap_or(0);
        let last = places.len().saturating_sub(1);
        if let Some(at) = places.get(here.saturating_add_signed(by).min(last)) {
            self.at = *at;
            self.take_up();
        }
    }

    /// Goes so many rows down, or up.
    pub(crate) fn step(&mut self, by: isize) {
        let rows: Vec<usize> =
            (0..self.lines.len()).filter(|row| matches!(self.lines[*row], Line::Cells(..))).collect();
        let here = rows.iter().position(|row| *row == self.at.0).unwrap_or(0);
        let last = rows.len().saturating_sub(1);
        let Some(row) = rows.get(here.saturating_add_signed(by).min(last)) else { return };
        let cells = match &self.lines[*row] {
            Line::Cells(_, cells) => cells.len(),
            Line::Head(..) => 0,
        };
        self.at = (*row, self.at.1.min(cells.saturating_sub(1)));
        self.take_up();
    }

    /// Goes to a cell.
    #[cfg(test)]
    pub(crate) fn go_to(&mut self, key: K) {
        let found =
            self.places().into_iter().find(|at| self.cell_at(*at).is_some_and(|cell| cell.key == key));
        if let Some(found) = found {
            self.at = found;
            self.take_up();
        }
    }

    fn take_up(&mut self) {
        self.input = TextInput::line(&self.cell().map(|cell| cell.text.clone()).unwrap_or_default());
    }

    /// What a key makes the cell under the cursor say, if it says something else.
    pub(crate) fn type_key(&mut self, stroke: Stroke) -> Option<(K, String)> {
        let cell = self.cell()?;
        let key = cell.key;
        if let Kind::Chosen(words) = cell.kind {
            return choose(words, &cell.text, stroke).map(|word| (key, word.to_owned()));
        }
        self.input.type_key(stroke).then(|| (key, self.input.text()))
    }

    /// What a pasted text makes it say.
    pub(crate) fn paste(&mut self, text: &str) -> Option<(K, String)> {
        let cell = self.cell()?;
        let key = cell.key;
        if matches!(cell.kind, Kind::Chosen(_)) {
            return None;
        }
        self.input.paste(text).then(|| (key, self.input.text()))
    }

    /// The cell a click means; the cursor goes there.
    pub(crate) fn click(&mut self, area: Rect, (x, y): (u16, u16), fault: &dyn Fn(K) -> Option<String>) {
        let width = usize::from(area.width);
        let (rows, _) = self.drawn(width, false, fault, None);
        let from = self.first_line(&rows, usize::from(area.height));
        let line = from + usize::from(y.saturating_sub(area.y));
        let Some((row, _)) = rows.get(line) else { return };
        let (row, label) = (*row, self.label(width));
        let Some(Line::Cells(_, cells)) = self.lines.get(row) else { return };
        let above = rows[..line].iter().rev().take_while(|(of, _)| *of == row).count();
        let folds = self.folds(row, width);
        let Some(fold) = folds.get(above).or(folds.last()).cloned() else { return };
        let mut end = label + 2;
        let at = usize::from(x.saturating_sub(area.x));
        let columns = self.columns(row, width);
        for index in fold.clone() {
            let (cell, lead) = (&cells[index], self.lead(row, index, folds.len() > 1));
            end += lead.chars().count() + columns[index] + cell.unit.chars().count() + 1;
            if at < end || index + 1 == fold.end {
                self.at = (row, index);
                self.take_up();
                return;
            }
        }
    }

    /// Draws as many rows as there is room for, those around the cursor.
    pub(crate) fn draw(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        view: &View,
        focused: bool,
        fault: &dyn Fn(K) -> Option<String>,
    ) {
        let (rows, _) = self.drawn(usize::from(area.width), focused, fault, Some(view));
        let from = self.first_line(&rows, usize::from(area.height));
        for (index, (_, row)) in rows.into_iter().skip(from).take(usize::from(area.height)).enumerate() {
            row.into_iter().for_each(|row| line_at(row, area, index as u16, buffer));
        }
    }

    /// The first line of the drawing that is shown, so that the cursor's row and what is wrong with it are in view.
    fn first_line(&self, rows: &[(usize, Option<Row>)], height: usize) -> usize {
        let last = rows.iter().rposition(|(row, _)| *row == self.at.0).unwrap_or(0);
        let wanted = (last + 1 + height / 4).min(rows.len());
        wanted.saturating_sub(height)
    }

    /// Each line with the row it belongs to: the row itself, then what is wrong with its cells.
    fn drawn(
        &self,
        width: usize,
        focused: bool,
        fault: &dyn Fn(K) -> Option<String>,
        view: Option<&View>,
    ) -> (Vec<(usize, Option<Row>)>, usize) {
        let label = self.label(width);
        let mut rows = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let faults: Vec<String> = match line {
                Line::Head(..) => Vec::new(),
                Line::Cells(_, cells) => cells.iter().filter_map(|cell| fault(cell.key)).collect(),
            };
            for fold in self.folds(index, width) {
                let of = (index, fold);
                rows.push((
                    index,
                    view.map(|view| self.row(&of, line, width, focused, &faults, fault, view)),
                ));
            }
            for text in &faults {
                for (at, line) in wrap(text, width.saturating_sub(label + 4)).into_iter().enumerate() {
                    let mark = if at == 0 { "✘ " } else { "  " };
                    let told =
                        |view: &View| view.row().gap(label + 2).put(Role::Error, format!("{mark}{line}"));
                    rows.push((index, view.map(told)));
                }
            }
        }
        (rows, label)
    }

    /// Columns of the labels.
    fn label(&self, width: usize) -> usize {
        let of = |line: &Line<K>| match line {
            Line::Head(label, _) | Line::Cells(label, _) => label.chars().count(),
        };
        let widest = self.lines.iter().map(of).max().unwrap_or(0);
        widest.min(if width < 50 { 10 } else { 18 })
    }

    #[expect(clippy::too_many_arguments, reason = "what a row is drawn from")]
    fn row(
        &self,
        (index, fold): &(usize, Range<usize>),
        line: &Line<K>,
        width: usize,
        focused: bool,
        faults: &[String],
        fault: &dyn Fn(K) -> Option<String>,
        view: &View,
    ) -> Row {
        let (index, label) = (*index, self.label(width));
        let here = index == self.at.0 && fold.contains(&self.at.1);
        let lead = view.row().put(Role::Key, if here && focused { "› " } else { "  " });
        match line {
            Line::Head(text, titles) => {
                let mut row = lead.cell(Role::Title, text, label).gap(1);
                let widths = spread(
                    &titles.iter().map(|(_, width)| *width).collect::<Vec<_>>(),
                    width.saturating_sub(label + 3),
                );
                // Where the rows below go on in further lines, each cell there says what it is.
                let shown = if self.folds(index + 1, width).len() > 1 { 1 } else { titles.len() };
                for ((title, _), columns) in titles.iter().zip(widths).take(shown) {
                    row = row.cell(Role::Muted, title, columns.max(title.chars().count())).gap(1);
                }
                row
            }
            Line::Cells(text, cells) => {
                let role = if faults.is_empty() { Role::Muted } else { Role::Error };
                let text = if fold.start == 0 { text.as_str() } else { "" };
                let mut row = lead.cell(role, text, label).gap(1);
                let folded = fold.len() < cells.len();
                let columns = self.columns(index, width);
                for place in fold.clone() {
                    let (cell, active) = (&cells[place], focused && here && place == self.at.1);
                    let wrong = fault(cell.key).is_some();
                    let lead = self.lead(index, place, folded);
                    let row_so_far = if lead.is_empty() { row } else { row.muted(lead) };
                    row = self.cell_into(row_so_far, cell, columns[place], active, wrong, view);
                }
                row
            }
        }
    }

    fn cell_into(
        &self,
        row: Row,
        cell: &Cell<K>,
        columns: usize,
        active: bool,
        wrong: bool,
        view: &View,
    ) -> Row {
        let row = match (active, cell.kind) {
            (true, Kind::Chosen(_)) => {
                let text = if cell.text.is_empty() { "–" } else { cell.text.as_str() };
                let framed = if text.chars().count() + 2 <= columns {
                    format!("‹{text}›")
                } else {
                    clip(text, columns)
                };
                row.put(Role::Selected, fill(&framed, columns))
            }
            (true, _) => {
                let typed = self.input.put_into(view.row(), columns);
                row.then(typed.cut(columns).to(columns))
            }
            (false, _) if cell.text.is_empty() => {
                let hint = if cell.hint.is_empty() { "·" } else { cell.hint.as_str() };
                row.cell(Role::Border, hint, columns)
            }
            (false, _) => row.cell(if wrong { Role::Error } else { Role::Text }, &cell.text, columns),
        };
        row.muted(cell.unit).gap(1)
    }

    /// The columns of a row's cells.
    fn columns(&self, row: usize, width: usize) -> Vec<usize> {
        let Some(Line::Cells(_, cells)) = self.lines.get(row) else { return Vec::new() };
        let folds = self.folds(row, width);
        let folded = folds.len() > 1;
        let of = |fold: &Range<usize>| {
            let around: usize = fold
                .clone()
                .map(|at| self.lead(row, at, folded).chars().count() + cells[at].unit.chars().count())
                .sum();
            let wanted: Vec<Option<usize>> = cells[fold.clone()].iter().map(|cell| cell.width).collect();
            spread(&wanted, width.saturating_sub(self.label(width) + 3 + around))
        };
        folds.iter().flat_map(of).collect()
    }

    /// The cells of each line a row is drawn in: one line, but where it is narrow and they have no room beside each other.
    fn folds(&self, row: usize, width: usize) -> Vec<Range<usize>> {
        let Some(Line::Cells(_, cells)) = self.lines.get(row) else { return std::iter::once(0..0).collect() };
        let room = width.saturating_sub(self.label(width) + 3);
        let need = |at: usize, folded: bool| {
            let cell = &cells[at];
            let around = self.lead(row, at, folded).chars().count() + cell.unit.chars().count();
            around + cell.width.unwrap_or(OPEN) + 1
        };
        let all: usize = (0..cells.len()).map(|at| need(at, false)).sum();
        if width >= NARROW || all <= room + 1 {
            return std::iter::once(0..cells.len()).collect();
        }
        let (mut folds, mut from, mut used) = (Vec::new(), 0, 0);
        for at in 0..cells.len() {
            let need = need(at, true);
            if at > from && used + need > room + 1 {
                folds.push(from..at);
                (from, used) = (at, 0);
            }
            used += need;
        }
        folds.push(from..cells.len());
        folds
    }

    /// The word before a cell: its own, or its title where the head above has no column for it.
    fn lead(&self, row: usize, cell: usize, folded: bool) -> String {
        let Some(Line::Cells(_, cells)) = self.lines.get(row) else { return String::new() };
        let own = cells.get(cell).map_or("", |cell| cell.lead);
        if !own.is_empty() || !folded || cell == 0 {
            return own.to_owned();
        }
        let head = self.lines[..row].iter().rev().find_map(|line| match line {
            Line::Head(_, titles) => Some(titles),
            Line::Cells(..) => None,
        });
        // A row of its own below the others has cells of its own.
        let title = head.filter(|titles| titles.len() == cells.len()).and_then(|titles| titles.get(cell));
        title.map_or_else(String::new, |(title, _)| format!("{title} "))
    }
}

/// Columns for cells in so much room, a blank after each: fixed ones first, the others share what is left, and where that is
/// not enough all give way.
fn spread(wanted: &[Option<usize>], room: usize) -> Vec<usize> {
    let room = room.saturating_sub(wanted.len());
    let fixed: usize = wanted.iter().flatten().sum();
    let open = wanted.iter().filter(|width| width.is_none()).count();
    let left = room.saturating_sub(fixed) / open.max(1);
    let mut widths: Vec<usize> = wanted.iter().map(|width| width.unwrap_or(left.max(LEAST * 2))).collect();
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > LEAST) else { break };
        *widest -= 1;
    }
    widths
}

fn fill(text: &str, columns: usize) -> String {
    let used = text.chars().count();
    format!("{text}{}", " ".repeat(columns.saturating_sub(used)))
}

/// The word a key leads to: the one before or after, or the next that begins with a letter.
fn choose(words: &[&'static str], now: &str, stroke: Stroke) -> Option<&'static str> {
    let count = words.len();
    let at = words.iter().position(|word| *word == now);
    let next = match stroke.code {
        KeyCode::Left => at.map_or(count.saturating_sub(1), |at| (at + count - 1) % count.max(1)),
        KeyCode::Right | KeyCode::Char(' ') => at.map_or(0, |at| (at + 1) % count.max(1)),
        KeyCode::Backspace | KeyCode::Delete => words.iter().position(|word| word.is_empty())?,
        KeyCode::Char(letter) if !stroke.ctrl && !stroke.alt => {
            let from = at.map_or(0, |at| at + 1);
            (0..count).map(|step| (from + step) % count).find(|place| words[*place].starts_with(letter))?
        }
        _ => return None,
    };
    words.get(next).copied().filter(|word| *word != now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Stroke {
        Stroke::plain(code)
    }

    fn grid() -> Grid<u8> {
        let typed = |key, text: &str| Cell::new(key, text, Kind::Typed);
        Grid::new(vec![
            Line::Cells("one".to_owned(), vec![typed(1, "a"), typed(2, "")]),
            Line::Head("more".to_owned(), vec![("x", None)]),
            Line::Cells(
                "two".to_owned(),
                vec![Cell::new(3, "fixed", Kind::Chosen(&["sequential", "fixed"]))],
            ),
        ])
    }

    #[test]
    fn cells_are_walked_and_typed_into_and_words_chosen() {
        let mut grid = grid();
        assert_eq!(grid.type_key(key(KeyCode::Char('b'))), Some((1, "ab".to_owned())));
        grid.walk(1);
        assert_eq!(grid.type_key(key(KeyCode::Char('z'))), Some((2, "z".to_owned())));
        grid.step(1);
        assert_eq!(grid.cell().map(|cell| cell.key), Some(3));
        assert_eq!(grid.type_key(key(KeyCode::Right)), Some((3, "sequential".to_owned())));
        assert_eq!(grid.type_key(key(KeyCode::Char('s'))), Some((3, "sequential".to_owned())));
        assert_eq!(grid.type_key(key(KeyCode::Char('q'))), None);
        grid.walk(9);
        grid.walk(-9);
        assert_eq!(grid.cell().map(|cell| cell.key), Some(1));
    }

    #[test]
    fn the_cursor_stays_in_its_cell_when_rows_come_and_goes_near_when_it_is_gone() {
        let mut grid = grid();
        grid.go_to(3);
        let mut lines = grid.lines.clone();
        lines.insert(0, Line::Cells("zero".to_owned(), vec![Cell::new(9, "", Kind::Typed)]));
        grid.lay(lines.clone());
        assert_eq!(grid.cell().map(|cell| cell.key), Some(3));
        lines.pop();
        grid.lay(lines);
        assert_eq!(grid.cell().map(|cell| cell.key), Some(2));
    }

    #[test]
    fn a_row_without_room_goes_on_below_and_says_what_its_cells_are() {
        let typed = |key, width: Option<usize>| Cell { width, ..Cell::new(key, "", Kind::Typed) };
        let grid: Grid<u8> = Grid::new(vec![
            Line::Head("metrics".to_owned(), vec![("name", None), ("there as", Some(9)), ("for", Some(5))]),
            Line::Cells("".to_owned(), vec![typed(1, None), typed(2, Some(9)), typed(3, Some(5))]),
            Line::Cells("hashed by".to_owned(), vec![typed(4, Some(8)), typed(5, Some(8))]),
        ]);
        let whole = |cells: usize| std::iter::once(0..cells).collect::<Vec<_>>();
        assert_eq!(grid.folds(1, 80), whole(3));
        assert_eq!(grid.folds(1, 36), [0..1, 1..2, 2..3]);
        assert_eq!((grid.lead(1, 1, true).as_str(), grid.lead(1, 1, false).as_str()), ("there as ", ""));
        assert_eq!(grid.folds(2, 40), whole(2));
        assert_eq!(grid.columns(1, 40)[1..], [9, 5]);
    }

    #[test]
    fn cells_share_the_room_there_is() {
        assert_eq!(spread(&[None, Some(7)], 30), [21, 7]);
        assert_eq!(spread(&[None, None], 30), [14, 14]);
        assert_eq!(spread(&[Some(20), Some(20)], 22).iter().sum::<usize>(), 20);
        assert_eq!(spread(&[Some(20), Some(20)], 0), [LEAST, LEAST]);
        assert!(spread(&[], 5).is_empty());
    }
}
