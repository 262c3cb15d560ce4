//! `segue import`: files in, recognised by their content.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::{Value, json};

mod basis;
mod notice;

use super::{Common, Exit, workspace};
use crate::exchange::{
    ExperimentColumns, Form, Input, Mapping, MappingKind, MetricColumn, Recognised, Weights, recognise,
};
use crate::model::Problem;
use crate::model::privacy::plain;
use crate::model::problem::printable;
use crate::panel::figures;
use crate::store::Store;
use crate::work::import::{self, Imported, ImportedExperiment, Rejected, Watch};
use crate::work::{Cancel, Progress};

/// Bring in files.
#[derive(Debug, Clone, clap::Args)]
pub struct ImportArguments {
    /// CSV, Segment NDJSON, or either of them as .gz or .zip
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the columns mean; guessed from the header without it
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Write the mapping that was used, to be edited and given to --map
    #[arg(long, value_name = "FILE")]
    save_map: Option<PathBuf>,
    /// Show mapping, counts, dates, samples and rejects, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Where rejected rows go; beside the file without it
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// What a row is, where the header leaves it open
    #[arg(long = "as", value_enum, value_name = "KIND")]
    kind: Option<RowKind>,
    #[command(flatten)]
    consent: basis::BasisArguments,
    #[command(flatten)]
    experiment: ExperimentArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RowKind {
    /// Something that happened
    Events,
    /// A person
    Profiles,
    /// A unit of a finished experiment
    Experiment,
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "With --as experiment")]
struct ExperimentArguments {
    /// The experiment's name
    #[arg(long)]
    name: Option<String>,
    /// The column of the arm
    #[arg(long, value_name = "COLUMN")]
    variant: Option<String>,
    /// The arm the others are compared with
    #[arg(long, value_name = "ARM")]
    control: Option<String>,
    /// A metric column and its kind: COLUMN:proportion or COLUMN:mean; may be repeated
    #[arg(long, value_name = "COLUMN:KIND")]
    metric: Vec<MetricColumn>,
    /// A number column known before the experiment; may be repeated
    #[arg(long, value_name = "COLUMN")]
    covariate: Vec<String>,
    /// The column of the unit; each row is one without it
    #[arg(long, value_name = "COLUMN")]
    unit: Option<String>,
    /// How units were meant to be shared out, such as a=0.9,b=0.1; evenly without it
    #[arg(long, value_name = "ARM=SHARE,…")]
    weights: Option<Weights>,
}

impl ExperimentArguments {
    fn columns(&self) -> Result<ExperimentColumns, Problem> {
        let needed = |value: &Option<String>, option: &str| {
            value.clone().ok_or_else(|| {
                Problem::new("experiment-option", format!("--as experiment needs {option}")).help(
                    "such as: --name email-test --variant segment --control \"No E-Mail\" --metric visit:proportion",
                )
            })
        };
        Ok(ExperimentColumns {
            name: needed(&self.name, "--name")?,
            variant: needed(&self.variant, "--variant")?,
            control: needed(&self.control, "--control")?,
            metrics: self.metric.clone(),
            covariates: self.covariate.clone(),
            unit: self.unit.clone(),
            weights: self.weights.clone().unwrap_or_default(),
        })
    }
}

/// Runs the verb. Of several files those that cannot be read are said, and the others are imported.
///
/// # Errors
/// The mapping or the workspace cannot be used, or no file can.
pub fn run(arguments: &ImportArguments, common: &Common) -> anyhow::Result<Exit> {
    let mapping = arguments.map.as_deref().map(Mapping::load).transpose()?;
    let mut inputs = Vec::new();
    for file in &arguments.files {
        inputs.extend(Input::of(file)?);
    }
    if arguments.rejects.is_some() && inputs.len() > 1 {
        return Err(Problem::new(
            "rejects-one",
            format!("--rejects names one file for {} inputs", inputs.len()),
        )
        .help("leave it out: each reject file then lies beside its input")
        .into());
    }
    let mut session = Session { arguments, common, store: None, reports: Vec::new(), problems: false };
    if arguments.save_map.is_some() && inputs.len() > 1 {
        return Err(Problem::new(
            "save-map-one",
            format!("--save-map names one file for {} inputs", inputs.len()),
        )
        .help("save the mapping of one file at a time")
        .into());
    }
    let mut failed = Vec::new();
    let count = inputs.len();
    for input in inputs {
        let name = input.name();
        if let Err(error) = session.take(input, mapping.as_ref()) {
            if failed.len() + 1 == count {
                return Err(error);
            }
            // Said at once, beside the reports of the files that went well.
            writeln!(stderr(), "segue: {}", printable(&format!("{error:#}")))?;
            session.reports.push(json!({ "file": name, "error": format!("{error:#}") }));
            failed.push(name);
        }
    }
    session.problems |= !failed.is_empty();
    if common.json {
        let mut out = stdout().lock();
        serde_json::to_writer_pretty(&mut out, &json!({ "files": session.reports }))
            .map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    Ok(if session.problems { Exit::ProblemsFound } else { Exit::Done })
}

struct Session<'a> {
    arguments: &'a ImportArguments,
    common: &'a Common,
    store: Option<Store>,
    reports: Vec<Value>,
    problems: bool,
}

