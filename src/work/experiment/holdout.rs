//! Holdouts: those held out against everybody else over the same period, as they were drawn.

use super::answer::Request;
use super::exposure::Exposure;
use super::measured::point_of;
use super::units::Units;
use super::wave;
use crate::experiment::bucket;
use crate::experiment::design::Holdout;
use crate::experiment::given::is_given;
use crate::experiment::{Design, Evidence, Metric, Settings};
use crate::model::definition::{ContentHash, Definition, Kind};
use crate::model::{Person, Problem, Time};
use crate::rule::diagnostic::nearest;
use crate::store::Store;
use crate::work::frame::load_frame;

/// A holdout and what was measured of it.
#[derive(Debug, Clone)]
pub struct Held {
    /// The definitions that name it, and those of its metrics.
    pub definitions: Vec<Definition>,
    /// When its period began.
    pub since: Time,
    /// What people are drawn by.
    pub attribute: String,
    /// What was measured; those held out are the control.
    pub evidence: Evidence,
    /// How it is read.
    pub settings: Settings,
    /// The hash of every unit's arm and values.
    pub data: ContentHash,
}

impl Held {
    /// Measures a holdout.
    ///
    /// # Errors
    /// No experiment names it, those that do disagree about it, its period has not begun, or the workspace cannot be read.
    pub fn load(store: &Store, request: &Request) -> anyhow::Result<Self> {
        let naming = naming(store, &request.name)?;
        let holdout = agreed(&request.name, &naming)?;
        let Some((_, first)) = naming.first() else { return Err(unknown(store, &request.name)?.into()) };
        let since = since(store, request, &naming)?;
        let design = design(&holdout, first, &naming, &request.metrics);
        let (defined, used) = metrics(store, &design)?;
        let measured = design.measured(&defined).map_err(|problems| wave::several(&design.name, problems))?;
        let frame = load_frame(store, None)?;
        let point = point_of(&frame, request.as_of, since);
        if !point.sees(since) {
            return Err(Problem::new(
                "holdout-early",
                format!("the period begins {since}, after {}", point.at),
            )
            .help("name an earlier beginning with --since")
            .into());
        }
        let people = frame.people();
        let exposures: Vec<Exposure> = (0..people.len() as u32)
            .map(Person)
            .filter_map(|person| {
                let value = first.hashed(|namespace| people.identity_in(person, namespace))?;
                let out = bucket::held_out(value, &holdout.name, holdout.share);
                Some(Exposure { person, at: since, variant: usize::from(!out) })
            })
            .collect();
        let (evidence, data) = Units::new(&frame, &design, &measured, &exposures).evidence(point)?;
        let definitions = naming.iter().map(|(definition, _)| definition.clone()).chain(used).collect();
        let settings = Settings::of(&design, true);
        Ok(Self { definitions, since, attribute: first.hash_attribute.clone(), evidence, settings, data })
    }
}

/// The experiments that name a holdout, by name.
fn naming(store: &Store, name: &str) -> anyhow::Result<Vec<(Definition, Design)>> {
    let stored = store.definitions(Kind::Experiment)?.into_iter().map(|stored| stored.definition);
    let designs = stored.filter(|definition| !is_given(&definition.text)).filter_map(|definition| {
        let design = Design::read(&definition.text).ok()?;
        design.holdout.as_ref().is_some_and(|holdout| holdout.name == name).then_some((definition, design))
    });
    Ok(designs.collect())
}

fn unknown(store: &Store, name: &str) -> anyhow::Result<Problem> {
    let stored = store.definitions(Kind::Experiment)?;
    let known: Vec<String> = stored
        .iter()
        .filter_map(|stored| Some(Design::read(&stored.definition.text).ok()?.holdout?.name))
        .collect();
    let help = match nearest(name, known.iter().cloned()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => {
            "write holdout = { name = \"global\", share = 0.05 } in an experiment".to_owned()
        }
        None => format!("there are: {}", known.join(", ")),
    };
    Ok(Problem::new("holdout-unknown", format!("no experiment names a holdout `{name}`")).help(help))
}

/// The holdout as all experiments that name it say it.
fn agreed(name: &str, naming: &[(Definition, Design)]) -> Result<Holdout, Problem> {
    let said =
        |design: &Design| (design.holdout.clone(), design.hash_attribute.clone(), design.fallback.clone());
    let mut all = naming.iter().map(|(_, design)| said(design));
    let Some(first) = all.next() else {
        return Ok(Holdout { name: name.to_owned(), share: 0.0 });
    };
    if all.any(|other| other != first) {
        return Err(Problem::new(
            "holdout-disagree",
            format!(
                "the experiments that name {name} disagree about its share or about what people are drawn by"
            ),
        )
        .help("write the same holdout, hash_attribute and fallback in all of them"));
    }
    Ok(first.0.unwrap_or(Holdout { name: name.to_owned(), share: 0.0 }))
}

/// The beginning that is said, else the first exposure of an experiment that names the holdout.
fn since(store: &Store, request: &Request, naming: &[(Definition, Design)]) -> anyhow::Result<Time> {
    if let Some(since) = request.since {
        return Ok(since);
    }
    let waves = wave::all(store)?;
    let ours =
        waves.iter().filter(|(_, wave)| naming.iter().any(|(_, design)| design.name == wave.experiment));
    ours.map(|(_, wave)| wave.at).min().ok_or_else(|| {
        Problem::new("holdout-since", format!("no experiment that names {} was assigned yet", request.name))
            .help("say when its period began: --since 2026-05-01")
            .into()
    })
}

/// Those held out as the control of everybody else.
fn design(holdout: &Holdout, first: &Design, naming: &[(Definition, Design)], asked: &[String]) -> Design {
    let mut design = first.clone();
    design.name.clone_from(&holdout.name);
    let arm = |name: &str, weight| crate::experiment::design::Variant {
        name: name.to_owned(),
        weight: Some(weight),
        experience: None,
        hold_back: false,
    };
    design.variants = vec![arm("held out", holdout.share), arm("everybody else", 1.0 - holdout.share)];
    let mut primary: Vec<String> = asked.to_vec();
    if primary.is_empty() {
        primary.extend(naming.iter().flat_map(|(_, design)| design.metrics.primary.clone()));
    }
    let mut seen = std::collections::BTreeSet::new();
    primary.retain(|name| seen.insert(name.clone()));
    // A whole period is measured: a window of days after one message does not apply.
    design.metrics = crate::experiment::design::Metrics { primary, ..Default::default() };
    design
}

fn metrics(store: &Store, design: &Design) -> anyhow::Result<(Vec<Metric>, Vec<Definition>)> {
    let (mut defined, mut used) = (Vec::new(), Vec::new());
    for name in design.metrics.names() {
        let stored = store.definition(Kind::Metric, name)?;
        let metric = match &stored {
            Some(stored) => Some(
                Metric::read(&stored.definition.text).map_err(|problems| wave::several(name, problems))?,
            ),
            None => crate::experiment::ready::metric(name),
        };
        // From the beginning of the period to its end, whatever the metric's own window.
        defined.extend(metric.map(|metric| Metric { window: None, delay: None, ..metric }));
        used.extend(stored.map(|stored| stored.definition));
    }
    Ok((defined, used))
}
