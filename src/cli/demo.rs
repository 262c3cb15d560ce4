//! `segue demo`: the sample shop at work.

use std::io::Write;

use anyhow::Context;

use super::{Common, Exit};
use crate::model::Seed;
use crate::work::observed::Observed;
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
}

/// Runs the verb.
///
/// # Errors
/// What could not be done.
pub fn run(args: &Args, common: &Common) -> anyhow::Result<Exit> {
    let definitions = sample::definitions()?;
    let plan = Plan {
        workspace: "demo shop".to_owned(),
        definitions,
        seed: Seed(args.seed),
        people: args.people,
        threads: args.threads,
    };
    let prepared = Prepared::new(plan, Observed::nobody()).map_err(super::several)?;
    let truth = prepared.truth();
    let mut run = prepared.begin();
    let until = common.as_of.unwrap_or(run.world().join);
    run.advance(until);
    truth.into_iter().for_each(|truth| run.tell_truth(truth));
    let panels = run.panels().context("the sample has no experiment")?;
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &panels)?;
    writeln!(out)?;
    Ok(Exit::Done)
}
