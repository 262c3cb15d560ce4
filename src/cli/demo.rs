//! `segue demo`: the sample shop at work.

use std::io::Write;

use super::{Common, Exit, Outcome, clock, text};
use crate::model::Seed;
use crate::panel::Live;
use crate::work::console::{Opening, Subject};
use crate::work::run::{Plan, Prepared};
use crate::work::sample;

/// Open a throw-away copy of the sample shop
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run without a console and print the final panels
    #[arg(long)]
    headless: bool,
    /// How many people, if not as many as the world says
    #[arg(long)]
    people: Option<u32>,
    /// The seed of the run
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Threads to run on
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Begin with the tour: six stops in three minutes
    #[arg(long)]
    tour: bool,
    /// Show names and addresses
    #[arg(long)]
    unmask: bool,
}

impl Default for Args {
    /// The sample as it ships.
    fn default() -> Self {
        Self { headless: true, people: None, seed: sample::SEED.0, threads: 2, tour: false, unmask: false }
    }
}

/// Runs the verb.
///
/// # Errors
/// What could not be done.
pub(super) fn run(args: &Args, theme: Option<String>, common: &Common) -> anyhow::Result<Outcome> {
    if !args.headless {
        let subject = Subject::Demo { seed: Seed(args.seed), people: args.people, threads: args.threads };
        return Ok(Outcome::Open(Opening { subject, mask: !args.unmask, tour: args.tour, theme }));
    }
    let panels = panels(args, common)?;
    let panels = if args.unmask { panels } else { panels.masked() };
    let mut out = std::io::stdout().lock();
    if common.json {
        serde_json::to_writer_pretty(&mut out, &panels).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", text::panels(&panels, !args.unmask))?;
    }
    Ok(Exit::Done.into())
}

/// The live panels of the sample at a moment, the one the console joins at without `--as-of`.
pub(super) fn panels(args: &Args, common: &Common) -> anyhow::Result<Live> {
    let plan = Plan {
        workspace: sample::NAME.to_owned(),
        definitions: sample::definitions()?,
        seed: Seed(args.seed),
        people: args.people,
        threads: args.threads,
    };
    let prepared = Prepared::new(plan, sample::observed(clock::now())?).map_err(super::several)?;
    let until = prepared.within(common.as_of.unwrap_or(prepared.world().join))?;
    let truth = prepared.truth();
    let mut run = prepared.begin();
    run.advance(until);
    truth.into_iter().for_each(|truth| run.tell_truth(truth));
    Ok(run.panels())
}
