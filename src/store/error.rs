//! What can go wrong in the workspace file. Everything a person can act on is a [`Problem`].

use std::fmt;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::model::Problem;

/// A fault of the store.
#[derive(Debug)]
pub enum StoreError {
    /// Something the person in front of the screen can do something about.
    Problem(Box<Problem>),
    /// SQLite or the operating system refused for a reason of its own.
    Operating(Box<dyn std::error::Error + Send + Sync>),
}

/// What the store's functions answer.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    /// The problem, where there is one to act on.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            Self::Operating(_) => None,
        }
    }

    /// The same fault, said about this file.
    #[must_use]
    pub(crate) fn about(self, path: &Path) -> Self {
        match self {
            Self::Problem(problem) if problem.place.file.is_none() => {
                Self::from(problem.in_file(path.display().to_string()))
            }
            other => other,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Operating(cause) => write!(f, "the workspace could not be used: {cause}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Problem(_) => None,
            Self::Operating(cause) => Some(cause.as_ref()),
        }
    }
}

impl From<Problem> for StoreError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                read_only("the folder or file may not be written").into()
            }
            std::io::ErrorKind::StorageFull => disk_full().into(),
            _ => Self::Operating(Box::new(error)),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let problem = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => busy(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => corrupt(&error.to_string()),
            Some(ErrorCode::DiskFull) => disk_full(),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                read_only("the workspace may not be written")
            }
            _ => return Self::Operating(Box::new(error)),
        };
        problem.into()
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Operating(Box::new(error))
    }
}

/// Another program holds the file.
pub(crate) fn busy() -> Problem {
    Problem::new("workspace-locked", "another program is holding the workspace locked")
        .help("close the program that has it open (a database browser, a running import) and try again")
}

/// The pages of the file contradict each other.
pub(crate) fn corrupt(detail: &str) -> Problem {
    Problem::new("workspace-corrupt", format!("the workspace is damaged: {detail}"))
        .help("nothing was changed; restore a copy or one of the NAME.backup-vN.db files beside it")
}

fn disk_full() -> Problem {
    Problem::new("disk-full", "the disk is full")
        .help("free some space and try again; what was being written is not visible and is cleaned up")
}

/// The place cannot be written to.
pub(crate) fn read_only(what: &str) -> Problem {
    Problem::new("workspace-read-only", what)
        .help("copy the workspace to a folder you may write to, or name another with --workspace FILE")
}
