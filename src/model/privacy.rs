//! What must never reach a terminal as it stands: characters of data that steer it or reorder a line.

use std::borrow::Cow;

/// The text without anything that could steer a terminal or reorder a line: control characters, bidirectional
/// overrides and invisible joiners become a replacement mark. Line breaks go too, so that a name stays on its line.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().any(steers) {
        Cow::Owned(text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a character does something to a terminal instead of being shown.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_data_can_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc\u{202e}d"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d");
        assert!(matches!(plain("Größe 42 ✔ 日本"), Cow::Borrowed(_)));
    }
}
