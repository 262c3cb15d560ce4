//! `segue segment history`: how large a segment was, who joined and who left, from date to date and from version to
//! version.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::{What, plan, print_json};
use crate::cli::{Common, Exit, workspace};
use crate::frame::Frame;
use crate::model::definition::Kind;
use crate::model::privacy::plain;
use crate::model::{Person, Problem, Span, Time};
use crate::segment::Membership;
use crate::store::Store;
use crate::work::frame::{Picture, load, threads};
use crate::work::segment_history::{self, Stand, Walk};

/// The most moments one look back goes through; each is worked out from all facts before it.
const MOST_POINTS: usize = 400;

/// Which history is told.
#[derive(Debug, Clone, clap::Args)]
pub struct HistoryArguments {
    /// Which segment
    #[command(flatten)]
    what: What,
    /// How far apart the moments lie, such as 1d, 7d or 30d
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    every: Span,
    /// How many moments, the last of them now or --as-of
    #[arg(long, value_name = "N", default_value_t = 8)]
    points: usize,
    /// Compare with this moment alone instead
    #[arg(long, value_name = "TIME", conflicts_with_all = ["points", "versions"])]
    since: Option<Time>,
    /// Compare the saved versions with each other, over today's facts
    #[arg(long, conflicts_with = "points")]
    versions: bool,
    /// Name so many of those who joined and left
    #[arg(long, value_name = "N", default_value_t = 3)]
    samples: usize,
}

pub(super) fn run(arguments: &HistoryArguments, common: &Common) -> anyhow::Result<Exit> {
    let store = workspace::open_read_only(common)?;
    let picture = load(&store, common.as_of, threads())?;
    let stands = if arguments.versions {
        versions(&store, &picture, arguments)?
    } else {
        moments(&store, &picture, arguments)?
    };
    if common.json {
        let rows: Vec<Value> = stands.iter().map(json_of).collect();
        let name = arguments.what.segment.as_deref();
        return print_json(&json!({ "segment": name, "history": rows }));
    }
    let mut out = stdout().lock();
    for stand in &stands {
        writeln!(out, "{}", line(stand))?;
    }
    Ok(Exit::Done)
}

/// The definition as it is now, over the facts there were at each moment.
fn moments(store: &Store, now: &Picture, arguments: &HistoryArguments) -> anyhow::Result<Vec<Stand>> {
    // A rule that cannot be used now has no history; the fault is told as everywhere else.
    plan(&arguments.what, &now.library)?;
    let mut moments: Vec<Time> = match arguments.since {
        Some(since) => vec![since],
        None => {
            let (points, every) = (arguments.points.max(1), arguments.every);
            if points > MOST_POINTS || every.0 <= 0 {
                let problem = Problem::new("history-points", format!("{points} moments, {every} apart"));
                return Err(problem.help(format!("at most {MOST_POINTS}, at some distance")).into());
            }
            (1..points as i64).rev().map(|n| now.point.at.back(Span(every.0.saturating_mul(n)))).collect()
        }
    };
    moments.retain(|at| *at < now.point.at);
    let mut stands: Vec<Stand> = Vec::new();
    let mut walk = Walk::naming(arguments.samples);
    for at in moments.into_iter().map(Some).chain([None]) {
        let loaded;
        let (picture, at) = match at {
            Some(at) => {
                loaded = load(store, Some(at), threads())?;
                (&loaded, at)
            }
            None => (now, now.point.at),
        };
        let members = match plan(&arguments.what, &picture.library) {
            Ok(plan) => {
                Ok(Membership::of(picture.frame(), &plan, picture.point, threads()).members().clone())
            }
            // What the rule names was not known then.
            Err(error) => Err(error.to_string()),
        };
        stands.push(walk.step(picture.frame(), (at, None), members));
    }
    Ok(stands)
}

/// Every version over today's facts, beside today's other segments.
fn versions(store: &Store, now: &Picture, arguments: &HistoryArguments) -> anyhow::Result<Vec<Stand>> {
    let Some(name) = arguments.what.segment.as_deref() else {
        let problem = Problem::new("no-segment", "versions are those of a saved segment");
        return Err(problem.help("name it: segue segment history VIP --versions").into());
    };
    let saved = store.definition_history(Kind::Segment, name)?;
    if saved.is_empty() {
        return Err(super::no_segment(name, &now.library).into());
    }
    Ok(segment_history::versions(name, &saved, &now.library, now.point, arguments.samples))
}

fn names(frame: &Frame, people: &[Person]) -> Vec<String> {
    people.iter().map(|person| frame.people().profile(*person).to_string()).collect()
}

fn json_of(stand: &Stand) -> Value {
    let (size, change) = (stand.size.as_ref().ok(), stand.change.as_ref());
    json!({
        "version": stand.version, "at": stand.at,
        "count": size.map(|size| size.0), "total": size.map(|size| size.1),
        "withheld": stand.size.as_ref().err(),
        "joined": change.map(|change| change.joined), "left": change.map(|change| change.left),
        "joiners": change.map(|change| names(&stand.frame, &change.joiners)),
        "leavers": change.map(|change| names(&stand.frame, &change.leavers)),
    })
}

fn line(stand: &Stand) -> String {
    let at = stand.at.short(&jiff::tz::TimeZone::UTC);
    let when = stand.version.map_or_else(|| at.clone(), |version| format!("version {version}, saved {at}"));
    let (count, total) = match &stand.size {
        Ok(size) => size,
        Err(why) => return format!("{when}  not known: {}", plain(why.lines().next().unwrap_or(""))),
    };
    let sample = |people: &[Person]| match people {
        [] => String::new(),
        people => format!(" ({})", names(&stand.frame, people).join(", ")),
    };
    let change = stand.change.as_ref().map_or_else(String::new, |change| {
        let (joiners, leavers) = (sample(&change.joiners), sample(&change.leavers));
        format!("  {} joined{joiners}, {} left{leavers}", change.joined, change.left)
    });
    format!("{when}  {count:>9} of {total}{change}")
}
