//! A look at a file's first bytes before SQLite may touch it: a foreign file must stay as it is, and opening it with
//! SQLite could already leave a `-wal` beside it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::{self, Result};
use crate::model::Problem;

/// `SEGU`, in the header of every workspace and run file.
pub(super) const APPLICATION_ID: i32 = 0x5345_4755;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Makes sure that the file at `path` is a workspace of a version up to `newest`, without changing anything.
pub(super) fn inspect(path: &Path, newest: u32) -> Result<()> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing().into()),
        Err(error) => return Err(error.into()),
    };
    if metadata.is_dir() {
        return Err(directory().into());
    }
    if !metadata.is_file() {
        return Err(foreign("it is no regular file").into());
    }
    let header = read_header(path)?;
    let has_wal = super::open::beside(path, "-wal").exists();
    judge(&header, metadata.len(), has_wal, newest)
}

fn read_header(path: &Path) -> Result<Vec<u8>> {
    let mut header = Vec::with_capacity(100);
    File::open(path)?.take(100).read_to_end(&mut header)?;
    Ok(header)
}

fn judge(header: &[u8], length: u64, has_wal: bool, newest: u32) -> Result<()> {
    if header.is_empty() {
        return Err(foreign("it is empty").into());
    }
    if header.get(..16) != Some(MAGIC) {
        return Err(foreign("it is no SQLite database").into());
    }
    let number = |at: usize| -> Option<u32> {
        header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
    };
    let (Some(pages), Some(version), Some(application), Some(changes), Some(valid_for)) =
        (number(28), number(60), number(68), number(24), number(92))
    else {
        return Err(foreign("its header is cut off").into());
    };
    if application != APPLICATION_ID as u32 {
        return Err(foreign("it is the SQLite database of another program").into());
    }
    if version > newest {
        return Err(newer(version, newest).into());
    }
    let page_size = match header.get(16..18) {
        Some([0, 1]) => 65_536,
        Some([high, low]) => u64::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    };
    // While a write-ahead log exists the main file may lag behind what its header says.
    if !has_wal && changes == valid_for && length < u64::from(pages) * page_size {
        return Err(error::corrupt("the file is cut off").into());
    }
    Ok(())
}

fn missing() -> Problem {
    Problem::new("workspace-missing", "there is no workspace here")
        .help("import a file to begin one (`segue import FILE`), or look around first with `segue demo`")
}

fn directory() -> Problem {
    Problem::new("workspace-is-folder", "this is a folder, not a workspace")
        .help("name a file in it, such as --workspace shop.db")
}

fn foreign(why: &str) -> Problem {
    Problem::new("not-a-workspace", format!("this file is no Segue workspace: {why}")).help(
        "it was left untouched; to bring its data in use `segue import FILE`, or name another workspace",
    )
}

/// The file was written by a later release.
pub(super) fn newer(version: u32, newest: u32) -> Problem {
    Problem::new(
        "workspace-newer",
        format!(
            "this workspace was written by a newer Segue (schema {version}; this one knows up to {newest})"
        ),
    )
    .help("it was left untouched; install the newer release to open it")
}
