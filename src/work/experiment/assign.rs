//! Assigning a segment to files: consent, suppression and caps first, then the split, then one list per variant, with every
//! exposure and every planned message on record.

mod lists;
mod members;
mod sending;
mod split;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) use self::members::{of_rule, of_segment};
use self::sending::Sending;
use self::split::Split;
use super::wave::{Standing, Wave};
use crate::exchange::sheet::{self, Sheet};
use crate::experiment::{Design, Metric};
use crate::model::definition::Kind;
use crate::model::message::{Message, MessageState};
use crate::model::{BatchId, Problem, Span, Time};
use crate::rule::Point;
use crate::segment::Segment;
use crate::store::{
    BatchKind, BatchMeta, Begun, Elsewhere, ExposureFact, MessageFact, Store, StoredDefinition,
};
use crate::work::frame::{Picture, load, threads};
use crate::work::observed::Observed;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The experiment.
    pub name: String,
    /// Whose members are assigned; with a targeting of the design, who is in both.
    pub segment: Option<String>,
    /// The moment the messages go out; just after the newest event if not said.
    pub at: Option<Time>,
    /// What people are hashed with, if not as the design says.
    pub seed: Option<String>,
    /// Whether new people join those assigned before. Who is in already stays where they are, and is written again only where
    /// the design says so.
    pub again: bool,
    /// Where the lists go.
    pub out: PathBuf,
}

/// One variant of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// The variant.
    pub variant: String,
    /// People in it.
    pub people: u64,
    /// Of them, those who were in it before.
    pub before: u64,
    /// People on its list.
    pub written: u64,
    /// Its list; none for who is held back.
    pub file: Option<PathBuf>,
}

/// What became of everybody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The batch that recorded it.
    pub batch: BatchId,
    /// What was recorded.
    pub wave: Wave,
    /// People who were asked for.
    pub considered: u64,
    /// People left out before the split, by the reason.
    pub left_out: Vec<(String, u64)>,
    /// People assigned before whom a repeated message does not reach, by the reason.
    pub not_again: Vec<(String, u64)>,
    /// The variants.
    pub arms: Vec<Arm>,
    /// The earliest moment after a quiet hour of somebody, where the moment is quiet for them.
    pub quiet_until: Option<Time>,
}

/// What an assignment came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Assigned(Box<Assigned>),
    /// Everybody asked for is in it already, or kept out of it; nothing was changed.
    NobodyNew {
        /// People who are in it.
        known: u64,
        /// People left out, by the reason.
        left_out: Vec<(String, u64)>,
    },
    /// It was made before and nothing was changed.
    Already(Vec<(BatchId, Wave)>),
}

/// Assigns.
///
/// # Errors
/// There is no such experiment or segment, nothing says what is sent, or files or workspace cannot be written.
pub fn assign(store: &mut Store, request: &Request, now: Time) -> anyhow::Result<Outcome> {
    let standing = Standing::of(store, &request.name)?;
    let waves: Vec<(BatchId, Wave)> = standing.of_phase(standing.phase).cloned().collect();
    if !request.again && !waves.is_empty() {
        return Ok(Outcome::Already(waves));
    }
    measurable(store, &standing.design)?;
    let seed = seed(request, &standing, &waves)?;
    let design = Design { seed: Some(seed.clone()), ..standing.design.clone() };
    let (picture, at) = picture(store, request.at)?;
    if let Some((_, last)) = waves.last()
        && at < last.at
    {
        return Err(Problem::new(
            "assign-earlier",
            format!("the last assignment stands for {}, which is later", last.at),
        )
        .help("name a later moment with --at")
        .into());
    }
    let members = members::of(&picture, request.segment.as_ref(), &design)?;
    let mut sending = Sending::new(store, &design)?;
    // What was booked for the same moment is booked before.
    let mut observed =
        Observed::of(picture.frame()).with_ledger(store, picture.frame(), Some(at + Span(1)))?;
    observed.recall(&mut sending.library);
    let known = super::exposure::first(store, &standing, standing.phase, picture.frame())?;
    let split = Split::of(&picture, &members, &design, &sending, &observed, at, &known);
    if split.units.is_empty() {
        return Err(nobody(&standing.design.name, members.count(), &split.left_out).into());
    }
    if split.units.iter().all(|unit| unit.before && !unit.written) {
        return Ok(Outcome::NobodyNew {
            known: split.units.len() as u64,
            left_out: split.left_out.into_iter().collect(),
        });
    }
    let number = waves.len() as u32 + 1;
    let sheets = lists::of(&split, &picture, &design, &sending, number);
    let files =
        sheet::write(&request.out, &sheets.iter().map(|(_, sheet)| sheet.clone()).collect::<Vec<_>>())?;
    let wave = Wave {
        experiment: standing.design.name.clone(),
        version: standing.stored.definition.version,
        definition: standing.stored.definition.hash().to_string(),
        phase: standing.phase,
        number,
        at,
        segment: request.segment.clone(),
        seed,
        people: split.counts(&design, |_| true),
        joined: split.counts(&design, |unit| !unit.before),
        files: sheets
            .iter()
            .map(|(arm, sheet)| (design.variants[*arm].name.clone(), sheet.file.clone()))
            .collect(),
    };
    let batch = record(store, &standing.stored, &wave, &split, &sending, files, now)?;
    let arms = arms(&design, &split, &sheets, &request.out);
    Ok(Outcome::Assigned(Box::new(Assigned {
        batch,
        wave,
        considered: members.count(),
        left_out: split.left_out.into_iter().collect(),
        not_again: split.not_again.into_iter().collect(),
        arms,
        quiet_until: split.quiet_until,
    })))
}

