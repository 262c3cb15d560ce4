//! `segue define`: definitions from files into the workspace, all or none of them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::segment::print_json;
use super::{Common, Exit, clock, workspace};
use crate::config;
use crate::frame::{Frame, FrameCatalog};
use crate::model::definition::{Definition, Kind};
use crate::model::problem::printable;
use crate::model::{Problem, Seed};
use crate::rule::{Catalog, OpenCatalog};
use crate::segment::{Segment, Stages, place};
use crate::sim::World;
use crate::store::{Kept, Store};
use crate::traffic::compile_what_holds;
use crate::traffic::names::Names;
use crate::work::define::{Against, Found, names, with_excerpt};
use crate::work::experiment::wave::{Running, changes};
use crate::work::frame::{Picture, load, threads};
use crate::work::sample;
use crate::work::uses::newly_refused;

/// Keep definitions: journeys, experiences, experiments, metrics, surveys, a contact policy, stages, segments, worlds
#[derive(Debug, clap::Args)]
pub struct DefineArguments {
    /// TOML files, or folders of them; the kind is the name of a file's folder
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What every file defines, whatever its folder is called
    #[arg(long, value_name = "KIND", value_parser = kind_of)]
    kind: Option<Kind>,
    /// Also keep what asks for traits, events and properties nothing imported has
    #[arg(long)]
    allow_unknown: bool,
}

fn kind_of(name: &str) -> Result<Kind, String> {
    Kind::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("one of {}", known.join(", "))
    })
}

/// A definition with the file it was read from.
struct Read {
    file: String,
    definition: Definition,
}

impl Read {
    /// What the rooms that check definitions call it.
    fn label(&self) -> String {
        format!("{} “{}”", self.definition.kind, self.definition.name)
    }

    /// Whether a problem is of a rule of this definition, which is told again with its place in the file.
    fn tells_itself(&self, problem: &Problem) -> bool {
        let kinds = [Kind::Experiment, Kind::Journey, Kind::Experience, Kind::ContactPolicy];
        let Some(file) = &problem.place.file else { return false };
        let ours = *file == self.label()
            || *file == format!("the targeting of {}", self.label())
            || (self.definition.kind == Kind::ContactPolicy && file.ends_with("of the contact policy"));
        let of_rule = problem.place.column.as_ref().is_some_and(|column| column.parse::<u64>().is_ok());
        ours && of_rule && kinds.contains(&self.definition.kind)
    }

    /// A problem of this definition, told with the file it is in.
    fn place(&self, mut problem: Problem) -> Problem {
        // A column in figures is one of a rule; in which of the file's lines the rule begins is not told.
        let of_rule = problem.place.column.take_if(|column| column.parse::<u64>().is_ok());
        if let Some(column) = of_rule
            && let Some(line) = problem.place.line.take()
        {
            problem.message = format!("{} (line {line}, column {column} of the rule)", problem.message);
        }
        problem.in_file(self.file.clone())
    }
}

/// Runs the verb. New definitions are checked together with those the workspace has; a fault in one keeps all out.
///
/// # Errors
/// Everything wrong in the definitions, or what could not be read or written.
pub(super) fn run(arguments: &DefineArguments, common: &Common) -> anyhow::Result<Exit> {
    let (read, unreadable) = read(arguments)?;
    let mut store = workspace::open_or_create(common)?;
    let mut found = check(&store, &read, arguments.allow_unknown)?;
    found.faults.extend(unreadable);
    if !found.faults.is_empty() {
        return Err(faults(found.faults, &read).context("nothing was kept"));
    }
    let mut narration = std::io::stderr().lock();
    for doubt in &found.doubts {
        writeln!(narration, "segue: {}", excerpt(doubt, &read))?;
    }
    let definitions: Vec<Definition> = read.into_iter().map(|read| read.definition).collect();
    let changes = definitions.iter().map(|new| changes(&store, new)).collect::<anyhow::Result<Vec<_>>>()?;
    let kept = store.define_all(&definitions, clock::now())?;
    if common.json {
        let rows = kept.iter().zip(&changes).map(|(Kept { stored, changed }, running)| {
            let Definition { kind, name, version, .. } = &stored.definition;
            let (changes, phase) = running.as_ref().map(|running| (&running.changes, running.phase)).unzip();
            json!({
                "kind": kind, "name": name, "version": version, "changed": changed,
                "changes": changes, "phase": phase,
            })
        });
        return print_json(&json!({ "definitions": rows.collect::<Vec<_>>() }));
    }
    let mut out = std::io::stdout().lock();
    for (Kept { stored, changed }, running) in kept.iter().zip(&changes) {
        let Definition { kind, name, version, .. } = &stored.definition;
        let name = printable(name);
        if *changed {
            writeln!(out, "kept {kind} {name} as version {version}")?;
        } else {
            writeln!(out, "{kind} {name} is unchanged, version {version}")?;
        }
        for line in running.iter().flat_map(Running::lines) {
            writeln!(out, "  {}", printable(&line))?;
        }
    }
    Ok(Exit::Done)
}

/// Everything that is wrong in the order of the files and their lines, each fault with the line it is in.
fn faults(mut faults: Vec<Problem>, read: &[Read]) -> anyhow::Error {
    faults.sort_by(|a, b| (&a.place.file, a.place.line).cmp(&(&b.place.file, b.place.line)));
    let lines: Vec<String> = faults.iter().map(|fault| excerpt(fault, read)).collect();
    anyhow::anyhow!("{}", lines.join("\n"))
}

