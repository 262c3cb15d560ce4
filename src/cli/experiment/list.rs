//! `segue experiment list`.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use crate::cli::{Common, Exit, workspace};
use crate::model::privacy::plain;
use crate::panel::figures;
use crate::work::experiment::{self, Listed, Origin};

/// Lists every experiment of the workspace.
///
/// # Errors
/// When the workspace cannot be read, or stdout is closed.
pub(super) fn run(common: &Common) -> anyhow::Result<Exit> {
    let listed = experiment::list(&workspace::open_read_only(common)?)?;
    let mut out = stdout().lock();
    if common.json {
        let experiments: Vec<Value> = listed.iter().map(as_json).collect();
        serde_json::to_writer_pretty(&mut out, &experiments).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(Exit::Done);
    }
    if listed.is_empty() {
        writeln!(out, "no experiment yet; begin with `segue import F.csv --as experiment`")?;
    }
    for experiment in &listed {
        print(&mut out, experiment)?;
    }
    Ok(Exit::Done)
}

fn kind(origin: Origin) -> &'static str {
    match origin {
        Origin::Imported => "imported",
        Origin::Designed => "designed",
    }
}

fn print(out: &mut impl Write, experiment: &Listed) -> std::io::Result<()> {
    let units = match experiment.arms.iter().map(|(_, units)| *units).sum::<Option<u64>>() {
        Some(units) => figures::plural(units, "unit", "units"),
        None => "nothing measured here".to_owned(),
    };
    writeln!(out, "{}  {}, {units}", plain(&experiment.name), kind(experiment.origin))?;
    for (index, (arm, units)) in experiment.arms.iter().enumerate() {
        let units = units.map_or_else(String::new, figures::count);
        let role = if index == 0 { "  (control)" } else { "" };
        writeln!(out, "  {units:>12}  {}{role}", plain(arm))?;
    }
    writeln!(out, "       metrics  {}", plain(&experiment.metrics.join(", ")))?;
    if !experiment.covariates.is_empty() {
        writeln!(out, "    covariates  {}", plain(&experiment.covariates.join(", ")))?;
    }
    Ok(())
}

fn as_json(experiment: &Listed) -> Value {
    let arms: Vec<Value> =
        experiment.arms.iter().map(|(arm, units)| json!({ "variant": arm, "units": units })).collect();
    json!({
        "experiment": experiment.name,
        "kind": kind(experiment.origin),
        "arms": arms,
        "units": experiment.arms.iter().map(|(_, units)| *units).sum::<Option<u64>>(),
        "metrics": experiment.metrics,
        "covariates": experiment.covariates,
    })
}