impl Session<'_> {
    /// The workspace, opened when the first file is ready for it: a file nobody can read leaves no workspace behind.
    fn store(&mut self) -> anyhow::Result<&mut Store> {
        let store = match self.store.take() {
            Some(store) => store,
            None => workspace::open_or_create(self.common)?,
        };
        Ok(self.store.insert(store))
    }

    fn take(&mut self, input: Input, mapping: Option<&Mapping>) -> anyhow::Result<()> {
        let kind = match self.arguments.kind {
            Some(RowKind::Experiment) => return self.experiment(&input),
            Some(RowKind::Events) => Some(MappingKind::Events),
            Some(RowKind::Profiles) => Some(MappingKind::Profiles),
            None => None,
        };
        let mut recognised = recognise(input, mapping, kind)?;
        recognised.claim = self.arguments.consent.claim(&recognised, !self.common.json)?;
        if let (Some(path), Form::Table(form)) = (&self.arguments.save_map, &recognised.form) {
            form.mapping.save(path)?;
        }
        let (cancel, mut line) = (Cancel::default(), ProgressLine::new());
        let mut watch = Watch { progress: |progress: &Progress| line.show(progress), cancel: &cancel };
        let imported = if self.arguments.dry_run {
            import::rehearse(&recognised, &mut watch)?
        } else {
            let rejects = self.arguments.rejects.clone().unwrap_or_else(|| recognised.rejects_path());
            import::import(self.store()?, &recognised, Some(rejects), &mut watch)?
        };
        line.clear();
        self.problems |= imported.tally.rejected > 0;
        let notice = notice::Notice::of(&recognised, kind, self.common.workspace.as_deref());
        notice.say(&mut stderr())?;
        if self.common.json {
            self.reports.push(as_json(&recognised, &imported, &notice)?);
            return Ok(());
        }
        print(&recognised, &imported, self.arguments.dry_run)
    }

    fn experiment(&mut self, input: &Input) -> anyhow::Result<()> {
        let columns = self.arguments.experiment.columns()?;
        let rejects = self.arguments.rejects.clone().unwrap_or_else(|| input.rejects_path("csv"));
        let rejects = Some(rejects).filter(|_| !self.arguments.dry_run);
        let file = import::read_experiment(input, &columns, rejects)?;
        let store = if self.arguments.dry_run { None } else { Some(self.store()?) };
        let imported = import::import_experiment(store, input, &columns, file)?;
        self.problems |= imported.rejected_rows > 0;
        if self.common.json {
            self.reports.push(experiment_as_json(&columns, &imported));
            return Ok(());
        }
        print_experiment(&columns, &imported)
    }
}

/// One line on the terminal that is written over; nothing where nobody looks.
struct ProgressLine {
    shown: bool,
    last: u64,
}

impl ProgressLine {
    fn new() -> Self {
        Self { shown: stderr().is_terminal(), last: 0 }
    }

