//! Designs to start from: ordinary definitions, each with what it needs besides, to be read, edited and kept.

use super::design::Design;
use crate::model::definition::Kind;
use crate::rule::diagnostic::nearest;

/// A ready design and its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The design's name.
    pub name: String,
    /// What is believed and why.
    pub hypothesis: String,
    /// The design's text, with its comments.
    pub text: &'static str,
    /// What it needs besides, by kind: none of it is right for everybody, so it is shown and kept only if asked for.
    pub parts: &'static [(Kind, &'static str)],
}

/// The text of each with its parts, in the order they are listed.
const TEXTS: [(&str, &[(Kind, &str)]); 1] = [(
    include_str!("../../assets/definitions/experiment/contact-cap.toml"),
    &[
        (Kind::ContactPolicy, include_str!("../../assets/definitions/contact-policy/contact-cap.toml")),
        (Kind::Journey, include_str!("../../assets/definitions/journey/contact-cap.toml")),
    ],
)];

/// Every ready design; a test holds that each text can be read.
#[must_use]
pub fn all() -> Vec<Ready> {
    let read = |(text, parts): (&'static str, &'static [(Kind, &'static str)])| {
        let design = Design::read(text).ok()?;
        Some(Ready { name: design.name, hypothesis: design.hypothesis, text, parts })
    };
    TEXTS.into_iter().filter_map(read).collect()
}

/// The ready design whose name begins like this, in any case; else the name nearest to it.
///
/// # Errors
/// The nearest name, if one is near.
pub fn find(name: &str) -> Result<Ready, Option<String>> {
    let wanted = name.trim().to_lowercase();
    let all = all();
    let names: Vec<String> = all.iter().map(|ready| ready.name.clone()).collect();
    let found =
        all.into_iter().find(|ready| !wanted.is_empty() && ready.name.to_lowercase().starts_with(&wanted));
    found.ok_or_else(|| nearest(name, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_design_reads_and_is_found() {
        assert_eq!(all().len(), TEXTS.len());
        for ready in all() {
            assert!(ready.hypothesis.ends_with('.') && !ready.parts.is_empty(), "{}", ready.name);
            assert_eq!(find(&ready.name).unwrap(), ready);
        }
        assert!(find("contact cap").is_ok() && find("").is_err());
    }
}
