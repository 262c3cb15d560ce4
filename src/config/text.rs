//! Definition texts named on the command line.

use std::path::{Path, PathBuf};

use crate::model::Problem;

/// More than any definition needs; what is longer is another kind of file.
const MAX_BYTES: u64 = 4 << 20;

/// The text of a file.
///
/// # Errors
/// A problem that names the file: not there, not readable, not text, or too large to be a definition.
pub fn read(path: &Path) -> Result<String, Problem> {
    let name = path.display().to_string();
    let cannot = |why: String| {
        let help = "name a text file that is there and may be read";
        Problem::new("file-unreadable", why).in_file(name.clone()).help(help)
    };
    let size = std::fs::metadata(path).map_err(|error| cannot(format!("it cannot be read: {error}")))?.len();
    if size > MAX_BYTES {
        return Err(cannot(format!("it has {size} bytes, and a definition has at most {MAX_BYTES}")));
    }
    let bytes = std::fs::read(path).map_err(|error| cannot(format!("it cannot be read: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| cannot("it is no UTF-8 text".to_owned()).help("save it as UTF-8 and try again"))?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

/// The files named, and the `.toml` files of the folders named, folders within them included, in order of their paths.
///
/// # Errors
/// A problem where a path cannot be read.
pub fn toml_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let unreadable = |error: std::io::Error| {
            Problem::new("folder-unreadable", format!("cannot be read: {error}"))
                .in_file(path.display().to_string())
        };
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?.path();
            if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "toml") {
                inside.push(entry);
            }
        }
        inside.sort();
        found.extend(toml_files(&inside)?);
    }
    Ok(found)
}
