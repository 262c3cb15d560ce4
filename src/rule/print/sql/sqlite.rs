//! SQLite over the tables of a workspace.

use super::{Dialect, Member};
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

impl Dialect for Sqlite {
    fn relations(&self, point: Point) -> String {
        let end = point.at.0.saturating_add(i64::from(point.inclusive));
        let junk = Identity::UNUSABLE.map(quoted).join(", ");
        format!(
            "WITH RECURSIVE
batches(id) AS (SELECT id FROM batch WHERE state = 'complete'),
usable(id) AS (
  SELECT id FROM identity
  WHERE trim(value) <> '' AND trim(value, '0-') <> '' AND lower(trim(value)) NOT IN ({junk})
),
edge(a, b) AS (
  SELECT a, b FROM link WHERE batch IN batches AND a IN usable AND b IN usable
  UNION SELECT b, a FROM link WHERE batch IN batches AND a IN usable AND b IN usable
),
reach(start, id) AS (
  SELECT a, a FROM edge UNION SELECT reach.start, edge.b FROM reach JOIN edge ON edge.a = reach.id
),
linked(id, owner) AS (SELECT start, min(id) FROM reach GROUP BY start),
mentioned(id) AS (
  SELECT identity FROM event WHERE superseded_by IS NULL AND identity IS NOT NULL AND batch IN batches
  UNION SELECT identity FROM identify WHERE superseded_by IS NULL AND batch IN batches
  UNION SELECT identity FROM consent WHERE batch IN batches
  UNION SELECT identity FROM suppression WHERE batch IN batches
  UNION SELECT a FROM edge
),
owner(id, person) AS MATERIALIZED (
  SELECT m.id, coalesce(linked.owner, m.id) FROM mentioned m
  JOIN usable ON usable.id = m.id LEFT JOIN linked ON linked.id = m.id
),
account(person, value) AS MATERIALIZED (
  SELECT person, value FROM (
    SELECT o.person, i.value, row_number() OVER (PARTITION BY o.person ORDER BY i.id) AS n
    FROM owner o JOIN identity i ON i.id = o.id JOIN term t ON t.id = i.namespace WHERE t.text = 'user_id')
  WHERE n = 1
),
person(person, key, user) AS MATERIALIZED (
  SELECT p.person, p.person, coalesce(account.value, i.value)
  FROM (SELECT DISTINCT person FROM owner) p
  JOIN identity i ON i.id = p.person LEFT JOIN account ON account.person = p.person
),
fact(person, name, at, sequence, line, channel, properties, items) AS MATERIALIZED (
  SELECT o.person, t.text, e.at, e.sequence, e.id, e.channel, coalesce(nullif(e.properties, ''), '{{}}'), e.items
  FROM event e JOIN owner o ON o.id = e.identity JOIN term t ON t.id = e.name
  WHERE e.superseded_by IS NULL AND e.batch IN batches AND e.at < {end}
),
said(person, at, line, traits) AS MATERIALIZED (
  SELECT o.person, f.at, f.id, f.traits FROM identify f JOIN owner o ON o.id = f.identity
  WHERE f.superseded_by IS NULL AND f.batch IN batches
),
newest(at) AS MATERIALIZED (
  SELECT max(at) FROM event WHERE superseded_by IS NULL AND batch IN batches
),
address(person, identity, namespace) AS MATERIALIZED (
  SELECT o.person, i.id, t.text FROM owner o JOIN identity i ON i.id = o.id JOIN term t ON t.id = i.namespace
),
agreed(identity, channel, purpose, state, expires, at, said, line) AS MATERIALIZED (
  SELECT c.identity, c.channel, c.purpose, c.state, c.expires, min(c.at, coalesce(n.at, c.at)), c.at, c.id
  FROM consent c, newest n WHERE c.batch IN batches AND (c.at < {end} OR n.at < {end})
),
blocked(person, channel, reason, at) AS MATERIALIZED (
  SELECT o.person, s.channel, s.reason, min(s.at, coalesce(n.at, s.at))
  FROM suppression s JOIN owner o ON o.id = s.identity, newest n
  WHERE s.batch IN batches AND (s.at < {end} OR n.at < {end})
)"
        )
    }

    /// SQLite joins at most 64 tables; a few stand beside the clauses.
    fn most_clauses(&self) -> usize {
        60
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
