//! `segue batch`: what was imported, and taking it back.

use std::io::{Write, stdout};

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Common, Exit, clock, workspace};
use crate::model::BatchId;
use crate::model::privacy::plain;
use crate::model::problem::printable;
use crate::store::Batch;

/// What to do with batches.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum BatchVerb {
    /// List every import, oldest first
    List,
    /// Show one import: its file, mapping and what became of every row
    Show {
        /// The batch, such as b-00003
        id: BatchId,
    },
    /// Take an import back as a whole
    Revert {
        /// The batch, such as b-00003
        id: BatchId,
    },
}

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be used, there is no such batch, or stdout is closed.
pub fn run(verb: &BatchVerb, common: &Common) -> anyhow::Result<Exit> {
    match verb {
        BatchVerb::List => list(common)?,
        BatchVerb::Show { id } => show(&workspace::open_read_only(common)?.batch(*id)?, common)?,
        BatchVerb::Revert { id } => {
            let batch = workspace::open(common)?.revert(*id, clock::now())?;
            if common.json {
                print_json(&as_json(&batch))?;
            } else {
                writeln!(
                    stdout(),
                    "{} ({}) is reverted: none of its facts are left",
                    batch.id,
                    plain(&batch.file)
                )?;
            }
        }
    }
    Ok(Exit::Done)
}

fn list(common: &Common) -> anyhow::Result<()> {
    let batches = workspace::open_read_only(common)?.batches()?;
    if common.json {
        return print_json(&batches.iter().map(as_json).collect());
    }
    let mut out = stdout().lock();
    if batches.is_empty() {
        writeln!(out, "nothing was imported yet; begin with `segue import FILE`")?;
        return Ok(());
    }
    writeln!(
        out,
        "{:<9} {:<10} {:<16} {:>12} {:>12} {:>10}  file",
        "batch", "state", "started", "rows", "accepted", "rejected"
    )?;
    for batch in batches {
        let a = batch.accounting;
        writeln!(
            out,
            "{:<9} {:<10} {:<16} {:>12} {:>12} {:>10}  {}",
            batch.id,
            batch.state.name(),
            batch.started.short(&TimeZone::UTC),
            a.rows,
            a.accepted,
            a.rejected,
            plain(&batch.file)
        )?;
    }
    Ok(())
}

fn show(batch: &Batch, common: &Common) -> anyhow::Result<()> {
    if common.json {
        return print_json(&as_json(batch));
    }
    let (mut out, a) = (stdout().lock(), batch.accounting);
    writeln!(out, "{}  {}  {}", batch.id, batch.state.name(), plain(&batch.file))?;
    writeln!(out, "kind        {}", batch.kind.name())?;
    writeln!(out, "source      {}", plain(batch.source.as_deref().unwrap_or("not named")))?;
    writeln!(out, "started     {}", batch.started)?;
    if let Some(completed) = batch.completed {
        writeln!(out, "completed   {completed}")?;
    }
    if let Some(hash) = &batch.sha256 {
        writeln!(out, "sha256      {hash}")?;
    }
    writeln!(out, "rows        {:>12}  of the file", a.rows)?;
    writeln!(out, "accepted    {:>12}  became a fact of their own", a.accepted)?;
    writeln!(out, "grouped     {:>12}  are items of another row's fact", a.grouped)?;
    writeln!(out, "merged      {:>12}  were known already", a.merged)?;
    writeln!(out, "superseded  {:>12}  replaced an older version", a.superseded)?;
    writeln!(out, "rejected    {:>12}  went to the reject file", a.rejected)?;
    writeln!(out, "anonymous   {:>12}  events that name nobody", a.anonymous)?;
    if let Some(mapping) = &batch.mapping {
        writeln!(out, "\nmapping\n{}", printable(mapping))?;
    }
    Ok(())
}

fn as_json(batch: &Batch) -> Value {
    json!({
        "id": batch.id.to_string(),
        "kind": batch.kind,
        "state": batch.state,
        "file": batch.file,
        "sha256": batch.sha256.map(|hash| hash.to_string()),
        "source": batch.source,
        "mapping": batch.mapping,
        "started": batch.started,
        "completed": batch.completed,
        "counts": batch.accounting,
    })
}

fn print_json(value: &Value) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}