fn excerpt(problem: &Problem, read: &[Read]) -> String {
    let of = read.iter().find(|read| problem.place.file.as_ref() == Some(&read.file));
    of.map_or_else(|| problem.to_string(), |read| with_excerpt(problem, &read.definition.text))
}

/// Every file that can be read, and what keeps the others from it.
fn read(arguments: &DefineArguments) -> anyhow::Result<(Vec<Read>, Vec<Problem>)> {
    let (mut read, mut problems) = (Vec::<Read>::new(), Vec::new());
    let mut first: BTreeMap<(Kind, String), String> = BTreeMap::new();
    for path in config::text::toml_files(&arguments.files)? {
        match definition(&path, arguments.kind) {
            Err(problem) => problems.push(problem),
            Ok(new) => {
                let key = (new.definition.kind, new.definition.name.clone());
                if let Some(other) = first.get(&key) {
                    let message = format!("{} is defined by {other} already", new.label());
                    let problem = Problem::new("defined-twice", message).in_file(new.file.clone());
                    problems.push(problem.help("give one of them another name, or leave its file out"));
                } else {
                    first.insert(key, new.file.clone());
                    read.push(new);
                }
            }
        }
    }
    Ok((read, problems))
}

fn definition(path: &Path, kind: Option<Kind>) -> Result<Read, Problem> {
    let file = path.display().to_string();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let kind = kind.or_else(|| folder.as_deref().and_then(Kind::from_name)).ok_or_else(|| {
        Problem::new("definition-kind", "its folder does not say what it defines")
            .in_file(file.clone())
            .help("name it: --kind journey")
    })?;
    let text = config::text::read(path)?;
    let name = sample::name_of(&text).map_err(|problem| problem.in_file(file.clone()))?;
    Ok(Read { file, definition: Definition { kind, name, version: u32::MAX, text } })
}

/// What is wrong in the workspace's definitions with the new ones over them.
fn check(store: &Store, read: &[Read], allow_unknown: bool) -> anyhow::Result<Found> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        all.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
    }
    let before = all.clone();
    let new = |known: &Definition| {
        read.iter().any(|new| new.definition.kind == known.kind && new.definition.name == known.name)
    };
    all.retain(|known| !new(known));
    all.extend(read.iter().map(|read| read.definition.clone()));
    // A fault in one kind is no reason to keep quiet about the others.
    let (_, mut problems) = compile_what_holds(&all, &OpenCatalog, Seed(0));
    problems.retain(|problem| !read.iter().any(|read| read.tells_itself(problem)));
    problems.extend(newly_refused(store, &before, &all)?);
    for problem in &mut problems {
        if let Some(read) = read.iter().find(|read| problem.place.file == Some(read.label())) {
            *problem = read.place(problem.clone());
        }
    }
    for world in read.iter().filter(|read| read.definition.kind == Kind::World) {
        problems.extend(World::parse(&world.definition.text).err().map(|problem| world.place(problem)));
    }
    let mut found = named(store, &all, read, allow_unknown)?;
    found.faults.extend(problems);
    Ok(found)
}

/// What is wrong with the rules and references of the new definitions, held against what the workspace knows.
fn named(store: &Store, all: &[Definition], read: &[Read], allow_unknown: bool) -> anyhow::Result<Found> {
    let picture = load(store, None, threads())?;
    let labelled = stages(&picture, read);
    let observed = FrameCatalog::new(&labelled);
    // Before anything is imported there is nothing a name could be held against.
    let open = allow_unknown || picture.frame().people().is_empty();
    let beneath: &dyn Catalog = if open { &OpenCatalog } else { &observed };
    // A segment that cannot be read is among the problems already.
    let sound: Vec<Definition> = all.iter().filter(|known| readable(known)).cloned().collect();
    let Ok(names) = Names::new(&sound, beneath) else { return Ok(Found::default()) };
    let mut found = Found::default();
    for new in read {
        found.faults.extend(segment(new, &names));
        let against = Against { catalog: &names.catalog(), all, open };
        let Found { faults, doubts } = names::check(&new.definition, &against);
        found.faults.extend(faults.into_iter().map(|fault| fault.in_file(new.file.clone())));
        found.doubts.extend(doubts.into_iter().map(|doubt| doubt.in_file(new.file.clone())));
    }
    Ok(found)
}

fn readable(definition: &Definition) -> bool {
    definition.kind != Kind::Segment || Segment::parse(Some(&definition.name), &definition.text).is_ok()
}

/// What is wrong with a new segment; of another kind of definition nothing.
fn segment(new: &Read, names: &Names<'_>) -> Vec<Problem> {
    if new.definition.kind != Kind::Segment {
        return Vec::new();
    }
    let Some(Err(faults)) = names.plan(&new.definition.name) else { return Vec::new() };
    let told = |fault: &Problem| {
        let fault = place::in_definition(fault.clone(), &new.definition.text).in_file(new.file.clone());
        let unseen = ["unknown-trait", "unknown-event", "unknown-property"].contains(&fault.code);
        match fault.help {
            None if unseen => fault.help("--allow-unknown keeps it before such facts are imported"),
            _ => fault,
        }
    };
    faults.iter().map(told).collect()
}

/// The observed people with the stages that are to hold.
fn stages(picture: &Picture, read: &[Read]) -> Frame {
    let frame = picture.frame();
    let new = read.iter().find(|read| read.definition.kind == Kind::Stages);
    let stages = new.and_then(|new| Stages::parse(&new.definition.text, &FrameCatalog::new(frame)).ok());
    stages.map_or_else(|| frame.clone(), |stages| stages.label(frame, picture.point, threads()))
}
