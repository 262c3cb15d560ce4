//! `segue report`: what leaves the program to be read by people.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Common, Exit, demo, workspace};
use crate::panel::Live;
use crate::report::brief;
use crate::work::console::quiet::Quiet;

/// Write a page to leave behind
#[derive(Debug, clap::Args)]
pub struct ReportArguments {
    /// One self-contained HTML page of the Live panels
    #[arg(long, required = true)]
    brief: bool,
    /// Of the sample shop instead of the workspace
    #[arg(long)]
    demo: bool,
    /// Where to write it; `-` is standard output
    #[arg(long, value_name = "FILE", default_value = "segue-brief.html")]
    out: PathBuf,
    /// Show names
    #[arg(long)]
    unmask: bool,
}

/// Runs the verb.
///
/// # Errors
/// What could not be read or written.
pub(super) fn run(arguments: &ReportArguments, common: &Common) -> anyhow::Result<Exit> {
    let (live, exit) = if arguments.demo {
        (demo::panels(&demo::Args::default(), common)?, Exit::Done)
    } else {
        observed(common)?
    };
    let page = brief::html(&live, !arguments.unmask)?;
    if arguments.out == Path::new("-") {
        std::io::stdout().lock().write_all(page.as_bytes())?;
        return Ok(exit);
    }
    crate::report::write(&arguments.out, &page)?;
    let mut narration = std::io::stderr().lock();
    writeln!(narration, "{} written, {} KB", arguments.out.display(), page.len() / 1024)?;
    Ok(exit)
}

/// The live panels of a workspace as of just after its newest event. Definitions that cannot be used are said and left
/// out.
pub(super) fn observed(common: &Common) -> anyhow::Result<(Live, Exit)> {
    let path = workspace::path(common)?;
    let store = workspace::open_read_only(common)?;
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let quiet = Quiet::of_store(&store, common.as_of)?;
    Ok((quiet.live(&name), super::told(&quiet.problems)?))
}
