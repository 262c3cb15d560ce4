//! What was assigned to files: each assignment is a batch, which says by which version and in which phase it was made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::experiment::Design;
use crate::experiment::design::{Change, Safety, Version, diff, phases};
use crate::experiment::given::is_given;
use crate::model::definition::{Definition, Kind};
use crate::model::{BatchId, Problem, Time};
use crate::store::{BatchKind, BatchState, Store, StoreError, StoredDefinition};

/// One assignment, as its batch keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// The experiment.
    pub experiment: String,
    /// The version of its definition.
    pub version: u32,
    /// The hash of that version.
    pub definition: String,
    /// The phase it belongs to, counting from one.
    pub phase: u32,
    /// Which assignment of the phase it is, counting from one.
    pub number: u32,
    /// The moment it stands for.
    pub at: Time,
    /// The segment that was asked for, if one was.
    pub segment: Option<String>,
    /// What people were hashed with.
    pub seed: String,
    /// People by variant, in the order of the design.
    pub people: Vec<(String, u64)>,
    /// Of them, those who were in no variant before, in the same order.
    pub joined: Vec<(String, u64)>,
    /// The files, by variant; none for who is held back.
    pub files: Vec<(String, String)>,
}

/// Wraps a wave so that the text of a batch says what it is.
#[derive(Serialize, Deserialize)]
struct Kept {
    assigned: Wave,
}

impl Wave {
    /// As a batch keeps it.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Kept { assigned: self.clone() })
    }
}

/// Every wave of every experiment that was not taken back, oldest first.
///
/// # Errors
/// When the workspace cannot be read.
pub fn all(store: &Store) -> Result<Vec<(BatchId, Wave)>, StoreError> {
    let batches = store.batches()?.into_iter();
    let live = batches.filter(|batch| batch.kind == BatchKind::Live && batch.state == BatchState::Complete);
    let waves = live.filter_map(|batch| {
        let kept: Kept = serde_json::from_str(batch.mapping.as_deref()?).ok()?;
        Some((batch.id, kept.assigned))
    });
    Ok(waves.collect())
}

/// An experiment of the workspace with its history.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The newest version.
    pub stored: StoredDefinition,
    /// What it says.
    pub design: Design,
    /// The phase it is in.
    pub phase: u32,
    /// Its assignments of every phase, oldest first.
    pub waves: Vec<(BatchId, Wave)>,
    /// Each version with its phase, oldest first.
    pub versions: Vec<(StoredDefinition, u32)>,
}

impl Standing {
    /// An experiment by its name.
    ///
    /// # Errors
    /// There is none of this name, its definition cannot be read, or the workspace cannot.
    pub fn of(store: &Store, name: &str) -> anyhow::Result<Self> {
        let mut history = store.definition_history(Kind::Experiment, name)?;
        // What an import defined is no design, and outlives the import.
        history.retain(|stored| !is_given(&stored.definition.text));
        let Some(stored) = history.last().cloned() else { return Err(super::unknown(store, name)?.into()) };
        let design = read(&stored)?;
        let mut waves = all(store)?;
        waves.retain(|(_, wave)| wave.experiment == name);
        let designs: Vec<Option<Design>> =
            history.iter().map(|stored| Design::read(&stored.definition.text).ok()).collect();
        let versions: Vec<Version<'_>> = history
            .iter()
            .zip(&designs)
            .map(|(stored, design)| Version {
                design: design.as_ref(),
                exposed: waves.iter().any(|(_, wave)| wave.version == stored.definition.version),
            })
            .collect();
        let phases = phases(&versions);
        let phase = phases.last().copied().unwrap_or(1);
        Ok(Self { stored, design, phase, waves, versions: history.into_iter().zip(phases).collect() })
    }

    /// Its assignments of a phase.
    pub fn of_phase(&self, phase: u32) -> impl Iterator<Item = &(BatchId, Wave)> {
        self.waves.iter().filter(move |(_, wave)| wave.phase == phase)
    }

    /// The newest version of a phase.
    #[must_use]
    pub fn version_of(&self, phase: u32) -> Option<&StoredDefinition> {
        let mut of_phase = self.versions.iter().filter(|(_, of)| *of == phase);
        of_phase.next_back().map(|(stored, _)| stored)
    }

    /// The phase that was running at a moment: the newest that anybody was assigned in by then, else the first.
    #[must_use]
    pub fn phase_at(&self, at: Time) -> u32 {
        self.waves.iter().filter(|(_, wave)| wave.at <= at).map(|(_, wave)| wave.phase).max().unwrap_or(1)
    }

    /// The phase each batch of exposures belongs to.
    #[must_use]
    pub fn phase_by_batch(&self) -> BTreeMap<i64, u32> {
        self.waves.iter().map(|(batch, wave)| (batch.0, wave.phase)).collect()
    }
}

/// What a new version does to an experiment that people were assigned to already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Everything that is different.
    pub changes: Vec<Change>,
    /// The phase with the new version.
    pub phase: u32,
    /// Whether it begins with it.
    pub begins: bool,
}

impl Running {
    /// What to tell, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.changes.iter().map(ToString::to_string).collect();
        lines.push(match self.begins {
            true => format!(
                "phase {} begins: people assigned so far are read apart from those to come",
                self.phase
            ),
            false => format!("phase {} goes on", self.phase),
        });
        lines
    }
}

/// What a definition, not kept yet, does to an experiment that people were assigned to; none where nobody was, or nothing is
/// different.
///
/// # Errors
/// The workspace cannot be read.
pub fn changes(store: &Store, definition: &Definition) -> anyhow::Result<Option<Running>> {
    if definition.kind != Kind::Experiment || is_given(&definition.text) {
        return Ok(None);
    }
    let newest = store.definition(Kind::Experiment, &definition.name)?;
    let readable = newest.is_some_and(|stored| Design::read(&stored.definition.text).is_ok());
    let (true, Ok(new)) = (readable, Design::read(&definition.text)) else { return Ok(None) };
    let standing = Standing::of(store, &definition.name)?;
    let changes = diff(&standing.design, &new);
    if changes.is_empty() || standing.of_phase(standing.phase).next().is_none() {
        return Ok(None);
    }
    let begins = changes.iter().any(|change| change.safety == Safety::Unsafe);
    Ok(Some(Running { changes, phase: standing.phase + u32::from(begins), begins }))
}

/// A design as its stored version says it.
///
/// # Errors
/// What is wrong with it, as one error.
pub fn read(stored: &StoredDefinition) -> anyhow::Result<Design> {
    let name = &stored.definition.name;
    Design::read(&stored.definition.text).map_err(|problems| several(name, problems))
}

/// Several problems of an experiment as one error, each on its own line.
pub(super) fn several(name: &str, problems: Vec<Problem>) -> anyhow::Error {
    let lines: Vec<String> = problems
        .into_iter()
        .map(|problem| problem.in_file(format!("experiment “{name}”")).to_string())
        .collect();
    anyhow::anyhow!("{}", lines.join("\n"))
}
