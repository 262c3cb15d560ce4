//! The platform's own folders.

use std::path::PathBuf;

use directories::ProjectDirs;

/// The workspace that is used when none is named: `workspace.db` in the platform's data directory. `None` where the
/// platform has no home directory.
#[must_use]
pub fn default_workspace() -> Option<PathBuf> {
    ProjectDirs::from("", "", "segue").map(|folders| folders.data_dir().join("workspace.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_workspace_is_a_file_in_a_folder_of_our_own() {
        if let Some(path) = default_workspace() {
            assert!(path.is_absolute());
            assert!(path.ends_with("segue/workspace.db") || path.ends_with("data/workspace.db"));
        }
    }
}
