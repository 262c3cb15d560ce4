//! What somebody says for all people of an import at once, and the lines of the consent ledger that rest on it.

use super::Store;
use super::error::Result;
use super::write::BatchWriter;
use crate::model::consent::{Claim, ConsentRecord, ConsentState, Purpose};
use crate::model::{BatchId, Channel, Identity, Time};

/// The claims of a batch being written: per channel its number, and what every line of it says.
#[derive(Debug, Default)]
pub(super) struct Claims {
    of_channels: Vec<(Channel, i64)>,
    line: Option<(Purpose, Time, i64)>,
}

/// A claim on one channel, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ClaimView {
    /// Its number.
    pub id: i64,
    /// The import it was made for.
    pub batch: BatchId,
    /// The source it was made for.
    pub source: String,
    /// The file it was made for.
    pub file: String,
    /// On what it rests.
    pub basis: String,
    /// On which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: Purpose,
    /// Who said so.
    pub said_by: Option<String>,
    /// When.
    pub at: Time,
    /// The addresses it speaks for.
    pub addresses: u64,
}

impl BatchWriter<'_> {
    /// Notes a claim for everybody this batch will name. Addresses that come in [`FactChunk::claimed`] rest on it.
    ///
    /// [`FactChunk::claimed`]: crate::model::fact::FactChunk::claimed
    ///
    /// # Errors
    /// As for [`BatchWriter::write`].
    pub fn claim(&mut self, claim: &Claim, now: Time) -> Result<()> {
        self.ensure_transaction(now)?;
        let basis = self.term("basis", &ConsentRecord::claimed(claim.basis))?;
        let mut of_channels = Vec::new();
        for channel in &claim.channels {
            let id = self.insert(
                "INSERT INTO claim (batch, basis, channel, purpose, said_by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    self.batch_number(),
                    claim.basis.name(),
                    channel.code(),
                    claim.purpose as u8,
                    &claim.said_by,
                    claim.at.0,
                ),
            )?;
            of_channels.push((*channel, id));
        }
        self.claims = Claims { of_channels, line: Some((claim.purpose, claim.at, basis)) };
        Ok(())
    }

    /// A line of the consent ledger that rests on the claim of its channel; nothing where none was made.
    pub(super) fn claimed(&mut self, channel: Channel, address: &Identity) -> Result<()> {
        let known = self.claims.of_channels.iter().find(|(known, _)| *known == channel).map(|(_, id)| *id);
        let (Some(claim), Some((purpose, at, basis))) = (known, self.claims.line) else { return Ok(()) };
        let identity = self.identity(address)?;
        self.insert(
            "INSERT INTO consent (batch, identity, channel, purpose, state, at, expires, basis, claim)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, ?8)",
            (
                self.batch_number(),
                identity,
                channel.code(),
                purpose as u8,
                ConsentState::Granted as u8,
                at.0,
                basis,
                claim,
            ),
        )
        .map(drop)
    }
}

impl Store {
    /// Every claim of the imports that stand, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn claims(&self) -> Result<Vec<ClaimView>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT c.id, c.batch, coalesce(s.name, ''), b.file, c.basis, c.channel, c.purpose, c.said_by, c.at,
                    (SELECT count(*) FROM consent AS l WHERE l.claim = c.id)
             FROM claim AS c JOIN batch AS b ON b.id = c.batch AND b.state = 'complete'
             LEFT JOIN source AS s ON s.id = b.source ORDER BY c.id",
        )?;
        let claims = statement
            .query_map([], |row| {
                let purpose: u8 = row.get(6)?;
                Ok(ClaimView {
                    id: row.get(0)?,
                    batch: BatchId(row.get(1)?),
                    source: row.get(2)?,
                    file: row.get(3)?,
                    basis: row.get(4)?,
                    channel: Channel::from_code(row.get(5)?).unwrap_or(Channel::Unknown),
                    purpose: Purpose::ALL.get(usize::from(purpose)).copied().unwrap_or(Purpose::Marketing),
                    said_by: row.get(7)?,
                    at: Time(row.get(8)?),
                    addresses: row.get::<_, i64>(9)?.cast_unsigned(),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(claims)
    }
}
