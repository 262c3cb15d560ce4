//! `segue segment`: who is in a segment, how many, and why.

mod export;
mod grammar;
mod history;
mod library;
mod overlap;
mod profile;
mod save;

use std::cmp::Reverse;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::failure::FaultyRule;
use super::{Common, Exit, workspace};
use crate::config::text;
use crate::model::privacy::plain;
use crate::model::{Person, Problem};
use crate::panel::figures;
use crate::rule::diagnostic::nearest;
use crate::rule::print::is_reserved;
use crate::rule::print::sql::{Meanings, Sqlite, sql};
use crate::rule::{Catalog, Known, Plan, parse, render};
use crate::segment::{Body, Library, Membership, membership};
use crate::work::frame::{Picture, load, threads};
use crate::work::free_names::FreeNames;

/// What to do with segments.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum SegmentVerb {
    /// List the segments with their sizes
    List,
    /// Count the members, with a count beside every clause
    Count {
        /// Which segment
        #[command(flatten)]
        what: What,
        /// Print the question as SQL over the workspace file instead
        #[arg(long)]
        sql: bool,
    },
    /// Print the members
    Members {
        /// Which segment
        #[command(flatten)]
        what: What,
        /// Print a source's own ids of this namespace, such as user_id or email, instead of profile ids
        #[arg(long, value_name = "NAMESPACE")]
        id: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// Print the question as SQL over the workspace file instead
        #[arg(long, conflicts_with_all = ["id", "limit"])]
        sql: bool,
    },
    /// Say why a person is in or out, clause by clause
    Explain {
        /// Which segment
        #[command(flatten)]
        what: What,
        /// The person: a profile id such as p-00017, an identity such as email:anne@example.org, or its value alone
        #[arg(long, value_name = "WHO")]
        person: String,
    },
    /// Lay segments over each other: people in both of each pair, and in exactly which
    Overlap(overlap::OverlapArguments),
    /// Say how large a segment was, who joined and who left, by date or by version
    History(history::HistoryArguments),
    /// Show how its people are spread, and what sets them apart from everybody else
    Profile(profile::ProfileArguments),
    /// Write those who may be contacted for a purpose to a file, addresses as they are or hashed for ad platforms
    Export(export::ExportArguments),
    /// List the ready segments, print one, or save it as your own
    Library(library::LibraryArguments),
    /// Print the forms of the rule language, each with an example; those about a word, if one is given
    Grammar {
        /// A word such as sequence, consent or within
        word: Option<String>,
    },
    /// Save a rule, or a whole definition, as a version of a segment
    Save {
        /// The segment's name
        name: String,
        /// Its rule
        #[command(flatten)]
        rule: RuleText,
        /// A definition file: description, owner, tags, purpose, and a rule, a list or set algebra
        #[arg(long, value_name = "FILE", conflicts_with_all = ["rule", "rule_file"])]
        definition: Option<PathBuf>,
        /// What it is for, in a sentence
        #[arg(long, default_value = "")]
        description: String,
        /// Who answers for it
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        /// A word to find it by; may be given several times
        #[arg(long = "tag", value_name = "WORD")]
        tags: Vec<String>,
        /// What it may be used for, such as marketing
        #[arg(long)]
        purpose: Option<String>,
        /// Let it take the place of a list or set algebra of that name
        #[arg(long)]
        replace: bool,
    },
}

/// A rule's text.
#[derive(Debug, Clone, clap::Args)]
pub struct RuleText {
    /// The rule, such as 'country = "DE" and did("Order Completed") within 30d'
    rule: Option<String>,
    /// A file with the rule
    #[arg(long, value_name = "FILE", conflicts_with = "rule")]
    rule_file: Option<PathBuf>,
}

/// A segment, by name or by rule.
#[derive(Debug, Clone, clap::Args)]
pub struct What {
    /// A segment's name, or a rule such as 'country = "DE" and did("Order Completed") within 30d'
    segment: Option<String>,
    /// A file with a rule
    #[arg(long, value_name = "FILE", conflicts_with = "segment")]
    rule_file: Option<PathBuf>,
}

impl What {
    fn named(segment: &str) -> Self {
        Self { segment: Some(segment.to_owned()), rule_file: None }
    }
}

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be used, the rule is wrong, or stdout is closed.
pub fn run(verb: &SegmentVerb, common: &Common) -> anyhow::Result<Exit> {
    match verb {
        SegmentVerb::List => list(common),
        SegmentVerb::Grammar { word } => grammar::run(word.as_deref(), common),
        SegmentVerb::Count { what, sql: true } | SegmentVerb::Members { what, sql: true, .. } => {
            print_sql(what, common)
        }
        SegmentVerb::Count { what, sql: false } => count(what, common),
        SegmentVerb::Members { what, id, limit, sql: false } => members(what, id.as_deref(), *limit, common),
        SegmentVerb::Explain { what, person } => explain(what, person, common),
        SegmentVerb::Overlap(arguments) => overlap::run(arguments, common),
        SegmentVerb::History(arguments) => history::run(arguments, common),
        SegmentVerb::Profile(arguments) => profile::run(arguments, common),
        SegmentVerb::Export(arguments) => export::run(arguments, common),
        SegmentVerb::Library(arguments) => library::run(arguments, common),
        SegmentVerb::Save { name, rule, definition, description, owner, tags, purpose, replace } => {
            let mut new = save::written(name, rule, definition.as_deref(), description)?;
            new.owner = owner.clone().unwrap_or(new.owner);
            new.purpose = purpose.clone().or(new.purpose);
            new.tags.extend(tags.iter().cloned());
            let file = rule.rule_file.as_ref().or(definition.as_ref());
            // A rule by itself says nothing about the rest, so what was said before stays.
            if definition.is_none() {
                save::inherit(&mut new, common)?;
            }
            save::run(new, file, *replace, common)
        }
    }
}

