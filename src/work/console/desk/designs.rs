//! Experiments as they are designed: opened, judged while somebody types, and kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Desk, first, now, problem_of};
use crate::experiment::design::{Intake, Sizing};
use crate::experiment::given::is_given;
use crate::experiment::{Design, ready};
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Time};
use crate::panel::designs::{
    Expectation, ExpectedMetric, Opened, Picks, PowerCurve, Running, Verdict, expectation,
};
use crate::panel::figures;
use crate::store::Store;
use crate::work::experiment::outlook::{Curve, Expected, Foresight, Planned};
use crate::work::experiment::own::Basis;
use crate::work::experiment::wave;
use crate::work::port::{Room, Update};

/// Designs that are being written.
#[derive(Debug, Default)]
pub(super) struct Drafting {
    /// The workspace as designs are held against it, and the revision it was read at.
    foresight: Option<(i64, Foresight)>,
    /// A sound design whose outlook nobody has worked out yet, with the verdict it belongs to.
    due: Option<(Design, Verdict)>,
}

impl Drafting {
    /// Lets go of what was read: nobody designs anything now.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Whether something is still to be worked out.
    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }
}

impl Desk {
    /// Opens an experiment's design, or a new one.
    pub(super) fn open_design(&self, name: Option<String>) {
        match self.opened(name) {
            Ok(opened) => self.say(Update::DesignOpened(Arc::new(opened))),
            Err(error) => self.say(Update::Toast(problem_of(&error))),
        }
    }

    fn opened(&self, name: Option<String>) -> anyhow::Result<Opened> {
        let Some(store) = &self.store else { anyhow::bail!(no_workspace()) };
        let stored = match &name {
            Some(name) => store.definition(Kind::Experiment, name)?,
            None => None,
        };
        let Some(wanted) = name else { return Ok(Opened { picks: self.picks(store)?, ..Opened::default() }) };
        match stored {
            Some(stored) if !is_given(&stored.definition.text) => Ok(Opened {
                name: Some(wanted),
                version: Some(stored.definition.version),
                text: stored.definition.text,
                picks: self.picks(store)?,
            }),
            _ => {
                let what =
                    format!("the values of `{wanted}` were given by an import: it was designed elsewhere");
                anyhow::bail!(Problem::new("design-given", what).help("n designs an experiment of your own"))
            }
        }
    }

    fn picks(&self, store: &Store) -> anyhow::Result<Picks> {
        let names = |kind: Kind| -> anyhow::Result<Vec<String>> {
            Ok(store.definitions(kind)?.into_iter().map(|stored| stored.definition.name).collect())
        };
        let (mut layers, mut holdouts) = (BTreeSet::new(), BTreeSet::new());
        let mut namespaces: BTreeSet<String> = ["user_id", "email", "anonymous_id"].map(str::to_owned).into();
        for stored in store.definitions(Kind::Experiment)? {
            let Ok(design) = Design::read(&stored.definition.text) else { continue };
            layers.extend(design.layer.map(|layer| layer.name));
            holdouts.extend(design.holdout.map(|holdout| holdout.name));
            namespaces.insert(design.hash_attribute);
        }
        let mut metrics = names(Kind::Metric)?;
        metrics.extend(
            ready::NAMES
                .iter()
                .filter(|name| !metrics.contains(&(**name).to_owned()))
                .map(|n| (*n).to_owned())
                .collect::<Vec<_>>(),
        );
        let members = |name: &str| self.shelf.members(name);
        Ok(Picks {
            segments: self
                .shelf
                .plans()
                .iter()
                .map(|plan| (plan.name.to_owned(), members(plan.name)))
                .collect(),
            metrics,
            experiences: names(Kind::Experience)?,
            namespaces: namespaces.into_iter().collect(),
            layers: layers.into_iter().collect(),
            holdouts: holdouts.into_iter().collect(),
        })
    }

    /// Says at once what is wrong and what a change does; what can be expected follows when nobody asks anything newer.
    pub(super) fn check_design(&mut self, text: &str, ticket: u64) {
        self.drafting.due = None;
        let mut verdict =
            Verdict { ticket, problems: Vec::new(), running: None, expectation: None, basis: String::new() };
        match Design::read(text) {
            Err(problems) => {
                // What it can see does not depend on what it will be called.
                let nameless = problems.iter().all(|problem| problem.code == "experiment-name");
                verdict.problems = problems;
                if let Some(design) = toml::from_str::<Design>(text).ok().filter(|_| nameless) {
                    self.drafting.due = Some((design, verdict.clone()));
                }
            }
            Ok(design) => {
                match self.running(&design.name, text) {
                    Ok(running) => verdict.running = running,
                    Err(error) => verdict.problems.push(problem_of(&error)),
                }
                self.drafting.due = Some((design, verdict.clone()));
            }
        }
        self.say(Update::DesignJudged(Arc::new(verdict)));
    }

    fn running(&self, name: &str, text: &str) -> anyhow::Result<Option<Running>> {
        let Some(store) = &self.store else { return Ok(None) };
        let text = text.to_owned();
        let new = Definition { kind: Kind::Experiment, name: name.to_owned(), version: u32::MAX, text };
        let found = wave::changes(store, &new)?;
        Ok(found.map(|wave::Running { changes, phase, begins }| Running { changes, phase, begins }))
    }

