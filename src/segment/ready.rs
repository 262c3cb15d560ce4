//! Segments to start from: ordinary definitions, to be read, edited and kept like anybody's own.

use super::definition::Segment;
use crate::rule::diagnostic::nearest;

/// The text of each, in the order they are listed.
pub const TEXTS: [&str; 14] = [
    include_str!("../../assets/definitions/segment/vip.toml"),
    include_str!("../../assets/definitions/segment/frequent-buyers.toml"),
    include_str!("../../assets/definitions/segment/first-time-buyers.toml"),
    include_str!("../../assets/definitions/segment/discount-hunters.toml"),
    include_str!("../../assets/definitions/segment/high-intent-no-order.toml"),
    include_str!("../../assets/definitions/segment/cart-abandoners.toml"),
    include_str!("../../assets/definitions/segment/checkout-abandoners.toml"),
    include_str!("../../assets/definitions/segment/window-shoppers.toml"),
    include_str!("../../assets/definitions/segment/lapsing.toml"),
    include_str!("../../assets/definitions/segment/lost.toml"),
    include_str!("../../assets/definitions/segment/reachable-by-email.toml"),
    include_str!("../../assets/definitions/segment/new-subscribers.toml"),
    include_str!("../../assets/definitions/segment/sleeping-subscribers.toml"),
    include_str!("../../assets/definitions/segment/over-mailed.toml"),
];

/// A ready segment and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// What the text says.
    pub segment: Segment,
    /// The text, with its comments.
    pub text: &'static str,
}

/// Every ready segment; a test holds that each text can be read.
#[must_use]
pub fn all() -> Vec<Ready> {
    let read = |text: &'static str| Some(Ready { segment: Segment::parse(None, text).ok()?, text });
    TEXTS.into_iter().filter_map(read).collect()
}

/// The ready segment of a name, in any case; else the name nearest to it.
///
/// # Errors
/// The nearest name, if one is near.
pub fn find(name: &str) -> Result<Ready, Option<String>> {
    let all = all();
    let names: Vec<String> = all.iter().map(|ready| ready.segment.name.clone()).collect();
    let found = all.into_iter().find(|ready| ready.segment.name.eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| nearest(name, names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{OpenCatalog, compile};
    use crate::segment::Body;

    #[test]
    fn every_text_reads_and_says_what_it_is_for() {
        let all = all();
        assert_eq!(all.len(), TEXTS.len());
        for ready in &all {
            let segment = &ready.segment;
            let Body::Rule(rule) = &segment.body else { panic!("{} is no rule", segment.name) };
            assert!(compile(rule, &OpenCatalog).is_ok(), "{}", segment.name);
            assert!(segment.description.ends_with('.') && !segment.tags.is_empty(), "{}", segment.name);
        }
        assert_eq!(find("vip").unwrap().segment.name, "VIP");
        assert_eq!(find("laping").unwrap_err().as_deref(), Some("lapsing"));
    }
}
