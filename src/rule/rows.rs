//! A rule as rows, one a clause, in cells where it has a simple shape, with how they are joined. An edit of a row goes through
//! the tree and comes back as canonical text, one part a line, its comments kept.

mod cells;
mod edit;

use serde::{Deserialize, Serialize};

use super::diagnostic::{Diagnostic, Span};
use super::parse::parse;
use super::tree::{Body, Node};

pub use cells::{Cell, Cells};
pub use edit::{insert, negate, rejoin, remove, replace};

/// Whose values a row asks about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "of", content = "name")]
pub enum About {
    /// Those of a trait.
    Trait(String),
    /// Those of a property of an event, as (event, property).
    Property(String, String),
    /// The stages of the lifecycle.
    Stage,
    /// The intents.
    Intent,
    /// The seasons.
    Season,
    /// The segments.
    Segment,
    /// The lists.
    List,
    /// A number, of which there is no list.
    Number,
}

/// How a row is joined to what stands before it in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// Nothing stands before it.
    First,
    /// Both must hold.
    And,
    /// One of them is enough.
    Or,
}

impl Joined {
    /// As a word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "",
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

/// One clause of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRow {
    /// How it is joined to what stands before it.
    pub joined: Joined,
    /// The groups that begin with it, the outer first: whether each is asked not to hold.
    pub opens: Vec<bool>,
    /// How many groups end with it.
    pub closes: usize,
    /// Whether it must not hold.
    pub negated: bool,
    /// Its cells, where it has that shape.
    pub cells: Option<Cells>,
    /// The clause as text.
    pub text: String,
    /// Where it stands, in bytes.
    pub span: Span,
}

/// The rows of a rule; none where it cannot be read.
#[must_use]
pub fn rows(text: &str) -> Option<Vec<RuleRow>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut rows = Vec::new();
    let root = parse(text).ok()?.root;
    match group(&root) {
        // What holds everything together needs no brackets.
        Some((false, parts, between)) => each(parts, (Joined::First, between), Vec::new(), &mut rows),
        _ => walk(&root, Joined::First, Vec::new(), &mut rows),
    }
    Some(rows)
}

fn walk(node: &Node, joined: Joined, mut opens: Vec<bool>, rows: &mut Vec<RuleRow>) {
    let Some((negated, parts, between)) = group(node) else { return rows.push(row(node, joined, opens)) };
    opens.push(negated);
    each(parts, (joined, between), opens, rows);
    rows.last_mut().into_iter().for_each(|last| last.closes += 1);
}

fn each(parts: &[Node], (first, then): (Joined, Joined), mut opens: Vec<bool>, rows: &mut Vec<RuleRow>) {
    for (place, part) in parts.iter().enumerate() {
        walk(part, if place == 0 { first } else { then }, std::mem::take(&mut opens), rows);
    }
}

/// The parts of a group, how they are joined, and whether it is asked not to hold.
fn group(node: &Node) -> Option<(bool, &[Node], Joined)> {
    let (negated, inner) = without_not(node);
    match &inner.body {
        Body::All(parts) => Some((negated, parts, Joined::And)),
        Body::Any(parts) => Some((negated, parts, Joined::Or)),
        _ => None,
    }
}

/// Whether a part is asked not to hold, and the part.
fn without_not(node: &Node) -> (bool, &Node) {
    match &node.body {
        Body::Not(inner) => {
            let (negated, inner) = without_not(inner);
            (!negated, inner)
        }
        _ => (false, node),
    }
}

fn row(node: &Node, joined: Joined, opens: Vec<bool>) -> RuleRow {
    let (negated, inner) = match &node.body {
        Body::Not(inner) => (true, inner.as_ref()),
        _ => (false, node),
    };
    let cells = match &inner.body {
        Body::Clause(clause) => cells::of(clause),
        _ => None,
    };
    RuleRow { joined, opens, closes: 0, negated, cells, text: node.to_string(), span: node.span.clone() }
}

