//! An import from end to end: the file is read on one thread and stored on another, and nothing is visible until both
//! are done.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::Instant;

use anyhow::Context;
use jiff::Timestamp;

use super::reach::{self, Reach};
use super::{Cancel, Progress};
use crate::exchange::claimed::Addresses;
use crate::exchange::{
    self, Encoding, ExperimentColumns, ExperimentFile, Finished, Form, Input, MetricKind, ReadOptions,
    Recognised, Stopped, Tally,
};
use crate::model::definition::Kind;
use crate::model::fact::FactChunk;
use crate::model::{Problem, Time};
use crate::store::{
    self, Batch, BatchKind, BatchMeta, BatchState, BatchWriter, Begun, Elsewhere, Store, UnitRow,
};

/// Chunks in flight between reading and storing; each is a few megabytes.
const IN_FLIGHT: usize = 4;

/// How an import ended.
#[derive(Debug)]
pub struct Imported {
    /// The file.
    pub file: String,
    /// The batch; none when it was only rehearsed or was cancelled.
    pub batch: Option<Batch>,
    /// Whether the same file was imported the same way before, so that nothing was read.
    pub already: bool,
    /// Whether it was cancelled and undone.
    pub cancelled: bool,
    /// What was seen in the file; empty when nothing was read.
    pub tally: Tally,
    /// The encoding of the file.
    pub encoding: Encoding,
    /// What was rejected.
    pub rejected: Rejected,
    /// A few facts as they were understood, of a rehearsal.
    pub samples: Vec<String>,
    /// Whom the claim made for the file speaks for, channel by channel; nothing without one.
    pub reach: Vec<Reach>,
}

/// What was rejected.
#[derive(Debug, Default)]
pub struct Rejected {
    /// The reject file, if there is one.
    pub file: Option<PathBuf>,
    /// The first problems.
    pub shown: Vec<Problem>,
    /// Rows by problem code.
    pub by_code: std::collections::BTreeMap<&'static str, u64>,
    /// Why the reject file could not be written.
    pub unwritten: Option<Problem>,
}

impl Imported {
    fn of(file: String, finished: Finished) -> Self {
        let rejects = finished.rejects;
        let rejected = Rejected {
            file: rejects.file().map(PathBuf::from),
            shown: rejects.shown,
            by_code: rejects.by_code,
            unwritten: rejects.unwritten,
        };
        Self {
            file,
            batch: None,
            already: false,
            cancelled: finished.stopped,
            tally: finished.tally,
            encoding: finished.encoding,
            rejected,
            samples: Vec::new(),
            reach: Vec::new(),
        }
    }

    fn already(file: String, batch: Batch, encoding: Encoding) -> Self {
        Self {
            file,
            batch: Some(batch),
            already: true,
            cancelled: false,
            tally: Tally::default(),
            encoding,
            rejected: Rejected::default(),
            samples: Vec::new(),
            reach: Vec::new(),
        }
    }
}

/// What an import reports to and listens to while it runs.
#[derive(Debug)]
pub struct Watch<'a, P: FnMut(&Progress)> {
    /// Called after every chunk.
    pub progress: P,
    /// Looked at between chunks.
    pub cancel: &'a Cancel,
}

fn now() -> Time {
    Time::from_timestamp(Timestamp::now())
}

fn options(input: &Input, rejects: Option<PathBuf>, now: Time) -> ReadOptions {
    ReadOptions {
        import: now,
        held: input.written().map_or(now, |written| written.min(now)),
        rejects,
        taken: Arc::new(AtomicU64::new(0)),
    }
}

/// Reads a file without storing anything: what an import would bring.
///
/// # Errors
/// The file breaks off or is damaged.
pub fn rehearse<P: FnMut(&Progress)>(
    recognised: &Recognised,
    watch: &mut Watch<'_, P>,
) -> Result<Imported, Problem> {
    let options = options(&recognised.input, None, now());
    let mut pace = Pace::start(recognised, &options);
    let mut samples = Vec::new();
    let mut addresses = recognised.claim.as_ref().map(Addresses::of);
    let mut deliver = |mut chunk: FactChunk| {
        if let Some(addresses) = &mut addresses {
            addresses.add(&mut chunk);
        }
        if samples.is_empty() {
            samples = sample(&chunk);
        }
        (watch.progress)(&pace.after(chunk.rows));
        if watch.cancel.is_cancelled() { Err(Stopped) } else { Ok(chunk) }
    };
    let finished = exchange::read(recognised, &options, &mut deliver)?;
    let mut imported = Imported::of(recognised.input.name(), finished);
    imported.samples = samples;
    imported.reach = addresses.map_or_else(Vec::new, |addresses| reach::rehearsed(&addresses));
    Ok(imported)
}

