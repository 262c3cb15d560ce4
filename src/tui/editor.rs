//! A text in `$EDITOR`: a private temporary file, gone afterwards.

use std::io::Write;
use std::process::Command;

/// Lets a person edit a text; none if the editor could not be run or said it failed.
pub(super) fn edit(text: &str) -> Option<String> {
    let mut file = tempfile::Builder::new().prefix("segue-").suffix(".rule").tempfile().ok()?;
    file.write_all(text.as_bytes()).ok()?;
    file.flush().ok()?;
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|set| !set.is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    // EDITOR may carry arguments, as in `code --wait`.
    let mut words = editor.split_whitespace();
    let status = Command::new(words.next()?).args(words).arg(file.path()).status().ok()?;
    // Editors replace the file by another of the same name, so it is read by its path.
    status.success().then(|| std::fs::read_to_string(file.path()).ok()).flatten()
}
