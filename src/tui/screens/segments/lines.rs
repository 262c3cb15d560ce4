//! The lines of the rule editor: a line too long for the screen goes on below, its count beside where it begins, and what is
//! wrong is marked below where it stands.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::draft::Draft;
use super::editor::{count_room, counts, diagnostics_of};
use crate::panel::segments::Diagnostic;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::line_at;
use crate::tui::widgets::row::Row;

/// How far what goes on below is set in.
const INDENT: usize = 4;

/// Draws the lines; tells where the cursor stands, if it is seen.
pub(super) fn draw_lines(draft: &Draft, area: Rect, buffer: &mut Buffer, view: &View) -> Option<Position> {
    let (cursor_line, cursor_at) = draft.input.cursor();
    let width = usize::from(area.width);
    let room = width.saturating_sub(count_room(view) + 1);
    let mut rows: Vec<Row> = Vec::new();
    let (mut cursor_row, mut across) = (0, 0);
    for (index, line) in draft.input.each_line().iter().enumerate() {
        let letters: Vec<char> = line.chars().collect();
        let pieces = pieces(&letters, room);
        for (number, piece) in pieces.iter().enumerate() {
            let is_last = number + 1 == pieces.len();
            let here =
                index == cursor_line && (piece.contains(&cursor_at) || is_last && cursor_at >= piece.end);
            let indent = if number > 0 { INDENT } else { 0 };
            let mut row = view.row().gap(indent);
            if here {
                let before = text(&letters, piece.start..cursor_at);
                cursor_row = rows.len();
                across = (indent + before.width()) as u16;
                let under = letters.get(cursor_at).map_or(" ".to_owned(), ToString::to_string);
                row = row
                    .text(before)
                    .put(Role::Selected, under)
                    .text(text(&letters, cursor_at + 1..piece.end));
            } else {
                row = row.text(text(&letters, piece.clone()));
            }
            let row = row.cut(room);
            rows.push(if number == 0 { row.with_end(counts(draft, index, view), width) } else { row });
            let wrong = diagnostics_of(draft, index).filter(|diagnostic| !draft.is_unfinished(diagnostic));
            rows.extend(wrong.filter_map(|diagnostic| {
                let marked = marked(diagnostic, piece, is_last)?;
                let before = text(&letters, piece.start..marked.start).width();
                let under = text(&letters, marked.clone()).width().max(1);
                let role = if diagnostic.error { Role::Error } else { Role::Warning };
                Some(view.row().gap(indent + before).put(role, "^".repeat(under)))
            }));
        }
    }
    let height = usize::from(area.height);
    let from = (cursor_row + 2).saturating_sub(height);
    for (offset, row) in rows.into_iter().skip(from).take(height).enumerate() {
        line_at(row, area, offset as u16, buffer);
    }
    let down = u16::try_from(cursor_row.checked_sub(from)?).ok().filter(|down| *down < area.height)?;
    Some(Position::new(area.x.saturating_add(across), area.y.saturating_add(down)))
}

fn text(letters: &[char], range: Range<usize>) -> String {
    let end = range.end.min(letters.len());
    letters.get(range.start.min(end)..end).unwrap_or_default().iter().collect()
}

/// What of a place that is wrong lies in a piece; a place behind the end is marked in the last.
fn marked(diagnostic: &Diagnostic, piece: &Range<usize>, is_last: bool) -> Option<Range<usize>> {
    let from = diagnostic.column.saturating_sub(1) as usize;
    let to = from + diagnostic.length.max(1) as usize;
    let start = from.max(piece.start);
    let end = if is_last { to } else { to.min(piece.end) };
    (start < end).then_some(start..end)
}

/// Where a line is broken: behind the last blank that fits, or anywhere in a word that does not. One cell is left for the
/// cursor behind the end.
fn pieces(letters: &[char], room: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    loop {
        let indent = if start > 0 { INDENT } else { 0 };
        let room = room.saturating_sub(indent + 1).max(1);
        let (mut used, mut end, mut blank) = (0, start, None);
        while let Some(letter) = letters.get(end) {
            used += letter.width().unwrap_or(0);
            if used > room {
                break;
            }
            end += 1;
            if *letter == ' ' {
                blank = Some(end);
            }
        }
        if end >= letters.len() {
            pieces.push(start..letters.len());
            return pieces;
        }
        let end = blank.unwrap_or(end).max(start + 1);
        pieces.push(start..end);
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(line: &str, room: usize) -> Vec<String> {
        let letters: Vec<char> = line.chars().collect();
        pieces(&letters, room).into_iter().map(|piece| text(&letters, piece)).collect()
    }

    #[test]
    fn lines_break_behind_blanks_and_lose_nothing() {
        assert_eq!(broken("", 10), [""]);
        assert_eq!(broken("a = 1", 10), ["a = 1"]);
        assert_eq!(broken("country = \"DE\" and age > 3", 16), ["country = \"DE\" ", "and age > 3"]);
        assert_eq!(broken("abcdefghijklm", 6), ["abcde", "f", "g", "h", "i", "j", "k", "l", "m"]);
        for room in 0..30 {
            let line = "did(\"Product Viewed\" where category = \"語語語\") within 30d";
            assert_eq!(broken(line, room).concat(), line);
        }
    }
}
