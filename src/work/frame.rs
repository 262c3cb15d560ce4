//! Loads a workspace into memory: facts into a frame, segments and stages over it.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::contact::claim::Spoken;
use crate::frame::part::Part;
use crate::frame::{Builder, ConsentFact, Frame};
use crate::model::consent::Purposes;
use crate::model::definition::Kind;
use crate::model::{Problem, Time};
use crate::rule::Point;
use crate::segment::library::{Library, with_lists};
use crate::segment::{Segment, Stages};
use crate::store::Window;
use crate::store::{Store, StoreError};
use crate::work::columns::{Columns, keep_people};
use crate::work::met::with_assigned;

/// A workspace in memory, ready for rules.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Every segment over the frame, and the frame itself with everybody's stage and intent.
    pub library: Library,
    /// The lifecycle stages and intents in force.
    pub stages: Stages,
    /// The point it shows: just before the moment asked for, else just after the newest event.
    pub point: Point,
    /// Definitions that could not be used, and values that did not fit.
    pub problems: Vec<Problem>,
}

impl Picture {
    /// The frame.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        self.library.frame()
    }
}

/// As many threads as the machine has processors.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The facts of a workspace that happened before a moment, all of them without one. What a source says without a time of
/// its own, which is later than every event, is known at every moment after the newest event, and before it where nothing
/// older is known.
///
/// # Errors
/// When the file cannot be read.
pub fn load_frame(store: &Store, as_of: Option<Time>) -> Result<Frame, StoreError> {
    store.snapshot(|store| {
        let columns = kept(store, true)?;
        let newest = columns.newest();
        let as_of = as_of.filter(|as_of| newest.is_none_or(|newest| *as_of <= newest));
        if as_of.is_none()
            && let Some(folk) = columns.folk
        {
            let frame = folk.with_parts(columns.parts, store.revision()?, threads());
            let newest = frame.counts().newest;
            return with_assigned(store, frame, None, newest);
        }
        let frame = from_rows(store, columns.parts, as_of, as_of)?;
        if as_of.is_none() && columns.keeps {
            keep_people(store, &frame);
        }
        let newest = frame.counts().newest;
        with_assigned(store, frame, as_of, newest)
    })
}

/// All facts of a workspace, and people's traits as they stood when a run starts.
///
/// # Errors
/// When the file cannot be read.
pub fn load_frame_to_start(store: &Store, start: Time) -> Result<Frame, StoreError> {
    store.snapshot(|store| {
        let columns = kept(store, false)?;
        let frame = from_rows(store, columns.parts, None, Some(start))?;
        let newest = frame.counts().newest;
        with_assigned(store, frame, None, newest)
    })
}

/// The events in columns, those of properties left where they are kept if they are.
fn kept(store: &Store, people: bool) -> Result<Columns, StoreError> {
    let mut columns = Columns::load(store, people, threads())?;
    if columns.keep(store) {
        columns = Columns::load(store, people, threads())?;
    }
    Ok(columns)
}

/// Events from parts, and people from rows.
pub(super) fn from_rows(
    store: &Store,
    parts: Vec<Part>,
    as_of: Option<Time>,
    traits_before: Option<Time>,
) -> Result<Frame, StoreError> {
    let mut builder = Builder::new();
    let window = Window { before: as_of.unwrap_or(Time::MAX), ..Window::ALL };
    let overall = parts.iter().filter_map(Part::newest).max();
    let terms: HashMap<i64, String> = store.terms("namespace")?.into_iter().collect();
    let term = |id: i64| terms.get(&id).map_or("", String::as_str);
    store.for_each_identity(|identity| {
        builder.identity(identity.id, term(identity.namespace), identity.value);
        ControlFlow::Continue(())
    })?;
    said(store, &mut builder, overall, as_of, traits_before)?;
    builder.parts(parts, as_of);
    let newest = builder.newest();
    ledgers(store, &mut builder, &window, newest)?;
    Ok(builder.finish_on(store.revision()?, threads()))
}

/// Who is one person, and what was said about them: of those whose identities a builder knows. `overall` is the newest
/// event there is, whoever's and whenever.
pub(super) fn said(
    store: &Store,
    builder: &mut Builder,
    overall: Option<Time>,
    as_of: Option<Time>,
    traits_before: Option<Time>,
) -> Result<(), StoreError> {
    // Without events nothing is later than them, and a moment is a moment.
    let mut said = Window { before: as_of.unwrap_or(Time::MAX), ..Window::ALL };
    if let (Some(newest), Some(moment)) = (overall, traits_before) {
        builder.timeless_from(Some(newest));
        builder.traits_before(moment);
        said = Window::ALL;
    }
    store.for_each_link(&Window::ALL, |link| {
        let timeless = overall.is_some_and(|newest| link.at >= newest);
        if timeless || as_of.is_none_or(|as_of| link.at < as_of) {
            builder.link(link.a, link.b);
        }
        ControlFlow::Continue(())
    })?;
    let limited = store.limited_batches()?;
    store.for_each_identify(&said, |said| {
        let uses = limited.get(&said.batch).map_or(Purposes::ALL, |(_, uses)| *uses);
        builder.identify_for(said.identity, said.at, said.traits, uses);
        ControlFlow::Continue(())
    })
}