    fn show(&mut self, progress: &Progress) {
        let tenths = progress.elapsed.as_millis() as u64 / 100;
        if !self.shown || tenths == self.last {
            return;
        }
        self.last = tenths;
        let rate =
            progress.rate().map_or(String::new(), |rate| format!("  {} rows/s", figures::count(rate as u64)));
        let left = progress.left().map_or(String::new(), |left| format!("  {} s left", left.as_secs() + 1));
        let name = Path::new(&progress.what).file_name().unwrap_or_default().to_string_lossy();
        // Narration that cannot be written is no reason to stop an import.
        let _ = write!(
            stderr(),
            "\r\x1b[K{}  {:.0} %  {} rows{rate}{left}",
            plain(&name),
            progress.share() * 100.0,
            figures::count(progress.rows)
        );
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

fn print(recognised: &Recognised, imported: &Imported, dry_run: bool) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}", plain(&imported.file))?;
    print_form(&mut out, recognised, imported, dry_run)?;
    if imported.already {
        let batch = imported.batch.as_ref().map(|batch| batch.id.to_string()).unwrap_or_default();
        writeln!(out, "  imported before as {batch}; nothing changed")?;
        return Ok(());
    }
    if imported.cancelled {
        writeln!(out, "  cancelled; nothing of it is kept")?;
        return Ok(());
    }
    let (tally, batch) = (&imported.tally, imported.batch.as_ref());
    match batch {
        Some(batch) => writeln!(out, "  batch      {}", batch.id)?,
        None => writeln!(out, "  rehearsed: nothing was stored")?,
    }
    let line = |out: &mut dyn Write, name: &str, count: u64, what: &str| {
        writeln!(out, "  {name:<10} {:>12}  {what}", figures::count(count))
    };
    line(&mut out, "rows", tally.rows, "of the file, the header aside")?;
    match batch.map(|batch| batch.accounting) {
        Some(a) => {
            line(&mut out, "accepted", a.accepted, "became a fact of their own")?;
            line(&mut out, "grouped", a.grouped, "are items of another row's event")?;
            line(&mut out, "merged", a.merged, "were known already")?;
            line(&mut out, "superseded", a.superseded, "replaced an older version")?;
            line(&mut out, "rejected", a.rejected, "cannot be taken as they are")?;
        }
        None => {
            line(
                &mut out,
                "facts",
                tally.facts,
                "would become a fact of their own, or meet one known already",
            )?;
            line(&mut out, "grouped", tally.grouped, "would be items of another row's event")?;
            line(&mut out, "dropped", tally.dropped, "repeat another row exactly")?;
            line(&mut out, "rejected", tally.rejected, "cannot be taken as they are")?;
        }
    }
    print_notes(&mut out, imported)?;
    basis::print(&mut out, recognised, imported)?;
    print_rejected(
        &mut out,
        &imported.rejected,
        tally.rejected,
        "correct them there and import that file as it is",
    )
}

fn print_form(
    out: &mut dyn Write,
    recognised: &Recognised,
    imported: &Imported,
    dry_run: bool,
) -> anyhow::Result<()> {
    let encoding = serde_json::to_value(imported.encoding)?;
    let encoding = encoding.as_str().unwrap_or_default();
    let Form::Table(form) = &recognised.form else {
        writeln!(out, "  Segment messages, {encoding}")?;
        return Ok(());
    };
    writeln!(out, "  {} columns, {} separated, {encoding}", form.table.header.len(), form.table.delimiter())?;
    for (written, used) in &form.table.renamed {
        writeln!(out, "  the column {} is called {} here", quoted(written), quoted(used))?;
    }
    if form.guessed || dry_run {
        let how = if form.guessed {
            "guessed from the header; --save-map writes it to be edited"
        } else {
            "as given"
        };
        writeln!(out, "  mapping, {how}:")?;
        for line in form.mapping.to_toml()?.lines() {
            writeln!(out, "    {}", plain(line))?;
        }
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("`{}`", plain(text))
}

fn print_notes(out: &mut dyn Write, imported: &Imported) -> anyhow::Result<()> {
    let tally = &imported.tally;
    if tally.without_identity > 0 {
        writeln!(
            out,
            "  {} rows name nobody: {} events are kept and belong to no profile",
            figures::count(tally.without_identity),
            figures::count(tally.anonymous)
        )?;
    }
    if tally.identical > 0 {
        writeln!(
            out,
            "  {} rows repeat another row of the same event exactly and are kept as items, so that sums equal the source's (duplicates = \"drop\" leaves them out)",
            figures::count(tally.identical)
        )?;
    }
    for (column, count) in &tally.conflicts {
        writeln!(
            out,
            "  {} events have lines that disagree about {}; the first line's value holds",
            figures::count(*count),
            quoted(column)
        )?;
    }
    for (column, count) in &tally.misfits {
        let line = tally.misfit_lines.get(column).map(|line| format!(", the first on line {line}"));
        writeln!(
            out,
            "  {} of {} kept as text for not fitting its type, which counts as missing{}",
            figures::plural(*count, "cell", "cells"),
            quoted(column),
            line.unwrap_or_default()
        )?;
    }
    if let (Some(first), Some(last)) = (tally.first, tally.last) {
        writeln!(out, "  from       {first}\n  to         {last}")?;
    }
    for (name, count) in &tally.names {
        writeln!(out, "  {:>14}  {}", figures::count(*count), plain(name))?;
    }
    if !imported.samples.is_empty() {
        writeln!(out, "  such as:")?;
    }
    for sample in &imported.samples {
        writeln!(out, "    {}", plain(sample))?;
    }
    Ok(())
}

fn print_rejected(out: &mut dyn Write, rejected: &Rejected, count: u64, next: &str) -> anyhow::Result<()> {
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "  the first of the {} rejected rows:", figures::count(count))?;
    for problem in rejected.shown.iter().take(5) {
        for line in problem.to_string().lines() {
            writeln!(out, "    {line}")?;
        }
    }
    if let Some(problem) = &rejected.unwritten {
        writeln!(out, "  {problem}")?;
    }
    if let Some(file) = &rejected.file {
        writeln!(out, "  all of them are in {}: {next}", plain(&file.display().to_string()))?;
    }
    Ok(())
}

