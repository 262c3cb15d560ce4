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
use crate::segment::{Stages, place};
use crate::sim::World;
use crate::store::{Kept, Store};
use crate::traffic::compile;
use crate::traffic::names::Names;
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
    /// Also keep segments that ask for traits and events nothing imported has
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
    let read = read(arguments)?;
    let mut store = workspace::open_or_create(common)?;
    let problems = check(&store, &read, arguments.allow_unknown)?;
    if !problems.is_empty() {
        return Err(super::several(problems).context("nothing was kept"));
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

/// Every file, or everything that keeps one from being read.
fn read(arguments: &DefineArguments) -> anyhow::Result<Vec<Read>> {
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
    if problems.is_empty() { Ok(read) } else { Err(super::several(problems).context("nothing was kept")) }
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
fn check(store: &Store, read: &[Read], allow_unknown: bool) -> anyhow::Result<Vec<Problem>> {
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
    let mut problems = compile(&all, &OpenCatalog, Seed(0)).err().unwrap_or_default();
    problems.extend(newly_refused(store, &before, &all)?);
    for problem in &mut problems {
        if let Some(read) = read.iter().find(|read| problem.place.file == Some(read.label())) {
            *problem = read.place(problem.clone());
        }
    }
    for world in read.iter().filter(|read| read.definition.kind == Kind::World) {
        problems.extend(World::parse(&world.definition.text).err().map(|problem| world.place(problem)));
    }
    problems.extend(segments(store, &all, read, allow_unknown)?);
    Ok(problems)
}

/// What is wrong with the rules and references of the new segments.
fn segments(
    store: &Store,
    all: &[Definition],
    read: &[Read],
    allow_unknown: bool,
) -> anyhow::Result<Vec<Problem>> {
    if !read.iter().any(|read| read.definition.kind == Kind::Segment) {
        return Ok(Vec::new());
    }
    let picture = load(store, None, threads())?;
    let labelled = stages(&picture, read);
    let observed = FrameCatalog::new(&labelled);
    // Before anything is imported there is nothing a name could be held against.
    let open = allow_unknown || picture.frame().people().is_empty();
    let beneath: &dyn Catalog = if open { &OpenCatalog } else { &observed };
    // What cannot be read is among the problems already.
    let Ok(names) = Names::new(all, beneath) else { return Ok(Vec::new()) };
    let mut problems = Vec::new();
    for new in read.iter().filter(|read| read.definition.kind == Kind::Segment) {
        let Some(Err(faults)) = names.plan(&new.definition.name) else { continue };
        for fault in faults {
            let fault = place::in_definition(fault.clone(), &new.definition.text).in_file(new.file.clone());
            let unseen = ["unknown-trait", "unknown-event", "unknown-property"].contains(&fault.code);
            problems.push(match fault.help {
                None if unseen => fault.help("--allow-unknown keeps it before such facts are imported"),
                _ => fault,
            });
        }
    }
    Ok(problems)
}

/// The observed people with the stages that are to hold.
fn stages(picture: &Picture, read: &[Read]) -> Frame {
    let frame = picture.frame();
    let new = read.iter().find(|read| read.definition.kind == Kind::Stages);
    let stages = new.and_then(|new| Stages::parse(&new.definition.text, &FrameCatalog::new(frame)).ok());
    stages.map_or_else(|| frame.clone(), |stages| stages.label(frame, picture.point, threads()))
}