/// The workspace in memory, what could not be used told on stderr.
pub(super) fn picture(common: &Common) -> anyhow::Result<Picture> {
    let picture = load(&workspace::open_read_only(common)?, common.as_of, threads())?;
    for problem in &picture.problems {
        writeln!(std::io::stderr(), "{problem}")?;
    }
    Ok(picture)
}

fn plan(what: &What, library: &Library) -> anyhow::Result<Plan> {
    let rule = match (&what.segment, &what.rule_file) {
        (_, Some(file)) => text::read(file)?,
        (Some(named), None) => match library.plan(named) {
            Some(Ok(plan)) => return Ok(plan.clone()),
            Some(Err(problems)) => return Err(super::several(problems.clone())),
            None => named.clone(),
        },
        (None, None) => {
            let problem = Problem::new("no-segment", "no segment and no rule is given");
            return Err(problem.help("name a segment, write a rule in quotes, or use --rule-file").into());
        }
    };
    library.compile(&rule).map_err(|faults| match &what.segment {
        Some(name) if is_name(name, library) => no_segment(name, library).into(),
        _ => FaultyRule { rule: rule.clone(), file: what.rule_file.clone(), faults }.into(),
    })
}

/// Whether a text that is no rule was meant as a segment's name: nothing is compared or asked in it, and it neither begins as
/// a rule does nor is nearly the name of anything but a segment.
fn is_name(text: &str, library: &Library) -> bool {
    if text.contains(['=', '<', '>', '(', '"', '\n']) || parse(text).is_ok() {
        return false;
    }
    let is_near = nearest(text, library.segments().map(|segment| segment.name.clone())).is_some();
    let first = text.split_whitespace().next().unwrap_or("");
    is_near || !text.contains(' ') || !(is_reserved(first) || library.catalog().attribute(first) != Known::No)
}

fn no_segment(name: &str, library: &Library) -> Problem {
    let near = nearest(name, library.segments().map(|segment| segment.name.clone()));
    Problem::new("unknown-segment", format!("no segment is called `{name}`")).help(near.map_or_else(
        || "`segue segment list` shows them; a rule reads like country = \"DE\"".to_owned(),
        |near| format!("did you mean `{near}`?"),
    ))
}

fn list(common: &Common) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let (library, mut rows) = (&picture.library, Vec::new());
    for segment in library.segments() {
        let count = match library.plan(&segment.name) {
            Some(Ok(plan)) => Ok(Membership::of(library.frame(), plan, picture.point, threads()).count()),
            Some(Err(problems)) => Err(problems.first()),
            None => Err(None),
        };
        rows.push((segment, count));
    }
    if common.json {
        let rows = rows.iter().map(|(segment, count)| {
            json!({
                "name": segment.name, "kind": kind(&segment.body),
                "count": count.ok(), "problem": count.err().flatten(),
                "description": segment.description, "owner": segment.owner, "tags": segment.tags,
                "purpose": segment.purpose,
            })
        });
        return print_json(&rows.collect());
    }
    if rows.is_empty() {
        writeln!(
            stdout(),
            "there are no segments yet; save one with `segue segment save NAME RULE`, or begin with a ready one: \
             `segue segment library`"
        )?;
        return Ok(Exit::Done);
    }
    rows.sort_by_key(|(_, count)| Reverse(count.ok()));
    let mut out = stdout().lock();
    let total = library.frame().people().len();
    writeln!(
        out,
        "{} of {total} people, as of {}",
        figures::plural(rows.len() as u64, "segment", "segments"),
        picture.point.at
    )?;
    let wide = rows.iter().map(|(segment, _)| plain(&segment.name).chars().count()).max().unwrap_or(0);
    for (segment, count) in rows {
        let name = plain(&segment.name);
        let said = match count {
            Ok(_) => segment.description.clone(),
            Err(problem) => {
                problem.map_or_else(String::new, |problem| format!("cannot be used: {}", problem.message))
            }
        };
        let count = count.map_or_else(|_| "–".to_owned(), |count| count.to_string());
        let fill = " ".repeat(wide.saturating_sub(name.chars().count()));
        let line = format!("{count:>12}  {name}{fill}  {:<9}  {}", kind(&segment.body), plain(&said));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(Exit::Done)
}