fn rejected_as_json(rejected: &Rejected) -> Value {
    json!({
        "file": rejected.file,
        "by_code": rejected.by_code,
        "shown": rejected.shown,
        "unwritten": rejected.unwritten,
    })
}

fn as_json(recognised: &Recognised, imported: &Imported, notice: &notice::Notice) -> anyhow::Result<Value> {
    let form = match &recognised.form {
        Form::Messages => json!({ "kind": "messages" }),
        Form::Table(form) => json!({
            "kind": "table",
            "delimiter": form.table.delimiter(),
            "columns": form.table.header,
            "renamed": form.table.renamed,
            "mapping": form.mapping.to_toml()?,
            "mapping_guessed": form.guessed,
        }),
    };
    Ok(json!({
        "file": imported.file,
        "encoding": imported.encoding,
        "form": form,
        "batch": imported.batch.as_ref().map(|batch| batch.id.to_string()),
        "already_imported": imported.already,
        "cancelled": imported.cancelled,
        "counts": imported.batch.as_ref().map(|batch| batch.accounting),
        "seen": imported.tally,
        "samples": imported.samples,
        "consent": basis::as_json(recognised, imported),
        "looks_like": notice.command,
        "nearly_numbers": notice.nearly_numbers,
        "rejects": rejected_as_json(&imported.rejected),
    }))
}

fn print_experiment(columns: &ExperimentColumns, imported: &ImportedExperiment) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}", plain(&imported.file))?;
    match &imported.batch {
        Some(batch) if imported.already => {
            writeln!(out, "  imported before as {}; nothing changed", batch.id)?;
        }
        Some(batch) => writeln!(out, "  experiment {} in batch {}", quoted(&columns.name), batch.id)?,
        None => writeln!(out, "  rehearsed: nothing was stored")?,
    }
    writeln!(out, "  rows       {:>12}", figures::count(imported.rows))?;
    for (index, (arm, units)) in imported.arms.iter().enumerate() {
        let role = if index == 0 { "  (control)" } else { "" };
        writeln!(out, "  {:>14}  {}{role}", figures::count(*units), plain(arm))?;
    }
    writeln!(out, "  rejected   {:>12}", figures::count(imported.rejected_rows))?;
    let again = match &imported.batch {
        Some(batch) => format!(
            "correct them in the export itself, take this back with `segue batch revert {}` and import it again",
            batch.id
        ),
        None => "correct them in the export itself".to_owned(),
    };
    print_rejected(&mut out, &imported.rejected, imported.rejected_rows, &again)
}

fn experiment_as_json(columns: &ExperimentColumns, imported: &ImportedExperiment) -> Value {
    let arms: Vec<Value> = imported.arms.iter().map(|(name, n)| json!({ "variant": name, "n": n })).collect();
    json!({
        "file": imported.file,
        "experiment": columns.name,
        "batch": imported.batch.as_ref().map(|batch| batch.id.to_string()),
        "already_imported": imported.already,
        "rows": imported.rows,
        "rejected": imported.rejected_rows,
        "arms": arms,
        "counts": imported.batch.as_ref().map(|batch| batch.accounting),
        "rejects": rejected_as_json(&imported.rejected),
    })
}
