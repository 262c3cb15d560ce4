//! Which workspace a verb works on.

use std::path::PathBuf;

use super::{Common, clock};
use crate::config::paths;
use crate::model::Problem;
use crate::store::{Store, StoreError};

/// The workspace's path: `--workspace`, else the platform's default.
///
/// # Errors
/// A problem where the platform has no place for a default.
pub fn path(common: &Common) -> Result<PathBuf, StoreError> {
    common.workspace.clone().or_else(paths::default_workspace).ok_or_else(|| {
        Problem::new("workspace-nowhere", "this system names no folder for the default workspace")
            .help("name a file: --workspace shop.db")
            .into()
    })
}

/// Opens the workspace for reading and writing.
///
/// # Errors
/// As for [`Store::open`].
pub fn open(common: &Common) -> Result<Store, StoreError> {
    Store::open(&path(common)?, clock::now())
}

/// Opens the workspace for reading and writing, creating it if there is none.
///
/// # Errors
/// As for [`Store::open_or_create`].
pub fn open_or_create(common: &Common) -> Result<Store, StoreError> {
    Store::open_or_create(&path(common)?, clock::now())
}

/// Opens the workspace to look only.
///
/// # Errors
/// As for [`Store::open_read_only`].
pub fn open_read_only(common: &Common) -> Result<Store, StoreError> {
    Store::open_read_only(&path(common)?)
}
