//! Opening a file to look at it where nothing may be written: not even the two files SQLite keeps beside an open one.

use std::fmt::Write;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::{self, Result};
use super::open::{beside, brief, cannot_open, check_writable};

const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// A connection that only reads. Where the file or its folder may not be written and no log lies beside it, nobody can be
/// writing, and the file is read as it stands.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let alone = !beside(path, "-wal").exists() && !beside(path, "-shm").exists();
    if alone && check_writable(path).is_err() {
        return still(path);
    }
    let opened = Connection::open_with_flags(path, FLAGS).and_then(|mut connection| {
        probe(&mut connection)?;
        Ok(connection)
    });
    match opened {
        Ok(connection) => Ok(connection),
        Err(error) if !is_refused(&error) => Err(cannot_open(path, error)),
        Err(_) if has_log(path) => Err(error::read_only(
            "recent changes lie in the log beside the workspace, and this folder does not let them be read",
        )
        .help("copy the workspace and its -wal file to a folder you may write to, and open the copy")
        .into()),
        Err(_) => still(path),
    }
}

fn probe(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(brief))?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn is_refused(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
    )
}

/// Whether a log holds changes that the file itself does not.
fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// The file as it stands, without locks and without a log.
fn still(path: &Path) -> Result<Connection> {
    let flags = FLAGS | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri(path)?, flags).map_err(|error| cannot_open(path, error))
}

/// The path as a URI, every byte that could mean something else written as a code.
fn uri(path: &Path) -> Result<String> {
    let whole = std::fs::canonicalize(path)?;
    let mut uri = "file:".to_owned();
    for &byte in whole.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => uri.push(char::from(byte)),
            byte => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    Ok(uri)
}
