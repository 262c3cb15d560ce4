//! `segue segment library`: segments to start from.

use std::io::{Write, stdout};

use serde_json::json;

use super::{print_json, save};
use crate::cli::{Common, Exit, workspace};
use crate::model::Problem;
use crate::model::privacy::plain;
use crate::segment::ready::{self, Ready};
use crate::segment::{Body, Library, Membership, Segment};
use crate::work::frame::{Picture, load, threads};

/// Which ready segment, and what to do with it.
#[derive(Debug, Clone, clap::Args)]
pub struct LibraryArguments {
    /// The segment to print; all are listed without
    name: Option<String>,
    /// Save it in the workspace
    #[arg(long, requires = "name")]
    save: bool,
    /// Save it under this name
    #[arg(long = "as", value_name = "NAME", requires = "save")]
    saved_as: Option<String>,
    /// Let it take the place of a segment of that name
    #[arg(long, requires = "save")]
    replace: bool,
}

pub(super) fn run(arguments: &LibraryArguments, common: &Common) -> anyhow::Result<Exit> {
    let Some(name) = &arguments.name else { return list(common) };
    let ready = ready::find(name).map_err(|near| {
        let problem = Problem::new("unknown-segment", format!("no ready segment is called `{name}`"));
        problem.help(near.map_or_else(
            || "`segue segment library` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        ))
    })?;
    if arguments.save {
        return keep(ready, arguments, common);
    }
    if common.json {
        let Segment { name, description, tags, purpose, body, .. } = &ready.segment;
        let rule = if let Body::Rule(rule) = body { Some(rule) } else { None };
        return print_json(&json!({
            "name": name, "description": description, "tags": tags, "purpose": purpose, "rule": rule,
            "text": ready.text,
        }));
    }
    write!(stdout(), "{}", ready.text)?;
    Ok(Exit::Done)
}

/// Saves a ready segment as a person's own; a segment of the name that says something else is left alone.
fn keep(ready: Ready, arguments: &LibraryArguments, common: &Common) -> anyhow::Result<Exit> {
    let name = arguments.saved_as.clone().unwrap_or_else(|| ready.segment.name.clone());
    let segment = Segment { name: name.clone(), ..ready.segment };
    if !arguments.replace {
        let store = workspace::open_or_create(common)?;
        let known = store.definition(crate::model::definition::Kind::Segment, &name)?;
        if known.is_some_and(|known| known.definition.text != segment.to_text()) {
            let problem = Problem::new("segment-there", format!("there is a segment “{name}” already"));
            return Err(problem.help("name it otherwise with --as, or take its place with --replace").into());
        }
    }
    save::run(segment, None, arguments.replace, common)
}

fn list(common: &Common) -> anyhow::Result<Exit> {
    // The list can be read before there is a workspace; sizes are told where there is one.
    let there = workspace::path(common).is_ok_and(|path| path.is_file());
    let picture = if there || common.workspace.is_some() {
        Some(load(&workspace::open_read_only(common)?, common.as_of, threads())?)
    } else {
        None
    };
    let rows: Vec<(Ready, Option<Result<u64, String>>)> = ready::all()
        .into_iter()
        .map(|ready| {
            let size = picture.as_ref().map(|picture| size(&ready.segment, picture));
            (ready, size)
        })
        .collect();
    if common.json {
        let rows = rows.iter().map(|(ready, size)| {
            json!({
                "name": ready.segment.name, "description": ready.segment.description,
                "tags": ready.segment.tags,
                "count": size.as_ref().and_then(|size| size.as_ref().ok()),
                "problem": size.as_ref().and_then(|size| size.as_ref().err()),
            })
        });
        return print_json(&rows.collect());
    }
    let mut out = stdout().lock();
    for (ready, size) in rows {
        let count = match size {
            None => String::new(),
            Some(Ok(count)) => format!("{count:>9}  "),
            Some(Err(_)) => format!("{:>9}  ", "not here"),
        };
        writeln!(out, "{count}{:<26} {}", plain(&ready.segment.name), ready.segment.description)?;
    }
    Ok(Exit::Done)
}

/// How many it is here, or what it asks for that is not.
fn size(segment: &Segment, picture: &Picture) -> Result<u64, String> {
    let own = picture.library.segments().filter(|own| own.name != segment.name).cloned();
    let library = Library::new(picture.frame(), own.chain([segment.clone()]));
    match library.plan(&segment.name) {
        Some(Ok(plan)) => Ok(Membership::of(library.frame(), plan, picture.point, threads()).count()),
        Some(Err(problems)) => Err(problems.first().map_or_else(String::new, ToString::to_string)),
        None => Err(String::new()),
    }
}
