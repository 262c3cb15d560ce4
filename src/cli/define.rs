//! `segue define`: definitions from files into the workspace, all or none of them.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Common, Exit, clock, workspace};
use crate::config;
use crate::experiment::Design;
use crate::experiment::design::{Safety, diff};
use crate::experiment::given::is_given;
use crate::model::definition::{Definition, Kind};
use crate::model::problem::printable;
use crate::model::{Problem, Seed};
use crate::rule::OpenCatalog;
use crate::segment::Segment;
use crate::sim::World;
use crate::store::Store;
use crate::traffic::compile;
use crate::work::experiment::wave::Standing;
use crate::work::sample;

/// Keep definitions: journeys, experiences, experiments, metrics, surveys, a contact policy, stages, segments, worlds
#[derive(Debug, clap::Args)]
pub struct DefineArguments {
    /// TOML files, or folders of them; the kind is the name of a file's folder
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What every file defines, whatever its folder is called
    #[arg(long, value_name = "KIND", value_parser = kind_of)]
    kind: Option<Kind>,
}

fn kind_of(name: &str) -> Result<Kind, String> {
    Kind::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("one of {}", known.join(", "))
    })
}

/// Runs the verb. New definitions are checked together with those the workspace has; a fault in one keeps all out.
///
/// # Errors
/// Everything wrong in the definitions, or what could not be read or written.
pub(super) fn run(arguments: &DefineArguments, common: &Common) -> anyhow::Result<Exit> {
    let mut read = Vec::new();
    for path in config::text::toml_files(&arguments.files)? {
        read.push(definition(&path, arguments.kind)?);
    }
    let mut store = workspace::open_or_create(common)?;
    check(&store, &read)?;
    let mut out = std::io::stdout().lock();
    for definition in &read {
        let changes = changes(&store, definition)?;
        let kept = store.define(definition.kind, &definition.name, &definition.text, clock::now())?;
        writeln!(
            out,
            "{} “{}” is version {}",
            kept.definition.kind, kept.definition.name, kept.definition.version
        )?;
        for line in changes {
            writeln!(out, "  {}", printable(&line))?;
        }
    }
    Ok(Exit::Done)
}

/// What a new version does to an experiment that people were assigned to already.
fn changes(store: &Store, definition: &Definition) -> anyhow::Result<Vec<String>> {
    if definition.kind != Kind::Experiment || is_given(&definition.text) {
        return Ok(Vec::new());
    }
    let history = store.definition_history(Kind::Experiment, &definition.name)?;
    let Some(last) = history.last().filter(|stored| stored.definition.text != definition.text) else {
        return Ok(Vec::new());
    };
    if Design::read(&last.definition.text).is_err() {
        return Ok(Vec::new());
    }
    let standing = Standing::of(store, &definition.name)?;
    if standing.of_phase(standing.phase).next().is_none() {
        return Ok(Vec::new());
    }
    let new = Design::read(&definition.text).map_err(super::several)?;
    let changes = diff(&standing.design, &new);
    let mut lines: Vec<String> = changes
        .iter()
        .map(|change| {
            let mark = if change.safety == Safety::Safe { "safe" } else { "UNSAFE" };
            format!("{mark:<7} {}: {}", change.what, change.why)
        })
        .collect();
    if changes.iter().any(|change| change.safety == Safety::Unsafe) {
        lines.push(format!(
            "phase {} begins: people assigned so far are read apart from those to come",
            standing.phase + 1
        ));
    } else if !changes.is_empty() {
        lines.push(format!("phase {} goes on", standing.phase));
    }
    Ok(lines)
}

fn definition(path: &Path, kind: Option<Kind>) -> anyhow::Result<Definition> {
    let file = path.display().to_string();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let kind = kind.or_else(|| folder.as_deref().and_then(Kind::from_name)).ok_or_else(|| {
        Problem::new("definition-kind", "its folder does not say what it defines")
            .in_file(file.clone())
            .help("name it: --kind journey")
    })?;
    let text = config::text::read(path)?;
    let name = sample::name_of(&text).map_err(|problem| problem.in_file(file))?;
    Ok(Definition { kind, name, version: u32::MAX, text })
}

/// The workspace's definitions with the new ones over them must compile.
fn check(store: &Store, read: &[Definition]) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        all.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
    }
    all.retain(|known| !read.iter().any(|new| new.kind == known.kind && new.name == known.name));
    all.extend(read.iter().cloned());
    compile(&all, &OpenCatalog, Seed(0)).map_err(super::several)?;
    for new in read {
        let place = || format!("{} “{}”", new.kind, new.name);
        match new.kind {
            Kind::World => drop(World::parse(&new.text).map_err(|problem| problem.in_file(place()))?),
            Kind::Segment => {
                drop(Segment::parse(Some(&new.name), &new.text).map_err(|p| p.in_file(place()))?)
            }
            _ => {}
        }
    }
    Ok(())
}
