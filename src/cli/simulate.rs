//! `segue simulate`: a world played out over a workspace, without a screen.

use std::io::Write;
use std::path::PathBuf;

use super::{Common, Exit, clock, text, workspace};
use crate::config;
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed, Span, Time};
use crate::sim::World;
use crate::work::observed::Observed;
use crate::work::run::{Plan, Prepared, start_of};
use crate::work::{ledger, sample};

/// Play a world out over a workspace's people and definitions
#[derive(Debug, clap::Args)]
pub struct SimulateArguments {
    /// The world, a TOML file
    world: PathBuf,
    /// How many people, if not as many as the world says
    #[arg(long)]
    people: Option<u32>,
    /// How many days, if not until the world's `join`
    #[arg(long)]
    days: Option<u32>,
    /// The seed of the run
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Threads to run on; the result does not depend on it
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Show names
    #[arg(long)]
    unmask: bool,
}

/// Runs the verb. The facts go into a run file beside the workspace; the panels are printed.
///
/// # Errors
/// What could not be read, run or written.
pub(super) fn run(arguments: &SimulateArguments, common: &Common) -> anyhow::Result<Exit> {
    let world = config::text::read(&arguments.world)?;
    let mut store = workspace::open_or_create(common)?;
    let mut definitions = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::World) {
        definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
    }
    definitions.push(Definition {
        kind: Kind::World,
        name: sample::name_of(&world)?,
        version: 1,
        text: world,
    });
    let path = workspace::path(common)?;
    let plan = Plan {
        workspace: path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()),
        definitions: definitions.clone(),
        seed: Seed(arguments.seed),
        people: arguments.people,
        threads: arguments.threads,
    };
    let observed = match start_of(&definitions) {
        Some(start) => Observed::load_to_start(&store, start)?,
        None => Observed::nobody(),
    };
    let prepared = Prepared::new(plan, observed).map_err(super::several)?;
    let until = until(arguments, common, prepared.world())?;
    let truth = prepared.truth();
    let mut run = prepared.begin();
    run.advance(until);
    truth.into_iter().for_each(|truth| run.tell_truth(truth));
    let id = ledger::keep(&run, &definitions, &mut store, clock::now())?;
    writeln!(std::io::stderr().lock(), "run {id} is kept beside the workspace")?;
    let panels = run.panels();
    let panels = if arguments.unmask { panels } else { panels.masked() };
    let mut out = std::io::stdout().lock();
    if common.json {
        serde_json::to_writer_pretty(&mut out, &panels).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", text::panels(&panels, !arguments.unmask))?;
    }
    Ok(Exit::Done)
}

/// The moment to play to: `--as-of`, so many `--days`, or the world's `join`.
fn until(arguments: &SimulateArguments, common: &Common, world: &World) -> Result<Time, Problem> {
    match (common.as_of, arguments.days) {
        (Some(_), Some(_)) => {
            Err(Problem::new("simulate-until", "--as-of and --days both say when the run ends")
                .help("name one of them"))
        }
        (Some(moment), None) if moment <= world.start => Err(Problem::new(
            "simulate-as-of",
            format!("--as-of {moment} is not after the world's start, {}", world.start),
        )
        .help("name a later moment, or let the world start earlier")),
        (Some(moment), None) => Ok(moment),
        (None, Some(days)) => Ok(world.start + Span::days(i64::from(days))),
        (None, None) => Ok(world.join),
    }
}
