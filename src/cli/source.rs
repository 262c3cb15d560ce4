//! `segue source`: where data came from, and what it may be used for.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::segment::print_json;
use super::{Common, Exit, clock, workspace};
use crate::model::Problem;
use crate::model::consent::{Purpose, Purposes};
use crate::model::problem::printable;
use crate::panel::figures;
use crate::rule::diagnostic::nearest;
use crate::store::SourceView;
use crate::work::uses;

/// What to do about sources
#[derive(Debug, Clone, clap::Subcommand)]
pub enum SourceVerb {
    /// Every source and what its data may be used for
    List,
    /// Say what a source's traits may be used for: rules, placements, journeys and merge tags keep to it
    Limit {
        /// The source, as `segue source list` or a mapping names it
        name: String,
        /// A purpose it allows: marketing, service, survey, onsite or ads; may be repeated
        #[arg(long, value_name = "PURPOSE", value_parser = purpose, required_unless_present = "anything")]
        purpose: Vec<Purpose>,
        /// Lift the limit
        #[arg(long, conflicts_with = "purpose")]
        anything: bool,
    },
}

fn purpose(text: &str) -> Result<Purpose, String> {
    Purpose::from_name(text).ok_or_else(|| format!("one of {}", Purpose::ALL.map(Purpose::name).join(", ")))
}

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be used, there is no such source, or stdout is closed.
pub fn run(verb: &SourceVerb, common: &Common) -> anyhow::Result<Exit> {
    match verb {
        SourceVerb::List => list(common),
        SourceVerb::Limit { name, purpose, anything } => {
            let purposes = if *anything { Purposes::ALL } else { Purposes::of(purpose) };
            limit(name, purposes, common)
        }
    }
}

fn list(common: &Common) -> anyhow::Result<Exit> {
    let sources = workspace::open_read_only(common)?.sources()?;
    if common.json {
        return print_json(&json!({ "sources": sources.iter().map(as_json).collect::<Vec<_>>() }));
    }
    let mut out = stdout().lock();
    for source in &sources {
        let (name, imports) = (printable(&source.name), figures::plural(source.batches, "import", "imports"));
        writeln!(out, "{name:<24} {imports:>12}  {}", words(source.purposes))?;
    }
    Ok(Exit::Done)
}

fn words(purposes: Purposes) -> String {
    if purposes == Purposes::ALL { "for anything".to_owned() } else { format!("for {purposes} only") }
}

fn as_json(source: &SourceView) -> Value {
    json!({
        "source": source.name,
        "imports": source.batches,
        "purposes": source.purposes.each().map(Purpose::name).collect::<Vec<_>>(),
    })
}

fn limit(name: &str, purposes: Purposes, common: &Common) -> anyhow::Result<Exit> {
    let mut store = workspace::open(common)?;
    let known = store.sources()?;
    if !known.iter().any(|source| source.name == name) {
        let near = nearest(name, known.iter().map(|source| source.name.clone()));
        let help = near.map_or_else(
            || "`segue source list` names them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Problem::new("source-unknown", format!("no source is called `{name}`"))
            .help(help)
            .into());
    }
    store.limit_source(name, purposes, clock::now())?;
    let broken = uses::refused(&store)?;
    if common.json {
        print_json(&json!({
            "source": name,
            "purposes": purposes.each().map(Purpose::name).collect::<Vec<_>>(),
            "now_refused": broken,
        }))?;
    } else {
        writeln!(stdout(), "{} may be used {}", printable(name), words(purposes))?;
    }
    // They keep running, and what they may not use counts as unknown from now on.
    Ok(super::told(&broken)?)
}
