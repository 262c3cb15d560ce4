//! Definition texts named on the command line.

use std::path::Path;

use crate::model::Problem;

/// More than any definition needs; what is longer is another kind of file.
const MAX_BYTES: u64 = 4 << 20;

/// The text of a file.
///
/// # Errors
/// A problem that names the file: not there, not readable, not text, or too large to be a definition.
pub fn read(path: &Path) -> Result<String, Problem> {
    let name = path.display().to_string();
    let cannot = |why: String| Problem::new("file-unreadable", why).in_file(name.clone());
    let size = std::fs::metadata(path).map_err(|error| cannot(format!("it cannot be read: {error}")))?.len();
    if size > MAX_BYTES {
        return Err(cannot(format!("it has {size} bytes, and a definition has at most {MAX_BYTES}")));
    }
    let bytes = std::fs::read(path).map_err(|error| cannot(format!("it cannot be read: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| cannot("it is no UTF-8 text".to_owned()).help("save it as UTF-8 and try again"))?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}
