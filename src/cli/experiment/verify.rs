//! `segue experiment verify`: a receipt held against the data.

use std::io::{Write, stdout};
use std::path::PathBuf;

use serde_json::json;

use crate::cli::segment::print_json;
use crate::cli::{Common, Exit, workspace};
use crate::config;
use crate::model::Problem;
use crate::model::privacy::plain;
use crate::panel::figures;
use crate::work::experiment::receipt::{Receipt, verify};

/// Which receipt.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The receipt, as `experiment analyze --receipt` wrote it
    receipt: PathBuf,
}

/// Runs the verb.
///
/// # Errors
/// The file is no receipt, the experiment is gone, the workspace cannot be read, or stdout is closed.
pub(super) fn run(arguments: &Verify, common: &Common) -> anyhow::Result<Exit> {
    let text = config::text::read(&arguments.receipt)?;
    let named = |problem: Problem| problem.in_file(arguments.receipt.display().to_string());
    let receipt = Receipt::read(&text).map_err(named)?;
    let differs = verify(&workspace::open_read_only(common)?, &receipt)?;
    let exit = if differs.is_empty() { Exit::Done } else { Exit::ProblemsFound };
    if common.json {
        print_json(
            &json!({ "experiment": receipt.experiment, "equal": differs.is_empty(), "differs": differs }),
        )?;
        return Ok(exit);
    }
    let mut out = stdout().lock();
    let name = plain(&receipt.experiment);
    let units = figures::plural(receipt.rows, "unit", "units");
    if differs.is_empty() {
        writeln!(
            out,
            "equal: {name} computed again from {units} as of {} gives the same result",
            receipt.as_of
        )?;
        return Ok(exit);
    }
    let count = figures::plural(differs.len() as u64, "entry differs", "entries differ");
    writeln!(out, "{name} does not come out as the receipt says: {count}")?;
    for differs in &differs {
        let line = format!("  {}: {} → {}", differs.what, short(&differs.receipt), short(&differs.now));
        writeln!(out, "{}", plain(&line))?;
    }
    Ok(exit)
}

/// At most so much of a value that a line stays a line.
fn short(value: &str) -> String {
    if value.chars().count() <= 60 {
        return value.to_owned();
    }
    format!("{}…", value.chars().take(60).collect::<String>())
}