/// Observed facts never go into a run's file, so that simulated and observed ones cannot mix.
fn refuse_runs(store: &Store) -> anyhow::Result<()> {
    match store.is_run()? {
        Some(run) => Err(Problem::new("run-file", format!("this file holds the simulated run {}", run.id))
            .in_file(store.path().display().to_string())
            .help("import into a workspace of its own: -w shop.db")
            .into()),
        None => Ok(()),
    }
}

/// Imports a recognised file into a workspace.
///
/// # Errors
/// A problem with the file or the workspace; whatever was written is taken back.
pub fn import<P: FnMut(&Progress)>(
    store: &mut Store,
    recognised: &Recognised,
    rejects: Option<PathBuf>,
    watch: &mut Watch<'_, P>,
) -> anyhow::Result<Imported> {
    refuse_runs(store)?;
    let began = now();
    let file = recognised.input.name();
    let mapping = match &recognised.form {
        Form::Messages => None,
        Form::Table(form) => Some(form.mapping.to_toml()?),
    };
    // The same file under another claim is another import.
    let mapping = match &recognised.claim {
        Some(claim) => Some(mapping.unwrap_or_default() + &reach::as_comment(claim)),
        None => mapping,
    };
    // Only where something was imported before can this be the same file again; otherwise its hash is worked out beside
    // the reading instead of before it.
    let known = store.batches()?.iter().any(|batch| batch.state == BatchState::Complete);
    let sha256 = if known { Some(recognised.input.hash().with_context(|| file.clone())?) } else { None };
    let meta = BatchMeta {
        kind: BatchKind::Import,
        file: file.clone(),
        sha256,
        mapping,
        source: Some(recognised.source().to_owned()),
    };
    let mut writer = match store.begin(&meta, began)? {
        Begun::New(writer) => writer,
        Begun::Already(batch) => return Ok(Imported::already(file, batch, recognised.encoding())),
    };
    if let Some(claim) = &recognised.claim
        && let Err(error) = writer.claim(claim, began)
    {
        writer.abandon(now())?;
        return Err(error.into());
    }
    let options = options(&recognised.input, rejects, began);
    let (finished, writer) = transfer(recognised, &options, writer, !known, watch)?;
    if finished.stopped {
        writer.abandon(now())?;
        return Ok(Imported::of(file, finished));
    }
    let elsewhere = Elsewhere {
        grouped: finished.tally.grouped,
        rejected: finished.tally.rejected,
        merged: finished.tally.dropped,
        ledgers: 0,
    };
    let batch = writer.finish(elsewhere, now())?;
    let mut imported = Imported::of(file, finished);
    if let Some(claim) = &recognised.claim {
        imported.reach = reach::of_batch(store, batch.id, claim)?;
    }
    imported.batch = Some(batch);
    Ok(imported)
}

