//! `segue experiment library`: designs to start from.

use std::io::{Write, stdout};

use serde_json::json;

use crate::cli::segment::print_json;
use crate::cli::{Common, Exit, clock, workspace};
use crate::experiment::library::{self, Ready};
use crate::model::Problem;
use crate::model::definition::Kind;
use crate::model::privacy::plain;
use crate::work::sample::name_of;

/// Which ready design, and what to do with it.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct LibraryArguments {
    /// The design to print, by its name or how it begins; all are listed without
    name: Option<String>,
    /// Keep the design in the workspace
    #[arg(long, requires = "name")]
    save: bool,
    /// Keep what it needs besides as well, in place of definitions of the same names
    #[arg(long, requires = "save")]
    with_parts: bool,
}

pub(super) fn run(arguments: &LibraryArguments, common: &Common) -> anyhow::Result<Exit> {
    let Some(name) = &arguments.name else { return list(common) };
    let ready = library::find(name).map_err(|near| {
        let problem = Problem::new("unknown-experiment", format!("no ready design is called `{name}`"));
        problem.help(near.map_or_else(
            || "`segue experiment library` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        ))
    })?;
    if arguments.save {
        return keep(&ready, arguments.with_parts, common);
    }
    if common.json {
        let parts: Vec<_> =
            ready.parts.iter().map(|(kind, text)| json!({ "kind": kind.name(), "text": text })).collect();
        return print_json(&json!({
            "name": ready.name, "hypothesis": ready.hypothesis, "text": ready.text, "parts": parts,
        }));
    }
    let mut out = stdout().lock();
    write!(out, "{}", ready.text)?;
    for (kind, text) in ready.parts {
        write!(out, "\n# ---- {} ----\n{text}", kind.name())?;
    }
    Ok(Exit::Done)
}

fn list(common: &Common) -> anyhow::Result<Exit> {
    let all = library::all();
    if common.json {
        let rows: Vec<_> =
            all.iter().map(|ready| json!({ "name": ready.name, "hypothesis": ready.hypothesis })).collect();
        return print_json(&json!({ "designs": rows }));
    }
    let mut out = stdout().lock();
    for ready in all {
        writeln!(out, "{:<32} {}", plain(&ready.name), plain(&ready.hypothesis))?;
    }
    Ok(Exit::Done)
}

fn keep(ready: &Ready, with_parts: bool, common: &Common) -> anyhow::Result<Exit> {
    let mut store = workspace::open_or_create(common)?;
    let parts = ready.parts.iter().copied().filter(|_| with_parts);
    for (kind, text) in std::iter::once((Kind::Experiment, ready.text)).chain(parts) {
        let stored = store.define(kind, &name_of(text)?, text, clock::now())?;
        let (name, version) = (&stored.definition.name, stored.definition.version);
        writeln!(stdout(), "{} “{}”, version {version}", kind.name(), plain(name))?;
    }
    if !with_parts {
        let needed: Vec<&str> = ready.parts.iter().map(|(kind, _)| kind.name()).collect();
        writeln!(
            std::io::stderr(),
            "it needs a {} besides: look at them without --save, or keep them with --with-parts",
            needed.join(" and a ")
        )?;
    }
    Ok(Exit::Done)
}
