//! A rule as rows: each part that must hold by itself, in cells where it has a simple shape. An edit of a row goes through the
//! tree and comes back as canonical text, one part a line, its comments kept.

mod cells;

use serde::{Deserialize, Serialize};

use super::diagnostic::{Diagnostic, Span};
use super::parse::parse;
use super::tree::{Body, Comment, Node, Tree};

pub use cells::{Cell, Cells};

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

/// One part of a rule that must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRow {
    /// Whether it must not hold.
    pub negated: bool,
    /// Its cells, where it has that shape.
    pub cells: Option<Cells>,
    /// The part as text.
    pub text: String,
    /// Where it stands, in bytes.
    pub span: Span,
}

/// A part with the comments that belong to it, counted from its own first clause.
struct Part {
    node: Node,
    comments: Vec<Comment>,
}

/// A rule taken apart, to be put together again.
struct Parts {
    parts: Vec<Part>,
    /// What is said after the last clause.
    end: Vec<Comment>,
}

/// The rows of a rule; none where it cannot be read.
#[must_use]
pub fn rows(text: &str) -> Option<Vec<RuleRow>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let tree = parse(text).ok()?;
    Some(conjuncts(tree.root).into_iter().map(|node| row(&node)).collect())
}

fn row(node: &Node) -> RuleRow {
    let (negated, inner) = match &node.body {
        Body::Not(inner) => (true, inner.as_ref()),
        _ => (false, node),
    };
    let cells = match &inner.body {
        Body::Clause(clause) => cells::of(clause),
        _ => None,
    };
    RuleRow { negated, cells, text: node.to_string(), span: node.span.clone() }
}

fn conjuncts(root: Node) -> Vec<Node> {
    match root.body {
        Body::All(parts) => parts.into_iter().flat_map(conjuncts).collect(),
        _ => vec![root],
    }
}

/// Puts another part in a row's place.
///
/// # Errors
/// What is wrong with the part as written, or with the whole text.
pub fn replace(text: &str, row: usize, with: &str) -> Result<String, Vec<Diagnostic>> {
    let node = parse(with)?.root;
    edit(text, |parts| {
        if let Some(part) = parts.get_mut(row) {
            let last = clauses(&node).saturating_sub(1);
            part.node = node;
            part.comments.iter_mut().for_each(|comment| comment.clause = comment.clause.min(last));
        }
    })
}

/// Puts a part behind a row, or at the end.
///
/// # Errors
/// What is wrong with the part as written, or with the whole text.
pub fn insert(text: &str, row: usize, part: &str) -> Result<String, Vec<Diagnostic>> {
    let node = parse(part)?.root;
    if text.trim().is_empty() {
        return Ok(node.to_string());
    }
    edit(text, |parts| {
        let at = parts.len().min(row.saturating_add(1));
        parts.insert(at, Part { node, comments: Vec::new() });
    })
}

/// Takes a row out with what was said of it. A rule without rows is empty.
///
/// # Errors
/// What is wrong with the text.
pub fn remove(text: &str, row: usize) -> Result<String, Vec<Diagnostic>> {
    edit(text, |parts| {
        if row < parts.len() {
            parts.remove(row);
        }
    })
}

/// Asks for the opposite of a row.
///
/// # Errors
/// What is wrong with the text.
pub fn negate(text: &str, row: usize) -> Result<String, Vec<Diagnostic>> {
    edit(text, |parts| {
        let Some(part) = parts.get_mut(row) else { return };
        let node = part.node.clone();
        part.node = match node.body {
            Body::Not(inner) => *inner,
            _ => Node { span: node.span.clone(), body: Body::Not(Box::new(node)) },
        };
    })
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

fn edit(text: &str, change: impl FnOnce(&mut Vec<Part>)) -> Result<String, Vec<Diagnostic>> {
    let mut parts = apart(parse(text)?);
    change(&mut parts.parts);
    Ok(parts.print())
}

fn clauses(node: &Node) -> usize {
    let mut count = 0;
    node.each_clause(&mut |_, _| count += 1);
    count
}

fn apart(tree: Tree) -> Parts {
    let mut parts = Vec::new();
    let mut from = 0;
    for node in conjuncts(tree.root) {
        let to = from + clauses(&node);
        let own = tree.comments.iter().filter(|comment| (from..to).contains(&comment.clause));
        let comments =
            own.map(|comment| Comment { clause: comment.clause - from, ..comment.clone() }).collect();
        parts.push(Part { node, comments });
        from = to;
    }
    let end = tree.comments.into_iter().filter(|comment| comment.clause >= from).collect();
    Parts { parts, end }
}

impl Parts {
    fn print(self) -> String {
        let joined = self.parts.len() > 1;
        let mut lines: Vec<String> = Vec::new();
        for (index, part) in self.parts.into_iter().enumerate() {
            let last = clauses(&part.node).saturating_sub(1);
            let is_above = |comment: &Comment| !comment.behind && comment.clause == 0;
            let is_behind = |comment: &Comment| comment.behind && comment.clause == last;
            let say = |comment: &Comment| format!("# {}", comment.text).trim_end().to_owned();
            lines.extend(part.comments.iter().filter(|comment| is_above(comment)).map(say));
            let behind = part.comments.iter().find(|comment| is_behind(comment)).map(say);
            let inside =
                part.comments.into_iter().filter(|comment| !is_above(comment) && !is_behind(comment));
            let wrap = joined && matches!(part.node.body, Body::Any(_) | Body::All(_));
            let text = Tree { root: part.node, comments: inside.collect() }.to_string();
            let text = if wrap { format!("({text})") } else { text };
            let lead = if index > 0 { "and " } else { "" };
            lines.push(format!("{lead}{text}{}", behind.map_or(String::new(), |said| format!(" {said}"))));
        }
        lines.extend(self.end.iter().map(|comment| format!("# {}", comment.text).trim_end().to_owned()));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::grammar::FORMS;

    #[test]
    fn simple_parts_have_cells_and_others_are_text() {
        let text = "country in (\"DE\", \"AT\") and not did(\"Order Completed\") >= 2 within 60d\n\
                    and (age > 3 or age missing) and did \"A\" then \"B\"";
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
                "age > 3 or age missing",
                "did \"A\" then \"B\""
            ]
        );
    }

    #[test]
    fn a_rule_that_is_no_conjunction_is_one_row_of_text() {
        let text = "a = 1 or b = 2";
        let found = rows(text).unwrap();
        assert_eq!((found.len(), found[0].cells.is_none()), (1, true));
        assert_eq!(insert(text, 0, "c = 3").unwrap(), "(a = 1 or b = 2)\nand c = 3");
        assert_eq!(negate(text, 0).unwrap(), "not (a = 1 or b = 2)");
        assert_eq!(remove(text, 0).unwrap(), "");
    }

    #[test]
    fn an_edit_keeps_what_was_said() {
        let text = "# people\na = 1 # one\nand # why\n (b = 2 # two\n or c = 3) and d = 4\n# the end";
        let changed = set(text, 0, Cell::Value, "7", "0").unwrap();
        for said in ["# people", "# one", "# why", "# two", "# the end"] {
            assert!(changed.contains(said), "{said}: {changed}");
        }
        assert_eq!(rows(&changed).unwrap().len(), 3);
        assert_eq!(parse(&changed).unwrap().comments.len(), 5);
        let without = remove(&changed, 1).unwrap();
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
