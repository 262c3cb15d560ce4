//! A folder that nobody asked for and that does not stay.

use std::path::Path;

/// A folder of the platform's temporary files, readable by its owner alone. It goes when this is dropped.
#[derive(Debug)]
pub struct Throwaway(tempfile::TempDir);

impl Throwaway {
    /// A new, empty folder whose name starts with `prefix`.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub fn new(prefix: &str) -> std::io::Result<Self> {
        tempfile::Builder::new().prefix(prefix).tempdir().map(Self)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays() {
        let folder = Throwaway::new("segue-test-").unwrap();
        let path = folder.path().to_owned();
        std::fs::write(path.join("file"), "text").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
