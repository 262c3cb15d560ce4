//! The command line: one verb per file. Data goes to stdout, narration to stderr; exit 0 done, 1 done with problems
//! found, 2 could not.

pub mod batch;
pub mod clock;
pub mod decide;
pub mod demo;
pub mod doctor;
pub mod experiment;
pub mod import;
pub mod profile;
pub mod segment;
pub mod workspace;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::model::{Problem, Time};

/// What every verb understands.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Common {
    /// The workspace file; the default one is in the platform's data directory
    #[arg(long, short = 'w', global = true, value_name = "FILE")]
    pub workspace: Option<PathBuf>,
    /// Answer as of this moment (just before it), such as 2026-06-30 or 2026-06-30T12:00:00Z
    #[arg(long, global = true, value_name = "TIME")]
    pub as_of: Option<Time>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Parser)]
#[command(name = "segue", version, about, long_about = None)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// A workspace to open in the console
    file: Option<PathBuf>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Demo(demo::Args),
    /// Experiments: buckets and results
    Experiment(experiment::Arguments),
    /// Bring in files: events, orders, people, Segment messages, finished experiments
    Import(import::ImportArguments),
    /// What was imported, and taking it back
    #[command(subcommand)]
    Batch(batch::BatchVerb),
    /// One person as the workspace knows them
    #[command(subcommand)]
    Profile(profile::ProfileVerb),
    /// Who is in a segment, how many, and why
    #[command(subcommand)]
    Segment(segment::SegmentVerb),
    /// What one person would get at a placement or as a message, and why
    Decide(decide::Args),
    /// Check the workspace and say what to do
    Doctor,
}

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Done, with problems found: some rows rejected, a test failed.
    ProblemsFound,
}

/// Runs the program and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match run(arguments) {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::ProblemsFound) => ExitCode::from(1),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "segue: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Some(verb) = arguments.verb else {
        anyhow::bail!("the console is not built yet: {:?}", arguments.file);
    };
    match verb {
        Verb::Demo(args) => demo::run(&args, &arguments.common),
        Verb::Experiment(verb) => experiment::run(&verb, &arguments.common),
        Verb::Batch(verb) => batch::run(&verb, &arguments.common),
        Verb::Import(verb) => import::run(&verb, &arguments.common),
        Verb::Profile(verb) => profile::run(&verb, &arguments.common),
        Verb::Segment(verb) => segment::run(&verb, &arguments.common),
        Verb::Decide(args) => decide::run(&args, &arguments.common),
        Verb::Doctor => doctor::run(&arguments.common),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == ErrorKind::BrokenPipe)
    })
}

/// Several problems as one error, each on its own line.
fn several(problems: Vec<Problem>) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("{}", lines.join("\n"))
}
