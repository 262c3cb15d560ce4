//! SQLite over the tables of a workspace.

use super::{Dialect, Member, Relation};
use crate::model::Identity;
use crate::rule::subject::Point;

/// SQLite 3.45 or newer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sqlite;

/// A text in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The path of a member.
fn path(name: &str) -> String {
    quoted(&format!("$.\"{}\"", name.replace('"', "\\\"")))
}

/// Facts of complete batches that no complete batch superseded.
const CURRENT: &str = "batch IN (SELECT id FROM batch WHERE state = 'complete') AND (superseded_by IS NULL \
     OR superseded_by NOT IN (SELECT id FROM batch WHERE state = 'complete'))";

/// Lines of complete batches.
const COMPLETE: &str = "batch IN (SELECT id FROM batch WHERE state = 'complete')";

/// A new temporary table in the place of an older one.
fn table(name: &str, columns: &str, select: &str) -> String {
    format!(
        "DROP TABLE IF EXISTS temp.{name};\nCREATE TEMP TABLE {name}({columns});\n\
         INSERT INTO temp.{name}\n{select};"
    )
}

/// Everybody, and whose each identity is: what was ever linked is one person, numbered by the oldest.
fn person() -> String {
    let junk = Identity::UNUSABLE.map(quoted).join(", ");
    let owner = table(
        "owner",
        "id INTEGER PRIMARY KEY, person INTEGER NOT NULL",
        &format!(
            "WITH RECURSIVE
usable(id) AS MATERIALIZED (
  SELECT id FROM identity
  WHERE trim(value) <> '' AND trim(value, '0-') <> '' AND lower(trim(value)) NOT IN ({junk})
),
pair(a, b) AS MATERIALIZED (
  SELECT a, b FROM link WHERE {COMPLETE} AND a IN (SELECT id FROM usable) AND b IN (SELECT id FROM usable)
),
edge(a, b) AS MATERIALIZED (SELECT a, b FROM pair UNION SELECT b, a FROM pair),
reach(start, id) AS (
  SELECT a, a FROM edge UNION SELECT reach.start, edge.b FROM reach JOIN edge ON edge.a = reach.id
),
linked(id, person) AS (SELECT start, min(id) FROM reach GROUP BY start),
mentioned(id) AS (
  SELECT identity FROM event WHERE identity IS NOT NULL AND {CURRENT}
  UNION SELECT identity FROM identify WHERE {CURRENT}
  UNION SELECT identity FROM consent WHERE {COMPLETE}
  UNION SELECT identity FROM suppression WHERE {COMPLETE}
  UNION SELECT a FROM edge
)
SELECT m.id, coalesce(linked.person, m.id) FROM mentioned m LEFT JOIN linked ON linked.id = m.id
WHERE m.id IN (SELECT id FROM usable)"
        ),
    );
    let person = table("person", "person INTEGER PRIMARY KEY", "SELECT DISTINCT person FROM owner");
    format!("{owner}\n{person}")
}

/// The newest event: a line of consent or suppression said after it counts from it on. A table of its own, because a query in
/// its place may be worked out anew for every line.
fn newest() -> String {
    table("newest", "at INTEGER", &format!("SELECT max(at) FROM event WHERE {CURRENT}"))
}

impl Dialect for Sqlite {
    fn relation(&self, relation: Relation, point: Point) -> String {
        let end = point.at.0.saturating_add(i64::from(point.inclusive));
        match relation {
            Relation::Person => person(),
            Relation::Address => table(
                "address",
                "person, identity, namespace, value",
                "SELECT o.person, i.id, t.text, i.value FROM owner o JOIN identity i ON i.id = o.id \
                 JOIN term t ON t.id = i.namespace",
            ),
            Relation::Fact => {
                let fact = table(
                    "fact",
                    "person, name, at, sequence, line, channel, properties, items",
                    &format!(
                        "SELECT o.person, t.text, e.at, e.sequence, e.id, e.channel, \
                         coalesce(nullif(e.properties, ''), '{{}}'), e.items\n\
                         FROM event e JOIN owner o ON o.id = e.identity JOIN term t ON t.id = e.name\n\
                         WHERE e.at < {end} AND {CURRENT}"
                    ),
                );
                format!("{fact}\nCREATE INDEX temp.fact_of ON fact(name, person, at, sequence);")
            }
            Relation::Said => table(
                "said",
                "person, at, line, traits",
                &format!(
                    "SELECT o.person, f.at, f.id, f.traits FROM identify f JOIN owner o ON o.id = f.identity\n\
                     WHERE {CURRENT}"
                ),
            ),
            Relation::Agreed => {
                newest()
                    + "\n"
                    + &table(
                        "agreed",
                        "identity, channel, purpose, state, expires, at, said, line",
                        &format!(
                            "SELECT c.identity, c.channel, c.purpose, c.state, c.expires, min(c.at, coalesce(n.at, c.at)), \
                     c.at, c.id\nFROM consent c, newest n WHERE {COMPLETE} AND (c.at < {end} OR n.at < {end})"
                        ),
                    )
            }
            Relation::Blocked => {
                newest()
                    + "\n"
                    + &table(
                        "blocked",
                        "person, channel, reason, at",
                        &format!(
                            "SELECT o.person, s.channel, s.reason, min(s.at, coalesce(n.at, s.at))\n\
                     FROM suppression s JOIN owner o ON o.id = s.identity, newest n\n\
                     WHERE {COMPLETE} AND (s.at < {end} OR n.at < {end})"
                        ),
                    )
            }
        }
    }

    /// SQLite unites at most 500 selects.
    fn most_clauses(&self) -> usize {
        400
    }

    fn text(&self, text: &str) -> String {
        quoted(text)
    }

    fn member(&self, object: &str, name: &str) -> Member {
        let path = path(name);
        Member {
            kind: format!(
                "CASE json_type({object}, {path}) WHEN 'text' THEN 'text' WHEN 'integer' THEN 'number' \
                 WHEN 'real' THEN 'number' WHEN 'true' THEN 'flag' WHEN 'false' THEN 'flag' \
                 WHEN 'array' THEN 'list' END"
            ),
            value: format!("json_extract({object}, {path})"),
        }
    }

    fn mentions(&self, object: &str, name: &str) -> String {
        format!("json_type({object}, {}) IS NOT NULL", path(name))
    }

    fn items(&self, array: &str) -> String {
        format!("json_each(coalesce(nullif({array}, ''), '[]'))")
    }

    fn instant(&self, text: &str) -> String {
        format!("CAST(round(unixepoch({text}, 'subsec') * 1000) AS INTEGER)")
    }

    fn position(&self, text: &str, part: &str) -> String {
        format!("instr({text}, {part})")
    }
}