/// Reads on a thread of its own and stores here. Whichever side fails ends the other.
fn transfer<'s, P: FnMut(&Progress)>(
    recognised: &Recognised,
    options: &ReadOptions,
    mut writer: BatchWriter<'s>,
    hash: bool,
    watch: &mut Watch<'_, P>,
) -> anyhow::Result<(Finished, BatchWriter<'s>)> {
    let (send, receive) = sync_channel::<FactChunk>(IN_FLIGHT);
    // Chunks come back empty-handed and are filled again.
    let (give_back, stored_chunks) = channel::<FactChunk>();
    let cancel = watch.cancel;
    let (read, stored) = std::thread::scope(|scope| {
        let hasher = hash.then(|| scope.spawn(|| recognised.input.hash()));
        let reader = std::thread::Builder::new().name("reader".to_owned()).spawn_scoped(scope, move || {
            let mut addresses = recognised.claim.as_ref().map(Addresses::of);
            let mut deliver = |mut chunk: FactChunk| {
                if cancel.is_cancelled() {
                    return Err(Stopped);
                }
                if let Some(addresses) = &mut addresses {
                    addresses.add(&mut chunk);
                }
                send.send(chunk).map_err(|_| Stopped)?;
                Ok(stored_chunks.try_recv().unwrap_or_default())
            };
            exchange::read(recognised, options, &mut deliver)
        });
        let chunks = Chunks { receive: &receive, give_back };
        let stored = store_chunks(recognised, options, &chunks, &mut writer, watch);
        drop(receive);
        let stored = stored.and_then(|()| match hasher.and_then(|hasher| hasher.join().ok()) {
            // A file that cannot be read a second time is imported all the same, without being known again at once.
            Some(Ok(sha256)) => writer.hashed(&sha256, now()),
            Some(Err(_)) | None => Ok(()),
        });
        (reader.map(|reader| reader.join()), stored)
    });
    let read = match read {
        Ok(Ok(read)) => read,
        Ok(Err(_)) | Err(_) => Err(Problem::new("import-broke", "reading the file failed unexpectedly")
            .help("this is a fault of the program; please report it with the file's first lines")
            .in_file(recognised.input.name())),
    };
    match (stored, read) {
        (Ok(()), Ok(finished)) => Ok((finished, writer)),
        (stored, read) => {
            writer.abandon(now())?;
            stored?;
            Err(read.map_or_else(anyhow::Error::from, |_| anyhow::anyhow!("the import was not completed")))
        }
    }
}

struct Chunks<'a> {
    receive: &'a Receiver<FactChunk>,
    give_back: Sender<FactChunk>,
}

fn store_chunks<P: FnMut(&Progress)>(
    recognised: &Recognised,
    options: &ReadOptions,
    chunks: &Chunks<'_>,
    writer: &mut BatchWriter<'_>,
    watch: &mut Watch<'_, P>,
) -> store::Result<()> {
    let mut pace = Pace::start(recognised, options);
    while let Ok(chunk) = chunks.receive.recv() {
        writer.write(&chunk, now())?;
        (watch.progress)(&pace.after(chunk.rows));
        // A reader that has finished needs no more of them.
        let _ = chunks.give_back.send(chunk);
    }
    Ok(())
}

struct Pace {
    what: String,
    taken: Arc<AtomicU64>,
    total: u64,
    rows: u64,
    start: Instant,
}

impl Pace {
    fn start(recognised: &Recognised, options: &ReadOptions) -> Self {
        Self {
            what: recognised.input.name(),
            taken: Arc::clone(&options.taken),
            total: recognised.input.bytes,
            rows: 0,
            start: Instant::now(),
        }
    }

    fn after(&mut self, rows: u64) -> Progress {
        self.rows += rows;
        Progress {
            what: self.what.clone(),
            rows: self.rows,
            bytes: self.taken.load(Ordering::Relaxed),
            total: self.total,
            elapsed: self.start.elapsed(),
        }
    }
}

/// The first facts of a chunk, one line each.
fn sample(chunk: &FactChunk) -> Vec<String> {
    let who = |identity: &(u32, crate::model::fact::Slice)| {
        let namespace = chunk.namespaces.get(identity.0 as usize).map_or("", String::as_str);
        format!("{namespace}:{}", chunk.str(&identity.1))
    };
    let events = chunk.events.iter().take(3).map(|event| {
        let name = chunk.names.get(event.name as usize).map_or("", String::as_str);
        let person = event.identity.as_ref().map_or("nobody".to_owned(), who);
        let said = [chunk.str(&event.properties), chunk.str(&event.items)].join(" ");
        format!("{}  {name}  {person}  {}", event.at, said.trim())
    });
    let people = chunk
        .identifies
        .iter()
        .take(3)
        .map(|row| format!("{}  {}  {}", row.at, who(&row.identity), chunk.str(&row.traits)));
    events.chain(people).collect()
}

/// How the import of an experiment ended.
#[derive(Debug)]
pub struct ImportedExperiment {
    /// The file.
    pub file: String,
    /// The batch; none when it was only rehearsed.
    pub batch: Option<Batch>,
    /// Whether the same file was imported the same way before.
    pub already: bool,
    /// The arms, the control first, with their units.
    pub arms: Vec<(String, u64)>,
    /// Data rows.
    pub rows: u64,
    /// Rows rejected.
    pub rejected_rows: u64,
    /// What was rejected.
    pub rejected: Rejected,
}

