//! Opening and creating workspace files. A file that is not ours is never opened by SQLite at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::batch::Leftover;
use super::error::{self, Result, StoreError};
use super::inspect::inspect;
use super::migrate::{self, MIGRATIONS, NEWEST};
use crate::model::{Problem, Time};

/// Bytes per page: larger pages make scans and appends of wide rows cheaper than SQLite's 4096.
const PAGE_SIZE: u32 = 8192;

/// Pages in the write-ahead log after which a commit folds it into the file itself: 32 MB in everyday work.
pub(super) const FOLD_AFTER: u32 = 4_000;

/// The same while a batch is written and a helper folds beside it: 256 MB.
pub(super) const FOLD_AFTER_IMPORTING: u32 = 32_000;

/// An open workspace or run file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    recovered: Vec<Leftover>,
    // Dropped after the connection: the file counts as open until SQLite has let go of it.
    _registered: Registered,
}

impl Store {
    /// Creates a new workspace that only its owner can read.
    ///
    /// # Errors
    /// A problem when there is a file already, or the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        create_file(path).map_err(|error| error.about(path))?;
        connect(path, Access::Write).map_err(|error| error.about(path))
    }

    /// Opens a workspace for reading and writing, bringing an older one up to date and clearing away what a dead
    /// import or an interrupted revert left behind.
    ///
    /// # Errors
    /// A problem when the file is missing, foreign, newer, damaged, locked or not writable. The file is unchanged then.
    pub fn open(path: &Path, now: Time) -> Result<Self> {
        Self::open_to_write(path, now).map_err(|error| error.about(path))
    }

    fn open_to_write(path: &Path, now: Time) -> Result<Self> {
        let mut store = connect(path, Access::Write)?;
        migrate::migrate(&mut store.connection, path, MIGRATIONS)?;
        store.recovered = super::batch::clear_leftovers(&mut store, now)?;
        Ok(store)
    }

    /// Opens the workspace, creating it where there is none.
    ///
    /// # Errors
    /// As for [`Store::create`] and [`Store::open`].
    pub fn open_or_create(path: &Path, now: Time) -> Result<Self> {
        if path.exists() { Self::open(path, now) } else { Self::create(path) }
    }

    /// Opens a workspace to look only. Any number of readers may do so while one process writes.
    ///
    /// # Errors
    /// As for [`Store::open`]; an older file is a problem because reading never migrates.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        connect(path, Access::Read).map_err(|error| error.about(path))
    }

    /// Another read-only connection to the same file, for another thread.
    ///
    /// # Errors
    /// When SQLite cannot open the file again.
    pub fn reader(&self) -> Result<Self> {
        Self::open_read_only(&self.path)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What opening cleared away.
    #[must_use]
    pub fn recovered(&self) -> &[Leftover] {
        &self.recovered
    }

    /// A number that changes whenever another connection or process has committed.
    ///
    /// # Errors
    /// When the file can no longer be read.
    pub fn data_version(&self) -> Result<i64> {
        Ok(self.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }

    /// Sets after how many pages of log a commit folds it into the file.
    pub(super) fn fold_after(&self, pages: u32) -> Result<()> {
        Ok(self.connection.pragma_update(None, "wal_autocheckpoint", pages)?)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

fn connect(path: &Path, access: Access) -> Result<Store> {
    let registered = Registered::new(path)?;
    if access == Access::Write {
        check_writable(path)?;
    }
    let mut connection = match access {
        Access::Write => {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(path, flags).map_err(|error| cannot_open(path, error))?
        }
        Access::Read => super::still::open(path)?,
    };
    configure(&mut connection, access)?;
    let version = migrate::version(&connection)?;
    if version > NEWEST {
        return Err(super::inspect::newer(version, NEWEST).into());
    }
    if access == Access::Read && version < NEWEST {
        return Err(older(version).into());
    }
    connection.busy_handler(Some(patient))?;
    Ok(Store { connection, path: path.to_owned(), recovered: Vec::new(), _registered: registered })
}

fn older(version: u32) -> Problem {
    Problem::new("workspace-older", format!("this workspace has the older schema {version}"))
        .help("open it once with `segue doctor`, which keeps a copy and brings it up to date")
}

fn configure(connection: &mut Connection, access: Access) -> Result<()> {
    connection.busy_handler(Some(brief))?;
    connection.set_prepared_statement_cache_capacity(64);
    // The first statement that reads the schema is also what finds a damaged or locked file.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
         PRAGMA cache_size = -32768;",
    )?;
    if access == Access::Write {
        connection.execute_batch(
            "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;
             PRAGMA journal_size_limit = 67108864;",
        )?;
        connection.pragma_update(None, "wal_autocheckpoint", FOLD_AFTER)?;
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if !mode.eq_ignore_ascii_case("wal") {
            return Err(error::read_only("this folder does not allow a write-ahead log").into());
        }
    }
    Ok(())
}

/// While opening: a second and a half, so that a locked file is reported and not waited for.
pub(super) fn brief(tries: i32) -> bool {
    std::thread::sleep(Duration::from_millis(1));
    tries < 1_200
}

/// While working: an importer leaves a gap of a millisecond between transactions, which short sleeps do not miss.
fn patient(tries: i32) -> bool {
    std::thread::sleep(Duration::from_micros(500));
    tries < 15_000
}

pub(super) fn cannot_open(path: &Path, error: rusqlite::Error) -> StoreError {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen) && path.exists() {
        return error::read_only("the workspace or its folder may not be read or written").into();
    }
    error.into()
}

/// Says early what SQLite would only find out in the middle of a write. A folder whose write bits are all clear is
/// refused for everybody, the superuser included.
pub(super) fn check_writable(path: &Path) -> Result<()> {
    if std::fs::metadata(path)?.permissions().readonly() {
        return Err(error::read_only("the workspace file is read-only").into());
    }
    let folder = folder_of(path);
    if std::fs::metadata(&folder)?.permissions().readonly() {
        return Err(error::read_only("the workspace's folder is read-only").into());
    }
    Ok(())
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// `shop.db` with something behind it: `shop.db-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Builds the file under another name and puts it in place whole, so that a crash never leaves half a workspace.
fn create_file(path: &Path) -> Result<()> {
    if path.is_dir() {
        return inspect(path, NEWEST);
    }
    if path.exists() {
        return Err(Problem::new("workspace-exists", "there is a file here already")
            .help("open it, or choose another name")
            .into());
    }
    let folder = folder_of(path);
    std::fs::create_dir_all(&folder)?;
    if std::fs::metadata(&folder)?.permissions().readonly() {
        return Err(error::read_only("the folder is read-only").into());
    }
    let draft = beside(path, &format!(".new-{}", std::process::id()));
    // A draft of this name can only be what a dead process with our id left.
    let _ = std::fs::remove_file(&draft);
    let built = build(&draft).and_then(|()| put_in_place(&draft, path));
    let _ = std::fs::remove_file(&draft);
    built
}

/// A hard link never replaces what another process created meanwhile; file systems without links get a rename.
fn put_in_place(draft: &Path, path: &Path) -> Result<()> {
    match std::fs::hard_link(draft, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Ok(std::fs::rename(draft, path)?),
        linked => Ok(linked?),
    }
}

fn build(draft: &Path) -> Result<()> {
    create_private(draft)?;
    let mut connection = Connection::open_with_flags(draft, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    // Written without a log, so that the header on disk names the application from the first byte on.
    migrate::migrate(&mut connection, draft, MIGRATIONS)?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Creates an empty file that only its owner can read. SQLite gives `-wal` and `-shm` the same mode.
pub(super) fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Files this process has open. On POSIX, closing *any* handle of a file drops the process's locks on it, SQLite's
/// included, so a file that is already open must not be looked at through a handle of our own.
static OPEN: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());

fn open_files() -> MutexGuard<'static, BTreeMap<PathBuf, usize>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Registered(PathBuf);

impl Registered {
    fn new(path: &Path) -> Result<Self> {
        let mut open = open_files();
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !open.contains_key(&real) {
            inspect(path, NEWEST)?;
        }
        *open.entry(real.clone()).or_default() += 1;
        Ok(Self(real))
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut open = open_files();
        if let Some(count) = open.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.0);
            }
        }
    }
}
