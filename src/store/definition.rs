//! Definitions: append-only versions of text.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use super::error::Result;
use super::revision::{self, Subject};
use super::{Store, StoreError};
use crate::model::definition::{ContentHash, Definition, Kind};
use crate::model::{Problem, Time};

/// A stored version, with when it was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDefinition {
    /// The version.
    pub definition: Definition,
    /// When it was added.
    pub at: Time,
}

/// What became of a definition that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The newest version now.
    pub stored: StoredDefinition,
    /// Whether it says something else than the version before.
    pub changed: bool,
}

const SELECT: &str = "SELECT kind, name, version, text, at FROM definition";

fn read(row: &Row<'_>) -> rusqlite::Result<(String, StoredDefinition)> {
    let definition =
        Definition { kind: Kind::Segment, name: row.get(1)?, version: row.get(2)?, text: row.get(3)? };
    Ok((row.get(0)?, StoredDefinition { definition, at: Time(row.get(4)?) }))
}

fn of_kind((kind, mut stored): (String, StoredDefinition)) -> Result<StoredDefinition> {
    stored.definition.kind = Kind::from_name(&kind).ok_or_else(|| unknown_kind(&kind))?;
    Ok(stored)
}

impl Store {
    /// Adds a version; the same text as the newest version adds nothing and returns that one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn define(&mut self, kind: Kind, name: &str, text: &str, now: Time) -> Result<StoredDefinition> {
        let transaction = self.connection_mut().transaction_with_behavior(TransactionBehavior::Immediate)?;
        let kept = add(&transaction, kind, name, text, now)?;
        transaction.commit()?;
        Ok(kept.stored)
    }

    /// Adds a version of each definition, whatever version it carries itself, or of none.
    ///
    /// # Errors
    /// When the file cannot be written; then nothing was added.
    pub fn define_all(&mut self, definitions: &[Definition], now: Time) -> Result<Vec<Kept>> {
        let transaction = self.connection_mut().transaction_with_behavior(TransactionBehavior::Immediate)?;
        let kept = definitions
            .iter()
            .map(|definition| add(&transaction, definition.kind, &definition.name, &definition.text, now))
            .collect::<Result<Vec<_>>>()?;
        transaction.commit()?;
        Ok(kept)
    }

    /// The newest version of a name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn definition(&self, kind: Kind, name: &str) -> Result<Option<StoredDefinition>> {
        self.one_definition(
            "WHERE kind = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1",
            (kind.name(), name),
        )
    }

    /// The version with this content, of any name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn definition_by_hash(&self, hash: &ContentHash) -> Result<Option<StoredDefinition>> {
        self.one_definition("WHERE sha256 = ?1 ORDER BY id LIMIT 1", [hash.0])
    }

    /// The newest version of every name of a kind, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn definitions(&self, kind: Kind) -> Result<Vec<StoredDefinition>> {
        self.many_definitions(
            "AS d WHERE kind = ?1 AND version =
               (SELECT max(version) FROM definition WHERE kind = d.kind AND name = d.name) ORDER BY name",
            [kind.name()],
        )
    }

    /// Every version of a name, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn definition_history(&self, kind: Kind, name: &str) -> Result<Vec<StoredDefinition>> {
        self.many_definitions("WHERE kind = ?1 AND name = ?2 ORDER BY version", (kind.name(), name))
    }

    fn one_definition(&self, rest: &str, values: impl rusqlite::Params) -> Result<Option<StoredDefinition>> {
        self.connection()
            .prepare_cached(&format!("{SELECT} {rest}"))?
            .query_row(values, read)
            .optional()?
            .map(of_kind)
            .transpose()
    }

    fn many_definitions(&self, rest: &str, values: impl rusqlite::Params) -> Result<Vec<StoredDefinition>> {
        let mut statement = self.connection().prepare_cached(&format!("{SELECT} {rest}"))?;
        let rows = statement.query_map(values, read)?;
        rows.map(|row| of_kind(row?)).collect()
    }
}

/// Adds a version inside the caller's transaction, unless the newest one is the same text.
fn add(connection: &Connection, kind: Kind, name: &str, text: &str, now: Time) -> Result<Kept> {
    let newest = connection
        .prepare_cached(&format!("{SELECT} WHERE kind = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1"))?
        .query_row((kind.name(), name), read)
        .optional()?
        .map(of_kind)
        .transpose()?;
    if let Some(same) = newest.as_ref().filter(|stored| stored.definition.text == text) {
        return Ok(Kept { stored: same.clone(), changed: false });
    }
    let version = newest.map_or(1, |stored| stored.definition.version + 1);
    let definition = Definition { kind, name: name.to_owned(), version, text: text.to_owned() };
    connection.execute(
        "INSERT INTO definition (kind, name, version, text, sha256, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (kind.name(), name, version, text, definition.hash().0, now.0),
    )?;
    revision::record(connection, now, Subject::Definition, &format!("{kind} {name}"))?;
    Ok(Kept { stored: StoredDefinition { definition, at: now }, changed: true })
}

fn unknown_kind(kind: &str) -> StoreError {
    Problem::new("definition-kind", format!("the workspace holds a definition of an unknown kind `{kind}`"))
        .help("it was written by another release; install the one that wrote it")
        .into()
}