/// Reads the file of a finished experiment, one row per unit; rejected rows go to `rejects`.
///
/// # Errors
/// A problem with the file or the columns.
pub fn read_experiment(
    input: &Input,
    columns: &ExperimentColumns,
    rejects: Option<PathBuf>,
) -> Result<ExperimentFile, Problem> {
    exchange::read_experiment(input, columns, rejects, &Arc::new(AtomicU64::new(0)))
}

/// Imports an experiment that was read; without a store it is only rehearsed.
///
/// # Errors
/// A problem with the workspace; whatever was written is taken back.
pub fn import_experiment(
    store: Option<&mut Store>,
    input: &Input,
    columns: &ExperimentColumns,
    file: ExperimentFile,
) -> anyhow::Result<ImportedExperiment> {
    if let Some(store) = &store {
        refuse_runs(store)?;
    }
    let mut arms: Vec<(String, u64)> = file.variants.iter().map(|name| (name.clone(), 0)).collect();
    for unit in &file.units {
        if let Some((_, count)) = arms.get_mut(unit.variant as usize) {
            *count += 1;
        }
    }
    let mut imported = ImportedExperiment {
        file: input.name(),
        batch: None,
        already: false,
        arms,
        rows: file.rows,
        rejected_rows: file.rejects.count,
        rejected: Rejected::default(),
    };
    if let Some(store) = store {
        let began = now();
        let text = definition(columns, &file.variants)?;
        let meta = BatchMeta {
            kind: BatchKind::Experiment,
            file: input.name(),
            sha256: Some(input.hash().with_context(|| input.name())?),
            mapping: Some(toml::to_string(columns)?),
            source: None,
        };
        (imported.batch, imported.already) = match store.begin(&meta, began)? {
            Begun::Already(batch) => (Some(batch), true),
            Begun::New(writer) => (Some(write_units(writer, columns, &file)?), false),
        };
        if !imported.already {
            store.define(Kind::Experiment, &columns.name, &text, now())?;
        }
    }
    imported.rejected = Rejected {
        file: file.rejects.file().map(PathBuf::from),
        shown: file.rejects.shown,
        by_code: file.rejects.by_code,
        unwritten: file.rejects.unwritten,
    };
    Ok(imported)
}

fn write_units(
    mut writer: BatchWriter<'_>,
    columns: &ExperimentColumns,
    file: &ExperimentFile,
) -> anyhow::Result<Batch> {
    match add_units(&mut writer, columns, file) {
        Ok(()) => {
            let units = file.units.len() as u64;
            let elsewhere =
                Elsewhere { ledgers: units, rejected: file.rejects.count, ..Elsewhere::default() };
            Ok(writer.finish(elsewhere, now())?)
        }
        Err(error) => {
            writer.abandon(now())?;
            Err(error.into())
        }
    }
}

fn add_units(
    writer: &mut BatchWriter<'_>,
    columns: &ExperimentColumns,
    file: &ExperimentFile,
) -> store::Result<()> {
    let metric =
        |name: &str, kind, covariate| store::ImportedMetric { name: name.to_owned(), kind, covariate };
    let kind = |kind| match kind {
        MetricKind::Proportion => store::MetricKind::Proportion,
        MetricKind::Mean => store::MetricKind::Mean,
    };
    let metrics = columns.metrics.iter().map(|m| metric(&m.column, kind(m.kind), false));
    let covariates = columns.covariates.iter().map(|name| metric(name, store::MetricKind::Mean, true));
    let experiment = store::ImportedExperiment {
        name: columns.name.clone(),
        unit: columns.unit.clone().unwrap_or_else(|| "row".to_owned()),
        variants: file.variants.clone(),
        control: 0,
        metrics: metrics.chain(covariates).collect(),
    };
    let number = writer.experiment(&experiment, now())?;
    // The rows are counted through a chunk that holds nothing else.
    writer.write(&FactChunk { rows: file.rows, ..FactChunk::default() }, now())?;
    for unit in &file.units {
        let row = UnitRow { unit: &unit.unit, variant: unit.variant, values: &unit.values };
        writer.unit(number, &row, now())?;
    }
    Ok(())
}

/// What an imported experiment is, as the text every other definition is kept as.
fn definition(columns: &ExperimentColumns, variants: &[String]) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct Text<'a> {
        kind: &'static str,
        engine: &'static str,
        variants: &'a [String],
        #[serde(flatten)]
        columns: &'a ExperimentColumns,
    }
    Ok(toml::to_string(&Text { kind: "imported", engine: "fixed", variants, columns })?)
}
