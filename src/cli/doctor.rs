//! `segue doctor`: what is well with the workspace, and what to do about the rest.

use std::io::{Write, stdout};

use serde_json::json;

use super::{Common, Exit, clock, workspace};
use crate::model::privacy::plain;
use crate::store::{Health, Store};
use crate::work::doctor;

/// Runs the verb. A file that cannot be opened at all is a problem found, with what to do.
///
/// # Errors
/// When the file cannot be read, or stdout is closed.
pub fn run(common: &Common) -> anyhow::Result<Exit> {
    let (path, now) = (workspace::path(common)?, clock::now());
    // Opening for writing clears leftovers away; where that is impossible the rest can still be looked at.
    let opened = Store::open(&path, now).or_else(|error| match error.problem().map(|problem| problem.code) {
        Some("workspace-read-only" | "workspace-locked") => Store::open_read_only(&path).map_err(|_| error),
        _ => Err(error),
    });
    let health = match opened {
        Ok(store) => {
            let mut health = store.health(now)?;
            health.checks.push(doctor::check(&store)?);
            health
        }
        Err(error) => match error.problem() {
            Some(problem) => Health::unopened(problem),
            None => return Err(error.into()),
        },
    };
    let mut out = stdout().lock();
    if common.json {
        let report = json!({ "workspace": path.display().to_string(), "well": health.is_well(), "checks": health.checks });
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        print(&mut out, &path.display().to_string(), &health)?;
    }
    Ok(if health.is_well() { Exit::Done } else { Exit::ProblemsFound })
}

fn print(out: &mut impl Write, path: &str, health: &Health) -> std::io::Result<()> {
    writeln!(out, "{}", plain(path))?;
    for check in &health.checks {
        let mark = if check.ok { "ok" } else { "PROBLEM" };
        writeln!(out, "  {:<12} {mark:<8} {}", check.name, plain(&check.finding))?;
        if let Some(help) = &check.help {
            writeln!(out, "  {:<12} {:<8} do: {}", "", "", plain(help))?;
        }
    }
    Ok(())
}