fn kind(body: &Body) -> &'static str {
    match body {
        Body::Rule(_) => "rule",
        Body::List(_) => "list",
        Body::Union(_) => "union",
        Body::Intersect(_) => "intersect",
        Body::Minus(_) => "minus",
    }
}

fn milliseconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

fn count(what: &What, common: &Common) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let picture = picture(common)?;
    let load_ms = milliseconds(started);
    let started = Instant::now();
    let plan = plan(what, &picture.library)?;
    let plan_ms = milliseconds(started);
    let ask = || Membership::of(picture.frame(), &plan, picture.point, threads());
    let started = Instant::now();
    let membership = ask();
    let first_ms = milliseconds(started);
    let total = picture.frame().people().len();
    doubt(plan.text(), &picture, common)?;
    if common.json {
        let started = Instant::now();
        ask();
        let again_ms = milliseconds(started);
        return print_json(&json!({
            "count": membership.count(), "total": total, "unknown": membership.unknown(),
            "as_of": picture.point.at, "rule": plan.text(), "clauses": membership.clauses(),
            "memory": picture.frame().memory(), "load_ms": load_ms, "plan_ms": plan_ms, "first_ms": first_ms, "again_ms": again_ms,
        }));
    }
    let mut out = stdout().lock();
    writeln!(out, "{} of {total} people, as of {}", membership.count(), picture.point.at)?;
    for clause in membership.clauses() {
        let unknown =
            if clause.unknown > 0 { format!("  (unknown for {})", clause.unknown) } else { String::new() };
        writeln!(out, "{:>12}  {}{unknown}", clause.count, plain(&clause.clause))?;
    }
    Ok(Exit::Done)
}

/// Says which journey, experiment or survey may be meant where a name is nearly known.
fn doubt(rule: &str, picture: &Picture, common: &Common) -> anyhow::Result<()> {
    let names = FreeNames::defined(&workspace::open_read_only(common)?)?.told(picture.frame());
    let doubts = names.doubts(rule);
    if !doubts.is_empty() {
        writeln!(
            std::io::stderr(),
            "segue: a name may be meant otherwise\n{}",
            render(rule, &doubts).trim_end()
        )?;
    }
    Ok(())
}

/// The question as SQL; a clause that SQL cannot state exactly is named, and nothing is printed.
fn print_sql(what: &What, common: &Common) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let plan = plan(what, &picture.library)?;
    let meanings =
        Meanings { stages: picture.stages.lifecycle_rules(), lists: picture.library.lists().collect() };
    let script =
        sql(&plan, picture.point, &picture.library.catalog(), &meanings, &Sqlite).map_err(|refused| {
            let lines: Vec<String> = refused.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("{}", lines.join("\n"))
        })?;
    let relations = script.tables(picture.point, &Sqlite);
    if common.json {
        return print_json(
            &json!({ "rule": plan.text(), "as_of": picture.point.at, "relations": relations, "query": script.query }),
        );
    }
    writeln!(stdout(), "{relations}\n{};", script.query)?;
    Ok(Exit::Done)
}

fn members(
    what: &What,
    namespace: Option<&str>,
    limit: Option<usize>,
    common: &Common,
) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let plan = plan(what, &picture.library)?;
    let people = picture.frame().people();
    let membership = Membership::of(picture.frame(), &plan, picture.point, threads());
    let id = |person: Person| match namespace {
        Some(namespace) => people.identity_in(person, namespace).map(str::to_owned),
        None => Some(people.profile(person).to_string()),
    };
    let ids = membership.people().filter_map(id).take(limit.unwrap_or(usize::MAX));
    if common.json {
        print_json(&json!({ "count": membership.count(), "members": ids.collect::<Vec<_>>() }))?;
    } else {
        let mut out = std::io::BufWriter::new(stdout().lock());
        for id in ids {
            writeln!(out, "{}", plain(&id))?;
        }
        out.flush()?;
    }
    if let Some(namespace) = namespace {
        let without =
            membership.people().filter(|&person| people.identity_in(person, namespace).is_none()).count();
        if without > 0 {
            writeln!(std::io::stderr(), "left out for want of {namespace}: {without}")?;
        }
    }
    Ok(Exit::Done)
}

fn explain(what: &What, who: &str, common: &Common) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let plan = plan(what, &picture.library)?;
    let person = super::profile::one(picture.frame(), who)?;
    let explanation = membership::explain(picture.frame(), &plan, person, picture.point);
    let profile = picture.frame().people().profile(person);
    if common.json {
        return print_json(&json!({
            "profile": profile, "in": explanation.truth.is_true(), "as_of": picture.point.at, "why": explanation,
        }));
    }
    let mut out = stdout().lock();
    let verdict = if explanation.truth.is_true() { "in" } else { "out" };
    writeln!(out, "{profile} is {verdict}, as of {}", picture.point.at)?;
    for line in explanation.lines() {
        writeln!(out, "  {}", plain(&line))?;
    }
    Ok(Exit::Done)
}

pub(super) fn print_json(value: &Value) -> anyhow::Result<Exit> {
    writeln!(stdout(), "{value:#}")?;
    Ok(Exit::Done)
}
