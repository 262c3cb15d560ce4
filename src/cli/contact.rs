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
use crate::decide::{Library, State};
use crate::model::Time;
use crate::model::definition::Kind;
use crate::panel::crowd::{Member, Visit};
use crate::rule::{OpenCatalog, Point};
use crate::work::console::quiet::Quiet;

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

/// A workspace with everybody in it.
struct People {
    quiet: Quiet,
    /// The policy looked with, and what messages refer to.
    library: Library,
    exit: Exit,
}

/// Who stands where, while everybody is gone through.
struct Standing<'l> {
    library: &'l Library,
    now: Time,
    at_cap: Vec<u64>,
    near: Vec<u64>,
    paused: Vec<u64>,
    over: u64,
}

impl<'l> Standing<'l> {
    fn under(library: &'l Library, now: Time) -> Self {
        let [caps, pauses] = [library.policy.caps.len(), library.policy.cooldowns.len()];
        Self { library, now, at_cap: vec![0; caps], near: vec![0; caps], paused: vec![0; pauses], over: 0 }
    }
}

impl Visit for Standing<'_> {
    fn see<S: State>(&mut self, member: &Member<'_, S>) {
        let (library, rules, now) = (self.library, &self.library.policy, self.now);
        let (zone, sends) = (member.state.zone().0, member.state.sends());
        let holding = rules.holding(member.state, Point::before(now));
        let tally = Tally::of(rules, sends, library, zone, now);
        for (index, cap) in rules.caps.iter().enumerate() {
            if holding & rules.bit_of_cap(index) != 0 {
                let count = tally.count(index);
                self.at_cap[index] += u64::from(count >= cap.limit);
                self.near[index] += u64::from(count < cap.limit && count + 1 >= cap.limit);
            }
        }
        // What was sent last stands for the next message of its kind.
        if let Some(last) = sends.last() {
            let message = Sent { at: now, ..*last };
            for (index, count) in self.paused.iter_mut().enumerate() {
                let limits = rules.bit_of_cooldown(index);
                let waiting = Waiting { sends, message: &message, limits, zone };
                *count += u64::from(opening::pause(rules, library, &waiting, now).is_some());
            }
        }
        let budget = rules.pressure.budget;
        self.over +=
            u64::from(budget.is_some_and(|budget| pressure::at(&rules.pressure, sends, now) >= budget));
    }
}

impl People {
    fn load(common: &Common) -> anyhow::Result<Self> {
        let store = workspace::open_read_only(common)?;
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
        let quiet = Quiet::load(&store, &definitions, common.as_of)?;
        let exit = super::told(&quiet.problems)?;
        Ok(Self { library: quiet.setup.library.clone(), quiet, exit })
    }

    fn check(&self, common: &Common) -> anyhow::Result<()> {
        let (rules, crowd, now) = (&self.library.policy, self.quiet.crowd(), self.quiet.now);
        let mut standing = Standing::under(&self.library, now);
        crowd.each(&mut standing, &mut || false);
        let Standing { at_cap, near, paused, over, .. } = standing;
        let people = crowd.count();
        if common.json {
            print_json(&json!({
                "policy": rules.name, "at": now, "people": people, "at_cap": at_cap,
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