/// Puts another text into one cell. `fallback` is the value where a test needs one and there is none yet.
///
/// # Errors
/// What is wrong with the row as it would read.
pub fn set(
    text: &str,
    row: usize,
    cell: Cell,
    chosen: &str,
    fallback: &str,
) -> Result<String, Vec<Diagnostic>> {
    let rows = rows(text).unwrap_or_default();
    let Some(found) = rows.get(row) else { return Ok(text.to_owned()) };
    let Some(cells) = &found.cells else { return replace(text, row, chosen) };
    let clause = cells.with(cell, chosen, fallback);
    // What is chosen for a cell stays in it: it must not grow into another clause.
    let body = parse(&clause)?.root.body;
    if !matches!(body, Body::Clause(_)) {
        return Err(vec![
            Diagnostic::new(
                "cell-more-than-a-value",
                0..clause.len(),
                format!("`{chosen}` is more than a value"),
            )
            .help("write it in quotes if it is a text, or add a row for another clause"),
        ]);
    }
    replace(text, row, &if found.negated { format!("not {clause}") } else { clause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::grammar::FORMS;

    #[test]
    fn simple_parts_have_cells_and_others_are_text() {
        let text = "country in (\"DE\", \"AT\") and not did(\"Order Completed\") >= 2 within 60d\n\
                    and did \"A\" then \"B\"";
        let rows = rows(text).unwrap();
        let shown: Vec<String> = rows
            .iter()
            .map(|row| match &row.cells {
                Some(cells) => {
                    let not = if row.negated { "not|" } else { "" };
                    format!("{not}{}|{}|{}|{}", cells.attribute, cells.operator, cells.value, cells.window)
                }
                None => row.text.clone(),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "country|in|(\"DE\", \"AT\")|",
                "not|did(\"Order Completed\")|>=|2|within 60d",
                "did \"A\" then \"B\""
            ]
        );
    }

    /// The rows as they are drawn: how they are joined, the groups around them, the clause.
    fn drawn(text: &str) -> Vec<String> {
        let open = |negated: &bool| if *negated { "not (" } else { "(" };
        let rows = rows(text).unwrap();
        rows.iter()
            .map(|row| {
                let opens: String = row.opens.iter().map(open).collect();
                format!("{} {opens}{}{}", row.joined.word(), row.text, ")".repeat(row.closes))
                    .trim()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn every_clause_is_a_row_with_the_groups_around_it() {
        assert_eq!(drawn("a = 1 or b = 2"), ["a = 1", "or b = 2"]);
        assert_eq!(
            drawn("a = 1 and not (b = 2 or not c = 3 and d = 4) or (e = 5)"),
            ["(a = 1", "and not (b = 2", "or (not c = 3", "and d = 4)))", "or e = 5"]
        );
        assert_eq!(drawn("not (a = 1 or b = 2)"), ["not (a = 1", "or b = 2)"]);
    }

    #[test]
    fn a_row_is_edited_within_its_group() {
        let text = "a = 1 or b = 2";
        assert_eq!(insert(text, 0, "c = 3").unwrap(), "a = 1\nor c = 3\nor b = 2");
        assert_eq!(insert(text, 9, "c = 3").unwrap(), "(a = 1 or b = 2)\nand c = 3");
        assert_eq!(negate(text, 1).unwrap(), "a = 1\nor not b = 2");
        assert_eq!(remove(text, 0).unwrap(), "b = 2");
        assert_eq!(remove("a = 1", 0).unwrap(), "");
        assert_eq!(remove("a = 1", 4).unwrap(), "a = 1");
        let nested = "a = 1 and (b = 2 or c = 3)";
        assert_eq!(remove(nested, 1).unwrap(), "a = 1\nand c = 3");
        assert_eq!(insert(nested, 2, "d = 4").unwrap(), "a = 1\nand (b = 2 or c = 3 or d = 4)");
        assert_eq!(replace(nested, 2, "d = 4 and e = 5").unwrap(), "a = 1\nand (b = 2 or d = 4 and e = 5)");
        assert_eq!(remove("not (a = 1 or b = 2)", 0).unwrap(), "not b = 2");
    }

    #[test]
    fn rows_are_joined_by_the_other_word_and_back() {
        assert_eq!(rejoin("a = 1 and b = 2", 1).unwrap(), "a = 1\nor b = 2");
        let three = "a = 1\nand b = 2\nand c = 3";
        let grouped = rejoin(three, 2).unwrap();
        assert_eq!(grouped, "a = 1\nand (b = 2 or c = 3)");
        assert_eq!(rejoin(&grouped, 2).unwrap(), three);
        assert_eq!(rejoin(&grouped, 1).unwrap(), "a = 1\nor b = 2\nor c = 3");
        assert_eq!(rejoin(three, 0).unwrap(), three, "nothing stands before the first");
        assert_eq!(rejoin("not (a = 1 or b = 2)", 1).unwrap(), "not (a = 1 and b = 2)");
    }

    #[test]
    fn an_edit_keeps_what_was_said() {
        let text = "# people\na = 1 # one\nand # why\n (b = 2 # two\n or c = 3) and d = 4\n# the end";
        let changed = set(text, 0, Cell::Value, "7", "0").unwrap();
        for said in ["# people", "# one", "# why", "# two", "# the end"] {
            assert!(changed.contains(said), "{said}: {changed}");
        }
        assert_eq!(rows(&changed).unwrap().len(), 4);
        assert_eq!(parse(&changed).unwrap().comments.len(), 5);
        let without = remove(&remove(&changed, 1).unwrap(), 1).unwrap();
        assert_eq!(without, "# people\na = 7 # one\nand d = 4\n# the end");
    }

    #[test]
    fn another_test_takes_the_value_along() {
        let set = |text: &str, cell, chosen: &str| set(text, 0, cell, chosen, "0").unwrap();
        assert_eq!(set("a = \"x\"", Cell::Operator, "in ("), "a in (\"x\")");
        assert_eq!(set("a in (\"x\", \"y\")", Cell::Operator, "!="), "a != \"x\"");
        assert_eq!(set("a = 3", Cell::Operator, "between"), "a between 3 and 3");
        assert_eq!(set("a = 3", Cell::Operator, "missing"), "a missing");
        assert_eq!(set("a missing", Cell::Operator, ">="), "a >= 0");
        assert_eq!(set("not a = 3", Cell::Value, "4"), "not a = 4");
        assert_eq!(set("a in (\"x\")", Cell::Value, "\"y\""), "a in (\"y\")");
        assert_eq!(set("a = 3", Cell::Attribute, "`first name`"), "`first name` present");
        assert_eq!(set("did(\"A\") >= 2", Cell::Attribute, "did(\"B\")"), "did(\"B\") >= 2");
        assert_eq!(set("did(\"A\") >= 2 within 1d", Cell::Window, ""), "did(\"A\") >= 2");
        assert_eq!(set("did(\"A\")", Cell::Window, "within 7d"), "did(\"A\") within 7d");
        assert_eq!(set("birthday present", Cell::Window, "within 7d"), "birthday within 7d");
    }

    #[test]
    fn every_form_survives_a_round_through_its_row() {
        for form in FORMS {
            let rows = rows(form.example).unwrap();
            for (index, row) in rows.iter().enumerate() {
                let again = replace(form.example, index, &row.text).unwrap();
                assert_eq!(
                    parse(&again).unwrap().root.to_string(),
                    parse(form.example).unwrap().root.to_string()
                );
                if let Some(cells) = &row.cells {
                    let clause = parse(&cells.clause()).unwrap().root.to_string();
                    let plain = row.text.strip_prefix("not ").filter(|_| row.negated).unwrap_or(&row.text);
                    assert_eq!(clause, plain, "{}", form.example);
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_changes_nothing() {
        assert!(rows("country = ").is_none());
        assert_eq!(rows("  ").map(|rows| rows.len()), Some(0));
        assert_eq!(insert("", 0, "a  =  1").unwrap(), "a = 1");
        // What looks like more than a value is a text, or refused: it never becomes another clause.
        let text = set("a = 1", 0, Cell::Value, "\") or everyone or (b = \"", "0").unwrap();
        assert_eq!(rows(&text).map(|rows| rows.len()), Some(1));
        for hostile in ["1) or everyone or (b = 2", "1 or everyone", "1 and b = 2"] {
            let changed = set("a = 1", 0, Cell::Value, hostile, "0");
            assert!(changed.is_err(), "{hostile}: {changed:?}");
        }
        assert!(set("a = 1", 0, Cell::Value, "2 # and then", "0").is_ok());
        let hostile = "a = \"\u{1b}[2J\u{202e}ü\u{0}\" and b = 1";
        let changed = set(hostile, 1, Cell::Value, "2", "0");
        assert!(changed.is_ok() || rows(hostile).is_none());
    }
}
