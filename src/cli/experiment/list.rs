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
    if let Some(run) = &experiment.run {
        let day = run.day.map_or_else(String::new, |(day, days)| format!(", day {day} of {days}"));
        let phase = if run.phase > 1 { format!(", phase {}", run.phase) } else { String::new() };
        let people = match run.exposed {
            0 => String::new(),
            people => format!(", {} exposed", figures::plural(people, "person", "people")),
        };
        writeln!(out, "{}  designed, {}{day}{phase}{people}", plain(&experiment.name), run.state)?;
        return print_rest(out, experiment);
    }
    let units = match experiment.arms.iter().map(|(_, units)| *units).sum::<Option<u64>>() {
        Some(units) => figures::plural(units, "unit", "units"),
        None => "nothing measured here".to_owned(),
    };
    writeln!(out, "{}  {}, {units}", plain(&experiment.name), kind(experiment.origin))?;
    print_rest(out, experiment)
}

fn print_rest(out: &mut impl Write, experiment: &Listed) -> std::io::Result<()> {
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
        "state": experiment.run.as_ref().map(|run| run.state),
        "phase": experiment.run.as_ref().map(|run| run.phase),
        "day": experiment.run.as_ref().and_then(|run| run.day).map(|(day, _)| day),
        "planned_days": experiment.run.as_ref().and_then(|run| run.day).map(|(_, days)| days),
        "exposed": experiment.run.as_ref().map(|run| run.exposed),
    })
}
