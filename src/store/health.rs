//! What `segue doctor` looks at. Every check ends in "ok" or in what to do.

use std::path::Path;

use serde::Serialize;

use super::error::Result;
use super::ledger::Fact;
use super::{Store, lease, migrate, open};
use crate::model::{Problem, Time};

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A stable short name.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found, one sentence.
    pub finding: String,
    /// What to do, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Everything looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The checks, in the order they were made.
    pub checks: Vec<Check>,
}

impl Health {
    /// What a file that could not be opened comes to.
    #[must_use]
    pub fn unopened(problem: &Problem) -> Self {
        let help = problem.help.clone().unwrap_or_default();
        Self { checks: vec![bad("open", format!("{} ({})", problem.message, problem.code), help)] }
    }

    /// Whether all is well.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }
}

fn ok(name: &'static str, finding: impl Into<String>) -> Check {
    Check { name, ok: true, finding: finding.into(), help: None }
}

fn bad(name: &'static str, finding: impl Into<String>, help: impl Into<String>) -> Check {
    Check { name, ok: false, finding: finding.into(), help: Some(help.into()) }
}

/// Less than this much free disk is too little to work with.
const SPARE: u64 = 256 << 20;

/// A log longer than this means that a reader has kept it from being folded into the file.
const LONG_LOG: u64 = 512 << 20;

impl Store {
    /// Looks at everything that can be wrong with an open workspace. Reads the whole file.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn health(&self, now: Time) -> Result<Health> {
        let checks = vec![
            self.integrity()?,
            self.schema()?,
            self.references()?,
            self.accounting()?,
            self.unfinished(now)?,
            self.lease(now)?,
            permissions(self.path())?,
            log(self.path()),
            disk(self.path())?,
        ];
        Ok(Health { checks })
    }

    fn integrity(&self) -> Result<Check> {
        let mut statement = self.connection().prepare("PRAGMA integrity_check(5)")?;
        let findings: Vec<String> =
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(if findings == ["ok"] {
            ok("integrity", "every page and row can be read")
        } else {
            bad(
                "integrity",
                findings.join("; "),
                "restore a copy, or import the files again into a new workspace",
            )
        })
    }

    fn schema(&self) -> Result<Check> {
        let version = migrate::version(self.connection())?;
        Ok(ok("schema", format!("version {version}, the newest this release knows")))
    }

    /// What foreign keys would check, where the fact tables go without for speed.
    fn references(&self) -> Result<Check> {
        let declared: i64 =
            self.connection()
                .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
        let mut dangling = declared;
        for fact in Fact::BOTH {
            dangling += self.dangling(fact.table())?;
        }
        for table in ["consent", "suppression", "message", "exposure", "decision", "enrollment"] {
            dangling += self.dangling(table)?;
        }
        dangling += self.connection().query_row(
            "SELECT count(*) FROM link AS l JOIN batch AS b ON b.id = l.batch AND b.state = 'complete'
             WHERE NOT EXISTS (SELECT 1 FROM identity WHERE id = l.a)
                OR NOT EXISTS (SELECT 1 FROM identity WHERE id = l.b)",
            [],
            |row| row.get::<_, i64>(0),
        )?;
        Ok(if dangling == 0 {
            ok("references", "every fact names a batch and an identity that exist")
        } else {
            bad(
                "references",
                format!("{dangling} rows name a batch or an identity that does not exist"),
                "revert the batch they came with and import it again; please report this as a fault",
            )
        })
    }

    fn dangling(&self, table: &str) -> Result<i64> {
        Ok(self.connection().query_row(
            &format!(
                "SELECT count(*) FROM {table} AS f
                 WHERE NOT EXISTS (SELECT 1 FROM batch WHERE id = f.batch)
                    OR (f.identity IS NOT NULL AND NOT EXISTS (SELECT 1 FROM identity WHERE id = f.identity)
                        AND EXISTS (SELECT 1 FROM batch WHERE id = f.batch AND state = 'complete'))"
            ),
            [],
            |row| row.get(0),
        )?)
    }

    fn accounting(&self) -> Result<Check> {
        let odd: Vec<String> = self
            .batches()?
            .into_iter()
            .filter(|batch| !batch.accounting.adds_up())
            .map(|batch| batch.id.to_string())
            .collect();
        Ok(if odd.is_empty() {
            ok("accounting", "in every batch each row of the file is accounted for")
        } else {
            bad(
                "accounting",
                format!("the counts of {} do not add up", odd.join(", ")),
                "`segue batch show ID` prints them; revert the batch and import it again",
            )
        })
    }

    fn unfinished(&self, now: Time) -> Result<Check> {
        let left = super::batch::leftovers(self)?;
        let running = lease::holder(self.connection())?.is_some_and(|holder| !holder.is_gone(now));
        let cleared = self.recovered().len();
        Ok(match (left.len(), running, cleared) {
            (0, _, 0) => ok("leftovers", "no unfinished import"),
            (0, _, n) => ok("leftovers", format!("{n} unfinished import(s) found and cleared away")),
            (_, true, _) => ok("leftovers", "an import is running"),
            (n, false, _) => bad(
                "leftovers",
                format!("{n} unfinished import(s), invisible"),
                "open the workspace for writing (any import does) to clear them away",
            ),
        })
    }

    fn lease(&self, now: Time) -> Result<Check> {
        Ok(match lease::holder(self.connection())? {
            None => ok("lease", "nobody is writing"),
            Some(holder) if holder.is_gone(now) => ok(
                "lease",
                format!("left by process {}, which is gone; the next writer takes it", holder.pid),
            ),
            Some(holder) => ok("lease", format!("process {} is writing ({})", holder.pid, holder.purpose)),
        })
    }
}

#[cfg(unix)]
fn permissions(path: &Path) -> Result<Check> {
    use std::os::unix::fs::PermissionsExt;
    let mut open_to_others = Vec::new();
    for suffix in ["", "-wal", "-shm", "-columns"] {
        let file = open::beside(path, suffix);
        if let Ok(metadata) = std::fs::metadata(&file)
            && metadata.permissions().mode() & 0o077 != 0
        {
            open_to_others.push(file.display().to_string());
        }
    }
    Ok(if open_to_others.is_empty() {
        ok("permissions", "only you can read the workspace")
    } else {
        bad(
            "permissions",
            format!("other users of this machine can read {}", open_to_others.join(", ")),
            format!("chmod 600 {}", open_to_others.join(" ")),
        )
    })
}

#[cfg(not(unix))]
fn permissions(_: &Path) -> Result<Check> {
    Ok(ok("permissions", "not checked on this system"))
}

fn log(path: &Path) -> Check {
    let length = std::fs::metadata(open::beside(path, "-wal")).map_or(0, |metadata| metadata.len());
    if length <= LONG_LOG {
        return ok("log", format!("the write-ahead log is {} MB", length >> 20));
    }
    bad(
        "log",
        format!("the write-ahead log has grown to {} MB", length >> 20),
        "close every console and command that has the workspace open, then run `segue doctor` again",
    )
}

fn disk(path: &Path) -> Result<Check> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (free, size) = (fs4::available_space(folder)?, std::fs::metadata(path)?.len());
    Ok(if free >= SPARE.max(size / 4) {
        ok("disk", format!("{} MB free beside a workspace of {} MB", free >> 20, size >> 20))
    } else {
        bad(
            "disk",
            format!("only {} MB free beside a workspace of {} MB", free >> 20, size >> 20),
            "free some space, or move the workspace to another disk",
        )
    })
}
