//! A plan as SQL over a workspace's own tables, for people who want to look with another tool, and as a third voice beside
//! the two evaluators.
//!
//! SQL's `NULL` is the rule's *unknown*: `and`, `or` and `not` treat it alike, and a `WHERE` keeps what is true. What a
//! dialect cannot state exactly is refused by name, never stated nearly.

mod clause;
mod consent;
mod events;
mod sqlite;
mod value;

use std::fmt;

use crate::rule::catalog::Catalog;
use crate::rule::plan::{Leaf, Plan, Step};
use crate::rule::subject::Point;

pub use sqlite::Sqlite;

/// A clause that a dialect cannot state exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The clause, as text.
    pub clause: String,
    /// What of it cannot be stated.
    pub what: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be written as SQL: {}", self.clause, self.what)
    }
}

impl std::error::Error for Refused {}

/// What differs from one database to another.
///
/// A dialect provides relations, seen as of a point:
/// - `person(person, key, user)`: everybody, with the number of their oldest identity and what random cuts are made by;
/// - `fact(person, name, at, sequence, channel, properties, items)`: the events of somebody before the point;
/// - `said(person, at, line, traits)`: what sources said about somebody, in the order of `at` and then `line`;
/// - `address(person, identity, namespace)`: everybody's identities;
/// - `agreed(identity, channel, purpose, state, expires, at, said, line)`: the ledger of consent, in the order of `at`, at which
///   a line counts, then the more restrictive state, then `said` and `line`;
/// - `blocked(person, channel, reason, at)`: what blocks contact.
pub trait Dialect {
    /// The relations, as the definitions that go before the query.
    fn relations(&self, point: Point) -> String;
    /// How many clauses fit into one query.
    fn most_clauses(&self) -> usize;
    /// A text as a literal.
    fn text(&self, text: &str) -> String;
    /// A member of a JSON object, names of nested objects joined with dots: its JSON type and its value.
    fn member(&self, object: &str, name: &str) -> Member;
    /// Whether a JSON object has a member at all, be it null.
    fn mentions(&self, object: &str, name: &str) -> String;
    /// The members of a JSON array as rows with a column `value`.
    fn items(&self, array: &str) -> String;
    /// Milliseconds of a text that is an instant.
    fn instant(&self, text: &str) -> String;
    /// Whether a text contains, begins with or ends with another, as its bytes say.
    fn position(&self, text: &str, part: &str) -> String;
}

/// A member of a JSON object as SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// An expression for its type: `text`, `number`, `flag`, `list`, or null where it is missing.
    pub kind: String,
    /// An expression for its value.
    pub value: String,
}

/// The people for whom a plan holds: one column, the number of their oldest identity, ascending.
///
/// # Errors
/// Every clause that the dialect cannot state.
pub fn sql(
    plan: &Plan,
    point: Point,
    catalog: &dyn Catalog,
    dialect: &dyn Dialect,
) -> Result<String, Vec<Refused>> {
    let mut writer = Writer { point, catalog, dialect, clauses: Vec::new(), refused: Vec::new() };
    let condition = writer.step(plan.step());
    if writer.clauses.len() > dialect.most_clauses() {
        writer.refuse(plan.text(), "it has more clauses than the database joins tables");
    }
    if !writer.refused.is_empty() {
        return Err(writer.refused);
    }
    let looked: String =
        (0..writer.clauses.len()).map(|n| format!("\nLEFT JOIN c{n} ON c{n}.person = p.person")).collect();
    let mut relations = vec![dialect.relations(point)];
    relations.extend(writer.clauses);
    let relations = relations.join(",\n");
    Ok(format!("{relations}\nSELECT p.key FROM person p{looked}\nWHERE {condition}\nORDER BY p.key"))
}

struct Writer<'a> {
    point: Point,
    catalog: &'a dyn Catalog,
    dialect: &'a dyn Dialect,
    /// The relations of the clauses so far.
    clauses: Vec<String>,
    refused: Vec<Refused>,
}

/// What of a clause cannot be stated.
type Stated = Result<String, &'static str>;

impl Writer<'_> {
    fn step(&mut self, step: &Step) -> String {
        match step {
            Step::All(parts) => self.joined(parts, " AND ", "1"),
            Step::Any(parts) => self.joined(parts, " OR ", "0"),
            Step::Not(part) => format!("(NOT {})", self.step(part)),
            Step::Leaf(leaf) => self.leaf(leaf),
        }
    }

    fn joined(&mut self, parts: &[Step], between: &str, nothing: &str) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.step(part)).collect();
        if parts.is_empty() { nothing.to_owned() } else { format!("({})", parts.join(between)) }
    }

    fn leaf(&mut self, leaf: &Leaf) -> String {
        match self.ask(&leaf.ask) {
            Ok(stated) => stated,
            Err(what) => {
                self.refuse(&leaf.text, what);
                "NULL".to_owned()
            }
        }
    }
}
