//! Everybody at one placement: who gets what, and where the others are lost.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use serde_json::json;

use crate::cli::Common;
use crate::cli::segment::print_json;
use crate::decide::{self, Context, Gate, Library, Losses, State, Visitor};
use crate::model::problem::printable;
use crate::panel::crowd::{Member, Visit};
use crate::rule::Point;
use crate::work::console::quiet::Quiet;

/// What is asked.
pub(super) struct Asked<'a> {
    pub(super) place: &'a str,
    pub(super) context: &'a Context,
    pub(super) point: Point,
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    people: u64,
    shown: BTreeMap<String, u64>,
    losses: Losses,
    /// People with nothing, by the gate that stopped what came furthest.
    nothing: BTreeMap<&'static str, u64>,
}

/// Everybody being asked.
struct Asking<'a> {
    library: &'a Library,
    asked: &'a Asked<'a>,
    outcome: Outcome,
}

impl Visit for Asking<'_> {
    fn see<S: State>(&mut self, member: &Member<'_, S>) {
        let (library, asked, outcome) = (self.library, self.asked, &mut self.outcome);
        let visitor = Visitor { state: member.state, context: asked.context };
        let mut losses = Losses::default();
        let decision = decide::placement(library, asked.place, &visitor, asked.point, &mut losses);
        outcome.people += 1;
        outcome.losses.add(&losses);
        match decision.shown.and_then(|shown| library.contents.get(shown.content as usize)) {
            Some(content) => *outcome.shown.entry(content.name.clone()).or_default() += 1,
            None => {
                let gate = losses.furthest().map_or(Gate::Ranking.name(), Gate::name);
                *outcome.nothing.entry(gate).or_default() += 1;
            }
        }
    }
}

pub(super) fn run(quiet: &Quiet, asked: &Asked<'_>, common: &Common) -> anyhow::Result<()> {
    let mut asking = Asking { library: &quiet.setup.library, asked, outcome: Outcome::default() };
    quiet.crowd().each(&mut asking, &mut || false);
    let outcome = asking.outcome;
    if common.json { as_json(asked, &outcome) } else { Ok(print(asked, &outcome)?) }
}

fn print(asked: &Asked<'_>, outcome: &Outcome) -> std::io::Result<()> {
    let mut out = stdout().lock();
    let share = |people: u64| people as f64 / outcome.people.max(1) as f64 * 100.0;
    writeln!(out, "{} people at {}", outcome.people, printable(asked.place))?;
    for (name, people) in &outcome.shown {
        writeln!(out, "{people:>10}  {:>5.1} %  {}", share(*people), printable(name))?;
    }
    for (gate, people) in &outcome.nothing {
        writeln!(out, "{people:>10}  {:>5.1} %  nothing: stopped by {gate}", share(*people))?;
    }
    writeln!(out, "candidates lost, gate by gate:")?;
    for gate in Gate::ALL.into_iter().filter(|gate| outcome.losses.at(*gate) > 0) {
        writeln!(out, "{:>10}  {}", outcome.losses.at(gate), gate.name())?;
    }
    Ok(())
}

fn as_json(asked: &Asked<'_>, outcome: &Outcome) -> anyhow::Result<()> {
    let lost: BTreeMap<&str, u64> =
        Gate::ALL.into_iter().map(|gate| (gate.name(), outcome.losses.at(gate))).collect();
    print_json(&json!({
        "placement": asked.place,
        "at": asked.point.at,
        "people": outcome.people,
        "shown": outcome.shown,
        "nothing": outcome.nothing,
        "candidates_lost": lost,
    }))?;
    Ok(())
}
