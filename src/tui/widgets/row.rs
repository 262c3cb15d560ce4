//! One line of text, built from meanings, measured in terminal cells.

use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::panel::privacy::plain;
use crate::tui::theme::{Role, Theme};

/// A line under construction.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    theme: Theme,
    spans: Vec<Span<'static>>,
    width: usize,
}

impl Row {
    /// An empty line.
    pub(crate) fn new(theme: Theme) -> Self {
        Self { theme, spans: Vec::new(), width: 0 }
    }

    /// A row of what was drawn.
    pub(crate) fn drawn(theme: Theme, buffer: &Buffer, y: u16) -> Self {
        let mut row = Self::new(theme);
        for x in buffer.area.left()..buffer.area.right() {
            let Some(cell) = buffer.cell((x, y)) else { continue };
            let style = cell.style();
            row.width += 1;
            match row.spans.last_mut().filter(|span| span.style == style) {
                Some(span) => span.content.to_mut().push_str(cell.symbol()),
                None => row.spans.push(Span::styled(cell.symbol().to_owned(), style)),
            }
        }
        row
    }

    /// Adds text that means something.
    pub(crate) fn put(mut self, role: Role, text: impl AsRef<str>) -> Self {
        let text = plain(text.as_ref()).into_owned();
        self.width += text.width();
        self.spans.push(Span::styled(text, self.theme.style(role)));
        self
    }

    /// Adds ordinary text.
    pub(crate) fn text(self, text: impl AsRef<str>) -> Self {
        self.put(Role::Text, text)
    }

    /// Adds less important text.
    pub(crate) fn muted(self, text: impl AsRef<str>) -> Self {
        self.put(Role::Muted, text)
    }

    /// Adds `n` blanks.
    pub(crate) fn gap(self, n: usize) -> Self {
        self.put(Role::Text, " ".repeat(n))
    }

    /// Adds text in a column of this width, cut or filled up on the right.
    pub(crate) fn cell(self, role: Role, text: impl AsRef<str>, width: usize) -> Self {
        let text = clip(&plain(text.as_ref()), width);
        let fill = width.saturating_sub(text.width());
        self.put(role, text).gap(fill)
    }

    /// Adds text at the right end of a column of this width.
    pub(crate) fn right(self, role: Role, text: impl AsRef<str>, width: usize) -> Self {
        let text = clip(&plain(text.as_ref()), width);
        let fill = width.saturating_sub(text.width());
        self.gap(fill).put(role, text)
    }

    /// Fills up with blanks to a column; does nothing where the line is already longer.
    pub(crate) fn to(self, column: usize) -> Self {
        let fill = column.saturating_sub(self.width);
        if fill == 0 { self } else { self.gap(fill) }
    }

    /// Adds another line's words.
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.width += other.width;
        self.spans.extend(other.spans);
        self
    }

    /// Puts another line at the right end, if both fit with a blank between them; otherwise leaves it away.
    pub(crate) fn with_end(self, end: Self, width: usize) -> Self {
        if self.width + end.width < width {
            let column = width - end.width;
            self.to(column).then(end)
        } else {
            self
        }
    }

    /// The width in cells.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The same words all in one role, whatever they were: how a selected line looks.
    pub(crate) fn all(mut self, role: Role) -> Self {
        let style = self.theme.style(role);
        // A bar in reverse video would be drawn as its absence.
        let is_bar = |text: &str| text.chars().any(|c| ('▁'..='█').contains(&c) || ('▉'..='▏').contains(&c));
        for span in self.spans.iter_mut().filter(|span| !is_bar(&span.content)) {
            span.style = style;
        }
        self
    }

    /// The same words in reverse video.
    pub(crate) fn reversed(mut self) -> Self {
        for span in &mut self.spans {
            span.style = span.style.reversed();
        }
        self
    }

    /// The same words in bold: a selection that has not the focus.
    pub(crate) fn bold(mut self) -> Self {
        for span in &mut self.spans {
            span.style = span.style.bold();
        }
        self
    }

    /// The same words, cut to a width.
    pub(crate) fn cut(self, width: usize) -> Self {
        let theme = self.theme;
        if self.width <= width {
            return self;
        }
        let spans = self.fit(width).spans;
        Self { theme, width: spans.iter().map(Span::width).sum(), spans }
    }

    /// The line, cut to a width with an ellipsis where it is longer.
    pub(crate) fn fit(mut self, width: usize) -> Line<'static> {
        if self.width <= width {
            return Line::from(self.spans);
        }
        let (mut left, mut kept) = (width, Vec::new());
        for span in self.spans.drain(..) {
            let wide = span.content.width();
            if wide < left {
                left -= wide;
                kept.push(span);
            } else {
                let cut = format!("{}…", head(&span.content, left.saturating_sub(1)));
                kept.push(Span::styled(if left == 0 { String::new() } else { cut }, span.style));
                break;
            }
        }
        Line::from(kept)
    }
}

/// Items one after another, on as many lines as they need; further lines begin where the first item did, or a
/// little to the right of the edge where there is little room.
pub(crate) fn flow(lead: Row, items: Vec<Row>, separator: &str, width: usize) -> Vec<Row> {
    let indent = if width < 44 { 2 } else { lead.width };
    let empty = Row::new(lead.theme).gap(indent);
    let (mut lines, mut line, mut first) = (Vec::new(), lead, true);
    for item in items {
        let between = if first { 0 } else { separator.width() };
        if !first && line.width + between + item.width > width {
            lines.push(std::mem::replace(&mut line, empty.clone()));
            first = true;
        }
        line = if first { line } else { line.muted(separator) };
        line = line.then(item);
        first = false;
    }
    lines.push(line);
    lines
}

/// The text cut to a width, its last cell an ellipsis where something is lost.
pub(crate) fn clip(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    if width == 0 {
        return String::new();
    }
    format!("{}…", head(text, width - 1))
}

/// As much of the text as fits.
fn head(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (index, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            return &text[..index];
        }
    }
    text
}

/// The text broken at blanks into lines of at most this width; a longer word is cut.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    if width == 0 {
        return Vec::new();
    }
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.width() + 1 + word.width() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&clip(word, width));
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ThemeName;

    fn row() -> Row {
        Row::new(Theme::new(ThemeName::Mono))
    }

    fn string(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn lines_are_cut_by_cells_not_letters() {
        assert_eq!(string(&row().text("日本語の名前").fit(7)), "日本語…");
        assert_eq!(string(&row().text("abc").text("def").fit(4)), "abc…");
        assert_eq!(string(&row().text("abc").fit(0)), "");
        assert_eq!(clip("abcdef", 1), "…");
    }

    #[test]
    fn columns_keep_their_width_whatever_is_in_them() {
        assert_eq!(
            string(&row().right(Role::Text, "12", 5).cell(Role::Text, "abcdefgh", 4).fit(20)),
            "   12abc…"
        );
        assert_eq!(string(&row().text("a").with_end(row().text("z"), 5).fit(5)), "a   z");
        assert_eq!(string(&row().text("abc").with_end(row().text("xyz"), 6).fit(6)), "abc");
    }

    #[test]
    fn text_breaks_at_blanks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible", 5), ["inco…"]);
        assert!(wrap("x", 0).is_empty());
    }
}
