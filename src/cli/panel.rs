//! `segue panel`: the live panels without a screen.

use std::io::Write;

use super::text::{self, Part};
use super::{Common, Exit, demo, report};
use crate::panel::Live;

/// Print a live panel
#[derive(Debug, clap::Args)]
pub struct PanelArguments {
    /// Which one
    #[arg(value_enum)]
    name: Part,
    /// Of the sample shop instead of the workspace
    #[arg(long)]
    demo: bool,
    /// Show names
    #[arg(long)]
    unmask: bool,
}

/// Runs the verb.
///
/// # Errors
/// What could not be read or written.
pub(super) fn run(arguments: &PanelArguments, common: &Common) -> anyhow::Result<Exit> {
    let live = if arguments.demo {
        demo::panels(&demo::Args::default(), common)?
    } else {
        report::observed(common)?
    };
    let live = if arguments.unmask { live } else { live.masked() };
    let mut out = std::io::stdout().lock();
    if common.json {
        serde_json::to_writer_pretty(&mut out, &json(&live, arguments.name)?)
            .map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", text::part(&live, arguments.name, !arguments.unmask))?;
    }
    Ok(Exit::Done)
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
