//! What may be read over a shoulder: names and addresses covered while masking is on, controls removed always.

use std::borrow::Cow;

/// The text without anything that could steer a terminal or reorder a line: control characters, bidirectional
/// overrides and invisible joiners become a replacement mark.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().any(steers) {
        Cow::Owned(text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A name as it may be shown: `A••• K•••••` while masking is on.
pub fn name(name: Option<&str>, mask: bool) -> String {
    match name {
        None => "(no name)".to_owned(),
        Some(name) if mask => covered(name),
        Some(name) => name.to_owned(),
    }
}

/// An identity's value as it may be shown: `a•••@•••` while masking is on.
pub fn address(value: &str, mask: bool) -> String {
    if !mask {
        return value.to_owned();
    }
    match value.split_once('@') {
        Some((local, _)) => format!("{}•••@•••", local.chars().take(1).collect::<String>()),
        None => {
            let shown: String = value.chars().take(2).collect();
            format!("{shown}••••••")
        }
    }
}

/// Every word reduced to its first letter, as many dots as letters, at most seven.
fn covered(name: &str) -> String {
    name.split_whitespace()
        .map(|word| {
            let dots = word.chars().count().saturating_sub(1).min(7);
            let first = word.chars().next().unwrap_or('•');
            format!("{first}{}", "•".repeat(dots))
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_covered_only_while_masking() {
        assert_eq!(name(Some("Anne Keller"), true), "A••• K•••••");
        assert_eq!(name(Some("Anne Keller"), false), "Anne Keller");
        assert_eq!(name(None, true), "(no name)");
        assert_eq!(address("anne@example.com", true), "a•••@•••");
        assert_eq!(address("4711-0815", true), "47••••••");
    }

    #[test]
    fn nothing_in_data_can_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc\u{202e}d"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d");
        assert!(matches!(plain("Größe 42 ✔ 日本"), Cow::Borrowed(_)));
    }
}
