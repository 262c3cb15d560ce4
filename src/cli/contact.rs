//! `segue contact`: who stands where under the contact policy, and what another policy would have done.

mod compare;
mod cost;
mod fatigue;
mod forecast;

use std::io::{Write, stdout};
use std::path::PathBuf;

use serde_json::json;

use super::segment::print_json;
use super::{Common, Exit, workspace};
use crate::config;
use crate::contact::cap::Tally;
use crate::contact::opening::{self, Waiting};
use crate::contact::{Policy, Sent, pressure};
use crate::decide::Library;
use crate::model::definition::Kind;
use crate::model::{Seed, Time};
use crate::rule::{OpenCatalog, Point};
use crate::traffic::compile_what_holds;
use crate::traffic::profile::View;
use crate::work::frame::{load, threads};
use crate::work::observed::Observed;

/// What to do about the contact policy
#[derive(Debug, Clone, clap::Subcommand)]
pub enum ContactVerb {
    /// Who is at a cap, in a pause, or over the budget
    Check {
        /// A policy to look with, instead of the workspace's own
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
    /// The same messages under other policies: what goes, what goes later, what does not go at all
    Compare(compare::CompareArguments),
    /// Who will reach a cap under current plans, and which journey takes the slots
    Forecast(forecast::ForecastArguments),
    /// What a message costs, where people were given different caps by chance
    Cost(cost::CostArguments),
    /// Messages and pressure per person, every cap, what is held, and what goes with the n-th message and with pressure
    Fatigue(fatigue::FatigueArguments),
}

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be used, a policy does not read, or stdout is closed.
pub fn run(verb: &ContactVerb, common: &Common) -> anyhow::Result<Exit> {
    match verb {
        ContactVerb::Check { policy } => {
            let mut people = People::load(common)?;
            if let Some(path) = policy {
                people.library.set_policy(read(path)?, &OpenCatalog)?;
            }
            people.check(common)?;
            Ok(people.exit)
        }
        ContactVerb::Compare(arguments) => compare::run(arguments, common),
        ContactVerb::Forecast(arguments) => forecast::run(arguments, common),
        ContactVerb::Cost(arguments) => cost::run(arguments, common),
        ContactVerb::Fatigue(arguments) => fatigue::run(arguments, common),
    }
}

fn read(path: &std::path::Path) -> anyhow::Result<Policy> {
    let text = config::text::read(path)?;
    Ok(Policy::parse(&text).map_err(|problem| problem.in_file(path.display().to_string()))?)
}

/// Everybody with what was sent to them.
struct People {
    observed: Observed,
    library: Library,
    now: Time,
    exit: Exit,
}

impl People {
    fn load(common: &Common) -> anyhow::Result<Self> {
        let store = workspace::open_read_only(common)?;
        let picture = load(&store, common.as_of, threads())?;
        let mut definitions = Vec::new();
        for kind in [
            Kind::Experience,
            Kind::Experiment,
            Kind::Survey,
            Kind::ContactPolicy,
            Kind::Segment,
            Kind::Stages,
        ] {
            definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
        }
        let (mut setup, problems) = compile_what_holds(&definitions, &OpenCatalog, Seed(0));
        let exit = super::told(&problems)?;
        let mut observed =
            Observed::of(picture.frame()).with_ledger(&store, picture.frame(), common.as_of)?;
        observed.recall(&mut setup.library);
        Ok(Self { observed, library: setup.library, now: picture.point.at, exit })
    }

    fn check(&self, common: &Common) -> anyhow::Result<()> {
        let rules = &self.library.policy;
        let (mut at_cap, mut near) = (vec![0_u64; rules.caps.len()], vec![0_u64; rules.caps.len()]);
        let (mut paused, mut over) = (vec![0_u64; rules.cooldowns.len()], 0_u64);
        for profile in &self.observed.people {
            let view = View { profile, words: &self.observed.words };
            let (zone, sends) = (&profile.zone.0, &profile.sends);
            let holding = rules.holding(&view, Point::before(self.now));
            let tally = Tally::of(rules, sends, &self.library, zone, self.now);
            for (index, cap) in rules.caps.iter().enumerate() {
                if holding & rules.bit_of_cap(index) != 0 {
                    let count = tally.count(index);
                    at_cap[index] += u64::from(count >= cap.limit);
                    near[index] += u64::from(count < cap.limit && count + 1 >= cap.limit);
                }
            }
            // What was sent last stands for the next message of its kind.
            if let Some(last) = sends.last() {
                let message = Sent { at: self.now, ..*last };
                for (index, count) in paused.iter_mut().enumerate() {
                    let limits = rules.bit_of_cooldown(index);
                    let waiting = Waiting { sends, message: &message, limits, zone };
                    *count += u64::from(opening::pause(rules, &self.library, &waiting, self.now).is_some());
                }
            }
            let budget = rules.pressure.budget;
            over += u64::from(
                budget.is_some_and(|budget| pressure::at(&rules.pressure, sends, self.now) >= budget),
            );
        }
        let people = self.observed.people.len();
        if common.json {
            print_json(&json!({
                "policy": rules.name, "at": self.now, "people": people, "at_cap": at_cap,
                "one_below": near, "in_cooldown": paused,
                "over_budget": rules.pressure.budget.map(|_| over), "budget_enforced": rules.pressure.enforce,
            }))?;
            return Ok(());
        }
        let mut out = stdout().lock();
        writeln!(out, "policy “{}”, {people} people", crate::model::problem::printable(&rules.name))?;
        for (index, cap) in rules.caps.iter().enumerate() {
            let (number, limit, window) = (index + 1, cap.limit, cap.window);
            writeln!(
                out,
                "  cap {number}: {limit} in {window}: {} at it, {} one below",
                at_cap[index], near[index]
            )?;
        }
        for (index, count) in paused.iter().enumerate() {
            writeln!(out, "  cool-down {}: {count} paused", index + 1)?;
        }
        if let Some(budget) = rules.pressure.budget {
            let would = if rules.pressure.enforce { "is held" } else { "would be held if it were enforced" };
            writeln!(out, "  budget {budget}: a message to {over} people {would}")?;
        }
        Ok(())
    }
}
