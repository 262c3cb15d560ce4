//! The command line: one verb per file. Data goes to stdout, narration to stderr; exit 0 done, 1 done with problems
//! found, 2 could not.

pub mod batch;
pub mod calc;
pub mod clock;
pub mod consent;
pub mod contact;
pub mod decide;
pub mod define;
pub mod demo;
pub mod doctor;
pub mod experiment;
pub mod failure;
mod ground;
pub mod import;
pub mod lab;
pub mod panel;
pub mod profile;
pub mod report;
pub mod segment;
pub mod simulate;
pub mod source;
pub mod text;
pub mod workspace;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::model::problem::printable;
use crate::model::{Problem, Time};
use crate::work::console::{Opening, Subject};

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
    /// The console's colours: dark, light, colour-safe or mono
    #[arg(long, global = true, value_name = "NAME")]
    theme: Option<String>,
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
    Calc(calc::CalcArguments),
    /// Bring in files: events, orders, people, Segment messages, finished experiments
    Import(Box<import::ImportArguments>),
    /// What was imported, and taking it back
    #[command(subcommand)]
    Batch(batch::BatchVerb),
    /// One person as the workspace knows them
    #[command(subcommand)]
    Profile(profile::ProfileVerb),
    /// Who is in a segment, how many, and why
    #[command(subcommand)]
    Segment(segment::SegmentVerb),
    /// Keep definitions: journeys, experiences, experiments and so on
    Define(define::DefineArguments),
    /// The live panels without a screen
    Panel(panel::PanelArguments),
    /// Play a world out over a workspace
    Simulate(simulate::SimulateArguments),
    /// A page to leave behind
    Report(report::ReportArguments),
    /// What one person would get at a placement or as a message, and why
    Decide(decide::Args),
    /// Where data came from, and what it may be used for
    #[command(subcommand)]
    Source(source::SourceVerb),
    /// What people said about being written to
    #[command(subcommand)]
    Consent(consent::ConsentVerb),
    /// The contact policy: who stands where, and what another one would do
    #[command(subcommand)]
    Contact(contact::ContactVerb),
    /// Lessons on simulated tests
    #[command(subcommand)]
    Lab(lab::LabVerb),
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

/// How the command line ended.
pub enum Ending {
    /// With this code.
    Exit(ExitCode),
    /// By asking for the console.
    Open(Opening),
}

enum Outcome {
    Exit(Exit),
    Open(Opening),
}

/// Runs what the command line says.
#[must_use]
pub fn main() -> Ending {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return Ending::Exit(ExitCode::from(if error.use_stderr() { 2 } else { 0 }));
        }
    };
    let json = arguments.common.json;
    match run(arguments) {
        Ok(Outcome::Open(opening)) => Ending::Open(opening),
        Ok(Outcome::Exit(exit)) => Ending::Exit(finish(Ok(exit))),
        Err(error) => {
            if json && !is_closed_pipe(&error) {
                let _ = writeln!(std::io::stdout(), "{}", failure::as_json(&error));
            }
            Ending::Exit(finish::<Exit>(Err(error)))
        }
    }
}

/// The exit code of whatever ended, an error said on the way.
#[must_use]
pub fn finish<E: Into<Exit>>(result: anyhow::Result<E>) -> ExitCode {
    match result.map(Into::into) {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::ProblemsFound) => ExitCode::from(1),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "segue: {}", printable(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

impl From<()> for Exit {
    fn from((): ()) -> Self {
        Self::Done
    }
}

impl From<Exit> for Outcome {
    fn from(exit: Exit) -> Self {
        Self::Exit(exit)
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    let Some(verb) = arguments.verb else {
        let path = match arguments.file {
            // A file that is named must be a workspace; only the default one is made on the way.
            Some(file) => {
                crate::store::Store::open_read_only(&file)?;
                file
            }
            None => workspace::path(&arguments.common)?,
        };
        let subject = Subject::Workspace(path);
        return Ok(Outcome::Open(Opening { subject, mask: false, tour: false, theme: arguments.theme }));
    };
    let exit = match verb {
        Verb::Demo(args) => return demo::run(&args, arguments.theme, &arguments.common),
        Verb::Lab(verb) => return lab::run(&verb, arguments.theme, &arguments.common),
        Verb::Experiment(verb) => experiment::run(&verb, &arguments.common),
        Verb::Calc(args) => calc::run(&args, &arguments.common),
        Verb::Batch(verb) => batch::run(&verb, &arguments.common),
        Verb::Import(verb) => import::run(&verb, &arguments.common),
        Verb::Profile(verb) => profile::run(&verb, &arguments.common),
        Verb::Segment(verb) => segment::run(&verb, &arguments.common),
        Verb::Define(args) => define::run(&args, &arguments.common),
        Verb::Panel(args) => panel::run(&args, &arguments.common),
        Verb::Simulate(args) => simulate::run(&args, &arguments.common),
        Verb::Report(args) => report::run(&args, &arguments.common),
        Verb::Decide(args) => decide::run(&args, &arguments.common),
        Verb::Source(verb) => source::run(&verb, &arguments.common),
        Verb::Consent(verb) => consent::run(&verb, &arguments.common),
        Verb::Contact(verb) => contact::run(&verb, &arguments.common),
        Verb::Doctor => doctor::run(&arguments.common),
    };
    exit.map(Outcome::Exit)
}

/// A JSON error does not name the closed pipe as its cause, so it is asked itself.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(ErrorKind::BrokenPipe)
    })
}

/// Says problems that something else goes on in spite of.
fn told(problems: &[Problem]) -> std::io::Result<Exit> {
    let mut narration = std::io::stderr().lock();
    for problem in problems {
        writeln!(narration, "segue: {problem}")?;
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::ProblemsFound })
}

/// Several problems as one error, each on its own line.
fn several(problems: Vec<Problem>) -> anyhow::Error {
    failure::Several(problems).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_seen_behind_json() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let error = serde_json::to_writer(Closed, &17).unwrap_err();
        assert!(is_closed_pipe(&anyhow::Error::from(error)));
        let error = serde_json::from_str::<u64>("x").unwrap_err();
        assert!(!is_closed_pipe(&anyhow::Error::from(error)));
    }
}
