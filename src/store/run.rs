//! Run files: the simulated facts of one run, in a file of the same schema beside the workspace, so that simulated and
//! observed facts cannot mix and a run is forgotten by deleting its file.

use std::path::{Path, PathBuf};

use rusqlite::OptionalExtension;

use super::Store;
use super::batch::BatchKind;
use super::error::Result;
use super::revision::{self, Subject};
use crate::model::definition::ContentHash;
use crate::model::{Problem, RunId, Seed, Time};

/// What a run is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMeta {
    /// The seed of every draw.
    pub seed: Seed,
    /// The world's name.
    pub world: String,
    /// The world's text.
    pub world_hash: ContentHash,
    /// The definitions it ran.
    pub definitions: Vec<ContentHash>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// What it is of.
    pub meta: RunMeta,
    /// When it was started.
    pub started: Time,
}

/// Where a run of this workspace lives: `shop.runs/r-00001.db` beside `shop.db`.
#[must_use]
pub fn run_path(workspace: &Path, run: RunId) -> PathBuf {
    workspace.with_extension("runs").join(format!("{run}.db"))
}

impl Store {
    /// Adds a run to this workspace and creates its file, ready for a batch of kind `Run`.
    ///
    /// # Errors
    /// A problem when the workspace or its folder cannot be written.
    pub fn create_run(&mut self, meta: &RunMeta, now: Time) -> Result<(RunId, Self)> {
        let hashes =
            serde_json::to_string(&meta.definitions.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let transaction = self.connection_mut().transaction()?;
        transaction.execute(
            "INSERT INTO run (seed, world, world_sha256, definitions, started) VALUES (?1, ?2, ?3, ?4, ?5)",
            (meta.seed.0 as i64, &meta.world, meta.world_hash.0, &hashes, now.0),
        )?;
        let id = RunId(transaction.last_insert_rowid());
        revision::record(&transaction, now, Subject::Run, &id.to_string())?;
        transaction.commit()?;
        let path = run_path(self.path(), id);
        if let Some(folder) = path.parent() {
            create_private_folder(folder)?;
        }
        let run = Self::create(&path)?;
        // The file says by itself which run it is, wherever it is carried.
        run.connection().execute(
            "INSERT INTO run (id, seed, world, world_sha256, definitions, started) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (id.0, meta.seed.0 as i64, &meta.world, meta.world_hash.0, &hashes, now.0),
        )?;
        Ok((id, run))
    }

    /// Opens a run's file to read.
    ///
    /// # Errors
    /// A problem when there is no such run or its file is gone.
    pub fn open_run(&self, id: RunId) -> Result<Self> {
        Self::open_read_only(&run_path(self.path(), self.run(id)?.id))
    }

    /// The run this very file holds, if it is a run's file and not a workspace.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn is_run(&self) -> Result<Option<Run>> {
        let simulated = self.batches()?.iter().any(|batch| batch.kind == BatchKind::Run);
        Ok(if simulated { self.runs()?.pop() } else { None })
    }

    /// Forgets a run: its file and its line.
    ///
    /// # Errors
    /// A problem when there is no such run or the folder cannot be written.
    pub fn delete_run(&mut self, id: RunId, now: Time) -> Result<()> {
        let path = run_path(self.path(), self.run(id)?.id);
        for suffix in ["-columns", "-wal", "-shm", ""] {
            match std::fs::remove_file(super::open::beside(&path, suffix)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        let transaction = self.connection_mut().transaction()?;
        transaction.execute("DELETE FROM run WHERE id = ?1", [id.0])?;
        revision::record(&transaction, now, Subject::Run, &id.to_string())?;
        transaction.commit()?;
        Ok(())
    }

    /// Every run, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn runs(&self) -> Result<Vec<Run>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, seed, world, world_sha256, definitions, started FROM run ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            let hashes: String = row.get(4)?;
            let hashes: Vec<String> = serde_json::from_str(&hashes)?;
            runs.push(Run {
                id: RunId(row.get(0)?),
                meta: RunMeta {
                    seed: Seed(row.get::<_, i64>(1)? as u64),
                    world: row.get(2)?,
                    world_hash: ContentHash(row.get(3)?),
                    definitions: hashes.iter().filter_map(|hash| from_hex(hash)).collect(),
                },
                started: Time(row.get(5)?),
            });
        }
        Ok(runs)
    }

    fn run(&self, id: RunId) -> Result<Run> {
        self.runs()?.into_iter().find(|run| run.id == id).ok_or_else(|| {
            Problem::new("run-unknown", format!("there is no run {id}")).help("run it again").into()
        })
    }

    /// The id of the last run, if there is one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn latest_run(&self) -> Result<Option<RunId>> {
        Ok(self
            .connection()
            .prepare_cached("SELECT id FROM run ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| row.get(0).map(RunId))
            .optional()?)
    }
}

fn from_hex(text: &str) -> Option<ContentHash> {
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(ContentHash(bytes))
}

fn create_private_folder(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    Ok(())
}
