//! `segue panel`: the live panels without a screen.

use std::io::Write;

use super::{Common, Exit, demo, report, text};
use crate::panel::Live;

/// Print a live panel
#[derive(Debug, clap::Args)]
pub struct PanelArguments {
    /// Which one
    #[arg(value_enum)]
    name: PanelName,
    /// Of the sample shop instead of the workspace
    #[arg(long)]
    demo: bool,
    /// Show names
    #[arg(long)]
    unmask: bool,
}

/// The live panels by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PanelName {
    /// All of them
    Live,
    /// The running test
    Uplift,
    /// Messages, caps and unsubscribes
    Fatigue,
    /// Satisfaction by moment
    Csat,
    /// Intent, lifecycle, journeys
    Whereabouts,
}

/// Runs the verb.
///
/// # Errors
/// What could not be read or written.
pub(super) fn run(arguments: &PanelArguments, common: &Common) -> anyhow::Result<Exit> {
    let (live, exit) = if arguments.demo {
        (demo::panels(&demo::Args::default(), common)?, Exit::Done)
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
        write!(out, "{}", text::panels(&live, !arguments.unmask))?;
    }
    Ok(exit)
}

fn json(live: &Live, name: PanelName) -> serde_json::Result<serde_json::Value> {
    match name {
        PanelName::Live => serde_json::to_value(live),
        PanelName::Uplift => serde_json::to_value(&live.uplift),
        PanelName::Fatigue => serde_json::to_value(&live.fatigue),
        PanelName::Csat => serde_json::to_value(&live.csat),
        PanelName::Whereabouts => serde_json::to_value(&live.whereabouts),
    }
}