/// Messages, consent and do-not-contact of those whose identities a builder knows. `newest` is the newest event seen,
/// whoever's.
pub(super) fn ledgers(
    store: &Store,
    builder: &mut Builder,
    window: &Window,
    newest: Option<Time>,
) -> Result<(), StoreError> {
    store.for_each_message(window, |message| {
        builder.known(message.identity);
        ControlFlow::Continue(())
    })?;
    consents(store, window, newest, builder)?;
    store.for_each_suppression(window, |line| {
        let at = newest.map_or(line.at, |newest| line.at.min(newest));
        builder.suppression(line.identity, line.channel, line.reason, at);
        ControlFlow::Continue(())
    })
}

/// The consent ledger. A workspace of imports is read at its newest event, and an export that says no time of its own
/// counts from its file's, which is later: what is known by then is known at that point too. What was claimed for a whole
/// source gives way to what an address had said itself by then.
fn consents(
    store: &Store,
    window: &Window,
    newest: Option<Time>,
    builder: &mut Builder,
) -> Result<(), StoreError> {
    let (mut lines, mut spoken, mut any) = (Vec::new(), Spoken::default(), false);
    store.for_each_consent(window, |line| {
        let fact = ConsentFact {
            identity: line.identity,
            channel: line.channel,
            purpose: line.purpose,
            state: line.state,
            at: line.at,
            expires: line.expires,
        };
        any |= line.claim.is_some();
        lines.push((fact, line.claim.is_some()));
        ControlFlow::Continue(())
    })?;
    // In the order they were said, so that moving the late ones forward keeps the last word last.
    lines.sort_by_key(|(line, _)| line.at);
    if any {
        let own = lines.iter().filter(|(_, claimed)| !claimed);
        own.for_each(|(line, _)| spoken.said(line.identity, line.channel, line.purpose, line.at));
        lines.retain(|(line, claimed)| {
            !claimed || spoken.leaves(line.identity, line.channel, line.purpose, line.at)
        });
    }
    for (line, claimed) in lines {
        let at = newest.map_or(line.at, |newest| line.at.min(newest));
        let line = ConsentFact { at, ..line };
        if claimed {
            builder.claimed_consent(&line);
        } else {
            builder.consent(&line);
        }
    }
    Ok(())
}

/// The whole picture: facts, segments, stages. A definition that cannot be used is told among the problems and left out;
/// the standard stages stand in for broken ones.
///
/// # Errors
/// When the file cannot be read.
pub fn load(store: &Store, as_of: Option<Time>, threads: usize) -> Result<Picture, StoreError> {
    let frame = load_frame(store, as_of)?;
    let point = as_of.map_or_else(|| frame.now(), Point::before);
    picture(store, frame, point, threads)
}

/// A frame with the workspace's segments and stages over it, at a point.
pub(super) fn picture(
    store: &Store,
    frame: Frame,
    point: Point,
    threads: usize,
) -> Result<Picture, StoreError> {
    let mut problems = Vec::new();
    let mut segments = Vec::new();
    for stored in store.definitions(Kind::Segment)? {
        let definition = stored.definition;
        match Segment::parse(Some(&definition.name), &definition.text) {
            Ok(segment) => segments.push(segment),
            Err(problem) => problems.push(problem.in_file(format!("segment {}", definition.name))),
        }
    }
    let frame = with_lists(&frame, &segments);
    let stages = stages(store, &frame, &mut problems)?;
    let library = Library::new(&stages.label(&frame, point, threads), segments);
    for segment in library.segments() {
        if let Some(Err(faults)) = library.plan(&segment.name) {
            problems.extend(faults.iter().cloned());
        }
    }
    Ok(Picture { library, stages, point, problems })
}

/// The stages in force; the standard ones where a workspace's own cannot be used.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn stages_of(store: &Store, frame: &Frame) -> Result<Stages, StoreError> {
    stages(store, frame, &mut Vec::new())
}

fn stages(store: &Store, frame: &Frame, problems: &mut Vec<Problem>) -> Result<Stages, StoreError> {
    if let Some(stored) = store.definitions(Kind::Stages)?.into_iter().next() {
        let catalog = crate::frame::FrameCatalog::new(frame);
        match Stages::parse(&stored.definition.text, &catalog) {
            Ok(stages) => return Ok(stages),
            Err(found) => problems.extend(found),
        }
    }
    match Stages::standard() {
        Ok(stages) => Ok(stages),
        Err(found) => {
            problems.extend(found);
            Ok(Stages::default())
        }
    }
}
