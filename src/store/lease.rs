//! One writer of batches at a time. The lease names its holder and expires, so that a dead one never blocks for long.

use rusqlite::{Connection, OptionalExtension};

use super::error::Result;
use crate::model::{Problem, Span, Time};

/// Longer than any step between two renewals.
const LENGTH: Span = Span(120_000);

/// The right to write batches, as long as it is renewed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    token: i64,
}

/// Who holds the lease.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// What for.
    pub purpose: String,
    /// Since when.
    pub since: Time,
    /// Until when, unless renewed.
    pub expires: Time,
}

impl Holder {
    /// Whether the holder has died or has let the lease lapse.
    #[must_use]
    pub fn is_gone(&self, now: Time) -> bool {
        self.expires <= now || !is_alive(self.pid)
    }
}

/// Where the system lists its processes, a missing entry means a dead one; elsewhere only expiry tells.
fn is_alive(pid: u32) -> bool {
    let processes = std::path::Path::new("/proc");
    !processes.join("self").exists() || processes.join(pid.to_string()).exists()
}

/// The present holder, gone or not.
pub(super) fn holder(connection: &Connection) -> Result<Option<Holder>> {
    let row = connection
        .query_row("SELECT pid, purpose, since, expires FROM lease WHERE name = 'writer'", [], |row| {
            Ok(Holder {
                pid: row.get(0)?,
                purpose: row.get(1)?,
                since: Time(row.get(2)?),
                expires: Time(row.get(3)?),
            })
        })
        .optional()?;
    Ok(row)
}

impl Lease {
    /// Takes the lease inside the caller's transaction.
    pub(super) fn take(connection: &Connection, purpose: &str, now: Time) -> Result<Self> {
        if let Some(holder) = holder(connection)?
            && !holder.is_gone(now)
        {
            return Err(taken(&holder).into());
        }
        let token = next_token(connection)?;
        connection.execute(
            "INSERT OR REPLACE INTO lease VALUES ('writer', ?1, ?2, ?3, ?4, ?5)",
            (token, std::process::id(), purpose, now.0, (now + LENGTH).0),
        )?;
        Ok(Self { token })
    }

    /// Renews the lease inside the caller's transaction; a lease lost meanwhile fails the transaction, so that a
    /// process that slept too long can never write beside its successor.
    pub(super) fn renew(self, connection: &Connection, now: Time) -> Result<()> {
        let renewed = connection
            .prepare_cached("UPDATE lease SET expires = ?2 WHERE name = 'writer' AND token = ?1")?
            .execute((self.token, (now + LENGTH).0))?;
        if renewed == 0 {
            return Err(Problem::new("lease-lost", "another process took over while this one slept")
                .help("nothing of this import is visible; run it again")
                .into());
        }
        Ok(())
    }

    /// Gives the lease back.
    pub(super) fn release(self, connection: &Connection) -> Result<()> {
        connection.execute("DELETE FROM lease WHERE name = 'writer' AND token = ?1", [self.token])?;
        Ok(())
    }
}

fn next_token(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row(
        "INSERT INTO counter VALUES ('lease', 2) ON CONFLICT DO UPDATE SET next = next + 1 RETURNING next - 1",
        [],
        |row| row.get(0),
    )?)
}

fn taken(holder: &Holder) -> Problem {
    Problem::new(
        "workspace-busy",
        format!("process {} is writing to this workspace ({})", holder.pid, holder.purpose),
    )
    .help("wait until it is done; if it died, the lease lapses by itself within two minutes")
}
