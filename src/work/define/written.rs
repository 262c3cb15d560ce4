//! What a definition's text names, and where it says so: the rules, events, segments and metrics it rests on.

use std::ops::Range;

use toml_edit::{Document, Item, Value};

use crate::model::definition::Kind;

/// What a value of a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A rule.
    Rule,
    /// An event's name.
    Event,
    /// A segment's name.
    Segment,
    /// A metric's name.
    Metric,
}

/// One such value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) what: What,
    /// What it says.
    pub(super) text: String,
    /// Where it stands in the file, quotes included.
    span: Range<usize>,
    /// Where what it says begins in the file; none where its characters are written as escapes.
    begins: Option<usize>,
}

impl Written {
    /// Where a stretch of what it says stands in the file; its beginning, and none of its length, where that cannot be told.
    pub(super) fn place(&self, within: &Range<usize>) -> Range<usize> {
        match self.begins {
            Some(begins) => begins + within.start..begins + within.end,
            None => self.span.start..self.span.start,
        }
    }
}

/// The paths of a kind's values: a name is a key, `*` each entry of a list.
fn paths(kind: Kind) -> &'static [(What, &'static [&'static str])] {
    match kind {
        Kind::Experiment => &[
            (What::Segment, &["targeting", "segment"]),
            (What::Rule, &["targeting", "rule"]),
            (What::Metric, &["metrics", "primary", "*"]),
            (What::Metric, &["metrics", "secondary", "*"]),
            (What::Metric, &["metrics", "guardrails", "*", "metric"]),
        ],
        Kind::Journey => &[
            (What::Event, &["entry", "event"]),
            (What::Rule, &["entry", "rule"]),
            (What::Rule, &["entry", "if"]),
            (What::Event, &["goal", "event"]),
            (What::Rule, &["goal", "if"]),
            (What::Event, &["exit", "*", "event"]),
            (What::Rule, &["exit", "*", "rule"]),
            (What::Rule, &["step", "*", "condition"]),
        ],
        Kind::Experience => &[(What::Rule, &["only_if"]), (What::Rule, &["boost", "*", "rule"])],
        Kind::Metric => &[(What::Event, &["measure", "event"]), (What::Event, &["denominator", "event"])],
        Kind::ContactPolicy => &[(What::Rule, &["cap", "*", "only_if"])],
        _ => &[],
    }
}

/// What a definition names, in the order of the file; nothing of a text that is no TOML.
pub(super) fn of(kind: Kind, text: &str) -> Vec<Written> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let mut found = Vec::new();
    for (what, path) in paths(kind) {
        look(document.as_item(), path, &mut |said, span| {
            let raw = text.get(span.clone()).unwrap_or("");
            let begins = raw.find(said).filter(|_| !said.is_empty()).map(|offset| span.start + offset);
            found.push(Written { what: *what, text: said.to_owned(), span, begins });
        });
    }
    found.sort_by_key(|written| written.span.start);
    found
}

fn look(item: &Item, path: &[&str], found: &mut dyn FnMut(&str, Range<usize>)) {
    let Some((first, rest)) = path.split_first() else {
        if let (Some(text), Some(span)) = (item.as_str(), item.span()) {
            found(text, span);
        }
        return;
    };
    if *first != "*" {
        if let Some(inner) = item.as_table_like().and_then(|table| table.get(first)) {
            look(inner, rest, found);
        }
    } else if let Some(tables) = item.as_array_of_tables() {
        for table in tables {
            look(&Item::Table(table.clone()), rest, found);
        }
    } else if let Some(values) = item.as_array() {
        for value in values {
            look(&Item::Value(Value::clone(value)), rest, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_a_journey_names_is_found_where_it_stands() {
        let text = "name = \"a\"\n[entry]\nevent = \"Product Added\"\nif = 'not contry = \"DE\"'\n\
            [[exit]]\nevent = \"Unsubscribed\"\n[[step]]\nid = \"x\"\ncondition = '''\nage > 3 and\nvip = true'''\n";
        let found = of(Kind::Journey, text);
        let said: Vec<(What, &str)> = found.iter().map(|one| (one.what, one.text.as_str())).collect();
        assert_eq!(
            said,
            [
                (What::Event, "Product Added"),
                (What::Rule, "not contry = \"DE\""),
                (What::Event, "Unsubscribed"),
                (What::Rule, "age > 3 and\nvip = true"),
            ]
        );
        assert_eq!(text.get(found[1].place(&(4..10))), Some("contry"));
        assert_eq!(text.get(found[3].place(&(12..15))), Some("vip"));
    }

    #[test]
    fn lists_inline_tables_and_escapes_are_read_too() {
        let text = "[metrics]\nprimary = [\"a\", \"b\"]\nguardrails = [{ metric = \"c\" }]\n\
            [targeting]\nrule = \"country = \\\"DE\\\"\"\n";
        let found = of(Kind::Experiment, text);
        let said: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(said, ["a", "b", "c", "country = \"DE\""]);
        assert_eq!(text.get(found[1].place(&(0..1))), Some("b"));
        let place = found[3].place(&(2..4));
        assert!(place.is_empty() && text[place.start..].starts_with("\"country"));
        assert!(of(Kind::Experiment, "[[[").is_empty() && of(Kind::Segment, text).is_empty());
    }
}
