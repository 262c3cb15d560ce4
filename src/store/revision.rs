//! Change records: what each commit changed, for consoles that show an older picture.

use rusqlite::Connection;

use super::Store;
use super::error::Result;
use crate::model::Time;

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A batch became visible.
    Batch,
    /// A batch was taken back.
    Revert,
    /// A definition has a new version.
    Definition,
    /// A simulation run was added or forgotten.
    Run,
    /// What a source's data may be used for.
    Source,
}

impl Subject {
    const ALL: [Self; 5] = [Self::Batch, Self::Revert, Self::Definition, Self::Run, Self::Source];

    fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Revert => "revert",
            Self::Definition => "definition",
            Self::Run => "run",
            Self::Source => "source",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// Counting up from 1.
    pub revision: i64,
    /// When.
    pub at: Time,
    /// What kind of thing.
    pub what: Subject,
    /// Which: `b-00003`, `segment vip`.
    pub subject: String,
}

/// Adds a change inside the caller's transaction and returns its revision.
pub(super) fn record(connection: &Connection, at: Time, what: Subject, subject: &str) -> Result<i64> {
    Ok(connection
        .prepare_cached(
            "INSERT INTO change SELECT coalesce(max(revision), 0) + 1, ?1, ?2, ?3 FROM change RETURNING revision",
        )?
        .query_row((at.0, what.name(), subject), |row| row.get(0))?)
}

impl Store {
    /// The latest revision; 0 for a workspace in which nothing has happened.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn revision(&self) -> Result<i64> {
        Ok(self
            .connection()
            .prepare_cached("SELECT coalesce(max(revision), 0) FROM change")?
            .query_row([], |row| row.get(0))?)
    }

    /// Every change after a revision, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn changes_since(&self, revision: i64) -> Result<Vec<Change>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT revision, at, what, subject FROM change WHERE revision > ?1 ORDER BY revision",
        )?;
        let changes = statement
            .query_map([revision], |row| {
                let what: String = row.get(2)?;
                Ok(Change {
                    revision: row.get(0)?,
                    at: Time(row.get(1)?),
                    what: Subject::ALL.into_iter().find(|s| s.name() == what).unwrap_or(Subject::Batch),
                    subject: row.get(3)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(changes)
    }
}