    /// Works out what can be expected of the newest sound design.
    pub(super) fn foresee(&mut self) {
        let Some((design, mut verdict)) = self.drafting.due.take() else { return };
        match self.planned(&design) {
            Ok((planned, basis)) => {
                let expected = expected(&planned);
                verdict.basis = [expectation::sources(&expected.metrics), basis].concat();
                verdict.expectation = Some(expected);
            }
            Err(error) => verdict.problems.push(problem_of(&error)),
        }
        self.say(Update::DesignJudged(Arc::new(verdict)));
    }

    fn planned(&mut self, design: &Design) -> anyhow::Result<(Planned, String)> {
        let Some(store) = &self.store else { anyhow::bail!(no_workspace()) };
        let revision = store.revision()?;
        let known = self.drafting.foresight.take().filter(|(at, _)| *at == revision);
        let (_, foresight) = match known {
            Some(known) => self.drafting.foresight.insert(known),
            None => self.drafting.foresight.insert((revision, Foresight::new(store, None)?)),
        };
        let planned = foresight.plan(store, design, Curve::Without)?;
        Ok((planned, basis(foresight.everybody(), foresight.at(), self.run.is_some())))
    }

    /// Keeps a design as the newest version of its name, by the checks of `segue define`.
    pub(super) fn save_design(&mut self, text: &str) {
        match self.store_design(text) {
            Ok((name, version, said)) => {
                self.say(Update::DesignSaved { name, version });
                self.show(Room::Experiments);
                said.into_iter().for_each(|said| self.say(Update::Note(said)));
            }
            Err(error) => self.say(Update::Toast(problem_of(&error))),
        }
    }

    fn store_design(&mut self, text: &str) -> anyhow::Result<(String, u32, Option<String>)> {
        let design = Design::read(text).map_err(first)?;
        let known = match &self.store {
            Some(store) => store.definition(Kind::Experiment, &design.name)?,
            None => anyhow::bail!(no_workspace()),
        };
        if known.is_some_and(|stored| is_given(&stored.definition.text)) {
            let what = format!("an imported test is called `{}`", design.name);
            anyhow::bail!(Problem::new("design-given", what).help("give the design another name"));
        }
        // Names it uses are held against the workspace before anything is kept.
        self.planned(&design)?;
        let running = self.running(&design.name, text)?;
        let Some(store) = &mut self.store else { anyhow::bail!(no_workspace()) };
        let stored = store.define(Kind::Experiment, &design.name, text, now())?;
        let kept = format!("kept {} as version {}", design.name, stored.definition.version);
        let said = match running {
            Some(running) if running.begins => format!("{kept}; phase {} begins", running.phase),
            _ => kept,
        };
        Ok((design.name, stored.definition.version, Some(said)))
    }
}

fn no_workspace() -> Problem {
    Problem::new("design-no-workspace", "no workspace is open, so nothing can be held against it or kept")
}

/// Which people an outlook speaks of.
fn basis(people: u64, at: Time, simulated: bool) -> String {
    let people = figures::plural(people, "observed person", "observed people");
    let at = at.long(&jiff::tz::TimeZone::UTC);
    let apart = if simulated { "; the simulated run is not counted" } else { "" };
    format!("from {people}, as of {at}{apart}")
}

fn expected(planned: &Planned) -> Expectation {
    let design = &planned.design;
    let head = planned.metrics.first();
    let told =
        head.map(|head| (head.metric.name.as_str(), head.outlook.as_ref().map(|(_, outlook)| outlook)));
    Expectation {
        sentence: expectation::sentence(told, design.intake()),
        takes_part: takes_part(planned),
        decides: expectation::decides(design),
        mind: expectation::peeking(design),
        metrics: planned.metrics.iter().map(of_metric).collect(),
        curve: head.and_then(|head| curve(head, planned)),
    }
}

fn curve(head: &Expected, planned: &Planned) -> Option<PowerCurve> {
    let (outcome, outlook) = head.outlook.as_ref().ok()?;
    let sizing = Sizing { rho: head.rho, ..Sizing::of(&planned.design, *outcome) };
    let needed = outlook.needed.as_ref().and_then(|needed| needed.as_ref().ok()).copied();
    PowerCurve::of(&sizing, outlook.wanted?, planned.units, needed)
}

fn of_metric(expected: &Expected) -> ExpectedMetric {
    let name = expected.metric.name.clone();
    let own = expectation::own(expected.basis == Basis::AllArms, expected.people);
    let own = (expected.basis != Basis::Before).then_some(own);
    match &expected.outlook {
        Err(why) => {
            ExpectedMetric { name, now: String::new(), own, sees: None, withheld: Some(why.sentence()) }
        }
        Ok((outcome, outlook)) => ExpectedMetric {
            name,
            now: match outcome {
                crate::experiment::design::Outcome::Proportion { baseline } => figures::percent(*baseline),
                crate::experiment::design::Outcome::Mean { mean, .. } => figures::mean(*mean),
            },
            own,
            sees: outlook.detectable.as_ref().ok().copied(),
            withheld: outlook.detectable.as_ref().err().map(crate::stats::Why::sentence),
        },
    }
}

fn takes_part(planned: &Planned) -> String {
    let design = &planned.design;
    let units = figures::count(planned.units.round().max(0.0) as u64);
    let share = figures::percent(design.share());
    match design.intake() {
        Intake::AtOnce => {
            format!("{units} of {} people it is for, at once ({share})", figures::count(planned.reach.known))
        }
        Intake::AsTheyCome => format!(
            "{units} people in {} ({share} of those who come by)",
            figures::plural(u64::from(design.planned_weeks()), "week", "weeks")
        ),
    }
}
