//! What data the workspace holds: sources, batches with their accounting, and how to bring in more.

use serde::{Deserialize, Serialize};

use crate::model::fact::Accounting;
use crate::model::{BatchId, Time};

/// The Data screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// A sentence a client understands: `Three sources, the newest event is from yesterday.`
    pub sentence: String,
    /// Where data came from.
    pub sources: Vec<Source>,
    /// Imports, newest first.
    pub batches: Vec<Batch>,
    /// Events that carry no identity and so belong to nobody.
    pub without_identity: u64,
}

/// One source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name: `shop`, `crm`.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// What it may be used for: `marketing`, `service`.
    pub purposes: Vec<String>,
    /// People it knows, where it brought people; events alone do not say.
    pub people: Option<u64>,
    /// Events it brought.
    pub events: u64,
    /// Its newest event.
    pub newest: Option<Time>,
    /// When it must be gone, if it must.
    pub expires: Option<Time>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its id, `b-00003`.
    pub id: BatchId,
    /// The source it belongs to.
    pub source: String,
    /// The file's name, without its folder.
    pub file: String,
    /// When it was imported.
    pub at: Time,
    /// Whether it was taken back as a whole.
    pub reverted: bool,
    /// What became of every row.
    pub accounting: Accounting,
    /// Why rows were rejected, most frequent first, as (reason, rows).
    pub reasons: Vec<(String, u64)>,
    /// Where the rejected rows lie, to be fixed and imported again.
    pub reject_file: Option<String>,
}
