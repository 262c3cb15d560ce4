//! `segue panel`: the live panels without a screen.

use std::io::Write;

mod answers;
mod funnel;
mod gates;
mod grid;

use super::text::{self, Part};
use super::{Common, Exit, demo, report};
use crate::panel::Live;

/// Print a panel
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct PanelArguments {
    #[command(subcommand)]
    other: Option<Other>,
    /// Which of the live panels
    #[arg(value_enum, required = true)]
    name: Option<Part>,
    /// Of the sample shop instead of the workspace
    #[arg(long)]
    demo: bool,
    /// Show names
    #[arg(long)]
    unmask: bool,
}

/// Panels that take more than a name.
#[derive(Debug, clap::Subcommand)]
enum Other {
    /// How many people of the workspace come through ordered steps
    Funnel(funnel::FunnelArguments),
    /// What this data can answer: the smallest effects its people can show, how long that takes, what would help
    Answers,
    /// Who gets what: lifecycle and intent by channel, with uplift where a test measured it, and what is empty
    Grid(grid::GridArguments),
    /// Where people are lost, gate by gate, and who is left without anything
    Gates(gates::GatesArguments),
}

/// Runs the verb.
///
/// # Errors
/// What could not be read or written.
pub(super) fn run(arguments: &PanelArguments, common: &Common) -> anyhow::Result<Exit> {
    match &arguments.other {
        Some(Other::Funnel(arguments)) => return funnel::run(arguments, common),
        Some(Other::Answers) => return answers::run(common),
        Some(Other::Grid(arguments)) => return grid::run(arguments, common),
        Some(Other::Gates(arguments)) => return gates::run(arguments, common),
        None => {}
    }
    let part = arguments.name.unwrap_or(Part::Live);
    let (live, exit) = if arguments.demo {
        (demo::panels(&demo::Args::default(), common)?, Exit::Done)
    } else {
        report::observed(common)?
    };
    let live = if arguments.unmask { live } else { live.masked() };
    let mut out = std::io::stdout().lock();
    if common.json {
        serde_json::to_writer_pretty(&mut out, &json(&live, part)?).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", text::part(&live, part, !arguments.unmask))?;
    }
    Ok(exit)
}

fn json(live: &Live, name: Part) -> serde_json::Result<serde_json::Value> {
    match name {
        Part::Live => serde_json::to_value(live),
        Part::Uplift => serde_json::to_value(&live.uplift),
        Part::Fatigue => serde_json::to_value(&live.fatigue),
        Part::Csat => serde_json::to_value(&live.csat),
        Part::Whereabouts => serde_json::to_value(&live.whereabouts),
    }
}
