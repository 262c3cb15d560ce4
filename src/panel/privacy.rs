//! What may be read over a shoulder: names and addresses covered while masking is on, controls removed always.

pub use crate::model::privacy::plain;

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
}
