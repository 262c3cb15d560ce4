//! What leaves the program to be read by people: panels as a self-contained page.

pub mod brief;
pub mod svg;

/// Writes a report to a file, replacing what was there.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
