//! A plan as SQL over a workspace's own tables, for people who want to look with another tool, and as a third voice beside
//! the two evaluators.
//!
//! SQL's `NULL` is the rule's *unknown*: `and`, `or` and `not` treat it alike, and what is not true is no member. What a
//! dialect cannot state exactly is refused by name, never stated nearly.

mod band;
mod clause;
mod consent;
mod events;
mod sequence;
mod sqlite;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::Identity;
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

/// Something that queries look at, seen as of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// `person(person)`: everybody, by the number of their oldest identity.
    Person,
    /// `address(person, identity, namespace, value)`: everybody's identities.
    Address,
    /// `fact(person, name, at, sequence, line, channel, properties, items)`: the events of somebody before the point.
    Fact,
    /// `said(person, at, line, traits)`: what sources said about somebody, in the order of `at` and then `line`.
    Said,
    /// `agreed(identity, channel, purpose, state, expires, at, said, line)`: the ledger of consent, in the order of `at`, at
    /// which a line counts, then the more restrictive state, then `said` and `line`.
    Agreed,
    /// `blocked(person, channel, reason, at)`: what blocks contact.
    Blocked,
}

impl Relation {
    /// All of them, those that others are made of first.
    pub const ALL: [Self; 6] =
        [Self::Person, Self::Address, Self::Fact, Self::Said, Self::Agreed, Self::Blocked];
}

/// What differs from one database to another.
pub trait Dialect {
    /// Statements that make a relation a temporary table, new if there is one already.
    fn relation(&self, relation: Relation, point: Point) -> String;
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

/// What a workspace keeps under names that a plan leaves as names.
#[derive(Debug, Clone, Default)]
pub struct Meanings<'a> {
    /// The lifecycle stages; the first whose rule holds is a person's.
    pub stages: &'a [(String, Plan)],
    /// The identities on each list.
    pub lists: BTreeMap<&'a str, &'a [Identity]>,
}

/// A plan as SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What the query looks at.
    pub relations: BTreeSet<Relation>,
    /// The people for whom the plan holds: one column, the number of their oldest identity, ascending.
    pub query: String,
}

impl Script {
    /// The statements that make the relations temporary tables.
    #[must_use]
    pub fn tables(&self, point: Point, dialect: &dyn Dialect) -> String {
        let tables: Vec<String> =
            self.relations.iter().map(|relation| dialect.relation(*relation, point)).collect();
        tables.join("\n")
    }
}

/// States a plan as SQL.
///
/// # Errors
/// Every clause that the dialect cannot state.
pub fn sql(
    plan: &Plan,
    point: Point,
    catalog: &dyn Catalog,
    meanings: &Meanings<'_>,
    dialect: &dyn Dialect,
) -> Result<Script, Vec<Refused>> {
    let mut writer = Writer {
        point,
        catalog,
        meanings,
        dialect,
        needed: BTreeSet::from([Relation::Person]),
        clauses: Vec::new(),
        relations: Vec::new(),
        refused: Vec::new(),
        staging: false,
    };
    let condition = writer.step(plan.step());
    if writer.clauses.len() > dialect.most_clauses() {
        writer.refuse(plan.text(), "it has more clauses than the database takes in one query");
    }
    if !writer.refused.is_empty() {
        return Err(writer.refused);
    }
    Ok(writer.script(&condition))
}

struct Writer<'a> {
    point: Point,
    catalog: &'a dyn Catalog,
    meanings: &'a Meanings<'a>,
    dialect: &'a dyn Dialect,
    needed: BTreeSet<Relation>,
    /// What each clause is answered from.
    clauses: Vec<String>,
    /// The clauses as named relations, with those that they are made of before them.
    relations: Vec<String>,
    refused: Vec<Refused>,
    /// Whether the rules of the stages are being stated.
    staging: bool,
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

    /// The name of a relation, noted as needed.
    fn from(&mut self, relation: Relation) -> &'static str {
        self.needed.insert(relation);
        match relation {
            Relation::Person => "person",
            Relation::Address => "address",
            Relation::Fact => "fact",
            Relation::Said => "said",
            Relation::Agreed => "agreed",
            Relation::Blocked => "blocked",
        }
    }

    /// Every clause's answers in one heap, gathered by person: each relation is read once, and nothing is joined.
    fn script(self, condition: &str) -> Script {
        let heap: String = (0..self.clauses.len())
            .map(|number| format!("\n  UNION ALL SELECT person, {number}, t FROM c{number}"))
            .collect();
        let mut relations = self.relations;
        relations
            .push(format!("answer(person, clause, t) AS (\n  SELECT person, -1, 1 FROM person{heap}\n)"));
        let query = format!(
            "WITH\n{}\nSELECT person FROM answer GROUP BY person\nHAVING {condition}\nORDER BY person",
            relations.join(",\n")
        );
        Script { relations: self.needed, query }
    }
}