/// The workspace at the moment the messages go out. What an export says without a time of its own is known at its newest
/// event, so a later moment reads everything there is.
pub(super) fn picture(store: &Store, at: Option<Time>) -> anyhow::Result<(Picture, Time)> {
    let mut picture = load(store, None, threads())?;
    let newest = picture.frame().counts().newest;
    let at = at.or_else(|| newest.map(|newest| newest + Span(1))).unwrap_or(picture.point.at);
    if newest.is_some_and(|newest| at <= newest) {
        return Ok((load(store, Some(at), threads())?, at));
    }
    picture.point = Point::before(at);
    let labelled = picture.stages.label(picture.frame(), picture.point, threads());
    let segments: Vec<Segment> = picture.library.segments().cloned().collect();
    picture.library = crate::segment::Library::new(&labelled, segments);
    Ok((picture, at))
}

fn nobody(name: &str, asked: u64, left_out: &BTreeMap<String, u64>) -> Problem {
    let reasons: Vec<String> = left_out.iter().map(|(reason, people)| format!("{people} {reason}")).collect();
    let problem =
        Problem::new("assign-nobody", format!("of {asked} people nobody is left to be assigned to {name}"));
    match reasons.is_empty() {
        true => problem.help("the segment has no members at that moment"),
        false => problem.help(format!("left out: {}", reasons.join(", "))),
    }
}

/// Nobody is exposed to a test whose result could not be read out.
fn measurable(store: &Store, design: &Design) -> anyhow::Result<()> {
    let stored = store.definitions(Kind::Metric)?;
    let defined: Vec<Metric> =
        stored.iter().filter_map(|stored| Metric::read(&stored.definition.text).ok()).collect();
    match design.measured(&defined) {
        Ok(_) => Ok(()),
        Err(problems) => Err(anyhow::anyhow!(
            "nobody was assigned: {}",
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        )),
    }
}

/// What people are hashed with: once somebody was assigned, that stays.
fn seed(request: &Request, standing: &Standing, waves: &[(BatchId, Wave)]) -> Result<String, Problem> {
    let planned = || request.seed.clone().unwrap_or_else(|| standing.design.seed().to_owned());
    let Some((_, wave)) = waves.first() else { return Ok(planned()) };
    match &request.seed {
        Some(other) if *other != wave.seed => {
            Err(Problem::new("assign-seed", format!("people were assigned with the seed `{}`", wave.seed))
                .help("leave --seed out: another seed would move people to other variants"))
        }
        _ => Ok(wave.seed.clone()),
    }
}

/// Writes exposures, planned messages and files; all of it or nothing.
fn record(
    store: &mut Store,
    stored: &StoredDefinition,
    wave: &Wave,
    split: &Split,
    sending: &Sending,
    files: sheet::Written,
    now: Time,
) -> anyhow::Result<BatchId> {
    let meta = BatchMeta {
        kind: BatchKind::Live,
        file: format!("assign {}", wave.experiment),
        sha256: None,
        mapping: Some(wave.text()?),
        source: None,
    };
    let definition = Some(stored.definition.hash());
    let fresh = split.units.iter().filter(|unit| !unit.before);
    let exposures: Vec<ExposureFact> = fresh
        .map(|unit| ExposureFact {
            identity: unit.identity.clone(),
            at: wave.at,
            experiment: wave.experiment.clone(),
            variant: wave.people[unit.arm].0.clone(),
            definition,
        })
        .collect();
    let messages: Vec<MessageFact> = split
        .units
        .iter()
        .filter(|unit| unit.written)
        .filter_map(|unit| {
            let what = sending.content(unit.arm)?;
            let message = Message {
                at: wave.at,
                channel: what.channel,
                purpose: what.purpose,
                experience: what.name.clone(),
                journey: None,
                categories: what.categories.clone(),
                state: MessageState::Planned,
                held: None,
                updated: wave.at,
            };
            Some(MessageFact { identity: unit.identity.clone(), message, definition })
        })
        .collect();
    let mut writer = match store.begin(&meta, now)? {
        Begun::New(writer) => writer,
        Begun::Already(batch) => return Ok(batch.id),
    };
    writer.exposures(&exposures, now)?;
    writer.messages(&messages, now)?;
    let shown = match files.show() {
        Ok(shown) => shown,
        Err(problem) => {
            writer.abandon(now)?;
            return Err(problem.into());
        }
    };
    match writer.finish(Elsewhere::default(), now) {
        Ok(batch) => Ok(batch.id),
        Err(error) => {
            shown.take_back();
            Err(error.into())
        }
    }
}

fn arms(design: &Design, split: &Split, sheets: &[(usize, Sheet)], out: &Path) -> Vec<Arm> {
    let of = |(arm, variant): (usize, &crate::experiment::design::Variant)| {
        let units = split.units.iter().filter(|unit| unit.arm == arm);
        let sheet = sheets.iter().find(|(of, _)| *of == arm);
        Arm {
            variant: variant.name.clone(),
            people: units.clone().count() as u64,
            before: units.clone().filter(|unit| unit.before).count() as u64,
            written: sheet.map_or(0, |(_, sheet)| sheet.rows.len() as u64),
            file: sheet.map(|(_, sheet)| out.join(&sheet.file)),
        }
    };
    design.variants.iter().enumerate().map(of).collect()
}
