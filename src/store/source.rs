//! Where data came from, and what it may be used for.

use std::collections::HashMap;

use rusqlite::TransactionBehavior;

use super::Store;
use super::error::Result;
use super::revision::{self, Subject};
use crate::model::consent::{Purpose, Purposes};
use crate::model::{BatchId, Time};

/// A source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: Option<String>,
    /// What its data may be used for.
    pub purposes: Purposes,
    /// Its imports that stand.
    pub batches: u64,
}

/// An empty list is a source nobody limited.
fn read(text: &str) -> Purposes {
    let named: Vec<String> = serde_json::from_str(text).unwrap_or_default();
    let known: Vec<Purpose> = named.iter().filter_map(|name| Purpose::from_name(name)).collect();
    if named.is_empty() { Purposes::ALL } else { Purposes::of(&known) }
}

impl Store {
    /// Every source, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sources(&self) -> Result<Vec<SourceView>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT s.name, s.owner, s.purposes,
                    (SELECT count(*) FROM batch AS b WHERE b.source = s.id AND b.state = 'complete')
             FROM source AS s ORDER BY s.name",
        )?;
        let sources = statement
            .query_map([], |row| {
                Ok(SourceView {
                    name: row.get(0)?,
                    owner: row.get(1)?,
                    purposes: read(&row.get::<_, String>(2)?),
                    batches: row.get::<_, i64>(3)?.cast_unsigned(),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(sources)
    }

    /// The batches whose source limits what its data may be used for, with the source's name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn limited_batches(&self) -> Result<HashMap<BatchId, (String, Purposes)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT b.id, s.name, s.purposes FROM batch AS b JOIN source AS s ON s.id = b.source
             WHERE s.purposes <> '[]'",
        )?;
        let batches = statement
            .query_map([], |row| Ok((BatchId(row.get(0)?), (row.get(1)?, read(&row.get::<_, String>(2)?)))))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(batches)
    }

    /// Says what a source's data may be used for, whether it was imported already or not. All purposes lift the limit.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn limit_source(&mut self, name: &str, purposes: Purposes, now: Time) -> Result<()> {
        let named: Vec<&str> = purposes.each().map(Purpose::name).collect();
        let text = match purposes == Purposes::ALL {
            true => "[]".to_owned(),
            false if named.is_empty() => "[\"nothing\"]".to_owned(),
            false => serde_json::to_string(&named)?,
        };
        let transaction = self.connection_mut().transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO source (name, purposes) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET purposes = excluded.purposes",
            (name, &text),
        )?;
        revision::record(&transaction, now, Subject::Source, name)?;
        transaction.commit()?;
        Ok(())
    }
}
